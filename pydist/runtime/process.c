/* What the kernel tells a process about itself: where its image is mapped and which file it was started from. */
#define _GNU_SOURCE
#include "memory.h"
#include "process.h"
#include "runtime.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The image is the read-only segment that begins with its magic bytes. Needs no file and no /proc. */
static const char *find_image(struct image *image)
{
    const ElfW(Phdr) *header = (const void *)getauxval(AT_PHDR);
    size_t count = getauxval(AT_PHNUM);
    for (size_t i = 0; header && i < count; i++) {
        if (header[i].p_type != PT_LOAD || header[i].p_flags != PF_R || header[i].p_filesz < sizeof IMAGE_MAGIC)
            continue;
        /* The addresses in the headers are those in memory: the file is linked as non-PIE. */
        const void *base = (const void *)header[i].p_vaddr;
        if (memcmp(base, IMAGE_MAGIC, sizeof IMAGE_MAGIC - 1) == 0)
            return image_open(image, base, header[i].p_filesz);
    }
    return "no image is attached to this program: strip takes it away; link it again";
}

static sigjmp_buf beyond_end;

static void jump_out(int number)
{
    (void)number;
    siglongjmp(beyond_end, 1);
}

/* The kernel maps a segment whether or not the file is as long as its headers say; touching what is missing raises
 * SIGBUS. Opening an image looks at its last bytes, so that this happens here or never. */
static const char *find_whole_image(struct image *image)
{
    struct sigaction before, action = {.sa_handler = jump_out};
    const char *volatile fault = "this file has been cut short";
    sigaction(SIGBUS, &action, &before);
    if (sigsetjmp(beyond_end, 1) == 0)
        fault = find_image(image);
    sigaction(SIGBUS, &before, NULL);
    return fault;
}

/* `name` below the working folder, when it is not absolute already. */
static char *make_absolute(const char *name)
{
    if (name[0] == '/')
        return strdup(name);
    while (name[0] == '.' && name[1] == '/')
        name += 2;
    char *folder = getcwd(NULL, 0);
    if (!folder)
        return NULL;
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s/%s", strcmp(folder, "/") ? folder : "", name);
    free(folder);
    return path;
}

static char *find_executable(void)
{
    char buffer[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", buffer, sizeof buffer - 1);
    if (size > 0) {
        buffer[size] = '\0';
        return strdup(buffer);
    }
    /* No /proc, in an empty chroot for example: the name that execve was given. */
    const char *name = (const char *)getauxval(AT_EXECFN);
    return name ? make_absolute(name) : NULL;
}

/* What begins the first argument of a process that was given a token. */
#define MARK "\x1fpython"

int process_is_child(void)
{
    return getpid() != runtime.process;
}

const char *process_executable(void)
{
    return runtime.executable;
}

/* Arguments are not enough, because others than the application may choose them (sudo, ssh): the descriptor that they
 * name must be sealed memory that holds the mark, which only a process that starts this one can leave open. The
 * standard streams do not count: sudo and ssh pass them on. */
int process_token(char *mark, size_t size)
{
    int memory = memory_sealed("pydist", MARK, sizeof MARK - 1, MFD_CLOEXEC);
    if (memory < 0)
        return -1;
    int token = fcntl(memory, F_DUPFD, STDERR_FILENO + 1), error = errno;
    close(memory);
    errno = error;
    snprintf(mark, size, "%s:%d", MARK, token);
    return token;
}

static int has_token(int argc, char **argv)
{
    size_t size = sizeof MARK - 1;
    char content[sizeof MARK + 1], *end;
    if (argc < 2 || strncmp(argv[1], MARK, size) || argv[1][size] != ':')
        return 0;
    long number = strtol(argv[1] + size + 1, &end, 10);
    if (*end || number <= STDERR_FILENO || number > INT_MAX || !memory_is_sealed((int)number))
        return 0;
    if (pread((int)number, content, sizeof content, 0) != (ssize_t)size || memcmp(content, MARK, size))
        return 0;
    close((int)number);
    return 1;
}

/* "/proc/self/exe", or the number of a process. */
static int is_name_of_python(const char *name)
{
    if (strncmp(name, "/proc/", 6))
        return 0;
    const char *who = name + 6;
    size_t digits = strspn(who, "0123456789");
    return strcmp(name, PROCESS_PYTHON) == 0 || (digits && strcmp(who + digits, "/exe") == 0);
}

enum process_kind process_kind(int argc, char **argv)
{
    const char *name = (const char *)getauxval(AT_EXECFN);
    if (name && is_name_of_python(name))
        return PROCESS_IS_PYTHON;
    return has_token(argc, argv) ? PROCESS_HAS_MARK : PROCESS_IS_APPLICATION;
}

const char *process_inspect(struct runtime *runtime)
{
    const char *fault = find_whole_image(&runtime->image);
    if (fault)
        return fault;
    runtime->process = getpid();
    runtime->executable = find_executable();
    if (!runtime->executable)
        return strerror(errno);
    if (runtime->as_python) /* the kernel has named it `exe` */
        prctl(PR_SET_NAME, strrchr(runtime->executable, '/') + 1);
    return NULL;
}
