/* Finding: from a name to a row of the image, and from a row to the spec that importlib works with. */
#include "importer.h"

#include <string.h>

/* A module in a folder: its package's __init__ file or a file of its own. */
static const struct image_module *find_in_folder(struct importer *self, const char *name, Py_ssize_t size)
{
    const struct image *image = self->state->image;
    const char *tail = memrchr(name, '.', (size_t)size);
    tail = tail ? tail + 1 : name;
    Py_ssize_t folder_size;
    const char *folder = PyUnicode_AsUTF8AndSize(self->folder, &folder_size);
    static const char *const forms[] = {"/__init__.py", ".py"};
    char path[1024];
    for (size_t i = 0; folder && i < sizeof forms / sizeof *forms; i++) {
        int length = snprintf(path, sizeof path, "%s%s%.*s%s", folder, folder_size ? "/" : "",
                              (int)(name + size - tail), tail, forms[i]);
        if (length < 0 || (size_t)length >= sizeof path)
            return NULL;
        const struct image_entry *entry = image_find_entry(image, path, (size_t)length);
        if (entry && entry->module != IMAGE_NONE)
            return image_module_at(image, entry->module);
    }
    return NULL;
}

const struct image_module *spec_lookup(struct importer *self, PyObject *name)
{
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(name, &size);
    if (!text) {
        PyErr_Clear(); /* a name with surrogates or no name at all: no module of ours */
        return NULL;
    }
    if (self->folder)
        return find_in_folder(self, text, size);
    return image_find_module(self->state->image, text, (size_t)size);
}

const struct image_module *spec_row(struct importer *self, PyObject *name)
{
    const struct image_module *row = spec_lookup(self, name);
    if (!row) {
        PyObject *message = PyUnicode_FromFormat("no module named %R in this application", name);
        if (message)
            PyErr_SetImportError(message, name, NULL);
        Py_XDECREF(message);
    }
    return row;
}

/* Whether a package with this __path__ may have submodules in the image: one that was pointed elsewhere has not. */
static int leads_into_image(const struct state *state, PyObject *path)
{
    if (path == Py_None)
        return 1;
    PyObject *items = PySequence_Fast(path, "__path__ must be iterable");
    if (!items) {
        PyErr_Clear();
        return 0;
    }
    int found = 0;
    for (Py_ssize_t i = 0; !found && i < PySequence_Fast_GET_SIZE(items); i++) {
        PyObject *item = PySequence_Fast_GET_ITEM(items, i);
        PyObject *below = PyUnicode_Check(item) ? path_below_root(state, item) : NULL;
        found = below != NULL;
        Py_XDECREF(below);
    }
    Py_DECREF(items);
    return found;
}

static int set_location(PyObject *spec, const struct state *state, const struct image_module *row)
{
    PyObject *cached = path_of_bytecode(state, row);
    /* Given here, because importlib would compute it with a lot of Python code. */
    int failed = !cached || PyObject_SetAttr(spec, state->str_cached, cached) ||
                 PyObject_SetAttr(spec, state->str_has_location, Py_True);
    Py_XDECREF(cached);
    return failed ? -1 : 0;
}

static int set_search_locations(PyObject *spec, const struct state *state, const struct image_module *row)
{
    PyObject *folder = path_of_package(state, row);
    PyObject *locations = folder ? PyList_New(1) : NULL;
    if (!locations) {
        Py_XDECREF(folder);
        return -1;
    }
    PyList_SET_ITEM(locations, 0, folder);
    int failed = PyObject_SetAttr(spec, state->str_locations, locations);
    Py_DECREF(locations);
    return failed;
}

static PyObject *make_spec(struct importer *self, PyObject *name, const struct image_module *row)
{
    const struct state *state = self->state;
    int is_namespace = row->flags & IMAGE_NAMESPACE, is_package = row->flags & IMAGE_PACKAGE;
    const char *path = image_text(state->image, row->path);
    PyObject *origin = is_namespace || !path ? Py_NewRef(Py_None) : path_absolute(state, path, row->path.size);
    if (!origin)
        return NULL;
    PyObject *arguments[] = {name, (PyObject *)self, origin, is_package ? Py_True : Py_False};
    PyObject *spec = PyObject_Vectorcall(state->module_spec, arguments, 2, state->spec_keywords);
    Py_DECREF(origin);
    if (spec && ((!is_namespace && set_location(spec, state, row)) ||
                 (is_package && set_search_locations(spec, state, row))))
        Py_CLEAR(spec);
    return spec;
}

/* A folder without modules of its own may still be a part of a namespace package, which PathFinder puts together. */
static PyObject *find_namespace_portion(struct importer *self, PyObject *name)
{
    PyObject *tail = PyObject_CallMethod(name, "rpartition", "s", ".");
    PyObject *path = tail ? PyUnicode_FromFormat(PyUnicode_GET_LENGTH(self->folder) ? "%U/%U" : "%U%U", self->folder,
                                                 PyTuple_GET_ITEM(tail, 2)) : NULL;
    Py_XDECREF(tail);
    Py_ssize_t size = 0;
    const char *text = path ? PyUnicode_AsUTF8AndSize(path, &size) : NULL;
    const struct image_entry *entry = text ? image_find_entry(self->state->image, text, (size_t)size) : NULL;
    PyObject *spec = NULL;
    if (entry && entry->flags & IMAGE_FOLDER && tree_has_file(self->state->image, entry, "__init__.py"))
        PyErr_Format(PyExc_ImportError, "%R is carried as a file and not as a module: the name of a folder above it is no "
                     "name of a package", path);
    else if (entry && entry->flags & IMAGE_FOLDER) {
        PyObject *arguments[] = {name, Py_None, Py_None, Py_True};
        spec = PyObject_Vectorcall(self->state->module_spec, arguments, 2, self->state->spec_keywords);
        PyObject *folder = spec ? path_absolute(self->state, text, (size_t)size) : NULL;
        PyObject *locations = folder ? PyObject_GetAttr(spec, self->state->str_locations) : NULL;
        if (!locations || PyList_Append(locations, folder))
            Py_CLEAR(spec);
        Py_XDECREF(folder);
        Py_XDECREF(locations);
    }
    else if (text)
        spec = Py_NewRef(Py_None);
    Py_XDECREF(path);
    return spec;
}

PyObject *spec_find(struct importer *self, PyObject *name, PyObject *path)
{
    if (!PyUnicode_Check(name))
        return PyErr_Format(PyExc_TypeError, "the module name must be a string, not %.100s", Py_TYPE(name)->tp_name);
    if (collector_notice(self->state, name))
        return NULL;
    const struct image_module *row = spec_lookup(self, name);
    if (row && (self->folder || leads_into_image(self->state, path)))
        return make_spec(self, name, row);
    if (self->folder)
        return find_namespace_portion(self, name);
    Py_RETURN_NONE;
}
