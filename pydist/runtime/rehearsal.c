/* What was compiled when the application was linked is not compiled again: texts that exec, eval and compile get, and
 * patterns of `re`.
 *
 * Packages generate code while they are imported (dataclasses, named tuples, attrs) and compile patterns: a sixth of
 * black's start. The linker lets the imports run once (pydist/link/rehearse.py) and puts what was compiled into the
 * image. Texts are compared whole, with everything that decides what they are compiled to.
 *
 * Invariant: a program gets an object like the one that compiling would have made, a new one each time, and audit hooks
 * hear the same. Whatever is not known goes to Python's own functions. */
#include "importer.h"

#include <marshal.h>
#include <string.h>

static const struct image *known; /* NULL: nothing is looked up */
static PyObject *recorder;        /* in the rehearsal: called with kind, flags and key of what is not known */

/* What a row of this kind and key is compiled to; NULL without an exception when there is none. */
static PyObject *find(enum image_rehearsal_kind kind, uint32_t flags, const char *key, size_t size)
{
    const char *value;
    const struct image_rehearsal *row = image_find_rehearsal(known, kind, flags, key, size, &value);
    if (row) {
        PyObject *made = PyMarshal_ReadObjectFromString(value, (Py_ssize_t)row->value_size);
        if (!made)
            PyErr_Clear(); /* damaged: Python compiles it */
        return made;
    }
    if (recorder) {
        PyObject *done = PyObject_CallFunction(recorder, "iIy#", (int)kind, (unsigned)flags, key, (Py_ssize_t)size);
        Py_XDECREF(done);
    }
    return NULL;
}

/* The text of `object`, when it is a string and nothing else; NULL without an exception when it is not. */
static const char *text_of(PyObject *object, Py_ssize_t *size)
{
    const char *text = PyUnicode_CheckExact(object) ? PyUnicode_AsUTF8AndSize(object, size) : NULL;
    if (!text)
        PyErr_Clear();
    return text;
}

/* The future statements of the code that calls. */
static uint32_t inherited(void)
{
    PyCompilerFlags flags = {.cf_flags = 0, .cf_feature_version = PY_MINOR_VERSION};
    PyEval_MergeCompilerFlags(&flags);
    return (uint32_t)flags.cf_flags & PyCF_MASK;
}

/* What the parser tells audit hooks (Parser/peg_api.c). */
static PyObject *audited(PyObject *code, const char *text, PyObject *file)
{
    if (code && PySys_Audit("compile", "yO", text, file))
        Py_CLEAR(code);
    return code;
}

static PyObject *find_text(enum image_rehearsal_kind kind, PyObject *source)
{
    Py_ssize_t size;
    const char *text = text_of(source, &size);
    PyObject *code = text ? find(kind, inherited(), text, (size_t)size) : NULL;
    if (!code)
        return NULL;
    if (kind == IMAGE_EVAL)
        text += strspn(text, " \t");
    PyObject *file = PyUnicode_FromString("<string>");
    code = file ? audited(code, text, file) : NULL;
    Py_XDECREF(file);
    return code;
}

static PyObject *find_file(PyObject *source, PyObject *name, PyObject *how)
{
    Py_ssize_t size = 0, name_size = 0, mode_size = 0;
    const char *text = text_of(source, &size), *file = text_of(name, &name_size), *mode = text_of(how, &mode_size);
    size_t all = (size_t)(size + name_size + mode_size) + 2;
    char *key = text && file && mode ? PyMem_Malloc(all) : NULL;
    if (!key)
        return NULL;
    memcpy(key, file, (size_t)name_size + 1);
    memcpy(key + name_size + 1, mode, (size_t)mode_size + 1);
    memcpy(key + name_size + mode_size + 2, text, (size_t)size);
    PyObject *code = find(IMAGE_COMPILE, inherited(), key, all);
    PyMem_Free(key);
    return audited(code, text, name);
}

/* Functions of `builtins`, whose definition gets another C function: the objects stay what they are. */
typedef PyObject *function(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords);
static function exec_known, eval_known, compile_known;

