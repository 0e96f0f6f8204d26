#!/bin/sh
# CPython as a distribution: configured, built, installed below $OUT/install, with everything that a linker or a manifest
# needs below $OUT/build. Measured facts for the manifest go to $OUT/facts.
#
# DEPS is reached as ./deps and by the compiler wrapper, never by its absolute path: configure's answers end up in
# sysconfig, and no file of the result may name the folder it was built in.
set -eu

ln -s "$DEPS" deps
cp -R "$RECIPE/files/." .
sh "$RECIPE/dlsym-table.sh" Include "$RECIPE/dlsym-libc.txt" > Python/dlsym_table.c

# Names instead of the places where this box keeps its tools: they end up in the Makefile that users get.
export INSTALL="install -c" MKDIR_P="mkdir -p" SED=sed
export ac_cv_path_GREP=grep ac_cv_path_EGREP="grep -E" ac_cv_path_FGREP="grep -F"

# Libraries are named here, so that pkg-config, which would find the machine's own, is never asked.
export PKG_CONFIG=false
for library in "ZLIB -lz" "BZIP2 -lbz2" "LIBLZMA -llzma" "LIBZSTD -lzstd" "LIBFFI -lffi" "LIBUUID -luuid" \
    "LIBSQLITE3 -lsqlite3 -lm" "CURSES -lncursesw" "PANEL -lpanelw -lncursesw" "LIBEDIT -ledit -lncursesw" \
    "LIBMPDEC -lmpdec -lm"; do
    name=${library%% *}
    export "${name}_CFLAGS= " "${name}_LIBS=${library#* }"
done

# <uuid.h> is what CPython includes when pkg-config (here: the line above) knows the library.
export LIBUUID_CFLAGS=-Ideps/include/uuid

# A static executable cannot load extension modules: without this every import of a missing module would look for files
# with three suffixes first, and `_imp` would offer what can't work.
export DYNLOADFILE=dynload_stub.o
# Must be shared, says Modules/Setup.stdlib.in, or need what is not there: see extensions.toml.
for module in $EXTENSIONS_OFF; do
    export "py_cv_module_$module=n/a"
done

options=
case $SERIES in 3.13) ;; *) options=--with-tail-call-interp ;; esac
# LLVM_PROFDATA: where the machine's is, would be written into sysconfig.
# -lmuslm before anything else that defines mathematical functions: see builders/musl.
LIBS=-lmuslm MODULE_BUILDTYPE=static LDFLAGS="$LDFLAGS -Wl,--strip-debug" LINKFORSHARED=" " CFLAGS="$EXTRA_CFLAGS" \
./configure --build="$CONFIGURE_HOST" --host="$CONFIGURE_HOST" --prefix=/install \
    --disable-shared --with-ensurepip=no --with-openssl=deps --with-readline=editline \
    --with-system-expat --with-system-libmpdec --with-dbmliborder=ndbm --enable-loadable-sqlite-extensions $options \
    ac_cv_search_dbm_open=-lndbm ac_cv_working_tzset=yes ac_cv_path_ac_pt_LLVM_PROFDATA=

# The trace of the commands is what the manifest's link line is taken from.
dynload="dynload_stub.o Python/dlfcn_static.o Python/dlsym_table.o"
mkdir trace
export PYDIST_TRACE="$PWD/trace"
make DYNLOADFILE="$dynload" all
unset PYDIST_TRACE
# No bytecode: it would carry time stamps, and a reader of the archive makes its own. With --help, compileall does nothing.
make DYNLOADFILE="$dynload" install DESTDIR="$PWD/installed" COMPILEALL_OPTS=--help
mv installed/install "$OUT/install"
find "$OUT/install" -name __pycache__ -prune -exec rm -rf {} +

# The library once, not three times.
config=$(cd "$OUT/install" && echo lib/python"$SERIES"/config-*)
rm -f "$OUT/install/lib/libpython$SERIES.a"
ln -s "${config#lib/}/libpython$SERIES.a" "$OUT/install/lib/libpython$SERIES.a"

mkdir -p "$OUT/build/lib" "$OUT/facts"
find Objects Parser Programs/python.o Python Modules -name '*.o' | sort | while read -r object; do
    mkdir -p "$OUT/build/${object%/*}"
    cp "$object" "$OUT/build/$object"
done
cp Modules/config.c Modules/config.c.in Modules/Setup.local Modules/Setup.stdlib Modules/Setup.bootstrap Modules/Setup \
    "$OUT/build/Modules/"
cp Python/frozen.c "$OUT/build/Python/"
cp deps/lib/*.a "$OUT/build/lib/"
cp "$RECIPE/run_tests.py" "$OUT/build/"

cp -R trace "$OUT/facts/trace"
pwd > "$OUT/facts/source"
cp Modules/Setup.stdlib.in Modules/Setup.bootstrap.in "$OUT/facts/"
find Modules -name "*.a" -exec cp {} "$OUT/facts/" \;
# Every variable that the Setup lines use, expanded by make itself.
make -s --eval='print-variables: ; @:$(foreach name,$(filter MODULE_% LIBHACL_% LIB%_LIBS MODLIBS LIBS SYSLIBS CONFIG_ARGS PY_CFLAGS PY_CORE_CFLAGS PY_LDFLAGS,$(sort $(.VARIABLES))),$(info $(name)=$($(name))))' \
    print-variables > "$OUT/facts/variables"
