/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processors, threads, and the floating-point environment. Hosts (other numerical libraries among them)
 * may have set flush-to-zero or another rounding direction; kernels run under
 * the default one, and the host's is put back afterwards.
 */
#ifndef CN_ENVIRONMENT_H
#define CN_ENVIRONMENT_H

#include <fenv.h>
#include <pthread.h>
#include <stdint.h>

/* Processors that this process may use, at least 1. */
int32_t cn_processors(void);

/* Asks for large pages where they lie wholly in `count` bytes of memory: fewer faults at the first use. */
void cn_prefer_large_pages(void *memory, int64_t count);

/* Waits for a thread's end, so long at most; 0 where it still runs. */
int32_t cn_join(pthread_t thread, int32_t milliseconds);

/* Saves the calling thread's environment and sets the default. Threads created meanwhile inherit it. */
static inline fenv_t cn_enter_default_environment(void) {
    fenv_t saved;
    fegetenv(&saved);
    fesetenv(FE_DFL_ENV);
    return saved;
}

static inline void cn_leave_default_environment(fenv_t saved) {
    fesetenv(&saved);
}

#endif
