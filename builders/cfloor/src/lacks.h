/* LACKS(major, minor): whether the C library that this is compiled for has not what came with that version of glibc. */
#include <features.h>

#ifdef __GLIBC__
#define LACKS(major, minor) !__GLIBC_PREREQ(major, minor)
#else
/* The oldest musl that results run on is 1.2.3 (Debian 12, Alpine 3.16): preadv2 came with 1.2.5, and it has the rest of
 * what is older than close_range. */
#define LACKS(major, minor) ((minor) == 26 || (minor) > 27)
#endif
