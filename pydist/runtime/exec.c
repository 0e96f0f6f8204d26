/* Starting programs that are inside the application, Python among them. See interpose.h.
 *
 * `sys.executable` is a path inside the application, so that a process that is started with it can be told from one
 * that is started with the application's own path: the first is to be a Python, the second the application again.
 *
 * Invariant: between fork and exec the memory may be the parent's, so that nothing is allocated here. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "interpose.h"
#include "process.h"
#include "virtual.h"

/* More cannot be passed on through the smallest stacks that threads have. */
#define MOST_ARGUMENTS 4096

/* For the texts of arguments that are changed, likewise. */
#define MOST_TEXT (64 << 10)

/* Arguments in which the path of the interpreter is one that other programs can start. */
struct reachable {
    char *arguments[MOST_ARGUMENTS + 1];
    char text[MOST_TEXT];
};

/* One more than MOST_ARGUMENTS when there are too many. */
static size_t count(char *const arguments[])
{
    size_t size = 0;
    while (arguments && size <= MOST_ARGUMENTS && arguments[size])
        size++;
    return size;
}

/* Append `argument` to `text`, `from` replaced by `to`. Returns the new size, or 0 when there is no room. */
static size_t append_replaced(char *text, size_t size, const char *argument, const char *from, const char *to)
{
    for (const char *found; argument; argument = found ? found + strlen(from) : NULL) {
        found = strstr(argument, from);
        size_t kept = found ? (size_t)(found - argument) : strlen(argument);
        if (size + kept + strlen(to) + 1 > MOST_TEXT)
            return 0;
        memcpy(text + size, argument, kept);
        size += kept;
        size_t added = found ? strlen(to) : 0;
        memcpy(text + size, to, added);
        size += added;
    }
    text[size] = '\0';
    return size + 1;
}

/* Other programs do not see the files of the application. One that is an argument becomes a descriptor that they
 * inherit, if `inherits`. A shell that is told to start sys.executable finds this program by the number of the
 * `process` that waits for the shell. */
static char *const *make_reachable(struct reachable *made, char *const arguments[], long process, int inherits)
{
    char python[PATH_MAX], other[32];
    const struct image_entry *entry;
    if (!virtual_python() || !virtual_name(virtual_python(), python, sizeof python))
        return arguments;
    size_t size = 0, arguments_size = count(arguments);
    if (arguments_size > MOST_ARGUMENTS)
        return arguments;
    for (size_t at = 0; at < arguments_size; at++) {
        made->arguments[at] = arguments[at];
        int descriptor = -1;
        if (strstr(arguments[at], python))
            snprintf(other, sizeof other, "/proc/%ld/exe", process);
        else if (at && inherits && virtual_find(arguments[at], &entry) == VIRTUAL_FOUND)
            descriptor = virtual_open(entry, O_RDONLY);
        else
            continue;
        if (descriptor >= 0)
            snprintf(other, sizeof other, "/proc/self/fd/%d", descriptor);
        made->arguments[at] = made->text + size;
        size = append_replaced(made->text, size, arguments[at], descriptor < 0 ? python : arguments[at], other);
        if (!size)
            return arguments;
    }
    made->arguments[arguments_size] = NULL;
    return size ? made->arguments : arguments;
}

INTERPOSE(int, execve, const char *path, char *const arguments[], char *const variables[]);
INTERPOSE(int, execv, const char *path, char *const arguments[]);

/* This program as Python where there is no /proc: see process_token. Returns an errno. */
static int execute_with_token(char *const arguments[], char *const variables[])
{
    char *marked[MOST_ARGUMENTS + 2];
    char mark[64];
    size_t size = count(arguments);
    if (!size || size > MOST_ARGUMENTS)
        return size ? E2BIG : EINVAL;
    int token = process_token(mark, sizeof mark);
    if (token < 0)
        return errno;
    marked[0] = arguments[0];
    marked[1] = mark;
    memcpy(marked + 2, arguments + 1, size * sizeof *arguments); /* with the NULL behind them */
    syscall(SYS_execve, process_executable(), marked, variables);
    int error = errno;
    close(token);
    return error;
}

/* Returns an errno. */
static int execute_memory(const struct image_entry *entry, char *const arguments[], char *const variables[])
{
    int descriptor = virtual_open(entry, O_RDONLY); /* inherited: interpreters of scripts open it again */
    if (descriptor < 0)
        return errno;
    syscall(SYS_execveat, descriptor, "", arguments, variables, AT_EMPTY_PATH);
    int error = errno;
    close(descriptor);
    return error;
}

/* Returns an errno. */
static int execute_python(char *const arguments[], char *const variables[])
{
    syscall(SYS_execve, PROCESS_PYTHON, arguments, variables);
    return errno == ENOENT ? execute_with_token(arguments, variables) : errno;
}

