/* SPDX-License-Identifier: Apache-2.0 */
#include "transpose.h"

#include "quantize.h"

#define CN_PASTE_(a, b) a##_##b
#define CN_PASTE(a, b) CN_PASTE_(a, b)

#define CN_NAME(name) CN_PASTE(name, baseline)
#define CN_TARGET
#include "kernels/transpose.h"

#if defined(__x86_64__)
#define CN_NAME(name) CN_PASTE(name, avx2)
#define CN_TARGET __attribute__((target("avx2")))
#include "kernels/transpose.h"

#define CN_NAME(name) CN_PASTE(name, avx512)
#define CN_TARGET __attribute__((target("avx2,avx512f,avx512bw,avx512dq,avx512vl")))
#include "kernels/transpose.h"

#define DISPATCH(name, ...)                                       \
    switch (cn_instruction_set_index()) {                         \
    case 2: return name##_avx512(__VA_ARGS__);                    \
    case 1: return name##_avx2(__VA_ARGS__);                      \
    default: return name##_baseline(__VA_ARGS__);                 \
    }
#else
#define DISPATCH(name, ...) return name##_baseline(__VA_ARGS__);
#endif

int32_t cn_to_columns_f32(const float *values, int64_t row_stride, int64_t rows, int64_t columns, double *target,
                          int64_t column_stride) {
    DISPATCH(to_columns_f32, values, row_stride, rows, columns, target, column_stride)
}

int32_t cn_to_columns_f64(const double *values, int64_t row_stride, int64_t rows, int64_t columns, double *target,
                          int64_t column_stride) {
    DISPATCH(to_columns_f64, values, row_stride, rows, columns, target, column_stride)
}

void cn_to_rows(const double *values, int64_t column_stride, int64_t rows, int64_t columns, const int32_t *place,
                double *target, int64_t row_stride) {
    DISPATCH(to_rows, values, column_stride, rows, columns, place, target, row_stride)
}

/* A tile of both sides stays in the first cache; within it, whole lines of the target are written. */
#define TRANSPOSE(type)                                                                            \
    do {                                                                                           \
        const type *from = values;                                                                 \
        type *to = target;                                                                         \
        for (int64_t top = 0; top < rows; top += TILE) {                                           \
            const int64_t bottom = top + TILE < rows ? top + TILE : rows;                          \
            for (int64_t left = 0; left < columns; left += TILE) {                                 \
                const int64_t right = left + TILE < columns ? left + TILE : columns;               \
                for (int64_t j = left; j < right; j++) {                                           \
                    for (int64_t i = top; i < bottom; i++) to[j * rows + i] = from[i * columns + j]; \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
    } while (0)

void cn_transpose(const void *values, int64_t rows, int64_t columns, int64_t size, void *target) {
    enum { TILE = 16 };
    if (size == 8) {
        TRANSPOSE(uint64_t);
    } else {
        TRANSPOSE(uint32_t);
    }
}
