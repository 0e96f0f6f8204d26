/* The C library's header, and what it hides from programs for a glibc older than 2.25. */
#pragma GCC system_header
#include_next <sys/random.h>

#if !defined(PYDIST_SYS_RANDOM_H) && defined(__GLIBC__)
#define PYDIST_SYS_RANDOM_H
#if !__GLIBC_PREREQ(2, 25)
#ifdef __cplusplus
extern "C" {
#endif
ssize_t getrandom(void *, size_t, unsigned int);
int getentropy(void *, size_t);
#ifdef __cplusplus
}
#endif
#endif
#endif
