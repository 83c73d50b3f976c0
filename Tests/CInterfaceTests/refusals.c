/* SPDX-License-Identifier: Apache-2.0 */
/* Bad input in memory gets a status, a text that says what and where, and no harm is done. */
#include "measure.h"
#include <stddef.h>

enum { N = 100, D = 8, CLASSES = 3 };

static float x[N * D];
static int32_t labels[N];
static const int64_t shape[] = {N, D};
static il_context *context;
static il_source *source;

static void check_quantizer_refused(const il_quantizer *quantizer, const char *part)
{
    il_table *table = NULL;
    CHECK_REFUSED(measure_source(context, source, quantizer, &table), IL_ERROR_ARGUMENT, part);
    CHECK(table == NULL);
}

static void quantizers_out_of_range_are_refused(void)
{
    const double falling[] = {1, 0}, equal[] = {1, 1}, infinite[] = {0, INFINITY}, nan[] = {NAN};
    il_quantizer q = quantizer_of(0);
    check_quantizer_refused(&q, "kind");
    q = quantizer_of(7);
    check_quantizer_refused(&q, "7");
    q = quantizer_of(IL_THRESHOLD);
    q.value = NAN;
    check_quantizer_refused(&q, "threshold");
    q.value = INFINITY;
    check_quantizer_refused(&q, "threshold");
    q.value = 0;
    q.at = 3;
    check_quantizer_refused(&q, "at");
    q = quantizer_of(IL_UNIFORM);
    q.bins = 0;
    check_quantizer_refused(&q, "bins");
    q.bins = -5;
    check_quantizer_refused(&q, "bins");
    q.bins = 65537;
    check_quantizer_refused(&q, "bins");
    q.bins = 30;
    q.range = 9;
    check_quantizer_refused(&q, "range");
    q.range = IL_RANGE_GIVEN;
    q.low = 1;
    q.high = 1;
    check_quantizer_refused(&q, "low");
    q.low = -INFINITY;
    check_quantizer_refused(&q, "low");
    q.low = 0;
    q.high = NAN;
    check_quantizer_refused(&q, "high");
    q = quantizer_of(IL_QUANTILE);
    q.bins = 0;
    check_quantizer_refused(&q, "bins");
    q = quantizer_of(IL_WIDTH);
    q.value = 0;
    check_quantizer_refused(&q, "width");
    q.value = -1;
    check_quantizer_refused(&q, "width");
    q.value = NAN;
    check_quantizer_refused(&q, "width");
    q = quantizer_of(IL_EXPLICIT);
    check_quantizer_refused(&q, "edge");
    q.edge_count = 2;
    q.edges = falling;
    check_quantizer_refused(&q, "ascend");
    q.edges = equal;
    check_quantizer_refused(&q, "ascend");
    q.edges = infinite;
    check_quantizer_refused(&q, "edge");
    q.edges = nan;
    q.edge_count = 1;
    check_quantizer_refused(&q, "edge");
    q.edge_count = -1;
    check_quantizer_refused(&q, "edge_count");
    q.edge_count = 65536;
    check_quantizer_refused(&q, "edge_count");
}

static void structs_of_a_newer_header_are_refused(void)
{
    il_table *table = NULL;
    il_source *made = NULL;
    il_measure_info info;
    il_quantizer q = quantizer_of(IL_THRESHOLD);
    il_measure_options options;
    il_source_options source_options;
    q.struct_size += 8;
    check_quantizer_refused(&q, "struct_size");
    q.struct_size = 0;
    check_quantizer_refused(&q, "struct_size");
    CHECK_OK(il_measure_options_init(&options, sizeof options));
    options.struct_size += 8;
    CHECK_REFUSED(il_neuron_measures(context, source, &options, &table), IL_ERROR_ARGUMENT, "struct_size");
    CHECK_REFUSED(il_class_measures(context, source, &options, &table), IL_ERROR_ARGUMENT, "struct_size");
    CHECK_OK(il_source_options_init(&source_options, sizeof source_options));
    source_options.struct_size += 8;
    CHECK_REFUSED(il_source_new(context, &source_options, &made), IL_ERROR_ARGUMENT, "struct_size");
    info.struct_size = sizeof info + 8;
    CHECK_REFUSED(il_measure_at(0, &info), IL_ERROR_ARGUMENT, "struct_size");
    CHECK(table == NULL && made == NULL);
}

