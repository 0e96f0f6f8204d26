/* Recording what begins and ends. See trace.h.
 *
 * Events are in a list that threads only ever add to, so that there is no lock that a child could inherit. */
#define _GNU_SOURCE
#include "trace.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

uint64_t trace_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

struct trace_event *trace_begin(struct trace *trace, const char *name, const struct trace_import *import)
{
    if (!trace || atomic_fetch_add(&trace->count, 1) >= TRACE_MOST_EVENTS)
        return NULL;
    size_t size = strlen(name) + 1;
    struct trace_event *event = calloc(1, sizeof *event + size);
    if (!event)
        return NULL;
    memcpy(event->name, name, size);
    if (import)
        event->import = *import;
    event->thread = syscall(SYS_gettid); /* by number: older C libraries have no function for it */
    event->begin = trace_now();
    event->before = atomic_load(&trace->newest);
    while (!atomic_compare_exchange_weak(&trace->newest, &event->before, event))
        ;
    return event;
}

void trace_end(struct trace_event *event)
{
    if (!event)
        return;
    uint64_t end = trace_now();
    atomic_store(&event->end, end);
    if (event->import.around)
        atomic_fetch_add(&event->import.around->inner, end - event->begin);
}

void trace_phase(struct trace *trace, const char *name)
{
    if (!trace)
        return;
    trace_end(trace->phase);
    trace->phase = name ? trace_begin(trace, name, NULL) : NULL;
    if (!trace->zero && trace->phase)
        trace->zero = trace->phase->begin;
}
