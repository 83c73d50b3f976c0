/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums of products of columns, of which covariances are made. Columns lie in panels: CN_SCATTER columns side by
 * side, row after row, in float64.
 */
#ifndef CN_SCATTER_H
#define CN_SCATTER_H

#include <stdint.h>

/* Columns in a panel. */
#define CN_SCATTER 24

/* c[j][i] += sum over the rows of a[row][i] * b[row][j], summed in the order of rows before it is added.
 *
 * a, b  panels, aligned to 64 bytes; they may be the same
 * c     CN_SCATTER x CN_SCATTER numbers, aligned to 64 bytes
 * With instruction sets that have fused multiply-adds the sum is of these, and the same for all such sets. */
void cn_scatter_add(const double *a, const double *b, int64_t rows, double *c);

/* One row of panels `stride` numbers apart: the values less their centres, and zeros up to the end of the last
 * panel. `panels` is the row's place in the first. */
void cn_scatter_row_f32(const float *values, const double *centres, int64_t columns, double *panels, int64_t stride);
void cn_scatter_row_f64(const double *values, const double *centres, int64_t columns, double *panels, int64_t stride);

#endif
