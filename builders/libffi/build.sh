#!/bin/sh
# The archive carries no configure. What autotools would find out is fixed by the target, so the answers are written here.
# No FFI_EXEC_STATIC_TRAMP: its trampolines live in the executable's text and do not survive being mapped elsewhere.
set -eu
case $ARCH in
x86_64)  folder=x86;     target=X86_64;  files="ffi64.c unix64.S ffiw64.c win64.S" ;;
aarch64) folder=aarch64; target=AARCH64; files="ffi.c sysv.S" ;;
*) echo "libffi: no source list for $ARCH; add one to builders/libffi/build.sh" >&2; exit 2 ;;
esac
mkdir -p generated "$OUT/include"
sed -e "s/@VERSION@/$VERSION/g" -e "s/@TARGET@/$target/g" -e "s/@HAVE_LONG_DOUBLE@/1/g" \
    -e "s/@HAVE_LONG_DOUBLE_VARIANT@/0/g" -e "s/@FFI_EXEC_TRAMPOLINE_TABLE@/0/g" \
    -e "s/@FFI_VERSION_STRING@/$VERSION/g" -e "s/@FFI_VERSION_NUMBER@/30502/g" include/ffi.h.in > generated/ffi.h
cat > generated/fficonfig.h <<'CONFIG'
#define EH_FRAME_FLAGS "a"
#define HAVE_ALLOCA_H 1
#define HAVE_AS_CFI_PSEUDO_OP 1
#define HAVE_AS_X86_64_UNWIND_SECTION_TYPE 1
#define HAVE_AS_X86_PCREL 1
#define HAVE_HIDDEN_VISIBILITY_ATTRIBUTE 1
#define HAVE_INTTYPES_H 1
#define HAVE_LONG_DOUBLE 1
#define HAVE_MEMCPY 1
#define HAVE_RO_EH_FRAME 1
#define HAVE_STDINT_H 1
#define HAVE_SYS_MMAN_H 1
#define SIZEOF_DOUBLE 8
#define SIZEOF_LONG_DOUBLE 16
#define SIZEOF_SIZE_T 8
#define STDC_HEADERS 1
#ifdef LIBFFI_ASM
# define FFI_HIDDEN(name) .hidden name
#else
# define FFI_HIDDEN __attribute__ ((visibility ("hidden")))
#endif
CONFIG
flags="$CFLAGS -Igenerated -Iinclude -Isrc/$folder -Isrc -DHAVE_CONFIG_H -fexceptions"
compile-library "$OUT/lib/libffi.a" "$flags" src/prep_cif.c src/types.c src/raw_api.c src/java_raw_api.c src/closures.c \
    src/tramp.c $(printf "src/$folder/%s " $files)
cp generated/ffi.h "src/$folder/ffitarget.h" "$OUT/include/"
