#!/bin/sh
# Antialiased fonts for Tk.
set -eu
part() { echo "$VERSION" | cut -d. -f"$1"; }
sed -e "s/#undef XFT_MAJOR/#define XFT_MAJOR $(part 1)/" -e "s/#undef XFT_MINOR/#define XFT_MINOR $(part 2)/" \
    -e "s/#undef XFT_REVISION/#define XFT_REVISION $(part 3)/" include/X11/Xft/Xft.h.in > include/X11/Xft/Xft.h
flags="$CFLAGS -D_GNU_SOURCE -DHAVE_STRING_H -DHAVE_STRINGS_H -Iinclude -Iinclude/X11/Xft -Isrc"
objects=
: > objects.mk
for source in src/*.c; do
    object=$(basename "$source" .c).o
    echo "$object: $source; $CC $flags -c $source -o $object" >> objects.mk
    objects="$objects $object"
done
make -f objects.mk $objects
mkdir -p "$OUT/lib" "$OUT/include/X11/Xft"
$AR rcs "$OUT/lib/libXft.a" $objects
cp include/X11/Xft/*.h "$OUT/include/X11/Xft/"
