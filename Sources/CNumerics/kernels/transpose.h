/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels of transpose.h for one instruction set: included once for each, with CN_NAME(name) and CN_TARGET defined.
 * Vectors are of eight doubles whatever the machine's width: where it is less, compilers split them.
 */

#define INLINE static inline __attribute__((always_inline)) CN_TARGET
#define V CN_NAME(transpose_vector)
#define F CN_NAME(transpose_floats)

typedef double V __attribute__((ext_vector_type(8), aligned(8)));
typedef float F __attribute__((ext_vector_type(8), aligned(4)));

/* Exchanges what lies off the diagonal of the squares of 2 h rows and columns. */
#define EXCHANGE(h, low, high)                              \
    for (int32_t i = 0; i < 8; i++) {                       \
        if (i & h) continue;                                \
        const V a = t[i], b = t[i + h];                     \
        t[i] = __builtin_shufflevector(a, b, low);          \
        t[i + h] = __builtin_shufflevector(a, b, high);     \
    }
#define LOW4 0, 1, 2, 3, 8, 9, 10, 11
#define HIGH4 4, 5, 6, 7, 12, 13, 14, 15
#define LOW2 0, 1, 8, 9, 4, 5, 12, 13
#define HIGH2 2, 3, 10, 11, 6, 7, 14, 15
#define LOW1 0, 8, 2, 10, 4, 12, 6, 14
#define HIGH1 1, 9, 3, 11, 5, 13, 7, 15

INLINE void CN_NAME(exchange)(V t[8]) {
#pragma unroll
    EXCHANGE(4, LOW4, HIGH4)
#pragma unroll
    EXCHANGE(2, LOW2, HIGH2)
#pragma unroll
    EXCHANGE(1, LOW1, HIGH1)
}

#define LOAD_f32(values) __builtin_convertvector(*(const F *)(values), V)
#define LOAD_f64(values) (*(const V *)(values))

#define TO_COLUMNS(T, suffix)                                                                                          \
    static CN_TARGET int32_t CN_NAME(to_columns_##suffix)(const T *values, int64_t row_stride, int64_t rows,           \
                                                          int64_t columns, double *target, int64_t column_stride) {    \
        V zeros = (V)0.0;                                                                                              \
        double rest = 0;                                                                                               \
        for (int64_t i = 0; i < rows; i += 8) {                                                                        \
            const T *row = values + i * row_stride;                                                                    \
            int64_t j = 0;                                                                                             \
            for (; i + 8 <= rows && j + 8 <= columns; j += 8) {                                                        \
                V t[8];                                                                                                \
                _Pragma("unroll") for (int32_t k = 0; k < 8; k++) {                                                    \
                    t[k] = LOAD_##suffix(row + k * row_stride + j);                                                    \
                    zeros += t[k] * 0.0;                                                                               \
                }                                                                                                      \
                CN_NAME(exchange)(t);                                                                                  \
                _Pragma("unroll") for (int32_t k = 0; k < 8; k++) *(V *)(target + (j + k) * column_stride + i) = t[k]; \
            }                                                                                                          \
            for (; j < columns; j++) {                                                                                 \
                for (int64_t k = i; k < rows && k < i + 8; k++) {                                                      \
                    const double value = (double)values[k * row_stride + j];                                           \
                    rest += value * 0.0;                                                                               \
                    target[j * column_stride + k] = value;                                                             \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
        /* A sum of zeros, unless something is not finite. */                                                          \
        for (int32_t k = 0; k < 8; k++) rest += zeros[k];                                                              \
        return !(rest == 0);                                                                                           \
    }

TO_COLUMNS(float, f32)
TO_COLUMNS(double, f64)

static CN_TARGET void CN_NAME(to_rows)(const double *values, int64_t column_stride, int64_t rows, int64_t columns,
                                       const int32_t *place, double *target, int64_t row_stride) {
    for (int64_t i = 0; i < rows; i += 8) {
        int64_t j = 0;
        for (; i + 8 <= rows && j + 8 <= columns; j += 8) {
            V t[8];
#pragma unroll
            for (int32_t k = 0; k < 8; k++) t[k] = LOAD_f64(values + (j + k) * column_stride + i);
            CN_NAME(exchange)(t);
#pragma unroll
            for (int32_t k = 0; k < 8; k++) {
                *(V *)(target + (place ? (int64_t)place[i + k] : i + k) * row_stride + j) = t[k];
            }
        }
        for (int64_t k = i; j < columns && k < rows && k < i + 8; k++) {
            double *row = target + (place ? (int64_t)place[k] : k) * row_stride;
            for (int64_t l = j; l < columns; l++) row[l] = values[l * column_stride + k];
        }
    }
}

#undef INLINE
#undef V
#undef F
#undef EXCHANGE
#undef LOW4
#undef HIGH4
#undef LOW2
#undef HIGH2
#undef LOW1
#undef HIGH1
#undef LOAD_f32
#undef LOAD_f64
#undef TO_COLUMNS
#undef CN_NAME
#undef CN_TARGET
