/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* How far the system is asked to read ahead: a disk needs some milliseconds of work in its queue. */
#define READ_AHEAD ((int64_t)16 << 20)
/* Most bytes of a call, below what Linux takes at once. */
#define LONGEST ((int64_t)1 << 30)

/* What the page cache has, without waiting; below 0 where nothing is known. */
static ssize_t cached(int descriptor, const struct iovec *places, int parts, int64_t offset) {
#ifdef RWF_NOWAIT
    return preadv2(descriptor, places, parts, offset, RWF_NOWAIT);
#else
    (void)descriptor, (void)places, (void)parts, (void)offset;
    errno = EOPNOTSUPP;
    return -1;
#endif
}

int64_t cn_scatter_at(int32_t descriptor, struct iovec *places, int32_t parts, int64_t count, int64_t offset) {
    int64_t done = 0;
    int waits = 0;
    while (done < count) {
        ssize_t step = waits ? preadv(descriptor, places, parts, offset + done)
                             : cached(descriptor, places, parts, offset + done);
        if (step < 0) {
            if (errno == EINTR) continue;
            if (waits) return -errno;
            if (errno == EAGAIN) posix_fadvise(descriptor, offset + done, count - done + READ_AHEAD, POSIX_FADV_WILLNEED);
            waits = 1;
            continue;
        }
        if (step == 0) {
            /* Some file systems answer so where nothing is cached. */
            if (waits) break;
            waits = 1;
            continue;
        }
        done += step;
        for (; parts > 0 && step >= (ssize_t)places->iov_len; places++, parts--) step -= (ssize_t)places->iov_len;
        if (parts > 0) {
            places->iov_base = (char *)places->iov_base + step;
            places->iov_len -= (size_t)step;
        }
    }
    return done;
}

int64_t cn_read_at(int32_t descriptor, void *target, int64_t count, int64_t offset) {
    int64_t done = 0;
    while (done < count) {
        const int64_t wanted = count - done < LONGEST ? count - done : LONGEST;
        struct iovec place = {(char *)target + done, (size_t)wanted};
        const int64_t got = cn_scatter_at(descriptor, &place, 1, wanted, offset + done);
        if (got < 0) return got;
        done += got;
        if (got < wanted) break;
    }
    return done;
}
