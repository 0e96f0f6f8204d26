#!/bin/sh
set -eu
make CC="$CC" AR="$AR" RANLIB="$RANLIB" CFLAGS="$CFLAGS -D_FILE_OFFSET_BITS=64" libbz2.a
mkdir -p "$OUT/lib" "$OUT/include"
cp libbz2.a "$OUT/lib/"
cp bzlib.h "$OUT/include/"
