/* SPDX-License-Identifier: Apache-2.0 */
#include "scatter.h"

#include "quantize.h"

#pragma STDC FP_CONTRACT ON

#define CN_PASTE_(a, b) a##_##b
#define CN_PASTE(a, b) CN_PASTE_(a, b)

#define CN_NAME(name) CN_PASTE(name, baseline)
#define CN_TARGET
#define CN_LANES 2
#define CN_VECTORS 2
#define CN_COLUMNS 4
#include "kernels/scatter.h"

#if defined(__x86_64__)
#define CN_NAME(name) CN_PASTE(name, avx2)
#define CN_TARGET __attribute__((target("avx2,fma")))
#define CN_LANES 4
#define CN_VECTORS 2
#define CN_COLUMNS 6
#include "kernels/scatter.h"

#define CN_NAME(name) CN_PASTE(name, avx512)
#define CN_TARGET __attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")))
#define CN_LANES 8
#define CN_VECTORS 3
#define CN_COLUMNS 8
#include "kernels/scatter.h"
#endif

void cn_scatter_add(const double *a, const double *b, int64_t rows, double *c) {
#if defined(__x86_64__)
    switch (cn_fused_set_index()) {
    case 2: scatter_add_avx512(a, b, rows, c); return;
    case 1: scatter_add_avx2(a, b, rows, c); return;
    }
#endif
    scatter_add_baseline(a, b, rows, c);
}

#define ROW(T, suffix)                                                                                             \
    void cn_scatter_row_##suffix(const T *values, const double *centres, int64_t columns, double *panels,          \
                                 int64_t stride) {                                                                 \
        int64_t first = 0;                                                                                         \
        for (; first + CN_SCATTER <= columns; first += CN_SCATTER, panels += stride) {                             \
            for (int32_t i = 0; i < CN_SCATTER; i++) panels[i] = (double)values[first + i] - centres[first + i];   \
        }                                                                                                          \
        if (first == columns) return;                                                                              \
        for (int32_t i = 0; i < CN_SCATTER; i++) {                                                                 \
            panels[i] = first + i < columns ? (double)values[first + i] - centres[first + i] : 0;                  \
        }                                                                                                          \
    }

ROW(float, f32)
ROW(double, f64)
