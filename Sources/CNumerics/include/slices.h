/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting many relabelled copies of the samples at once, on bit slices.
 *
 * A copy (a permutation of the labels, or a resampling of the samples) is a lane; a
 * block has CN_SLICE_LANES of them. Each sample has one number a lane (its class, or its
 * weight), and plane b of a sample is bit b of its numbers, a lane a bit:
 *
 *     slices[(sample * planes + b) * CN_SLICE_WORDS + lane / 64] >> lane % 64 & 1
 *
 * The samples are followed by a row of zeros, sample number `samples`. Sums are exact
 * integers, so that every instruction set gives the same bits.
 */
#ifndef CN_SLICES_H
#define CN_SLICES_H

#include <stdint.h>

#define CN_SLICE_LANES 512
#define CN_SLICE_WORDS 8

/* The samples of a neuron, sorted by cell: those of cell k are order[ends[k-1]] ... order[ends[k]-1]. */
typedef struct cn_runs {
    const uint32_t *order;
    const uint32_t *ends;
    int64_t cells;
    int64_t samples;
} cn_runs;

/* Filling a block takes two steps. First the numbers of one copy, of 1, 2 or 4 bytes, become bits in the order of
 * the samples: bit s % 64 of bits[plane * plane_stride + s / 64] is that of sample s. */
void cn_slice_bits(const void *numbers, int32_t size, int64_t samples, int32_t planes, uint64_t *bits,
                   int64_t plane_stride);

/* Then the bits of 64 copies, (samples + 63) / 64 words each and one after another in every plane, become word
 * `word` of all planes of all samples. */
void cn_slice_transpose(const uint64_t *bits, int64_t plane_stride, int64_t samples, int32_t planes, int32_t word,
                        uint64_t *slices);

/* Bytes of scratch memory, 64-byte aligned, that the functions below need. */
int64_t cn_slice_scratch(int32_t classes, int32_t planes, int64_t samples);

/*
 * For lanes 0 ... lanes-1: sums[lane] = sum over cells k and classes c of tables[c][n], where n is the number
 * of samples of cell k whose number in this lane is c.
 *
 * Every lane holds class c exactly class_samples[c] times, and tables[c] has class_samples[c] + 1 entries.
 * What wraps around stays exact modulo 2^64.
 */
void cn_slice_class_sums(const uint64_t *slices, int32_t planes, int32_t classes, const uint32_t *class_samples,
                         const cn_runs *runs, const int64_t *const *tables, int64_t lanes, int64_t *sums,
                         void *scratch);

/* For every lane: totals[k * CN_SLICE_LANES + lane] = sum of the numbers of the samples of cell k, of which
 * the first begins at order[start]. */
void cn_slice_totals(const uint64_t *slices, int32_t planes, const cn_runs *runs, uint32_t start, uint32_t *totals,
                     void *scratch);

#endif
