/* The virtual tree of files as importlib sees it. */
#include "importer.h"

#include <string.h>

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
