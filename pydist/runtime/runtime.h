/* What the run time knows about this process. One value, filled in by main() before Python starts and not changed
 * afterwards, so that every interpreter and thread may read it. Knows nothing of Python: see interpreter.h. */
#ifndef PYDIST_RUNTIME_H
#define PYDIST_RUNTIME_H

#include <sys/types.h>

#include "image.h"

struct trace;

struct runtime {
    struct image image;
    char *executable; /* absolute path of this file; also the root of the virtual tree */
    pid_t process;    /* its number */
    int argc;
    char **argv;
    struct trace *trace; /* trace.h; NULL in all processes but those that are asked for it */
    int as_python; /* started with a token (process.h), whose mark is no longer in argv; it may still turn out that the
                    * script to run is the application (interpreter.c) */
};

extern struct runtime runtime;

/* What a shell answers for a program that cannot be started; Python code never exits with it by itself. */
#define EXIT_NOT_STARTED 127

/* process.c: fill in `executable` and `image`. Returns NULL, or what is wrong in words. */
const char *process_inspect(struct runtime *runtime);

/* Start Python, run the application and finalize Python. Returns the exit code of the process. application.c where the
 * interpreter is in this executable; launcher.c where it is loaded first, and calls that one. */
int application_run(struct runtime *runtime);

#endif
