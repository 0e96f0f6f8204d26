#define _GNU_SOURCE
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

static int write_all(int descriptor, const char *bytes, uint64_t size)
{
    while (size) {
        ssize_t written = write(descriptor, bytes, size < SSIZE_MAX ? (size_t)size : SSIZE_MAX);
        if (written < 0 && errno != EINTR)
            return -1;
        bytes += written > 0 ? written : 0;
        size -= written > 0 ? (uint64_t)written : 0;
    }
    return 0;
}

/* Close what could not be finished; errno stays. */
static int give_up(int descriptor)
{
    int error = errno;
    close(descriptor);
    errno = error;
    return -1;
}

int memory_copy(const char *name, const void *bytes, uint64_t size, unsigned flags)
{
    char title[200]; /* the kernel takes 249 bytes */
    snprintf(title, sizeof title, "%s", name);
    /* By number: the oldest C libraries that we run on do not have the function. */
    int descriptor = (int)syscall(SYS_memfd_create, title, MFD_ALLOW_SEALING | flags);
    if (descriptor >= 0 && (write_all(descriptor, bytes, size) || lseek(descriptor, 0, SEEK_SET)))
        return give_up(descriptor);
    return descriptor;
}

/* The kernel refuses while it holds on to a page of the file itself (memfd_wait_for_pins, which waits for 0.15 s): 2 of
 * 200 starts of a large application at once met that. */
int memory_seal(int descriptor)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    int failed = fcntl(descriptor, F_ADD_SEALS, seals);
    for (int tries = 100; failed && errno == EBUSY && tries; tries--) {
        nanosleep(&pause, NULL);
        failed = fcntl(descriptor, F_ADD_SEALS, seals);
    }
    return failed;
}

int memory_sealed(const char *name, const void *bytes, uint64_t size, unsigned flags)
{
    int descriptor = memory_copy(name, bytes, size, flags);
    return descriptor >= 0 && memory_seal(descriptor) ? give_up(descriptor) : descriptor;
}

int memory_is_sealed(int descriptor)
{
    return fcntl(descriptor, F_GET_SEALS) == seals;
}
