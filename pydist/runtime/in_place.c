/* Loading shared objects without copying them.
 *
 * The dynamic linker opens memory as it opens a file. Of that it reads tables, and writes to the data; it never looks at
 * code and constants, nine tenths of a large library. Those are holes in the memory, and are mapped over it afterwards
 * from the application's own file. So all processes share them, and numpy's start copies 1 MB in the place of 35.
 *
 * Nothing of a shared object may run before that. pydist/binary/elf_in_place.py has seen to it that the linker needs
 * none of its functions; those that initialise it are hidden from the linker here, and called when all is there.
 *
 * Invariant: what in_place_copy() left out is what in_place_finish() brings. */
#define _GNU_SOURCE
#include <features.h>

#ifdef __GLIBC__

#include "in_place.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "memory.h"
#include "runtime.h"

/* A hole that is smaller is not worth a system call. */
#define WORTH ((uint64_t)64 << 10)
#define MOST_HOLES 16

/* In the place of tags that the linker is not to see: in the range of operating systems, and none of any. */
#define HIDDEN_TAG 0x6f00700d

struct hole {
    uint64_t start, end; /* in the file */
    uint64_t address;    /* where `start` is loaded, from the address of the object */
    int protection;
};

struct holes {
    struct hole rows[MOST_HOLES];
    unsigned count;
};

static uint64_t page_size(void)
{
    return (uint64_t)sysconf(_SC_PAGESIZE);
}

/* A shared object whose headers lie within it; the linker of the application has read all of it. */
static const ElfW(Ehdr) *header_of(const void *bytes, uint64_t size)
{
    const ElfW(Ehdr) *header = bytes;
    if (size < sizeof *header || header->e_shentsize != sizeof(ElfW(Shdr)) || header->e_phentsize != sizeof(ElfW(Phdr)) ||
        header->e_shoff > size || (size - header->e_shoff) / sizeof(ElfW(Shdr)) < header->e_shnum ||
        header->e_phoff > size || (size - header->e_phoff) / sizeof(ElfW(Phdr)) < header->e_phnum)
        return NULL;
    return header;
}

static const ElfW(Phdr) *segments_of(const ElfW(Ehdr) *header)
{
    return (const void *)((const char *)header + header->e_phoff);
}

/* Note the whole pages between two places of the file, when they are loaded and not written to. */
static void add_hole(struct holes *holes, const ElfW(Ehdr) *header, uint64_t start, uint64_t end)
{
    uint64_t page = page_size();
    start = (start + page - 1) / page * page;
    end = end / page * page;
    if (holes->count == MOST_HOLES || start >= end || end - start < WORTH)
        return;
    const ElfW(Phdr) *segment = segments_of(header);
    for (unsigned i = 0; i < header->e_phnum; i++, segment++) {
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W || start < segment->p_offset ||
            end > segment->p_offset + segment->p_filesz)
            continue;
        int protection = (segment->p_flags & PF_R ? PROT_READ : 0) | (segment->p_flags & PF_X ? PROT_EXEC : 0);
        uint64_t address = segment->p_vaddr + (start - segment->p_offset);
        holes->rows[holes->count++] = (struct hole){start, end, address, protection};
        return;
    }
}

/* Code and constants that lie side by side, as its sections name them. They are found in the order of the file. */
static void find_holes(struct holes *holes, const ElfW(Ehdr) *header)
{
    const ElfW(Shdr) *section = (const void *)((const char *)header + header->e_shoff);
    uint64_t start = 0, end = 0, kind = 0;
    holes->count = 0;
    for (unsigned i = 0; i < header->e_shnum; i++, section++) {
        int code = section->sh_type == SHT_PROGBITS || section->sh_type == SHT_X86_64_UNWIND;
        if (!(section->sh_flags & SHF_ALLOC) || section->sh_type == SHT_NOBITS)
            continue;
        /* What is executable is in another segment. */
        if (!code || section->sh_flags & SHF_WRITE || (section->sh_flags & SHF_EXECINSTR) != kind ||
            section->sh_offset < end || section->sh_offset - end >= section->sh_addralign + !section->sh_addralign) {
            add_hole(holes, header, start, end);
            start = end = section->sh_offset;
            kind = section->sh_flags & SHF_EXECINSTR;
        }
        if (code && !(section->sh_flags & SHF_WRITE))
            end = section->sh_offset + section->sh_size;
    }
    add_hole(holes, header, start, end);
}

/* Where in the application's file the image's bytes at `address` are. */
static int file_offset(const void *address, uint64_t *offset)
{
    const ElfW(Phdr) *header = (const void *)getauxval(AT_PHDR);
    uint64_t wanted = (uintptr_t)address;
    for (size_t i = 0; header && i < getauxval(AT_PHNUM); i++)
        if (header[i].p_type == PT_LOAD && wanted >= header[i].p_vaddr && wanted - header[i].p_vaddr < header[i].p_filesz) {
            *offset = header[i].p_offset + (wanted - header[i].p_vaddr);
            return 0;
        }
    return -1;
}

static int write_at(int descriptor, const char *bytes, uint64_t start, uint64_t end)
{
    while (start < end) {
        ssize_t written = pwrite(descriptor, bytes + start, (size_t)(end - start), (off_t)start);
        if (written < 0 && errno != EINTR)
            return -1;
        start += written > 0 ? (uint64_t)written : 0;
    }
    return 0;
}

