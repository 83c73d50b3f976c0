/* SPDX-License-Identifier: Apache-2.0 */
#include "philox.h"

/* Multipliers and Weyl increments of the paper's section 3.3. */
static const uint32_t multiplier[2] = {0xD2511F53, 0xCD9E8D57}, weyl[2] = {0x9E3779B9, 0xBB67AE85};

void cn_philox4x32_10(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    uint32_t x[4] = {counter[0], counter[1], counter[2], counter[3]}, k[2] = {key[0], key[1]};
    for (int round = 0; round < 10; round++, k[0] += weyl[0], k[1] += weyl[1]) {
        const uint64_t a = (uint64_t)multiplier[0] * x[0], b = (uint64_t)multiplier[1] * x[2];
        x[0] = (uint32_t)(b >> 32) ^ x[1] ^ k[0];
        x[1] = (uint32_t)b;
        x[2] = (uint32_t)(a >> 32) ^ x[3] ^ k[1];
        x[3] = (uint32_t)a;
    }
    for (int i = 0; i < 4; i++) out[i] = x[i];
}

void cn_philox_start(cn_philox *generator, uint64_t seed, uint32_t purpose, uint32_t stream) {
    *generator = (cn_philox){.seed = seed, .stream = stream, .purpose = purpose, .used = CN_PHILOX_BATCH};
}

uint32_t cn_philox_next(cn_philox *generator) {
    if (generator->used == CN_PHILOX_BATCH) {
        const uint32_t key[2] = {(uint32_t)generator->seed, (uint32_t)(generator->seed >> 32)};
        for (int i = 0; i < CN_PHILOX_BATCH; i += 4, generator->place++) {
            const uint32_t counter[4] = {(uint32_t)generator->place, (uint32_t)(generator->place >> 32),
                                         generator->stream, generator->purpose};
            cn_philox4x32_10(counter, key, generator->numbers + i);
        }
        generator->used = 0;
    }
    return generator->numbers[generator->used++];
}

uint32_t cn_philox_below(cn_philox *generator, uint32_t bound) {
    uint64_t product = (uint64_t)cn_philox_next(generator) * bound;
    if ((uint32_t)product < bound) {
        const uint32_t least = -bound % bound;
        while ((uint32_t)product < least) product = (uint64_t)cn_philox_next(generator) * bound;
    }
    return (uint32_t)(product >> 32);
}

#define SHUFFLE(T)                                                    \
    for (uint32_t left = count; left > 1; left--) {                   \
        T *last = (T *)values + (left - 1);                           \
        T *other = (T *)values + cn_philox_below(generator, left);    \
        const T value = *last;                                        \
        *last = *other;                                               \
        *other = value;                                               \
    }

void cn_philox_shuffle(cn_philox *generator, void *values, int32_t size, uint32_t count) {
    if (size == 1) {
        SHUFFLE(uint8_t)
    } else if (size == 2) {
        SHUFFLE(uint16_t)
    } else {
        SHUFFLE(uint32_t)
    }
}

void cn_philox_resample(cn_philox *generator, uint32_t *weights, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) weights[cn_philox_below(generator, count)]++;
}
