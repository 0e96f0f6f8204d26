#!/bin/sh
# Antialiased fonts for Tk.
set -eu
part() { echo "$VERSION" | cut -d. -f"$1"; }
sed -e "s/#undef XFT_MAJOR/#define XFT_MAJOR $(part 1)/" -e "s/#undef XFT_MINOR/#define XFT_MINOR $(part 2)/" \
    -e "s/#undef XFT_REVISION/#define XFT_REVISION $(part 3)/" include/X11/Xft/Xft.h.in > include/X11/Xft/Xft.h
flags="$CFLAGS -D_GNU_SOURCE -DHAVE_STRING_H -DHAVE_STRINGS_H -Iinclude -Iinclude/X11/Xft -Isrc"
compile-library "$OUT/lib/libXft.a" "$flags" src/*.c
mkdir -p "$OUT/include/X11/Xft"
cp include/X11/Xft/*.h "$OUT/include/X11/Xft/"
