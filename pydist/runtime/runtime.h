/* What the run time knows about this process. One value, filled in by main() before Python starts and not changed
 * afterwards, so that every interpreter and thread may read it. */
#ifndef PYDIST_RUNTIME_H
#define PYDIST_RUNTIME_H

#include <Python.h> /* before all others: it chooses what system headers declare */

#include <sys/types.h>

#include "image.h"

struct runtime {
    struct image image;
    char *executable; /* absolute path of this file; also the root of the virtual tree */
    pid_t process;    /* its number */
    int argc;
    char **argv;
    int as_python; /* started with a token (process.h), whose mark is no longer in argv; it may still turn out that the
                    * script to run is the application (interpreter.c) */
};

extern struct runtime runtime;

/* process.c: fill in `executable` and `image`. Returns NULL, or what is wrong in words. */
const char *process_inspect(struct runtime *runtime);

/* interpreter.c: start Python as the image's settings say. */
PyStatus interpreter_start(struct runtime *runtime);

/* entry.c: run the application (or what Python's own arguments say) and finalize Python. Returns the exit code of the process. */
int entry_run(const struct runtime *runtime);

/* arenas.c: let Python take the memory of small objects in large pages. */
void arenas_install(void);

/* module.c: the builtin module `_pydist_image`. */
PyObject *PyInit__pydist_image(void);

#endif
