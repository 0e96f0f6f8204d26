#!/bin/sh
set -eu
flags="$CFLAGS -D_GNU_SOURCE -Iinclude/X11/extensions -Isrc"
compile-library "$OUT/lib/libXrender.a" "$flags" src/*.c
mkdir -p "$OUT/include/X11/extensions"
cp include/X11/extensions/Xrender.h "$OUT/include/X11/extensions/"
