/* SPDX-License-Identifier: Apache-2.0 */
#include "slices.h"

#include "quantize.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Bits of a class: classes are counted in 32 bits. */
#define CN_SLICE_PLANES 32

static inline int32_t cn_bit_length(int64_t n) {
    return n > 0 ? 64 - __builtin_clzll((unsigned long long)n) : 0;
}

/* Planes that a counter of up to `samples` rows needs while it counts. */
static inline int64_t cn_counter_planes(int64_t samples) {
    return 3 + 2 * (1 + cn_bit_length((samples + 7) / 8));
}

/* Bit i of byte j becomes bit j of byte i. */
static inline uint64_t cn_transpose8(uint64_t x) {
    uint64_t t = (x ^ x >> 7) & 0x00aa00aa00aa00aaULL;
    x ^= t ^ t << 7;
    t = (x ^ x >> 14) & 0x0000cccc0000ccccULL;
    x ^= t ^ t << 14;
    t = (x ^ x >> 28) & 0x00000000f0f0f0f0ULL;
    return x ^ t ^ t << 28;
}

/* sums[i] += the entry numbers[64 * c + i] of the table of each class. */
static inline void cn_look_up(const int64_t *const *tables, int32_t classes, const uint32_t *numbers, int64_t lanes,
                              int64_t *restrict sums) {
    for (int32_t c = 0; c < classes; c++) {
        const uint32_t *number = numbers + 64 * c;
        const uint64_t *table = (const uint64_t *)tables[c];
        for (int64_t i = 0; i < lanes; i++) sums[i] = (int64_t)((uint64_t)sums[i] + table[number[i]]);
    }
}

#define CN_PASTE_(a, b) a##_##b
#define CN_PASTE(a, b) CN_PASTE_(a, b)

#define CN_NAME(name) CN_PASTE(slice_##name, baseline)
#define CN_TARGET
#define CN_BYTES 16
#include "kernels/slices.h"

#if defined(__x86_64__)
#define CN_NAME(name) CN_PASTE(slice_##name, avx2)
#define CN_TARGET __attribute__((target("avx2,bmi")))
#define CN_BYTES 32
#include "kernels/slices.h"

#define CN_NAME(name) CN_PASTE(slice_##name, avx512)
#define CN_TARGET __attribute__((target("avx2,bmi,avx512f,avx512bw,avx512dq,avx512vl")))
#define CN_BYTES 64
#define CN_MASKS
#include "kernels/slices.h"
#endif

#if defined(__x86_64__)
#define DISPATCH(name, ...)                                          \
    switch (cn_instruction_set_index()) {                            \
    case 2: slice_##name##_avx512(__VA_ARGS__); break;               \
    case 1: slice_##name##_avx2(__VA_ARGS__); break;                 \
    default: slice_##name##_baseline(__VA_ARGS__);                   \
    }
#else
#define DISPATCH(name, ...) slice_##name##_baseline(__VA_ARGS__);
#endif

int64_t cn_slice_scratch(int32_t classes, int32_t planes, int64_t samples) {
    const int64_t counters = classes > planes ? classes : planes;
    /* Two sets of counters, or one and the planes of a total; and numbers of 64 lanes for each class. */
    return 2 * counters * cn_counter_planes(samples) * 64 + (int64_t)(64 + planes) * 64 + 64 * 4 * (int64_t)classes;
}

void cn_slice_class_sums(const uint64_t *slices, int32_t planes, int32_t classes, const uint32_t *class_samples,
                         const cn_runs *runs, const int64_t *const *tables, int64_t lanes, int64_t *sums,
                         void *scratch) {
    DISPATCH(class_sums, slices, planes, classes, class_samples, runs, tables, lanes, sums, scratch)
}

void cn_slice_totals(const uint64_t *slices, int32_t planes, const cn_runs *runs, uint32_t start, uint32_t *totals,
                     void *scratch) {
    DISPATCH(totals, slices, planes, runs, start, totals, scratch)
}

static inline uint64_t number_at(const void *numbers, int32_t size, int64_t i) {
    if (size == 1) return ((const uint8_t *)numbers)[i];
    return size == 2 ? ((const uint16_t *)numbers)[i] : ((const uint32_t *)numbers)[i];
}

void cn_slice_bits(const void *numbers, int32_t size, int64_t samples, int32_t planes, uint64_t *bits,
                   int64_t plane_stride) {
    for (int64_t from = 0, i = 0; from < samples; from += 64, i++) {
        const int64_t n = samples - from < 64 ? samples - from : 64;
        for (int32_t low = 0; low < planes; low += 8) {
            /* Eight planes of eight samples are a square of bits. */
            uint64_t words[8] = {0};
            for (int64_t k = 0; k < n; k += 8) {
                uint64_t square = 0;
                for (int64_t j = 0; j < 8 && k + j < n; j++)
                    square |= (number_at(numbers, size, from + k + j) >> low & 255) << 8 * j;
                square = cn_transpose8(square);
                for (int32_t b = 0; b < 8; b++) words[b] |= (square >> 8 * b & 255) << k;
            }
            for (int32_t b = 0; b < 8 && low + b < planes; b++) bits[(low + b) * plane_stride + i] = words[b];
        }
    }
}

/* Bit j of x[i] becomes bit i of x[j]. */
static void transpose64(uint64_t x[64]) {
    uint64_t mask = 0x00000000ffffffffULL;
    for (int32_t width = 32; width; width >>= 1, mask ^= mask << width) {
        for (int32_t i = 0; i < 64; i = (i + width + 1) & ~width) {
            const uint64_t t = (x[i] >> width ^ x[i + width]) & mask;
            x[i] ^= t << width;
            x[i + width] ^= t;
        }
    }
}

void cn_slice_transpose(const uint64_t *bits, int64_t plane_stride, int64_t samples, int32_t planes, int32_t word,
                        uint64_t *slices) {
    const int64_t words = (samples + 63) / 64;
    for (int64_t i = 0; i < words; i++) {
        const int64_t from = 64 * i, n = samples - from < 64 ? samples - from : 64;
        for (int32_t b = 0; b < planes; b++) {
            uint64_t square[64];
            for (int32_t lane = 0; lane < 64; lane++) square[lane] = bits[b * plane_stride + lane * words + i];
            transpose64(square);
            for (int64_t k = 0; k < n; k++) slices[((from + k) * planes + b) * CN_SLICE_WORDS + word] = square[k];
        }
    }
}
