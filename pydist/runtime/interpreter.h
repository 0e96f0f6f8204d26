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

/* entry.c: die as an interrupted program does, or return the exit code that stands for it. */
int exit_by_interrupt(void);

/* fast_exit.c: an end of the process that does not take Python apart. `fast_exit_wanted` says whether the image asks for it.
 * Once armed (-1 with an exception set when that fails), Py_FinalizeEx() does not return: the process ends with the code that
 * fast_exit_with() was last given (EXIT_BY_INTERRUPT is one), or with 120 when the last flush fails.
 * fast_exit_with_exception() takes the one that the exception which is set stands for. */
#define EXIT_BY_INTERRUPT (-1)
int fast_exit_wanted(const struct runtime *runtime);
int fast_exit_arm(void);
void fast_exit_with(int code);
void fast_exit_with_exception(void);

/* writers.c: write what is in the buffers of all files that are open, but for sys.stdout and sys.stderr. */
void writers_flush(void);

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

/* collector.c: `callback` is called before all others of gc.callbacks, and a collection will be started at the end of the
 * process, whether or not the program wants any. Returns -1 with an exception set when that fails. collector_is_last: whether
 * the process is that far. */
int collector_watch(PyObject *callback);
int collector_is_last(void);

/* module.c: the builtin module `_pydist_image`. */
PyObject *PyInit__pydist_image(void);

#endif
