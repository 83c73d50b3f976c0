/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel of scatter.h for one instruction set: included once for each, with CN_NAME(name), CN_TARGET, CN_LANES
 * (doubles in a vector), CN_VECTORS and CN_COLUMNS defined: CN_VECTORS vectors of a by CN_COLUMNS numbers of b are
 * the sums that registers hold.
 *
 * A tile of v vectors by n numbers reads v + n operands for v n multiply-adds a row, so that it should be as large and
 * as square as the registers allow, with some left for the vectors of a and for one number of b in all lanes: 3 x 8 of 32
 * registers; 2 x 6 of 16; 2 x 4 where products need registers of their own. Loads are then no limit: a 3 x 8 tile asks
 * two ports for 11 loads in the 12 cycles of its 24 multiply-adds. Measured with AVX-512 it reaches 90 % of two
 * multiply-adds a cycle. Panels of 256 rows (48 KiB each) lie in the second-level cache, from which a is read once for
 * each strip of b.
 */

#define V CN_NAME(scatter_vector)

typedef double V __attribute__((ext_vector_type(CN_LANES)));

static CN_TARGET void CN_NAME(scatter_add)(const double *a, const double *b, int64_t rows, double *c) {
    for (int32_t i = 0; i < CN_SCATTER; i += CN_VECTORS * CN_LANES) {
        for (int32_t j = 0; j < CN_SCATTER; j += CN_COLUMNS) {
            V sum[CN_COLUMNS][CN_VECTORS];
            for (int32_t k = 0; k < CN_COLUMNS; k++) {
                for (int32_t v = 0; v < CN_VECTORS; v++) sum[k][v] = (V)0.0;
            }
            const double *from = a + i, *with = b + j;
            for (int64_t row = 0; row < rows; row++, from += CN_SCATTER, with += CN_SCATTER) {
                V x[CN_VECTORS];
#pragma unroll
                for (int32_t v = 0; v < CN_VECTORS; v++) x[v] = *(const V *)(from + v * CN_LANES);
#pragma unroll
                for (int32_t k = 0; k < CN_COLUMNS; k++) {
                    const V y = (V)with[k];
#pragma unroll
                    for (int32_t v = 0; v < CN_VECTORS; v++) sum[k][v] += x[v] * y;
                }
            }
            for (int32_t k = 0; k < CN_COLUMNS; k++) {
                for (int32_t v = 0; v < CN_VECTORS; v++) {
                    *(V *)(c + (j + k) * CN_SCATTER + i + v * CN_LANES) += sum[k][v];
                }
            }
        }
    }
}

#undef V
#undef CN_NAME
#undef CN_TARGET
#undef CN_LANES
#undef CN_VECTORS
#undef CN_COLUMNS
