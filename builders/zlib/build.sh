#!/bin/sh
# zlib's own configure only decides what a C99 POSIX system answers with yes, so the library is compiled directly.
set -eu
sources="adler32 compress crc32 deflate gzclose gzlib gzread gzwrite infback inffast inflate inftrees trees uncompr zutil"
for source in $sources; do
    echo "$source.o: $source.c; $CC $CFLAGS -D_LARGEFILE64_SOURCE=1 -DHAVE_HIDDEN -DHAVE_UNISTD_H -c $source.c -o $source.o"
done > objects.mk
objects=$(printf '%s.o ' $sources)
make -f objects.mk $objects
mkdir -p "$OUT/lib" "$OUT/include"
$AR rcs "$OUT/lib/libz.a" $objects
cp zlib.h zconf.h "$OUT/include/"
