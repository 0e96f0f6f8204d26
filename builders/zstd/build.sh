#!/bin/sh
# ZSTD_MULTITHREAD: compression.zstd's nb_workers needs it; the plain library target leaves it out.
# The VISIBLE ones are empty: visibility is the compiler's business (CFLAGS); a header that marks functions as exported
# would have every program with the static library in it export them.
set -eu
visible="-DZSTDLIB_VISIBLE= -DZSTDERRORLIB_VISIBLE= -DZDICTLIB_VISIBLE="
make -C lib libzstd.a CC="$CC" AR="$AR" CFLAGS="$CFLAGS -DZSTD_MULTITHREAD $visible" \
    ZSTD_LEGACY_SUPPORT=0 ZSTD_NO_ASM=1 UNAME=Linux
mkdir -p "$OUT/lib" "$OUT/include"
cp lib/libzstd.a "$OUT/lib/"
cp lib/zstd.h lib/zdict.h lib/zstd_errors.h "$OUT/include/"
