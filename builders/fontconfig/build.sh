#!/bin/sh
# Reads the running system's /etc/fonts, and works with its built-in rules where there is none. Its cache has a name of
# its own version, so that the system's fontconfig and this one do not disturb each other.
set -eu
cat > config.h <<CONFIG
#define ALIGNOF_DOUBLE 8
#define ALIGNOF_VOID_P 8
#define FC_DEFAULT_FONTS "<dir>/usr/share/fonts</dir><dir>/usr/local/share/fonts</dir>"
#define FC_GPERF_SIZE_T size_t
#define FLEXIBLE_ARRAY_MEMBER /**/
#define HAVE_DIRENT_H 1
#define HAVE_FCNTL_H 1
#define HAVE_FSTATFS 1
#define HAVE_FSTATVFS 1
#define HAVE_FT_DONE_MM_VAR 1
#define HAVE_FT_GET_BDF_PROPERTY 1
#define HAVE_FT_GET_PS_FONT_INFO 1
#define HAVE_FT_GET_X11_FONT_FORMAT 1
#define HAVE_FT_HAS_PS_GLYPH_NAMES 1
#define HAVE_INTEL_ATOMIC_PRIMITIVES 1
#define HAVE_INTTYPES_H 1
#define HAVE_LINK 1
#define HAVE_LSTAT 1
#define HAVE_MKDTEMP 1
#define HAVE_MKOSTEMP 1
#define HAVE_MKSTEMP 1
#define HAVE_MMAP 1
#define HAVE_POSIX_FADVISE 1
#define HAVE_PTHREAD 1
#define HAVE_RANDOM_R 1
#define HAVE_READLINK 1
#define HAVE_SCHED_YIELD 1
#define HAVE_STDINT_H 1
#define HAVE_STDLIB_H 1
#define HAVE_STRERROR_R 1
#define HAVE_STRING_H 1
#define HAVE_STRUCT_DIRENT_D_TYPE 1
#define HAVE_STRUCT_STAT_ST_MTIM 1
#define HAVE_SYS_MOUNT_H 1
#define HAVE_SYS_PARAM_H 1
#define HAVE_SYS_STATFS_H 1
#define HAVE_SYS_STATVFS_H 1
#define HAVE_SYS_STAT_H 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_SYS_VFS_H 1
#define HAVE_UNISTD_H 1
#define HAVE_WARNING_CPP_DIRECTIVE 1
#define SIZEOF_INT 4
#define SIZEOF_LONG 8
#define SIZEOF_VOIDP 8
#define SIZEOF_VOID_P 8
#define USE_ICONV 0
#include "config-fixups.h"
CONFIG
# What gperf would make of the same table: fifty names, looked up while a configuration is read.
cat > src/fcobjshash.h <<'TABLE'
struct FcObjectTypeInfo { const char *name; int id; };

static const struct FcObjectTypeInfo *
FcObjectTypeLookup (register const char *str, register FC_GPERF_SIZE_T len)
{
    static const struct FcObjectTypeInfo table[] = {
#define FC_OBJECT(NAME, Type, Cmp) { FC_##NAME, FC_##NAME##_OBJECT },
#include "fcobjs.h"
#undef FC_OBJECT
    };
    size_t i;

    for (i = 0; i < sizeof (table) / sizeof (*table); i++)
	if (strlen (table[i].name) == len && memcmp (table[i].name, str, len) == 0)
	    return &table[i];
    return NULL;
}
TABLE
# Second names for what other programs may replace: not in a static library.
for name in fcalias fcaliastail fcftalias fcftaliastail; do : > src/$name.h; done

flags="$CFLAGS -D_GNU_SOURCE -DHAVE_CONFIG_H -I. -Isrc -Ifc-lang -Ifc-case"
paths='-DFC_CACHEDIR=\"/var/cache/fontconfig\" -DCONFIGDIR=\"/etc/fonts/conf.d\" -DFONTCONFIG_PATH=\"/etc/fonts\"'
paths="$paths "'-DFC_TEMPLATEDIR=\"/usr/share/fontconfig/conf.avail\"'
names="fcatomic fccache fccfg fccharset fccompat fcdbg fcdefault fcdir fcformat fcfreetype fcfs fcptrlist fchash fcinit
    fclang fclist fcmatch fcmatrix fcname fcobjs fcpat fcrange fcserialize fcstat fcstr fcweight fcxml ftglue"
compile-library "$OUT/lib/libfontconfig.a" "$flags $paths" $(printf 'src/%s.c ' $names)
mkdir -p "$OUT/include/fontconfig"
cp fontconfig/*.h "$OUT/include/fontconfig/"
