/* SPDX-License-Identifier: Apache-2.0 */
#include "quantize.h"

#include <stdlib.h>
#include <string.h>

/* A fused multiply-add would make the level of a value beside an edge depend on the machine. */
#pragma STDC FP_CONTRACT OFF

#define CN_PASTE_(a, b) a##_##b
#define CN_PASTE(a, b) CN_PASTE_(a, b)

#define CN_NAME(name) CN_PASTE(name, baseline)
#define CN_TARGET
#define CN_LANES 16
#define CN_LEVELS 5
#include "kernels/instruction_set.h"

#if defined(__x86_64__)
#define CN_NAME(name) CN_PASTE(name, avx2)
#define CN_TARGET __attribute__((target("avx2")))
#define CN_LANES 32
#define CN_LEVELS 5
#include "kernels/instruction_set.h"

#define CN_NAME(name) CN_PASTE(name, avx512)
#define CN_TARGET __attribute__((target("avx2,avx512f,avx512bw,avx512dq,avx512vl")))
#define CN_LANES 64
#define CN_LEVELS 10
#include "kernels/instruction_set.h"
#endif

static const char *const sets[] = {"baseline", "avx2", "avx512"};

/* Index of the best set that the machine has (AVX-512: F, BW, DQ and VL), and of the one in use. */
static int best, chosen;

int32_t cn_select_instruction_set(const char *name) {
    for (int i = 0; i <= best; i++) {
        if (strcmp(name, sets[i]) != 0) continue;
        chosen = i;
        return 1;
    }
    return 0;
}

const char *cn_instruction_set(void) {
    return sets[chosen];
}

int32_t cn_instruction_set_index(void) {
    return chosen;
}

__attribute__((constructor)) static void choose(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2")) best = 1;
    if (best && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        best = 2;
#endif
    chosen = best;
    const char *asked = getenv("INFOLENS_INSTRUCTION_SET");
    if (asked) cn_select_instruction_set(asked);
}

#if defined(__x86_64__)
#define DISPATCH(name, ...)                                                                                          \
    (chosen == 2 ? name##_avx512(__VA_ARGS__) : chosen == 1 ? name##_avx2(__VA_ARGS__) : name##_baseline(__VA_ARGS__))
#else
#define DISPATCH(name, ...) name##_baseline(__VA_ARGS__)
#endif

#define COLUMNS(T, suffix)                                                                                           \
    int32_t cn_extrema_##suffix(const T *x, int64_t rows, int64_t cols, int64_t stride, T *low, T *high) {           \
        return DISPATCH(extrema_##suffix, x, rows, cols, stride, low, high);                                         \
    }                                                                                                                \
    int32_t cn_sums_##suffix(const T *x, int64_t rows, int64_t cols, int64_t stride, double *sum,                    \
                             double *correction) {                                                                   \
        return DISPATCH(sums_##suffix, x, rows, cols, stride, sum, correction);                                      \
    }                                                                                                                \
    int32_t cn_threshold_##suffix(const T *x, int64_t rows, int64_t cols, int64_t stride, const T *edge,             \
                                  const int32_t *place, uint8_t *codes, int64_t strip_stride) {                       \
        return DISPATCH(threshold_##suffix, x, rows, cols, stride, edge, place, codes, strip_stride);                 \
    }

COLUMNS(float, f32)
COLUMNS(double, f64)

#define QUANTIZERS(T, CODE, suffix)                                                                                  \
    int32_t cn_grid_##suffix(const T *x, int64_t rows, int64_t cols, int64_t stride, const cn_grid *grid,            \
                             const int32_t *place, CODE *codes, int64_t strip_stride) {                              \
        return DISPATCH(grid_##suffix, x, rows, cols, stride, grid, place, codes, strip_stride);                     \
    }                                                                                                                \
    int32_t cn_edges_##suffix(const T *x, int64_t rows, int64_t cols, int64_t stride, const T *edges, int64_t count, \
                              const int32_t *place, CODE *codes, int64_t strip_stride) {                              \
        return DISPATCH(edges_##suffix, x, rows, cols, stride, edges, count, place, codes, strip_stride);             \
    }                                                                                                                \
    int32_t cn_cells_##suffix(const T *x, int64_t rows, int64_t cols, int64_t stride, double width,                  \
                              const double *first, int32_t levels, const int32_t *place, CODE *codes,                \
                              int64_t strip_stride) {                                                                 \
        return DISPATCH(cells_##suffix, x, rows, cols, stride, width, first, levels, place, codes, strip_stride);     \
    }

QUANTIZERS(float, uint8_t, f32_u8)
QUANTIZERS(double, uint8_t, f64_u8)
QUANTIZERS(float, uint16_t, f32_u16)
QUANTIZERS(double, uint16_t, f64_u16)

void cn_count_u8(const uint8_t *codes, int64_t rows, int32_t levels, uint32_t *counts, int64_t count_stride) {
    DISPATCH(count_u8, codes, rows, levels, counts, count_stride);
}

#define INCREMENT(CODE, suffix)                                                                                      \
    void cn_increment_##suffix(const CODE *codes, int64_t rows, int64_t cols, uint32_t *counts,                      \
                               int64_t neuron_stride) {                                                              \
        for (int64_t r = 0; r < rows; r++) {                                                                         \
            const CODE *row = codes + r * CN_STRIP;                                                                  \
            for (int64_t j = 0; j < cols; j++) counts[j * neuron_stride + row[j]]++;                                 \
        }                                                                                                            \
    }

INCREMENT(uint8_t, u8)
INCREMENT(uint16_t, u16)
