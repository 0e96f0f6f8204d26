/* Virtual paths: rows hold them relative to the root, Python sees them absolute. */
#include "importer.h"

#include <limits.h>
#include <string.h>

PyObject *path_absolute(const char *path, size_t size)
{
    char buffer[PATH_MAX];
    size_t root = strlen(application->executable), whole = root + (size > 0) + size;
    if (whole >= sizeof buffer)
        return PyErr_Format(PyExc_ImportError, "the path of this application is too long");
    memcpy(buffer, application->executable, root);
    buffer[root] = '/';
    memcpy(buffer + whole - size, path, size);
    buffer[whole] = '\0';
    return PyUnicode_DecodeFSDefaultAndSize(buffer, (Py_ssize_t)whole);
}

int path_is(PyObject *path, const char *below, size_t size)
{
    const char *executable = application->executable;
    size_t root = strlen(executable);
    if (!PyUnicode_Check(path))
        return 0;
    if (PyUnicode_IS_ASCII(path)) {
        /* The usual case, without a string to compare with: each import asks this several times. */
        const char *text = (const char *)PyUnicode_1BYTE_DATA(path);
        return (size_t)PyUnicode_GET_LENGTH(path) == root + (size > 0) + size && memcmp(text, executable, root) == 0 &&
               (!size || (text[root] == '/' && memcmp(text + root + 1, below, size) == 0));
    }
    PyObject *own = path_absolute(below, size);
    int same = own && PyUnicode_Compare(path, own) == 0;
    PyErr_Clear();
    Py_XDECREF(own);
    return same;
}

const struct image_entry *path_entry(const struct state *state, PyObject *path)
{
    char normal[PATH_MAX];
    PyObject *bytes = PyUnicode_Check(path) ? PyUnicode_EncodeFSDefault(path) : NULL;
    const char *text = bytes ? PyBytes_AS_STRING(bytes) : "", *root = application->executable;
    const char *rest = image_below_root(root, strlen(root), text);
    int64_t size = rest ? image_normal_path(rest, normal, sizeof normal) : -1;
    int is_whole = bytes && strlen(text) == (size_t)PyBytes_GET_SIZE(bytes);
    const struct image_entry *entry =
        size >= 0 && is_whole ? image_find_entry(state->image, normal, (size_t)size) : NULL;
    PyErr_Clear(); /* a path that no file can have */
    Py_XDECREF(bytes);
    return entry;
}

static size_t size_of_folder(const char *path, size_t size)
{
    while (size && path[size - 1] != '/')
        size--;
    return size ? size - 1 : 0;
}

PyObject *path_of_bytecode(const struct state *state, const char *path, size_t path_size)
{
    size_t folder = size_of_folder(path, path_size), name = folder + (folder > 0);
    size_t stem = path_size;
    while (stem > name && path[stem - 1] != '.')
        stem--;
    stem = stem > name ? stem - 1 : path_size;
    char buffer[1024];
    int size = snprintf(buffer, sizeof buffer, "%.*s__pycache__/%.*s.%.16s.pyc", (int)name, path, (int)(stem - name),
                        path + name, state->image->header->abi_tag);
    if (size < 0 || (size_t)size >= sizeof buffer)
        return Py_NewRef(Py_None);
    return path_absolute(buffer, (size_t)size);
}
