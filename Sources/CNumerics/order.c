/* SPDX-License-Identifier: Apache-2.0 */
#include "order.h"

#include <string.h>

#include "quantize.h"

static inline __attribute__((always_inline)) int32_t pack_single(const double *restrict values, int64_t count,
                                                                 uint64_t *restrict words) {
    int64_t rounded = 0;
    for (int64_t i = 0; i < count; i++) {
        /* Adding 0 makes 0 of -0. */
        const float value = (float)values[i] + 0.0f;
        rounded |= (double)value != values[i];
        int32_t bits;
        memcpy(&bits, &value, sizeof bits);
        /* Negative values in reverse, below the positive ones. */
        const uint32_t key = (uint32_t)bits ^ ((uint32_t)(bits >> 31) | 0x80000000u);
        words[i] = (uint64_t)key << 32 | (uint32_t)i;
    }
    return rounded == 0;
}

#if defined(__x86_64__)
static __attribute__((target("avx2"))) int32_t pack_single_avx2(const double *values, int64_t count, uint64_t *words) {
    return pack_single(values, count, words);
}

static __attribute__((target("avx2,avx512f,avx512bw,avx512dq,avx512vl"))) int32_t
pack_single_avx512(const double *values, int64_t count, uint64_t *words) {
    return pack_single(values, count, words);
}
#endif

int32_t cn_order_pack_single(const double *values, int64_t count, uint64_t *words) {
#if defined(__x86_64__)
    switch (cn_instruction_set_index()) {
    case 2: return pack_single_avx512(values, count, words);
    case 1: return pack_single_avx2(values, count, words);
    }
#endif
    return pack_single(values, count, words);
}

void cn_order_pack_double(const double *values, int64_t count, uint64_t *words) {
    for (int64_t i = 0; i < count; i++) {
        const double value = values[i] + 0.0;
        int64_t bits;
        memcpy(&bits, &value, sizeof bits);
        const uint64_t key = (uint64_t)bits ^ ((uint64_t)(bits >> 63) | 1ull << 63);
        words[i] = (key & 0xffffffff00000000u) | (uint32_t)i;
    }
}

void cn_order_count(const uint64_t *words, int64_t count, uint32_t *counts) {
    uint32_t *low = counts, *middle = counts + CN_ORDER_BUCKETS, *high = counts + 2 * CN_ORDER_BUCKETS;
    memset(counts, 0, sizeof(uint32_t) * CN_ORDER_DIGITS * CN_ORDER_BUCKETS);
    for (int64_t i = 0; i < count; i++) {
        const uint64_t word = words[i];
        low[word >> 32 & (CN_ORDER_BUCKETS - 1)]++;
        middle[word >> 43 & (CN_ORDER_BUCKETS - 1)]++;
        high[word >> 54]++;
    }
}

int32_t cn_order_digit(const uint64_t *from, uint64_t *to, int64_t count, int32_t digit, uint32_t *counts) {
    const int32_t shift = 32 + 11 * digit;
    uint32_t *next = counts + digit * CN_ORDER_BUCKETS, start = 0;
    if (count == 0 || next[from[0] >> shift & (CN_ORDER_BUCKETS - 1)] == (uint32_t)count) return 0;
    for (int32_t bucket = 0; bucket < CN_ORDER_BUCKETS; bucket++) {
        const uint32_t words = next[bucket];
        next[bucket] = start;
        start += words;
    }
    for (int64_t i = 0; i < count; i++) {
        const uint64_t word = from[i];
        to[next[word >> shift & (CN_ORDER_BUCKETS - 1)]++] = word;
    }
    return 1;
}

int64_t cn_order_average(const uint64_t *words, int64_t count, const double *whole, const double *half, double *scores) {
    int64_t tied = 0;
    for (int64_t first = 0, end; first < count; first = end) {
        const uint64_t key = words[first] >> 32;
        for (end = first + 1; end < count && words[end] >> 32 == key;) end++;
        if (end - first == 1) {
            scores[(uint32_t)words[first]] = whole[first];
            continue;
        }
        const int64_t sum = first + end - 1;
        const double score = (sum % 2 ? half : whole)[sum / 2];
        for (int64_t i = first; i < end; i++) scores[(uint32_t)words[i]] = score;
        tied += end - first;
    }
    return tied;
}
