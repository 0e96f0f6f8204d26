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
make libcrypto.a libssl.a
mkdir -p "$OUT/lib" "$OUT/include"
cp libcrypto.a libssl.a "$OUT/lib/"
cp -R include/openssl "$OUT/include/"
find "$OUT/include/openssl" -name '*.in' -exec rm {} +
