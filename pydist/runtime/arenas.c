/* Memory for Python's small objects in large pages: fewer page faults while modules are imported.
 *
 * Invariant: an arena that Python frees goes back to the kernel at once; without large pages all works as before, in
 * small ones. */
#include "interpreter.h"

#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

#define LARGE_PAGE ((size_t)2 << 20)

/* The first arenas stay in small pages: a program that needs no more should not pay for memory that it never uses. Every
 * program uses up the first of all, so that its pages are asked for at once. */
#define SMALL_ARENAS 2

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14; older ones refuse it, and give each page when it is used */
#endif

/* The parts of a large page that Python has not asked for yet. */
struct free_arena {
    struct free_arena *next;
};

static struct {
    atomic_flag busy;
    size_t size; /* of an arena: Python asks for one size only */
    struct free_arena *free;
    size_t count; /* given out so far */
} arenas = {.busy = ATOMIC_FLAG_INIT};

static void *map(size_t size)
{
    void *block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return block == MAP_FAILED ? NULL : block;
}

/* A large page at an address that is a multiple of its size. */
static char *map_large_page(void)
{
    char *block = map(2 * LARGE_PAGE);
    if (!block)
        return NULL;
    size_t before = -(uintptr_t)block % LARGE_PAGE;
    if (before)
        munmap(block, before);
    munmap(block + before + LARGE_PAGE, LARGE_PAGE - before);
    madvise(block + before, LARGE_PAGE, MADV_HUGEPAGE);
    return block + before;
}

static void *take(size_t size)
{
    if (arenas.size == 0)
        arenas.size = size;
    if (size != arenas.size || LARGE_PAGE % size)
        return NULL;
    if (arenas.count++ < SMALL_ARENAS) {
        void *arena = map(size);
        if (arena && arenas.count == 1)
            madvise(arena, size, MADV_POPULATE_WRITE);
        return arena;
    }
    if (!arenas.free) {
        char *page = map_large_page();
        for (size_t at = LARGE_PAGE; page && at >= size; at -= size) {
            struct free_arena *arena = (struct free_arena *)(page + at - size);
            arena->next = arenas.free;
            arenas.free = arena;
        }
    }
    struct free_arena *arena = arenas.free;
    if (arena)
        arenas.free = arena->next;
    return arena;
}

/* Interpreters with locks of their own may ask at once, and a fork may happen in between: whoever finds the list busy
 * does without it. */
static void *arena_alloc(void *Py_UNUSED(context), size_t size)
{
    void *arena = NULL;
    if (!atomic_flag_test_and_set(&arenas.busy)) {
        arena = take(size);
        atomic_flag_clear(&arenas.busy);
    }
    return arena ? arena : map(size);
}

static void arena_free(void *Py_UNUSED(context), void *address, size_t size)
{
    munmap(address, size);
}

void arenas_install(void)
{
    PyObjectArenaAllocator allocator = {NULL, arena_alloc, arena_free};
    PyObject_SetArenaAllocator(&allocator);
}
