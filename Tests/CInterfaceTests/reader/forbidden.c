/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands in for the library in infolens-reader, tries what a file that has taken that process over would try, and
 * tells on the descriptor what was possible. Nothing but reading shall be.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char report[4096];

static void note(int happened, const char *what)
{
    if (!happened) return;
    strncat(report, what, sizeof report - strlen(report) - 2);
    strcat(report, "\n");
}

static void *nothing(void *argument) { return argument; }

int32_t il_reader_serve(int32_t descriptor)
{
    char *const words[] = {(char *)"/bin/true", NULL};
    char byte;
    pthread_t thread;
    struct rlimit limit;

    note(open("/tmp/infolens-forbidden", O_WRONLY | O_CREAT, 0600) >= 0, "made a file");
    note(open("/tmp", O_RDWR | O_TMPFILE, 0600) >= 0, "made a file without a name");
    note(open("/dev/null", O_RDWR) >= 0, "opened something for writing");
    note(mkdir("/tmp/infolens-forbidden.d", 0700) == 0, "made a folder");
    note(unlink("/tmp/infolens-forbidden") == 0 || errno != EPERM, "removed a file");
    note(rename("/tmp/infolens-forbidden", "/tmp/infolens-forbidden2") == 0 || errno != EPERM, "renamed a file");
    note(chmod("/tmp", 01777) == 0, "changed a file's mode");

    const pid_t child = fork();
    if (child == 0) _exit(0);
    note(child > 0, "forked");
    const pid_t other = vfork();
    if (other == 0) _exit(0);
    note(other > 0, "forked sharing memory");
    note(execve("/bin/true", words, words + 1) == 0 || errno != EPERM, "started a program");
    note(kill(getppid(), 0) == 0, "signalled its parent");
    note(syscall(SYS_tgkill, getppid(), getppid(), 0) == 0, "signalled a thread of its parent");
    note(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0, "traced its parent");
    note(syscall(SYS_prlimit64, getppid(), RLIMIT_CORE, NULL, &limit) == 0, "asked for its parent's limits");
    note(socket(AF_INET, SOCK_STREAM, 0) >= 0, "made a network socket");
    note(socket(AF_UNIX, SOCK_STREAM, 0) >= 0, "made a local socket");
    note(prctl(PR_GET_DUMPABLE) != 0, "could leave a core");
    note(getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur != 0, "could write files");
    note(read(STDIN_FILENO, &byte, 1) > 0, "read the standard input");

    /* What reading needs goes on. */
    const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    note(file < 0 || read(file, &byte, 1) != 1, "could not read a file");
    note(pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0, "could not make a thread");
    note(getrlimit(RLIMIT_NOFILE, &limit) != 0, "could not ask for its limits");

    strcat(report, "done\n");
    return write(descriptor, report, strlen(report)) > 0 ? 0 : 1;
}
