/* Start Python the way `python -I` starts, except that all its paths lead into the image.
 *
 * Invariant: neither the environment nor a file of the machine changes what is imported. */
#include "interpreter.h"

#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <wchar.h>

/* The modules that the interpreter must find before any importer of ours can exist: `encodings` runs _pydist.start
 * in its place, which installs the importer and imports the real one through it. */
static PyStatus set_frozen_modules(const struct image *image)
{
    uint32_t count = image->header->sections[IMAGE_FROZEN].count;
    struct _frozen *table = calloc((size_t)count + 1, sizeof *table);
    if (!table)
        return PyStatus_NoMemory();
    for (uint32_t at = 0; at < count; at++) {
        const struct image_frozen *row = image_row_at(image, IMAGE_FROZEN, at);
        const struct image_module *module = image_module_at(image, row->module);
        const void *code = module ? image_bytes(image, module->code_offset, module->code_size) : NULL;
        table[at].name = image_text(image, row->name);
        if (!code || !table[at].name || module->code_size > INT_MAX)
            return PyStatus_Error("pydist: the image's table of frozen modules is damaged");
        table[at].code = code;
        table[at].size = (int)module->code_size;
    }
    PyImport_FrozenModules = table;
    return PyStatus_Ok();
}

/* `target` = the virtual path of `below`, or of the root itself when `below` is NULL. */
static PyStatus set_path(PyConfig *config, wchar_t **target, const char *root, const char *below)
{
    size_t size = strlen(root) + (below ? strlen(below) + 1 : 0) + 1;
    char *path = malloc(size);
    if (!path)
        return PyStatus_NoMemory();
    snprintf(path, size, below ? "%s/%s" : "%s", root, below);
    PyStatus status = PyConfig_SetBytesString(config, target, path);
    free(path);
    return status;
}

static PyStatus add_search_paths(PyConfig *config, const struct runtime *runtime)
{
    const struct image_setting *row;
    for (uint32_t at = 0; (row = image_row_at(&runtime->image, IMAGE_CONFIG, at)); at++) {
        const char *key = image_text(&runtime->image, row->key), *value = image_text(&runtime->image, row->value);
        if (!key || !value || strcmp(key, "sys.path"))
            continue;
        wchar_t *path = NULL;
        PyStatus status = set_path(config, &path, runtime->executable, value);
        if (!PyStatus_Exception(status))
            status = PyWideStringList_Append(&config->module_search_paths, path);
        PyMem_RawFree(path);
        if (PyStatus_Exception(status))
            return status;
    }
    config->module_search_paths_set = 1;
    return PyStatus_Ok();
}

/* Python reads `pyvenv.cfg` in the folder of its executable and in the one above, whatever else is set, and takes only
 * "no such file" and "permission denied" for an answer that there is none. No process has the number 0, so that no one
 * can make a file there; without a /proc only the owner of the root folder can. What `sys` says about the executable
 * and the prefixes is set again in module.c. */
#define NO_EXECUTABLE L"/proc/0/0/python"

static PyStatus set_paths(PyConfig *config, const struct runtime *runtime)
{
    const char *stdlib = image_setting(&runtime->image, "stdlib");
    const char *python = image_setting(&runtime->image, "python");
    struct {
        wchar_t **target;
        const char *below;
    } paths[] = {
        {&config->program_name, python}, {&config->base_executable, python}, {&config->prefix, NULL},
        {&config->base_prefix, NULL},    {&config->exec_prefix, NULL},       {&config->base_exec_prefix, NULL},
        {&config->home, NULL},           {&config->stdlib_dir, stdlib},
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        PyStatus status = set_path(config, paths[i].target, runtime->executable, paths[i].below);
        if (PyStatus_Exception(status))
            return status;
    }
    PyStatus status = PyConfig_SetString(config, &config->executable, NO_EXECUTABLE);
    if (PyStatus_Exception(status))
        return status;
    status = PyConfig_SetString(config, &config->platlibdir, L"lib");
    return PyStatus_Exception(status) ? status : add_search_paths(config, runtime);
}

/* PYTHONPATH, which the interpreter leaves out when somebody else says where to search. */
static PyStatus insert_search_paths(PyConfig *config)
{
    Py_ssize_t at = 0;
    const wchar_t *path = config->pythonpath_env;
    for (;;) {
        const wchar_t *end = wcschr(path, L':');
        size_t size = end ? (size_t)(end - path) : wcslen(path);
        wchar_t *part = PyMem_RawCalloc(size + 1, sizeof *part);
        if (!part)
            return PyStatus_NoMemory();
        wmemcpy(part, path, size);
        PyStatus status = size ? PyWideStringList_Insert(&config->module_search_paths, at++, part) : PyStatus_Ok();
        PyMem_RawFree(part);
        if (PyStatus_Exception(status) || !end)
            return status;
        path = end + 1;
    }
}

/* Whether `name` is the application's own file. */
static int is_application(const wchar_t *name, const struct runtime *runtime)
{
    char path[PATH_MAX];
    struct stat wanted, own;
    size_t size = wcstombs(path, name, sizeof path); /* in the locale that Python has set */
    return size < sizeof path && !stat(path, &wanted) && !stat(runtime->executable, &own) &&
           wanted.st_dev == own.st_dev && wanted.st_ino == own.st_ino;
}

