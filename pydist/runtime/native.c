/* Loading shared objects that are inside the application: each becomes memory that the dynamic linker opens as it
 * opens a file. See interpose.h; static programs load nothing.
 *
 * The dynamic linker looks for what a shared object needs in folders, and does not know those of an image. It is
 * content with what is loaded already and has the same SONAME, so that the image lists for each shared object what has
 * to be loaded before it (pydist/link/native.py). Where that does not serve, because libraries need each other, there is
 * room in the shared object for another name: a path to memory, which is known here only.
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
#include "memory.h"
#include "virtual.h"

INTERPOSE(void *, dlopen, const char *path, int flags);
INTERPOSE(char *, dlerror, void);

/* What has been put into memory. `alias` is what the dynamic linker is told to open, and knows it by; `descriptor` is
 * that of the memory, or -1 once it is loaded. */
struct loaded {
    struct loaded *next;
    const struct image_entry *entry;
    char *alias;
    int descriptor, in_place;
};

/* The lock may be taken again by the same thread: what is loaded may load more while it starts. */
static struct {
    pthread_mutex_t lock;
    struct loaded *first;
    unsigned count, depth;
} native = {.lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP};

/* In a child of fork(): no other thread is there to give the lock back. The library does the same with its own. */
static void reset(void)
{
    native.lock = (pthread_mutex_t)PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
    native.depth = 0;
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, reset);
}

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
    char text[IMAGE_NAME_ROOM] = "/proc/self/fd"; /* 13 bytes, at most 96 for the count, 12 for the descriptor */
    for (size_t at = strlen(text); count; count >>= 1, at = strlen(text))
        strcpy(text + at, count & 1 ? "/." : "//.");
    snprintf(text + strlen(text), sizeof text - strlen(text), "/%d", descriptor);
    return strdup(text);
}

static void note(const struct image_entry *entry, const char *reason)
{
    char path[PATH_MAX];
    const char *name = virtual_name(entry, path, sizeof path);
    snprintf(message, sizeof message, "%s: cannot be put into memory: %s", name ? name : "", reason);
}

/* In `message`: the linker's own words, with virtual paths in the place of aliases. They are taken first, because looking
 * up a function of the library forgets them. */
