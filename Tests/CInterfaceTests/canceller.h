/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that asks again and again for the calls of a context to stop. */
#ifndef CANCELLER_H
#define CANCELLER_H

#include "check.h"
#include <pthread.h>
#include <time.h>

struct canceller {
    il_context *context;
    volatile int stop; /* one writer, one reader, no data behind it */
};

static inline void *cancel_until_told(void *argument)
{
    struct canceller *job = (struct canceller *)argument;
    const struct timespec pause = {0, 1000000};
    while (!job->stop) {
        il_context_cancel(job->context);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

#endif
