/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels of quantize.h for one instruction set: included once for each,
 * with CN_NAME(name), CN_TARGET, CN_LANES (bytes in a vector) and, unless levels are
 * counted otherwise, CN_LEVELS (levels counted together) defined.
 */

#define CN_CONCAT_(a, b) a##_##b
#define CN_CONCAT(a, b) CN_CONCAT_(a, b)
#define CN_TYPED(name) CN_NAME(CN_CONCAT(name, SUFFIX))
#define CN_CODED(name) CN_NAME(CN_CONCAT(CN_CONCAT(name, SUFFIX), CODE_SUFFIX))

/* Walks a tile along its rows: CN_CALL(n) quantises the n columns from column j of row `a` to
 * `out` and returns flags. n is a constant but for the last strip. */
#define CN_FOR_EACH_STRIP(CODE_TYPE)                                                                      \
    const int64_t cols = tile->cols, skip = tile->strip_stride;                                           \
    for (int64_t r = 0; r < tile->rows; r++) {                                                            \
        const T *a = (const T *)tile->x + r * tile->stride;                                               \
        const T *next = (const T *)tile->x + row_ahead(r, tile->rows, cols) * tile->stride;               \
        CODE_TYPE *out = (CODE_TYPE *)tile->codes + tile->place[r] * (int64_t)CN_STRIP;                   \
        int64_t j = 0;                                                                                    \
        for (; j + CN_STRIP <= cols; j += CN_STRIP, out += skip) {                                        \
            fetch_strip(next + j, sizeof(T));                                                             \
            bad |= CN_CALL(CN_STRIP);                                                                     \
        }                                                                                                 \
        if (j < cols) bad |= CN_CALL(cols - j);                                                           \
    }

#define T float
#define UINT uint32_t
#define SUFFIX f32
#define CN_SINGLE 1
#include "element.h"

#define T double
#define UINT uint64_t
#define SUFFIX f64
#define CN_SINGLE 0
#include "element.h"

#include "counts.h"

#undef CN_FOR_EACH_STRIP
#undef CN_CONCAT_
#undef CN_CONCAT
#undef CN_TYPED
#undef CN_CODED
#undef CN_NAME
#undef CN_TARGET
#undef CN_LANES
#undef CN_LEVELS
