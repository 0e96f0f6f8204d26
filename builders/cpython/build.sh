#!/bin/sh
# CPython as a distribution: configured, built, installed below $OUT/install, with everything that a linker or a manifest
# needs below $OUT/build. Measured facts for the manifest go to $OUT/facts.
#
# DEPS is reached as ./deps and by the compiler wrapper, never by its absolute path: configure's answers end up in
# sysconfig, and no file of the result may name the folder it was built in.
set -eu

ln -s "$DEPS" deps
cp -R "$RECIPE/files/." .
. "$RECIPE/configure.sh"

mkdir trace
export PYDIST_TRACE="$PWD/trace"
# Bitcode is for this very linker; everybody else gets objects that were optimised one by one: see builders/box/clang.
native=
case $OPTIMIZATION in
*lto)
    native=native/
    mkdir native
    export PYDIST_NATIVE="$PWD/native"
    ;;
esac
cpython_make all
# What else the archive needs to be complete: with a shared library, the static one is not made by "all".
cpython_make "libpython$SERIES$ABI_FLAGS.a"
unset PYDIST_TRACE PYDIST_NATIVE
# No bytecode: it would carry time stamps, and a reader of the archive makes its own. With --help, compileall does nothing.
cpython_make install DESTDIR="$PWD/installed" COMPILEALL_OPTS=--help

# pip is in the installed tree, as users of such archives expect, and with it whatever else comes with CPython's sources
# (before 3.12, setuptools). The name of the interpreter goes into its scripts: not that of the one that runs here, whose
# path may be too long for a first line.
python=./python
[ "$CONFIGURE_HOST" = "$CONFIGURE_BUILD" ] || python=$TOOLS/cpython/install/bin/python$SERIES
wheels=$PWD/Lib/ensurepip/_bundled
bundled=$(cd "$wheels" && for wheel in *.whl; do echo "${wheel%%-*}"; done)
PYTHONPATH=$(echo "$wheels"/pip-*.whl) "$python" -c "
import runpy, sys
sys.executable = '/install/bin/python$SERIES'
runpy.run_module('pip', run_name='__main__', alter_sys=True)
" --isolated install --quiet --no-index --find-links "$wheels" --no-cache-dir --no-compile --ignore-installed \
    --root-user-action ignore --no-warn-script-location --root "$PWD/installed" --prefix /install $bundled
# The Python of the building machine is never a free-threaded one and has another name for the folder.
if [ -n "$FREETHREADED" ] && [ "$python" != ./python ]; then
    mv "installed/install/lib/python$SERIES/site-packages"/* "installed/install/lib/python${SERIES}t/site-packages/"
    rm -rf "installed/install/lib/python$SERIES"
fi

mv installed/install "$OUT/install"
find "$OUT/install" -name __pycache__ -prune -exec rm -rf {} +

# Under its shortest name too, as in all archives of this kind.
[ -e "$OUT/install/bin/python" ] || ln -s "python$SERIES$ABI_FLAGS" "$OUT/install/bin/python"

# By this folder the interpreter knows where it stands (sys.exec_prefix), and archives hold no empty ones.
for folder in "$OUT"/install/lib/python*/lib-dynload; do
    [ -n "$(ls -A "$folder")" ] || echo "No extension module is a file of its own in this build." > "$folder/README.txt"
done

# The library once, not three times.
version=$SERIES$ABI_FLAGS
config=$(cd "$OUT/install" && echo lib/python"$SERIES"*/config-*)
rm -f "$OUT/install/lib/libpython$version.a"
if [ -n "$native" ]; then
    cp "native/libpython$version.a" native/Programs/python.o "$OUT/install/$config/"
fi
ln -s "${config#lib/}/libpython$version.a" "$OUT/install/lib/libpython$version.a"
if [ -z "$STATIC$ABI_FLAGS" ]; then
    # The library of the stable ABI is nothing but the name of the other one, which is found beside it wherever the tree
    # stands. CPython's own rule links without an object, which zig cannot.
    : > empty.c
    clang -c empty.c -o empty.o
    clang -shared -Wl,-soname,libpython3.so -Wl,-rpath,'$ORIGIN' -Wl,--no-as-needed -o "$OUT/install/lib/libpython3.so" \
        empty.o "$OUT/install/lib/libpython$version.so.1.0"
fi

# The script libraries of Tcl and Tk, where _tkinter looks for them (see patches/tkinter-library.patch).
for folder in deps/lib/tcl[0-9]* deps/lib/tk[0-9]*; do
    [ ! -d "$folder" ] || cp -R "$folder" "$OUT/install/lib/"
done

mkdir -p "$OUT/build/lib" "$OUT/facts"
find Objects Parser Programs/python.o Python Modules -name '*.o' | sort | while read -r object; do
    mkdir -p "$OUT/build/${object%/*}"
    cp "$native$object" "$OUT/build/$object"
    # Assembler has no bitcode.
    if [ -n "$native" ] && [ "$(head -c 2 "$object")" = BC ]; then
        mkdir -p "$OUT/build/bitcode/${object%/*}"
        cp "$object" "$OUT/build/bitcode/$object"
    fi
done
case $OPTIMIZATION in pgo*) cp profile.profdata "$OUT/build/" ;; esac
cp Modules/config.c Modules/config.c.in Modules/Setup.local Modules/Setup.stdlib Modules/Setup.bootstrap Modules/Setup \
    "$OUT/build/Modules/"
cp Python/frozen.c "$OUT/build/Python/"
cp deps/lib/*.a "$OUT/build/lib/"
cp "$RECIPE/run_tests.py" "$OUT/build/"

cp -R trace "$OUT/facts/trace"
pwd > "$OUT/facts/source"
clang --version > "$OUT/facts/compiler"
cp Modules/Setup.stdlib.in Modules/Setup.bootstrap.in "$OUT/facts/"
find Modules -name "*.a" -exec cp {} "$OUT/facts/" \;
# Every variable that the Setup lines use, expanded by make itself.
make -s --eval='print-variables: ; @:$(foreach name,$(filter MODULE_% LIBHACL_% LIB%_LIBS MODLIBS LIBS SYSLIBS CONFIG_ARGS PY_CFLAGS PY_CORE_CFLAGS PY_LDFLAGS,$(sort $(.VARIABLES))),$(info $(name)=$($(name))))' \
    print-variables > "$OUT/facts/variables"
