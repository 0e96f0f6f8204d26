# A system with what `pydist build` needs and nothing else: the Debian packages of builders/needs.toml, and a Python to
# run pydist with. The compiler is a dependency of pydist, not of the system.
#
#   docker build -f containers/build.Dockerfile -t pydist-build .
#   docker run --rm -v "$PWD/dist:/src/dist" pydist-build
#
# Without access to an image registry BASE may be any Debian 12 that `docker import` made of a folder.
ARG BASE=debian:12-slim
FROM ${BASE}
RUN apt-get update \
    && apt-get install --yes --no-install-recommends binutils ca-certificates make patch perl python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
COPY . /src
RUN python3 -m venv /opt/pydist && /opt/pydist/bin/pip install --quiet "/src[toolchain]"
WORKDIR /src
ENTRYPOINT ["/opt/pydist/bin/pydist"]
CMD ["build", "--output", "dist"]
