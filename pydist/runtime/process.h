/* What one process of an application tells another: that it is to be a Python. Knows nothing of Python itself. */
#ifndef PYDIST_PROCESS_H
#define PYDIST_PROCESS_H

#include <stddef.h>

/* A process that is started by this name is a Python. Only this program can start itself by it: for all others it is the
 * name of theirs. The same holds for the number of a process in the place of `self`, which shells are given. */
#define PROCESS_PYTHON "/proc/self/exe"

/* Whether this is a child that has not started a program yet: the one above is the application, too. */
int process_is_child(void);

/* The absolute path of the application's file. */
const char *process_executable(void);

/* Where there is no /proc: a descriptor that makes a Python of the process that inherits it and has `mark`, of which `size` bytes are written,
 * as its first argument. -1 with errno when there is none to be had. */
int process_token(char *mark, size_t size);

enum process_kind { PROCESS_IS_APPLICATION, PROCESS_IS_PYTHON, PROCESS_HAS_MARK };

/* What this process is to be. One that has a mark is a Python, too; its token is closed. */
enum process_kind process_kind(int argc, char **argv);

#endif
