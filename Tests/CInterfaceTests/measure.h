/* SPDX-License-Identifier: Apache-2.0 */
/* Short ways from arrays to sources and tables, for tests that are about something else. */
#ifndef MEASURE_H
#define MEASURE_H

#include "check.h"
#include "samples.h"

/* The estimates of library and definition differ by rounding only: sums of at
 * most MAX_LEVELS × MAX_CLASSES terms below 8 bits, each within a few ulp. */
#define TOLERANCE 1e-12

static inline il_array array_of(const void *data, int32_t dtype, int32_t ndim, const int64_t *shape)
{
    il_array array;
    array.data = data;
    array.dtype = dtype;
    array.ndim = ndim;
    array.shape = shape;
    array.strides = NULL;
    return array;
}

static inline il_quantizer quantizer_of(int32_t kind)
{
    il_quantizer quantizer;
    CHECK_OK(il_quantizer_init(&quantizer, sizeof quantizer));
    quantizer.kind = kind;
    return quantizer;
}

static inline il_context *context_of(int32_t threads, uint64_t memory)
{
    il_context_options options;
    il_context *context = NULL;
    CHECK_OK(il_context_options_init(&options, sizeof options));
    options.threads = threads;
    options.memory = memory;
    CHECK_OK(il_context_new(&options, &context));
    return context;
}

/* A source with one layer, "layer", and labels (NULL for none). */
static inline il_source *source_of(il_context *context, const il_array *activations, const int32_t *labels)
{
    il_source *source = NULL;
    if (!CHECK_OK(il_source_new(context, NULL, &source))) return NULL;
    CHECK_OK(il_source_add_layer(source, "layer", activations));
    if (labels) {
        il_array y = array_of(labels, IL_INT32, 1, activations->shape);
        CHECK_OK(il_source_set_labels(source, &y, NULL, 0));
    }
    return source;
}

static inline il_status measure_source(il_context *context, il_source *source, const il_quantizer *quantizer,
                                       il_table **table)
{
    il_measure_options options;
    CHECK_OK(il_measure_options_init(&options, sizeof options));
    options.quantizer = quantizer;
    return il_neuron_measures(context, source, &options, table);
}

/* The table of one labelled array, or NULL with a failed check. */
static inline il_table *measure_array(il_context *context, const il_array *activations, const int32_t *labels,
                                      const il_quantizer *quantizer)
{
    il_table *table = NULL;
    il_source *source = source_of(context, activations, labels);
    CHECK_OK(measure_source(context, source, quantizer, &table));
    il_source_free(source);
    return table;
}

static inline const double *doubles(il_table *table, const char *column)
{
    const double *values = NULL;
    CHECK_OK(il_table_doubles(table, column, &values));
    return values;
}

static inline const int64_t *integers(il_table *table, const char *column)
{
    const int64_t *values = NULL;
    CHECK_OK(il_table_integers(table, column, &values));
    return values;
}

/* The default measures of every neuron of `levels` [n, d] are what the definitions give. */
static inline void check_against_levels(il_table *table, const int32_t *levels, const int32_t *labels, int64_t n,
                                        int64_t d, int32_t classes)
{
    int64_t rows = 0;
    if (!table || !CHECK_OK(il_table_size(table, &rows, NULL)) || !CHECK_INTEGER(rows, d)) return;
    const double *entropy = doubles(table, "entropy");
    const double *conditional = doubles(table, "conditional_entropy");
    const double *information = doubles(table, "mutual_information");
    const double *selectivity = doubles(table, "kl_selectivity");
    const int64_t *most = integers(table, "kl_selectivity_class");
    if (!entropy || !conditional || !information || !selectivity || !most) return;
    for (int64_t j = 0; j < d; j++) {
        expected_measures e = expect_measures(levels + j, d, labels, n, classes);
        CHECK_NEAR(entropy[j], e.entropy, TOLERANCE);
        CHECK_NEAR(conditional[j], e.conditional_entropy, TOLERANCE);
        CHECK_NEAR(information[j], e.mutual_information, TOLERANCE);
        CHECK_NEAR(selectivity[j], e.kl_selectivity, TOLERANCE);
        /* Where classes tie, rounding decides: any that attains the maximum will do. */
        if (CHECK(most[j] >= 0 && most[j] < classes))
            CHECK_NEAR(e.specific_information[most[j]], e.kl_selectivity, TOLERANCE);
    }
}

#endif