static void note_failure(const struct image_entry *entry)
{
    char text[sizeof message], path[PATH_MAX];
    const char *said = library_error()();
    snprintf(text, sizeof text, "%s", said ? said : "not enough memory");
    strcpy(message, text);
    for (struct loaded *row = native.first; row; row = row->next) {
        const char *found = strstr(text, row->alias), *rest = found ? found + strlen(row->alias) : "";
        if (*rest == ':' && virtual_name(row->entry, path, sizeof path))
            snprintf(message, sizeof message, "%.*s%s%s", (int)(found - text), text, path, rest);
    }
    if (access("/proc/self/fd", F_OK) && virtual_name(entry, path, sizeof path))
        snprintf(message, sizeof message, "%s: loading it needs the folder /proc, which is not there", path);
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

static struct loaded *put_into_memory(const struct image_entry *entry);

/* Tell a shared object where those are that it asks for by other names than their SONAMEs. They are put into memory,
 * too, and so on: libraries that need each other are all there before the first of them is loaded. */
static int write_names(const struct loaded *row)
{
    const struct image_need *need;
    for (uint32_t index = 0; (need = virtual_need(row->entry, index)) != NULL; index++) {
        if (!need->name)
            continue;
        const struct image_entry *entry = virtual_needed(need);
        const struct loaded *other = entry ? put_into_memory(entry) : NULL;
        if (!other)
            return -1;
        size_t size = strlen(other->alias) + 1;
        if (need->name > row->entry->data_size || row->entry->data_size - need->name < size ||
            pwrite(row->descriptor, other->alias, size, (off_t)need->name) != (ssize_t)size) {
            note(row->entry, "there is no room for a name");
            return -1;
        }
    }
    return 0;
}

/* A shared object of which in_place.c brings the rest; where that cannot be, a copy. */
static int open_memory(const struct image_entry *entry, int *in_place)
{
    int descriptor = entry->flags & IMAGE_IN_PLACE ? virtual_in_place(entry) : -1;
    *in_place = descriptor >= 0;
    return *in_place ? descriptor : virtual_copy(entry);
}

/* The row of `entry`, which is made when there is none; NULL with `message`. */
static struct loaded *put_into_memory(const struct image_entry *entry)
{
    for (struct loaded *row = native.first; row; row = row->next)
        if (row->entry == entry)
            return row;
    struct loaded *row = malloc(sizeof *row);
    int in_place = 0, descriptor = row ? open_memory(entry, &in_place) : -1;
    char *alias = descriptor >= 0 ? make_alias(descriptor, ++native.count) : NULL;
    if (!alias) {
        note(entry, strerror(errno));
        if (descriptor >= 0)
            close(descriptor);
        free(row);
        return NULL;
    }
    *row = (struct loaded){native.first, entry, alias, descriptor, in_place};
    native.first = row;
    if (write_names(row))
        return NULL; /* forget_failed() takes it away */
    if (memory_seal(descriptor)) {
        note(entry, strerror(errno));
        return NULL;
    }
    return row;
}

/* What was put into memory in vain. */
static void forget_failed(void)
{
    for (struct loaded **link = &native.first, *row; (row = *link) != NULL;) {
        if (row->descriptor < 0) {
            link = &row->next;
            continue;
        }
        *link = row->next;
        close(row->descriptor);
        free(row->alias);
        free(row);
    }
}

static void *load(const struct image_entry *entry, int flags)
{
    char path[PATH_MAX];
    if (!virtual_name(entry, path, sizeof path)) {
        snprintf(message, sizeof message, "%s", strerror(errno));
        return NULL;
    }
    struct loaded *row = put_into_memory(entry);
    void *handle = row ? NEXT(dlopen)(row->alias, flags) : NULL;
    if (row && !handle)
        note_failure(entry);
    if (handle && row->descriptor >= 0) {
        set_name(handle, path);
        close(row->descriptor);
        row->descriptor = -1;
        if (row->in_place)
            virtual_finish(entry, handle);
        handle = NEXT(dlopen)(row->alias, flags); /* a reference for the caller; the first one is never given back */
    }
    return handle;
}

static int is_loaded(const struct image_entry *entry)
{
    for (struct loaded *row = native.first; row; row = row->next)
        if (row->entry == entry)
            return row->descriptor < 0;
    return 0;
}

/* Whether the system has a library that is in the image for those that have none. Then it is loaded, and found. */
static int is_of_system(const struct image_entry *entry, int flags)
{
    const char *name = virtual_brought(entry);
    return name && !is_loaded(entry) && NEXT(dlopen)(name, flags) != NULL;
}

static void *load_with_needs(const struct image_entry *entry, int flags)
{
    if (flags & RTLD_NOLOAD && !is_loaded(entry))
        return NULL;
    const struct image_need *need;
    for (uint32_t index = 0; (need = virtual_need(entry, index)) != NULL; index++) {
        const struct image_entry *needed = virtual_needed(need);
        if (!needed || (!is_of_system(needed, flags) && !load(needed, flags)))
            return NULL;
    }
    return load(entry, flags);
}

void *our_dlopen(const char *path, int flags)
{
    const struct image_entry *entry;
    library_error();
    if (virtual_find_anyhow(path, &entry) != VIRTUAL_FOUND) {
        /* Not called but jumped to: where it is called from decides in which folders the library looks. */
        __typeof__(our_dlopen) *next = NEXT(dlopen);
        __attribute__((musttail)) return next(path, flags);
    }
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);
    message[0] = '\0';
    pthread_mutex_lock(&native.lock);
    native.depth++;
    void *handle = load_with_needs(entry, flags);
    if (--native.depth == 0)
        forget_failed();
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
