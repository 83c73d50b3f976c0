/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "processes.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int set_up(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int32_t socket)
{
    sigset_t none, all;
    int error = 0;
    sigemptyset(&none);
    sigfillset(&all);
    /* The socket first: its number may be one of those that are opened over. Onto itself it is kept open. */
    if (!error) error = posix_spawn_file_actions_adddup2(actions, socket, CP_SOCKET);
    if (!error) error = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (!error) error = posix_spawn_file_actions_addopen(actions, 1, "/dev/null", O_WRONLY, 0);
    if (!error) error = posix_spawn_file_actions_addopen(actions, 2, "/dev/null", O_WRONLY, 0);
    if (!error) error = posix_spawn_file_actions_addclosefrom_np(actions, CP_SOCKET + 1);
    if (!error) error = posix_spawnattr_setsigmask(attributes, &none);
    if (!error) error = posix_spawnattr_setsigdefault(attributes, &all);
    if (!error)
        error = posix_spawnattr_setflags(
            attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return error;
}

int32_t cp_spawn(const char *program, const char *library, int32_t socket, cp_process *process)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char number[16];
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return -error;
    error = posix_spawnattr_init(&attributes);
    if (error) {
        posix_spawn_file_actions_destroy(&actions);
        return -error;
    }
    snprintf(number, sizeof number, "%d", CP_SOCKET);
    char *arguments[] = {(char *)program, (char *)library, number, NULL};
    error = set_up(&actions, &attributes, socket);
    if (!error) error = posix_spawn(&process->id, program, &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error) return -error;
#ifdef SYS_pidfd_open
    process->descriptor = (int32_t)syscall(SYS_pidfd_open, process->id, 0);
#else
    process->descriptor = -1;
#endif
    return 0;
}

void cp_kill(cp_process process)
{
#ifdef SYS_pidfd_send_signal
    if (process.descriptor >= 0) {
        syscall(SYS_pidfd_send_signal, process.descriptor, SIGKILL, NULL, 0);
        return;
    }
#endif
    kill(process.id, SIGKILL);
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int32_t cp_await(cp_process process, int32_t milliseconds, int32_t *status)
{
    const int64_t end = now() + milliseconds;
    for (;;) {
        int raw = 0;
        const pid_t ended = waitpid(process.id, &raw, WNOHANG);
        if (ended == process.id) {
            *status = raw;
            return 1;
        }
        if (ended < 0 && errno != EINTR) return -errno;
        const int64_t left = end - now();
        if (left <= 0) return 0;
        if (process.descriptor >= 0) {
            /* Readable when it has ended. */
            struct pollfd wanted = {process.descriptor, POLLIN, 0};
            poll(&wanted, 1, (int)left);
        } else {
            const struct timespec pause = {0, 1000000};
            nanosleep(&pause, NULL);
        }
    }
}

int32_t cp_signal_of(int32_t status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }

int32_t cp_exit_code_of(int32_t status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }

const char *cp_own_file(void)
{
    Dl_info found;
    /* A function pointer as an object pointer: POSIX demands that dladdr can be asked so. */
    union {
        int32_t (*function)(int32_t *);
        const void *address;
    } here = {cp_socket_pair};
    return dladdr(here.address, &found) ? found.dli_fname : NULL;
}

const char *cp_environment(const char *name) { return secure_getenv(name); }

void cp_allow_address_space(int64_t bytes)
{
    static int64_t allowed;
    static rlim_t found;
    struct rlimit limit;
    if (bytes <= allowed || getrlimit(RLIMIT_AS, &limit) != 0) return;
    /* What the host lives with is enough for this process too. */
    if (allowed == 0) found = limit.rlim_cur;
    allowed = bytes;
    limit.rlim_cur = (rlim_t)bytes < found ? (rlim_t)bytes : found;
    setrlimit(RLIMIT_AS, &limit);
}
