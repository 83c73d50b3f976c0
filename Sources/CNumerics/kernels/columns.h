/* SPDX-License-Identifier: Apache-2.0 */
/* Extrema, sums and comparisons of columns, for one instruction set and one
 * element type T (with UINT, an unsigned integer of T's size). See
 * instruction_set.h. */

CN_TARGET static inline __attribute__((always_inline)) UINT CN_TYPED(extrema_strip)(
    const T *restrict a, int64_t n, T *restrict low, T *restrict high) {
    UINT nans = 0;
    for (int64_t j = 0; j < n; j++) {
        const T v = a[j];
        nans |= (UINT)(v != v);
        low[j] = v < low[j] ? v : low[j];
        high[j] = v > high[j] ? v : high[j];
    }
    return nans;
}

/* Row after row, in the order of memory: several rows at a time would spare traffic on low and high, which
 * the nearest cache holds, and cost a third of the bandwidth, which is the limit. */
CN_TARGET static int32_t CN_TYPED(extrema)(const T *x, int64_t rows, int64_t cols, int64_t stride, T *low, T *high) {
    UINT nans = 0;
    for (int64_t r = 0; r < rows; r++) {
        const T *a = x + r * stride, *next = x + row_ahead(r, rows, cols) * stride;
        int64_t j = 0;
        for (; j + CN_STRIP <= cols; j += CN_STRIP) {
            fetch_strip(next + j, sizeof(T));
            nans |= CN_TYPED(extrema_strip)(a + j, CN_STRIP, low + j, high + j);
        }
        if (j < cols) nans |= CN_TYPED(extrema_strip)(a + j, cols - j, low + j, high + j);
    }
    int32_t infinite = 0;
    for (int64_t j = 0; j < cols; j++) infinite |= (low[j] - low[j] != 0) | (high[j] - high[j] != 0);
    return nans || infinite ? CN_FOUND_NONFINITE : 0;
}

/* `count` rows, 1 or 4, at a time: low, high and the counts are then loaded and stored a quarter as often. */
CN_TARGET static inline __attribute__((always_inline)) void CN_TYPED(ranges_strip)(
    const T *restrict a, int64_t stride, int count, int64_t n, T *restrict low, T *restrict high, UINT *restrict zeros,
    UINT *restrict undefined) {
    for (int64_t j = 0; j < n; j++) {
        T least = low[j], most = high[j];
        UINT at_zero = zeros[j], bad = undefined[j];
        for (int r = 0; r < count; r++) {
            const T v = a[r * stride + j];
            /* A difference of finite values may be infinite, so that of one with itself is asked. */
            const int finite = v - v == 0;
            least = (finite & (v < least)) ? v : least;
            most = (finite & (v > most)) ? v : most;
            at_zero += (UINT)(v == 0);
            bad += (UINT)!finite;
        }
        low[j] = least, high[j] = most, zeros[j] = at_zero, undefined[j] = bad;
    }
}

CN_TARGET static int32_t CN_TYPED(ranges)(const T *x, int64_t rows, int64_t cols, int64_t stride, T *low, T *high,
                                        UINT *zeros, UINT *undefined) {
#define CN_RANGES(count)                                                                                      \
    do {                                                                                                      \
        int64_t j = 0;                                                                                        \
        for (; j + CN_STRIP <= cols; j += CN_STRIP) {                                                         \
            CN_TYPED(ranges_strip)(a + j, stride, count, CN_STRIP, low + j, high + j, zeros + j, undefined + j); \
        }                                                                                                     \
        if (j < cols) {                                                                                       \
            CN_TYPED(ranges_strip)(a + j, stride, count, cols - j, low + j, high + j, zeros + j, undefined + j); \
        }                                                                                                     \
    } while (0)
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4) {
        const T *a = x + r * stride;
        CN_RANGES(4);
    }
    for (; r < rows; r++) {
        const T *a = x + r * stride;
        CN_RANGES(1);
    }
#undef CN_RANGES
    return 0;
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

CN_TARGET static int32_t CN_TYPED(threshold)(const cn_tile *tile, const T *edge) {
    UINT bad = 0;
#define CN_CALL(n) CN_TYPED(threshold_strip)(a + j, n, edge + j, out)
    CN_FOR_EACH_STRIP(uint8_t)
#undef CN_CALL
    return bad ? CN_FOUND_NONFINITE : 0;
}
