/* Run the application and end the process the way `python` does: exit codes, a Ctrl-C that is seen as one by the
 * parent, 120 when the last flush fails. */
#include "interpreter.h"
#include "trace.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

struct entry {
    PyObject *loader;
    char name[512]; /* of the module row */
    PyObject *spec;
    PyObject *code;
};

/* The finder that _pydist.start has put in place. */
static PyObject *find_importer(void)
{
    PyObject *module = PyImport_ImportModule("_pydist_image");
    PyObject *finder = module ? PyObject_GetAttrString(module, "finder") : NULL;
    Py_XDECREF(module);
    return finder;
}

/* `python -m package` runs the package's __main__. */
static int set_name(struct entry *entry, const struct image *image, const char *name, int is_module)
{
    const struct image_module *row = image_find_module(image, name, strlen(name));
    int package = is_module && row && row->flags & IMAGE_PACKAGE;
    int size = snprintf(entry->name, sizeof entry->name, "%s%s", name, package ? ".__main__" : "");
    if (row && size > 0 && (size_t)size < sizeof entry->name)
        return 0;
    PyErr_Format(PyExc_ImportError, "No module named %s", name);
    return -1;
}

static int load(struct entry *entry)
{
    PyObject *importer = find_importer();
    entry->spec = importer ? PyObject_CallMethod(importer, "spec_of", "s", entry->name) : NULL;
    Py_XDECREF(importer);
    if (entry->spec == Py_None)
        PyErr_Format(PyExc_ImportError, "No module named %s", entry->name);
    if (!entry->spec || entry->spec == Py_None)
        return -1;
    entry->loader = PyObject_GetAttrString(entry->spec, "loader");
    entry->code = entry->loader ? PyObject_CallMethod(entry->loader, "get_code", "s", entry->name) : NULL;
    return entry->code ? 0 : -1;
}

static int set(PyObject *namespace, const char *name, PyObject *value)
{
    int failed = !value || PyDict_SetItemString(namespace, name, value);
    Py_XDECREF(value);
    return failed ? -1 : 0;
}

/* What `python script.py` puts into the namespace of __main__. */
static int prepare_script(const struct entry *entry, PyObject *namespace)
{
    return set(namespace, "__file__", PyObject_GetAttrString(entry->spec, "origin")) ||
           set(namespace, "__cached__", Py_NewRef(Py_None)) || set(namespace, "__spec__", Py_NewRef(Py_None)) ||
           set(namespace, "__loader__", Py_NewRef(entry->loader)) ? -1 : 0;
}

/* What `python -m module` puts there, and the file's name as sys.argv[0] (Lib/runpy.py). */
static int prepare_module(const struct entry *entry, PyObject *namespace)
{
    PyObject *arguments = PySys_GetObject("argv");
    PyObject *origin = PyObject_GetAttrString(entry->spec, "origin");
    if (!origin || !arguments || PyList_SetItem(arguments, 0, origin))
        return -1;
    return set(namespace, "__file__", Py_NewRef(origin)) ||
           set(namespace, "__cached__", PyObject_GetAttrString(entry->spec, "cached")) ||
           set(namespace, "__package__", PyObject_GetAttrString(entry->spec, "parent")) ||
           set(namespace, "__spec__", Py_NewRef(entry->spec)) ||
           set(namespace, "__loader__", Py_NewRef(entry->loader)) ? -1 : 0;
}

/* The package above a module is imported first, as `python -m` does. */
static int import_parent(const char *name)
{
    const char *dot = strrchr(name, '.');
    PyObject *parent = dot ? PyUnicode_FromStringAndSize(name, dot - name) : NULL;
    if (!parent)
        return dot ? -1 : 0;
    PyObject *module = PyImport_Import(parent);
    Py_DECREF(parent);
    Py_XDECREF(module);
    return module ? 0 : -1;
}

/* Standard output and error, without losing the exception that is on its way. `python script.py` does this before it
 * prints a traceback and before atexit functions run. */
static void flush_streams(void)
{
    static const char *const names[] = {"stderr", "stdout"};
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        PyObject *stream = PySys_GetObject(names[i]);
        PyObject *result = stream ? PyObject_CallMethod(stream, "flush", NULL) : NULL;
        if (!result)
            PyErr_Clear();
        Py_XDECREF(result);
    }
    PyErr_Restore(type, value, traceback);
}

