/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

/* How far the system is asked to read ahead: a disk needs some milliseconds of work in its queue. */
#define READ_AHEAD ((int64_t)16 << 20)
/* Most bytes of a call, below what Linux takes at once. */
#define LONGEST ((int64_t)1 << 30)

/* What the page cache has, without waiting; below 0 where nothing is known. */
static ssize_t cached(int descriptor, void *target, int64_t count, int64_t offset) {
#ifdef RWF_NOWAIT
    struct iovec place = {target, (size_t)count};
    return preadv2(descriptor, &place, 1, offset, RWF_NOWAIT);
#else
    (void)descriptor, (void)target, (void)count, (void)offset;
    errno = EOPNOTSUPP;
    return -1;
#endif
}

int64_t cn_read_at(int32_t descriptor, void *target, int64_t count, int64_t offset) {
    int64_t done = 0;
    int waits = 0;
    while (done < count) {
        const int64_t wanted = count - done < LONGEST ? count - done : LONGEST;
        char *place = (char *)target + done;
        const ssize_t step = waits ? pread(descriptor, place, (size_t)wanted, offset + done)
                                   : cached(descriptor, place, wanted, offset + done);
        if (step > 0) {
            done += step;
            continue;
        }
        if (step < 0 && errno == EINTR) continue;
        if (waits) {
            if (step < 0) return -errno;
            break;
        }
        /* Some file systems answer 0 where nothing is cached. */
        if (step < 0 && errno == EAGAIN) {
            posix_fadvise(descriptor, offset + done, count - done + READ_AHEAD, POSIX_FADV_WILLNEED);
        }
        waits = 1;
    }
    return done;
}
