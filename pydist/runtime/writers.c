/* Files and other writers of the package `io` that nobody closed: what is in their buffers is written.
 *
 * At its end an ordinary Python finalizes each of them, which means close(). Here those of `io` itself are flushed; those
 * whose class says how it is closed are finalized, because a GzipFile writes its last bytes then. */
#include "interpreter.h"

#include <stdlib.h>
#include <string.h>

#define KNOWN 256 /* types that are remembered; a program with 450 modules has a few dozen that are collected */

enum action { NOTHING, FLUSH, FINALIZE, FINALIZE_RAW };

struct writer {
    PyObject *object;
    enum action action;
};

struct writers {
    PyTypeObject *base, *raw; /* of all writers, and of those that others write to */
    struct writer *items;
    size_t count, room;
    struct {
        PyTypeObject *type;
        int is_writer;
    } known[KNOWN];
};

static int is_writer(struct writers *found, PyTypeObject *type)
{
    size_t at = (size_t)((uintptr_t)type >> 6) % KNOWN;
    if (found->known[at].type != type) {
        found->known[at].type = type;
        found->known[at].is_writer = PyType_IsSubtype(type, found->base);
    }
    return found->known[at].is_writer;
}

/* Called for each object that the collector knows. Asks Python for no memory, because the collector's lists must stay. */
static int note(PyObject *object, void *argument)
{
    struct writers *found = argument;
    if (!is_writer(found, Py_TYPE(object)))
        return 1;
    if (found->count == found->room) {
        size_t room = found->room ? 2 * found->room : 64;
        struct writer *items = realloc(found->items, room * sizeof *items);
        if (!items)
            return 0;
        found->items = items;
        found->room = room;
    }
    found->items[found->count++] = (struct writer){Py_NewRef(object), FLUSH};
    return 1;
}

#if PY_VERSION_HEX >= 0x030c0000
static void find(struct writers *found)
{
    PyUnstable_GC_VisitObjects(note, found);
}
#else
static void find(struct writers *found)
{
    PyObject *gc = PyImport_ImportModule("gc");
    PyObject *done = gc ? PyObject_CallMethod(gc, "unfreeze", NULL) : NULL;
    PyObject *objects = done ? PyObject_CallMethod(gc, "get_objects", NULL) : NULL;
    for (Py_ssize_t at = 0; objects && at < PyList_GET_SIZE(objects); at++)
        note(PyList_GET_ITEM(objects, at), found);
    Py_XDECREF(objects);
    Py_XDECREF(done);
    Py_XDECREF(gc);
    PyErr_Clear();
}
#endif

/* Whether what `type` has by this name is written in C and part of `io`. */
static int is_of_io(PyTypeObject *type, const char *name)
{
    PyObject *value = PyObject_GetAttrString((PyObject *)type, name);
    int answer = value && (Py_IS_TYPE(value, &PyMethodDescr_Type) || Py_IS_TYPE(value, &PyWrapperDescr_Type)) &&
                 strncmp(PyDescr_TYPE(value)->tp_name, "_io.", 4) == 0;
    PyErr_Clear();
    Py_XDECREF(value);
    return answer;
}

static enum action action_of(const struct writers *found, PyTypeObject *type)
{
    if (is_of_io(type, "close") && is_of_io(type, "__del__"))
        return FLUSH;
    return PyType_IsSubtype(type, found->raw) ? FINALIZE_RAW : FINALIZE;
}

/* Leave out `object` and what is below it: it has been written, or its failure has been told. */
static void drop(struct writers *found, PyObject *object)
{
    PyObject *buffer = object ? PyObject_GetAttrString(object, "buffer") : NULL;
    PyErr_Clear();
    for (size_t i = 0; object && i < found->count; i++)
        if (found->items[i].object == object || found->items[i].object == buffer)
            found->items[i].action = NOTHING;
    Py_XDECREF(buffer);
}

static int is_open(PyObject *object)
{
    PyObject *closed = PyObject_GetAttrString(object, "closed");
    int answer = closed ? PyObject_Not(closed) : 0; /* what cannot say it was detached, or never made */
    PyErr_Clear();
    Py_XDECREF(closed);
    return answer > 0;
}

/* Told as when an ordinary Python finalizes it: not at all before 3.13. */
static void report(PyObject *object)
{
#if PY_VERSION_HEX >= 0x030d0000
    PyErr_FormatUnraisable("Exception ignored while finalizing file %R", object);
#else
    (void)object;
    PyErr_Clear();
#endif
}

static void flush(struct writers *found, PyObject *object)
{
    PyObject *result = is_open(object) ? PyObject_CallMethod(object, "flush", NULL) : Py_NewRef(Py_None);
    if (!result) {
        report(object);
        drop(found, object);
    }
    Py_XDECREF(result);
}

static void act(struct writers *found, enum action action)
{
    for (size_t i = found->count; i-- > 0;) {
        if (found->items[i].action != action)
            continue;
        if (action == FLUSH)
            flush(found, found->items[i].object);
        else
            PyObject_CallFinalizer(found->items[i].object);
    }
}

void writers_flush(void)
{
    struct writers found = {0};
    PyObject *io = PyImport_ImportModule("_io");
    PyObject *base = io ? PyObject_GetAttrString(io, "_IOBase") : NULL;
    PyObject *raw = base ? PyObject_GetAttrString(io, "_RawIOBase") : NULL;
    if (raw && PyType_Check(base) && PyType_Check(raw)) {
        found.base = (PyTypeObject *)base;
        found.raw = (PyTypeObject *)raw;
        find(&found);
    }
    PyErr_Clear();
    for (size_t i = 0; i < found.count; i++)
        found.items[i].action = action_of(&found, Py_TYPE(found.items[i].object));
    drop(&found, PySys_GetObject("stdout"));
    drop(&found, PySys_GetObject("stderr"));
    /* What is in the buffers of `io` goes to classes of the program, whose last bytes go to buffers of `io` again. */
    act(&found, FLUSH);
    act(&found, FINALIZE);
    act(&found, FLUSH);
    act(&found, FINALIZE_RAW);
    for (size_t i = 0; i < found.count; i++)
        Py_DECREF(found.items[i].object);
    free(found.items);
    Py_XDECREF(raw);
    Py_XDECREF(base);
    Py_XDECREF(io);
}
