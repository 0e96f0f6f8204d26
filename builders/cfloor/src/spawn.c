/* posix_spawn_file_actions_addclosefrom_np (glibc 2.34): only the C library knows the layout of file actions, so its own
 * function is used where the running one has it. Where it has none the answer is ENOSYS, always and from the first call:
 * whoever offers the function to others asks once (see builders/cpython/patches).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <spawn.h>

#include "lacks.h"

#if defined(__GLIBC__) && LACKS(2, 34)
static int (*native)(posix_spawn_file_actions_t *, int);

__attribute__((constructor)) static void find(void)
{
    *(void **)&native = dlsym(RTLD_DEFAULT, "posix_spawn_file_actions_addclosefrom_np");
}

int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int first)
{
    return native != NULL ? native(actions, first) : ENOSYS;
}
#endif
