/* The importer: a finder for sys.meta_path, a path hook, a type of loaders, and what they share.
 *
 * Folders of the application are searched by importlib's own FileFinder: their files are there (libc.c). */
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
    PyObject *builtin_loader; /* importlib's loader of what is built in */
    PyObject *file_finder; /* importlib's FileFinder */
    PyObject *finder_details; /* tuple: what it is made with but for the path */
    PyObject *gc_callbacks, *on_collection; /* gc's list, and what is in it until gc is imported */
    PyObject *set_threshold, *default_thresholds; /* of gc, until it is imported; then NULL */
    PyObject *freeze, *unfreeze; /* of gc, each until it has been called */
    PyObject *str_cached, *str_has_location, *str_locations, *str_name, *str_loader_name, *str_path, *str_get_code;
};

/* importer.c: finds modules by their dotted name. */
struct importer {
    PyObject_HEAD
    struct state *state;
};

extern PyType_Spec importer_spec;

/* path.c: virtual paths as Python strings. All return new references, NULL with an exception set. */

/* The absolute path of something below the root. */
PyObject *path_absolute(const char *path, size_t size);

/* Whether `path` is path_absolute() of this, by its text. */
int path_is(PyObject *path, const char *below, size_t size);

/* The entry at an absolute path; NULL without an exception when there is none. */
const struct image_entry *path_entry(const struct state *state, PyObject *path);

/* Where an ordinary Python would keep the bytecode of the source at `path`, which is relative to the root. */
PyObject *path_of_bytecode(const struct state *state, const char *path, size_t size);

/* spec.c: finding. Both return None when there is nothing. */

/* The spec of a module that importlib would find in the image first; `path` is the one of the package above, or None. */
PyObject *spec_find(struct state *state, PyObject *name, PyObject *path);

/* The spec of a module of the image by its name, wherever sys.path leads. */
PyObject *spec_of(const struct state *state, PyObject *name);

/* finder.c: the path hook, and what it gives FileFinder as the loader of extension modules. */
PyObject *finder_path_hook(PyObject *module, PyObject *path);
PyObject *finder_extension_loader(PyObject *module, PyObject *const *arguments, Py_ssize_t count);

/* What FileFinder is made with but for the path. */
PyObject *finder_details(PyObject *module);

/* loader.c: a loader for the module `name` at the absolute `path`, which is what `flags` (enum image_module_flags) say. */
PyObject *loader_new(const struct state *state, PyObject *name, PyObject *path, uint32_t flags);
extern PyType_Spec loader_spec;

/* collector.c: larger generations until `gc` is imported. Both return -1 with an exception set when they fail. */
int collector_relax(PyObject *module);
int collector_notice(struct state *state, PyObject *name);

/* rehearsal.c: texts that were compiled when the application was linked. The first two return -1 with an exception set
 * when they fail; `rehearsal_notice` is for modules that have just run. */
int rehearsal_install(const struct image *image);
int rehearsal_notice(PyObject *name, PyObject *namespace);
PyObject *rehearsal_record(PyObject *module, PyObject *callable);

#endif
