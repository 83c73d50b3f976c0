/* SPDX-License-Identifier: Apache-2.0 */
/* Extrema, sums and comparisons of columns, for one instruction set and one
 * element type T (with UINT, an unsigned integer of T's size). See
 * instruction_set.h. */

CN_TARGET static int32_t CN_TYPED(extrema)(const T *x, int64_t rows, int64_t cols, int64_t stride, T *restrict low,
                                           T *restrict high) {
    UINT nans = 0;
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4) { /* four rows a step: a fourth of the traffic on low and high */
        const T *a = x + r * stride, *b = a + stride, *c = b + stride, *d = c + stride;
        for (int64_t j = 0; j < cols; j++) {
            T a0 = a[j], b0 = b[j], c0 = c[j], d0 = d[j];
            nans |= (UINT)(a0 != a0) | (UINT)(b0 != b0) | (UINT)(c0 != c0) | (UINT)(d0 != d0);
            T p = a0 < b0 ? a0 : b0, q = c0 < d0 ? c0 : d0;
            T s = a0 > b0 ? a0 : b0, t = c0 > d0 ? c0 : d0;
            p = p < q ? p : q;
            s = s > t ? s : t;
            low[j] = p < low[j] ? p : low[j];
            high[j] = s > high[j] ? s : high[j];
        }
    }
    for (; r < rows; r++) {
        const T *a = x + r * stride;
        for (int64_t j = 0; j < cols; j++) {
            T a0 = a[j];
            nans |= (UINT)(a0 != a0);
            low[j] = a0 < low[j] ? a0 : low[j];
            high[j] = a0 > high[j] ? a0 : high[j];
        }
    }
    int32_t infinite = 0;
    for (int64_t j = 0; j < cols; j++) infinite |= (low[j] - low[j] != 0) | (high[j] - high[j] != 0);
    return nans || infinite ? CN_FOUND_NONFINITE : 0;
}

CN_TARGET static int32_t CN_TYPED(sums)(const T *x, int64_t rows, int64_t cols, int64_t stride, double *restrict sum,
                                      double *restrict correction) {
    UINT bad = 0;
    for (int64_t r = 0; r < rows; r++) {
        const T *a = x + r * stride;
        for (int64_t j = 0; j < cols; j++) {
            T v = a[j];
            bad |= (UINT)(v - v != 0);
            /* Two-sum: what rounding the new sum loses goes to the correction. */
            const double old = sum[j], next = old + (double)v, added = next - old;
            correction[j] += (old - (next - added)) + ((double)v - added);
            sum[j] = next;
        }
    }
    return bad ? CN_FOUND_NONFINITE : 0;
}

CN_TARGET static inline __attribute__((always_inline)) UINT CN_TYPED(threshold_strip)(
    const T *restrict a, int64_t n, const T *restrict edge, uint8_t *restrict out) {
    UINT bad = 0;
    for (int64_t j = 0; j < n; j++) {
        bad |= (UINT)(a[j] - a[j] != 0);
        out[j] = (uint8_t)(a[j] >= edge[j]);
    }
    return bad;
}

CN_TARGET static int32_t CN_TYPED(threshold)(const T *x, int64_t rows, int64_t cols, int64_t stride, const T *edge,
                                             const int32_t *place, uint8_t *codes, int64_t strip_stride) {
    UINT bad = 0;
#define CN_CALL(n) CN_TYPED(threshold_strip)(a + j, n, edge + j, out)
    CN_FOR_EACH_STRIP(uint8_t)
#undef CN_CALL
    return bad ? CN_FOUND_NONFINITE : 0;
}
