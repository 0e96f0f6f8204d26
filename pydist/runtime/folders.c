/* Listing folders of the virtual tree with the C library's own functions. See interpose.h.
 *
 * Invariant: a `DIR *` of ours is never given to the library, nor one of the library's taken for ours. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "interpose.h"
#include "virtual.h"

/* An open folder. `position` counts what was read: first itself and the one above, then its children. */
struct folder {
    struct folder *next;
    const struct image_entry *entry;
    uint32_t position;
    struct dirent row;
};

/* All that are open, so that a pointer can be told from one of the library's. Few programs ever have one. */
static struct {
    pthread_mutex_t lock;
    _Atomic(struct folder *) first;
} folders = {.lock = PTHREAD_MUTEX_INITIALIZER};

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
    if (!atomic_load_explicit(&folders.first, memory_order_acquire))
        return NULL;
    pthread_mutex_lock(&folders.lock);
    struct folder *folder = folders.first;
    while (folder && folder != (struct folder *)stream)
        folder = folder->next;
    pthread_mutex_unlock(&folders.lock);
    return folder;
}

DIR *our_opendir(const char *path)
{
    const struct image_entry *entry;
    enum virtual_answer answer = virtual_find_folder(path, &entry);
    if (answer == VIRTUAL_ELSEWHERE) {
        char other_path[PATH_MAX];
        DIR *stream = NEXT(opendir)(path);
        /* A static library's own function has opened what there is instead, which is no folder for it. */
        int missing = !stream && (errno == ENOENT || errno == EISDIR);
        const char *other = missing ? virtual_instead(path, other_path, sizeof other_path) : NULL;
        return other ? our_opendir(other) : stream;
    }
    if (answer == VIRTUAL_MISSING)
        return NULL;
    if (!(entry->flags & IMAGE_FOLDER)) {
        errno = ENOTDIR;
        return NULL;
    }
    struct folder *folder = calloc(1, sizeof *folder);
    if (!folder)
        return NULL;
    folder->entry = entry;
    pthread_mutex_lock(&folders.lock);
    folder->next = folders.first;
    folders.first = folder;
    pthread_mutex_unlock(&folders.lock);
    return (DIR *)folder;
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
    pthread_mutex_lock(&folders.lock);
    if (folders.first == folder)
        folders.first = folder->next;
    else {
        struct folder *before = folders.first;
        while (before->next != folder)
            before = before->next;
        before->next = folder->next;
    }
    pthread_mutex_unlock(&folders.lock);
    free(folder);
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
