/* What is imported while the process is traced: our loader says so itself (loader.c); for extension modules, which importlib
 * loads, functions of its `_imp` are wrapped. Time that went into finding is that of whoever imports. */
#include "trace_imports.h"

/* The innermost import of this thread. */
static _Thread_local struct trace_event *innermost;

/* `path`, which may be any object or NULL, is that of a file or what importlib has in its place. */
static struct trace_event *begin(const struct state *state, PyObject *name, PyObject *path, const char *step)
{
    struct trace_import import = {.around = innermost, .step = step, .path = ""};
    const struct image_entry *entry = path ? path_entry(state, path) : NULL;
    const struct image_module *row = entry ? image_module_at(state->image, entry->module) : NULL;
    const char *text = entry ? image_text(state->image, entry->path) : NULL;
    if (text)
        import.path = text;
    if (row && row->flags & IMAGE_EXTENSION)
        import.bytes = entry->data_size;
    else if (row)
        import.bytes = row->code_size;
    /* Names may have surrogates, which UTF-8 has not. */
    PyObject *bytes = PyUnicode_Check(name) ? PyUnicode_AsEncodedString(name, "utf-8", "backslashreplace") : NULL;
    PyErr_Clear();
    struct trace_event *event = trace_begin(application->trace, bytes ? PyBytes_AS_STRING(bytes) : "?", &import);
    Py_XDECREF(bytes);
    if (event)
        innermost = event;
    return event;
}

static PyObject *attribute(PyObject *object, const char *name)
{
    PyObject *value = PyObject_GetAttrString(object, name);
    if (!value)
        PyErr_Clear();
    return value;
}

struct trace_event *trace_import(const struct state *state, PyObject *loader, PyObject *name)
{
    if (!application->trace)
        return NULL;
    PyObject *path = attribute(loader, "path");
    struct trace_event *event = begin(state, name, path, "run");
    Py_XDECREF(path);
    return event;
}

void trace_imported(struct trace_event *event)
{
    if (!event)
        return;
    trace_end(event);
    innermost = event->import.around;
}

/* Stands in for a function of _imp whose first argument is a spec or a module. `self` is (our module, that function). */
static PyObject *call(PyObject *self, PyObject *arguments, const char *step)
{
    const struct state *state = PyModule_GetState(PyTuple_GET_ITEM(self, 0));
    PyObject *subject = PyTuple_GET_SIZE(arguments) ? PyTuple_GET_ITEM(arguments, 0) : Py_None;
    int is_module = PyModule_Check(subject);
    PyObject *name = attribute(subject, is_module ? "__name__" : "name");
    PyObject *path = attribute(subject, is_module ? "__file__" : "origin");
    struct trace_event *event = name ? begin(state, name, path, step) : NULL;
    Py_XDECREF(name);
    Py_XDECREF(path);
    PyObject *result = PyObject_CallObject(PyTuple_GET_ITEM(self, 1), arguments);
    trace_imported(event);
    return result;
}

static PyObject *create(PyObject *self, PyObject *arguments)
{
    return call(self, arguments, "create");
}

static PyObject *execute(PyObject *self, PyObject *arguments)
{
    return call(self, arguments, "exec");
}

static PyMethodDef wrappers[] = {
    {"create_dynamic", create, METH_VARARGS, NULL},
    {"create_builtin", create, METH_VARARGS, NULL},
    {"exec_dynamic", execute, METH_VARARGS, NULL},
    {"exec_builtin", execute, METH_VARARGS, NULL},
};

static int wrap(PyObject *module, PyObject *imp, PyMethodDef *wrapper)
{
    PyObject *original = attribute(imp, wrapper->ml_name);
    if (!original)
        return 0; /* a static Python loads no shared objects */
    PyObject *self = PyTuple_Pack(2, module, original);
    PyObject *function = self ? PyCFunction_New(wrapper, self) : NULL;
    int failed = !function || PyObject_SetAttrString(imp, wrapper->ml_name, function);
    Py_DECREF(original);
    Py_XDECREF(self);
    Py_XDECREF(function);
    return failed ? -1 : 0;
}

int trace_extensions(PyObject *module)
{
    if (!application->trace)
        return 0;
    PyObject *imp = PyImport_ImportModule("_imp");
    int failed = !imp;
    for (size_t at = 0; !failed && at < sizeof wrappers / sizeof *wrappers; at++)
        failed = wrap(module, imp, &wrappers[at]);
    Py_XDECREF(imp);
    return failed ? -1 : 0;
}
