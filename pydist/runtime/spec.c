/* Finding: from a name to a row of the image, and from a row to the spec that importlib works with. */
#include "importer.h"

#include <string.h>

/* The module at the path that `folder` and the others make. */
static const struct image_module *find_file(const struct image *image, const char *folder, const char *name,
                                            const char *ending)
{
    char path[1024];
    int length = snprintf(path, sizeof path, "%s%s%s%s", folder, *folder ? "/" : "", name, ending);
    if (length < 0 || (size_t)length >= sizeof path)
        return NULL;
    const struct image_entry *entry = image_find_entry(image, path, (size_t)length);
    return entry && entry->module != IMAGE_NONE ? image_module_at(image, entry->module) : NULL;
}

/* A module in a folder: its package's __init__ file or a file of its own, in the order of importlib's FileFinder. */
static const struct image_module *find_in_folder(struct importer *self, const char *name)
{
    const struct image *image = self->state->image;
    const char *dot = strrchr(name, '.'), *tail = dot ? dot + 1 : name;
    const char *folder = PyUnicode_AsUTF8(self->folder);
    static const char *const forms[] = {"/__init__", ""};
    const struct image_module *row = NULL;
    for (size_t i = 0; folder && !row && i < sizeof forms / sizeof *forms; i++) {
        char ending[256];
        for (Py_ssize_t at = 0; !row && at < PyList_GET_SIZE(self->state->suffixes); at++) {
            const char *suffix = PyUnicode_AsUTF8(PyList_GET_ITEM(self->state->suffixes, at));
            snprintf(ending, sizeof ending, "%s%s", forms[i], suffix ? suffix : "");
            row = suffix ? find_file(image, folder, tail, ending) : NULL;
        }
        snprintf(ending, sizeof ending, "%s.py", forms[i]);
        row = row ? row : find_file(image, folder, tail, ending);
    }
    return row;
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
        return find_in_folder(self, text);
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

/* The size of the folder that `path` lies in, as a prefix of it. */
static size_t folder_size(const char *path, size_t size)
{
    const char *slash = memrchr(path, '/', size);
    return slash ? (size_t)(slash - path) : 0;
}

/* Whether importlib would look for the module of `row` in its own folder first, given the __path__ of its package.
 * Otherwise what is there is found through the path hook. */
static int is_in_first_folder(const struct state *state, const struct image_module *row, PyObject *path)
{
    const char *own = image_text(state->image, row->path);
    PyObject *first = PyList_Check(path) && PyList_GET_SIZE(path) ? PyList_GET_ITEM(path, 0) : Py_None;
    PyObject *below = own && PyUnicode_Check(first) ? path_below_root(state, first) : NULL;
    Py_ssize_t wanted_size = 0;
    const char *wanted = below ? PyUnicode_AsUTF8AndSize(below, &wanted_size) : NULL;
    size_t size = own ? folder_size(own, row->path.size) : 0;
    if (own && row->flags & IMAGE_PACKAGE && !(row->flags & IMAGE_NAMESPACE))
        size = folder_size(own, size);
    int found = wanted && (size_t)wanted_size == size && memcmp(wanted, own, size) == 0;
    PyErr_Clear(); /* a path with surrogates */
    Py_XDECREF(below);
    return found;
}

static int set_location(PyObject *spec, const struct state *state, const struct image_module *row)
{
    if (row->flags & IMAGE_EXTENSION)
        return PyObject_SetAttr(spec, state->str_has_location, Py_True);
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

/* Shared objects are loaded by importlib, with a path that leads into the image (native.c). */
static PyObject *make_loader(struct importer *self, PyObject *name, const struct image_module *row, PyObject *origin)
{
    PyObject *arguments[] = {name, origin};
    if (row->flags & IMAGE_EXTENSION)
        return PyObject_Vectorcall(self->state->extension_loader, arguments, 2, NULL);
    return Py_NewRef((PyObject *)self);
}

static PyObject *make_spec(struct importer *self, PyObject *name, const struct image_module *row)
{
    const struct state *state = self->state;
    int is_namespace = row->flags & IMAGE_NAMESPACE, is_package = row->flags & IMAGE_PACKAGE;
    const char *path = image_text(state->image, row->path);
    PyObject *origin = is_namespace || !path ? Py_NewRef(Py_None) : path_absolute(state, path, row->path.size);
    PyObject *loader = origin ? make_loader(self, name, row, origin) : NULL;
    PyObject *arguments[] = {name, loader, origin, is_package ? Py_True : Py_False};
    PyObject *spec = loader ? PyObject_Vectorcall(state->module_spec, arguments, 2, state->spec_keywords) : NULL;
    Py_XDECREF(loader);
    Py_XDECREF(origin);
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
    if (row && (self->folder || path == Py_None || is_in_first_folder(self->state, row, path)))
        return make_spec(self, name, row);
    if (self->folder)
        return find_namespace_portion(self, name);
    Py_RETURN_NONE;
}