static int run(const struct runtime *runtime)
{
    const char *kind = image_setting(&runtime->image, "entry.kind");
    const char *name = image_setting(&runtime->image, "entry.name");
    struct entry entry = {0};
    int is_one_of_several = kind && strcmp(kind, "scripts") == 0;
    if (!kind || (!name && !is_one_of_several)) {
        PyErr_SetString(PyExc_RuntimeError, "pydist: the image does not say what to run");
        return -1;
    }
    int is_module = strcmp(kind, "module") == 0;
    PyObject *result = NULL;
    PyObject *main_module = PyImport_AddModule("__main__"); /* borrowed */
    PyObject *namespace = main_module ? PyModule_GetDict(main_module) : NULL;
    if (namespace &&
        !(is_one_of_several ? scripts_choose(runtime, entry.name, sizeof entry.name) : set_name(&entry, &runtime->image, name, is_module)) &&
        (!is_module || !import_parent(entry.name)) && !load(&entry) &&
        !(is_module ? prepare_module(&entry, namespace) : prepare_script(&entry, namespace)))
        result = PyEval_EvalCode(entry.code, namespace, namespace);
    if (!is_module)
        flush_streams();
    Py_XDECREF(entry.loader);
    Py_XDECREF(entry.spec);
    Py_XDECREF(entry.code);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

/* What Python itself takes for an interrupt that nobody handled: since 3.14 subclasses count too. */
static int is_interrupt(void)
{
#if PY_VERSION_HEX >= 0x030e0000
    return PyErr_ExceptionMatches(PyExc_KeyboardInterrupt);
#else
    return PyErr_Occurred() == PyExc_KeyboardInterrupt;
#endif
}

static int hook_interrupted;

/* Stands in for a sys.excepthook of the application for the one call of it that ends the process: PyErr_Print tells
 * nobody that the hook was interrupted or what code it exits with. */
static PyObject *call_hook(PyObject *hook, PyObject *arguments)
{
    if (PySys_SetObject("excepthook", hook))
        return NULL;
    PyObject *result = PyObject_CallObject(hook, arguments);
#if PY_VERSION_HEX >= 0x030e0000 /* before, only an interrupt of the application itself counts */
    hook_interrupted = !result && PyErr_ExceptionMatches(PyExc_KeyboardInterrupt);
#endif
    if (!result)
        fast_exit_with_exception();
    return result;
}

static void watch_hook(void)
{
    static PyMethodDef definition = {"excepthook", call_hook, METH_VARARGS, NULL};
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *hook = PySys_GetObject("excepthook"), *original = PySys_GetObject("__excepthook__");
    PyObject *watched = hook && hook != original ? PyCFunction_New(&definition, hook) : NULL;
    if (watched)
        PySys_SetObject("excepthook", watched);
    Py_XDECREF(watched);
    PyErr_Restore(type, value, traceback);
}

/* So that a shell or make sees an interrupted program, not one that chose to exit. */
int exit_by_interrupt(void)
{
    signal(SIGINT, SIG_DFL);
    kill(getpid(), SIGINT);
    return 128 + SIGINT;
}

/* What files *.pth of packages would do in an ordinary Python (pydist/link/pth.toml); like there, a failure is shown and
 * ends nothing. */
static void call_starts(const struct runtime *runtime)
{
    const char *call;
    for (uint32_t at = 0; (call = image_next_setting(&runtime->image, &at, "start"));) {
        const char *colon = strchr(call, ':');
        PyObject *name = colon ? PyUnicode_FromStringAndSize(call, colon - call) : NULL;
        PyObject *module = name ? PyImport_Import(name) : NULL;
        PyObject *result = module ? PyObject_CallMethod(module, colon + 1, NULL) : NULL;
        Py_XDECREF(name);
        Py_XDECREF(module);
        Py_XDECREF(result);
        if (!result && PyErr_Occurred())
            PyErr_WriteUnraisable(NULL);
    }
}

/* Without the exception that is on its way. Where it fails, the process ends in the ordinary way. */
static void arm(const struct runtime *runtime)
{
    PyObject *type, *value, *traceback;
    if (!fast_exit_wanted(runtime))
        return;
    PyErr_Fetch(&type, &value, &traceback);
    if (fast_exit_arm())
        PyErr_WriteUnraisable(NULL);
    PyErr_Restore(type, value, traceback);
}

int entry_run(const struct runtime *runtime)
{
    trace_phase(runtime->trace, "main");
    if (collector_set_aside())
        PyErr_WriteUnraisable(NULL);
    call_starts(runtime);
    if (runtime->as_python)
        return Py_RunMain();
    int code = 0, interrupted = 0, failed = run(runtime);
    trace_phase(runtime->trace, "exit");
    if (failed) {
        interrupted = is_interrupt();
        code = 1;
        watch_hook();
        fast_exit_with_exception();
    }
    arm(runtime);
    if (failed) {
        PyErr_Print(); /* a SystemExit ends the process here, with its own code */
        interrupted |= hook_interrupted;
    }
    fast_exit_with(interrupted ? EXIT_BY_INTERRUPT : code);
    if (Py_FinalizeEx() < 0)
        code = 120;
    trace_write(runtime->trace); /* here, because who is interrupted does not call exit() */
    return interrupted ? exit_by_interrupt() : code;
}
