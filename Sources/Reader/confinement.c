/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "confinement.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static void cap(int resource)
{
    const struct rlimit none = {0, 0};
    setrlimit(resource, &none);
}

/* Of two processes that hold the same data the host is the one to keep. */
static void volunteer_for_the_out_of_memory_killer(void)
{
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    if (write(file, "1000", 4) != 4) { /* then it is chosen as any other process */ }
    close(file);
}

void give_up_rights(void)
{
    volunteer_for_the_out_of_memory_killer();
    cap(RLIMIT_CORE);
    cap(RLIMIT_FSIZE);
    /* A core may also go to a program, whatever the limit. */
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
