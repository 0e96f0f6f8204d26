#!/bin/sh
set -eu
mkdir -p "$OUT/include"
cp -R include/X11 "$OUT/include/"
