/* The C library's header, and what it hides from programs for a glibc older than 2.27. */
#pragma GCC system_header
#include_next <sys/mman.h>

#if !defined(PYDIST_SYS_MMAN_H) && defined(_GNU_SOURCE) && defined(__GLIBC__)
#define PYDIST_SYS_MMAN_H
#if !__GLIBC_PREREQ(2, 27)
#ifdef __cplusplus
extern "C" {
#endif
int memfd_create(const char *, unsigned int);
#ifdef __cplusplus
}
#endif
#endif
#endif
