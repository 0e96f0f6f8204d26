#!/bin/sh
set -eu
mkdir -p "$OUT/lib/xcb-proto"
cp -R lib/python3/dist-packages/xcbgen "$OUT/lib/xcb-proto/"
