/* Finding: from a name to a file of the image, and from that to the spec that importlib works with. */
#include "importer.h"

#include <string.h>

/* A module's file: its path below the root, and what it is (enum image_module_flags). */
struct found {
    const char *path;
    size_t size;
    uint32_t flags;
};

/* Whether the file at the path that `folder`, `name` and `ending` make is there. */
static int find_file(const struct image *image, const char *folder, const char *name, const char *ending,
                     struct found *found)
{
    char path[1024];
    int length = snprintf(path, sizeof path, "%s%s%s%s", folder, *folder ? "/" : "", name, ending);
    if (length < 0 || (size_t)length >= sizeof path)
        return 0;
    const struct image_entry *entry = image_find_entry(image, path, (size_t)length);
    if (!entry || entry->flags & IMAGE_FOLDER)
        return 0;
    const struct image_module *row = image_module_at(image, entry->module);
    found->path = image_text(image, entry->path);
    found->size = entry->path.size;
    found->flags |= row ? row->flags & IMAGE_BUILTIN : 0;
    return found->path != NULL;
}

/* A module in a folder: its package's __init__ file or a file of its own, in the order of importlib's FileFinder. */
static int find_in_folder(struct importer *self, const char *name, struct found *found)
{
    const struct image *image = self->state->image;
    const char *dot = strrchr(name, '.'), *tail = dot ? dot + 1 : name;
    const char *folder = PyUnicode_AsUTF8(self->folder);
    static const char *const forms[] = {"/__init__", ""};
    for (size_t i = 0; folder && i < sizeof forms / sizeof *forms; i++) {
        char ending[256];
        found->flags = IMAGE_EXTENSION | (i == 0 ? IMAGE_PACKAGE : 0);
        for (Py_ssize_t at = 0; at < PyList_GET_SIZE(self->state->suffixes); at++) {
            const char *suffix = PyUnicode_AsUTF8(PyList_GET_ITEM(self->state->suffixes, at));
            snprintf(ending, sizeof ending, "%s%s", forms[i], suffix ? suffix : "");
            if (suffix && find_file(image, folder, tail, ending, found))
                return 1;
        }
        found->flags &= ~(uint32_t)IMAGE_EXTENSION;
        snprintf(ending, sizeof ending, "%s.py", forms[i]);
        if (find_file(image, folder, tail, ending, found))
            return 1;
    }
    return 0;
}

/* The size of the folder that `path` lies in, as a prefix of it. */
static size_t folder_size(const char *path, size_t size)
{
    const char *slash = memrchr(path, '/', size);
    return slash ? (size_t)(slash - path) : 0;
}

/* Whether the module that was `found` lies in the folder `entry` of a search path. */
static int lies_in(const struct state *state, const struct found *found, PyObject *entry)
{
    PyObject *below = PyUnicode_Check(entry) ? path_below_root(state, entry) : NULL;
    Py_ssize_t wanted_size = 0;
    const char *wanted = below ? PyUnicode_AsUTF8AndSize(below, &wanted_size) : NULL;
    size_t size = folder_size(found->path, found->size);
    if (found->flags & IMAGE_PACKAGE)
        size = folder_size(found->path, size);
    int same = wanted && (size_t)wanted_size == size && memcmp(wanted, found->path, size) == 0;
    PyErr_Clear(); /* a path with surrogates */
    Py_XDECREF(below);
    return same;
}

static int is_entry(const struct state *state, PyObject *path)
{
    for (Py_ssize_t at = 0; at < PyTuple_GET_SIZE(state->entries); at++) {
        PyObject *entry = PyTuple_GET_ITEM(state->entries, at);
        if (entry == path || (PyUnicode_Check(path) && PyUnicode_Compare(entry, path) == 0))
            return 1;
    }
    return 0;
}

/* Whether importlib would come to what was `found` first. In the order of the image's own entries it is the first one;
 * all others, before them, are searched through the path hook. */
static int comes_first(const struct state *state, const struct found *found, PyObject *path)
{
    if (path != Py_None)
        return PyList_Check(path) && PyList_GET_SIZE(path) && lies_in(state, found, PyList_GET_ITEM(path, 0));
    PyObject *entries = PySys_GetObject("path");
    for (Py_ssize_t at = 0; entries && PyList_Check(entries) && at < PyList_GET_SIZE(entries); at++) {
        PyObject *entry = PyList_GET_ITEM(entries, at);
        if (!is_entry(state, entry))
            return 0;
        if (lies_in(state, found, entry))
            return 1;
    }
    return 0;
}

/* Namespace packages are left to importlib, which puts all their parts together. */
static int find_row(struct importer *self, const char *name, size_t size, struct found *found)
{
    const struct image_module *row = image_find_module(self->state->image, name, size);
    if (!row || row->flags & IMAGE_NAMESPACE)
        return 0;
    found->path = image_text(self->state->image, row->path);
    found->size = row->path.size;
    found->flags = row->flags;
    return found->path != NULL;
}

