/* SPDX-License-Identifier: Apache-2.0 */
#include "quantize.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* A fused multiply-add would make the level of a value beside an edge depend on the machine. */
#pragma STDC FP_CONTRACT OFF

#define CN_PASTE_(a, b) a##_##b
#define CN_PASTE(a, b) CN_PASTE_(a, b)

/* The row whose columns are fetched while those of row r are worked on, some kilobytes ahead: more reads are
 * then under way than the processor starts by itself. */
static inline int64_t row_ahead(int64_t r, int64_t rows, int64_t cols) {
    const int64_t row = r + 1 + 2047 / cols;
    return row < rows ? row : rows - 1;
}

static inline __attribute__((always_inline)) void fetch_strip(const void *x, size_t size) {
    for (size_t k = 0; k < CN_STRIP * size; k += 64) __builtin_prefetch((const char *)x + k);
}

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
#include "kernels/instruction_set.h"
#include "kernels/avx512.h"
#endif

static const char *const sets[] = {"baseline", "avx2", "avx512"};

/* Index of the best set that the machine has (AVX-512: F, BW, DQ and VL), and of the one in use, which tests change
   while others of them run: all sets give the same results. */
static int best;
static _Atomic int chosen;
static int has_fma;

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

int32_t cn_fused_set_index(void) {
    return has_fma ? chosen : 0;
}

__attribute__((constructor)) static void choose(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2")) best = 1;
    if (best && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        best = 2;
    has_fma = __builtin_cpu_supports("fma") != 0;
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
    int32_t cn_ranges_##suffix(const T *x, int64_t rows, int64_t cols, int64_t stride, T *low, T *high,              \
                               void *zeros, void *undefined) {                                                       \
        return DISPATCH(ranges_##suffix, x, rows, cols, stride, low, high, zeros, undefined);                        \
    }                                                                                                                \
    int32_t cn_sums_##suffix(const T *x, int64_t rows, int64_t cols, int64_t stride, double *sum,                    \
                             double *correction) {                                                                   \
        return DISPATCH(sums_##suffix, x, rows, cols, stride, sum, correction);                                      \
    }                                                                                                                \
    int32_t cn_threshold_##suffix(const cn_tile *tile, const T *edge) {                                              \
        return DISPATCH(threshold_##suffix, tile, edge);                                                             \
    }

COLUMNS(float, f32)
COLUMNS(double, f64)

#define QUANTIZERS(T, suffix)                                                                                        \
    int32_t cn_edges_##suffix(const cn_tile *tile, const T *edges, int64_t count) {                                  \
        return DISPATCH(edges_##suffix, tile, edges, count);                                                         \
    }                                                                                                                \
    int32_t cn_cells_##suffix(const cn_tile *tile, double width, const double *first, int32_t levels) {              \
        return DISPATCH(cells_##suffix, tile, width, first, levels);                                                 \
    }

QUANTIZERS(float, f32_u8)
QUANTIZERS(double, f64_u8)
QUANTIZERS(float, f32_u16)
QUANTIZERS(double, f64_u16)

int32_t cn_grid_f64_u8(const cn_tile *tile, const cn_grid *grid) { return DISPATCH(grid_f64_u8, tile, grid); }
int32_t cn_grid_f32_u16(const cn_tile *tile, const cn_grid *grid) { return DISPATCH(grid_f32_u16, tile, grid); }
int32_t cn_grid_f64_u16(const cn_tile *tile, const cn_grid *grid) { return DISPATCH(grid_f64_u16, tile, grid); }

int32_t cn_grid_f32_u8(const cn_tile *tile, const cn_grid *grid) {
#if defined(__x86_64__)
    if (chosen == 2 && grid->fraction) return grid_fixed_avx512(tile, grid);
#endif
    return DISPATCH(grid_f32_u8, tile, grid);
}

void cn_count_u8(const uint8_t *codes, int64_t rows, int32_t levels, uint32_t *counts, int64_t count_stride) {
    if (levels < 2) return;
    if (levels == 2) DISPATCH(count_ones, codes, rows, counts + count_stride);
    else DISPATCH(count_levels, codes, rows, levels, counts, count_stride);
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
