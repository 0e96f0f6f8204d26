/* `--fast-exit`: the process ends where Python would begin to take itself apart.
 *
 * All that comes before is left to Py_FinalizeEx(): it joins threads, makes pending calls, runs the functions of atexit,
 * stops daemon threads and flushes the standard streams. What comes next is a collection that announces itself in
 * gc.callbacks, and there we take over: writers that are still open are flushed, and the C library ends the process, with its
 * own atexit handlers. Neither globals nor modules are cleared.
 *
 * Invariant: where that collection does not announce itself, the process ends as an ordinary one. */
#include "importer.h"
#include "trace.h"

#include <stdlib.h>
#include <string.h>

#define FAILED_FLUSH 120 /* as Python's own */

/* How this process ends; before it is known, like a program that ran to its end. */
static int ending;

int fast_exit_wanted(const struct runtime *runtime)
{
    const char *value = image_setting(&runtime->image, "fast-exit");
    return value && strcmp(value, "1") == 0 && !runtime->as_python;
}

void fast_exit_with(int code)
{
    ending = code;
}

/* What Python makes of a SystemExit: nothing and None are good, a number is itself, and all else is printed (CPython's
 * Python/pythonrun.c). Before 3.12 what it was raised with need not be an exception yet. */
static int code_of(PyObject *value)
{
    int is_exception = value && PyExceptionInstance_Check(value);
    PyObject *code = is_exception ? PyObject_GetAttrString(value, "code") : Py_XNewRef(value);
    int answer = EXIT_FAILURE;
    if (!code || code == Py_None)
        answer = is_exception && !code ? EXIT_FAILURE : EXIT_SUCCESS;
    else if (PyLong_Check(code))
        answer = (int)PyLong_AsLongLong(code) & 0377; /* of -1 when it is too large, as there */
    PyErr_Clear();
    Py_XDECREF(code);
    return answer;
}

void fast_exit_with_exception(void)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    ending = PyErr_GivenExceptionMatches(type, PyExc_SystemExit) ? code_of(value) : EXIT_FAILURE;
    PyErr_Restore(type, value, traceback);
}

/* Python does not tell whether its flush of the standard streams failed, but what a failed one has not written is still
 * in the buffer. */
static int stays_unwritten(const char *name)
{
    PyObject *stream = PySys_GetObject(name);
    PyObject *closed = stream && stream != Py_None ? PyObject_GetAttrString(stream, "closed") : Py_NewRef(Py_True);
    int is_closed = closed ? PyObject_IsTrue(closed) : 0;
    PyErr_Clear();
    PyObject *result = is_closed > 0 ? Py_NewRef(Py_None) : PyObject_CallMethod(stream, "flush", NULL);
    PyErr_Clear();
    Py_XDECREF(closed);
    Py_XDECREF(result);
    return !result;
}

/* In gc.callbacks, before all others. */
static PyObject *on_collection(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(arguments))
{
    if (!collector_is_last())
        Py_RETURN_NONE;
    writers_flush();
    /* Both, whatever the first says. */
    int unwritten = stays_unwritten("stdout") | stays_unwritten("stderr");
    trace_write(application->trace); /* here, because who is interrupted does not call exit() */
    if (ending == EXIT_BY_INTERRUPT)
        exit(exit_by_interrupt());
    exit(unwritten ? FAILED_FLUSH : ending);
}

int fast_exit_arm(void)
{
    static PyMethodDef definition = {"fast_exit", on_collection, METH_VARARGS, NULL};
    PyObject *function = PyCFunction_New(&definition, NULL);
    int failed = function ? collector_watch(function) : -1;
    Py_XDECREF(function);
    return failed;
}
