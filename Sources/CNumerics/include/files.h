/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of a file, without a file position, so that threads share the descriptor.
 *
 * What is in the page cache is copied without waiting. Where something is not,
 * the system is asked to read ahead of this call before the call waits: then the
 * disk works while the caller computes.
 */
#ifndef CN_FILES_H
#define CN_FILES_H

#include <stdint.h>

/* Fills `target` with `count` bytes from `offset` on. Returns how many there are up to the file's end, or −errno. */
int64_t cn_read_at(int32_t descriptor, void *target, int64_t count, int64_t offset);

#endif
