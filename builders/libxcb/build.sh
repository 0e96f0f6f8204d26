#!/bin/sh
# The core library alone: libX11 speaks every extension itself. Three of its sources are generated from the protocol.
# Answers of configure are written here; poll, getaddrinfo and sendmsg are in every libc that we link with.
set -eu
cd src
protocol=$DEPS/lib/xcb-proto
for name in xproto bigreq xc_misc; do
    # -B: no bytecode beside what another component made.
    "$TOOLS/python/install/bin/python3" -B c_client.py -c "libxcb $VERSION" -l "X Version 11" \
        -s 3 -p "$protocol" "$protocol/$name.xml"
done
cat > config.h <<'CONFIG'
#define HAVE_ABSTRACT_SOCKETS 1
#define HAVE_GETADDRINFO 1
#define HAVE_SENDMSG 1
#define USE_POLL 1
#define XCB_QUEUE_BUFFER_SIZE 16384
CONFIG
flags="$CFLAGS -D_GNU_SOURCE -DHAVE_CONFIG_H -I."
objects=
: > objects.mk
for name in xcb_conn xcb_out xcb_in xcb_ext xcb_xid xcb_list xcb_util xcb_auth xproto bigreq xc_misc; do
    echo "$name.o: $name.c; $CC $flags -c $name.c -o $name.o" >> objects.mk
    objects="$objects $name.o"
done
make -f objects.mk $objects
mkdir -p "$OUT/lib" "$OUT/include/xcb"
$AR rcs "$OUT/lib/libxcb.a" $objects
cp xcb.h xcbext.h xproto.h bigreq.h xc_misc.h "$OUT/include/xcb/"
