#!/bin/sh
set -eu
./configure --build="$CONFIGURE_BUILD" --host="$CONFIGURE_HOST" --prefix=/deps --disable-shared --enable-static \
    --disable-cxx --disable-doc
make -C libmpdec libmpdec.a
mkdir -p "$OUT/lib" "$OUT/include"
cp libmpdec/libmpdec.a "$OUT/lib/"
cp libmpdec/mpdecimal.h "$OUT/include/"
