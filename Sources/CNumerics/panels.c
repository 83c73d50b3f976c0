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
/* AVX2 does not imply fused multiply-adds. */
static int has_fma;

__attribute__((constructor)) static void look_for_fma(void) {
    __builtin_cpu_init();
    has_fma = __builtin_cpu_supports("fma") != 0;
}

#define DISPATCH(name, ...)                                                                                         \
    switch (has_fma ? cn_instruction_set_index() : 0) {                                                                        \
    case 2: name##_avx512(__VA_ARGS__); break;                                                                      \
    case 1: name##_avx2(__VA_ARGS__); break;                                                                        \
    default: name##_baseline(__VA_ARGS__);                                                                          \
    }
#else
#define DISPATCH(name, ...) name##_baseline(__VA_ARGS__);
#endif

void cn_panel_add(float *z, int64_t neurons, const float *delta, const float *weights) {
    DISPATCH(panel_add, z, neurons, delta, weights)
}

void cn_panel_activate(const float *z, int64_t neurons, int32_t function, float parameter, float *h) {
    DISPATCH(panel_activate, z, neurons, function, parameter, h)
}

void cn_panel_forward(const cn_panel_layer *layer, const float *packed, const float *start, int64_t outputs,
                      float *out, const float *largest, float *bound) {
    DISPATCH(panel_forward, layer, packed, start, outputs, out, largest, bound)
}

void cn_panel_score(const float *scores, int64_t classes, const int32_t *labels, uint32_t lanes, const float *doubt,
                    cn_panel_scores *result) {
    DISPATCH(panel_score, scores, classes, labels, lanes, doubt, result)
}

/* Blocks of 16 neurons keep the lines that are written in the first cache while the rows pass. */
#define LOAD(T, suffix)                                                                                             \
    int32_t cn_panel_load_##suffix(const T *rows, int64_t stride, int64_t count, int64_t neurons, float *panel) {   \
        int32_t bad = 0;                                                                                            \
        for (int64_t first = 0; first < neurons; first += 16) {                                                     \
            const int64_t end = first + 16 < neurons ? first + 16 : neurons;                                        \
            for (int64_t l = 0; l < CN_PANEL; l++) {                                                                \
                const T *row = rows + (l < count ? l : count - 1) * stride;                                         \
                for (int64_t k = first; k < end; k++) {                                                             \
                    const float x = (float)row[k];                                                                  \
                    bad |= !(x - x == 0);                                                                           \
                    panel[k * CN_PANEL + l] = x;                                                                    \
                }                                                                                                   \
            }                                                                                                       \
        }                                                                                                           \
        return bad;                                                                                                 \
    }

LOAD(float, f32)
LOAD(double, f64)
