/* The importer: one type that is meta path finder, path entry finder and path hook in one, a type of loaders, and what
 * they share. See importer.c and loader.c. */
#ifndef PYDIST_IMPORTER_H
#define PYDIST_IMPORTER_H

#include "interpreter.h"

/* State of the module `_pydist_image`: one per interpreter. */
struct state {
    const struct image *image;
    PyObject *root; /* str: the virtual root, the path of this file */
    PyTypeObject *importer_type, *loader_type;
    PyObject *source_loader; /* importlib's loader of sources, above ours */
    PyObject *module_spec; /* importlib's ModuleSpec */
    PyObject *call_frames_removed; /* importlib's: frames below it do not show in tracebacks */
    PyObject *fix_filename; /* _imp._fix_co_filename; NULL when this Python has none */
    PyObject *exec; /* builtins.exec */
    PyObject *is_frozen; /* _imp.is_frozen, as it was */
    PyObject *spec_keywords; /* ("origin", "is_package") */
    PyObject *extension_loader; /* importlib's loader of shared objects */
    PyObject *entries; /* tuple: the entries of sys.path that the image says */
    PyObject *builtin_loader; /* importlib's loader of what is built in */
    PyObject *suffixes; /* list: what the names of extension modules end with */
    PyObject *set_threshold, *default_thresholds; /* of gc, until it is imported; then NULL */
    PyObject *str_cached, *str_has_location, *str_locations, *str_name, *str_loader_name, *str_path, *str_get_code;
};

/* `folder` NULL: finds modules by their dotted name, on sys.meta_path.
 * `folder` a str: finds the modules that lie in this folder, for one entry of sys.path; relative to the root, "" is
 * the root itself. */
struct importer {
    PyObject_HEAD
    struct state *state;
    PyObject *folder;
};

extern PyType_Spec importer_spec;

/* path.c: virtual paths as Python strings. All return new references, NULL with an exception set. */

/* The absolute path of something below the root. */
PyObject *path_absolute(const struct state *state, const char *path, size_t size);

/* The part of an absolute path below the root ("" for the root); NULL without an exception when it lies elsewhere. */
PyObject *path_below_root(const struct state *state, PyObject *path);

/* The entry at an absolute path; NULL without an exception when there is none. */
const struct image_entry *path_entry(const struct state *state, PyObject *path);

/* Where an ordinary Python would keep the bytecode of the source at `path`, which is relative to the root. */
PyObject *path_of_bytecode(const struct state *state, const char *path, size_t size);

/* spec.c: finding. */
PyObject *spec_find(struct importer *self, PyObject *name, PyObject *path);

/* The spec of a module of the image by its name, wherever sys.path leads; None when there is none. */
PyObject *spec_of(struct importer *self, PyObject *name);

/* loader.c: a loader for the module `name` at the absolute `path`. */
PyObject *loader_new(const struct state *state, PyObject *name, PyObject *path);
extern PyType_Spec loader_spec;

/* collector.c: larger generations until `gc` is imported. Both return -1 with an exception set when they fail. */
int collector_relax(struct state *state);
int collector_notice(struct state *state, PyObject *name);

/* tree.c: the virtual tree. */
/* Whether a folder has a file (not a folder) of this name. */
int tree_has_file(const struct image *image, const struct image_entry *folder, const char *wanted);
PyObject *tree_iter_modules(struct importer *self, PyObject *prefix);

#endif
