/* Functions of the C library that take the path of a file, so that what is inside the application is there for
 * `open`, `os.stat`, `ctypes` and for the C code of packages alike. See interpose.h.
 *
 * What the kernel does by itself is asked of the kernel: its structures are those of the C library on all 64-bit
 * systems, and old ones have other functions for the status of a file. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <unistd.h>

#include "interpose.h"
#include "virtual.h"

#ifdef __GLIBC__
#include <linux/stat.h> /* the headers of 2.17 do not know statx */
#endif

static_assert(sizeof(void *) == 8, "the kernel's struct stat is not the library's on smaller systems");

INTERPOSE(int, open, const char *path, int flags, ...);
INTERPOSE(int, openat, int folder, const char *path, int flags, ...);
INTERPOSE(FILE *, fopen, const char *path, const char *mode);

static int open_any(int folder, const char *path, int flags, mode_t mode)
{
    char other_path[PATH_MAX];
    const struct image_entry *entry;
    switch (virtual_find(path, &entry)) {
    case VIRTUAL_FOUND:
        return virtual_open(entry, flags);
    case VIRTUAL_MISSING:
        if (errno == ENOENT && flags & O_CREAT)
            errno = EROFS;
        return -1;
    default:
        break;
    }
    int descriptor = (int)syscall(SYS_openat, folder, path, flags, mode);
    const char *other = descriptor < 0 ? virtual_otherwise(folder, path, other_path, sizeof other_path) : NULL;
    return other ? open_any(AT_FDCWD, other, flags, mode) : descriptor;
}

/* The mode is there only when a file may be made. */
#define TAKE_MODE(mode, flags)                                                                                         \
    mode_t mode = 0;                                                                                                   \
    if (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) {                                                              \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode = va_arg(rest, mode_t);                                                                                   \
        va_end(rest);                                                                                                  \
    }

int our_open(const char *path, int flags, ...)
{
    TAKE_MODE(mode, flags)
    return open_any(AT_FDCWD, path, flags, mode);
}

int our_openat(int folder, const char *path, int flags, ...)
{
    TAKE_MODE(mode, flags)
    return open_any(folder, path, flags, mode);
}

FILE *our_fopen(const char *path, const char *mode)
{
    const struct image_entry *entry;
    enum virtual_answer answer = virtual_find(path, &entry);
    if (answer == VIRTUAL_ELSEWHERE) {
        char other_path[PATH_MAX];
        FILE *file = NEXT(fopen)(path, mode);
        const char *other = file ? NULL : virtual_otherwise(AT_FDCWD, path, other_path, sizeof other_path);
        return other ? our_fopen(other, mode) : file;
    }
    if (answer == VIRTUAL_MISSING && mode[0] == 'r')
        return NULL;
    if (answer == VIRTUAL_MISSING || mode[0] != 'r' || strchr(mode, '+')) {
        errno = EROFS;
        return NULL;
    }
    int descriptor = virtual_open(entry, O_RDONLY | (strchr(mode, 'e') ? O_CLOEXEC : 0));
    return descriptor < 0 ? NULL : fdopen(descriptor, mode);
}

INTERPOSE(int, stat, const char *path, struct stat *status);
INTERPOSE(int, lstat, const char *path, struct stat *status);
INTERPOSE(int, fstatat, int folder, const char *path, struct stat *status, int flags);
INTERPOSE(int, statx, int folder, const char *path, int flags, unsigned mask, struct statx *status);

static int stat_any(int folder, const char *path, struct stat *status, int flags)
{
    const struct image_entry *entry;
    switch (virtual_find(path, &entry)) {
    case VIRTUAL_FOUND:
        virtual_stat(entry, status);
        return 0;
    case VIRTUAL_MISSING:
        return -1;
    default:
        break;
    }
    char other_path[PATH_MAX];
    int result = (int)syscall(SYS_newfstatat, folder, path, status, flags);
    const char *other = result ? virtual_otherwise(folder, path, other_path, sizeof other_path) : NULL;
    return other ? stat_any(AT_FDCWD, other, status, flags) : result;
}

