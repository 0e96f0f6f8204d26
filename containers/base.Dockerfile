# The system that the container box is made of: Debian 12 with the programs that build scripts use, and no compiler.
# PACKAGES are the Debian packages that builders/needs.toml names for building, and those of builders/targets.toml that
# run what is built. Where the image below cannot be pulled,
# pydist makes the same system with mmdebstrap (pydist/build/image.py).
FROM debian:12-slim@sha256:d5d3f9c23164ea16f31852f95bd5959aad1c5e854332fe00f7b3a20fcc9f635c
ARG PACKAGES
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ${PACKAGES} \
    && rm -rf /var/lib/apt/lists/*
