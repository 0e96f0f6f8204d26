#!/bin/sh
# zlib's own configure only decides what a C99 POSIX system answers with yes, so the library is compiled directly.
set -eu
compile-library "$OUT/lib/libz.a" "$CFLAGS -D_LARGEFILE64_SOURCE=1 -DHAVE_HIDDEN -DHAVE_UNISTD_H" \
    adler32.c compress.c crc32.c deflate.c gzclose.c gzlib.c gzread.c gzwrite.c infback.c inffast.c inflate.c inftrees.c \
    trees.c uncompr.c zutil.c
mkdir -p "$OUT/include"
cp zlib.h zconf.h "$OUT/include/"