static struct builtin {
    const char *name;
    function *ours;
    function *theirs;
} builtins[] = {
    {"exec", exec_known, NULL},
    {"eval", eval_known, NULL},
    {"compile", compile_known, NULL},
};

#define MOST_ARGUMENTS 3 /* text, globals, locals */

static int has_closure(PyObject *keywords)
{
    for (Py_ssize_t at = 0; keywords && at < PyTuple_GET_SIZE(keywords); at++)
        if (PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(keywords, at), "closure") == 0)
            return 1;
    return 0;
}

static PyObject *run(const struct builtin *builtin, enum image_rehearsal_kind kind, PyObject *self,
                     PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    Py_ssize_t all = count + (keywords ? PyTuple_GET_SIZE(keywords) : 0);
    int usual = count > 0 && all <= MOST_ARGUMENTS && !has_closure(keywords);
    PyObject *code = usual ? find_text(kind, arguments[0]) : NULL;
    if (!code)
        return PyErr_Occurred() ? NULL : builtin->theirs(self, arguments, count, keywords);
    PyObject *with_code[MOST_ARGUMENTS] = {code};
    memcpy(with_code + 1, arguments + 1, (size_t)(all - 1) * sizeof *arguments);
    PyObject *result = builtin->theirs(self, with_code, count, keywords);
    Py_DECREF(code);
    return result;
}

static PyObject *exec_known(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    return run(&builtins[0], IMAGE_EXEC, self, arguments, count, keywords);
}

static PyObject *eval_known(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    return run(&builtins[1], IMAGE_EVAL, self, arguments, count, keywords);
}

static PyObject *compile_known(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    int usual = count == 3 && !keywords;
    PyObject *code = usual ? find_file(arguments[0], arguments[1], arguments[2]) : NULL;
    if (code || PyErr_Occurred())
        return code;
    return builtins[2].theirs(self, arguments, count, keywords);
}

/* Every interpreter has function objects of its own, and they share the definitions. */
static int replace_builtins(void)
{
    PyObject *module = PyImport_ImportModule("builtins");
    for (size_t at = 0; module && at < sizeof builtins / sizeof *builtins; at++) {
        struct builtin *builtin = &builtins[at];
        PyObject *object = PyObject_GetAttrString(module, builtin->name);
        PyMethodDef *definition = object && PyCFunction_Check(object) ? ((PyCFunctionObject *)object)->m_ml : NULL;
        Py_XDECREF(object);
        if (definition && definition->ml_flags == (METH_FASTCALL | METH_KEYWORDS) && !builtin->theirs) {
            builtin->theirs = (function *)(void (*)(void))definition->ml_meth;
            definition->ml_meth = (PyCFunction)(void (*)(void))builtin->ours;
        }
    }
    Py_XDECREF(module);
    return PyErr_Occurred() ? -1 : 0;
}

#if PY_VERSION_HEX >= 0x030c0000

#define FLAG_LOCALE 4 /* decides what is compiled */
#define FLAG_DEBUG 128 /* prints while it compiles */

/* `_sre` wants a list of the words that a row has as bytes. */
static PyObject *list_of_words(PyObject *bytes)
{
    Py_ssize_t count = PyBytes_GET_SIZE(bytes) / (Py_ssize_t)sizeof(uint32_t);
    PyObject *list = PyList_New(count);
    for (Py_ssize_t at = 0; list && at < count; at++) {
        uint32_t word;
        memcpy(&word, PyBytes_AS_STRING(bytes) + at * (Py_ssize_t)sizeof word, sizeof word);
        PyObject *number = PyLong_FromUnsignedLong(word);
        if (!number)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, at, number);
    }
    return list;
}

