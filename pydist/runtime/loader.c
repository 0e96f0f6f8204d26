/* Running modules: from a row of the image to a code object, without copying its bytes, and into a namespace.
 *
 * A loader is one of importlib's own for source files, with its methods, `name` and `path`: the files are there
 * (libc.c). Only the code comes from elsewhere than a __pycache__ folder. */
#include "importer.h"
#include "trace_imports.h"

#include <limits.h>
#include <marshal.h>
#include <string.h>

/* Code objects carry the path that they were compiled with, below the root; the real one is known only now. */
static int set_filename(const struct state *state, PyObject *code, PyObject *path)
{
    PyObject *arguments[] = {code, path};
    if (!state->fix_filename)
        return 0;
    PyObject *result = PyObject_Vectorcall(state->fix_filename, arguments, 2, NULL);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

static PyObject *unmarshal(const struct state *state, const struct image_module *row, PyObject *path)
{
    const char *bytes = image_bytes(state->image, row->code_offset, row->code_size);
    if (!bytes || row->code_size > INT_MAX)
        return PyErr_Format(PyExc_ImportError, "the image is damaged: code lies outside of it");
    PyObject *code = PyMarshal_ReadObjectFromString(bytes, (Py_ssize_t)row->code_size);
    if (code && !PyCode_Check(code)) {
        Py_DECREF(code);
        return PyErr_Format(PyExc_ImportError, "the image is damaged: found no code where code should be");
    }
    if (code && set_filename(state, code, path))
        Py_CLEAR(code);
    return code;
}

/* The code of the module whose file is at `path`, or NULL; without an exception when the image does not have it. */
static PyObject *code_at(const struct state *state, PyObject *path)
{
    const struct image_entry *entry = path_entry(state, path);
    const struct image_module *row = entry ? image_module_at(state->image, entry->module) : NULL;
    return row && row->code_size && !(row->flags & IMAGE_EXTENSION) ? unmarshal(state, row, path) : NULL;
}

/* get_code(fullname): from the image, or compiled from source when it could not be compiled before. Not the name decides
 * but the path: runpy and entry.c ask for the same file as __main__. */
static PyObject *get_code(PyObject *self, PyTypeObject *type, PyObject *const *arguments, Py_ssize_t count,
                          PyObject *keywords)
{
    struct state *state = PyType_GetModuleState(type);
    PyObject *path = PyObject_GetAttr(self, state->str_path);
    if (!path)
        PyErr_Clear(); /* somebody took the attribute away: importlib's own method will say so */
    PyObject *code = path ? code_at(state, path) : NULL;
    Py_XDECREF(path);
    if (code || PyErr_Occurred())
        return code;
    PyObject *method = PyObject_GetAttrString((PyObject *)state->source_loader, "get_code");
    PyObject *all[2] = {self, count ? arguments[0] : Py_None};
    code = method && count == 1 && !keywords ? PyObject_Vectorcall(method, all, 2, NULL) : NULL;
    if (method && (count != 1 || keywords))
        PyErr_SetString(PyExc_TypeError, "get_code() takes the name of a module");
    Py_XDECREF(method);
    return code;
}

/* Modules of the standard library that assume what is not so in an application: once they have run, a module of ours
 * corrects them. */
static const struct {
    const char *name, *correction;
} corrections[] = {
    {"importlib.abc", "_pydist.protocols"}, /* knows its own finders only */
    {"subprocess", "_pydist.children"},     /* leaves starting children to the C library */
    {"venv", "_pydist.environments"},       /* needs an interpreter that is a file */
};

static int correct(PyObject *name)
{
    size_t at = 0, count = sizeof corrections / sizeof *corrections;
    while (at < count && PyUnicode_CompareWithASCIIString(name, corrections[at].name))
        at++;
    if (at == count)
        return 0;
    PyObject *module = PyImport_ImportModule(corrections[at].correction);
    PyObject *done = module ? PyObject_CallMethod(module, "install", NULL) : NULL;
    Py_XDECREF(module);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

/* exec_module(module), as importlib has it, without Python code of its own. */
static PyObject *exec_module(PyObject *self, PyTypeObject *type, PyObject *const *arguments, Py_ssize_t count,
                             PyObject *keywords)
{
    struct state *state = PyType_GetModuleState(type);
    if (count != 1 || keywords) {
        PyErr_SetString(PyExc_TypeError, "exec_module() takes a module");
        return NULL;
    }
    PyObject *module = arguments[0], *name = PyObject_GetAttr(module, state->str_name);
    struct trace_event *event = name ? trace_import(state, self, name) : NULL;
    PyObject *code = name ? PyObject_CallMethodOneArg(self, state->str_get_code, name) : NULL;
    if (code == Py_None)
        PyErr_Format(PyExc_ImportError, "cannot load module %R when get_code() returns None", name);
    PyObject *namespace = code && code != Py_None ? PyObject_GenericGetDict(module, NULL) : NULL;
    PyObject *values[] = {state->exec, code, namespace};
    PyObject *result = namespace ? PyObject_Vectorcall(state->call_frames_removed, values, 3, NULL) : NULL;
    if (result && PyUnicode_Check(name) && (correct(name) || rehearsal_notice(name, namespace)))
        Py_CLEAR(result);
    trace_imported(event);
    Py_XDECREF(name);
    Py_XDECREF(code);
    Py_XDECREF(namespace);
    return result;
}

PyObject *loader_new(const struct state *state, PyObject *name, PyObject *path, uint32_t flags)
{
    PyObject *arguments[] = {name, path};
    /* Shared objects are loaded by importlib, with a path that leads into the image (native.c), as is what is built in. */
    if (flags & IMAGE_BUILTIN)
        return Py_NewRef(state->builtin_loader);
    if (flags & IMAGE_EXTENSION)
        return PyObject_Vectorcall(state->extension_loader, arguments, 2, NULL);
    PyObject *loader = state->loader_type->tp_alloc(state->loader_type, 0);
    if (loader && (PyObject_SetAttr(loader, state->str_loader_name, name) ||
                   PyObject_SetAttr(loader, state->str_path, path)))
        Py_CLEAR(loader);
    return loader;
}

#define METHOD(function, text) {#function, (PyCFunction)(void (*)(void))function, \
                                METH_METHOD | METH_FASTCALL | METH_KEYWORDS, PyDoc_STR(text)}

static PyMethodDef methods[] = {
    METHOD(get_code, "The code object of a module."),
    METHOD(exec_module, "Run a module's code in its namespace."),
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)PyDoc_STR("Loads a module that is inside this application's file.")},
    {Py_tp_methods, methods},
    {0, NULL},
};

PyType_Spec loader_spec = {
    .name = "_pydist_image.Loader",
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = slots,
};
