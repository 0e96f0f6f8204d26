/* The run time of code compiled with -fprofile-generate: keeps what was counted in a file.
 *
 * The compiler ends calls and sections whose layout is fixed by its version (LLVM's "raw profile" version 10); the
 * library that belongs to them is not in the toolchain, so this is our own, for every target alike. All processes of one
 * training add to one file, $PYDIST_PROFILE/<what was instrumented>.counts, which pydist/binary/profile.py reads.
 *
 * Nothing of this is linked into what is distributed.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC UINT64_C(0x31434f5250594450) /* "PDYPROC1", little-endian */
#define SLOTS 16 /* different values remembered for each place; the optimiser looks at the three most frequent ones */
#define HIDDEN __attribute__((visibility("hidden")))

/* Made by the linker around the sections that the compiler fills. */
extern HIDDEN char __start___llvm_prf_data[] __attribute__((weak)), __stop___llvm_prf_data[] __attribute__((weak));
extern HIDDEN char __start___llvm_prf_cnts[] __attribute__((weak)), __stop___llvm_prf_cnts[] __attribute__((weak));
extern HIDDEN char __start___llvm_prf_vals[] __attribute__((weak)), __stop___llvm_prf_vals[] __attribute__((weak));
extern HIDDEN char __start___llvm_prf_names[] __attribute__((weak)), __stop___llvm_prf_names[] __attribute__((weak));
extern HIDDEN const uint64_t __llvm_profile_raw_version __attribute__((weak));

HIDDEN int __llvm_profile_runtime;

/* One function, as the compiler describes it. */
struct function {
    uint64_t name, hash, counters, bitmap, address, values;
    uint32_t counter_count;
    uint16_t sites[3];
    uint32_t bitmap_bytes;
};
_Static_assert(sizeof(struct function) == 64, "the layout of version 10");

struct slot {
    uint64_t value, count;
};

/* The file: this, the functions, their names, all counters, all slots. Addresses but `base` are relative to `base`, so
 * that processes add up wherever the system loaded them; those of functions are as the first process had them. */
struct header {
    uint64_t magic, version, base, counters_at, values_at;
    uint64_t functions, names, counters, slots; /* sizes in bytes */
};

static struct slot *slots;
static size_t site_count;
static pid_t owner;

static size_t size_of(const char *start, const char *stop)
{
    return (size_t)(stop - start);
}

__attribute__((constructor)) static void begin(void)
{
    site_count = size_of(__start___llvm_prf_vals, __stop___llvm_prf_vals) / sizeof(uint64_t);
    owner = getpid();
    if (site_count == 0 || getenv("PYDIST_PROFILE") == NULL)
        return;
    void *memory = mmap(NULL, site_count * SLOTS * sizeof(struct slot), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED)
        slots = memory;
}

/* Add `count` to `value` among the slots of one place; where all are taken, the rarest gives way in the end. */
static void add(struct slot *place, uint64_t value, uint64_t count)
{
    struct slot *rarest = place;
    for (struct slot *slot = place; slot < place + SLOTS; slot++) {
        if (slot->count == 0 || slot->value == value) {
            slot->value = value;
            slot->count += count;
            return;
        }
        if (slot->count < rarest->count)
            rarest = slot;
    }
    if (rarest->count > count)
        rarest->count -= count;
    else
        *rarest = (struct slot){value, count};
}

static void note(uint64_t value, const struct function *function, uint32_t index)
{
    if (slots == NULL || function->values == 0)
        return;
    size_t site = (function->values - (uintptr_t)__start___llvm_prf_vals) / sizeof(uint64_t) + index;
    if (site < site_count)
        add(slots + site * SLOTS, value, 1);
}

/* Called before an indirect call. */
HIDDEN void __llvm_profile_instrument_target(uint64_t value, void *function, uint32_t index)
{
    note(value - (uintptr_t)__start___llvm_prf_data, function, index);
}

