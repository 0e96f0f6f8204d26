#!/bin/sh
# __STDC_ISO_10646__: musl's wchar_t is Unicode but its headers do not say so, and libedit asks.
# configure looks for tgetent in libraries of four names; the wide ncurses has it under a fifth.
set -eu
mkdir -p compat
cp "$DEPS/lib/libncursesw.a" compat/libncurses.a
CFLAGS="$CFLAGS -D__STDC_ISO_10646__=201103L" LDFLAGS="-L$PWD/compat" \
./configure --build="$CONFIGURE_BUILD" --host="$CONFIGURE_HOST" --prefix=/deps --disable-shared --enable-static \
    --disable-examples
make -C src
mkdir -p "$OUT/lib" "$OUT/include/editline"
cp src/.libs/libedit.a "$OUT/lib/"
cp src/editline/readline.h "$OUT/include/editline/"
cp src/histedit.h "$OUT/include/"
