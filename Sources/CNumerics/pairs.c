/* SPDX-License-Identifier: Apache-2.0 */
#include "pairs.h"

#include "quantize.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

void cn_level_planes(const void *codes, int32_t size, int64_t samples, int64_t levels, uint64_t *planes) {
    const int64_t words = cn_plane_words(samples);
    for (int64_t s = 0; s < samples; s++) {
        const int64_t level = size == 1 ? ((const uint8_t *)codes)[s] : ((const uint16_t *)codes)[s];
        if (level && level < levels) planes[(level - 1) * words + s / 64] |= (uint64_t)1 << s % 64;
    }
}

#define PAIR_PLANES(body)                                                                  \
    for (int64_t x = 1; x < levels_a; x++) {                                               \
        const uint64_t *p = a + (x - 1) * words;                                           \
        for (int64_t y = 1; y < levels_b; y++) {                                           \
            const uint64_t *q = b + (y - 1) * words;                                       \
            body                                                                           \
        }                                                                                  \
    }

#define WORD_BY_WORD                                                                       \
    uint64_t sum = 0;                                                                      \
    for (int64_t w = 0; w < words; w++) sum += (uint64_t)__builtin_popcountll(p[w] & q[w]); \
    counts[x * levels_b + y] = (uint32_t)sum;

static void pair_planes_baseline(const uint64_t *a, int64_t levels_a, const uint64_t *b, int64_t levels_b,
                                 int64_t words, uint32_t *counts) {
    PAIR_PLANES(WORD_BY_WORD)
}

#if defined(__x86_64__)
__attribute__((target("popcnt"))) static void pair_planes_popcnt(const uint64_t *a, int64_t levels_a,
                                                                 const uint64_t *b, int64_t levels_b, int64_t words,
                                                                 uint32_t *counts) {
    PAIR_PLANES(WORD_BY_WORD)
}

#define VECTOR_BY_VECTOR                                                                   \
    __m512i sum = _mm512_setzero_si512();                                                  \
    for (int64_t w = 0; w < words; w += 8) {                                               \
        const __m512i both = _mm512_and_si512(_mm512_load_si512(p + w), _mm512_load_si512(q + w)); \
        sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(both));                            \
    }                                                                                      \
    counts[x * levels_b + y] = (uint32_t)_mm512_reduce_add_epi64(sum);

__attribute__((target("avx512f,avx512vpopcntdq"))) static void pair_planes_vpopcnt(
    const uint64_t *a, int64_t levels_a, const uint64_t *b, int64_t levels_b, int64_t words, uint32_t *counts) {
    PAIR_PLANES(VECTOR_BY_VECTOR)
}
#endif

void cn_pair_planes(const uint64_t *a, int64_t levels_a, const uint64_t *b, int64_t levels_b, int64_t words,
                    uint32_t *counts) {
#if defined(__x86_64__)
    /* What supports AVX2 has POPCNT. */
    const int32_t set = cn_instruction_set_index();
    if (set == 2 && __builtin_cpu_supports("avx512vpopcntdq")) {
        pair_planes_vpopcnt(a, levels_a, b, levels_b, words, counts);
        return;
    }
    if (set > 0) {
        pair_planes_popcnt(a, levels_a, b, levels_b, words, counts);
        return;
    }
#endif
    pair_planes_baseline(a, levels_a, b, levels_b, words, counts);
}

/* Neighbouring samples count in different tables, so that an increment seldom waits for the one before. */
#define INCREMENT(A, B)                                                                    \
    {                                                                                      \
        const A *x = a;                                                                    \
        const B *y = b;                                                                    \
        int64_t s = 0;                                                                     \
        for (; s + CN_PAIR_COPIES <= samples; s += CN_PAIR_COPIES)                         \
            for (int64_t k = 0; k < CN_PAIR_COPIES; k++)                                   \
                counts[k * apart + x[s + k] * levels_b + y[s + k]]++;                      \
        for (; s < samples; s++) counts[x[s] * levels_b + y[s]]++;                         \
    }

void cn_pair_codes(const void *a, int32_t size_a, int64_t levels_a, const void *b, int32_t size_b, int64_t levels_b,
                   int64_t samples, uint32_t *counts) {
    const int64_t cells = levels_a * levels_b;
    const int64_t apart = cells <= CN_PAIR_CELLS ? cells : 0;
    if (size_a == 1 && size_b == 1) INCREMENT(uint8_t, uint8_t)
    else if (size_a == 1) INCREMENT(uint8_t, uint16_t)
    else if (size_b == 1) INCREMENT(uint16_t, uint8_t)
    else INCREMENT(uint16_t, uint16_t)
    for (int64_t k = 1; apart && k < CN_PAIR_COPIES; k++)
        for (int64_t i = 0; i < cells; i++) counts[i] += counts[k * apart + i];
}
