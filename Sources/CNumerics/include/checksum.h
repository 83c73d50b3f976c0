/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CN_CHECKSUM_H
#define CN_CHECKSUM_H

#include <stdint.h>

/* Fletcher's checksum of big-endian 16-bit words modulo 65535, a last odd byte being the upper half of a word; the sum
 * of sums above the sum, each 1 … 65535, or 0 where all words are 0. */
uint32_t cn_fletcher32(const uint8_t *bytes, int64_t count);

#endif
