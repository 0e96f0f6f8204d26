/* The virtual tree of files: listing and reading it. */
#include "importer.h"

#include <string.h>

PyObject *tree_read(const struct state *state, const struct image_entry *entry)
{
    const void *bytes = image_bytes(state->image, entry->data_offset, entry->data_size);
    if (!bytes || entry->data_size > PY_SSIZE_T_MAX)
        return PyErr_Format(PyExc_OSError, "the image is damaged: a file lies outside of it");
    return PyBytes_FromStringAndSize(bytes, (Py_ssize_t)entry->data_size);
}

/* The last part of an entry's path; NULL when the image is damaged. */
static const char *name_of(const struct image *image, const struct image_entry *entry, size_t *size)
{
    const char *path = image_text(image, entry->path);
    if (!path)
        return NULL;
    const char *slash = memrchr(path, '/', entry->path.size);
    const char *name = slash ? slash + 1 : path;
    *size = entry->path.size - (size_t)(name - path);
    return name;
}

int tree_has_file(const struct image *image, const struct image_entry *folder, const char *wanted)
{
    for (uint32_t i = 0; i < folder->child_count; i++) {
        const struct image_entry *child = image_entry_at(image, folder->first_child + i);
        size_t size;
        const char *name = child && !(child->flags & IMAGE_FOLDER) ? name_of(image, child, &size) : NULL;
        if (name && size == strlen(wanted) && memcmp(name, wanted, size) == 0)
            return 1;
    }
    return 0;
}

/* Append (prefix + name, is package) for one entry of a folder, when it is a module. */
static int append_module(struct importer *self, PyObject *list, PyObject *prefix, const struct image_entry *entry)
{
    const struct image *image = self->state->image;
    size_t size = 0;
    const char *name = name_of(image, entry, &size);
    int is_package = entry->flags & IMAGE_FOLDER && tree_has_file(image, entry, "__init__.py");
    if (!name || (!is_package && entry->module == IMAGE_NONE))
        return 0;
    const char *dot = memchr(name, '.', size);
    if (!is_package && dot)
        size = (size_t)(dot - name);
    if ((!is_package && entry->flags & IMAGE_FOLDER) || (size == 8 && memcmp(name, "__init__", 8) == 0))
        return 0;
    PyObject *item = Py_BuildValue("(NO)", PyUnicode_FromFormat("%U%.*s", prefix, (int)size, name),
                                   is_package ? Py_True : Py_False);
    int failed = !item || PyList_Append(list, item);
    Py_XDECREF(item);
    return failed ? -1 : 0;
}

PyObject *tree_iter_modules(struct importer *self, PyObject *prefix)
{
    PyObject *list = PyList_New(0);
    Py_ssize_t size = 0;
    const char *path = self->folder ? PyUnicode_AsUTF8AndSize(self->folder, &size) : NULL;
    const struct image_entry *folder = path ? image_find_entry(self->state->image, path, (size_t)size) : NULL;
    for (uint32_t i = 0; list && folder && i < folder->child_count; i++) {
        const struct image_entry *entry = image_entry_at(self->state->image, folder->first_child + i);
        if (entry && append_module(self, list, prefix, entry))
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *fail(PyObject *path, int error)
{
    errno = error;
    return PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path);
}

static PyObject *tree_stat(PyObject *module, PyObject *path)
{
    const struct image_entry *entry = path_entry(PyModule_GetState(module), path);
    if (!entry)
        Py_RETURN_NONE;
    return Py_BuildValue("(OK)", entry->flags & IMAGE_FOLDER ? Py_True : Py_False,
                         (unsigned long long)entry->data_size);
}

static PyObject *tree_list(PyObject *module, PyObject *path)
{
    const struct image *image = ((struct state *)PyModule_GetState(module))->image;
    const struct image_entry *folder = path_entry(PyModule_GetState(module), path);
    if (!folder || !(folder->flags & IMAGE_FOLDER))
        return fail(path, folder ? ENOTDIR : ENOENT);
    PyObject *names = PyList_New(0);
    for (uint32_t i = 0; names && i < folder->child_count; i++) {
        const struct image_entry *child = image_entry_at(image, folder->first_child + i);
        size_t size = 0;
        const char *text = child ? name_of(image, child, &size) : NULL;
        PyObject *name = text ? PyUnicode_DecodeUTF8(text, (Py_ssize_t)size, NULL) : NULL;
        if (text && (!name || PyList_Append(names, name)))
            Py_CLEAR(names);
        Py_XDECREF(name);
    }
    return names;
}

static PyObject *tree_read_path(PyObject *module, PyObject *path)
{
    const struct state *state = PyModule_GetState(module);
    const struct image_entry *entry = path_entry(state, path);
    if (!entry || entry->flags & IMAGE_FOLDER)
        return fail(path, entry ? EISDIR : ENOENT);
    return tree_read(state, entry);
}

static PyObject *tree_distributions(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    const struct state *state = PyModule_GetState(module);
    const struct image_distribution *row;
    PyObject *list = PyList_New(0);
    for (uint32_t at = 0; list && (row = image_row_at(state->image, IMAGE_DISTRIBUTIONS, at)); at++) {
        const struct image_entry *entry = image_entry_at(state->image, row->entry);
        const char *name = image_text(state->image, row->name), *path = entry ? image_text(state->image, entry->path) : NULL;
        PyObject *item = name && path ? Py_BuildValue("(sN)", name, path_absolute(state, path, entry->path.size)) : NULL;
        if ((!item && PyErr_Occurred()) || (item && PyList_Append(list, item)))
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

PyMethodDef tree_functions[] = {
    {"stat", tree_stat, METH_O, PyDoc_STR("(is folder, size) of a virtual path, or None.")},
    {"listdir", tree_list, METH_O, PyDoc_STR("The sorted names in a virtual folder.")},
    {"read", tree_read_path, METH_O, PyDoc_STR("The bytes of a virtual file.")},
    {"distributions", tree_distributions, METH_NOARGS, PyDoc_STR("(normalised name, folder) of each package.")},
    {NULL, NULL, 0, NULL},
};
