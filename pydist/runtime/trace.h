/* Where start-up time goes, for PYDIST_TRACE=FILE: what happened when, kept in memory and written once at the end. The
 * file is described in docs/reference/trace.md. Knows nothing of Python.
 *
 * Invariant: a process that is not asked for it has no trace (NULL), and every function takes that for "do nothing". All
 * that there is to know is in the value: both halves of the run time have these functions (interpreter.h). */
#ifndef PYDIST_TRACE_H
#define PYDIST_TRACE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime.h"

/* Beyond it, events are counted only: the file stays below what `pydist inspect` reads. */
#define TRACE_MOST_EVENTS 20000

#define TRACE_LONGEST_FILE 4096

/* The import of a module, or a part of it. The texts outlive the event. */
struct trace_import {
    struct trace_event *around; /* the import that it began in, or NULL */
    const char *step;           /* what is done */
    const char *path;           /* below the virtual root, or "" */
    uint64_t bytes;             /* of what is there at `path` to be run */
};

/* Times are nanoseconds of CLOCK_MONOTONIC. Events live as long as the process. */
struct trace_event {
    struct trace_event *before; /* the one that began before this one, in any thread */
    uint64_t begin;
    _Atomic uint64_t end;   /* 0: it goes on */
    _Atomic uint64_t inner; /* how much of it was in imports that began in it */
    long thread;
    struct trace_import import; /* of a phase, `step` is NULL */
    char name[];
};

struct trace {
    const struct runtime *runtime;
    uint64_t zero;
    struct trace_event *phase; /* the one that goes on; of the main thread only */
    _Atomic(struct trace_event *) newest;
    _Atomic uint32_t count; /* also of those that were not kept */
    atomic_flag written;
    char file[TRACE_LONGEST_FILE]; /* absolute */
};

/* trace.c, in the executable only: the trace of this process, which is written when it exits, or NULL when none is asked
 * for. From here on `runtime` may be filled in. */
struct trace *trace_start(const struct runtime *runtime);

/* trace_record.c: an event begins; a phase, where `import` is NULL. NULL when it is not kept. */
struct trace_event *trace_begin(struct trace *trace, const char *name, const struct trace_import *import);

/* It ends, and with it its part of the one around it. */
void trace_end(struct trace_event *event);

/* The phase that goes on ends, and `name` begins; NULL: none does. In the main thread. */
void trace_phase(struct trace *trace, const char *name);

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t trace_now(void);

/* trace_write.c: write the file, unless that was done, or this is a child that has not started a program. One line on
 * standard error when it cannot be written. For ways to end the process that atexit() does not see. In the main thread. */
void trace_write(struct trace *trace);

#endif
