#!/bin/sh
# libuuid out of util-linux, compiled directly: the package's configure takes minutes to answer what is fixed here.
set -eu
flags="$CFLAGS -D_GNU_SOURCE -Iinclude -Ilibuuid/src -include config.h -I."
cat > config.h <<'CONFIG'
#define HAVE_ERR_H 1
#define HAVE_JRAND48 1
#define HAVE_LOCALTIME_R 1
#define HAVE_LOFF_T 1
#define HAVE_NANOSLEEP 1
#define HAVE_USLEEP 1
#define HAVE_NET_IF_H 1
#define HAVE_NETINET_IN_H 1
#define HAVE_PROGRAM_INVOCATION_SHORT_NAME 1
#define HAVE_SRANDOM 1
#define HAVE_STDINT_H 1
#define HAVE_STDLIB_H 1
#define HAVE_STRINGS_H 1
#define HAVE_SYS_FILE_H 1
#define HAVE_SYS_IOCTL_H 1
#define HAVE_SYS_SOCKET_H 1
#define HAVE_SYS_SYSCALL_H 1
#define HAVE_SYS_TIME_H 1
#define HAVE_SYS_UN_H 1
#define HAVE_TLS 1
#define HAVE_UNISTD_H 1
#define TLS __thread
#define _PATH_LOCALSTATEDIR "/var"
#define _PATH_RUNSTATEDIR "/run"
CONFIG
# Younger than the oldest glibc; the sources have a system call and a function of their own instead.
case $TRIPLE in
*-musl) printf '#define HAVE_%s 1\n' GETRANDOM REALLOCARRAY >> config.h ;;
esac
names="clear compare copy gen_uuid isnull pack parse unpack unparse uuid_time predefined"
compile-library "$OUT/lib/libuuid.a" "$flags" $(printf 'libuuid/src/%s.c ' $names) lib/randutils.c lib/md5.c lib/sha1.c
mkdir -p "$OUT/include/uuid"
cp libuuid/src/uuid.h "$OUT/include/uuid/"
