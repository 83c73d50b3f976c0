/* SPDX-License-Identifier: Apache-2.0 */
/* Accumulators: pieces, merging, bytes, life and misuse. */
#include "measure.h"

enum { N = 600, D = 5, CLASSES = 4 };

static il_context *context;
static float x[N * D];
static int32_t labels[N];

/* A source of the rows from `first` to `end`; it looks into x. */
static il_source *piece_of(int64_t first, int64_t end)
{
    const int64_t shape[] = {end - first, D};
    il_array array = array_of(x + first * D, IL_FLOAT32, 2, shape);
    il_array classes = array_of(labels + first, IL_INT32, 1, shape);
    il_source *source = source_of(context, &array, NULL);
    CHECK_OK(il_source_set_labels(source, &classes, NULL, 0));
    return source;
}

static void update(il_accumulator *accumulator, int64_t first, int64_t end)
{
    il_source *source = piece_of(first, end);
    CHECK_OK(il_accumulator_update(context, accumulator, source));
    il_source_free(source);
}

static il_accumulator *accumulator_of(const il_quantizer *quantizer)
{
    il_accumulator *accumulator = NULL;
    CHECK_OK(il_accumulator_new(context, quantizer, &accumulator));
    return accumulator;
}

/* The bytes of a state; free() them. */
static char *bytes_of(il_accumulator *accumulator, int64_t *size)
{
    char *bytes;
    CHECK_OK(il_accumulator_serialize(accumulator, NULL, 0, size));
    bytes = (char *)malloc((size_t)*size);
    CHECK_OK(il_accumulator_serialize(accumulator, bytes, *size, size));
    return bytes;
}

static void check_same_table(il_table *table, il_table *expected)
{
    static const char *const columns[] = {"entropy", "conditional_entropy", "mutual_information", "kl_selectivity"};
    for (int c = 0; c < 4; c++) {
        const double *values = NULL, *wanted = NULL;
        CHECK_OK(il_table_doubles(table, columns[c], &values));
        CHECK_OK(il_table_doubles(expected, columns[c], &wanted));
        if (values && wanted) CHECK(memcmp(values, wanted, D * sizeof *values) == 0);
    }
}

static void pieces_give_the_table_of_the_whole(void)
{
    const int32_t kinds[] = {IL_THRESHOLD, IL_UNIFORM, IL_QUANTILE, IL_WIDTH};
    il_source *whole = piece_of(0, N);
    for (int k = 0; k < 4; k++) {
        il_quantizer quantizer = quantizer_of(kinds[k]);
        il_measure_options options;
        il_table *table = NULL, *expected = NULL;
        il_accumulator *accumulator;
        int32_t fitting = -1;
        int64_t samples = -1;
        quantizer.value = kinds[k] == IL_WIDTH ? 0.25 : 0;
        accumulator = accumulator_of(&quantizer);
        CHECK_OK(il_accumulator_state(accumulator, &fitting, &samples));
        CHECK_INTEGER(fitting, kinds[k] != IL_THRESHOLD);
        CHECK_INTEGER(samples, 0);
        for (int pass = kinds[k] == IL_THRESHOLD; pass < 2; pass++) {
            update(accumulator, 0, 1);
            update(accumulator, 1, 130);
            update(accumulator, 130, N);
            if (pass == 0) CHECK_OK(il_accumulator_fit(context, accumulator));
        }
        CHECK_OK(il_accumulator_state(accumulator, &fitting, &samples));
        CHECK_INTEGER(fitting, 0);
        CHECK_INTEGER(samples, N);
        CHECK_OK(il_measure_options_init(&options, sizeof options));
        CHECK_OK(il_accumulator_neuron_measures(context, accumulator, &options, &table));
        options.quantizer = &quantizer;
        CHECK_OK(il_neuron_measures(context, whole, &options, &expected));
        check_same_table(table, expected);
        il_table_free(table);
        il_table_free(expected);
        il_accumulator_free(accumulator);
    }
    il_source_free(whole);
}

