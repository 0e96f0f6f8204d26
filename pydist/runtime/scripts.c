/* Which of several scripts in one file a process is to run: the one that it is named after, else the one that is its
 * first argument. */
#include "interpreter.h"

#include <string.h>

/* One of several scripts that the application starts as. */
static const char *find_script(const struct image *image, const char *wanted)
{
    uint32_t at = 0;
    const char *name;
    while ((name = image_next_setting(image, &at, "entry.script")) && (!wanted || strcmp(name, wanted)))
        ;
    return name;
}

/* Says which scripts there are, and ends the process as for any wrong use. */
static int refuse_script(const struct image *image, const char *wanted)
{
    PyObject *names = PyUnicode_FromString("");
    const char *name, *between = "";
    for (uint32_t at = 0; names && (name = image_next_setting(image, &at, "entry.script")); between = ", ") {
        PyObject *longer = PyUnicode_FromFormat("%U%s%s", names, between, name);
        Py_SETREF(names, longer);
    }
    if (names && wanted)
        PySys_FormatStderr("%s is none of the programs in this file, which are: %U\n", wanted, names);
    else if (names)
        PySys_FormatStderr("this file is several programs: give one as first argument: %U\n", names);
    Py_XDECREF(names);
    PyObject *code = PyLong_FromLong(2);
    if (code)
        PyErr_SetObject(PyExc_SystemExit, code);
    Py_XDECREF(code);
    return -1;
}

static const char *text_at(PyObject *list, Py_ssize_t at)
{
    PyObject *item = list && PyList_Check(list) && PyList_GET_SIZE(list) > at ? PyList_GET_ITEM(list, at) : NULL;
    const char *text = item && PyUnicode_Check(item) ? PyUnicode_AsUTF8(item) : NULL;
    PyErr_Clear(); /* surrogates: nothing of ours */
    return text;
}

/* The script that was meant goes by its path below `bin` from here on: with that, `[sys.executable, *sys.argv]` starts it
 * again. */
static int rename_script(const struct runtime *runtime, const char *name, int from_argument)
{
    PyObject *arguments = PySys_GetObject("argv"), *original = PySys_GetObject("orig_argv");
    PyObject *root = PyUnicode_DecodeFSDefault(runtime->executable);
    PyObject *path = root ? PyUnicode_FromFormat("%U/bin/%s", root, name) : NULL;
    const char *started = text_at(original, 1);
    int failed = !path;
    if (!failed && started && strcmp(started, runtime->executable) == 0)
        failed = PyList_SetItem(original, 1, Py_NewRef(path)) ||
                 (from_argument && PyList_SetSlice(original, 2, 3, NULL));
    if (!failed && from_argument)
        failed = PyList_SetSlice(arguments, 0, 1, NULL) || PyList_SetItem(arguments, 0, Py_NewRef(path));
    Py_XDECREF(root);
    Py_XDECREF(path);
    return failed ? -1 : 0;
}

int scripts_choose(const struct runtime *runtime, char *row, size_t room)
{
    PyObject *arguments = PySys_GetObject("argv");
    const char *own = text_at(arguments, 0), *first = text_at(arguments, 1);
    const char *slash = own ? strrchr(own, '/') : NULL;
    const char *name = own ? find_script(&runtime->image, slash ? slash + 1 : own) : NULL;
    int from_argument = !name;
    if (!name)
        name = first ? find_script(&runtime->image, first) : NULL;
    if (!name)
        return refuse_script(&runtime->image, first);
    int size = snprintf(row, room, "bin/%s", name);
    if (size < 0 || (size_t)size >= room) {
        PyErr_SetString(PyExc_ImportError, "the name of the script is too long");
        return -1;
    }
    return rename_script(runtime, name, from_argument);
}
