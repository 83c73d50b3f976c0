/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joint counts of the levels of two neurons, from the level codes of their samples. All
 * instruction sets give the same integers.
 */
#ifndef CN_PAIRS_H
#define CN_PAIRS_H

#include <stdint.h>

/* Words of a plane: a bit a sample, padded to whole vectors. */
static inline int64_t cn_plane_words(int64_t samples) {
    return (samples + 511) / 512 * 8;
}

/* Bit s % 64 of planes[(l - 1) * words + s / 64] is whether sample s has level l, for l in 1 ... levels-1; planes
 * are aligned to 64 bytes and zero. Codes are 1 or 2 bytes. */
void cn_level_planes(const void *codes, int32_t size, int64_t samples, int64_t levels, uint64_t *planes);

/* counts[x * levels_b + y] = samples of level x in a and y in b, for x, y >= 1, from their planes. */
void cn_pair_planes(const uint64_t *a, int64_t levels_a, const uint64_t *b, int64_t levels_b, int64_t words,
                    uint32_t *counts);

/* The same for all x and y, from codes. `counts` holds CN_PAIR_COPIES tables if those have at most CN_PAIR_CELLS
 * cells, which are then added up in the first, or else one; all are zero before. */
#define CN_PAIR_COPIES 4
#define CN_PAIR_CELLS 2048
void cn_pair_codes(const void *a, int32_t size_a, int64_t levels_a, const void *b, int32_t size_b, int64_t levels_b,
                   int64_t samples, uint32_t *counts);

#endif
