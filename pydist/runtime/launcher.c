/* Running the application with a Python that is a file in the image: libpython is loaded from memory, and with it the
 * half of the run time that needs it. That half has an application_run of its own, which runs the application. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>

#include "runtime.h"
#include "trace.h"

static void *load(const struct runtime *runtime)
{
    char path[PATH_MAX];
    const char *name = image_setting(&runtime->image, "launch");
    if (!name || snprintf(path, sizeof path, "%s/%s", runtime->executable, name) >= (int)sizeof path)
        return NULL;
    /* What the image says it needs comes before it (native.c), libpython too. For all who come later, because most
     * extension modules do not say that they need libpython. */
    return dlopen(path, RTLD_LAZY | RTLD_GLOBAL);
}

int application_run(struct runtime *runtime)
{
    trace_phase(runtime->trace, "library");
    void *half = load(runtime);
    int (*run)(struct runtime *) = half ? (int (*)(struct runtime *))dlsym(half, "application_run") : NULL;
    if (run)
        return run(runtime);
    const char *fault = dlerror();
    fprintf(stderr, "pydist: %s: Python cannot be loaded: %s\n", runtime->executable,
            fault ? fault : "the image does not say where it is");
    return EXIT_NOT_STARTED;
}