static void states_travel_and_merge(void)
{
    il_accumulator *first = accumulator_of(NULL), *second = accumulator_of(NULL), *whole = accumulator_of(NULL);
    il_accumulator *restored = NULL;
    int64_t size = 0, whole_size = 0, merged_size = 0;
    char *bytes, *whole_bytes, *merged_bytes, buffer[8];
    il_table *table = NULL;
    int64_t rows = -1;
    update(first, 0, 200);
    update(second, 200, N);
    update(whole, 0, N);
    bytes = bytes_of(second, &size);
    CHECK_REFUSED(il_accumulator_serialize(second, buffer, sizeof buffer, &size), IL_ERROR_ARGUMENT, "capacity");
    CHECK_OK(il_accumulator_deserialize(context, bytes, size, &restored));
    CHECK_OK(il_accumulator_merge(restored, first));
    whole_bytes = bytes_of(whole, &whole_size);
    merged_bytes = bytes_of(restored, &merged_size);
    CHECK_INTEGER(merged_size, whole_size);
    if (merged_size == whole_size) CHECK(memcmp(merged_bytes, whole_bytes, (size_t)whole_size) == 0);
    CHECK_OK(il_accumulator_classes(context, restored, &table));
    CHECK_OK(il_table_size(table, &rows, NULL));
    CHECK_INTEGER(rows, CLASSES);
    il_table_free(table);
    table = NULL;
    CHECK_OK(il_accumulator_class_measures(context, restored, NULL, &table));
    CHECK_OK(il_table_size(table, &rows, NULL));
    CHECK_INTEGER(rows, D * CLASSES);
    il_table_free(table);

    /* Whatever is done to the bytes, they are refused. */
    il_accumulator *damaged = NULL;
    for (int64_t i = 0; i < size; i += 7) {
        bytes[i] = (char)(bytes[i] ^ 0x15);
        CHECK_STATUS(il_accumulator_deserialize(context, bytes, size, &damaged), IL_ERROR_FORMAT);
        bytes[i] = (char)(bytes[i] ^ 0x15);
        if (i > 0) CHECK_STATUS(il_accumulator_deserialize(context, bytes, i, &damaged), IL_ERROR_FORMAT);
    }
    CHECK_REFUSED(il_accumulator_deserialize(context, NULL, 8, &damaged), IL_ERROR_ARGUMENT, "data");
    CHECK_REFUSED(il_accumulator_deserialize(context, bytes, 0, &damaged), IL_ERROR_ARGUMENT, "data");
    CHECK(damaged == NULL);
    free(bytes);
    free(whole_bytes);
    free(merged_bytes);
    il_accumulator_free(first);
    il_accumulator_free(second);
    il_accumulator_free(whole);
    il_accumulator_free(restored);
}

static void misuse_is_refused(void)
{
    il_accumulator *counting = accumulator_of(NULL);
    il_quantizer quantizer = quantizer_of(IL_UNIFORM);
    il_accumulator *fitting = accumulator_of(&quantizer);
    il_source *source = piece_of(0, N);
    il_measure_options options;
    il_table *table = NULL;
    const char *name = "class_selectivity";
    CHECK_REFUSED(il_accumulator_neuron_measures(context, counting, NULL, &table), IL_ERROR_ARGUMENT, "update it first");
    CHECK_REFUSED(il_accumulator_fit(context, counting), IL_ERROR_ARGUMENT, "needs no fitting");
    CHECK_REFUSED(il_accumulator_fit(context, fitting), IL_ERROR_ARGUMENT, "update it first");
    CHECK_REFUSED(il_accumulator_merge(counting, counting), IL_ERROR_ARGUMENT, "itself");
    CHECK_REFUSED(il_accumulator_merge(counting, fitting), IL_ERROR_ARGUMENT, "uniform");
    update(counting, 0, N);
    CHECK_OK(il_measure_options_init(&options, sizeof options));
    options.permutations = 10;
    CHECK_REFUSED(il_accumulator_neuron_measures(context, counting, &options, &table), IL_ERROR_ARGUMENT, "permutations");
    CHECK_OK(il_measure_options_init(&options, sizeof options));
    options.quantizer = &quantizer;
    CHECK_REFUSED(il_accumulator_neuron_measures(context, counting, &options, &table), IL_ERROR_ARGUMENT, "quantizer");
    CHECK_OK(il_measure_options_init(&options, sizeof options));
    options.measures = &name;
    options.measure_count = 1;
    CHECK_REFUSED(il_accumulator_neuron_measures(context, counting, &options, &table), IL_ERROR_ARGUMENT, name);
    quantizer.bins = 0;
    il_accumulator *made = NULL;
    CHECK_REFUSED(il_accumulator_new(context, &quantizer, &made), IL_ERROR_ARGUMENT, "bins");
    CHECK_STATUS(il_accumulator_update(context, NULL, source), IL_ERROR_ARGUMENT);
    CHECK_STATUS(il_accumulator_update(context, (il_accumulator *)(void *)source, source), IL_ERROR_ARGUMENT);
    il_accumulator_free(counting);
    CHECK_REFUSED(il_accumulator_update(context, counting, source), IL_ERROR_ARGUMENT, "freed");
    il_accumulator_free(counting);
    il_accumulator_free(NULL);
    il_accumulator_free(fitting);
    il_source_free(source);
    CHECK(table == NULL && made == NULL);
}

int main(void)
{
    CHECK_OK(il_context_new(NULL, &context));
    fill_labels(labels, N, CLASSES, 1);
    fill_activations(x, labels, N, D, 2);
    RUN(pieces_give_the_table_of_the_whole);
    RUN(states_travel_and_merge);
    RUN(misuse_is_refused);
    il_context_free(context);
    return check_finish();
}