/* On sys.meta_path. The frozen `encodings` comes next there, which is for the start of interpreters only. */
static int find_by_name(struct importer *self, const char *name, size_t size, PyObject *path, struct found *found)
{
    return find_row(self, name, size, found) &&
           (strcmp(name, "encodings") == 0 || comes_first(self->state, found, path));
}

static int set_location(PyObject *spec, const struct state *state, const struct found *found)
{
    if (found->flags & IMAGE_EXTENSION)
        return PyObject_SetAttr(spec, state->str_has_location, Py_True);
    PyObject *cached = path_of_bytecode(state, found->path, found->size);
    /* Given here, because importlib would compute it with a lot of Python code. */
    int failed = !cached || PyObject_SetAttr(spec, state->str_cached, cached) ||
                 PyObject_SetAttr(spec, state->str_has_location, Py_True);
    Py_XDECREF(cached);
    return failed ? -1 : 0;
}

static int set_search_locations(PyObject *spec, const struct state *state, PyObject *folder)
{
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

/* Shared objects are loaded by importlib, with a path that leads into the image (native.c), as is what is built in. */
static PyObject *make_loader(const struct state *state, PyObject *name, PyObject *path, uint32_t flags)
{
    PyObject *arguments[] = {name, path};
    if (flags & IMAGE_BUILTIN)
        return Py_NewRef(state->builtin_loader);
    if (flags & IMAGE_EXTENSION)
        return PyObject_Vectorcall(state->extension_loader, arguments, 2, NULL);
    return loader_new(state, name, path);
}

static PyObject *make_spec(const struct state *state, PyObject *name, const struct found *found)
{
    int is_package = (found->flags & IMAGE_PACKAGE) != 0;
    PyObject *origin = path_absolute(state, found->path, found->size);
    PyObject *loader = origin ? make_loader(state, name, origin, found->flags) : NULL;
    PyObject *arguments[] = {name, loader, origin, is_package ? Py_True : Py_False};
    PyObject *spec = loader ? PyObject_Vectorcall(state->module_spec, arguments, 2, state->spec_keywords) : NULL;
    size_t folder = folder_size(found->path, found->size);
    if (spec && (set_location(spec, state, found) ||
                 (is_package && set_search_locations(spec, state, path_absolute(state, found->path, folder)))))
        Py_CLEAR(spec);
    Py_XDECREF(loader);
    Py_XDECREF(origin);
    return spec;
}

/* A folder without modules of its own may still be a part of a namespace package, which importlib puts together. */
static PyObject *find_namespace_portion(struct importer *self, PyObject *name, const char *text)
{
    const struct state *state = self->state;
    const char *dot = strrchr(text, '.'), *folder = PyUnicode_AsUTF8(self->folder);
    char path[1024];
    int size = folder ? snprintf(path, sizeof path, "%s%s%s", folder, *folder ? "/" : "", dot ? dot + 1 : text) : -1;
    const struct image_entry *entry =
        size > 0 && (size_t)size < sizeof path ? image_find_entry(state->image, path, (size_t)size) : NULL;
    if (!entry || !(entry->flags & IMAGE_FOLDER))
        Py_RETURN_NONE;
    PyObject *arguments[] = {name, Py_None, Py_None, Py_True};
    PyObject *spec = PyObject_Vectorcall(state->module_spec, arguments, 2, state->spec_keywords);
    if (spec && set_search_locations(spec, state, path_absolute(state, path, (size_t)size)))
        Py_CLEAR(spec);
    return spec;
}

PyObject *spec_of(struct importer *self, PyObject *name)
{
    struct found found;
    Py_ssize_t size;
    const char *text = PyUnicode_Check(name) ? PyUnicode_AsUTF8AndSize(name, &size) : NULL;
    if (text && find_row(self, text, (size_t)size, &found))
        return make_spec(self->state, name, &found);
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

PyObject *spec_find(struct importer *self, PyObject *name, PyObject *path)
{
    if (!PyUnicode_Check(name))
        return PyErr_Format(PyExc_TypeError, "the module name must be a string, not %.100s", Py_TYPE(name)->tp_name);
    if (collector_notice(self->state, name))
        return NULL;
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(name, &size);
    if (!text || strlen(text) != (size_t)size) {
        PyErr_Clear(); /* a name with surrogates or NULs: no module of ours */
        Py_RETURN_NONE;
    }
    struct found found;
    if (self->folder ? find_in_folder(self, text, &found) : find_by_name(self, text, (size_t)size, path, &found))
        return make_spec(self->state, name, &found);
    if (PyErr_Occurred())
        return NULL;
    if (self->folder)
        return find_namespace_portion(self, name, text);
    Py_RETURN_NONE;
}
