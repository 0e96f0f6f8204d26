#!/bin/sh
set -eu
flags="$CFLAGS -D_GNU_SOURCE -DHAVE_UNISTD_H -DHAVE_PATHCONF -Iinclude"
objects=
: > objects.mk
for name in AuDispose AuFileName AuGetAddr AuGetBest AuLock AuRead AuUnlock AuWrite; do
    echo "$name.o: $name.c; $CC $flags -c $name.c -o $name.o" >> objects.mk
    objects="$objects $name.o"
done
make -f objects.mk $objects
mkdir -p "$OUT/lib" "$OUT/include/X11"
$AR rcs "$OUT/lib/libXau.a" $objects
cp include/X11/Xauth.h "$OUT/include/X11/"