/* What an older header does not know has its default, whatever follows the struct in memory. */
static void structs_of_an_older_header_are_taken(void)
{
    il_table *table = NULL;
    il_source *made = NULL;
    il_measure_info info;
    il_measure_options options;
    il_source_options source_options;
    memset(&options, 0xAA, sizeof options);
    CHECK_OK(il_measure_options_init(&options, offsetof(il_measure_options, estimator)));
    CHECK_INTEGER(options.struct_size, offsetof(il_measure_options, estimator));
    CHECK_INTEGER(*(unsigned char *)&options.estimator, 0xAA); /* written no further than it reaches */
    CHECK_OK(il_neuron_measures(context, source, &options, &table));
    il_table_free(table);
    options.struct_size -= 8;
    table = NULL;
    CHECK_REFUSED(il_neuron_measures(context, source, &options, &table), IL_ERROR_ARGUMENT, "struct_size");
    CHECK(table == NULL);
    memset(&source_options, 0xAA, sizeof source_options);
    CHECK_OK(il_source_options_init(&source_options, offsetof(il_source_options, condition)));
    CHECK_INTEGER(*(unsigned char *)&source_options.condition, 0xAA);
    CHECK_REFUSED(il_source_options_init(&source_options, 8), IL_ERROR_ARGUMENT, "size of your struct");
    CHECK_REFUSED(il_source_options_init(&source_options, sizeof source_options + 8), IL_ERROR_ARGUMENT, "newer");
    CHECK_OK(il_source_new(context, &source_options, &made));
    il_source_free(made);
    memset(&info, 0, sizeof info);
    info.struct_size = (uint32_t)offsetof(il_measure_info, needs);
    CHECK_OK(il_measure_at(0, &info));
    CHECK(info.needs == NULL);
    CHECK_TEXT(info.name, "entropy");
}

static void measures_out_of_the_registry_are_refused(void)
{
    il_table *table = NULL;
    il_measure_options options;
    const char *name = "telepathy";
    CHECK_OK(il_measure_options_init(&options, sizeof options));
    options.measures = &name;
    options.measure_count = 1;
    CHECK_REFUSED(il_neuron_measures(context, source, &options, &table), IL_ERROR_NOT_FOUND, "telepathy");
    CHECK_CONTAINS(il_last_error(), "mutual_information"); /* lists what there is */
    name = NULL;
    CHECK_STATUS(il_neuron_measures(context, source, &options, &table), IL_ERROR_ARGUMENT);
    options.measure_count = -1;
    CHECK_REFUSED(il_neuron_measures(context, source, &options, &table), IL_ERROR_ARGUMENT, "measure_count");
    CHECK_OK(il_measure_options_init(&options, sizeof options));
    options.unit = 17;
    CHECK_REFUSED(il_neuron_measures(context, source, &options, &table), IL_ERROR_ARGUMENT, "unit");
}

