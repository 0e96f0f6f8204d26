/* The cyclic collector while nobody can look at it.
 *
 * Importing makes many objects that stay, and the default thresholds have the collector walk over them again and
 * again. So it first waits until there are as many as the imports of a large program make, then goes on with a larger
 * young generation, and gets Python's own thresholds back at the moment when anything imports `gc`, which is the only
 * way to see or change them.
 *
 * What an interpreter is made of before it runs anything is set aside until then (gc.freeze): it stays anyway, and the
 * first collection at the end of each process would walk over it. The next one, which is for modules, does.
 *
 * Invariant: a program that imports `gc` finds the collector as in any other Python. */
#include "importer.h"

#include <string.h>

/* New objects until the collector looks at anything at all: black's imports make 110,000, of 100 bytes each. */
#define FIRST 150000

/* Objects until the young generation is collected; collections of it until the middle one is, and so on. The whole
 * heap is looked at every 440,000 new objects, with CPython's own 2000, 10, 10 every 240,000. */
#define YOUNG 20000
#define MIDDLE 10
#define OLD 1

static int set_thresholds(const struct state *state, int young)
{
    PyObject *done = PyObject_CallFunction(state->set_threshold, "iii", young, MIDDLE, OLD);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

static int forget_callback(const struct state *state)
{
    Py_ssize_t at = PySequence_Index(state->gc_callbacks, state->on_collection);
    return at < 0 || PySequence_DelItem(state->gc_callbacks, at) ? -1 : 0;
}

static int call(PyObject *function)
{
    PyObject *done = PyObject_CallNoArgs(function);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

int collector_is_last(void)
{
#if PY_VERSION_HEX >= 0x030d0000
    return Py_IsFinalizing();
#else
    return _Py_IsFinalizing();
#endif
}

/* What was set aside is looked at again. */
static int take_back(struct state *state)
{
    PyObject *unfreeze = state->unfreeze;
    Py_CLEAR(state->freeze);
    state->unfreeze = NULL;
    int failed = unfreeze ? call(unfreeze) : 0;
    Py_XDECREF(unfreeze);
    return failed;
}

/* In gc.callbacks. The collection after the one that a process ends with is for modules, and for what hangs on them. */
static PyObject *on_collection(PyObject *module, PyObject *arguments)
{
    struct state *state = PyModule_GetState(module);
    PyObject *phase, *facts;
    if (!PyArg_ParseTuple(arguments, "UO", &phase, &facts))
        return NULL;
    if (PyUnicode_CompareWithASCIIString(phase, "stop") == 0 && state->set_threshold &&
        (collector_is_last() ? take_back(state) : set_thresholds(state, YOUNG)))
        return NULL;
    Py_RETURN_NONE;
}

/* Python's own thresholds back, once, and what was set aside. */
static int restore(struct state *state)
{
    PyObject *set_threshold = state->set_threshold, *defaults = state->default_thresholds;
    state->set_threshold = NULL;
    state->default_thresholds = NULL;
    PyObject *done = PyObject_CallObject(set_threshold, defaults);
    Py_DECREF(set_threshold);
    Py_DECREF(defaults);
    Py_XDECREF(done);
    return !done || forget_callback(state) || take_back(state) ? -1 : 0;
}

int collector_relax(PyObject *module)
{
    static PyMethodDef definition = {"on_collection", on_collection, METH_VARARGS, NULL};
    struct state *state = PyModule_GetState(module);
    PyObject *modules = PyImport_GetModuleDict(); /* borrowed */
    if (PyDict_GetItemString(modules, "gc"))
        return 0; /* somebody may be looking already */
    PyObject *gc = PyImport_ImportModule("gc");
    if (!gc)
        return -1;
    state->set_threshold = PyObject_GetAttrString(gc, "set_threshold");
    state->default_thresholds = PyObject_CallMethod(gc, "get_threshold", NULL);
    state->gc_callbacks = PyObject_GetAttrString(gc, "callbacks");
    state->freeze = PyObject_GetAttrString(gc, "freeze");
    state->unfreeze = PyObject_GetAttrString(gc, "unfreeze");
    state->on_collection = PyCFunction_New(&definition, module);
    Py_DECREF(gc);
    int failed = !state->set_threshold || !state->default_thresholds || !state->gc_callbacks || !state->on_collection ||
                 !state->freeze || !state->unfreeze ||
                 set_thresholds(state, FIRST) || PyList_Append(state->gc_callbacks, state->on_collection);
    return failed ? -1 : PyDict_DelItemString(modules, "gc");
}

int collector_set_aside(void)
{
    PyObject *module = PyImport_ImportModule("_pydist_image");
    struct state *state = module ? PyModule_GetState(module) : NULL;
    int failed = state && state->freeze ? call(state->freeze) : 0;
    if (state)
        Py_CLEAR(state->freeze);
    Py_XDECREF(module);
    return !module || failed ? -1 : 0;
}

/* A collector that is switched off would not start the last one either. Switched on without thresholds it starts no
 * other. */
static int allow_last(void)
{
    if (PyGC_IsEnabled())
        return 0;
    PyObject *gc = PyImport_ImportModule("gc");
    PyObject *done = gc ? PyObject_CallMethod(gc, "set_threshold", "i", 0) : NULL;
    Py_XDECREF(done);
    Py_XDECREF(gc);
    if (done)
        PyGC_Enable();
    return done ? 0 : -1;
}

int collector_watch(PyObject *callback)
{
    PyObject *module = PyImport_ImportModule("_pydist_image");
    struct state *state = module ? PyModule_GetState(module) : NULL;
    Py_XDECREF(module);
    if (!state || !state->gc_callbacks) /* where gc was imported before us */
        return module ? 0 : -1;
    return PyList_Insert(state->gc_callbacks, 0, callback) || allow_last() ? -1 : 0;
}

int collector_notice(struct state *state, PyObject *name)
{
    if (!state->set_threshold || PyUnicode_CompareWithASCIIString(name, "gc"))
        return 0;
    return restore(state);
}