int our_stat(const char *path, struct stat *status)
{
    return stat_any(AT_FDCWD, path, status, 0);
}

int our_lstat(const char *path, struct stat *status)
{
    return stat_any(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
}

int our_fstatat(int folder, const char *path, struct stat *status, int flags)
{
    return stat_any(folder, path, status, flags);
}

static void extend(struct statx *extended, const struct stat *status)
{
    *extended = (struct statx){
        .stx_mask = STATX_BASIC_STATS, .stx_mode = (uint16_t)status->st_mode, .stx_nlink = (uint32_t)status->st_nlink,
        .stx_ino = status->st_ino, .stx_size = (uint64_t)status->st_size, .stx_blocks = (uint64_t)status->st_blocks,
        .stx_blksize = (uint32_t)status->st_blksize, .stx_dev_major = major(status->st_dev),
        .stx_dev_minor = minor(status->st_dev), .stx_mtime = {.tv_sec = status->st_mtim.tv_sec},
        .stx_atime = {.tv_sec = status->st_atim.tv_sec}, .stx_ctime = {.tv_sec = status->st_ctim.tv_sec},
    };
}

int our_statx(int folder, const char *path, int flags, unsigned mask, struct statx *extended)
{
    const struct image_entry *entry;
    struct stat status;
    switch (virtual_find(path, &entry)) {
    case VIRTUAL_FOUND:
        virtual_stat(entry, &status);
        extend(extended, &status);
        return 0;
    case VIRTUAL_MISSING:
        return -1;
    default:
        break;
    }
    char other_path[PATH_MAX];
    int result = (int)syscall(SYS_statx, folder, path, flags, mask, extended);
    const char *other = result ? virtual_otherwise(folder, path, other_path, sizeof other_path) : NULL;
    return other ? our_statx(AT_FDCWD, other, flags, mask, extended) : result;
}

INTERPOSE(int, access, const char *path, int mode);
INTERPOSE(int, eaccess, const char *path, int mode);
INTERPOSE(int, faccessat, int folder, const char *path, int mode, int flags);

/* 1 when the answer is the library's own. */
static int access_virtual(const char *path, int mode)
{
    const struct image_entry *entry;
    enum virtual_answer answer = virtual_find(path, &entry);
    if (answer == VIRTUAL_ELSEWHERE)
        return 1;
    return answer == VIRTUAL_FOUND ? virtual_access(entry, mode) : -1;
}

int our_access(const char *path, int mode)
{
    int answer = access_virtual(path, mode);
    if (answer <= 0)
        return answer;
    char other_path[PATH_MAX];
    int result = NEXT(access)(path, mode);
    const char *other = result ? virtual_otherwise(AT_FDCWD, path, other_path, sizeof other_path) : NULL;
    return other ? our_access(other, mode) : result;
}

int our_eaccess(const char *path, int mode)
{
    int answer = access_virtual(path, mode);
    if (answer <= 0)
        return answer;
    char other_path[PATH_MAX];
    int result = NEXT(eaccess)(path, mode);
    const char *other = result ? virtual_otherwise(AT_FDCWD, path, other_path, sizeof other_path) : NULL;
    return other ? our_eaccess(other, mode) : result;
}

int our_faccessat(int folder, const char *path, int mode, int flags)
{
    int answer = access_virtual(path, mode);
    if (answer <= 0)
        return answer;
    char other_path[PATH_MAX];
    int result = NEXT(faccessat)(folder, path, mode, flags);
    const char *other = result ? virtual_otherwise(folder, path, other_path, sizeof other_path) : NULL;
    return other ? our_faccessat(AT_FDCWD, other, mode, flags) : result;
}

INTERPOSE(ssize_t, readlink, const char *path, char *buffer, size_t size);
INTERPOSE(ssize_t, readlinkat, int folder, const char *path, char *buffer, size_t size);
INTERPOSE(char *, realpath, const char *path, char *buffer);

static ssize_t read_link(int folder, const char *path, char *buffer, size_t size)
{
    const struct image_entry *entry;
    switch (virtual_find(path, &entry)) {
    case VIRTUAL_FOUND:
        errno = EINVAL; /* there are no links */
        return -1;
    case VIRTUAL_MISSING:
        return -1;
    default:
        break;
    }
    char other_path[PATH_MAX];
    ssize_t result = syscall(SYS_readlinkat, folder, path, buffer, size);
    const char *other = result < 0 ? virtual_otherwise(folder, path, other_path, sizeof other_path) : NULL;
    return other ? read_link(AT_FDCWD, other, buffer, size) : result;
}

ssize_t our_readlink(const char *path, char *buffer, size_t size)
{
    return read_link(AT_FDCWD, path, buffer, size);
}

ssize_t our_readlinkat(int folder, const char *path, char *buffer, size_t size)
{
    return read_link(folder, path, buffer, size);
}

char *our_realpath(const char *path, char *buffer)
{
    const struct image_entry *entry;
    char name[PATH_MAX];
    switch (virtual_find(path, &entry)) {
    case VIRTUAL_FOUND:
        if (!virtual_name(entry, name, sizeof name))
            return NULL;
        return buffer ? strcpy(buffer, name) : strdup(name);
    case VIRTUAL_MISSING:
        return NULL;
    default:
        break;
    }
    char *result = NEXT(realpath)(path, buffer);
    const char *other = result ? NULL : virtual_otherwise(AT_FDCWD, path, name, sizeof name);
    return other ? our_realpath(other, buffer) : result;
}

#ifdef __GLIBC__

/* The names under which programs that were compiled with other headers know them. */
INTERPOSE_ALIAS(open64, open);
INTERPOSE_ALIAS(__open_2, open);
INTERPOSE_ALIAS(__open64_2, open);
INTERPOSE_ALIAS(openat64, openat);
INTERPOSE_ALIAS(__openat_2, openat);
INTERPOSE_ALIAS(__openat64_2, openat);
INTERPOSE_ALIAS(fopen64, fopen);
INTERPOSE_ALIAS(stat64, stat);
INTERPOSE_ALIAS(lstat64, lstat);
INTERPOSE_ALIAS(fstatat64, fstatat);
INTERPOSE_ALIAS(euidaccess, eaccess);
INTERPOSE_ALIAS(__readlink_chk, readlink); /* the size of the buffer, which comes after, is for a check at compile time */
INTERPOSE_ALIAS(__readlinkat_chk, readlinkat);
INTERPOSE_ALIAS(__realpath_chk, realpath);

INTERPOSE(int, __xstat, int version, const char *path, struct stat *status);
INTERPOSE(int, __lxstat, int version, const char *path, struct stat *status);
INTERPOSE(int, __fxstatat, int version, int folder, const char *path, struct stat *status, int flags);
INTERPOSE(char *, canonicalize_file_name, const char *path);

int our___xstat(int version, const char *path, struct stat *status)
{
    (void)version; /* 64-bit systems have one */
    return stat_any(AT_FDCWD, path, status, 0);
}

int our___lxstat(int version, const char *path, struct stat *status)
{
    (void)version;
    return stat_any(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
}

int our___fxstatat(int version, int folder, const char *path, struct stat *status, int flags)
{
    (void)version;
    return stat_any(folder, path, status, flags);
}

INTERPOSE_ALIAS(__xstat64, __xstat);
INTERPOSE_ALIAS(__lxstat64, __lxstat);
INTERPOSE_ALIAS(__fxstatat64, __fxstatat);

char *our_canonicalize_file_name(const char *path)
{
    return our_realpath(path, NULL);
}

#endif
