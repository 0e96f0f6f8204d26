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

INTERPOSE(int, execve, const char *path, char *const arguments[], char *const variables[]);
INTERPOSE(int, execv, const char *path, char *const arguments[]);

/* This program as Python where there is no /proc: see process_token. Returns an errno. */
static int execute_with_token(char *const arguments[], char *const variables[])
{
    const char *marked[MOST_ARGUMENTS + 2];
    char mark[64];
    size_t size = 0;
    for (; arguments[size]; size++) {
        if (size == MOST_ARGUMENTS)
            return E2BIG;
        marked[size + (size > 0)] = arguments[size];
    }
    int token = process_token(mark, sizeof mark);
    if (token < 0 || !size)
        return token < 0 ? errno : EINVAL;
    marked[1] = mark;
    marked[size + 1] = NULL;
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

static int execute(const struct image_entry *entry, char *const arguments[], char *const variables[])
{
    int error = virtual_access(entry, X_OK) ? errno : 0;
    if (!error && entry != virtual_python())
        error = execute_memory(entry, arguments, variables);
    else if (!error) {
        syscall(SYS_execve, PROCESS_PYTHON, arguments, variables);
        error = errno == ENOENT ? execute_with_token(arguments, variables) : errno;
    }
    errno = error;
    return -1;
}

int our_execve(const char *path, char *const arguments[], char *const variables[])
{
    const struct image_entry *entry;
    switch (virtual_find(path, &entry)) {
    case VIRTUAL_FOUND:
        return execute(entry, arguments, variables);
    case VIRTUAL_MISSING:
        return -1;
    default:
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
    enum virtual_answer answer = virtual_find(path, &entry);
    if (answer == VIRTUAL_MISSING || (answer == VIRTUAL_FOUND && virtual_access(entry, X_OK)))
        return errno;
    if (answer == VIRTUAL_ELSEWHERE || entry == virtual_python())
        return next(child, answer == VIRTUAL_FOUND ? PROCESS_PYTHON : path, actions, attributes, arguments, variables);
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

#endif
