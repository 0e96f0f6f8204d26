# A system with what `pydist build` needs and nothing else: the Debian packages of builders/needs.toml, and a Python to
# run pydist with. The compiler is a dependency of pydist, not of the system.
#
#   docker build -f containers/build.Dockerfile -t pydist-build .
#   docker run --rm -v "$PWD/dist:/src/dist" pydist-build
#
# The system is the one that the container box is made of (containers/base.Dockerfile, a test compares them), named by its
# digest: an engine that pulls it refuses anything else. Programs that are installed on it are verified by apt, against
# Debian's keys in that system.
# Without access to an image registry BASE may be any Debian 12 that `docker import` made of a folder; nothing verifies
# that one but who made it.
ARG BASE=debian:12-slim@sha256:d5d3f9c23164ea16f31852f95bd5959aad1c5e854332fe00f7b3a20fcc9f635c
FROM ${BASE}
RUN apt-get update \
    && apt-get install --yes --no-install-recommends binutils ca-certificates make patch perl python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
COPY . /src
RUN python3 -m venv /opt/pydist && /opt/pydist/bin/pip install --quiet "/src[toolchain]"
WORKDIR /src
ENTRYPOINT ["/opt/pydist/bin/pydist"]
CMD ["build", "--output", "dist"]
