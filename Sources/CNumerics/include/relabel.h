/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One relabelled copy of the samples at a time, by incrementing: for more classes or
 * levels than counting on bit slices (slices.h) is good at.
 */
#ifndef CN_RELABEL_H
#define CN_RELABEL_H

#include <stdint.h>

#include "slices.h"

/* Sorts samples 0 ... samples-1 by their code, stably from the order `first`, or ascending where that is null:
 * order receives them, ends[k] the place after code k. Codes are 1 or 2 bytes and below `levels`. */
void cn_sort_codes(const void *codes, int32_t size, int64_t samples, int64_t levels, const uint32_t *first,
                   uint32_t *order, uint32_t *ends);

/* What cn_slice_class_sums gives for one lane whose numbers are `labels`, of 1, 2 or 4 bytes; `counters` holds
 * `classes` zeros, and does so again afterwards. */
int64_t cn_class_sum(const void *labels, int32_t size, const cn_runs *runs, const int64_t *const *tables,
                     uint32_t *counters);

/* counts[label * levels + code] += 1 for every sample. */
void cn_cross_count(const void *labels, int32_t label_size, const void *codes, int32_t code_size, int64_t samples,
                    int64_t levels, uint32_t *counts);

#endif
