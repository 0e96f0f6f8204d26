#!/bin/sh
# Below lib/: include/ and lib/ are what other components get to see.
set -eu
mkdir -p "$OUT/lib/xcb-proto"
cp share/xcb/*.xml "$OUT/lib/xcb-proto/"
