/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep.h"

#include <math.h>

#include "quantize.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Fused multiply-adds where the instruction set has them. Without, the last digits differ. */
#pragma STDC FP_CONTRACT ON

/* Loops over members are unrolled where their number is a constant, and cannot be where it is not. */
#pragma clang diagnostic ignored "-Wpass-failed"

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

#define AVX512 __attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")))

/* 1 / (1 + (i + 1/2) / 16) and its logarithm, negated. */
static const double cn_centres[16] = {
    0x1.f07c1f07c1f08p-1, 0x1.d41d41d41d41dp-1, 0x1.bacf914c1bad0p-1, 0x1.a41a41a41a41ap-1,
    0x1.8f9c18f9c18fap-1, 0x1.7d05f417d05f4p-1, 0x1.6c16c16c16c17p-1, 0x1.5c9882b931057p-1,
    0x1.4e5e0a72f0539p-1, 0x1.4141414141414p-1, 0x1.3521cfb2b78c1p-1, 0x1.29e4129e4129ep-1,
    0x1.1f7047dc11f70p-1, 0x1.15b1e5f75270dp-1, 0x1.0c9714fbcda3bp-1, 0x1.0410410410410p-1};
static const double cn_centre_logs[16] = {
    0x1.f829b0e7832f8p-6, 0x1.6f0d28ae56b4ep-4, 0x1.29552f81ff521p-3, 0x1.9525a9cf456b6p-3,
    0x1.fb9186d5e3e29p-3, 0x1.2e8e2bae11d31p-2, 0x1.5d1bdbf5809cap-2, 0x1.89a3386c1425bp-2,
    0x1.b44f77bcc8f64p-2, 0x1.dd46a04c1c4a1p-2, 0x1.02552a5a5d0ffp-1, 0x1.154c3d2f4d5eap-1,
    0x1.2795e1289b11bp-1, 0x1.393e0d3562a1ap-1, 0x1.4a4f85db03ebbp-1, 0x1.5ad404c359f2dp-1};

/* log(x) of positive x, to about 1e-16 of the larger of 1 and the result: x = 2^e m with m in [1, 2), times the
 * reciprocal of the middle of its sixteenth, 1 + f with |f| <= 1/32, and the series of log(1 + f). */
static inline AVX512 __attribute__((always_inline)) __m512d table_logarithm(__m512d x) {
    const __m512d e = _mm512_getexp_pd(x), m = _mm512_getmant_pd(x, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_src);
    const __m512i i = _mm512_srli_epi64(_mm512_castpd_si512(m), 48);
    const __m512d c = _mm512_permutex2var_pd(_mm512_loadu_pd(cn_centres), i, _mm512_loadu_pd(cn_centres + 8));
    const __m512d l = _mm512_permutex2var_pd(_mm512_loadu_pd(cn_centre_logs), i, _mm512_loadu_pd(cn_centre_logs + 8));
    const __m512d f = _mm512_fmsub_pd(m, c, _mm512_set1_pd(1));
    /* Even and odd terms side by side. */
    const __m512d q = f * f;
    __m512d a = q * (1.0 / 9) + 1.0 / 7, b = q * (-1.0 / 8) - 1.0 / 6;
    a = a * q + 1.0 / 5;
    b = b * q - 1.0 / 4;
    a = a * q + 1.0 / 3;
    b = b * q - 1.0 / 2;
    return e * 0x1.62e42fefa39efp-1 + (l + (f + q * (a * f + b)));
}

#define CN_NAME(name) CN_PASTE(sweep_##name, avx512)
#define CN_TARGET AVX512
#define CN_LANES 8
#define CN_LOGARITHM(x) table_logarithm((__m512d)(x))
#define CN_MASK(v) _mm512_movepi64_mask((__m512i)(v))
#include "kernels/sweep.h"

#define DISPATCH(name, ...)                                               \
    switch (cn_fused_set_index()) {                                       \
    case 2: return sweep_##name##_avx512(__VA_ARGS__);                    \
    case 1: return sweep_##name##_avx2(__VA_ARGS__);                      \
    default: return sweep_##name##_baseline(__VA_ARGS__);                 \
    }
#else
#define DISPATCH(name, ...) return sweep_##name##_baseline(__VA_ARGS__);
#endif

int32_t cn_sweep_extend(const cn_sweep *from, int64_t x, cn_sweep *to) { DISPATCH(extend, from, x, to) }

int32_t cn_pairs_fold(const cn_sweep *from, int64_t last, cn_pairs *to) { DISPATCH(fold, from, last, 1, to) }

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
