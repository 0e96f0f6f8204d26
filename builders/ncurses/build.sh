#!/bin/sh
# No terminfo database is installed: the running system's is read, in the places where distributions keep it.
# -crD: configure would choose -U, which puts times and owners into the archives.
# poll works; configure asks the terminal of whoever builds, and says no where there is none.
set -eu
./configure --build="$CONFIGURE_BUILD" --host="$CONFIGURE_HOST" --prefix=/deps \
    --without-cxx --without-cxx-binding --without-ada --without-manpages --without-progs --without-tests \
    --without-shared --without-debug --without-profile --without-gpm --without-dlsym --disable-stripping \
    --disable-db-install --disable-pc-files --enable-widec --enable-overwrite --enable-symlinks \
    cf_cv_ar_flags=-crD cf_cv_working_poll=yes \
    --with-build-cc=build-cc --with-default-terminfo-dir=/usr/share/terminfo \
    --with-terminfo-dirs=/etc/terminfo:/lib/terminfo:/usr/share/terminfo:/usr/lib/terminfo
make libs
make install.includes install.libs DESTDIR="$PWD/installed"
mkdir -p "$OUT/lib" "$OUT/include"
cp installed/deps/lib/libncursesw.a installed/deps/lib/libpanelw.a "$OUT/lib/"
cp -R installed/deps/include/. "$OUT/include/"
