/* The C library's header, and what musl does not have. */
#pragma GCC system_header
#include_next <semaphore.h>

#if !defined(PYDIST_SEMAPHORE_H) && defined(_GNU_SOURCE) && !defined(__GLIBC__)
#define PYDIST_SEMAPHORE_H
#ifdef __cplusplus
extern "C" {
#endif
int sem_clockwait(sem_t *__restrict, clockid_t, const struct timespec *__restrict);
#ifdef __cplusplus
}
#endif
#endif
