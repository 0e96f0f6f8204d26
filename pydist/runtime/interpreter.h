/* The half of the run time that is compiled against Python's headers. Where Python is a library in the image, it is a
 * shared object that is loaded after that (launcher.c), with an image.c of its own: of the other half it knows
 * what application_run is given, and calls nothing of it. */
#ifndef PYDIST_INTERPRETER_H
#define PYDIST_INTERPRETER_H

#include <Python.h> /* before all others: it chooses what system headers declare */

#include "runtime.h"

/* application.c: of this process. */
extern struct runtime *application;

/* interpreter.c: start Python as the image's settings say. */
PyStatus interpreter_start(struct runtime *runtime);

/* entry.c: run the application (or what Python's own arguments say) and finalize Python. Returns the exit code of the process. */
int entry_run(const struct runtime *runtime);

/* scripts.c: which of several scripts is meant. Writes the name of its row of MODULES to `row` and corrects sys.argv, or
 * sets an exception, which is SystemExit once the user was told what there is. */
int scripts_choose(const struct runtime *runtime, char *row, size_t room);

/* locked.c: whether the application keeps its Python to itself, and whether `config`, which has been read, is one that it
 * starts all the same. */
int locked(const struct runtime *runtime);
int locked_allows(const PyConfig *config);

/* arenas.c: let Python take the memory of small objects in large pages. */
void arenas_install(void);

/* blocks.c: the same for that of larger objects. */
void blocks_install(void);

/* collector.c: what there is already is not looked at by the cyclic collector, until `gc` is imported. Returns -1 with an
 * exception set when that fails. */
int collector_set_aside(void);

/* module.c: the builtin module `_pydist_image`. */
PyObject *PyInit__pydist_image(void);

#endif
