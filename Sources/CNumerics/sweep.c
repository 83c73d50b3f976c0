/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep.h"

#include <math.h>

#include "quantize.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Fused multiply-adds where the instruction set has them. Without, the last digits differ. */
#pragma STDC FP_CONTRACT ON

static inline double cn_log(double x) { return log(x); }

#define CN_PASTE_(a, b) a##_##b
#define CN_PASTE(a, b) CN_PASTE_(a, b)

#define CN_NAME(name) CN_PASTE(sweep_##name, baseline)
#define CN_TARGET
#define CN_LANES 2
#if defined(__x86_64__)
#define CN_MASK(v) _mm_movemask_pd((__m128d)(v))
#else
#define CN_MASK(v) ((v).x | (v).y)
#endif
#include "kernels/sweep.h"

#if defined(__x86_64__)
#define CN_NAME(name) CN_PASTE(sweep_##name, avx2)
#define CN_TARGET __attribute__((target("avx2,fma")))
#define CN_LANES 4
#define CN_MASK(v) _mm256_movemask_pd((__m256d)(v))
#include "kernels/sweep.h"

#define CN_NAME(name) CN_PASTE(sweep_##name, avx512)
#define CN_TARGET __attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")))
#define CN_LANES 8
#define CN_MASK(v) _mm512_movepi64_mask((__m512i)(v))
#include "kernels/sweep.h"

/* AVX2 does not imply fused multiply-adds. */
static int has_fma;

__attribute__((constructor)) static void look_for_fma(void) {
    __builtin_cpu_init();
    has_fma = __builtin_cpu_supports("fma") != 0;
}

#define DISPATCH(name, ...)                                               \
    switch (has_fma ? cn_instruction_set_index() : 0) {                   \
    case 2: return sweep_##name##_avx512(__VA_ARGS__);                    \
    case 1: return sweep_##name##_avx2(__VA_ARGS__);                      \
    default: return sweep_##name##_baseline(__VA_ARGS__);                 \
    }
#else
#define DISPATCH(name, ...) return sweep_##name##_baseline(__VA_ARGS__);
#endif

int32_t cn_sweep_extend(const cn_sweep *from, int64_t x, cn_sweep *to) { DISPATCH(extend, from, x, to) }

int32_t cn_pairs_fold(const cn_sweep *from, int64_t last, cn_pairs *to) { DISPATCH(fold, from, last, to) }

int64_t cn_pairs_scan(const cn_pairs *pairs, int64_t last, int64_t x0, int64_t y0, int64_t x1, int64_t y1,
                      cn_bounds *bounds, cn_hit hit, void *user) {
    DISPATCH(pairs_scan, pairs, last, x0, y0, x1, y1, bounds, hit, user)
}

int64_t cn_sweep_scan(const cn_sweep *from, int64_t first, int64_t end, cn_pairs *scratch, cn_bounds *bounds, cn_hit hit,
                      void *user) {
    DISPATCH(sweep_scan, from, first, end, scratch, bounds, hit, user)
}

void cn_pairs_row(const cn_pairs *pairs, int64_t x, int64_t y0, int64_t y1, int32_t kind, double weight, double *sums) {
    DISPATCH(row, pairs, x, y0, y1, kind, weight, sums)
}

int64_t cn_find_outside(const double *values, int64_t count, int64_t from, double high, double low) {
    DISPATCH(find, values, count, from, high, low)
}
