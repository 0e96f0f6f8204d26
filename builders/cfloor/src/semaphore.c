/* sem_clockwait (glibc 2.30, not in musl): what Python's locks with a time-out wait by, so that setting the clock of the machine does
 * not change how long they wait.
 *
 * No system call stands behind it, and the layout of sem_t is glibc's own. So the function of the running C library is
 * used where there is one, and sem_timedwait with the deadline converted where there is none.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <semaphore.h>
#include <time.h>

#include "lacks.h"

#if LACKS(2, 30)
enum { SECOND = 1000000000 };

static int (*native)(sem_t *, clockid_t, const struct timespec *);

#ifdef __GLIBC__
/* Once and early: dlsym takes a lock, and a child of fork may not wait for what another thread of its parent held. */
__attribute__((constructor)) static void find(void)
{
    *(void **)&native = dlsym(RTLD_DEFAULT, "sem_clockwait");
}
#endif

static int passed(const struct timespec *deadline, const struct timespec *now)
{
    return now->tv_sec != deadline->tv_sec ? now->tv_sec > deadline->tv_sec : now->tv_nsec >= deadline->tv_nsec;
}

/* When the wall clock will show that the monotonic one has reached `deadline`, if nobody sets it. */
static struct timespec on_the_wall(const struct timespec *deadline, const struct timespec *now)
{
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    if (__builtin_add_overflow(wall.tv_sec, deadline->tv_sec - now->tv_sec, &wall.tv_sec)) {
        wall.tv_sec = deadline->tv_sec;
    }
    wall.tv_nsec += deadline->tv_nsec - now->tv_nsec;
    if (wall.tv_nsec < 0) {
        wall.tv_nsec += SECOND;
        wall.tv_sec--;
    } else if (wall.tv_nsec >= SECOND) {
        wall.tv_nsec -= SECOND;
        wall.tv_sec++;
    }
    return wall;
}

int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *deadline)
{
    if (native != NULL) {
        return native(semaphore, clock, deadline);
    }
    if (clock == CLOCK_REALTIME) {
        return sem_timedwait(semaphore, deadline);
    }
    if (clock != CLOCK_MONOTONIC || deadline->tv_nsec < 0 || deadline->tv_nsec >= SECOND) {
        errno = EINVAL;
        return -1;
    }
    for (;;) {
        struct timespec now, wall;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (passed(deadline, &now)) {
            if (sem_trywait(semaphore) == 0) {
                return 0;
            }
            errno = errno == EAGAIN ? ETIMEDOUT : errno;
            return -1;
        }
        wall = on_the_wall(deadline, &now);
        if (sem_timedwait(semaphore, &wall) == 0) {
            return 0;
        }
        /* Too early when the wall clock was set forward meanwhile: look again. */
        if (errno != ETIMEDOUT) {
            return -1;
        }
    }
}
#endif
