/* How functions of the C library are replaced for everything in this process.
 *
 * With glibc the executable exports functions of the same names, and the dynamic linker gives them to Python and to all
 * shared libraries; the library's own are found behind them. A static program is linked with `--wrap`, for each symbol
 * that begins with `__wrap_` (pydist/link/stub.py reads them from the objects).
 *
 * Invariant: a replaced function does what the library's own does, unless a path leads into the image. */
#ifndef PYDIST_INTERPOSE_H
#define PYDIST_INTERPOSE_H

#ifdef __GLIBC__

#include <dlfcn.h>
#include <stdatomic.h>

/* Declare our `name`, defined as our_name. */
#define INTERPOSE(result, name, ...)                                                                                   \
    __attribute__((visibility("default"))) result our_##name(__VA_ARGS__) __asm__(#name)

/* `other` has the same parameters in registers, and is the same function. */
#define INTERPOSE_ALIAS(other, name)                                                                                   \
    extern __typeof__(our_##name) our_##other __asm__(#other) __attribute__((alias(#name), visibility("default")))

static inline void *interpose_next(_Atomic(void *) *known, const char *name)
{
    void *function = atomic_load_explicit(known, memory_order_acquire);
    if (!function) {
        function = dlsym(RTLD_NEXT, name);
        atomic_store_explicit(known, function, memory_order_release);
    }
    return function;
}

/* The library's own function. */
#define NEXT(name)                                                                                                     \
    ({                                                                                                                 \
        static _Atomic(void *) known;                                                                                  \
        (__typeof__(our_##name) *)interpose_next(&known, #name);                                                       \
    })

#else

#define INTERPOSE(result, name, ...)                                                                                   \
    __attribute__((visibility("default"))) result our_##name(__VA_ARGS__) __asm__("__wrap_" #name);                                                           \
    result next_##name(__VA_ARGS__) __asm__("__real_" #name)
#define NEXT(name) next_##name

#endif

#endif
