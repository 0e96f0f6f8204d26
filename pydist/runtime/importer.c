/* The importer's type: thin methods over spec.c and tree.c.
 *
 * On sys.meta_path an instance finds modules by name; the type itself is the path hook, and its instances with a
 * folder are path entry finders. What they find is loaded by loader.c. */
#include "importer.h"

#include <string.h>

/* Positional and keyword arguments into `out`, in the order of `names`; missing ones stay as they are. */
static int take_arguments(PyObject *const *args, Py_ssize_t count, PyObject *keywords, const char *const *names,
                          Py_ssize_t size, PyObject **out)
{
    Py_ssize_t extra = keywords ? PyTuple_GET_SIZE(keywords) : 0, filled = count;
    for (Py_ssize_t i = 0; i < count && i < size; i++)
        out[i] = args[i];
    for (Py_ssize_t i = 0; i < extra; i++) {
        Py_ssize_t at = 0;
        while (at < size && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(keywords, i), names[at]))
            at++;
        if (at == size || at < count) {
            PyErr_Format(PyExc_TypeError, "unexpected argument %R", PyTuple_GET_ITEM(keywords, i));
            return -1;
        }
        out[at] = args[count + i];
    }
    if (filled > size || !out[0]) {
        PyErr_Format(PyExc_TypeError, "expected %s and at most %zd arguments, got %zd", names[0], size, count);
        return -1;
    }
    return 0;
}

static PyObject *find_spec(struct importer *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const char *const names[] = {"fullname", "path", "target"};
    PyObject *values[3] = {NULL, Py_None, Py_None};
    if (self->folder) { /* find_spec(fullname, target=None) */
        static const char *const entry_names[] = {"fullname", "target"};
        return take_arguments(args, count, keywords, entry_names, 2, values) ? NULL
                                                                              : spec_find(self, values[0], Py_None);
    }
    return take_arguments(args, count, keywords, names, 3, values) ? NULL : spec_find(self, values[0], values[1]);
}

static PyObject *iter_modules(struct importer *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const char *const names[] = {"prefix"};
    PyObject *empty = PyUnicode_FromString(""), *prefix = empty;
    PyObject *found = NULL;
    if (empty && !take_arguments(args, count, keywords, names, 1, &prefix))
        found = tree_iter_modules(self, prefix);
    Py_XDECREF(empty);
    PyObject *iterator = found ? PyObject_GetIter(found) : NULL;
    Py_XDECREF(found);
    return iterator;
}

/* Copies and pickles of specs hold their loader: the one on sys.meta_path is a global, others are made again. */
static PyObject *reduce(struct importer *self, PyObject *Py_UNUSED(ignored))
{
    if (!self->folder)
        return PyUnicode_FromString("finder");
    return Py_BuildValue("(O(N))", Py_TYPE(self),
                         PyUnicode_FromFormat(PyUnicode_GET_LENGTH(self->folder) ? "%U/%U" : "%U%U",
                                              self->state->root, self->folder));
}

static PyObject *invalidate_caches(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(ignored))
{
    Py_RETURN_NONE; /* an image does not change */
}

/* Importer(path): the path hook. */
static PyObject *importer_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(keywords))
{
    struct state *state = PyType_GetModuleState(type);
    PyObject *path = args && PyTuple_GET_SIZE(args) == 1 ? PyTuple_GET_ITEM(args, 0) : Py_None;
    PyObject *below = state && PyUnicode_Check(path) ? path_below_root(state, path) : NULL;
    const struct image_entry *entry = below ? path_entry(state, path) : NULL;
    if (!entry || !(entry->flags & IMAGE_FOLDER)) {
        Py_XDECREF(below);
        PyErr_Clear();
        return PyErr_Format(PyExc_ImportError, "%R is no folder inside this application", path);
    }
    struct importer *self = PyObject_New(struct importer, type);
    if (self) {
        self->state = state;
        self->folder = Py_NewRef(below);
    }
    Py_DECREF(below);
    return (PyObject *)self;
}

static void importer_free(struct importer *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(self->folder);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyObject *importer_repr(struct importer *self)
{
    if (!self->folder)
        return PyUnicode_FromFormat("<importer of %R>", self->state->root);
    return PyUnicode_FromFormat("<importer of %R in %R>", self->folder, self->state->root);
}

#define METHOD(function, flags, text) {#function, (PyCFunction)(void (*)(void))function, flags, PyDoc_STR(text)}

static PyMethodDef methods[] = {
    METHOD(find_spec, METH_FASTCALL | METH_KEYWORDS, "The spec of a module of this application, or None."),
    {"spec_of", (PyCFunction)spec_of, METH_O, PyDoc_STR("The spec of a module of this application, or None.")},
    METHOD(invalidate_caches, METH_NOARGS, "Nothing: an image does not change."),
    {"__reduce__", (PyCFunction)reduce, METH_NOARGS, NULL},
    METHOD(iter_modules, METH_FASTCALL | METH_KEYWORDS, "(name, is package) of each module in this folder."),
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)PyDoc_STR("Finds the modules that are inside this application's file.")},
    {Py_tp_new, importer_new},
    {Py_tp_dealloc, importer_free},
    {Py_tp_repr, importer_repr},
    {Py_tp_methods, methods},
    {0, NULL},
};

PyType_Spec importer_spec = {
    .name = "_pydist_image.Importer",
    .basicsize = sizeof(struct importer),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
