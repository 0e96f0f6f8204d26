#!/bin/sh
# One object for each family, so that a program gets what it uses. Hidden: the functions belong to the file they are
# linked into, so that libpython does not offer them to others in place of the C library's.
set -eu
objects=
for source in cache calls divide quad semaphore spawn; do
    $CC $CFLAGS -fvisibility=hidden -Wall -Wextra -Werror -Iinclude -c $source.c -o $source.o
    objects="$objects $source.o"
done
mkdir -p "$OUT/lib" "$OUT/include"
$AR rcs "$OUT/lib/libcfloor.a" $objects
cp -R include/. "$OUT/include/"
