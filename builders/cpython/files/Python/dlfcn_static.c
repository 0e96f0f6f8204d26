/* dlopen() for a static executable: the executable itself is the one library there is.
 *
 * musl's own versions, weak symbols in libc.a, always fail, and `import ctypes` with them, because it opens the running
 * program. These find the names in Python/dlsym_table.c, which the build generates, so that no file is read.
 * Names of the C library are taken for the executable as well, since it contains what they would have given.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct dlsym_row {
    const char *name;
    void *address;
};

extern const struct dlsym_row _pydist_dlsym_table[];  /* sorted by name (strcmp) */
extern const size_t _pydist_dlsym_count;

/* platform.libc_ver() looks for such a name in the file of the interpreter. Dynamic ones have it from their loader. */
static const char c_library[] __attribute__((used, retain)) = "libc.musl.so.1";

static char self;  /* its address is the one handle there is */
static _Thread_local char message[256];
static _Thread_local int pending;

static void fail(const char *what, const char *name)
{
    snprintf(message, sizeof message, "%s: %s", name, what);
    pending = 1;
}

static int means_self(const char *name)
{
    static const char *const stems[] = {"libc.", "libm.", "libpthread.", "libdl.", "librt.", "libutil.", "libpython3."};
    if (name == NULL || *name == '\0') {
        return 1;
    }
    for (size_t i = 0; i < sizeof stems / sizeof *stems; i++) {
        if (strncmp(name, stems[i], strlen(stems[i])) == 0) {
            return 1;
        }
    }
    return 0;
}

void *dlopen(const char *name, int mode)
{
    (void)mode;
    if (means_self(name)) {
        return &self;
    }
    fail("a static executable cannot load shared libraries", name);
    return NULL;
}

void *dlsym(void *restrict handle, const char *restrict name)
{
    (void)handle;  /* the executable, RTLD_DEFAULT or RTLD_NEXT: all the same here */
    size_t low = 0, high = _pydist_dlsym_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, _pydist_dlsym_table[middle].name);
        if (order == 0 && _pydist_dlsym_table[middle].address != NULL) {
            return _pydist_dlsym_table[middle].address;
        }
        if (order == 0) {
            break;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    fail("symbol not found in this static executable", name);
    return NULL;
}

int dlclose(void *handle)
{
    (void)handle;
    return 0;
}

char *dlerror(void)
{
    if (!pending) {
        return NULL;
    }
    pending = 0;
    return message;
}
