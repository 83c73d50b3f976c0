/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows to columns and back, in squares of eight by eight numbers: every line of the cache that is written is written
 * whole.
 */
#ifndef CN_TRANSPOSE_H
#define CN_TRANSPOSE_H

#include <stdint.h>

/* columns[j * column_stride + i] = rows[i * row_stride + j], i < rows, j < columns. Strides count elements; that of rows
 * may be negative. Returns 0, or 1 if a value is NaN or infinite. */
int32_t cn_to_columns_f32(const float *values, int64_t row_stride, int64_t rows, int64_t columns, double *target,
                          int64_t column_stride);
int32_t cn_to_columns_f64(const double *values, int64_t row_stride, int64_t rows, int64_t columns, double *target,
                          int64_t column_stride);

/* Columns to rows: row i goes to target + place[i] * row_stride, or to target + i * row_stride where place is NULL. */
void cn_to_rows(const double *values, int64_t column_stride, int64_t rows, int64_t columns, const int32_t *place,
                double *target, int64_t row_stride);

/* target[j * rows + i] = values[i * columns + j], elements of 4 or 8 bytes. */
void cn_transpose(const void *values, int64_t rows, int64_t columns, int64_t size, void *target);

#endif
