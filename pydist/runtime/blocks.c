/* Memory for Python's larger objects, 513 bytes to 16 KiB, in large pages. Python asks the C library for these, one by
 * one, and that asks the kernel for small pages: while an application imports its modules, three page faults of four
 * were such (2,400 of 3,100 in black, a tenth of its time where a virtual machine makes them dear).
 *
 * A block is one of some sizes; blocks of one size lie together in a span; spans are parts of large pages in a range of
 * addresses that is reserved once, so that a block is known by its address.
 *
 * Invariant: a large page whose blocks are all given back is given back to the kernel; what does not fit, or asks when
 * the range is used up, gets its memory as before. */
#include "interpreter.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#if !defined(Py_GIL_DISABLED)

#define LARGE_PAGE ((size_t)2 << 20)
#define RANGE ((size_t)256 << 20)
#define MOST_TAKEN 4 /* of the addresses that a process may have, the range takes a fourth at most */
#define SPAN ((size_t)64 << 10)
#define SPANS (RANGE / SPAN)
#define SPANS_IN_PAGE (LARGE_PAGE / SPAN)

/* Sizes above SMALLEST / 5 * 4, each a quarter of a power of two above the one before. */
#define SMALLEST 640
#define CLASSES 20
#define LARGEST ((size_t)16 << 10)
_Static_assert((size_t)(SMALLEST / 5 * (5 + (CLASSES - 1) % 4)) << (CLASSES - 1) / 4 == LARGEST, "the last class");

/* Python's own arenas have the sizes up to this one. */
#define NOT_OURS 512

struct block {
    struct block *next;
};

/* `used` counts blocks that are out, `fresh` those that have been out at least once. A span is in the list of its class
 * while it has room, and in that of the free ones while nothing in it is used. */
struct span {
    struct span *next, *before;
    struct block *free;
    uint16_t used, fresh;
    uint8_t class;
};

static struct {
    pthread_mutex_t lock;
    PyMemAllocatorEx other; /* what was there before */
    char *start;
    size_t pages; /* large pages taken from the range so far */
    uint16_t used_spans[RANGE / LARGE_PAGE];
    struct span spans[SPANS];
    struct span *free, *with_room[CLASSES];
} blocks = {.lock = PTHREAD_MUTEX_INITIALIZER};

static size_t size_of(unsigned class)
{
    return (size_t)(SMALLEST / 5 * (5 + class % 4)) << (class / 4);
}

static unsigned class_of(size_t size)
{
    unsigned power = 0;
    while (size > (size_t)SMALLEST / 5 * 8 << power)
        power++;
    unsigned class = power * 4;
    while (size_of(class) < size)
        class++;
    return class;
}

static char *memory_of(const struct span *span)
{
    return blocks.start + (size_t)(span - blocks.spans) * SPAN;
}

static size_t page_of(const struct span *span)
{
    return (size_t)(span - blocks.spans) / SPANS_IN_PAGE;
}

static void add(struct span **list, struct span *span)
{
    span->before = NULL;
    span->next = *list;
    if (*list)
        (*list)->before = span;
    *list = span;
}

static void take_out(struct span **list, struct span *span)
{
    if (span->before)
        span->before->next = span->next;
    else
        *list = span->next;
    if (span->next)
        span->next->before = span->before;
}

/* The first page stays one of small pages: a program that needs no more should not pay for memory that it never uses. */
static int take_page(void)
{
    char *page = blocks.start + blocks.pages * LARGE_PAGE;
    if (blocks.pages == RANGE / LARGE_PAGE || mprotect(page, LARGE_PAGE, PROT_READ | PROT_WRITE))
        return -1;
    if (blocks.pages)
        madvise(page, LARGE_PAGE, MADV_HUGEPAGE);
    for (size_t at = SPANS_IN_PAGE; at-- > 0;)
        add(&blocks.free, &blocks.spans[blocks.pages * SPANS_IN_PAGE + at]);
    blocks.pages++;
    return 0;
}

