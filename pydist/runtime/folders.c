/* Listing folders of the virtual tree with the C library's own functions. See interpose.h.
 *
 * Invariant: a `DIR *` of ours is never given to the library, nor one of the library's taken for ours: all of ours lie
 * in one table. There is no lock, which a child of fork() could find taken. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "interpose.h"
#include "virtual.h"

/* As many as a process has descriptors, unless it asks for more. */
#define MOST_FOLDERS 1024

/* An open folder. `position` counts what was read: first itself and the one above, then its children. */
static struct folder {
    atomic_bool open;
    const struct image_entry *entry;
    uint32_t position;
    struct dirent row;
} folders[MOST_FOLDERS];

INTERPOSE(DIR *, opendir, const char *path);
INTERPOSE(struct dirent *, readdir, DIR *stream);
INTERPOSE(int, readdir_r, DIR *stream, struct dirent *row, struct dirent **result);
INTERPOSE(int, closedir, DIR *stream);
INTERPOSE(void, rewinddir, DIR *stream);
INTERPOSE(long, telldir, DIR *stream);
INTERPOSE(void, seekdir, DIR *stream, long position);
INTERPOSE(int, dirfd, DIR *stream);

static struct folder *find_folder(DIR *stream)
{
    uintptr_t offset = (uintptr_t)stream - (uintptr_t)folders;
    return offset < sizeof folders ? &folders[offset / sizeof *folders] : NULL;
}

static DIR *open_folder(const struct image_entry *entry)
{
    size_t at = 0;
    while (at < MOST_FOLDERS && atomic_exchange(&folders[at].open, 1))
        at++;
    if (at == MOST_FOLDERS) {
        errno = EMFILE;
        return NULL;
    }
    folders[at].entry = entry;
    folders[at].position = 0;
    return (DIR *)&folders[at];
}

/* What to open instead of what could not be; NULL when there is nothing. errno stays. */
static const char *instead(const char *path, char buffer[PATH_MAX])
{
    char folder[PATH_MAX];
    int error = errno, size = snprintf(folder, sizeof folder, "%s/", path);
    const char *other = NULL;
    /* A static library's own function has opened what there is instead, which is no folder for it. */
    if (error == ENOENT || error == EISDIR)
        other = virtual_instead(path, buffer, PATH_MAX);
    if (!other && (error == ENOTDIR || error == EISDIR) && (size_t)size < sizeof folder)
        other = virtual_through(AT_FDCWD, folder, buffer, PATH_MAX);
    errno = error;
    return other;
}

DIR *our_opendir(const char *path)
{
    const struct image_entry *entry;
    enum virtual_answer answer = virtual_find_folder(path, &entry);
    if (answer == VIRTUAL_ELSEWHERE) {
        char other_path[PATH_MAX];
        DIR *stream = NEXT(opendir)(path);
        const char *other = stream ? NULL : instead(path, other_path);
        return other ? our_opendir(other) : stream;
    }
    if (answer == VIRTUAL_MISSING)
        return NULL;
    if (!(entry->flags & IMAGE_FOLDER)) {
        errno = ENOTDIR;
        return NULL;
    }
    return open_folder(entry);
}

/* The next row, or NULL at the end. */
static struct dirent *advance(struct folder *folder)
{
    const char *name = folder->position == 0 ? "." : "..";
    const struct image_entry *entry = folder->entry;
    if (folder->position >= 2)
        entry = virtual_child(folder->entry, folder->position - 2, &name);
    if (!entry || strlen(name) >= sizeof folder->row.d_name)
        return NULL;
    folder->position++;
    folder->row.d_ino = virtual_inode(entry);
    folder->row.d_off = folder->position;
    folder->row.d_reclen = sizeof folder->row;
    folder->row.d_type = entry->flags & IMAGE_FOLDER ? DT_DIR : DT_REG;
    strcpy(folder->row.d_name, name);
    return &folder->row;
}

struct dirent *our_readdir(DIR *stream)
{
    struct folder *folder = find_folder(stream);
    return folder ? advance(folder) : NEXT(readdir)(stream);
}

int our_readdir_r(DIR *stream, struct dirent *row, struct dirent **result)
{
    struct folder *folder = find_folder(stream);
    if (!folder)
        return NEXT(readdir_r)(stream, row, result);
    struct dirent *found = advance(folder);
    if (found)
        memcpy(row, found, sizeof *row);
    *result = found ? row : NULL;
    return 0;
}

int our_closedir(DIR *stream)
{
    struct folder *folder = find_folder(stream);
    if (!folder)
        return NEXT(closedir)(stream);
    atomic_store(&folder->open, 0);
    return 0;
}

void our_rewinddir(DIR *stream)
{
    struct folder *folder = find_folder(stream);
    if (folder)
        folder->position = 0;
    else
        NEXT(rewinddir)(stream);
}

long our_telldir(DIR *stream)
{
    struct folder *folder = find_folder(stream);
    return folder ? (long)folder->position : NEXT(telldir)(stream);
}

void our_seekdir(DIR *stream, long position)
{
    struct folder *folder = find_folder(stream);
    if (folder)
        folder->position = (uint32_t)position;
    else
        NEXT(seekdir)(stream, position);
}

int our_dirfd(DIR *stream)
{
    if (!find_folder(stream))
        return NEXT(dirfd)(stream);
    errno = ENOTSUP; /* what is in memory has no descriptor */
    return -1;
}

#ifdef __GLIBC__
INTERPOSE_ALIAS(readdir64, readdir);
INTERPOSE_ALIAS(readdir64_r, readdir_r);
#endif
