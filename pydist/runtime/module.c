/* The builtin module `_pydist_image`: state of one interpreter, and putting the importer in place. */
#include "importer.h"
#include "trace_imports.h"

#include <string.h>

static PyObject *attribute_of(const char *module_name, const char *name)
{
    PyObject *module = PyImport_ImportModule(module_name);
    PyObject *value = module ? PyObject_GetAttrString(module, name) : NULL;
    Py_XDECREF(module);
    return value;
}

/* The importer that goes on sys.meta_path. */
static PyObject *make_finder(struct state *state)
{
    struct importer *finder = PyObject_New(struct importer, state->importer_type);
    if (!finder)
        return NULL;
    finder->state = state;
    return (PyObject *)finder;
}

/* Not left to Python's own search for its paths: that is told of another executable (interpreter.c), and it would split
 * a path with a colon in two. */
static int set_paths(const struct state *state)
{
    static const char *const names[] = {"prefix", "base_prefix", "exec_prefix", "base_exec_prefix"};
    const char *below = image_setting(state->image, "python");
    PyObject *python = below ? path_absolute(below, strlen(below)) : Py_NewRef(Py_None);
    int failed = !python || PySys_SetObject("executable", python) || PySys_SetObject("_base_executable", python);
    for (size_t i = 0; !failed && i < sizeof names / sizeof *names; i++)
        failed = PySys_SetObject(names[i], state->root);
    Py_XDECREF(python);
    return failed ? -1 : 0;
}

/* Instead of _imp.is_frozen: `encodings` is frozen for the start of interpreters only, and the module that is there is not
 * the frozen one, which importlib relies upon when it is set up anew. */
static PyObject *is_frozen(PyObject *module, PyObject *name)
{
    const struct state *state = PyModule_GetState(module);
    if (PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, "encodings") == 0)
        Py_RETURN_FALSE;
    return PyObject_CallOneArg(state->is_frozen, name);
}

static int replace_is_frozen(PyObject *module)
{
    static PyMethodDef definition = {"is_frozen", is_frozen, METH_O, PyDoc_STR("Whether a module is frozen.")};
    struct state *state = PyModule_GetState(module);
    PyObject *imp = PyImport_ImportModule("_imp");
    state->is_frozen = imp ? PyObject_GetAttrString(imp, "is_frozen") : NULL;
    PyObject *own = state->is_frozen ? PyCFunction_New(&definition, module) : NULL;
    int failed = !own || PyObject_SetAttrString(imp, "is_frozen", own);
    Py_XDECREF(own);
    Py_XDECREF(imp);
    return failed ? -1 : 0;
}

/* First of all finders: a name in the image is never looked for elsewhere, and is found without running Python. */
static PyObject *install(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    struct state *state = PyModule_GetState(module);
    PyObject *finders = PySys_GetObject("meta_path"), *hooks = PySys_GetObject("path_hooks");
    if (!finders || !hooks || !PyList_Check(finders) || !PyList_Check(hooks))
        return PyErr_Format(PyExc_RuntimeError, "sys.meta_path and sys.path_hooks must be lists");
    PyObject *finder = make_finder(state), *hook = PyObject_GetAttrString(module, "path_hook");
    int failed = !finder || !hook || PyList_Insert(finders, 0, finder) || PyList_Insert(hooks, 0, hook) ||
                 PyModule_AddObjectRef(module, "finder", finder);
    Py_XDECREF(finder);
    Py_XDECREF(hook);
    if (failed || set_paths(state) || replace_is_frozen(module) || collector_relax(module) ||
        rehearsal_install(state->image) || trace_extensions(module))
        return NULL;
    Py_RETURN_NONE;
}

static int module_exec(PyObject *module)
{
    struct state *state = PyModule_GetState(module);
    state->image = &application->image;
    state->root = PyUnicode_DecodeFSDefault(application->executable);
    state->importer_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &importer_spec, NULL);
    state->module_spec = attribute_of("_frozen_importlib", "ModuleSpec");
    state->call_frames_removed = attribute_of("_frozen_importlib", "_call_with_frames_removed");
    state->source_loader = attribute_of("_frozen_importlib_external", "SourceFileLoader");
    if (state->source_loader)
        state->loader_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &loader_spec, state->source_loader);
    state->extension_loader = attribute_of("_frozen_importlib_external", "ExtensionFileLoader");
    state->builtin_loader = attribute_of("_frozen_importlib", "BuiltinImporter");
    state->file_finder = attribute_of("_frozen_importlib_external", "FileFinder");
    state->exec = attribute_of("builtins", "exec");
    state->spec_keywords = Py_BuildValue("(ss)", "origin", "is_package");
    state->str_cached = PyUnicode_InternFromString("cached");
    state->str_has_location = PyUnicode_InternFromString("has_location");
    state->str_locations = PyUnicode_InternFromString("submodule_search_locations");
    state->str_name = PyUnicode_InternFromString("__name__");
    state->str_loader_name = PyUnicode_InternFromString("name");
    state->str_path = PyUnicode_InternFromString("path");
    state->str_get_code = PyUnicode_InternFromString("get_code");
    if (PyErr_Occurred())
        return -1;
    state->fix_filename = attribute_of("_imp", "_fix_co_filename");
    if (!state->fix_filename)
        PyErr_Clear(); /* not part of the documented API: file names stay relative when it goes away */
    state->finder_details = finder_details(module);
    if (!state->finder_details || PyModule_AddType(module, state->importer_type) ||
        PyModule_AddType(module, state->loader_type))
        return -1;
    return PyModule_AddObjectRef(module, "root", state->root);
}

static PyMethodDef functions[] = {
    {"path_hook", finder_path_hook, METH_O, PyDoc_STR("The finder for a folder of this application.")},
    {"extension_loader", (PyCFunction)(void (*)(void))finder_extension_loader, METH_FASTCALL,
     PyDoc_STR("The loader of an extension module of this application.")},
    {"record", rehearsal_record, METH_O, PyDoc_STR("Call this with what is compiled from now on, when nothing is known of it.")},
    {"install", install, METH_NOARGS, PyDoc_STR("Make this interpreter import from the image, before all else.")},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, module_exec},
#if PY_VERSION_HEX >= 0x030c0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#if PY_VERSION_HEX >= 0x030d0000
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

/* No m_traverse and no m_clear: what the state refers to lives as long as the interpreter, because code that runs
 * during its last collections may still import. */
static struct PyModuleDef pydist_module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "_pydist_image",
    .m_doc = PyDoc_STR("The image of this application. Private: use importlib."),
    .m_size = sizeof(struct state),
    .m_methods = functions,
    .m_slots = slots,
};

PyObject *PyInit__pydist_image(void)
{
    return PyModuleDef_Init(&pydist_module);
}