static struct span *span_with_room(unsigned class)
{
    if (blocks.with_room[class])
        return blocks.with_room[class];
    if (!blocks.free && take_page())
        return NULL;
    struct span *span = blocks.free;
    take_out(&blocks.free, span);
    *span = (struct span){.class = (uint8_t)class};
    blocks.used_spans[page_of(span)]++;
    add(&blocks.with_room[class], span);
    return span;
}

static void *take(size_t size)
{
    unsigned class = class_of(size);
    struct span *span = span_with_room(class);
    if (!span)
        return NULL;
    struct block *block = span->free;
    if (block)
        span->free = block->next;
    else
        block = (struct block *)(memory_of(span) + span->fresh++ * size_of(class));
    if (++span->used == SPAN / size_of(class))
        take_out(&blocks.with_room[class], span);
    return block;
}

static void give_back(struct span *span, struct block *block)
{
    block->next = span->free;
    span->free = block;
    if (span->used-- == SPAN / size_of(span->class))
        add(&blocks.with_room[span->class], span);
    if (span->used)
        return;
    take_out(&blocks.with_room[span->class], span);
    add(&blocks.free, span);
    size_t page = page_of(span);
    if (--blocks.used_spans[page] == 0)
        madvise(blocks.start + page * LARGE_PAGE, LARGE_PAGE, MADV_DONTNEED);
}

static struct span *span_of(const void *address)
{
    size_t at = (size_t)((uintptr_t)address - (uintptr_t)blocks.start);
    return at < RANGE ? &blocks.spans[at / SPAN] : NULL;
}

static void *block_malloc(void *Py_UNUSED(context), size_t size)
{
    void *block = NULL;
    if (size > NOT_OURS && size <= LARGEST) {
        pthread_mutex_lock(&blocks.lock);
        block = take(size);
        pthread_mutex_unlock(&blocks.lock);
    }
    return block ? block : blocks.other.malloc(blocks.other.ctx, size);
}

static void *block_calloc(void *context, size_t count, size_t size)
{
    if (size && count > LARGEST / size)
        return blocks.other.calloc(blocks.other.ctx, count, size);
    void *block = block_malloc(context, count * size);
    return block ? memset(block, 0, count * size) : NULL;
}

static void block_free(void *Py_UNUSED(context), void *address)
{
    struct span *span = span_of(address);
    if (!span) {
        blocks.other.free(blocks.other.ctx, address);
        return;
    }
    pthread_mutex_lock(&blocks.lock);
    give_back(span, address);
    pthread_mutex_unlock(&blocks.lock);
}

static void *block_realloc(void *context, void *address, size_t size)
{
    const struct span *span = span_of(address);
    if (!span)
        return blocks.other.realloc(blocks.other.ctx, address, size);
    size_t room = size_of(span->class);
    if (size <= room && size > room / 2)
        return address;
    void *moved = block_malloc(context, size);
    if (moved) {
        memcpy(moved, address, size < room ? size : room);
        block_free(context, address);
    }
    return moved;
}

/* Another thread may hold the lock while this one forks, and is not there in the child. */
static void lock(void)
{
    pthread_mutex_lock(&blocks.lock);
}

static void unlock(void)
{
    pthread_mutex_unlock(&blocks.lock);
}

void blocks_install(void)
{
    PyMem_GetAllocator(PYMEM_DOMAIN_RAW, &blocks.other);
    if (blocks.other.ctx)
        return; /* not the C library's: one that looks for errors, which sees all blocks */
    struct rlimit limit;
    if (!getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur < MOST_TAKEN * RANGE)
        return; /* addresses are what there is little of */
    char *range = mmap(NULL, RANGE + LARGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range == MAP_FAILED || pthread_atfork(lock, unlock, unlock))
        return;
    blocks.start = range + -(uintptr_t)range % LARGE_PAGE;
    PyMemAllocatorEx ours = {NULL, block_malloc, block_calloc, block_realloc, block_free};
    PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &ours);
}

#else

void blocks_install(void)
{
    /* Free-threaded Python has an allocator of its own. */
}

#endif
