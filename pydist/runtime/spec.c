/* Finding: from a name to a file of the image, and from that to the spec that importlib works with. */
#include "importer.h"

#include <string.h>

/* A module's file: its path below the root, and what it is (enum image_module_flags). */
struct found {
    const char *path;
    size_t size;
    uint32_t flags;
};

/* The size of the folder that `path` lies in, as a prefix of it. */
static size_t folder_size(const char *path, size_t size)
{
    const char *slash = memrchr(path, '/', size);
    return slash ? (size_t)(slash - path) : 0;
}

/* Whether `path` is one of the folders that the image says are searched. */
static int is_entry(const struct image *image, PyObject *path)
{
    const char *entry;
    for (uint32_t at = 0; (entry = image_next_setting(image, &at, "sys.path"));)
        if (path_is(path, entry, strlen(entry)))
            return 1;
    return 0;
}

/* Whether importlib would come to what was `found` first. In the order of the image's own entries it is the first one;
 * where others come before them, importlib searches one after the other. */
static int comes_first(const struct image *image, const struct found *found, PyObject *path)
{
    size_t size = folder_size(found->path, found->size);
    if (found->flags & IMAGE_PACKAGE)
        size = folder_size(found->path, size);
    if (path != Py_None)
        return PyList_Check(path) && PyList_GET_SIZE(path) && path_is(PyList_GET_ITEM(path, 0), found->path, size);
    PyObject *entries = PySys_GetObject("path");
    for (Py_ssize_t at = 0; entries && PyList_Check(entries) && at < PyList_GET_SIZE(entries); at++) {
        PyObject *entry = PyList_GET_ITEM(entries, at);
        if (path_is(entry, found->path, size))
            return 1;
        if (!is_entry(image, entry))
            return 0;
    }
    return 0;
}

/* Namespace packages are left to importlib, which puts all their parts together. */
static int find_row(const struct state *state, const char *name, size_t size, struct found *found)
{
    const struct image_module *row = image_find_module(state->image, name, size);
    if (!row || row->flags & IMAGE_NAMESPACE)
        return 0;
    found->path = image_text(state->image, row->path);
    found->size = row->path.size;
    found->flags = row->flags;
    return found->path != NULL;
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

static PyObject *make_spec(const struct state *state, PyObject *name, const struct found *found)
{
    int is_package = (found->flags & IMAGE_PACKAGE) != 0;
    PyObject *origin = path_absolute(found->path, found->size);
    PyObject *loader = origin ? loader_new(state, name, origin, found->flags) : NULL;
    PyObject *arguments[] = {name, loader, origin, is_package ? Py_True : Py_False};
    PyObject *spec = loader ? PyObject_Vectorcall(state->module_spec, arguments, 2, state->spec_keywords) : NULL;
    size_t folder = folder_size(found->path, found->size);
    if (spec && (set_location(spec, state, found) ||
                 (is_package && set_search_locations(spec, state, path_absolute(found->path, folder)))))
        Py_CLEAR(spec);
    Py_XDECREF(loader);
    Py_XDECREF(origin);
    return spec;
}

/* Whether the module is in the image. */
static int find_by_name(const struct state *state, PyObject *name, struct found *found)
{
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(name, &size);
    PyErr_Clear(); /* a name with surrogates: no module of ours */
    return text && find_row(state, text, (size_t)size, found);
}

PyObject *spec_of(const struct state *state, PyObject *name)
{
    struct found found;
    return find_by_name(state, name, &found) ? make_spec(state, name, &found) : Py_NewRef(Py_None);
}

PyObject *spec_find(struct state *state, PyObject *name, PyObject *path)
{
    struct found found;
    if (collector_notice(state, name))
        return NULL;
    /* The frozen `encodings` comes next on sys.meta_path, which is for the start of interpreters only. */
    if (find_by_name(state, name, &found) &&
        (PyUnicode_CompareWithASCIIString(name, "encodings") == 0 || comes_first(state->image, &found, path)))
        return make_spec(state, name, &found);
    Py_RETURN_NONE;
}
