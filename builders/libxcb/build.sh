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
compile-library "$OUT/lib/libxcb.a" "$flags" xcb_conn.c xcb_out.c xcb_in.c xcb_ext.c xcb_xid.c xcb_list.c xcb_util.c \
    xcb_auth.c xproto.c bigreq.c xc_misc.c
mkdir -p "$OUT/include/xcb"
cp xcb.h xcbext.h xproto.h bigreq.h xc_misc.h "$OUT/include/xcb/"
