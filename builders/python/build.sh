#!/bin/sh
# The interpreter, the modules in C that it starts with, and what reads XML: generators of C code ask for no more. Not
# optimised: it runs for a second, and compiles twice as fast. -s: the debugging information of the toolchain's C library
# names folders of this machine.
set -eu
export PKG_CONFIG=false
cat > Modules/Setup.local <<'SETUP'
*static*
_bisect _bisectmodule.c
_csv _csv.c
_datetime _datetimemodule.c
_elementtree _elementtree.c -IModules/expat
_heapq _heapqmodule.c
_json _json.c
_opcode _opcode.c
_pickle _pickle.c
_random _randommodule.c
_struct _struct.c
array arraymodule.c
binascii binascii.c
cmath cmathmodule.c
fcntl fcntlmodule.c
math mathmodule.c
pyexpat pyexpat.c -IModules/expat $(LIBEXPAT_A)
select selectmodule.c
unicodedata unicodedata.c
SETUP
CFLAGS="-O0" LDFLAGS="-static -s" LINKFORSHARED=" " \
./configure --build="$CONFIGURE_BUILD" --host="$CONFIGURE_HOST" --prefix=/install --disable-shared \
    --disable-test-modules --with-ensurepip=no --without-readline ac_cv_working_tzset=yes
# Of this file nothing but Setup.local's own modules, and no file that is loaded.
: > Modules/Setup.stdlib
make python
mkdir -p "$OUT/install/bin" "$OUT/install/lib/python3.14/lib-dynload"
cp python "$OUT/install/bin/python3"
cp -R Lib/. "$OUT/install/lib/python3.14/"
cd "$OUT/install/lib/python3.14"
rm -rf test idlelib tkinter turtledemo ensurepip pydoc_data
find . -name __pycache__ -prune -exec rm -rf {} +
