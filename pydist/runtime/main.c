/* The program that every linked application is: find the image, mount it, and run the application. */
#include "process.h"
#include "runtime.h"
#include "trace.h"
#include "virtual.h"

#include <stdio.h>

/* Gives the file a PT_NOTE program header. Linking an application turns that header into the PT_LOAD that maps the
 * image (pydist/binary/elf_edit.py), which is why the note must exist and needs no content. */
struct spare_note {
    uint32_t name_size, description_size, type;
    char name[8];
};
__attribute__((section(".note.pydist"), used, aligned(4))) static const struct spare_note spare_note = {
    .name_size = sizeof "pydist", .description_size = 0, .type = 1, .name = "pydist"};

struct runtime runtime;

int main(int argc, char **argv)
{
    enum process_kind kind = process_kind(argc, argv);
    runtime.as_python = kind != PROCESS_IS_APPLICATION;
    if (kind == PROCESS_HAS_MARK) {
        argv[1] = argv[0];
        argv++;
        argc--;
    }
    runtime.argc = argc;
    runtime.argv = argv;
    if (!runtime.as_python) /* children of the application would write over its file */
        runtime.trace = trace_start(&runtime);
    trace_phase(runtime.trace, "mapping");
    const char *fault = process_inspect(&runtime);
    if (fault) {
        fprintf(stderr, "pydist: %s: %s\n", argc > 0 ? argv[0] : "application", fault);
        return EXIT_NOT_STARTED;
    }
    virtual_mount(&runtime.image, runtime.executable);
    return application_run(&runtime);
}
