/* SPDX-License-Identifier: Apache-2.0 */
/* Made-up activations and labels, and the measures by their definitions: plain,
 * slow, and independent of the library. */
#ifndef SAMPLES_H
#define SAMPLES_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum { MAX_LEVELS = 64, MAX_CLASSES = 16 };

/* SplitMix64 (Steele, Lea & Flood 2014): the tests' only source of chance. */
static inline uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* Uniform in [0, 1). */
static inline double next_uniform(uint64_t *state)
{
    return (double)(next_random(state) >> 11) * (1.0 / 9007199254740992.0);
}

/* Labels 0 … classes − 1, each present when n ≥ classes. */
static inline void fill_labels(int32_t *labels, int64_t n, int32_t classes, uint64_t seed)
{
    for (int64_t i = 0; i < n; i++)
        labels[i] = i < classes ? (int32_t)i : (int32_t)(next_random(&seed) % (uint64_t)classes);
}

/* Small integers that depend on the label: exact in every element type. */
static inline void fill_levels(int32_t *levels, const int32_t *labels, int64_t n, int64_t d, int32_t count, uint64_t seed)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < d; j++) {
            int informed = next_uniform(&seed) < 0.5 + 0.4 * (double)j / (double)d;
            uint64_t level = informed ? (uint64_t)(labels[i] + j) : next_random(&seed);
            levels[i * d + j] = (int32_t)(level % (uint64_t)count);
        }
}

/* Rectified, label-dependent activations with many exact zeros. */
static inline void fill_activations(float *x, const int32_t *labels, int64_t n, int64_t d, uint64_t seed)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < d; j++) {
            double drive = next_uniform(&seed) + next_uniform(&seed) - 1.0;
            if (labels[i] == (int32_t)(j % 10)) drive += 0.4;
            x[i * d + j] = drive > 0 ? (float)drive : 0.0f;
        }
}

typedef struct expected_measures {
    double entropy, conditional_entropy, mutual_information, kl_selectivity;
    double specific_information[MAX_CLASSES], class_probability[MAX_CLASSES];
} expected_measures;

static inline double plogp(double p) { return p > 0 ? p * log2(p) : 0; }

/* Plug-in measures, in bits, of levels[0], levels[stride], … against labels. */
static inline expected_measures expect_measures(const int32_t *levels, int64_t stride, const int32_t *labels, int64_t n,
                                                int32_t classes)
{
    expected_measures e;
    double joint[MAX_CLASSES][MAX_LEVELS] = {{0}}, marginal[MAX_LEVELS] = {0};
    e.entropy = e.conditional_entropy = e.mutual_information = 0;
    e.kl_selectivity = -1;
    for (int32_t c = 0; c < MAX_CLASSES; c++) e.specific_information[c] = e.class_probability[c] = 0;
    for (int64_t i = 0; i < n; i++) {
        joint[labels[i]][levels[i * stride]] += 1;
        marginal[levels[i * stride]] += 1;
        e.class_probability[labels[i]] += 1.0 / (double)n;
    }
    for (int t = 0; t < MAX_LEVELS; t++) e.entropy -= plogp(marginal[t] / (double)n);
    for (int32_t c = 0; c < classes; c++) {
        double size = 0, entropy = 0, divergence = 0;
        for (int t = 0; t < MAX_LEVELS; t++) size += joint[c][t];
        for (int t = 0; t < MAX_LEVELS; t++) {
            double p = joint[c][t] / size;
            entropy -= plogp(p);
            if (p > 0) divergence += p * log2(p * (double)n / marginal[t]);
        }
        e.conditional_entropy += size / (double)n * entropy;
        e.mutual_information += size / (double)n * divergence;
        e.specific_information[c] = divergence;
        if (divergence > e.kl_selectivity) e.kl_selectivity = divergence;
    }
    return e;
}

#endif
