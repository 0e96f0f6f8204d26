# Read by the scripts that build CPython, in its source folder: patches what depends on the build, runs configure, and
# defines cpython_make. Expects STATIC, FREETHREADED (1 or empty), OPTIMIZATION, SERIES, LDFLAGS, EXTENSIONS_OFF and
# EXTENSIONS_SHARED; leaves ABI_FLAGS.

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

# All that libtk.a asks for, each before what it needs itself.
export TCLTK_CFLAGS=-Ideps/include TCLTK_LIBS="-ltk8.6 -ltcl8.6 -lXft -lfontconfig -lfreetype -lXrender -lX11 -lxcb -lXau -lexpat -lz -lm"

# <uuid.h> is what CPython includes when pkg-config (here: the line above) knows the library.
export LIBUUID_CFLAGS=-Ideps/include/uuid

# Not for this target, or not at all: see extensions.toml.
for module in $EXTENSIONS_OFF; do
    export "py_cv_module_$module=n/a"
done
# Modules that are files of their own stand behind the line "*shared*", which is the last of its kind.
awk -v names=" $EXTENSIONS_SHARED " '
    { name = $1; sub(/^@[A-Z0-9_]*@/, "", name) }
    /^@MODULE_[A-Z0-9_]*_TRUE@/ && index(names, " " name " ") { moved = moved $0 "\n"; next }
    { print }
    END { printf "*shared*\n%s", moved }
' Modules/Setup.stdlib.in > Setup.moved
mv Setup.moved Modules/Setup.stdlib.in

# Installed by build.sh: here, the Python of the building machine would install it into its own folder.
options=--without-ensurepip
ABI_FLAGS=
case $SERIES in
3.11 | 3.12 | 3.13) ;;
*) options="$options --with-tail-call-interp" ;;
esac
if [ -n "$FREETHREADED" ]; then
    options="$options --disable-gil"
    ABI_FLAGS=t
fi
if [ "$OPTIMIZATION" = debug ]; then
    options="$options --with-pydebug"
    ABI_FLAGS=${ABI_FLAGS}d
fi
case $OPTIMIZATION in
*lto)
    options="$options --with-lto=thin"
    # configure asks for an llvm-ar and calls it by its path.
    ln -s "$(command -v ar)" llvm-ar
    export ac_cv_path_LLVM_AR=./llvm-ar
    ;;
esac
if [ "$CONFIGURE_HOST" != "$CONFIGURE_BUILD" ]; then
    options="$options --with-build-python=$TOOLS/cpython/install/bin/python$SERIES"
fi

if [ -n "$STATIC" ]; then
    sh "$RECIPE/dlsym-table.sh" Include Misc/stable_abi.toml "$RECIPE/dlsym-libc.txt" > Python/dlsym_table.c
    options="$options --disable-shared"
    # A static executable cannot load extension modules: without this every import of a missing module would look for
    # files with three suffixes first, and `_imp` would offer what can't work.
    export DYNLOADFILE=dynload_stub.o LINKFORSHARED=" "
    dynload="DYNLOADFILE=dynload_stub.o Python/dlfcn_static.o Python/dlsym_table.o"
    # -lmuslm before anything else that defines mathematical functions: see builders/musl.
    LIBS="-lmuslm ${LIBS-}"
else
    options="$options --enable-shared"
    # The interpreter holds the library itself: it starts faster than with a shared one, and works without it.
    # Optimised ones stand at a fixed address, which is a hardening less: see docs/explanation/optimised-builds.md.
    case $OPTIMIZATION in
    noopt | debug) position=-pie ;;
    *) position=-no-pie ;;
    esac
    export LINKFORSHARED="-Wl,-export-dynamic $position"
    objects='LINK_PYTHON_OBJS=$(LIBRARY_OBJS)'
    needed='LINK_PYTHON_DEPS=$(LDLIBRARY) $(LIBRARY_OBJS)'
fi
# Functions newer than the oldest C library: see docs/explanation/glibc-floor.md.
if [ -f deps/lib/libcfloor.a ]; then
    LIBS="-lcfloor ${LIBS-}"
fi

# config.site: what configure cannot find out when it cross compiles.
# LLVM_PROFDATA: where the machine's is, would be written into sysconfig.
CONFIG_SITE="$RECIPE/config.site" LIBS=${LIBS-} MODULE_BUILDTYPE=static LDFLAGS="$LDFLAGS" CFLAGS="$EXTRA_CFLAGS" \
./configure --build="$CONFIGURE_BUILD" --host="$CONFIGURE_HOST" --prefix=/install \
    --with-openssl=deps --with-readline=editline \
    --with-system-expat --with-system-libmpdec --with-dbmliborder=ndbm --enable-loadable-sqlite-extensions $options \
    ac_cv_search_dbm_open=-lndbm ac_cv_working_tzset=yes ac_cv_path_ac_pt_LLVM_PROFDATA=

# What follows is not what configure was told: its questions need no optimising, and who builds extension modules with
# what sysconfig says wants none of it.
case $OPTIMIZATION in debug) ;; *) export LDFLAGS_NODIST=-Wl,--strip-debug ;; esac
# Buffers stay in the functions that they belong to: with a profile and all code at once, PyObject_GetAttr took in the
# 32 KiB that one message about modules wants, and recursion ran over the end of the stack before CPython looked, which
# it does with 16 KiB to spare. It asks for the same where it interprets (CFLAGS_CEVAL).
CFLAGS_NODIST=-finline-max-stacksize=512
case $OPTIMIZATION in
pgo*)
    cp "$TOOLS/profile/python.profdata" profile.profdata
    # Functions that training never came to, and those that this target has in another shape, are no news.
    CFLAGS_NODIST="$CFLAGS_NODIST -fprofile-use=profile.profdata -Wno-profile-instr-unprofiled \
-Wno-profile-instr-out-of-date -Wno-profile-instr-missing -Wno-backend-plugin"
    ;;
esac
export CFLAGS_NODIST
case $OPTIMIZATION in
*lto)
    sed 's|^\(AR=[[:space:]]*\).*|\1ar|' Makefile > Makefile.ar
    cat Makefile.ar > Makefile
    # zig asks the linker to optimise as much as it was asked itself.
    LDFLAGS_NODIST="-O3 $LDFLAGS_NODIST"
    ;;
esac

# configure knows the functions by a library, but they become part of ours: who links with libpython, shared or not, or
# with its objects, finds them there.
replacements=LIBOBJS=
if [ -f deps/lib/libcfloor.a ]; then
    mkdir Python/cfloor
    (cd Python/cfloor && $AR x ../../deps/lib/libcfloor.a)
    replacements="LIBOBJS=$(echo Python/cfloor/*.o)"
    sed -i 's/-lcfloor *//' Makefile Misc/python.pc Misc/python-embed.pc Misc/python-config.sh
fi

# make with the variables that every call must have.
cpython_make() {
    if [ -n "$STATIC" ]; then
        make "$replacements" "$dynload" "$@"
    else
        make "$replacements" "$objects" "$needed" PY3LIBRARY= "$@"
    fi
}
