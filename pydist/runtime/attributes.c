/* What is asked of a file beside its status: extended attributes, which copying a file asks for and of which files in an image
 * have none, and its file system, which is that of the application's file. See interpose.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/syscall.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <unistd.h>

#include "interpose.h"
#include "process.h"
#include "virtual.h"

INTERPOSE(ssize_t, listxattr, const char *path, char *list, size_t size);
INTERPOSE(ssize_t, llistxattr, const char *path, char *list, size_t size);
INTERPOSE(ssize_t, getxattr, const char *path, const char *name, void *value, size_t size);
INTERPOSE(ssize_t, lgetxattr, const char *path, const char *name, void *value, size_t size);

/* The system call with this number, whose first argument is the path. */
static ssize_t ask_attributes(long number, const char *path, long second, long third, long fourth)
{
    const struct image_entry *entry;
    switch (virtual_find(path, &entry)) {
    case VIRTUAL_FOUND:
        errno = ENOTSUP;
        return -1;
    case VIRTUAL_MISSING:
        return -1;
    default:
        break;
    }
    char other_path[PATH_MAX];
    ssize_t result = syscall(number, path, second, third, fourth);
    const char *other = result < 0 ? virtual_otherwise(AT_FDCWD, path, other_path, sizeof other_path) : NULL;
    return other ? ask_attributes(number, other, second, third, fourth) : result;
}

ssize_t our_listxattr(const char *path, char *list, size_t size)
{
    return ask_attributes(SYS_listxattr, path, (long)list, (long)size, 0);
}

ssize_t our_llistxattr(const char *path, char *list, size_t size)
{
    return ask_attributes(SYS_llistxattr, path, (long)list, (long)size, 0);
}

ssize_t our_getxattr(const char *path, const char *name, void *value, size_t size)
{
    return ask_attributes(SYS_getxattr, path, (long)name, (long)value, (long)size);
}

ssize_t our_lgetxattr(const char *path, const char *name, void *value, size_t size)
{
    return ask_attributes(SYS_lgetxattr, path, (long)name, (long)value, (long)size);
}

INTERPOSE(int, statvfs, const char *path, struct statvfs *status);

int our_statvfs(const char *path, struct statvfs *status)
{
    const struct image_entry *entry;
    enum virtual_answer answer = virtual_find_anyhow(path, &entry);
    if (answer == VIRTUAL_MISSING)
        return -1;
    int result = NEXT(statvfs)(answer == VIRTUAL_FOUND ? process_executable() : path, status);
    if (answer == VIRTUAL_FOUND && result == 0)
        status->f_flag |= ST_RDONLY;
    return result;
}

#ifdef __GLIBC__
INTERPOSE_ALIAS(statvfs64, statvfs);
#endif
