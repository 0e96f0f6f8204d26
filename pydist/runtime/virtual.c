#define _GNU_SOURCE
#include "virtual.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "in_place.h"
#include "memory.h"

/* 2024-01-01, the time of all files in archives that pydist writes: an image has no times of its own. */
#define MODIFIED 1704067200

/* No device has this number: major 0 with a minor that the kernel gives to nothing. */
#define DEVICE 0xfffff

static struct {
    const struct image *image;
    const struct image_entry *python;
    const char *root;
    size_t root_size;
} mounted;

void virtual_mount(const struct image *image, const char *root)
{
    mounted.image = image;
    mounted.root = root;
    mounted.root_size = strlen(root);
    const char *python = image_setting(image, "python");
    mounted.python = python ? image_find_entry(image, python, strlen(python)) : NULL;
}

const struct image_entry *virtual_python(void)
{
    return mounted.python;
}

int virtual_is_script(const struct image_entry *entry)
{
    static const char mark[] = "#!python\n";
    const char *bytes = image_bytes(mounted.image, entry->data_offset, entry->data_size);
    return !(entry->flags & IMAGE_FOLDER) && bytes && entry->data_size >= sizeof mark - 1 &&
           memcmp(bytes, mark, sizeof mark - 1) == 0;
}

static const char *below_root(const char *path)
{
    return mounted.root_size && path ? image_below_root(mounted.root, mounted.root_size, path) : NULL;
}

/* ENOTDIR when something above is a file, ENOENT otherwise: as the kernel says it. */
static enum virtual_answer missing(const char *path, size_t size)
{
    errno = ENOENT;
    for (const char *slash; (slash = memrchr(path, '/', size)) != NULL; size = (size_t)(slash - path)) {
        const struct image_entry *above = image_find_entry(mounted.image, path, (size_t)(slash - path));
        if (above) {
            errno = above->flags & IMAGE_FOLDER ? ENOENT : ENOTDIR;
            break;
        }
    }
    return VIRTUAL_MISSING;
}

static enum virtual_answer look_up(const char *rest, const struct image_entry **entry)
{
    char normal[PATH_MAX];
    int64_t size = image_normal_path(rest, normal, sizeof normal);
    if (size == IMAGE_PATH_LEAVES)
        return VIRTUAL_ELSEWHERE;
    if (size < 0) {
        errno = ENAMETOOLONG;
        return VIRTUAL_MISSING;
    }
    *entry = image_find_entry(mounted.image, normal, (size_t)size);
    if (!*entry)
        return missing(normal, (size_t)size);
    if (!((*entry)->flags & IMAGE_FOLDER) && rest[strlen(rest) - 1] == '/') {
        errno = ENOTDIR;
        return VIRTUAL_MISSING;
    }
    return VIRTUAL_FOUND;
}

enum virtual_answer virtual_find(const char *path, const struct image_entry **entry)
{
    const char *rest = below_root(path);
    return rest && *rest ? look_up(rest, entry) : VIRTUAL_ELSEWHERE;
}

enum virtual_answer virtual_find_folder(const char *path, const struct image_entry **entry)
{
    const char *rest = below_root(path);
    return rest ? look_up(*rest ? rest : "/", entry) : VIRTUAL_ELSEWHERE;
}

static const char *text_after_slash(const struct image_entry *entry)
{
    const char *path = image_text(mounted.image, entry->path);
    const char *slash = path ? memrchr(path, '/', entry->path.size) : NULL;
    return slash ? slash + 1 : path;
}

/* What memory_copy(), memory_sealed() and in_place_copy() have in common, for an entry. */
static int make(__typeof__(memory_copy) *function, const struct image_entry *entry, unsigned flags)
{
    const char *bytes = image_bytes(mounted.image, entry->data_offset, entry->data_size);
    const char *name = text_after_slash(entry);
    if (bytes && name)
        return function(name, bytes, entry->data_size, flags);
    errno = EIO;
    return -1;
}

int virtual_copy(const struct image_entry *entry)
{
    return make(memory_copy, entry, MFD_CLOEXEC);
}

#ifdef __GLIBC__

int virtual_in_place(const struct image_entry *entry)
{
    return make(in_place_copy, entry, MFD_CLOEXEC);
}

void virtual_finish(const struct image_entry *entry, void *handle)
{
    in_place_finish(handle, image_bytes(mounted.image, entry->data_offset, entry->data_size), entry->data_size);
}

#endif

