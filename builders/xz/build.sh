#!/bin/sh
# gl_cv_cc_visibility: visibility is the compiler's business (CFLAGS); a header that marks functions as exported would
# have every program with the static library in it export them.
set -eu
./configure --build="$CONFIGURE_BUILD" --host="$CONFIGURE_HOST" --prefix=/deps --disable-shared --enable-static \
    --disable-xz --disable-xzdec --disable-lzmadec --disable-lzmainfo --disable-lzma-links --disable-scripts \
    --disable-doc --disable-nls gl_cv_cc_visibility=no
make -C src/liblzma
mkdir -p "$OUT/lib" "$OUT/include"
cp src/liblzma/.libs/liblzma.a "$OUT/lib/"
cp -R src/liblzma/api/lzma.h src/liblzma/api/lzma "$OUT/include/"
