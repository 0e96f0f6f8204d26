/* Shared objects whose code is mapped from the application's own file. See in_place.c. */
#ifndef PYDIST_IN_PLACE_H
#define PYDIST_IN_PLACE_H

#include "image.h"

/* As memory_copy(), of a shared object that is in the image, but without what in_place_finish() brings. -1 with errno
 * where that cannot be: it has to be copied whole then. */
int in_place_copy(const char *name, const void *bytes, uint64_t size, unsigned flags);

/* Bring the rest of what was loaded as `handle`, and let it initialise itself. */
void in_place_finish(void *handle, const void *bytes, uint64_t size);

#endif
