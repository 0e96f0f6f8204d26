/* The path hook: folders of the application are searched by importlib's own FileFinder, so that whoever knows that type
 * (pkgutil, pkg_resources) knows what is there, too. Only the loaders are ours. */
#include "importer.h"

PyObject *finder_path_hook(PyObject *module, PyObject *path)
{
    const struct state *state = PyModule_GetState(module);
    const struct image_entry *entry = path_entry(state, path);
    if (!entry || !(entry->flags & IMAGE_FOLDER))
        return PyErr_Format(PyExc_ImportError, "%R is no folder inside this application", path);
    PyObject *const *details = &PyTuple_GET_ITEM(state->finder_details, 0);
    PyObject *arguments[] = {path, details[0], details[1], details[2]};
    return PyObject_Vectorcall(state->file_finder, arguments, sizeof arguments / sizeof *arguments, NULL);
}

/* (name, path): a module that is built in has an empty file. */
PyObject *finder_extension_loader(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    const struct state *state = PyModule_GetState(module);
    if (count != 2)
        return PyErr_Format(PyExc_TypeError, "expected the name and the path of a module");
    const struct image_entry *entry = path_entry(state, arguments[1]);
    const struct image_module *row = entry ? image_module_at(state->image, entry->module) : NULL;
    uint32_t flags = IMAGE_EXTENSION | (row ? row->flags & IMAGE_BUILTIN : 0);
    return loader_new(state, arguments[0], arguments[1], flags);
}

/* What the names of extension modules end with, the list that importlib.machinery has: this Python loads some, and those
 * that the image says are built in. */
static PyObject *extension_suffixes(const struct state *state, PyObject *importlib)
{
    PyObject *list = PyObject_GetAttrString(importlib, "EXTENSION_SUFFIXES");
    const char *value;
    for (uint32_t at = 0; list && (value = image_next_setting(state->image, &at, "suffix"));) {
        PyObject *suffix = PyUnicode_FromString(value);
        if (!suffix || PyList_Append(list, suffix))
            Py_CLEAR(list);
        Py_XDECREF(suffix);
    }
    return list;
}

PyObject *finder_details(PyObject *module)
{
    const struct state *state = PyModule_GetState(module);
    PyObject *importlib = PyImport_ImportModule("_frozen_importlib_external");
    PyObject *suffixes = importlib ? extension_suffixes(state, importlib) : NULL;
    PyObject *loader = suffixes ? PyObject_GetAttrString(module, "extension_loader") : NULL;
    PyObject *sourceless = loader ? PyObject_GetAttrString(importlib, "SourcelessFileLoader") : NULL;
    PyObject *details = sourceless ? Py_BuildValue("((OO)(O[s])(O[s]))", loader, suffixes, state->loader_type, ".py",
                                                   sourceless, ".pyc") : NULL;
    Py_XDECREF(importlib);
    Py_XDECREF(suffixes);
    Py_XDECREF(loader);
    Py_XDECREF(sourceless);
    return details;
}
