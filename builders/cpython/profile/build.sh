#!/bin/sh
# How often which code of CPython runs: built with counters, trained with CPython's own task for that. What was counted
# goes to $OUT/counts (see runtime.c), what was run to $OUT/training.json.
set -eu

ln -s "$DEPS" deps
cp -R "$RECIPE/files/." .
. "$RECIPE/configure.sh"

clang -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -c "$RECIPE/profile/runtime.c" -o profile_runtime.o
export CFLAGS_NODIST="$CFLAGS_NODIST -fprofile-generate" LDFLAGS_NODIST=profile_runtime.o
cpython_make all

mkdir "$OUT/counts"
# As little chance as can be: sets and dicts have the same order each time.
PYTHONHASHSEED=0 PYDIST_PROFILE="$OUT/counts" ./python "$RECIPE/profile/train.py" "$OUT/training.json"
