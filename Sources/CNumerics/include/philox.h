/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror & Shaw, "Parallel
 * random numbers: as easy as 1, 2, 3" (SC 2011): any place of any stream is reached at
 * once, so that what is drawn never depends on who draws it, or when.
 */
#ifndef CN_PHILOX_H
#define CN_PHILOX_H

#include <stdint.h>

/* The four numbers at `counter` under `key`. */
void cn_philox4x32_10(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* Numbers drawn ahead. */
#define CN_PHILOX_BATCH 64

/* One stream: key = (seed low, seed high), counter = (place low, place high, stream, purpose). */
typedef struct cn_philox {
    uint64_t seed, place;
    uint32_t stream, purpose;
    uint32_t used;
    uint32_t numbers[CN_PHILOX_BATCH];
} cn_philox;

void cn_philox_start(cn_philox *generator, uint64_t seed, uint32_t purpose, uint32_t stream);
uint32_t cn_philox_next(cn_philox *generator);

/* Uniform in 0 ... bound-1, without bias: Lemire, "Fast random integer generation in an interval" (ACM
 * Transactions on Modeling and Computer Simulation 29, 2019). bound >= 1. */
uint32_t cn_philox_below(cn_philox *generator, uint32_t bound);

/* Orders `values` at random, each order with the same probability (Fisher & Yates); size is 1, 2 or 4 bytes.
 * The order depends on the state of the generator and on `count` only. */
void cn_philox_shuffle(cn_philox *generator, void *values, int32_t size, uint32_t count);

/* Draws `count` of 0 ... count-1 with replacement: weights[i] += how often i came. */
void cn_philox_resample(cn_philox *generator, uint32_t *weights, uint32_t count);

#endif