/* What the kernel makes of the arguments of a script: the script's path after the first. */
struct script {
    char *arguments[MOST_ARGUMENTS + 1];
    char path[PATH_MAX];
};

/* Whether `entry` is a script of Python's; `made` is filled in then. errno says what is wrong, and is 0 otherwise. */
static int is_script(const struct image_entry *entry, char *const arguments[], struct script *made)
{
    errno = 0;
    if (!virtual_is_script(entry))
        return 0;
    size_t size = count(arguments);
    if (size + 1 > MOST_ARGUMENTS)
        errno = E2BIG;
    else if (virtual_name(entry, made->path, sizeof made->path)) {
        made->arguments[0] = size ? arguments[0] : made->path;
        made->arguments[1] = made->path;
        made->arguments[2] = NULL;
        if (size)
            memcpy(made->arguments + 2, arguments + 1, size * sizeof *arguments); /* with the NULL behind them */
    }
    return 1;
}

static int execute(const struct image_entry *entry, char *const arguments[], char *const variables[])
{
    struct script script;
    int error = virtual_access(entry, X_OK) ? errno : 0;
    if (!error && entry == virtual_python())
        error = execute_python(arguments, variables);
    else if (!error && is_script(entry, arguments, &script))
        error = errno ? errno : execute_python(script.arguments, variables);
    else if (!error)
        error = execute_memory(entry, arguments, variables);
    errno = error;
    return -1;
}

int our_execve(const char *path, char *const arguments[], char *const variables[])
{
    const struct image_entry *entry;
    struct reachable reachable;
    switch (virtual_find_anyhow(path, &entry)) {
    case VIRTUAL_FOUND:
        return execute(entry, arguments, variables);
    case VIRTUAL_MISSING:
        return -1;
    default:
        if (process_is_child())
            arguments = make_reachable(&reachable, arguments, (long)getppid(), 1);
        return (int)syscall(SYS_execve, path, arguments, variables);
    }
}

int our_execv(const char *path, char *const arguments[])
{
    return our_execve(path, arguments, environ);
}

#ifdef __GLIBC__ /* musl's functions call execve, glibc's have their own */

INTERPOSE(int, posix_spawn, pid_t *child, const char *path, const posix_spawn_file_actions_t *actions,
          const posix_spawnattr_t *attributes, char *const arguments[], char *const variables[]);
INTERPOSE(int, posix_spawnp, pid_t *child, const char *path, const posix_spawn_file_actions_t *actions,
          const posix_spawnattr_t *attributes, char *const arguments[], char *const variables[]);

static int spawn(__typeof__(our_posix_spawn) *next, pid_t *child, const char *path,
                 const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                 char *const arguments[], char *const variables[])
{
    const struct image_entry *entry;
    enum virtual_answer answer = virtual_find_anyhow(path, &entry);
    if (answer == VIRTUAL_MISSING || (answer == VIRTUAL_FOUND && virtual_access(entry, X_OK)))
        return errno;
    struct reachable reachable;
    if (answer == VIRTUAL_ELSEWHERE) {
        arguments = make_reachable(&reachable, arguments, (long)getpid(), 0);
        return next(child, path, actions, attributes, arguments, variables);
    }
    struct script script;
    int as_script = entry != virtual_python() && is_script(entry, arguments, &script);
    if (as_script && errno)
        return errno;
    if (as_script)
        arguments = script.arguments;
    if (as_script || entry == virtual_python())
        return next(child, PROCESS_PYTHON, actions, attributes, arguments, variables);
    int descriptor = virtual_open(entry, O_RDONLY);
    if (descriptor < 0)
        return errno;
    /* The parent's descriptor, because the actions may close the child's. */
    char program[64];
    snprintf(program, sizeof program, "/proc/%ld/fd/%d", (long)getpid(), descriptor);
    int error = next(child, program, actions, attributes, arguments, variables);
    close(descriptor);
    return error;
}

int our_posix_spawn(pid_t *child, const char *path, const posix_spawn_file_actions_t *actions,
                    const posix_spawnattr_t *attributes, char *const arguments[], char *const variables[])
{
    return spawn(NEXT(posix_spawn), child, path, actions, attributes, arguments, variables);
}

int our_posix_spawnp(pid_t *child, const char *path, const posix_spawn_file_actions_t *actions,
                     const posix_spawnattr_t *attributes, char *const arguments[], char *const variables[])
{
    return spawn(NEXT(posix_spawnp), child, path, actions, attributes, arguments, variables);
}

INTERPOSE(int, system, const char *command);

int our_system(const char *command)
{
    struct reachable reachable;
    char *const arguments[] = {(char *)command, NULL};
    return NEXT(system)(make_reachable(&reachable, arguments, (long)getpid(), 0)[0]);
}

#endif
