/* The cyclic collector while nobody can look at it.
 *
 * Importing makes many objects that stay, and the default thresholds have the collector walk over them again and
 * again. So it starts with a larger young generation, and gets Python's own thresholds back at the moment when
 * anything imports `gc`, which is the only way to see or change them.
 *
 * Invariant: a program that imports `gc` finds the collector as in any other Python. */
#include "importer.h"

#include <string.h>

/* Objects until the young generation is collected; collections of it until the middle one is, and so on. The whole
 * heap is looked at every 440,000 new objects, with CPython's own 2000, 10, 10 every 240,000. */
#define YOUNG 20000
#define MIDDLE 10
#define OLD 1

/* Python's own thresholds back, once. */
static int restore(struct state *state)
{
    PyObject *set_threshold = state->set_threshold, *defaults = state->default_thresholds;
    state->set_threshold = NULL;
    state->default_thresholds = NULL;
    PyObject *done = PyObject_CallObject(set_threshold, defaults);
    Py_DECREF(set_threshold);
    Py_DECREF(defaults);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

int collector_relax(struct state *state)
{
    PyObject *modules = PyImport_GetModuleDict(); /* borrowed */
    if (PyDict_GetItemString(modules, "gc"))
        return 0; /* somebody may be looking already */
    PyObject *gc = PyImport_ImportModule("gc");
    if (!gc)
        return -1;
    state->set_threshold = PyObject_GetAttrString(gc, "set_threshold");
    state->default_thresholds = PyObject_CallMethod(gc, "get_threshold", NULL);
    PyObject *done = state->set_threshold && state->default_thresholds
                         ? PyObject_CallFunction(state->set_threshold, "iii", YOUNG, MIDDLE, OLD) : NULL;
    Py_XDECREF(done);
    Py_DECREF(gc);
    return done && !PyDict_DelItemString(modules, "gc") ? 0 : -1;
}

int collector_notice(struct state *state, PyObject *name)
{
    if (!state->set_threshold || PyUnicode_CompareWithASCIIString(name, "gc"))
        return 0;
    return restore(state);
}