static void the_first_value_that_is_not_finite_is_named(void)
{
    const float bad[] = {NAN, INFINITY, -INFINITY};
    const int32_t kinds[] = {IL_THRESHOLD, IL_UNIFORM, IL_QUANTILE, IL_WIDTH};
    for (int b = 0; b < 3; b++)
        for (int k = 0; k < 4; k++)
            for (int32_t threads = 1; threads <= 3; threads += 2) {
                float keep = x[37 * D + 5], later = x[90 * D + 1];
                il_context *some = context_of(threads, 0);
                il_quantizer q = quantizer_of(kinds[k]);
                il_table *table = NULL;
                q.value = kinds[k] == IL_WIDTH ? 0.5 : 0;
                x[37 * D + 5] = bad[b];
                x[90 * D + 1] = NAN;
                CHECK_REFUSED(measure_source(some, source, &q, &table), IL_ERROR_NUMERIC, "row 37");
                CHECK_CONTAINS(il_last_error(), "neuron 5");
                CHECK_CONTAINS(il_last_error(), "layer");
                x[37 * D + 5] = keep;
                x[90 * D + 1] = later;
                CHECK_OK(measure_source(some, source, &q, &table)); /* and all is well again */
                il_table_free(table);
                il_context_free(some);
            }
}

static void fractions_are_no_symbols(void)
{
    il_quantizer q = quantizer_of(IL_INTEGER);
    il_table *table = NULL;
    for (int i = 0; i < N * D; i++) x[i] = floorf(x[i]);
    x[4 * D + 2] = 0.5f;
    CHECK_REFUSED(measure_source(context, source, &q, &table), IL_ERROR_NUMERIC, "row 4");
    x[4 * D + 2] = 1e20f;
    CHECK_REFUSED(measure_source(context, source, &q, &table), IL_ERROR_NUMERIC, "row 4");
    fill_activations(x, labels, N, D, 6);
}

static void check_array_refused(il_array array, il_status status, const char *part)
{
    il_source *target = NULL;
    il_table *table = NULL;
    REQUIRE_OK(il_source_new(context, NULL, &target));
    CHECK_REFUSED(il_source_add_layer(target, "bad", &array), status, part);
    /* Nothing was added. */
    CHECK_STATUS(il_neuron_measures(context, target, NULL, &table), IL_ERROR_SHAPE);
    il_source_free(target);
}

static void arrays_that_make_no_sense_are_refused(void)
{
    const int64_t no_rows[] = {0, D}, no_neurons[] = {N, 0}, negative[] = {-1, D}, huge[] = {INT64_MAX / 2, 4};
    const int64_t deep[] = {N, 2, 4}, far[] = {INT64_MAX / 2, 4};
    check_array_refused(array_of(x, 0, 2, shape), IL_ERROR_DTYPE, "element type");
    check_array_refused(array_of(x, 14, 2, shape), IL_ERROR_DTYPE, "14");
    check_array_refused(array_of(NULL, IL_FLOAT32, 2, shape), IL_ERROR_ARGUMENT, "data");
    check_array_refused(array_of(x, IL_FLOAT32, 2, NULL), IL_ERROR_ARGUMENT, "shape");
    check_array_refused(array_of(x, IL_FLOAT32, 0, shape), IL_ERROR_SHAPE, "bad");
    check_array_refused(array_of(x, IL_FLOAT32, -1, shape), IL_ERROR_SHAPE, "-1");
    check_array_refused(array_of(x, IL_FLOAT32, IL_MAX_RANK + 1, shape), IL_ERROR_SHAPE, "33");
    check_array_refused(array_of(x, IL_FLOAT32, 2, no_rows), IL_ERROR_SHAPE, "bad");
    check_array_refused(array_of(x, IL_FLOAT32, 2, no_neurons), IL_ERROR_SHAPE, "bad");
    check_array_refused(array_of(x, IL_FLOAT32, 2, negative), IL_ERROR_SHAPE, "-1");
    check_array_refused(array_of(x, IL_FLOAT32, 2, huge), IL_ERROR_SHAPE, "bad");
    check_array_refused(array_of(x, IL_FLOAT32, 3, deep), IL_ERROR_SHAPE, "reduction");
    il_array array = array_of(x, IL_FLOAT32, 2, shape);
    array.strides = far;
    check_array_refused(array, IL_ERROR_SHAPE, "strides");
}

