/* The importer's type: thin methods over spec.c. Its one instance finds modules by name, on sys.meta_path. */
#include "importer.h"

static PyObject *find_spec(struct importer *self, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"fullname", "path", "target", NULL};
    PyObject *name, *path = Py_None, *target;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "U|OO:find_spec", names, &name, &path, &target))
        return NULL;
    return spec_find(self->state, name, path);
}

static PyObject *spec_of_name(struct importer *self, PyObject *name)
{
    return spec_of(self->state, name);
}

/* Copies and pickles refer to the one there is. */
static PyObject *reduce(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(ignored))
{
    return PyUnicode_FromString("finder");
}

static PyObject *invalidate_caches(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(ignored))
{
    Py_RETURN_NONE; /* an image does not change */
}

static void importer_free(struct importer *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyObject *importer_repr(struct importer *self)
{
    return PyUnicode_FromFormat("<importer of %R>", self->state->root);
}

static PyMethodDef methods[] = {
    {"find_spec", (PyCFunction)(void (*)(void))find_spec, METH_VARARGS | METH_KEYWORDS,
     PyDoc_STR("The spec of a module of this application, or None when importlib comes to another one first.")},
    {"spec_of", (PyCFunction)spec_of_name, METH_O,
     PyDoc_STR("The spec of a module of this application by its name, wherever sys.path leads, or None.")},
    {"invalidate_caches", invalidate_caches, METH_NOARGS, PyDoc_STR("Nothing: an image does not change.")},
    {"__reduce__", (PyCFunction)reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)PyDoc_STR("Finds the modules that are inside this application's file.")},
    {Py_tp_dealloc, importer_free},
    {Py_tp_repr, importer_repr},
    {Py_tp_methods, methods},
    {0, NULL},
};

PyType_Spec importer_spec = {
    .name = "_pydist_image.Importer",
    .basicsize = sizeof(struct importer),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};
