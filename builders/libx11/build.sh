#!/bin/sh
# libX11 with everything in it that other builds load at run time: input methods, locales, output methods. Nothing of it
# may be loaded: the machine's modules and its libXcursor bring the machine's own libX11, and a Display of one library is
# no Display of the other. The data (locales, compose tables, names of errors) is the running machine's, where it has it.
#
# configure takes half a minute to answer what is fixed here: glibc's functions.
set -eu
version() { echo "$VERSION" | cut -d. -f"$1"; }
cat > src/config.h <<CONFIG
#define COMPOSECACHE 1
#define HASGETRESUID 1
#define HAS_SHM 1
#define HAVE_GETADDRINFO 1
#define HAVE_GETPAGESIZE 1
#define HAVE_INET_NTOP 1
#define HAVE_INTTYPES_H 1
#define HAVE_MMAP 1
#define HAVE_SETEUID 1
#define HAVE_SOCKLEN_T 1
#define HAVE_STDINT_H 1
#define HAVE_STDLIB_H 1
#define HAVE_STRCASECMP 1
#define HAVE_STRINGS_H 1
#define HAVE_STRING_H 1
#define HAVE_STRTOL 1
#define HAVE_STRUCT_SOCKADDR_STORAGE 1
#define HAVE_SYS_IOCTL_H 1
#define HAVE_SYS_PARAM_H 1
#define HAVE_SYS_SELECT_H 1
#define HAVE_SYS_SOCKET_H 1
#define HAVE_SYS_STAT_H 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_UNISTD_H 1
#define HAVE_WCHAR_H 1
#define HAVE___BUILTIN_POPCOUNTL 1
#define IPv6 1
#define PACKAGE_VERSION "$VERSION"
#define PACKAGE_VERSION_MAJOR $(version 1)
#define PACKAGE_VERSION_MINOR $(version 2)
#define PACKAGE_VERSION_PATCHLEVEL $(version 3)
#define TCPCONN 1
#define UNIXCONN 1
#define USE_POLL 1
#define USE_THREAD_SAFETY_CONSTRUCTOR 1
#define X11_DATADIR "/usr/share/X11"
#define X11_LIBDIR "/usr/lib/X11"
#define XCMS 1
#define XCMSDIR "/usr/share/X11"
#define XERRORDB "/usr/share/X11/XErrorDB"
#define XKB 1
#define XKEYSYMDB "/usr/share/X11/XKeysymDB"
#define XLOCALE 1
#define XLOCALEDATADIR "/usr/share/X11/locale"
#define XLOCALEDIR "/usr/share/X11/locale"
#define XLOCALELIBDIR "/usr/lib/X11/locale"
#define XTHREADS 1
#define XUSE_MTSAFE_API 1
CONFIG
sed 's/#undef XTHREADS/#define XTHREADS 1/; s/#undef XUSE_MTSAFE_API/#define XUSE_MTSAFE_API 1/' \
    include/X11/XlibConf.h.in > include/X11/XlibConf.h

# The tables of key names are made by a program that runs here, whatever the target is.
build-cc -O1 src/util/makekeys.c -o makekeys
keys="$DEPS/include/X11"
./makekeys "$keys/keysymdef.h" "$keys/XF86keysym.h" "$keys/Sunkeysym.h" "$keys/DECkeysym.h" "$keys/HPkeysym.h" \
    > src/ks_tables.h

folders="src src/xcms src/xkb src/xlibi18n modules/im/ximcp modules/lc/def modules/lc/gen modules/lc/Utf8 modules/om/generic"
flags="$CFLAGS -D_GNU_SOURCE -D_BSD_SOURCE -D_DEFAULT_SOURCE -DTRANS_CLIENT -DHAVE_CONFIG_H"
flags="$flags -Iinclude -Iinclude/X11 $(printf -- '-I%s ' $folders)"
# By whose connections the code out of xtrans makes: those to the display, those to an input method, none.
display= input= neither=
for source in $(printf '%s/*.c ' $folders); do
    case $source in
    # Loading of modules, programs that wrote tables which are here, libX11-xcb, OS/2.
    src/xlibi18n/XlcDL.c | src/xlibi18n/XlcSL.c | */*_tab_to_h.c | src/x11_xcb.c | src/os2Stubs.c) ;;
    src/xlibi18n/*) neither="$neither $source" ;;
    modules/im/*) input="$input $source" ;;
    *) display="$display $source" ;;
    esac
done
compile-library "$OUT/lib/libX11.a" "$flags -DX11_t" $display
compile-library "$OUT/lib/libX11.a" "$flags -DXIM_t" $input
compile-library "$OUT/lib/libX11.a" "$flags" $neither
mkdir -p "$OUT/include/X11/extensions"
cp include/X11/*.h "$OUT/include/X11/"
cp include/X11/extensions/*.h "$OUT/include/X11/extensions/"
