#!/bin/sh
set -eu
flags="$CFLAGS -D_GNU_SOURCE -DHAVE_UNISTD_H -DHAVE_PATHCONF -Iinclude"
compile-library "$OUT/lib/libXau.a" "$flags" \
    AuDispose.c AuFileName.c AuGetAddr.c AuGetBest.c AuLock.c AuRead.c AuUnlock.c AuWrite.c
mkdir -p "$OUT/include/X11"
cp include/X11/Xauth.h "$OUT/include/X11/"
