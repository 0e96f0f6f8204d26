/* Memory that is opened, mapped and inherited as a file is. Knows nothing of images. */
#ifndef PYDIST_MEMORY_H
#define PYDIST_MEMORY_H

#include <stdint.h>
#include <sys/mman.h>

/* A descriptor of memory that holds `size` bytes and can be changed until it is sealed, or -1 with errno. `flags` is 0 or
 * MFD_CLOEXEC; `name` is what the kernel shows. */
int memory_copy(const char *name, const void *bytes, uint64_t size, unsigned flags);

/* From here on the memory stays as it is. Returns 0, or -1 with errno. */
int memory_seal(int descriptor);

/* Both. */
int memory_sealed(const char *name, const void *bytes, uint64_t size, unsigned flags);

int memory_is_sealed(int descriptor);

#endif
