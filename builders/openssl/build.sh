#!/bin/sh
# No engines, modules or DSOs: a static executable could not load them. /etc/ssl is where Linux distributions keep
# certificates and openssl.cnf. What `openssl version -a` would show must not name the build folder, hence plain $CC.
set -eu
case $ARCH in
x86_64)  platform=linux-x86_64 ;;
aarch64) platform=linux-aarch64 ;;
*) echo "openssl: no platform name for $ARCH; add one to builders/openssl/build.sh" >&2; exit 2 ;;
esac
pic=no-pic
case $CFLAGS in *-fvisibility=hidden*) pic= ;; esac
perl ./Configure "$platform" --prefix=/usr --libdir=lib --openssldir=/etc/ssl \
    no-shared no-tests no-docs no-apps no-legacy no-engine no-dso no-module no-async $pic $CFLAGS
make build_generated
case $CFLAGS in *-fvisibility=hidden*)
    # The flag does not reach assembler: without this a program that exports its symbols would export those as well.
    makefile_sources=$(sed -n 's/^\([^ :]*\.[sS]\):.*/\1/p' Makefile | sort -u)
    make $makefile_sources
    for source in $makefile_sources; do
        sed -n 's/^[[:space:]]*\.globl[[:space:]]*\([A-Za-z_0-9]*\).*/.hidden \1/p' "$source" > hidden.list
        cat hidden.list >> "$source"
    done
esac
make libcrypto.a libssl.a
mkdir -p "$OUT/lib" "$OUT/include"
cp libcrypto.a libssl.a "$OUT/lib/"
cp -R include/openssl "$OUT/include/"
find "$OUT/include/openssl" -name '*.in' -exec rm {} +