/* The level at which the code in the image was compiled. */
static int optimization(const struct runtime *runtime)
{
    const char *level = image_setting(&runtime->image, "optimize");
    return level ? atoi(level) : 0;
}

/* As `python -I`, whose arguments are all the application's. */
static PyStatus configure_application(PyConfig *config, const struct runtime *runtime)
{
    config->isolated = 1;
    config->use_environment = 0;
    config->safe_path = 1;
    config->write_bytecode = 0;
    config->parse_argv = 0;
    config->optimization_level = optimization(runtime);
    return PyConfig_SetBytesArgv(config, runtime->argc, runtime->argv);
}

/* What Python itself exits with for arguments that it does not take. */
#define EXIT_LOCKED 2

/* As `python`, without `site` and with paths into the image. */
static PyStatus configure_python(PyConfig *config, struct runtime *runtime)
{
    if (locked(runtime)) {
        config->isolated = 1;
        config->use_environment = 0;
    }
    PyStatus status = PyConfig_SetBytesArgv(config, runtime->argc, runtime->argv);
    if (!PyStatus_Exception(status))
        status = PyConfig_Read(config);
    if (config->optimization_level < optimization(runtime)) /* which -O raises */
        config->optimization_level = optimization(runtime);
    if (!PyStatus_Exception(status) && config->pythonpath_env)
        status = insert_search_paths(config);
    if (!PyStatus_Exception(status) && config->run_filename && is_application(config->run_filename, runtime)) {
        /* `python application`, as programs restart themselves: [sys.executable, *sys.argv]. */
        PyMem_RawFree(config->run_filename);
        config->run_filename = NULL;
        runtime->as_python = 0;
    }
    else if (!PyStatus_Exception(status) && locked(runtime) && !locked_allows(config)) {
        fprintf(stderr, "pydist: %s: it was linked with --locked: sys.executable is no Python for child processes\n",
                runtime->executable);
        return PyStatus_Exit(EXIT_LOCKED);
    }
    return status;
}

static PyStatus configure(PyConfig *config, struct runtime *runtime)
{
    config->user_site_directory = 0;
    config->site_import = 0;
    config->install_signal_handlers = 1;
    config->pathconfig_warnings = 0;
    config->use_frozen_modules = 0; /* the image has all of them, with their sources */
    PyStatus status = set_paths(config, runtime);
    if (PyStatus_Exception(status))
        return status;
    return runtime->as_python ? configure_python(config, runtime) : configure_application(config, runtime);
}

/* Whether Python, started in the locale C, may set LC_CTYPE=C.UTF-8 for itself and its children (PEP 538): not where the
 * system has no such locale (locale.c), because children in other languages complain of that. */
static int may_coerce_locale(void)
{
    const char *given = setlocale(LC_CTYPE, "");
    if (given && strcmp(given, "C"))
        return 1;
    const char *other = setlocale(LC_CTYPE, "C.UTF-8");
    return other && strcmp(other, "C");
}

static PyStatus preconfigure(const struct runtime *runtime)
{
    PyPreConfig preconfig;
    PyPreConfig_InitPythonConfig(&preconfig);
    if (!may_coerce_locale())
        preconfig.coerce_c_locale = 0;
    if (runtime->as_python) {
        if (locked(runtime)) {
            preconfig.isolated = 1;
            preconfig.use_environment = 0;
        }
        return Py_PreInitializeFromBytesArgs(&preconfig, runtime->argc, runtime->argv);
    }
    preconfig.isolated = 1;
    preconfig.use_environment = 0;
    preconfig.parse_argv = 0;
    return Py_PreInitialize(&preconfig);
}

/* sys.orig_argv: what would start this process again. The application's file stands for its script. It is set here and
 * not in the configuration, because Py_GetArgcArgv() is for those who look for the arguments in memory. */
static int set_original_arguments(const struct runtime *runtime)
{
    const char *python = image_setting(&runtime->image, "python");
    PyObject *arguments = PySys_GetObject("argv"), *root = PyUnicode_DecodeFSDefault(runtime->executable);
    PyObject *first = root ? PyUnicode_FromFormat("%U/%s", root, python ? python : "") : NULL;
    PyObject *original = first && arguments ? PyList_GetSlice(arguments, 0, PyList_GET_SIZE(arguments)) : NULL;
    int failed = !original || PyList_SetItem(original, 0, Py_NewRef(root)) || PyList_Insert(original, 0, first) ||
                 PySys_SetObject("orig_argv", original);
    Py_XDECREF(root);
    Py_XDECREF(first);
    Py_XDECREF(original);
    return failed ? -1 : 0;
}

PyStatus interpreter_start(struct runtime *runtime)
{
    PyStatus status = preconfigure(runtime);
    if (PyStatus_Exception(status))
        return status;
    arenas_install();
    blocks_install();
    status = set_frozen_modules(&runtime->image);
    if (PyStatus_Exception(status))
        return status;
    if (PyImport_AppendInittab("_pydist_image", PyInit__pydist_image))
        return PyStatus_NoMemory();

    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    status = configure(&config, runtime);
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (!PyStatus_Exception(status) && !runtime->as_python && set_original_arguments(runtime))
        return PyStatus_Error("sys.orig_argv cannot be set");
    return status;
}
