/* LACKS(major, minor): whether the C library that this is compiled for has not what came with that version of glibc. */
#include <features.h>

#ifdef __GLIBC__
#define LACKS(major, minor) !__GLIBC_PREREQ(major, minor)
#else
/* musl 1.2.5 has preadv2 and everything older, and nothing of what is newer. */
#define LACKS(major, minor) ((minor) > 27)
#endif