static const ElfW(Dyn) *dynamic_of(const ElfW(Ehdr) *header, uint64_t *offset, uint64_t *count)
{
    const ElfW(Phdr) *segment = segments_of(header);
    for (unsigned i = 0; i < header->e_phnum; i++, segment++)
        if (segment->p_type == PT_DYNAMIC) {
            *offset = segment->p_offset;
            *count = segment->p_filesz / sizeof(ElfW(Dyn));
            return (const void *)((const char *)header + segment->p_offset);
        }
    return NULL;
}

static int hide_initialisers(int descriptor, const ElfW(Ehdr) *header)
{
    uint64_t offset, count;
    const ElfW(Dyn) *row = dynamic_of(header, &offset, &count);
    const ElfW(Sxword) tag = HIDDEN_TAG;
    for (uint64_t i = 0; row && i < count && row[i].d_tag != DT_NULL; i++)
        if ((row[i].d_tag == DT_INIT || row[i].d_tag == DT_INIT_ARRAY || row[i].d_tag == DT_INIT_ARRAYSZ) &&
            pwrite(descriptor, &tag, sizeof tag, (off_t)(offset + i * sizeof *row)) != sizeof tag)
            return -1;
    return row ? 0 : -1;
}

static int fill(int descriptor, const ElfW(Ehdr) *header, uint64_t size, const struct holes *holes)
{
    uint64_t end = 0;
    if (ftruncate(descriptor, (off_t)size))
        return -1;
    for (unsigned i = 0; i < holes->count; end = holes->rows[i++].end)
        if (write_at(descriptor, (const char *)header, end, holes->rows[i].start))
            return -1;
    return write_at(descriptor, (const char *)header, end, size) || hide_initialisers(descriptor, header) ? -1 : 0;
}

/* The application's own file. By number: open() is ours, and knows another one by this path. */
static int open_self(void)
{
    return (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/exe", O_RDONLY | O_CLOEXEC);
}

int in_place_copy(const char *name, const void *bytes, uint64_t size, unsigned flags)
{
    const ElfW(Ehdr) *header = header_of(bytes, size);
    uint64_t offset;
    struct holes holes;
    errno = ENOTSUP;
    /* It may be another page size than the linker of the application thought of. */
    if (!header || file_offset(bytes, &offset) || offset % page_size())
        return -1;
    find_holes(&holes, header);
    int self = holes.count ? open_self() : -1;
    if (self < 0)
        return -1;
    close(self);
    int descriptor = memory_copy(name, "", 0, flags);
    if (descriptor >= 0 && fill(descriptor, header, size, &holes)) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

/* Where nothing more can be mapped: a copy. Where that cannot be either, the object has been loaded and cannot be used,
 * nor taken away without its own code. */
static void bring(const struct hole *hole, char *place, const char *bytes, int self, uint64_t offset)
{
    size_t size = hole->end - hole->start;
    if (self >= 0 && mmap(place, size, hole->protection, MAP_PRIVATE | MAP_FIXED, self, (off_t)(offset + hole->start)) == place)
        return;
    if (mprotect(place, size, PROT_READ | PROT_WRITE) == 0) {
        memcpy(place, bytes + hole->start, size);
        if (mprotect(place, size, hole->protection) == 0)
            return;
    }
    static const char text[] = "no memory to load a shared object\n";
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    abort();
}

typedef void initialiser(int, char **, char **);

/* As the linker would: what DT_INIT names, then what is in the array, with the arguments of the program. */
static void initialise(const struct link_map *map, const ElfW(Ehdr) *header)
{
    uint64_t offset, count, array = 0, size = 0, first = 0;
    const ElfW(Dyn) *row = dynamic_of(header, &offset, &count);
    for (uint64_t i = 0; row && i < count && row[i].d_tag != DT_NULL; i++) {
        first = row[i].d_tag == DT_INIT ? row[i].d_un.d_ptr : first;
        array = row[i].d_tag == DT_INIT_ARRAY ? row[i].d_un.d_ptr : array;
        size = row[i].d_tag == DT_INIT_ARRAYSZ ? row[i].d_un.d_val : size;
    }
    if (first)
        ((initialiser *)(map->l_addr + first))(runtime.argc, runtime.argv, environ);
    initialiser **functions = (initialiser **)(map->l_addr + array);
    for (uint64_t i = 0; array && i < size / sizeof *functions; i++)
        functions[i](runtime.argc, runtime.argv, environ);
}

void in_place_finish(void *handle, const void *bytes, uint64_t size)
{
    const ElfW(Ehdr) *header = header_of(bytes, size);
    struct link_map *map = NULL;
    struct holes holes;
    uint64_t offset = 0;
    if (!header || dlinfo(handle, RTLD_DI_LINKMAP, &map) || file_offset(bytes, &offset))
        abort(); /* in_place_copy() has seen the same header */
    find_holes(&holes, header);
    int self = open_self();
    for (unsigned i = 0; i < holes.count; i++)
        bring(&holes.rows[i], (char *)map->l_addr + holes.rows[i].address, bytes, self, offset);
    if (self >= 0)
        close(self);
    initialise(map, header);
}

#endif
