/* The C library's header, and what it hides from programs for a glibc older than 2.27 and 2.34, or does not have. */
#pragma GCC system_header
#include_next <unistd.h>

#if !defined(PYDIST_UNISTD_H) && defined(_GNU_SOURCE)
#define PYDIST_UNISTD_H
#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GLIBC__
#if !__GLIBC_PREREQ(2, 27)
ssize_t copy_file_range(int, __off64_t *, int, __off64_t *, size_t, unsigned int);
#endif
#if !__GLIBC_PREREQ(2, 34)
int close_range(unsigned int, unsigned int, int);
#endif
#else
int close_range(unsigned int, unsigned int, int);
void closefrom(int);
#endif
#ifdef __cplusplus
}
#endif
#endif
