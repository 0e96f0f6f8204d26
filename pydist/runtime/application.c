/* Running the application with the Python that this was compiled for. */
#include "interpreter.h"
#include "trace.h"

struct runtime *application;

int application_run(struct runtime *runtime)
{
    application = runtime;
    if (Py_Version != PY_VERSION_HEX || runtime->image.header->python_hex != PY_VERSION_HEX) {
        fprintf(stderr, "pydist: %s: the image was made for another version of Python\n", runtime->executable);
        return EXIT_NOT_STARTED;
    }
    trace_phase(runtime->trace, "interpreter");
    PyStatus status = interpreter_start(runtime);
    if (PyStatus_Exception(status))
        Py_ExitStatusException(status);
    return entry_run(runtime);
}