static void layers_must_fit_together(void)
{
    const int64_t fewer[] = {N - 1, D}, few[] = {N - 1};
    il_array whole = array_of(x, IL_FLOAT32, 2, shape), part = array_of(x, IL_FLOAT32, 2, fewer);
    il_array too_few = array_of(labels, IL_INT32, 1, few);
    il_source *target = source_of(context, &whole, NULL);
    CHECK_REFUSED(il_source_add_layer(target, "second", &part), IL_ERROR_SHAPE, "99");
    CHECK_CONTAINS(il_last_error(), "100");
    CHECK_REFUSED(il_source_add_layer(target, "layer", &whole), IL_ERROR_ARGUMENT, "layer");
    CHECK_REFUSED(il_source_add_layer(target, NULL, &whole), IL_ERROR_ARGUMENT, "name");
    CHECK_REFUSED(il_source_add_layer(target, "second", NULL), IL_ERROR_ARGUMENT, "activations");
    CHECK_REFUSED(il_source_set_labels(target, &too_few, NULL, 0), IL_ERROR_SHAPE, "99");
    CHECK_REFUSED(il_source_set_labels(target, NULL, NULL, 0), IL_ERROR_ARGUMENT, "labels");
    CHECK_OK(il_source_add_layer(target, "second", &whole));
    il_source_free(target);
}

static void labels_that_are_no_classes_are_refused(void)
{
    static float fractional[N], hot[N * CLASSES];
    const int64_t length[] = {N}, hot_shape[] = {N, CLASSES}, cube[] = {N, 1, 1};
    il_array whole = array_of(x, IL_FLOAT32, 2, shape);
    il_source *target = source_of(context, &whole, NULL);
    il_array y = array_of(fractional, IL_FLOAT32, 1, length);
    fractional[7] = 0.5f;
    CHECK_REFUSED(il_source_set_labels(target, &y, NULL, 0), IL_ERROR_NUMERIC, "7");
    fractional[7] = NAN;
    CHECK_REFUSED(il_source_set_labels(target, &y, NULL, 0), IL_ERROR_NUMERIC, "7");
    for (int i = 0; i < N; i++) hot[i * CLASSES + labels[i]] = 1;
    hot[9 * CLASSES] = hot[9 * CLASSES + 1] = 1;
    y = array_of(hot, IL_FLOAT32, 2, hot_shape);
    CHECK_REFUSED(il_source_set_labels(target, &y, NULL, 0), IL_ERROR_NUMERIC, "9");
    hot[9 * CLASSES] = hot[9 * CLASSES + 1] = hot[9 * CLASSES + 2] = 0;
    CHECK_REFUSED(il_source_set_labels(target, &y, NULL, 0), IL_ERROR_NUMERIC, "9");
    y = array_of(labels, IL_INT32, 3, cube);
    CHECK_STATUS(il_source_set_labels(target, &y, NULL, 0), IL_ERROR_SHAPE);
    il_source_free(target);
}

static void measures_that_need_labels_say_so(void)
{
    const char *name = "entropy";
    il_array whole = array_of(x, IL_FLOAT32, 2, shape);
    il_source *unlabelled = source_of(context, &whole, NULL);
    il_measure_options options;
    il_table *table = NULL;
    CHECK_REFUSED(il_neuron_measures(context, unlabelled, NULL, &table), IL_ERROR_NOT_FOUND, "label");
    CHECK_REFUSED(il_class_measures(context, unlabelled, NULL, &table), IL_ERROR_NOT_FOUND, "label");
    CHECK_REFUSED(il_source_classes(context, unlabelled, &table), IL_ERROR_NOT_FOUND, "label");
    CHECK_OK(il_measure_options_init(&options, sizeof options));
    options.measures = &name;
    options.measure_count = 1;
    CHECK_OK(il_neuron_measures(context, unlabelled, &options, &table)); /* entropy does not */
    il_table_free(table);
    il_source_free(unlabelled);
}

