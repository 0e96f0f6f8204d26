/* Start Python the way `python -I` starts, except that all its paths lead into the image.
 *
 * Invariant: neither the environment nor a file of the machine changes what is imported. */
#include "runtime.h"

#include <stdlib.h>
#include <string.h>

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
    struct {
        wchar_t **target;
        const char *below;
    } paths[] = {
        {&config->program_name, NULL}, {&config->base_executable, NULL}, {&config->prefix, NULL},
        {&config->base_prefix, NULL},  {&config->exec_prefix, NULL},     {&config->base_exec_prefix, NULL},
        {&config->home, NULL},         {&config->stdlib_dir, stdlib},
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

static PyStatus configure(PyConfig *config, const struct runtime *runtime)
{
    const char *optimize = image_setting(&runtime->image, "optimize");
    PyWideStringList *lists[] = {&config->argv, &config->orig_argv};
    config->isolated = 1;
    config->use_environment = 0;
    config->user_site_directory = 0;
    config->safe_path = 1;
    config->site_import = 0;
    config->write_bytecode = 0;
    config->parse_argv = runtime->as_python;
    config->install_signal_handlers = 1;
    config->pathconfig_warnings = 0;
    config->optimization_level = optimize ? atoi(optimize) : 0;
    /* All arguments are the application's, which has no options of Python's. */
    PyStatus status = PyConfig_SetBytesArgv(config, runtime->argc, runtime->argv);
    if (PyStatus_Exception(status))
        return status;
    for (Py_ssize_t i = 0; i < lists[0]->length; i++) {
        status = PyWideStringList_Append(lists[1], lists[0]->items[i]);
        if (PyStatus_Exception(status))
            return status;
    }
    return set_paths(config, runtime);
}

PyStatus interpreter_start(const struct runtime *runtime)
{
    PyPreConfig preconfig;
    PyPreConfig_InitPythonConfig(&preconfig);
    preconfig.isolated = 1;
    preconfig.use_environment = 0;
    preconfig.parse_argv = 0;
    PyStatus status = Py_PreInitialize(&preconfig);
    if (PyStatus_Exception(status))
        return status;
    arenas_install();
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
    return status;
}
