#!/bin/sh
# A static libtk for _tkinter, and Tk's script library without its demonstrations. Its translations stay: 120 KB, and the
# words on the buttons of every dialog.
#
# Without XScreenSaver: it only answers `tk inactive`, for two more libraries of X11.
set -eu
source=$PWD
cd unix
# configure asks this program for the libraries of antialiased fonts.
mkdir answers
cat > answers/xft-config <<'ANSWER'
#!/bin/sh
case $1 in --libs) echo -lXft -lfontconfig -lfreetype -lXrender -lexpat -lz -lm ;; esac
ANSWER
chmod +x answers/xft-config
PATH="$PWD/answers:$PATH" LIBS="-lX11 -lxcb -lXau" \
./configure --build="$CONFIGURE_BUILD" --host="$CONFIGURE_HOST" --prefix=/install --with-tcl="$DEPS/lib" \
    --x-includes="$DEPS/include" --x-libraries="$DEPS/lib" --disable-shared --disable-rpath --disable-xss --enable-xft \
    tcl_cv_strtod_unbroken=ok tcl_cv_strstr_unbroken=ok tcl_cv_sys_version=Linux
# Without it Tk would fall back to bitmap fonts, and say nothing.
grep -q HAVE_XFT=1 Makefile
make libtk8.6.a
make install-libraries INSTALL_ROOT="$source/installed"
mkdir -p "$OUT/lib" "$OUT/include"
cp libtk8.6.a "$OUT/lib/"
cp -R "$source/installed/install/lib/tk8.6" "$OUT/lib/"
cp "$source/generic/tk.h" "$source/generic/tkDecls.h" "$source/generic/tkPlatDecls.h" "$OUT/include/"
rm -rf "$OUT/lib/tk8.6/tkAppInit.c"
