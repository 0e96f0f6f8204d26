#!/bin/sh
set -eu
./configure --build="$CONFIGURE_BUILD" --host="$CONFIGURE_HOST" --prefix=/deps --disable-shared --enable-static \
    --disable-xz --disable-xzdec --disable-lzmadec --disable-lzmainfo --disable-lzma-links --disable-scripts \
    --disable-doc --disable-nls
make -C src/liblzma
mkdir -p "$OUT/lib" "$OUT/include"
cp src/liblzma/.libs/liblzma.a "$OUT/lib/"
cp -R src/liblzma/api/lzma.h src/liblzma/api/lzma "$OUT/include/"
