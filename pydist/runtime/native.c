/* Loading shared objects that are inside the application: each becomes memory that the dynamic linker opens as it
 * opens a file. See interpose.h; static programs load nothing.
 *
 * The dynamic linker looks for what a shared object needs in folders, and does not know those of an image. It is
 * content with what is loaded already and has the same SONAME, so that the image lists for each shared object what has
 * to be loaded before it (pydist/link/native.py).
 *
 * Invariant: a shared object of the image is loaded once, by whatever path it is asked for, and stays. Wherever the
 * dynamic linker names it, that is its virtual path. */
#define _GNU_SOURCE
#include <features.h>

#ifdef __GLIBC__

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "interpose.h"
#include "virtual.h"

INTERPOSE(void *, dlopen, const char *path, int flags);
INTERPOSE(char *, dlerror, void);

/* What has been loaded. `alias` is what the dynamic linker was told to open, and knows it by. */
struct loaded {
    struct loaded *next;
    const struct image_entry *entry;
    char *alias;
};

/* The lock may be taken again by the same thread: what is loaded may load more while it starts. */
static struct {
    pthread_mutex_t lock;
    struct loaded *first;
    unsigned count;
} native = {.lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP};

/* What dlerror() says next, when it is about the image. */
static _Thread_local char message[PATH_MAX + 256];

/* The library's dlerror(). Looking it up for the first time forgets the error, so that is done before there is one. */
static __typeof__(our_dlerror) *library_error(void)
{
    return NEXT(dlerror);
}

/* A path to the open `descriptor` that has not been used before, because the dynamic linker takes the same path for the
 * same object: descriptors are used again, so that the count is written with slashes. */
static char *make_alias(int descriptor, unsigned count)
{
    char text[256] = "/proc/self/fd";
    for (size_t at = strlen(text); count; count >>= 1, at = strlen(text))
        strcpy(text + at, count & 1 ? "/." : "//.");
    snprintf(text + strlen(text), sizeof text - strlen(text), "/%d", descriptor);
    return strdup(text);
}

/* In `message`: the linker's own words, with the virtual path in the place of `alias`. */
static void note_failure(const char *alias, const char *path)
{
    const char *text = library_error()(), *found = text ? strstr(text, alias) : NULL;
    if (found)
        snprintf(message, sizeof message, "%.*s%s%s", (int)(found - text), text, path, found + strlen(alias));
    else
        snprintf(message, sizeof message, "%s", text ? text : "not enough memory");
}

/* Whoever asks for the name of what it is in, to find files beside it, is told a path that leads to them. */
static void set_name(void *handle, const char *path)
{
    struct link_map *map = NULL;
    char *name = strdup(path);
    if (name && dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0)
        map->l_name = name; /* not given back: the object stays */
    else
        free(name);
}

static void *load_first(struct loaded *row, const char *path, int flags)
{
    int descriptor = virtual_open(row->entry, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        snprintf(message, sizeof message, "%s: cannot be put into memory: %s", path, strerror(errno));
        return NULL;
    }
    row->alias = make_alias(descriptor, ++native.count);
    void *handle = row->alias ? NEXT(dlopen)(row->alias, flags) : NULL;
    if (handle)
        set_name(handle, path);
    else {
        note_failure(row->alias ? row->alias : "", path);
        if (access("/proc/self/fd", F_OK))
            snprintf(message, sizeof message, "%s: loading it needs the folder /proc, which is not there", path);
    }
    close(descriptor);
    return handle;
}

static void *load(const struct image_entry *entry, int flags)
{
    char path[PATH_MAX];
    if (!virtual_name(entry, path, sizeof path)) {
        snprintf(message, sizeof message, "%s", strerror(errno));
        return NULL;
    }
    for (struct loaded *row = native.first; row; row = row->next)
        if (row->entry == entry)
            return NEXT(dlopen)(row->alias, flags);
    if (flags & RTLD_NOLOAD)
        return NULL;
    struct loaded *row = calloc(1, sizeof *row);
    if (!row)
        return NULL;
    row->entry = entry;
    void *handle = load_first(row, path, flags);
    if (!handle) {
        free(row->alias);
        free(row);
        return NULL;
    }
    row->next = native.first;
    native.first = row;
    return NEXT(dlopen)(row->alias, flags); /* a reference for the caller; the first one is never given back */
}

static void *load_with_needs(const struct image_entry *entry, int flags)
{
    const struct image_entry *needed;
    for (uint32_t index = 0; (needed = virtual_need(entry, index)) != NULL; index++)
        if (!load(needed, flags))
            return NULL;
    return load(entry, flags);
}

void *our_dlopen(const char *path, int flags)
{
    const struct image_entry *entry;
    library_error();
    if (virtual_find(path, &entry) != VIRTUAL_FOUND) {
        /* Not called but jumped to: where it is called from decides in which folders the library looks. */
        __typeof__(our_dlopen) *next = NEXT(dlopen);
        __attribute__((musttail)) return next(path, flags);
    }
    message[0] = '\0';
    pthread_mutex_lock(&native.lock);
    void *handle = load_with_needs(entry, flags);
    pthread_mutex_unlock(&native.lock);
    return handle;
}

char *our_dlerror(void)
{
    static _Thread_local char given[sizeof message];
    if (!message[0])
        return library_error()();
    strcpy(given, message);
    message[0] = '\0';
    return given;
}

#endif
