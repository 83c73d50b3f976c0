/* SPDX-License-Identifier: Apache-2.0 */
#include "relabel.h"

#define SORT(CODE)                                                                            \
    {                                                                                         \
        const CODE *code = codes;                                                             \
        for (int64_t i = 0; i < samples; i++) ends[code[i]]++;                                \
        uint32_t start = 0;                                                                   \
        for (int64_t k = 0; k < levels; k++) {                                                \
            const uint32_t n = ends[k];                                                       \
            ends[k] = start;                                                                  \
            start += n;                                                                       \
        }                                                                                     \
        for (int64_t i = 0; i < samples; i++) {                                               \
            const uint32_t sample = first ? first[i] : (uint32_t)i;                           \
            order[ends[code[sample]]++] = sample;                                             \
        }                                                                                     \
    }

void cn_sort_codes(const void *codes, int32_t size, int64_t samples, int64_t levels, const uint32_t *first,
                   uint32_t *order, uint32_t *ends) {
    for (int64_t k = 0; k < levels; k++) ends[k] = 0;
    if (size == 1) SORT(uint8_t)
    else SORT(uint16_t)
}

/* A cell that grows from n to n + 1 adds the difference of two entries, so that no cell is visited but through
 * its samples. */
#define CLASS_SUM(LABEL)                                                                      \
    {                                                                                         \
        const LABEL *label = labels;                                                          \
        uint32_t from = 0;                                                                    \
        for (int64_t cell = 0; cell < runs->cells; from = runs->ends[cell++]) {               \
            for (uint32_t i = from; i < runs->ends[cell]; i++) {                              \
                const LABEL c = label[runs->order[i]];                                        \
                const int64_t *entry = tables[c] + counters[c]++;                             \
                sum += (uint64_t)entry[1] - (uint64_t)entry[0];                               \
            }                                                                                 \
            for (uint32_t i = from; i < runs->ends[cell]; i++) counters[label[runs->order[i]]] = 0; \
        }                                                                                     \
    }

int64_t cn_class_sum(const void *labels, int32_t size, const cn_runs *runs, const int64_t *const *tables,
                     uint32_t *counters) {
    uint64_t sum = 0;
    if (size == 1) CLASS_SUM(uint8_t)
    else if (size == 2) CLASS_SUM(uint16_t)
    else CLASS_SUM(uint32_t)
    return (int64_t)sum;
}

#define CROSS(LABEL, CODE)                                                                    \
    {                                                                                         \
        const LABEL *label = labels;                                                          \
        const CODE *code = codes;                                                             \
        for (int64_t i = 0; i < samples; i++) counts[label[i] * levels + code[i]]++;          \
    }

void cn_cross_count(const void *labels, int32_t label_size, const void *codes, int32_t code_size, int64_t samples,
                    int64_t levels, uint32_t *counts) {
    if (code_size == 1) {
        if (label_size == 1) CROSS(uint8_t, uint8_t)
        else if (label_size == 2) CROSS(uint16_t, uint8_t)
        else CROSS(uint32_t, uint8_t)
    } else {
        if (label_size == 1) CROSS(uint8_t, uint16_t)
        else if (label_size == 2) CROSS(uint16_t, uint16_t)
        else CROSS(uint32_t, uint16_t)
    }
}