static void null_is_refused_where_something_is_needed(void)
{
    const il_array array = array_of(x, IL_FLOAT32, 2, shape);
    il_source *made = NULL;
    il_table *table = NULL;
    CHECK_REFUSED(il_source_options_init(NULL, sizeof(il_source_options)), IL_ERROR_ARGUMENT, "options");
    CHECK_REFUSED(il_measure_options_init(NULL, sizeof(il_measure_options)), IL_ERROR_ARGUMENT, "options");
    CHECK_REFUSED(il_quantizer_init(NULL, sizeof(il_quantizer)), IL_ERROR_ARGUMENT, "quantizer");
    CHECK_REFUSED(il_source_new(NULL, NULL, &made), IL_ERROR_ARGUMENT, "context");
    CHECK_REFUSED(il_source_new(context, NULL, NULL), IL_ERROR_ARGUMENT, "source");
    CHECK_REFUSED(il_source_add_layer(NULL, "a", &array), IL_ERROR_ARGUMENT, "source");
    CHECK_REFUSED(il_source_set_labels(NULL, &array, NULL, 0), IL_ERROR_ARGUMENT, "source");
    CHECK_REFUSED(il_source_layers(context, NULL, &table), IL_ERROR_ARGUMENT, "source");
    CHECK_REFUSED(il_source_layers(context, source, NULL), IL_ERROR_ARGUMENT, "table");
    CHECK_REFUSED(il_source_classes(NULL, source, &table), IL_ERROR_ARGUMENT, "context");
    CHECK_REFUSED(il_neuron_measures(NULL, source, NULL, &table), IL_ERROR_ARGUMENT, "context");
    CHECK_REFUSED(il_neuron_measures(context, NULL, NULL, &table), IL_ERROR_ARGUMENT, "source");
    CHECK_REFUSED(il_neuron_measures(context, source, NULL, NULL), IL_ERROR_ARGUMENT, "table");
    CHECK_REFUSED(il_class_measures(context, NULL, NULL, &table), IL_ERROR_ARGUMENT, "source");
    CHECK_REFUSED(il_table_size(NULL, NULL, NULL), IL_ERROR_ARGUMENT, "table");
    CHECK_REFUSED(il_table_column(NULL, 0, NULL, NULL, NULL, NULL), IL_ERROR_ARGUMENT, "table");
    CHECK_REFUSED(il_table_metadata_count(NULL, NULL), IL_ERROR_ARGUMENT, "table");
    CHECK_REFUSED(il_table_metadata_at(NULL, 0, NULL, NULL), IL_ERROR_ARGUMENT, "table");
    REQUIRE_OK(il_neuron_measures(context, source, NULL, &table));
    const double *values = NULL;
    CHECK_REFUSED(il_table_doubles(NULL, "entropy", &values), IL_ERROR_ARGUMENT, "table");
    CHECK_REFUSED(il_table_doubles(table, NULL, &values), IL_ERROR_ARGUMENT, "column");
    CHECK_REFUSED(il_table_doubles(table, "entropy", NULL), IL_ERROR_ARGUMENT, "values");
    CHECK_REFUSED(il_table_metadata_count(table, NULL), IL_ERROR_ARGUMENT, "count");
    CHECK(values == NULL);
    il_table_free(table);
    il_source_free(NULL);
    il_table_free(NULL);
}

static void a_source_without_layers_has_nothing_to_measure(void)
{
    il_source *empty = NULL;
    il_table *table = NULL;
    REQUIRE_OK(il_source_new(context, NULL, &empty));
    CHECK_STATUS(il_neuron_measures(context, empty, NULL, &table), IL_ERROR_SHAPE);
    il_source_free(empty);
}

