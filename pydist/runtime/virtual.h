/* The virtual tree as a file system: what a path below the application's own file leads to, its status, and a
 * descriptor to read it with. Knows nothing of Python; libc.c shows it to everything that asks the C library. */
#ifndef PYDIST_VIRTUAL_H
#define PYDIST_VIRTUAL_H

#include <stdint.h>
#include <sys/stat.h>

#include "image.h"

/* From here on, paths below `root` (absolute, without a slash at its end) lead into `image`. Both must stay. */
void virtual_mount(const struct image *image, const char *root);

enum virtual_answer {
    VIRTUAL_ELSEWHERE, /* not below the root: the kernel knows */
    VIRTUAL_FOUND,
    VIRTUAL_MISSING, /* below the root, and nothing there; errno says why */
};

/* What is at an absolute `path`, which may have empty parts, `.` and `..`. The root by its bare name is the
 * application's file, and lies elsewhere. */
enum virtual_answer virtual_find(const char *path, const struct image_entry **entry);

/* The same, but the root's bare name is the folder that the file is, too: for those who list. */
enum virtual_answer virtual_find_folder(const char *path, const struct image_entry **entry);

/* links.c: where a part of `path`, which is relative to `folder`, is the application's file: the same below the root, in
 * `buffer`. Otherwise NULL. To be asked when the kernel has answered ENOTDIR. */
const char *virtual_through(int folder, const char *path, char *buffer, size_t size);

/* links.c: after a call for `path`, which is relative to `folder`, has failed with errno, which stays: the path to call for
 * instead, or NULL. */
const char *virtual_otherwise(int folder, const char *path, char *buffer, size_t size);

/* links.c: as virtual_find, for relative paths and those through links, too. Costs a system call. */
enum virtual_answer virtual_find_anyhow(const char *path, const struct image_entry **entry);

/* A descriptor of sealed memory that has the bytes of a file, or -1 with errno. `flags` are those of open(2): what is
 * in an image can be read only. */
int virtual_open(const struct image_entry *entry, int flags);

/* Of a file: a descriptor of memory that has its bytes and may be changed until it is sealed, closed on exec; or -1 with
 * errno. */
int virtual_copy(const struct image_entry *entry);

/* With glibc: the same for a shared object, of which in_place.c brings the largest part after it was loaded as `handle`. */
int virtual_in_place(const struct image_entry *entry);
void virtual_finish(const struct image_entry *entry, void *handle);

void virtual_stat(const struct image_entry *entry, struct stat *status);

/* As access(2). */
int virtual_access(const struct image_entry *entry, int mode);

/* The entry's absolute path, in `buffer`; returns it, or NULL with errno when it is too long. */
char *virtual_name(const struct image_entry *entry, char *buffer, size_t size);

/* Whether a file is a script of an installer, which Python is to run: its first line is `#!python`. */
int virtual_is_script(const struct image_entry *entry);

/* The entry that stands for the interpreter: what the setting `python` names; NULL when there is none. */
const struct image_entry *virtual_python(void);

/* Its number, as st_ino. */
uint64_t virtual_inode(const struct image_entry *entry);

/* The entry with number `index` in a folder and its name, which is followed by a NUL; NULL at the end. */
const struct image_entry *virtual_child(const struct image_entry *folder, uint32_t index, const char **name);

/* Whether there is something at `place` with `rest` behind it; its absolute path is then in `buffer`. A relative place
 * leads into the image. */
int virtual_reaches(const char *place, const char *rest, char *buffer, size_t size);

/* places.c: for a path at which a system has nothing, the path of what there is instead, in `buffer`; NULL when there is
 * nothing either. */
const char *virtual_instead(const char *path, char *buffer, size_t size);

/* The file name of a library that is in the image for systems that have none; NULL when the entry is another file. */
const char *virtual_brought(const struct image_entry *entry);

/* The row with number `index` among what must be loaded before this shared object; NULL at the end. */
const struct image_need *virtual_need(const struct image_entry *entry, uint32_t index);

/* The entry that a row of NEEDS asks for, or NULL when there is none. */
const struct image_entry *virtual_needed(const struct image_need *need);

#endif
