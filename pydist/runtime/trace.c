/* Whether this process is to be traced, and that the trace is written when it exits. See trace.h. */
#define _GNU_SOURCE
#include "trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define VARIABLE "PYDIST_TRACE"

static struct trace *of_this_process;

/* Also when Python calls exit() itself, for SystemExit. */
static void write_at_exit(void)
{
    trace_write(of_this_process);
}

/* `name` with the number of this process for each %p, below the folder that the process was started in: the application
 * may go elsewhere. Returns 0 when there is room. */
static int set_file(struct trace *trace, const char *name)
{
    size_t size = 0;
    char *end = trace->file + sizeof trace->file;
    if (name[0] != '/') {
        if (!getcwd(trace->file, sizeof trace->file - 1))
            return -1;
        size = strlen(trace->file);
        trace->file[size++] = '/';
    }
    for (const char *at = name; *at; at++) {
        char *place = trace->file + size;
        int is_number = at[0] == '%' && at[1] == 'p';
        int added = is_number ? snprintf(place, (size_t)(end - place), "%ld", (long)getpid()) : 1;
        if (added >= end - place)
            return -1;
        if (!is_number)
            *place = *at;
        at += is_number;
        size += (size_t)added;
    }
    trace->file[size] = '\0';
    return 0;
}

struct trace *trace_start(const struct runtime *runtime)
{
    const char *name = getenv(VARIABLE);
    /* Whoever starts a program with more rights than his own must not choose what file it writes. */
    if (!name || !*name || getauxval(AT_SECURE))
        return NULL;
    struct trace *trace = calloc(1, sizeof *trace);
    if (!trace || set_file(trace, name) || atexit(write_at_exit)) {
        fprintf(stderr, "pydist: " VARIABLE ": %s: there will be no trace: the name cannot be made absolute\n", name);
        free(trace);
        return NULL;
    }
    atomic_flag_clear(&trace->written);
    trace->runtime = runtime;
    of_this_process = trace;
    return trace;
}
