/* Imports of modules in the trace (trace.h). */
#ifndef PYDIST_TRACE_IMPORTS_H
#define PYDIST_TRACE_IMPORTS_H

#include "importer.h"
#include "trace.h"

/* `loader` begins to run the module `name`. NULL, without an exception, in a process that is not traced. */
struct trace_event *trace_import(const struct state *state, PyObject *loader, PyObject *name);

/* It ended, well or not. Leaves exceptions alone. */
void trace_imported(struct trace_event *event);

/* From here on importlib's loaders of extension modules are traced, too, if this process is. Returns -1 with an exception set when
 * that fails. */
int trace_extensions(PyObject *module);

#endif
