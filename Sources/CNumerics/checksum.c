/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second sum weights a word by its distance from the end. In columns of LANES words, with s the plain sum and w
 * the sum of running sums of a column, n words from place 0 on add
 *     Σ (n − i) word(i) = LANES Σ w(lane) − Σ lane · s(lane),
 * so that columns are summed side by side and nothing waits for the word before.
 */
#include "checksum.h"

enum {
    LANES = 32,
    /* Rows of columns until a 32-bit sum of running sums could overflow: 256 · 257 / 2 · 65535 < 2^32. */
    ROWS = 256
};

static uint64_t folded(uint64_t sum) {
    while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
    return sum;
}

uint32_t cn_fletcher32(const uint8_t *bytes, int64_t count) {
    uint64_t low = 0;
    uint64_t high = 0;
    int64_t words = count / 2;
    while (words >= LANES) {
        int64_t rows = words / LANES;
        if (rows > ROWS) rows = ROWS;
        uint32_t sums[LANES] = {0};
        uint32_t runs[LANES] = {0};
        for (int64_t row = 0; row < rows; row++) {
            for (int lane = 0; lane < LANES; lane++) {
                const uint8_t *at = bytes + (row * LANES + lane) * 2;
                sums[lane] += (uint32_t)at[0] << 8 | at[1];
                runs[lane] += sums[lane];
            }
        }
        uint64_t sum = 0;
        uint64_t weighted = 0;
        uint64_t before = 0;
        for (int lane = 0; lane < LANES; lane++) {
            sum += sums[lane];
            weighted += runs[lane];
            before += (uint64_t)lane * sums[lane];
        }
        high = folded(high + (uint64_t)(rows * LANES) * low + LANES * weighted - before);
        low = folded(low + sum);
        bytes += rows * LANES * 2;
        words -= rows * LANES;
    }
    for (; words > 0; words--, bytes += 2) {
        low += (uint32_t)bytes[0] << 8 | bytes[1];
        high += low;
    }
    if (count % 2) {
        low += (uint32_t)bytes[0] << 8;
        high += low;
    }
    return (uint32_t)(folded(high) << 16 | folded(low));
}
