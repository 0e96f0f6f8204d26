#!/bin/sh
# A static libtcl for _tkinter, and Tcl's script library. No tclsh: nobody would start it.
#
# Left out of the script library: time zones (3 MB; the running system has them, and Tcl looks there first), names of
# months in 127 languages for `clock format -locale` (0.5 MB), Tcl's own test tool, and the http package of 1997.
set -eu
source=$PWD
cd unix
# What configure asks by running programs, which a target's cannot be: answers of glibc.
./configure --build="$CONFIGURE_BUILD" --host="$CONFIGURE_HOST" --prefix=/install \
    --disable-shared --disable-rpath --without-tzdata \
    tcl_cv_putenv_copy=no tcl_cv_strstr_unbroken=ok tcl_cv_strtoul_unbroken=ok tcl_cv_strtod_unbroken=ok \
    tcl_cv_sys_version=Linux ac_cv_func_memcmp_working=yes
make libtcl8.6.a
make install-libraries install-headers INSTALL_ROOT="$source/installed"
mkdir -p "$OUT/lib" "$OUT/include"
cp libtcl8.6.a "$OUT/lib/"
cp -R "$source/installed/install/lib/tcl8" "$source/installed/install/lib/tcl8.6" "$OUT/lib/"
cp -R "$source/installed/install/include/." "$OUT/include/"
cd "$OUT/lib"
rm -rf tcl8/8.5/tcltest-*.tm tcl8.6/http1.0 tcl8.6/tclAppInit.c tcl8.6/tzdata tcl8.6/msgs
# Tk's configure reads it. Where this was built is nobody's business.
sed "s#$source#/build/src#g" "$source/unix/tclConfig.sh" > tclConfig.sh