/* Called before a memory operation of variable size. Sizes up to 8 count by themselves, so do powers of two; the others
 * are told apart by the powers of two around them, and all above 512 are one. */
HIDDEN void __llvm_profile_instrument_memop(uint64_t size, void *function, uint32_t index)
{
    if (size > 512)
        size = 513;
    else if (size > 8 && (size & (size - 1)) != 0)
        size = (UINT64_C(1) << (63 - __builtin_clzll(size))) + 1;
    note(size, function, index);
}

/* One file for each thing that was instrumented: its functions' names tell. */
static uint64_t identity(void)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const char *at = __start___llvm_prf_names; at < __stop___llvm_prf_names; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    return hash;
}

static int write_all(int file, const void *data, size_t size)
{
    for (const char *at = data; size > 0;) {
        ssize_t done = write(file, at, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return -1;
        at += done;
        size -= (size_t)done;
    }
    return 0;
}

/* Where the counters begin: aligned to 8. */
static size_t size_before_counters(const struct header *header)
{
    return (sizeof *header + header->functions + header->names + 7) & ~(size_t)7;
}

static size_t size_with(const struct header *header)
{
    return size_before_counters(header) + header->counters + header->slots;
}

static int create(int file, const struct header *header)
{
    if (write_all(file, header, sizeof *header) < 0 ||
        write_all(file, __start___llvm_prf_data, header->functions) < 0 ||
        write_all(file, __start___llvm_prf_names, header->names) < 0)
        return -1;
    return ftruncate(file, (off_t)size_with(header));
}

/* Add what this process counted to the file. */
static void merge(char *map, const struct header *header)
{
    uint64_t *theirs = (void *)(map + size_before_counters(header));
    const uint64_t *ours = (const void *)__start___llvm_prf_cnts;
    size_t count = header->counters / sizeof *ours;
    for (size_t i = 0; i < count; i++)
        theirs[i] += ours[i];
    struct slot *places = (void *)(theirs + count);
    for (size_t i = 0; slots != NULL && i < site_count * SLOTS; i++)
        if (slots[i].count != 0)
            add(places + i / SLOTS * SLOTS, slots[i].value, slots[i].count);
}

__attribute__((destructor)) static void end(void)
{
    const char *folder = getenv("PYDIST_PROFILE");
    char path[PATH_MAX];
    /* A child made by fork alone has its parent's counts too. */
    if (folder == NULL || owner != getpid() || &__llvm_profile_raw_version == NULL)
        return;
    struct header header = {
        .magic = MAGIC,
        .version = __llvm_profile_raw_version,
        .base = (uintptr_t)__start___llvm_prf_data,
        .counters_at = (uintptr_t)__start___llvm_prf_cnts - (uintptr_t)__start___llvm_prf_data,
        .values_at = (uintptr_t)__start___llvm_prf_vals - (uintptr_t)__start___llvm_prf_data,
        .functions = size_of(__start___llvm_prf_data, __stop___llvm_prf_data),
        .names = size_of(__start___llvm_prf_names, __stop___llvm_prf_names),
        .counters = size_of(__start___llvm_prf_cnts, __stop___llvm_prf_cnts),
        .slots = site_count * SLOTS * sizeof(struct slot),
    };
    size_t size = size_with(&header);
    snprintf(path, sizeof path, "%s/%016llx.counts", folder, (unsigned long long)identity());
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0)
        return;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat facts;
    /* Closing the file gives the lock back, and so does the end of the process. */
    if (fcntl(file, F_SETLKW, &lock) == 0 && fstat(file, &facts) == 0 &&
        (facts.st_size != 0 || create(file, &header) == 0) && fstat(file, &facts) == 0 && (size_t)facts.st_size == size) {
        void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (map != MAP_FAILED) {
            merge(map, &header);
            munmap(map, size);
        }
    }
    close(file);
}
