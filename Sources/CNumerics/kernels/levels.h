/* SPDX-License-Identifier: Apache-2.0 */
/* Quantisation of a tile to level codes, for one instruction set, one element
 * type T (with UINT, an unsigned integer of its size) and one CODE type.
 *
 * Rows are walked along their columns, in the order in which memory is fetched
 * ahead; the inner loops cover a strip of columns, whose number is a constant
 * but for the last strip, so that they vectorise without remainders. See
 * instruction_set.h. */

/* Rounds to the nearest integer for |v| < 2^51: the sum has no fraction bits left. */
#define CN_ROUND(v) (((v) + 6755399441055744.0) - 6755399441055744.0)
/* The same for |v| < 2^22. */
#define CN_ROUND_SINGLE(v) (((v) + 12582912.0f) - 12582912.0f)

CN_TARGET static inline __attribute__((always_inline)) UINT CN_CODED(grid_strip)(
    const T *restrict a, int64_t n, const double *restrict low, const double *restrict step,
    const double *restrict inverse, int32_t bins, CODE *restrict out) {
    UINT bad = 0;
    const double top = bins;
    const int32_t last = bins - 1;
    for (int64_t j = 0; j < n; j++) {
        T v = a[j];
        bad |= (UINT)(v - v != 0);
        /* k is within half a bin of v's position: v is in bin k or k-1, and the edge decides. */
        double f = ((double)v - low[j]) * inverse[j];
        f = f > 0 ? f : 0;
        f = f < top ? f : top;
        double k = CN_ROUND(f);
        int32_t code = (int32_t)k - (int32_t)((double)v < k * step[j] + low[j]);
        code = code > 0 ? code : 0;
        out[j] = (CODE)(code < last ? code : last);
    }
    return bad;
}

#if CN_SINGLE
/* The same in single precision, which is right unless the position lies within the tolerance of an
 * edge. Returns 1 where that happened; then the codes are void. Positions are clamped a quarter of a
 * bin inside the range, which leaves the end bins what they are and takes its ends for no edges. */
CN_TARGET static inline __attribute__((always_inline)) UINT CN_CODED(grid_strip_single)(
    const float *restrict a, int64_t n, const float *restrict low, const float *restrict inverse, float top,
    float tolerance, UINT *bad, CODE *restrict out) {
    UINT nonfinite = 0, doubtful = 0;
    for (int64_t j = 0; j < n; j++) {
        float v = a[j];
        nonfinite |= (UINT)(v - v != 0);
        float f = (v - low[j]) * inverse[j];
        f = f > 0.25f ? f : 0.25f;
        f = f < top ? f : top;
        float distance = f - CN_ROUND_SINGLE(f);
        distance = distance < 0 ? -distance : distance;
        doubtful |= (UINT)(distance <= tolerance);
        out[j] = (CODE)(int32_t)f;
    }
    *bad |= nonfinite;
    return doubtful;
}
#endif

/* One strip, from column j of the grid. */
CN_TARGET static inline __attribute__((always_inline)) UINT CN_CODED(grid_columns)(
    const T *a, int64_t n, const cn_grid *grid, int64_t j, CODE *out) {
#if CN_SINGLE
    const float top = (float)grid->bins - 0.25f, tolerance = grid->tolerance;
    UINT bad = 0;
    if (tolerance > 0 && !CN_CODED(grid_strip_single)(a, n, grid->low_single + j, grid->inverse_single + j, top,
                                                      tolerance, &bad, out))
        return bad;
#endif
    return CN_CODED(grid_strip)(a, n, grid->low + j, grid->step + j, grid->inverse + j, grid->bins, out);
}

CN_TARGET static int32_t CN_CODED(grid)(const cn_tile *tile, const cn_grid *grid) {
    UINT bad = 0;
#define CN_CALL(n) CN_CODED(grid_columns)(a + j, n, grid, j, out)
    CN_FOR_EACH_STRIP(CODE)
#undef CN_CALL
    return bad ? CN_FOUND_NONFINITE : 0;
}

CN_TARGET static inline __attribute__((always_inline)) UINT CN_CODED(edges_strip)(
    const T *restrict a, int64_t n, const T *restrict edges, int64_t count, CODE *restrict out) {
    UINT bad = 0;
    for (int64_t j = 0; j < n; j++) bad |= (UINT)(a[j] - a[j] != 0);
    if (count <= 32) { /* comparing with each of a few edges vectorises and beats searching */
        CODE level[CN_STRIP] = {0};
        for (int64_t k = 0; k < count; k++) {
            const T edge = edges[k];
            for (int64_t j = 0; j < n; j++) level[j] = (CODE)(level[j] + (a[j] >= edge));
        }
        for (int64_t j = 0; j < n; j++) out[j] = level[j];
        return bad;
    }
    for (int64_t j = 0; j < n; j++) {
        int64_t from = 0, to = count;
        while (from < to) {
            int64_t middle = from + (to - from) / 2;
            if (edges[middle] <= a[j]) from = middle + 1;
            else to = middle;
        }
        out[j] = (CODE)from;
    }
    return bad;
}

CN_TARGET static int32_t CN_CODED(edges)(const cn_tile *tile, const T *edges, int64_t count) {
    UINT bad = 0;
#define CN_CALL(n) CN_CODED(edges_strip)(a + j, n, edges, count, out)
    CN_FOR_EACH_STRIP(CODE)
#undef CN_CALL
    return bad ? CN_FOUND_NONFINITE : 0;
}

CN_TARGET static inline __attribute__((always_inline)) UINT CN_CODED(cells_strip)(
    const T *restrict a, int64_t n, double width, const double *restrict first, double last, UINT *fraction,
    CODE *restrict out) {
    UINT bad = 0, parts = 0;
    for (int64_t j = 0; j < n; j++) {
        T v = a[j];
        bad |= (UINT)(v - v != 0);
        double cell = __builtin_floor((double)v / width);
        parts |= (UINT)(cell * width != (double)v);
        double f = cell - first[j];
        f = f > 0 ? f : 0;
        f = f < last ? f : last;
        out[j] = (CODE)(int32_t)f;
    }
    *fraction |= parts;
    return bad;
}

CN_TARGET static int32_t CN_CODED(cells)(const cn_tile *tile, double width, const double *first,
                                         int32_t levels) {
    UINT bad = 0, fraction = 0;
    const double last = levels - 1;
#define CN_CALL(n) CN_CODED(cells_strip)(a + j, n, width, first + j, last, &fraction, out)
    CN_FOR_EACH_STRIP(CODE)
#undef CN_CALL
    return (bad ? CN_FOUND_NONFINITE : 0) | (fraction ? CN_FOUND_FRACTION : 0);
}

#undef CN_ROUND
#undef CN_ROUND_SINGLE
