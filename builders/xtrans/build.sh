#!/bin/sh
set -eu
mkdir -p "$OUT/include/X11/Xtrans"
cp Xtrans.h Xtransint.h Xtrans.c Xtranssock.c Xtranslcl.c Xtransutil.c transport.c "$OUT/include/X11/Xtrans/"
