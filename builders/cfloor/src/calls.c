/* System calls whose wrappers are newer than the oldest C library that this is built for.
 *
 * Each behaves like glibc's function of that name: the error of a kernel that lacks the call is ENOSYS, which is what
 * callers take as the sign to do it another way. A function that the C library has is left to it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <features.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lacks.h"

#if LACKS(2, 25)
ssize_t getrandom(void *buffer, size_t length, unsigned int flags)
{
    return syscall(SYS_getrandom, buffer, length, flags);
}

int getentropy(void *buffer, size_t length)
{
    unsigned char *position = buffer;
    if (length > 256) {
        errno = EIO;
        return -1;
    }
    while (length > 0) {
        ssize_t got = getrandom(position, length, 0);
        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }
            return -1;
        }
        position += got;
        length -= (size_t)got;
    }
    return 0;
}

void explicit_bzero(void *buffer, size_t length)
{
    memset(buffer, 0, length);
    /* The compiler must believe that somebody reads the zeros. */
    __asm__ __volatile__("" : : "r"(buffer) : "memory");
}

/* What <string.h> makes of it with _FORTIFY_SOURCE, for every glibc. */
extern void __chk_fail(void) __attribute__((noreturn));

void __explicit_bzero_chk(void *buffer, size_t length, size_t available)
{
    if (length > available) {
        __chk_fail();
    }
    explicit_bzero(buffer, length);
}
#endif

#if LACKS(2, 26)
/* Without flags these are preadv and pwritev, which every kernel has: as in glibc. The offset is one register on the
 * 64-bit targets that we build for; the kernel takes a second one and ignores it. The names with 64 in them are what
 * <sys/uio.h> calls the functions by when _FILE_OFFSET_BITS is 64.
 */
_Static_assert(sizeof(long) == sizeof(off_t), "offsets take two registers: pass both halves");

static int plain(int flags)
{
    if (errno == ENOSYS && flags != 0) {
        errno = EOPNOTSUPP;
    }
    return errno == ENOSYS;
}

ssize_t preadv64v2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
    ssize_t done = syscall(SYS_preadv2, fd, parts, count, offset, 0, flags);
    if (done < 0 && plain(flags)) {
        return offset == -1 ? readv(fd, parts, count) : preadv(fd, parts, count, offset);
    }
    return done;
}

ssize_t pwritev64v2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
    ssize_t done = syscall(SYS_pwritev2, fd, parts, count, offset, 0, flags);
    if (done < 0 && plain(flags)) {
        return offset == -1 ? writev(fd, parts, count) : pwritev(fd, parts, count, offset);
    }
    return done;
}

ssize_t preadv2(int, const struct iovec *, int, off_t, int) __attribute__((alias("preadv64v2")));
ssize_t pwritev2(int, const struct iovec *, int, off_t, int) __attribute__((alias("pwritev64v2")));
#endif

#if LACKS(2, 27)
int memfd_create(const char *name, unsigned int flags)
{
    return (int)syscall(SYS_memfd_create, name, flags);
}

ssize_t copy_file_range(int from, off64_t *from_offset, int to, off64_t *to_offset, size_t length, unsigned int flags)
{
    return syscall(SYS_copy_file_range, from, from_offset, to, to_offset, length, flags);
}
#endif

#if LACKS(2, 34)
int close_range(unsigned int first, unsigned int last, int flags)
{
    return (int)syscall(SYS_close_range, first, last, flags);
}

void closefrom(int first)
{
    unsigned int from = first > 0 ? (unsigned int)first : 0;
    if (close_range(from, UINT_MAX, 0) != 0) {
        for (long fd = (long)from, end = sysconf(_SC_OPEN_MAX); fd < end; fd++) {
            close((int)fd);
        }
    }
}
#endif