/* Broadcast arrays are legal at any size; what measuring them would take is not to be had. */
static void check_too_large(const int64_t *lengths, int32_t ndim, int32_t reduction, int32_t with_labels)
{
    static const int8_t zero[64] = {0};
    static const int64_t still[] = {0, 0, 0};
    static const char *const names[] = {"a", "b", "c", "d"};
    const int32_t label[] = {0, 0, 0};
    il_source_options options;
    il_source *huge = NULL;
    il_table *table = NULL;
    il_array array = array_of(zero, IL_INT8, ndim, lengths);
    il_array label_array = array_of(label, IL_INT32, 1, lengths);
    array.strides = still;
    REQUIRE_OK(il_source_options_init(&options, sizeof options));
    options.reduction = reduction;
    REQUIRE_OK(il_source_new(context, &options, &huge));
    CHECK_OK(il_source_add_layer(huge, "huge", &array));
    if (with_labels) {
        CHECK_OK(il_source_set_labels(huge, &label_array, names, 4));
        CHECK_STATUS(il_class_measures(context, huge, NULL, &table), IL_ERROR_MEMORY);
        CHECK_STATUS(il_neuron_measures(context, huge, NULL, &table), IL_ERROR_MEMORY);
    } else {
        const char *const entropy[] = {"entropy"};
        il_measure_options measure;
        REQUIRE_OK(il_measure_options_init(&measure, sizeof measure));
        measure.measures = entropy;
        measure.measure_count = 1;
        CHECK_STATUS(il_neuron_measures(context, huge, &measure, &table), IL_ERROR_MEMORY);
    }
    CHECK(table == NULL);
    il_source_free(huge);
}

static void sizes_beyond_all_memory_are_refused(void)
{
    const int64_t half = INT64_C(1) << 61;
    const int64_t wide[] = {3, half}, wider[] = {1, 2 * half}, deep[] = {1, 2, half};
    check_too_large(wide, 2, IL_REDUCE_NONE, 0);
    check_too_large(wide, 2, IL_REDUCE_NONE, 1);
    check_too_large(wider, 2, IL_REDUCE_NONE, 1);
    check_too_large(deep, 3, IL_REDUCE_MEAN, 0);
    check_too_large(deep, 3, IL_REDUCE_MAX, 0);
    check_too_large(deep, 3, IL_REDUCE_FLATTEN, 0);
}

static void a_successful_call_leaves_the_error_text_alone(void)
{
    CHECK_STATUS(il_context_cancel(NULL), IL_ERROR_ARGUMENT);
    char before[512];
    snprintf(before, sizeof before, "%s", il_last_error());
    CHECK(before[0] != '\0');
    il_table *table = NULL;
    CHECK_OK(il_neuron_measures(context, source, NULL, &table));
    CHECK_TEXT(il_last_error(), before);
    il_table_free(table);
}

int main(void)
{
    fill_labels(labels, N, CLASSES, 5);
    fill_activations(x, labels, N, D, 6);
    il_array array = array_of(x, IL_FLOAT32, 2, shape);
    context = context_of(2, 0);
    source = source_of(context, &array, labels);
    RUN(quantizers_out_of_range_are_refused);
    RUN(structs_of_a_newer_header_are_refused);
    RUN(structs_of_an_older_header_are_taken);
    RUN(measures_out_of_the_registry_are_refused);
    RUN(the_first_value_that_is_not_finite_is_named);
    RUN(fractions_are_no_symbols);
    RUN(arrays_that_make_no_sense_are_refused);
    RUN(layers_must_fit_together);
    RUN(labels_that_are_no_classes_are_refused);
    RUN(measures_that_need_labels_say_so);
    RUN(null_is_refused_where_something_is_needed);
    RUN(a_source_without_layers_has_nothing_to_measure);
    RUN(sizes_beyond_all_memory_are_refused);
    RUN(a_successful_call_leaves_the_error_text_alone);
    il_source_free(source);
    il_context_free(context);
    return check_finish();
}
