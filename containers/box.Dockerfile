# The container box: a base system (BASE, see base.Dockerfile), the compiler's wheel, and one folder with our tools and
# links to those programs that scripts may use (builders/box). Made by pydist/build/image.py without a network.
#
# /build belongs to the user that jobs run as, and so do the volumes that are mounted there and on /cache.
ARG BASE
FROM ${BASE}
COPY toolchain /opt/pydist/toolchain
COPY box /opt/pydist/box
RUN mkdir /opt/pydist/path \
    && cp -P /opt/pydist/box/path/* /opt/pydist/path/ \
    && for name in $(cat /opt/pydist/box/programs.txt); do \
         found=$(PATH=/usr/bin:/bin which -- "$name") && ln -s "$found" "/opt/pydist/path/$name" \
         || { echo "the base system lacks $name" >&2; exit 1; }; \
       done \
    && mkdir /build /cache && chown 1000:1000 /build /cache
