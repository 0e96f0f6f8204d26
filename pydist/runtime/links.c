/* Paths that lead into the image by another name than the application's: relative ones, and those through links.
 *
 * Invariant: the kernel is asked first. It answers ENOTDIR for all of them, and only then the parts of the path are
 * looked at. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process.h"
#include "virtual.h"

static int kernel_stat(int folder, const char *path, struct stat *status)
{
    return (int)syscall(SYS_newfstatat, folder, path, status, 0);
}

const char *virtual_through(int folder, const char *path, char *buffer, size_t size)
{
    struct stat own, part;
    const struct image_entry *entry;
    if (!path || kernel_stat(AT_FDCWD, process_executable(), &own))
        return NULL;
    for (const char *slash = path; (slash = strchr(slash + 1, '/')) != NULL && (size_t)(slash - path) < size;) {
        memcpy(buffer, path, (size_t)(slash - path));
        buffer[slash - path] = '\0';
        if (kernel_stat(folder, buffer, &part))
            return NULL;
        if (part.st_dev != own.st_dev || part.st_ino != own.st_ino)
            continue;
        int length = snprintf(buffer, size, "%s%s", process_executable(), slash);
        return (size_t)length < size && virtual_find(buffer, &entry) != VIRTUAL_ELSEWHERE ? buffer : NULL;
    }
    return NULL;
}

const char *virtual_otherwise(int folder, const char *path, char *buffer, size_t size)
{
    int error = errno;
    const char *other = NULL;
    if (error == ENOENT)
        other = virtual_instead(path, buffer, size);
    else if (error == ENOTDIR)
        other = virtual_through(folder, path, buffer, size);
    errno = error;
    return other;
}

enum virtual_answer virtual_find_anyhow(const char *path, const struct image_entry **entry)
{
    char buffer[PATH_MAX];
    struct stat status;
    int error = errno;
    enum virtual_answer answer = virtual_find(path, entry);
    if (answer != VIRTUAL_ELSEWHERE || !path || !strchr(path, '/'))
        return answer;
    const char *other = kernel_stat(AT_FDCWD, path, &status) && errno == ENOTDIR
                            ? virtual_through(AT_FDCWD, path, buffer, sizeof buffer) : NULL;
    errno = error;
    return other ? virtual_find(other, entry) : VIRTUAL_ELSEWHERE;
}
