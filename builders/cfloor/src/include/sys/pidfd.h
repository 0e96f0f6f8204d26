/* The flags of pidfd_open(2). glibc hides the header's content before 2.36, musl has no such header, and the kernel's own
 * (<linux/pidfd.h>) declares structures again that are in <fcntl.h>.
 */
#pragma GCC system_header
#include <fcntl.h>
#if __has_include_next(<sys/pidfd.h>)
#include_next <sys/pidfd.h>
#endif

#ifndef PIDFD_NONBLOCK
#define PIDFD_NONBLOCK O_NONBLOCK
#endif
#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif
