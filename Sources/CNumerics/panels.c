/* SPDX-License-Identifier: Apache-2.0 */
#include "panels.h"

#include "quantize.h"

/* Fused multiply-adds where the instruction set has them: the sums are of float32 either way, and decisions that
 * rounding could turn are found out by cn_panel_score. */
#pragma STDC FP_CONTRACT ON

#define CN_PASTE_(a, b) a##_##b
#define CN_PASTE(a, b) CN_PASTE_(a, b)

#define CN_NAME(name) CN_PASTE(name, baseline)
#define CN_TARGET
#define CN_LANES 16
#define CN_GROUP 1
#include "kernels/panels.h"

#if defined(__x86_64__)
#define CN_NAME(name) CN_PASTE(name, avx2)
#define CN_TARGET __attribute__((target("avx2,fma")))
#define CN_LANES 32
#define CN_GROUP 1
#include "kernels/panels.h"

#define CN_NAME(name) CN_PASTE(name, avx512)
#define CN_TARGET __attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")))
#define CN_LANES 64
#define CN_GROUP 2
#include "kernels/panels.h"
#endif

#if defined(__x86_64__)
#define DISPATCH(name, ...)                                       \
    switch (cn_fused_set_index()) {                               \
    case 2: return name##_avx512(__VA_ARGS__);                    \
    case 1: return name##_avx2(__VA_ARGS__);                      \
    default: return name##_baseline(__VA_ARGS__);                 \
    }
#else
#define DISPATCH(name, ...) return name##_baseline(__VA_ARGS__);
#endif

int32_t cn_panel_add(float *z, int64_t neurons, const float *said, const float *minus, const float *weights,
                     float largest, float *bound) {
    DISPATCH(panel_add, z, neurons, said, minus, weights, largest, bound)
}

int32_t cn_panel_change(const float *said, const float *minus, float *change, float largest, float *bound) {
    DISPATCH(panel_change, said, minus, change, largest, bound)
}

void cn_panel_activate(const float *z, int64_t neurons, int32_t function, float parameter, float *h) {
    DISPATCH(panel_activate, z, neurons, function, parameter, h)
}

void cn_panel_forward(const cn_panel_layer *layer, const float *packed, const float *start, int64_t outputs,
                      float *out, const float *largest, float *bound) {
    DISPATCH(panel_forward, layer, packed, start, outputs, out, largest, bound)
}

void cn_panel_score(const float *scores, int64_t classes, const int32_t *labels, uint32_t lanes, const float *bound,
                    float tolerance, cn_panel_scores *result) {
    DISPATCH(panel_score, scores, classes, labels, lanes, bound, tolerance, result)
}

void cn_panel_curve(float *scores, int64_t classes, const float *said, const float *minus, const int32_t *order,
                    int64_t count, const uint8_t *judged, const float *weights, const float *largest,
                    const int32_t *labels, uint32_t lanes, float *bound, float tolerance, cn_panel_scores *results,
                    uint8_t *changed) {
    DISPATCH(panel_curve, scores, classes, said, minus, order, count, judged, weights, largest, labels, lanes, bound,
             tolerance, results, changed)
}

void cn_panel_compare(const float *a, const float *b, int64_t neurons, float *difference, float *magnitude) {
    *difference = *magnitude = 0;
    DISPATCH(panel_compare, a, b, neurons, difference, magnitude)
}

void cn_add_scaled(double *z, double x, const double *w, int64_t count) {
    DISPATCH(add_scaled, z, x, w, count)
}

/* Rows are read as they lie in memory; what is written is small enough for the first caches. */
static void load_f64(const double *rows, int64_t stride, int64_t count, int64_t first, int64_t neurons, float *panel) {
    for (int64_t l = 0; l < CN_PANEL; l++) {
        const double *row = rows + (l < count ? l : count - 1) * stride;
        for (int64_t k = first; k < neurons; k++) panel[k * CN_PANEL + l] = (float)row[k];
    }
}

static void load_f32(const float *rows, int64_t stride, int64_t count, int64_t first, int64_t neurons, float *panel) {
    for (int64_t l = 0; l < CN_PANEL; l++) {
        const float *row = rows + (l < count ? l : count - 1) * stride;
        for (int64_t k = first; k < neurons; k++) panel[k * CN_PANEL + l] = row[k];
    }
}

#if defined(__x86_64__)
typedef float floats16 __attribute__((ext_vector_type(16), aligned(4)));

/* Exchanges what lies off the diagonal of the squares of 2 h rows and columns. */
#define EXCHANGE(h, low, high)                                     \
    for (int i = 0; i < 16; i++) {                                 \
        if (i & h) continue;                                       \
        const floats16 a = t[i], b = t[i + h];                     \
        t[i] = __builtin_shufflevector(a, b, low);                 \
        t[i + h] = __builtin_shufflevector(a, b, high);            \
    }
#define LOW8 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define HIGH8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
#define LOW4 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define HIGH4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define LOW2 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define HIGH2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define LOW1 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define HIGH1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31

/* Squares of 16 samples and 16 neurons at a time; returns the number of neurons done. */
__attribute__((target("avx512f"))) static int64_t load_squares(const float *rows, int64_t stride, int64_t count,
                                                               int64_t neurons, float *panel) {
    int64_t k = 0;
    for (; k + 16 <= neurons; k += 16) {
        for (int64_t l = 0; l < CN_PANEL; l += 16) {
            floats16 t[16];
#pragma unroll
            for (int i = 0; i < 16; i++) {
                t[i] = *(const floats16 *)(rows + (l + i < count ? l + i : count - 1) * stride + k);
            }
#pragma unroll
            EXCHANGE(8, LOW8, HIGH8)
#pragma unroll
            EXCHANGE(4, LOW4, HIGH4)
#pragma unroll
            EXCHANGE(2, LOW2, HIGH2)
#pragma unroll
            EXCHANGE(1, LOW1, HIGH1)
#pragma unroll
            for (int i = 0; i < 16; i++) *(floats16 *)(panel + (k + i) * CN_PANEL + l) = t[i];
        }
    }
    return k;
}
#endif

/* A sum of zeros, unless something is not finite. */
static int32_t has_non_finite(const float *panel, int64_t neurons) {
    float sum[CN_PANEL] = {0};
    for (int64_t k = 0; k < neurons; k++) {
        for (int l = 0; l < CN_PANEL; l++) sum[l] += panel[k * CN_PANEL + l] * 0.0f;
    }
    int32_t bad = 0;
    for (int l = 0; l < CN_PANEL; l++) bad |= !(sum[l] == 0);
    return bad;
}

int32_t cn_panel_load_f32(const float *rows, int64_t stride, int64_t count, int64_t neurons, float *panel) {
    int64_t done = 0;
#if defined(__x86_64__)
    if (cn_instruction_set_index() == 2) done = load_squares(rows, stride, count, neurons, panel);
#endif
    load_f32(rows, stride, count, done, neurons, panel);
    return has_non_finite(panel, neurons);
}

int32_t cn_panel_load_f64(const double *rows, int64_t stride, int64_t count, int64_t neurons, float *panel) {
    load_f64(rows, stride, count, 0, neurons, panel);
    return has_non_finite(panel, neurons);
}
