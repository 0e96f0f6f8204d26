#!/bin/sh
set -eu
$CC $CFLAGS -Wall -Wextra -Werror -I. -c ndbm.c -o ndbm.o
mkdir -p "$OUT/lib" "$OUT/include"
$AR rcs "$OUT/lib/libndbm.a" ndbm.o
cp ndbm.h "$OUT/include/"