int virtual_open(const struct image_entry *entry, int flags)
{
    int refused = 0;
    if ((flags & O_CREAT) && (flags & O_EXCL))
        refused = EEXIST;
    else if (entry->flags & IMAGE_FOLDER)
        refused = EISDIR; /* memory is no folder, and no other descriptor would do */
    else if ((flags & O_ACCMODE) != O_RDONLY || flags & O_TRUNC)
        refused = EROFS;
    else if (flags & O_DIRECTORY)
        refused = ENOTDIR;
    if (!refused)
        return make(memory_sealed, entry, flags & O_CLOEXEC ? MFD_CLOEXEC : 0);
    errno = refused;
    return -1;
}

uint64_t virtual_inode(const struct image_entry *entry)
{
    return (uint64_t)(entry - mounted.image->entries) + 1;
}

void virtual_stat(const struct image_entry *entry, struct stat *status)
{
    int folder = (entry->flags & IMAGE_FOLDER) != 0;
    memset(status, 0, sizeof *status);
    status->st_dev = DEVICE;
    status->st_ino = virtual_inode(entry);
    /* Writable by their bits, as installed files are: who copies them with their mode wants to change the copies. */
    status->st_mode = folder ? S_IFDIR | 0755 : S_IFREG | (entry->flags & IMAGE_EXECUTABLE ? 0755 : 0644);
    status->st_nlink = folder ? 2 : 1;
    status->st_size = folder ? 0 : (off_t)entry->data_size;
    status->st_blksize = 4096;
    status->st_blocks = (status->st_size + 511) / 512;
    status->st_atim.tv_sec = status->st_mtim.tv_sec = status->st_ctim.tv_sec = MODIFIED;
}

int virtual_access(const struct image_entry *entry, int mode)
{
    if (mode & W_OK)
        errno = EROFS;
    else if (mode & X_OK && !(entry->flags & (IMAGE_FOLDER | IMAGE_EXECUTABLE)))
        errno = EACCES;
    else
        return 0;
    return -1;
}

char *virtual_name(const struct image_entry *entry, char *buffer, size_t size)
{
    const char *path = image_text(mounted.image, entry->path);
    int length = path ? snprintf(buffer, size, *path ? "%s/%s" : "%s", mounted.root, path) : -1;
    if (length >= 0 && (size_t)length < size)
        return buffer;
    errno = length < 0 ? EIO : ENAMETOOLONG;
    return NULL;
}

const struct image_entry *virtual_child(const struct image_entry *folder, uint32_t index, const char **name)
{
    if (index >= folder->child_count)
        return NULL;
    const struct image_entry *child = image_entry_at(mounted.image, folder->first_child + index);
    *name = child ? text_after_slash(child) : NULL;
    return *name ? child : NULL;
}

const char *virtual_brought(const struct image_entry *entry)
{
    static const char folder[] = "lib/brought/";
    const char *path = image_text(mounted.image, entry->path);
    return path && strncmp(path, folder, sizeof folder - 1) == 0 ? path + sizeof folder - 1 : NULL;
}

/* The first row of NEEDS whose entry is `number` or greater. */
static uint32_t first_need(uint32_t number)
{
    uint32_t low = 0, high = mounted.image->header->sections[IMAGE_NEEDS].count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct image_need *row = image_row_at(mounted.image, IMAGE_NEEDS, middle);
        if (row->entry < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct image_need *virtual_need(const struct image_entry *entry, uint32_t index)
{
    uint32_t number = (uint32_t)(entry - mounted.image->entries), first = first_need(number);
    const struct image_need *row = index <= UINT32_MAX - first ? image_row_at(mounted.image, IMAGE_NEEDS, first + index) : NULL;
    return row && row->entry == number ? row : NULL;
}

const struct image_entry *virtual_needed(const struct image_need *need)
{
    return image_entry_at(mounted.image, need->needed);
}

int virtual_reaches(const char *place, const char *rest, char *buffer, size_t size)
{
    int outside = place[0] == '/';
    int length = outside ? snprintf(buffer, size, "%s%s", place, rest)
                         : snprintf(buffer, size, "%s/%s%s", mounted.root ? mounted.root : "", place, rest);
    if (length < 0 || (size_t)length >= size)
        return 0;
    const struct image_entry *entry;
    return outside ? syscall(SYS_faccessat, AT_FDCWD, buffer, F_OK) == 0 : virtual_find(buffer, &entry) == VIRTUAL_FOUND;
}
