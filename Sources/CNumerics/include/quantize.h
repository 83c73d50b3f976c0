/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loops over tiles of activations: extrema, sums, quantisation to level codes,
 * and counting of codes. Every function comes in several instruction sets,
 * chosen once at load; all of them give the same bits.
 *
 * A tile is `rows` × `cols` elements; `stride` is the distance between rows in
 * elements. Functions that return int32_t return a set of the CN_FOUND flags.
 */
#ifndef CN_QUANTIZE_H
#define CN_QUANTIZE_H

#include <stdint.h>

enum {
    CN_FOUND_NONFINITE = 1, /* a NaN or an infinity */
    CN_FOUND_FRACTION = 2   /* a value that is no integer */
};

/* Codes lie in strips of this many columns, each strip with its rows one after another. */
#define CN_STRIP 64

/* Name of the instruction set in use: "avx512", "avx2" or "baseline". The best one is chosen at load, or the
 * one that the environment variable INFOLENS_INSTRUCTION_SET names. */
const char *cn_instruction_set(void);

/* Its index: 2, 1 or 0. */
int32_t cn_instruction_set_index(void);

/* The same for kernels with fused multiply-adds, which AVX2 does not imply: 0 where the machine lacks them. */
int32_t cn_fused_set_index(void);

/* Changes it, for tests; no kernel may be running. Returns 0 if the machine does not have the set. */
int32_t cn_select_instruction_set(const char *name);

/* low[j] = min(low[j], column j of the tile), high[j] likewise with max. */
int32_t cn_extrema_f32(const float *x, int64_t rows, int64_t cols, int64_t stride, float *low, float *high);
int32_t cn_extrema_f64(const double *x, int64_t rows, int64_t cols, int64_t stride, double *low, double *high);

/* The same over finite values, and zeros[j] and undefined[j] += how many values of column j are 0, or NaN or infinite;
 * these are uint32_t for float, uint64_t for double. Returns 0. */
int32_t cn_ranges_f32(const float *x, int64_t rows, int64_t cols, int64_t stride, float *low, float *high, void *zeros,
                      void *undefined);
int32_t cn_ranges_f64(const double *x, int64_t rows, int64_t cols, int64_t stride, double *low, double *high, void *zeros,
                      void *undefined);

/* sum[j] + correction[j] += column j, row after row, so that splitting the rows over calls changes no bit;
 * the correction gathers what rounding takes from the sum. */
int32_t cn_sums_f32(const float *x, int64_t rows, int64_t cols, int64_t stride, double *sum, double *correction);
int32_t cn_sums_f64(const double *x, int64_t rows, int64_t cols, int64_t stride, double *sum, double *correction);

/*
 * Quantisers: row r of x becomes row place[r] of the codes, whose strips are
 * `strip_stride` codes apart; u8 holds up to 256 levels, u16 up to 65536.
 */
typedef struct cn_tile {
    const void *x; /* float or double, as the function says */
    int64_t stride; /* between rows, in elements */
    const int32_t *place; /* for each row */
    int64_t rows, cols;
    void *codes; /* uint8_t or uint16_t */
    int64_t strip_stride;
} cn_tile;

/*
 * A uniform grid for each column: the level is the number of k in 1 ... bins-1 with
 * k*step[j] + low[j] <= x, in double precision. inverse[j] is 1/step[j] to within
 * rounding, or 0 with step 0 for a constant column.
 *
 * Two quicker ways find the level of a float unless it is close to an edge, when the
 * exact arithmetic decides. Either is turned off by a zero.
 *
 * In single precision, positions (x - low)*inverse differ from the true ones by less
 * than `tolerance`.
 *
 * In fixed point with 16 bits of fraction, x*scale + offset is the position plus some
 * units that its error stays below, so that only positions whose fraction has none of
 * the bits `fraction` can be on the wrong side of an edge.
 */
typedef struct cn_grid {
    const double *low, *step, *inverse;
    const float *low_single, *inverse_single;
    const float *scale, *offset;
    float tolerance;
    uint32_t fraction;
    int32_t bins;
} cn_grid;

int32_t cn_grid_f32_u8(const cn_tile *tile, const cn_grid *grid);
int32_t cn_grid_f64_u8(const cn_tile *tile, const cn_grid *grid);
int32_t cn_grid_f32_u16(const cn_tile *tile, const cn_grid *grid);
int32_t cn_grid_f64_u16(const cn_tile *tile, const cn_grid *grid);

/* One edge a column: edge[j] <= x. */
int32_t cn_threshold_f32(const cn_tile *tile, const float *edge);
int32_t cn_threshold_f64(const cn_tile *tile, const double *edge);

/* Ascending edges shared by all columns: the number of k in 0 ... count-1 with edges[k] <= x; count >= 1. */
int32_t cn_edges_f32_u8(const cn_tile *tile, const float *edges, int64_t count);
int32_t cn_edges_f64_u8(const cn_tile *tile, const double *edges, int64_t count);
int32_t cn_edges_f32_u16(const cn_tile *tile, const float *edges, int64_t count);
int32_t cn_edges_f64_u16(const cn_tile *tile, const double *edges, int64_t count);

/* Cells of fixed width: floor(x / width) - first[j], clamped to 0 ... levels-1. */
int32_t cn_cells_f32_u8(const cn_tile *tile, double width, const double *first, int32_t levels);
int32_t cn_cells_f64_u8(const cn_tile *tile, double width, const double *first, int32_t levels);
int32_t cn_cells_f32_u16(const cn_tile *tile, double width, const double *first, int32_t levels);
int32_t cn_cells_f64_u16(const cn_tile *tile, double width, const double *first, int32_t levels);

/* One strip of codes: counts[l*count_stride + j] += number of rows whose code in column j is l, for l in
 * 1 ... levels-1 (level 0 is what remains), and for all columns of the strip; levels <= 64. */
void cn_count_u8(const uint8_t *codes, int64_t rows, int32_t levels, uint32_t *counts, int64_t count_stride);

/* One strip of codes: counts[j*neuron_stride + code] += 1 for every row and the first `cols` columns, all levels. */
void cn_increment_u8(const uint8_t *codes, int64_t rows, int64_t cols, uint32_t *counts, int64_t neuron_stride);
void cn_increment_u16(const uint16_t *codes, int64_t rows, int64_t cols, uint32_t *counts, int64_t neuron_stride);

#endif