/* The pattern object, as the last line of `re._compiler.compile` makes it. */
static PyObject *pattern_of(PyObject *values, PyObject *compiler, PyObject *pattern)
{
    PyObject *flags, *words, *groups, *names, *index;
    if (!PyArg_ParseTuple(values, "O!O!O!O!O!", &PyLong_Type, &flags, &PyBytes_Type, &words, &PyLong_Type, &groups,
                          &PyDict_Type, &names, &PyTuple_Type, &index))
        return NULL;
    PyObject *engine = PyDict_GetItemString(PyFunction_GetGlobals(compiler), "_sre"); /* borrowed */
    PyObject *list = engine ? list_of_words(words) : NULL;
    PyObject *made =
        list ? PyObject_CallMethod(engine, "compile", "OOOOOO", pattern, flags, list, groups, names, index) : NULL;
    Py_XDECREF(list);
    return made;
}

static PyObject *find_pattern(PyObject *pattern, PyObject *flags)
{
    long number = flags && PyLong_Check(flags) ? PyLong_AsLong(flags) : 0;
    Py_ssize_t size = 0;
    char *bytes = NULL;
    const char *text = text_of(pattern, &size);
    if (!text && PyBytes_CheckExact(pattern) && PyBytes_AsStringAndSize(pattern, &bytes, &size))
        PyErr_Clear();
    if (PyErr_Occurred() || number < 0 || number > INT32_MAX || number & (FLAG_LOCALE | FLAG_DEBUG) || !(text || bytes)) {
        PyErr_Clear();
        return NULL;
    }
    return find(text ? IMAGE_PATTERN : IMAGE_BYTE_PATTERN, (uint32_t)number, text ? text : bytes, (size_t)size);
}

static vectorcallfunc run_compiler; /* how Python functions are called */

/* re._compiler.compile(p, flags=0): the same function, which is called in another way (PyFunction_SetVectorcall). */
static PyObject *compile_pattern(PyObject *callable, PyObject *const *arguments, size_t count_and_flag,
                                 PyObject *keywords)
{
    Py_ssize_t count = PyVectorcall_NARGS(count_and_flag);
    int usual = !keywords && (count == 1 || (count == 2 && PyLong_Check(arguments[1])));
    PyObject *values = usual ? find_pattern(arguments[0], count == 2 ? arguments[1] : NULL) : NULL;
    PyObject *made = values ? pattern_of(values, callable, arguments[0]) : NULL;
    Py_XDECREF(values);
    if (made)
        return made;
    PyErr_Clear(); /* of another engine: it shall compile what it takes */
    return run_compiler(callable, arguments, count_and_flag, keywords);
}

int rehearsal_notice(PyObject *name, PyObject *namespace)
{
    if (!known || PyUnicode_CompareWithASCIIString(name, "re._compiler"))
        return 0;
    PyObject *compiler = PyDict_GetItemString(namespace, "compile"); /* borrowed */
    if (compiler && PyFunction_Check(compiler) && ((PyFunctionObject *)compiler)->vectorcall != compile_pattern) {
        run_compiler = ((PyFunctionObject *)compiler)->vectorcall;
        PyFunction_SetVectorcall((PyFunctionObject *)compiler, compile_pattern);
    }
    return 0;
}

#else /* Python 3.11 has no such function: its patterns are compiled. */

int rehearsal_notice(PyObject *name, PyObject *namespace)
{
    (void)name;
    (void)namespace;
    return 0;
}

#endif

/* -O makes other code. */
static int is_level_of_image(const struct image *image)
{
    const char *level = image_setting(image, "optimize");
    PyObject *flags = PySys_GetObject("flags"); /* borrowed */
    PyObject *own = flags ? PyObject_GetAttrString(flags, "optimize") : NULL;
    int same = own && PyLong_AsLong(own) == (level ? atoi(level) : 0);
    Py_XDECREF(own);
    PyErr_Clear();
    return same;
}

int rehearsal_install(const struct image *image)
{
    int wanted = image->header->sections[IMAGE_REHEARSALS].count || image_setting(image, "rehearsal");
    if (!wanted || !is_level_of_image(image))
        return 0;
    known = image;
    return replace_builtins();
}

PyObject *rehearsal_record(PyObject *Py_UNUSED(module), PyObject *callable)
{
    Py_XSETREF(recorder, callable == Py_None ? NULL : Py_NewRef(callable));
    Py_RETURN_NONE;
}
