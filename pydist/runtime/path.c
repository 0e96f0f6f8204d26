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

/* Take out empty parts, `.` and `..`; there are no links, so that text is enough. Returns the new length, or -1 when
 * the path leaves the root. */
static Py_ssize_t normalise(Py_UCS4 *text, Py_ssize_t length)
{
    Py_ssize_t kept = 0;
    for (Py_ssize_t start = 0, end; start < length; start = end + 1) {
        for (end = start; end < length && text[end] != '/'; end++)
            ;
        Py_ssize_t size = end - start;
        if (size == 0 || (size == 1 && text[start] == '.'))
            continue;
        if (size == 2 && text[start] == '.' && text[start + 1] == '.') {
            if (kept == 0)
                return -1;
            while (kept && text[--kept] != '/')
                ;
            continue;
        }
        if (kept)
            text[kept++] = '/';
        memmove(text + kept, text + start, (size_t)size * sizeof *text);
        kept += size;
    }
    return kept;
}

/* Whether normalise() may change it: the few that it changes cost a copy, all others none. */
static int has_dots_or_empty_parts(PyObject *path, Py_ssize_t start)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(path);
    for (Py_ssize_t at = start; at + 1 < length; at++)
        if (PyUnicode_READ_CHAR(path, at) == '/' &&
            (PyUnicode_READ_CHAR(path, at + 1) == '/' || PyUnicode_READ_CHAR(path, at + 1) == '.'))
            return 1;
    return 0;
}

PyObject *path_below_root(const struct state *state, PyObject *path)
{
    Py_ssize_t root = PyUnicode_GET_LENGTH(state->root), length = PyUnicode_GET_LENGTH(path);
    if (PyUnicode_Tailmatch(path, state->root, 0, length, -1) != 1)
        return NULL;
    if (length > root && PyUnicode_READ_CHAR(path, root) != '/')
        return NULL;
    if (has_dots_or_empty_parts(path, root)) {
        Py_UCS4 *text = PyUnicode_AsUCS4Copy(path);
        Py_ssize_t size = text ? normalise(text + root, length - root) : -1;
        PyObject *below = size < 0 ? NULL : PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, text + root, size);
        PyMem_Free(text);
        return below;
    }
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
    return path_absolute(state, buffer, (size_t)size);
}
