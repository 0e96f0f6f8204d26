#!/bin/sh
set -eu
flags="$CFLAGS -D_GNU_SOURCE -Iinclude/X11/extensions -Isrc"
objects=
: > objects.mk
for source in src/*.c; do
    object=$(basename "$source" .c).o
    echo "$object: $source; $CC $flags -c $source -o $object" >> objects.mk
    objects="$objects $object"
done
make -f objects.mk $objects
mkdir -p "$OUT/lib" "$OUT/include/X11/extensions"
$AR rcs "$OUT/lib/libXrender.a" $objects
cp include/X11/extensions/Xrender.h "$OUT/include/X11/extensions/"
