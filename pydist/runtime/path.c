/* Virtual paths: rows hold them relative to the root, Python sees them absolute. */
#include "importer.h"

#include <stdlib.h>
#include <string.h>

PyObject *path_absolute(const struct state *state, const char *path, size_t size)
{
    Py_ssize_t root_size = PyUnicode_GET_LENGTH(state->root);
    if (PyUnicode_IS_ASCII(state->root)) {
        /* The usual case, without intermediate strings: this runs several times for each import. */
        char buffer[1024];
        if (root_size + 1 + size <= sizeof buffer) {
            memcpy(buffer, PyUnicode_1BYTE_DATA(state->root), (size_t)root_size);
            buffer[root_size] = '/';
            memcpy(buffer + root_size + 1, path, size);
            return PyUnicode_DecodeUTF8(buffer, root_size + (size > 0) + (Py_ssize_t)size, NULL);
        }
    }
    PyObject *below = PyUnicode_DecodeUTF8(path, (Py_ssize_t)size, NULL);
    PyObject *whole = below ? PyUnicode_FromFormat(size ? "%U/%U" : "%U%U", state->root, below) : NULL;
    Py_XDECREF(below);
    return whole;
}

PyObject *path_below_root(const struct state *state, PyObject *path)
{
    Py_ssize_t root = PyUnicode_GET_LENGTH(state->root), length = PyUnicode_GET_LENGTH(path);
    if (PyUnicode_Tailmatch(path, state->root, 0, length, -1) != 1)
        return NULL;
    if (length > root && PyUnicode_READ_CHAR(path, root) != '/')
        return NULL;
    while (length > root && PyUnicode_READ_CHAR(path, length - 1) == '/')
        length--;
    return PyUnicode_Substring(path, root + (length > root), length);
}

const struct image_entry *path_entry(const struct state *state, PyObject *path)
{
    PyObject *below = PyUnicode_Check(path) ? path_below_root(state, path) : NULL;
    Py_ssize_t size = 0;
    const char *text = below ? PyUnicode_AsUTF8AndSize(below, &size) : NULL;
    const struct image_entry *entry = text ? image_find_entry(state->image, text, (size_t)size) : NULL;
    PyErr_Clear(); /* a path with surrogates: no file of ours */
    Py_XDECREF(below);
    return entry;
}

static size_t size_of_folder(const char *path, size_t size)
{
    while (size && path[size - 1] != '/')
        size--;
    return size ? size - 1 : 0;
}

PyObject *path_of_package(const struct state *state, const struct image_module *row)
{
    const char *path = image_text(state->image, row->path);
    if (!path)
        return PyErr_Format(PyExc_ImportError, "the image is damaged: a module has no path");
    size_t size = row->flags & IMAGE_NAMESPACE ? row->path.size : size_of_folder(path, row->path.size);
    return path_absolute(state, path, size);
}

PyObject *path_of_bytecode(const struct state *state, const struct image_module *row)
{
    const char *path = image_text(state->image, row->path);
    if (!path)
        return PyErr_Format(PyExc_ImportError, "the image is damaged: a module has no path");
    size_t folder = size_of_folder(path, row->path.size), name = folder + (folder > 0);
    size_t stem = row->path.size;
    while (stem > name && path[stem - 1] != '.')
        stem--;
    stem = stem > name ? stem - 1 : row->path.size;
    char buffer[1024];
    int size = snprintf(buffer, sizeof buffer, "%.*s__pycache__/%.*s.%.16s.pyc", (int)name, path, (int)(stem - name),
                        path + name, state->image->header->abi_tag);
    if (size < 0 || (size_t)size >= sizeof buffer)
        return Py_NewRef(Py_None);
    return path_absolute(state, buffer, (size_t)size);
}
