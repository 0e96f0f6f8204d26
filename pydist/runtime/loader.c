/* Running modules: from a row of the image to a code object, without copying its bytes, and into a namespace. */
#include "importer.h"

#include <limits.h>
#include <marshal.h>
#include <string.h>

PyObject *loader_source_bytes(struct state *state, const struct image_module *row)
{
    const struct image_entry *entry = image_entry_at(state->image, row->entry);
    if (!entry || entry->flags & IMAGE_FOLDER || row->flags & IMAGE_EXTENSION)
        Py_RETURN_NONE;
    return tree_read(state, entry);
}

/* Code objects carry the path that they were compiled with, below the root; the real one is known only now. */
static int set_filename(const struct state *state, const struct image_module *row, PyObject *code)
{
    const char *path = image_text(state->image, row->path);
    if (!state->fix_filename || !path)
        return 0;
    PyObject *filename = path_absolute(state, path, row->path.size);
    PyObject *arguments[] = {code, filename};
    PyObject *result = filename ? PyObject_Vectorcall(state->fix_filename, arguments, 2, NULL) : NULL;
    Py_XDECREF(filename);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

static PyObject *unmarshal(const struct state *state, const struct image_module *row)
{
    const char *bytes = image_bytes(state->image, row->code_offset, row->code_size);
    if (!bytes || row->code_size > INT_MAX)
        return PyErr_Format(PyExc_ImportError, "the image is damaged: code lies outside of it");
    PyObject *code = PyMarshal_ReadObjectFromString(bytes, (Py_ssize_t)row->code_size);
    if (code && !PyCode_Check(code)) {
        Py_DECREF(code);
        return PyErr_Format(PyExc_ImportError, "the image is damaged: found no code where code should be");
    }
    if (code && set_filename(state, row, code))
        Py_CLEAR(code);
    return code;
}

/* A source that could not be compiled when the application was linked raises its SyntaxError when it is imported. */
static PyObject *compile_source(struct state *state, const struct image_module *row)
{
    const char *path = image_text(state->image, row->path);
    PyObject *source = loader_source_bytes(state, row);
    PyObject *filename = source && path ? path_absolute(state, path, row->path.size) : NULL;
    PyObject *compile = filename ? PyDict_GetItemString(PyEval_GetBuiltins(), "compile") : NULL;
    PyObject *code = compile ? PyObject_CallFunction(state->call_frames_removed, "OOOsii", compile, source, filename,
                                                     "exec", 0, 1) : NULL;
    Py_XDECREF(source);
    Py_XDECREF(filename);
    if (!code && !PyErr_Occurred())
        PyErr_SetString(PyExc_ImportError, "the image is damaged: a module has neither code nor source");
    return code;
}

PyObject *loader_code(struct state *state, const struct image_module *row)
{
    if (row->flags & (IMAGE_NAMESPACE | IMAGE_EXTENSION))
        Py_RETURN_NONE;
    return row->code_size ? unmarshal(state, row) : compile_source(state, row);
}

PyObject *loader_create_module(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(spec))
{
    Py_RETURN_NONE; /* an ordinary module */
}

/* Modules of the standard library that assume what is not so in an application: once they have run, a module of ours
 * corrects them. */
static const struct {
    const char *name, *correction;
} corrections[] = {
    {"importlib.abc", "_pydist.protocols"}, /* knows its own loaders only */
    {"subprocess", "_pydist.children"},     /* leaves starting children to the C library */
};

static int correct(const struct image *image, const struct image_module *row)
{
    const char *name = image_text(image, row->name);
    size_t at = 0, count = sizeof corrections / sizeof *corrections;
    while (at < count && (!name || strcmp(name, corrections[at].name)))
        at++;
    if (at == count)
        return 0;
    PyObject *module = PyImport_ImportModule(corrections[at].correction);
    PyObject *done = module ? PyObject_CallMethod(module, "install", NULL) : NULL;
    Py_XDECREF(module);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

PyObject *loader_exec_module(PyObject *importer, PyObject *module)
{
    struct importer *self = (struct importer *)importer;
    struct state *state = self->state;
    PyObject *name = PyObject_GetAttr(module, state->str_name);
    const struct image_module *row = name ? spec_row(self, name) : NULL;
    Py_XDECREF(name);
    if (!row)
        return NULL;
    if (row->flags & IMAGE_NAMESPACE) {
        /* As importlib has it: the attribute is there and says that there is no file. */
        if (PyObject_SetAttr(module, state->str_file, Py_None))
            return NULL;
        Py_RETURN_NONE;
    }
    PyObject *code = loader_code(state, row);
    PyObject *namespace = code ? PyObject_GenericGetDict(module, NULL) : NULL;
    PyObject *arguments[] = {state->exec, code, namespace};
    PyObject *result = namespace ? PyObject_Vectorcall(state->call_frames_removed, arguments, 3, NULL) : NULL;
    if (result && correct(state->image, row))
        Py_CLEAR(result);
    Py_XDECREF(code);
    Py_XDECREF(namespace);
    return result;
}
