/* What makes instructions that were just written visible to the processor: libffi and CPython's trampolines for perf call
 * it. Processors of x86 need nothing of the kind. Why it stands here: see divide.c.
 */
#include <stdint.h>

#ifdef __aarch64__

void __clear_cache(void *begin, void *end)
{
    uintptr_t first = (uintptr_t)begin, last = (uintptr_t)end;
    uint64_t type;
    __asm__ volatile("mrs %0, ctr_el0" : "=r"(type));
    /* Sizes of lines are given as logarithms of words. IDC and DIC say that a step is not needed. */
    uintptr_t data = 4u << (type >> 16 & 15), instructions = 4u << (type & 15);
    if (!(type >> 28 & 1))
        for (uintptr_t line = first & -data; line < last; line += data)
            __asm__ volatile("dc cvau, %0" ::"r"(line) : "memory");
    __asm__ volatile("dsb ish" ::: "memory");
    if (!(type >> 29 & 1)) {
        for (uintptr_t line = first & -instructions; line < last; line += instructions)
            __asm__ volatile("ic ivau, %0" ::"r"(line) : "memory");
        __asm__ volatile("dsb ish" ::: "memory");
    }
    __asm__ volatile("isb" ::: "memory");
}

#endif
