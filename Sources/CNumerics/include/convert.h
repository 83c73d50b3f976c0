/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CN_CONVERT_H
#define CN_CONVERT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Conversion of one strided run of elements to the types that kernels read.
 *
 * `dtype` is an element type by its public number (infolens.h, "Element
 * types"), `swapped` is nonzero when the bytes of each element are in the
 * opposite of the machine's order, `stride` is the signed distance between
 * elements in bytes. Neither pointer needs any alignment beyond the destination
 * type's, and source and destination must not overlap. An n that is not
 * positive does nothing.
 */

/** What a conversion returns when every value was exactly representable. */
#define CN_EXACT (-1)
/** What a conversion returns for a dtype that it does not take. */
#define CN_UNSUPPORTED (-2)

/** To float: float16, bfloat16, float32, integers of at most 16 bits and bool; always exact. */
int64_t cn_convert_float32(int32_t dtype, int swapped, const void *source, ptrdiff_t stride, int64_t n, float *destination);

/** To double: every dtype. Returns the index of the first 64-bit integer
 *  beyond ±2^53, where doubles stop holding every integer, or CN_EXACT. */
int64_t cn_convert_float64(int32_t dtype, int swapped, const void *source, ptrdiff_t stride, int64_t n, double *destination);

/** To int64_t: integers and bool (0 or 1); uint64 keeps its bit pattern. */
int64_t cn_convert_int64(int32_t dtype, int swapped, const void *source, ptrdiff_t stride, int64_t n, int64_t *destination);

/** n adjacent IEEE binary16 values to float, with the widest conversion that
 *  the processor has. Subnormals are kept whatever the floating-point mode is;
 *  NaNs come out quiet. */
void cn_half_to_float(const uint16_t *source, int64_t n, float *destination);

/** The same, bit for bit, in portable C. */
void cn_half_to_float_portable(const uint16_t *source, int64_t n, float *destination);

/** Undoes the shuffle filter of HDF5: `count` bytes that hold byte 0 of every
 *  element, then byte 1, … become elements of `size` bytes; a rest of less than
 *  an element is copied. Precondition: 1 ≤ size ≤ count, no overlap. */
void cn_unshuffle(const void *source, int64_t count, int64_t size, void *destination);

#endif
