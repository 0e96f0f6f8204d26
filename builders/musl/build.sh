#!/bin/sh
# musl's mathematics, as musl has it. The C library that comes with the toolchain has functions of its own in place of
# many of them, and some are wrong: log2(1e-308) of ziglang 0.17.1 is off by three million units in the last place.
# Whoever links with -lmuslm gets these, because the linker takes the first definition.
set -eu
./configure --target="$CONFIGURE_HOST" --disable-shared --disable-wrapper
objects=$(make -n lib/libc.a | grep -oE 'obj/src/math/[A-Za-z0-9_/]+\.o' | sort -u)
make $objects
mkdir -p "$OUT/lib"
$AR rcs "$OUT/lib/libmuslm.a" $objects
