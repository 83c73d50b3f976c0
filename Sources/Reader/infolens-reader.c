/* SPDX-License-Identifier: Apache-2.0 */
/*
 * infolens-reader LIBRARY DESCRIPTOR
 *
 * The other process of `isolate`: gives up what reading does not need, loads the library that started it, and lets it
 * answer on the socket. Nobody else has a use for it. Exit codes: 0 the other side is gone, 2 usage, 3 the library
 * cannot be loaded, 4 it is none that can serve, 5 it cannot answer.
 */
#define _GNU_SOURCE
#include "confinement.h"

#include <dlfcn.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Ends the process when whoever started it is gone, whatever libhdf5 is doing then. The kernel can do so at the end
 * of the thread that started it, which is not meant: the library's callers come and go on threads of their own.
 */
static void *watch(void *argument)
{
    struct pollfd socket = {*(const int *)argument, POLLRDHUP, 0};
    while (poll(&socket, 1, -1) <= 0) {}
    _exit(0);
    return NULL;
}

int main(int argc, char **argv)
{
    static int descriptor;
    char *end = NULL;
    long number = argc == 3 ? strtol(argv[2], &end, 10) : -1;
    if (number < 0 || number > INT32_MAX || end == argv[2] || *end != '\0') return 2;
    descriptor = (int)number;

    give_up_rights();
    /* A damaged file may end this process; that is told by its status and by nothing else. */
    setenv("SWIFT_BACKTRACE", "enable=no", 1);
    /* Each arena takes 64 MB of the address space. */
    mallopt(M_ARENA_MAX, 4);

    forbid_system_calls();
    pthread_t watcher;
    if (pthread_create(&watcher, NULL, watch, &descriptor) != 0) return 5;

    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) _exit(3);
    union {
        void *symbol;
        int32_t (*serve)(int32_t);
    } entry = {dlsym(library, "il_reader_serve")};
    if (entry.symbol == NULL) _exit(4);
    /* Without the handlers of exit(): of what they would put in order nothing is left behind. */
    _exit(entry.serve(descriptor) == 0 ? 0 : 5);
}
