/* Calls every function of builders/cfloor and says for each what came back: one line "name result" a function.
 *
 * With the argument `old-kernel`, the kernel says ENOSYS to all system calls that are newer than Linux 3.10.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64 /* as CPython */
#define _LARGEFILE64_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <semaphore.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void say(const char *name, int good)
{
    const char *result = good ? "works" : errno == ENOSYS ? "ENOSYS" : errno == EIO ? "EIO" : strerror(errno);
    printf("%s %s\n", name, !good && errno == EOPNOTSUPP ? "EOPNOTSUPP" : result);
}

static void refuse_new_calls(void)
{
    static const int calls[] = {SYS_getrandom, SYS_memfd_create, SYS_copy_file_range, SYS_preadv2, SYS_pwritev2,
                                SYS_close_range};
    enum { COUNT = sizeof(calls) / sizeof(calls[0]) };
    struct sock_filter rules[COUNT + 3];
    rules[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (int i = 0; i < COUNT; i++) {
        rules[i + 1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i], COUNT - i, 0);
    }
    rules[COUNT + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    rules[COUNT + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
    struct sock_fprog program = {.len = COUNT + 3, .filter = rules};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
        perror("seccomp");
        _exit(3);
    }
}

static int filled(const unsigned char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i]) {
            return 1;
        }
    }
    return 0;
}

static void files(void)
{
    char text[8] = "floored", back[8] = "";
    struct iovec out = {text, 7}, in = {back, 7};
    char name[] = "/tmp/floor-XXXXXX", other[] = "/tmp/floor-XXXXXX";
    int fd = mkstemp(name), copy = mkstemp(other), memory;
    unlink(name);
    unlink(other);
    say("pwritev2", pwritev2(fd, &out, 1, 3, 0) == 7);
    say("pwritev2-position", pwritev2(fd, &out, 1, -1, 0) == 7 && lseek(fd, 0, SEEK_CUR) == 7);
    say("preadv2", preadv2(fd, &in, 1, 0, 0) == 7 && memcmp(text, back, 7) == 0);
    say("preadv2-flag", preadv2(fd, &in, 1, 0, RWF_HIPRI) == 7);
    off64_t from = 1, to = 2;
    say("copy_file_range", copy_file_range(fd, &from, copy, &to, 3, 0) == 3 && from == 4 && to == 5);
    memory = memfd_create("floor", MFD_CLOEXEC);
    say("memfd_create", memory >= 0 && fcntl(memory, F_GETFD) == FD_CLOEXEC);
}

static void randomness(void)
{
    unsigned char bytes[257] = {0};
    say("getrandom", getrandom(bytes, 64, GRND_NONBLOCK) == 64 && filled(bytes, 64));
    memset(bytes, 0, sizeof(bytes));
    say("getentropy", getentropy(bytes, 256) == 0 && filled(bytes, 256));
    say("getentropy-257", getentropy(bytes, 257) == 0);
    explicit_bzero(bytes, sizeof(bytes));
    say("explicit_bzero", !filled(bytes, sizeof(bytes)));
}

static double wait_for(sem_t *semaphore, clockid_t clock, double seconds, int *error)
{
    struct timespec start, deadline, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    clock_gettime(clock, &deadline);
    deadline.tv_nsec += (long)(seconds * 1e9);
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_nsec -= 1000000000;
        deadline.tv_sec++;
    }
    *error = sem_clockwait(semaphore, clock, &deadline) == 0 ? 0 : errno;
    clock_gettime(CLOCK_MONOTONIC, &end);
    return (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
}

static void locks(void)
{
    sem_t semaphore;
    int error;
    sem_init(&semaphore, 0, 1);
    say("sem_clockwait", (wait_for(&semaphore, CLOCK_MONOTONIC, 0.5, &error), error == 0));
    double waited = wait_for(&semaphore, CLOCK_MONOTONIC, 0.05, &error);
    say("sem_clockwait-timeout", error == ETIMEDOUT && waited >= 0.05);
    waited = wait_for(&semaphore, CLOCK_REALTIME, 0.05, &error);
    say("sem_clockwait-realtime", error == ETIMEDOUT && waited >= 0.04);
    sem_post(&semaphore);
    struct timespec past = {0, 0};
    say("sem_clockwait-past", sem_clockwait(&semaphore, CLOCK_MONOTONIC, &past) == 0);
    errno = 0;
    say("sem_clockwait-past-timeout", sem_clockwait(&semaphore, CLOCK_MONOTONIC, &past) && errno == ETIMEDOUT);
    errno = 0;
    say("sem_clockwait-other-clock", sem_clockwait(&semaphore, CLOCK_BOOTTIME, &past) && errno == EINVAL);
}

static void descriptors(void)
{
    /* Few enough to be closed one by one. */
    struct rlimit limit = {256, 256};
    setrlimit(RLIMIT_NOFILE, &limit);
    int first = dup2(1, 100), second = dup2(1, 101);
    say("close_range", close_range(100, 100, 0) == 0 && fcntl(first, F_GETFD) == -1 && fcntl(second, F_GETFD) != -1);
    closefrom(100);
    say("closefrom", fcntl(second, F_GETFD) == -1 && fcntl(1, F_GETFD) != -1);
}

static void spawning(void)
{
#ifdef __GLIBC__
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status = 1;
    char *arguments[] = {"sh", "-c", "! test -e /proc/self/fd/77", NULL}, *none[] = {NULL};
    dup2(1, 77);
    posix_spawn_file_actions_init(&actions);
    errno = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    if (errno == 0) {
        posix_spawn(&child, "/bin/sh", &actions, NULL, arguments, none);
        waitpid(child, &status, 0);
    }
    say("addclosefrom_np", status == 0);
#endif
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        refuse_new_calls();
    }
    files();
    randomness();
    locks();
    spawning();
    descriptors();
    return 0;
}
