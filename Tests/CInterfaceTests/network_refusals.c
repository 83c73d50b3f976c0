/* SPDX-License-Identifier: Apache-2.0 */
/* Networks and ablations that cannot be: a status, a text that says what and where, and no harm done. */
#include "network.h"
#include <stddef.h>

static const char *folder;
static il_context *context;
static il_network *network;
static il_source *source;

static il_ablation_options ablation_options(void)
{
    il_ablation_options options;
    CHECK_OK(il_ablation_options_init(&options, sizeof options));
    return options;
}

static void check_refused(const il_ablation_options *options, il_status expected, const char *part)
{
    il_table *table = NULL;
    CHECK_REFUSED(il_ablate(context, network, source, options, &table), expected, part);
    CHECK(table == NULL);
}

static void null_is_refused_where_something_is_needed(void)
{
    const int64_t rows[] = {0, 1}, square[] = {2, 2};
    il_array weight = array_of(net_weight, IL_FLOAT64, 2, square);
    il_dump *dump = NULL;
    il_network *made = NULL;
    il_source *data = NULL;
    il_table *table = NULL;
    CHECK_REFUSED(il_network_from_dump(NULL, dump, NULL, &made), IL_ERROR_ARGUMENT, "context");
    CHECK_REFUSED(il_network_from_dump(context, NULL, NULL, &made), IL_ERROR_ARGUMENT, "dump");
    CHECK_REFUSED(il_network_new(NULL, NULL, &made), IL_ERROR_ARGUMENT, "context");
    CHECK_REFUSED(il_network_new(context, NULL, NULL), IL_ERROR_ARGUMENT, "network");
    CHECK_REFUSED(il_network_add_layer(NULL, "a", &weight, NULL, "relu"), IL_ERROR_ARGUMENT, "network");
    CHECK_REFUSED(il_network_add_layer(network, NULL, &weight, NULL, "relu"), IL_ERROR_ARGUMENT, "name");
    CHECK_REFUSED(il_network_add_layer(network, "a", NULL, NULL, "relu"), IL_ERROR_ARGUMENT, "weight");
    CHECK_REFUSED(il_network_add_layer(network, "a", &weight, NULL, NULL), IL_ERROR_ARGUMENT, "activation");
    CHECK_REFUSED(il_network_layers(NULL, network, &table), IL_ERROR_ARGUMENT, "context");
    CHECK_REFUSED(il_network_layers(context, NULL, &table), IL_ERROR_ARGUMENT, "network");
    CHECK_REFUSED(il_network_layers(context, network, NULL), IL_ERROR_ARGUMENT, "table");
    CHECK_REFUSED(il_source_for_network(context, NULL, network, NULL, &data), IL_ERROR_ARGUMENT, "dump");
    CHECK_REFUSED(il_source_select(NULL, source, rows, 2, &data), IL_ERROR_ARGUMENT, "context");
    CHECK_REFUSED(il_source_select(context, NULL, rows, 2, &data), IL_ERROR_ARGUMENT, "source");
    CHECK_REFUSED(il_source_select(context, source, NULL, 2, &data), IL_ERROR_ARGUMENT, "rows");
    CHECK_REFUSED(il_source_select(context, source, rows, 2, NULL), IL_ERROR_ARGUMENT, "selected");
    CHECK_REFUSED(il_network_check(NULL, network, source, 0, &table), IL_ERROR_ARGUMENT, "context");
    CHECK_REFUSED(il_network_check(context, NULL, source, 0, &table), IL_ERROR_ARGUMENT, "network");
    CHECK_REFUSED(il_network_check(context, network, NULL, 0, &table), IL_ERROR_ARGUMENT, "source");
    CHECK_REFUSED(il_network_check(context, network, source, 0, NULL), IL_ERROR_ARGUMENT, "table");
    CHECK_REFUSED(il_ablate(NULL, network, source, NULL, &table), IL_ERROR_ARGUMENT, "context");
    CHECK_REFUSED(il_ablate(context, NULL, source, NULL, &table), IL_ERROR_ARGUMENT, "network");
    CHECK_REFUSED(il_ablate(context, network, NULL, NULL, &table), IL_ERROR_ARGUMENT, "source");
    CHECK_REFUSED(il_ablate(context, network, source, NULL, NULL), IL_ERROR_ARGUMENT, "table");
    CHECK_REFUSED(il_ablate_single(context, NULL, source, NULL, &table), IL_ERROR_ARGUMENT, "network");
    CHECK_REFUSED(il_ablate_single(context, network, NULL, NULL, &table), IL_ERROR_ARGUMENT, "source");
    CHECK_REFUSED(il_ablate_groups(context, network, source, NULL, NULL, &table), IL_ERROR_ARGUMENT, "groups");
    CHECK(made == NULL && data == NULL && table == NULL);
    il_network_free(NULL);
}

static void freed_handles_and_those_of_another_kind_are_refused(void)
{
    il_network *freed = net_network(context, IL_WEIGHT_AUTO, IL_FLOAT32);
    il_table *table = NULL;
    il_ablation_options options = ablation_options();
    il_network_free(freed);
    il_network_free(freed);
    CHECK_REFUSED(il_network_layers(context, freed, &table), IL_ERROR_ARGUMENT, "network: was freed");
    CHECK_REFUSED(il_ablate(context, freed, source, NULL, &table), IL_ERROR_ARGUMENT, "network");
    CHECK_REFUSED(net_add_layer(freed, 0, IL_WEIGHT_AUTO, IL_FLOAT32), IL_ERROR_ARGUMENT, "network");
    CHECK_REFUSED(il_ablate(context, (il_network *)(void *)source, source, NULL, &table), IL_ERROR_ARGUMENT, "il_source");
    CHECK_REFUSED(il_ablate(context, network, (il_source *)(void *)network, NULL, &table), IL_ERROR_ARGUMENT, "il_network");
    CHECK_REFUSED(il_network_layers((il_context *)(void *)network, network, &table), IL_ERROR_ARGUMENT, "il_network");
    il_network_free((il_network *)(void *)source); /* does nothing: */
    il_source_free((il_source *)(void *)network);
    CHECK_OK(il_ablate(context, network, source, NULL, &table));
    options.measures = options.order = table;
    il_table_free(table);
    table = NULL;
    CHECK_REFUSED(il_ablate(context, network, source, &options, &table), IL_ERROR_ARGUMENT, "order");
    options.order = NULL;
    CHECK_REFUSED(il_ablate(context, network, source, &options, &table), IL_ERROR_ARGUMENT, "measures");
    options.measures = NULL;
    options.ordering_source = (il_source *)(void *)context;
    CHECK_REFUSED(il_ablate(context, network, source, &options, &table), IL_ERROR_ARGUMENT, "ordering_source");
    options.ordering_source = NULL;
    options.mean_source = (il_source *)(void *)network;
    CHECK_REFUSED(il_ablate(context, network, source, &options, &table), IL_ERROR_ARGUMENT, "mean_source");
    CHECK(table == NULL);
}

/* A size that no version of a struct had is refused by what fills it and by what takes it. */
static void structs_of_other_sizes_are_refused(void)
{
    static const int32_t wrong[] = {-1000, -8, -4, 1, 4, 8, 1000};
    il_ablation_options ablation = ablation_options();
    il_network_options made;
    il_diagnosis_options diagnosis;
    il_network *made_network = NULL;
    il_table *table = NULL;
    CHECK_OK(il_network_options_init(&made, sizeof made));
    CHECK_OK(il_diagnosis_options_init(&diagnosis, sizeof diagnosis));
    for (int i = 0; i < 7; i++) {
        const uint32_t a = (uint32_t)((int32_t)sizeof ablation + wrong[i]);
        const uint32_t n = (uint32_t)((int32_t)sizeof made + wrong[i]);
        const uint32_t d = (uint32_t)((int32_t)sizeof diagnosis + wrong[i]);
        CHECK_REFUSED(il_ablation_options_init(&ablation, a), IL_ERROR_ARGUMENT, "struct_size");
        CHECK_REFUSED(il_network_options_init(&made, n), IL_ERROR_ARGUMENT, "struct_size");
        CHECK_REFUSED(il_diagnosis_options_init(&diagnosis, d), IL_ERROR_ARGUMENT, "struct_size");
        ablation.struct_size = a;
        made.struct_size = n;
        diagnosis.struct_size = d;
        check_refused(&ablation, IL_ERROR_ARGUMENT, "struct_size");
        CHECK_REFUSED(il_ablate_single(context, network, source, &ablation, &table), IL_ERROR_ARGUMENT, "struct_size");
        CHECK_REFUSED(il_network_new(context, &made, &made_network), IL_ERROR_ARGUMENT, "struct_size");
        CHECK_REFUSED(il_diagnose(context, network, source, &diagnosis, &table, NULL, NULL), IL_ERROR_ARGUMENT,
                      "struct_size");
    }
    CHECK_REFUSED(il_ablation_options_init(NULL, sizeof ablation), IL_ERROR_ARGUMENT, "options");
    CHECK_REFUSED(il_network_options_init(NULL, sizeof made), IL_ERROR_ARGUMENT, "options");
    CHECK_REFUSED(il_diagnosis_options_init(NULL, sizeof diagnosis), IL_ERROR_ARGUMENT, "options");
    CHECK(made_network == NULL && table == NULL);
}

static void options_out_of_range_are_refused(void)
{
    static const int32_t unknown[] = {0, -1, 3, 1000}, flags[] = {0, -1, 4, 16, INT32_MIN};
    static const char *const twice[] = {"first", "first"}, *const last[] = {"scores"}, *const hollow[] = {"first", NULL};
    il_ablation_options options;
#define WITH(member, value, status, part)          \
    options = ablation_options();                  \
    options.member = value;                        \
    check_refused(&options, status, part)
    for (int i = 0; i < 4; i++) {
        WITH(scope, unknown[i], IL_ERROR_ARGUMENT, "options.scope");
    }
    for (int i = 0; i < 5; i++) {
        WITH(directions, flags[i], IL_ERROR_ARGUMENT, "options.directions");
        WITH(replacements, flags[i] == 4 ? 32 : flags[i], IL_ERROR_ARGUMENT, "options.replacements");
    }
    WITH(step, 0, IL_ERROR_ARGUMENT, "options.step");
    WITH(step, -1, IL_ERROR_ARGUMENT, "options.step");
    WITH(step, INT64_MIN, IL_ERROR_ARGUMENT, "options.step");
    WITH(random_repeats, -1, IL_ERROR_ARGUMENT, "options.random_repeats");
    WITH(random_repeats, INT64_MAX, IL_ERROR_ARGUMENT, "options.random_repeats");
    WITH(value, NAN, IL_ERROR_ARGUMENT, "options.value");
    WITH(value, -INFINITY, IL_ERROR_ARGUMENT, "options.value");
    WITH(value, 1e39, IL_ERROR_ARGUMENT, "options.value");
    WITH(tolerance, -1e-9, IL_ERROR_ARGUMENT, "options.tolerance");
    WITH(tolerance, NAN, IL_ERROR_ARGUMENT, "options.tolerance");
    WITH(per_class, 2, IL_ERROR_ARGUMENT, "options.per_class");
    WITH(per_class, -1, IL_ERROR_ARGUMENT, "options.per_class");
    WITH(reserved, 1, IL_ERROR_ARGUMENT, "options.reserved");
    WITH(layer_count, 1, IL_ERROR_ARGUMENT, "layer_count");
    WITH(layer_count, -1, IL_ERROR_ARGUMENT, "layer_count");
    WITH(layers, twice, IL_ERROR_ARGUMENT, "layer_count");
    WITH(ordering, "charm", IL_ERROR_NOT_FOUND, "\"charm\"");
    WITH(ordering, "", IL_ERROR_NOT_FOUND, "\"\"");
    WITH(ordering, "conditional_mutual_information", IL_ERROR_NOT_FOUND, "condition");
    WITH(ordering, "specific_information", IL_ERROR_NOT_FOUND, "specific_information");
#undef WITH
    options = ablation_options();
    options.layers = twice;
    options.layer_count = 2;
    check_refused(&options, IL_ERROR_ARGUMENT, "twice");
    options.layers = hollow;
    check_refused(&options, IL_ERROR_ARGUMENT, "layers[1]");
    options.layers = last;
    options.layer_count = 1;
    check_refused(&options, IL_ERROR_NOT_FOUND, "\"scores\"");
}

static void tables_that_make_no_order_are_refused(void)
{
    static const char *const layers[] = {"first", "second", "first"}, *const last[] = {"first", "scores", "first"};
    static const char *const unknown[] = {"first", "third", "first"};
    static const int64_t twice[] = {3, 3, 3}, far[] = {3, 7, 4}, below[] = {-1, 3, 4}, fine[] = {0, 3, 4};
    static const double values[] = {1, 2, 3};
    const struct {
        const char *const *layers;
        const int64_t *neurons;
        const char *part;
    } cases[] = {
        {layers, twice, "rows 0 and 2"},     {layers, far, "names neuron 7"}, {layers, below, "names neuron -1"},
        {unknown, fine, "\"third\""},        {last, fine, "gives the scores"},
    };
    il_ablation_options options = ablation_options();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        options.order = net_neurons(cases[i].layers, cases[i].neurons, 3, NULL, NULL);
        check_refused(&options, IL_ERROR_ARGUMENT, cases[i].part);
        il_table_free(options.order);
    }
    options.order = net_neurons(NULL, NULL, 0, NULL, NULL);
    check_refused(&options, IL_ERROR_ARGUMENT, "order: it is empty");
    il_table_free(options.order);
    CHECK_OK(il_network_layers(context, network, &options.order));
    check_refused(&options, IL_ERROR_NOT_FOUND, "\"neuron\"");
    il_table_free(options.order);
    options.order = NULL;
    /* As measures: too few rows, no such column, a column of texts. */
    options.measures = net_neurons(layers, fine, 3, NULL, values);
    options.ordering = "value";
    check_refused(&options, IL_ERROR_NOT_FOUND, "no row for neuron");
    options.ordering = "worth";
    check_refused(&options, IL_ERROR_NOT_FOUND, "\"worth\"");
    options.ordering = "layer";
    check_refused(&options, IL_ERROR_DTYPE, "\"layer\"");
    il_table_free(options.measures);
}

static void nan_orders_nothing(void)
{
    static const char *const layers[] = {"second", "second", "second", "second", "second", "second", "second"};
    static const int64_t neurons[] = {0, 1, 2, 3, 4, 5, 6};
    const double values[] = {0, 1, INFINITY, -INFINITY, 2, NAN, 3};
    il_ablation_options options = ablation_options();
    options.measures = net_neurons(layers, neurons, 7, NULL, values);
    options.ordering = "value";
    options.layers = layers;
    options.layer_count = 1;
    check_refused(&options, IL_ERROR_NUMERIC, "neuron 5 of layer \"second\"");
    il_table_free(options.measures);
}

static il_status add(il_network *target, const void *data, int32_t dtype, int64_t inputs, int64_t neurons,
                     const void *bias, int64_t biases, const char *activation)
{
    const int64_t shape[] = {inputs, neurons};
    il_array weight = array_of(data, dtype, 2, shape), offset = array_of(bias, dtype, 1, &biases);
    return il_network_add_layer(target, "next", &weight, bias ? &offset : NULL, activation);
}

static void layers_that_do_not_fit_are_refused(void)
{
    static const float w[64] = {0}, nan[4] = {0, 0, NAN, 0};
    static const double infinite[4] = {0, 0, 0, -INFINITY}, large[4] = {0, 1e300, 0, 0};
    static const char *const bad[] = {"", "mish", "relu(1)", "leaky_relu(x)", "elu(inf)", "elu(", "elu()", "RELU", "elu(nan)"};
    static const int64_t huge[] = {1 << 20, 1 << 20}, still[] = {0, 0}, cube[] = {2, 2, 2};
    il_network *target = NULL;
    il_table *table = NULL;
    il_array weight = array_of(w, IL_FLOAT32, 2, huge);
    weight.strides = still;
    REQUIRE_OK(il_network_new(context, NULL, &target));
    CHECK_STATUS(il_network_add_layer(target, "huge", &weight, NULL, "relu"), IL_ERROR_MEMORY);
    weight = array_of(w, IL_FLOAT32, 3, cube);
    CHECK_REFUSED(il_network_add_layer(target, "cube", &weight, NULL, "relu"), IL_ERROR_SHAPE, "rank 3");
    weight.ndim = 1;
    CHECK_REFUSED(il_network_add_layer(target, "line", &weight, NULL, "relu"), IL_ERROR_SHAPE, "rank 1");
    weight.ndim = -1;
    CHECK_STATUS(il_network_add_layer(target, "none", &weight, NULL, "relu"), IL_ERROR_SHAPE);
    CHECK_REFUSED(add(target, w, IL_FLOAT32, 2, 2, w, 3, "relu"), IL_ERROR_SHAPE, "bias");
    CHECK_STATUS(add(target, w, IL_FLOAT32, 0, 2, NULL, 0, "relu"), IL_ERROR_SHAPE);
    CHECK_STATUS(add(target, w, IL_FLOAT32, 2, 0, NULL, 0, "relu"), IL_ERROR_SHAPE);
    CHECK_STATUS(add(target, w, IL_FLOAT32, -2, 2, NULL, 0, "relu"), IL_ERROR_SHAPE);
    CHECK_STATUS(add(target, w, 99, 2, 2, NULL, 0, "relu"), IL_ERROR_DTYPE);
    CHECK_STATUS(add(target, NULL, IL_FLOAT32, 2, 2, NULL, 0, "relu"), IL_ERROR_ARGUMENT);
    CHECK_REFUSED(add(target, nan, IL_FLOAT32, 2, 2, NULL, 0, "relu"), IL_ERROR_NUMERIC, "input 1 to neuron 0");
    CHECK_REFUSED(add(target, infinite, IL_FLOAT64, 2, 2, NULL, 0, "relu"), IL_ERROR_NUMERIC, "input 1 to neuron 1");
    CHECK_REFUSED(add(target, large, IL_FLOAT64, 2, 2, NULL, 0, "relu"), IL_ERROR_NUMERIC, "float32");
    CHECK_REFUSED(add(target, w, IL_FLOAT32, 2, 2, nan + 1, 2, "relu"), IL_ERROR_NUMERIC, "that of neuron 1");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_REFUSED(add(target, w, IL_FLOAT32, 2, 2, NULL, 0, bad[i]), IL_ERROR_ARGUMENT, "activation");
    CHECK_OK(add(target, w, IL_FLOAT32, 2, 3, NULL, 0, "elu(0.5)"));
    CHECK_REFUSED(add(target, w, IL_FLOAT32, 3, 3, NULL, 0, "relu"), IL_ERROR_ARGUMENT, "two layers named \"next\"");
    const int64_t chain[] = {2, 3};
    weight = array_of(w, IL_FLOAT32, 2, chain);
    CHECK_REFUSED(il_network_add_layer(target, "other", &weight, NULL, "relu"), IL_ERROR_SHAPE, "\"next\" before it has 3");
    const int64_t next[] = {3, 4}, after[] = {4, 1};
    weight = array_of(w, IL_FLOAT32, 2, next);
    CHECK_REFUSED(il_network_add_layer(target, "inputs", &weight, NULL, "relu"), IL_ERROR_ARGUMENT, "name: \"inputs\"");
    CHECK_REFUSED(net_add_layer(network, 0, IL_WEIGHT_AUTO, IL_FLOAT32), IL_ERROR_ARGUMENT, "\"first\"");
    CHECK_OK(il_network_layers(context, target, &table)); /* what was refused has left nothing */
    CHECK_INTEGER(rows_of(table), 1);
    CHECK_TEXT(strings(table, "activation")[0], "elu(0.5)");
    il_table_free(table);
    CHECK_OK(il_network_add_layer(target, "logits", &weight, NULL, "relu"));
    weight = array_of(w, IL_FLOAT32, 2, after);
    CHECK_REFUSED(il_network_add_layer(target, "end", &weight, NULL, "relu"), IL_ERROR_ARGUMENT, "name: \"logits\"");
    il_network_free(target);
    const il_network *before = target;
    il_network_options options;
    CHECK_OK(il_network_options_init(&options, sizeof options));
    options.layout = 3;
    CHECK_REFUSED(il_network_new(context, &options, &target), IL_ERROR_ARGUMENT, "options.layout");
    options.layout = 0;
    options.input_scale = INFINITY;
    CHECK_REFUSED(il_network_new(context, &options, &target), IL_ERROR_ARGUMENT, "options.input_scale");
    options.input_scale = 0;
    options.layers = bad;
    options.layer_count = 1;
    CHECK_REFUSED(il_network_new(context, &options, &target), IL_ERROR_ARGUMENT, "il_network_add_layer");
    CHECK(target == before);
}

static void data_that_do_not_fit_are_refused(void)
{
    static double nine[NET_N * NET_INPUTS];
    const int64_t samples = NET_N, rows[] = {0, NET_N}, negative[] = {-1, 0};
    int32_t labels[NET_N];
    il_network *empty = NULL, *one = NULL;
    il_source *data = NULL, *selected = NULL;
    il_table *table = NULL;
    il_array label_array = array_of(labels, IL_INT32, 1, &samples);
    memcpy(labels, net_labels, sizeof labels);
    memcpy(nine, net_inputs, sizeof nine);
    CHECK_REFUSED(il_source_select(context, source, rows, 2, &selected), IL_ERROR_ARGUMENT, "250");
    CHECK_REFUSED(il_source_select(context, source, negative, 2, &selected), IL_ERROR_ARGUMENT, "-1");
    CHECK_STATUS(il_source_select(context, source, rows, 1, &selected), IL_ERROR_SHAPE);
    CHECK_STATUS(il_source_select(context, source, rows, 0, &selected), IL_ERROR_SHAPE);
    CHECK_REFUSED(il_source_select(context, source, rows, -1, &selected), IL_ERROR_ARGUMENT, "count");
    REQUIRE_OK(il_source_new(context, NULL, &data));
    CHECK_STATUS(il_ablate(context, network, data, NULL, &table), IL_ERROR_NOT_FOUND);
    net_add_data(data, "second", net_said[1], 7);
    CHECK_REFUSED(il_network_check(context, network, data, 0, &table), IL_ERROR_NOT_FOUND, "neither \"inputs\" nor");
    net_add_data(data, "inputs", nine, NET_INPUTS);
    CHECK_REFUSED(il_ablate(context, network, data, NULL, &table), IL_ERROR_NOT_FOUND, "labels");
    for (int32_t wrong = -1; wrong <= NET_CLASSES; wrong += NET_CLASSES + 1) {
        labels[17] = wrong;
        CHECK_OK(il_source_set_labels(data, &label_array, NULL, 0));
        CHECK_REFUSED(il_ablate(context, network, data, NULL, &table), IL_ERROR_NUMERIC, wrong < 0 ? "class -1" : "class 4");
    }
    CHECK_OK(il_network_check(context, network, data, 0, &table)); /* which needs no labels */
    il_table_free(table);
    table = NULL;
    nine[100] = NAN;
    CHECK_REFUSED(il_network_check(context, network, data, 0, &table), IL_ERROR_NUMERIC, "row 11, neuron 1");
    CHECK_REFUSED(il_network_check(context, network, source, -1, &table), IL_ERROR_ARGUMENT, "tolerance");
    REQUIRE_OK(il_network_new(context, NULL, &empty));
    CHECK_REFUSED(il_ablate(context, empty, source, NULL, &table), IL_ERROR_ARGUMENT, "no layers");
    REQUIRE_OK(il_network_new(context, NULL, &one));
    CHECK_OK(add(one, net_weight[0], IL_FLOAT64, NET_INPUTS, 12, NULL, 0, "linear"));
    CHECK_REFUSED(il_ablate(context, one, source, NULL, &table), IL_ERROR_SHAPE, "\"logits\": the data have 4 values");
    nine[100] = 0;
    CHECK_OK(il_source_set_labels(data, &label_array, NULL, 0));
    CHECK_REFUSED(il_ablate(context, one, data, NULL, &table), IL_ERROR_SHAPE, "one layer");
    CHECK(table == NULL && selected == NULL);
    il_network_free(one);
    il_network_free(empty);
    il_source_free(data);
}

static void check_dump_refused(const char *name, il_status expected, const char *part, const char *more)
{
    char path[4096];
    il_dump *dump = NULL;
    il_network *made = NULL;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    REQUIRE_OK(il_dump_open(context, path, NULL, &dump));
    CHECK_REFUSED(il_network_from_dump(context, dump, NULL, &made), expected, part);
    CHECK_CONTAINS(il_last_error(), more);
    CHECK(made == NULL);
    il_dump_free(dump);
}

static void dumps_without_a_network_are_refused(void)
{
    char path[4096];
    il_dump *dump = NULL;
    il_network *made = NULL;
    il_source *data = NULL;
    il_table *table = NULL;
    check_dump_refused("native.h5", IL_ERROR_NOT_FOUND, "weight", "/layers/");
    check_dump_refused("network_no_weights.h5", IL_ERROR_NOT_FOUND, "weight", "/layers/");
    check_dump_refused("network_unchained.h5", IL_ERROR_SHAPE, "'fc2'", "30");
    check_dump_refused("network_unknown_activation.h5", IL_ERROR_ARGUMENT, "\"mish\"", "\"fc2\"");
    check_dump_refused("network_no_activation.h5", IL_ERROR_ARGUMENT, "\"fc1\"", "activation");
    check_dump_refused("network_nan.h5", IL_ERROR_NUMERIC, "/layers/fc1/weight", "[3, 7]");
    snprintf(path, sizeof path, "%s/network_other_weights.h5", folder);
    REQUIRE_OK(il_dump_open(context, path, NULL, &dump));
    REQUIRE_OK(il_network_from_dump(context, dump, NULL, &made));
    REQUIRE_OK(il_source_for_network(context, dump, made, NULL, &data));
    CHECK_REFUSED(il_ablate(context, made, data, NULL, &table), IL_ERROR_NUMERIC, "\"fc2\"");
    CHECK_CONTAINS(il_last_error(), "neuron 4");
    il_source_free(data);
    il_dump_free(dump);
    data = NULL;
    snprintf(path, sizeof path, "%s/network_no_inputs.h5", folder);
    REQUIRE_OK(il_dump_open(context, path, NULL, &dump));
    CHECK_REFUSED(il_source_for_network(context, dump, made, NULL, &data), IL_ERROR_NOT_FOUND, "inputs");
    il_source_options options;
    CHECK_OK(il_source_options_init(&options, sizeof options));
    options.reduction = IL_REDUCE_MEAN;
    CHECK_REFUSED(il_source_for_network(context, dump, made, &options, &data), IL_ERROR_ARGUMENT, "reduction");
    CHECK(data == NULL && table == NULL);
    il_network_free(made);
    il_dump_free(dump);
}

int main(int argc, char **argv)
{
    if (argc != 2) return EXIT_FAILURE;
    folder = argv[1];
    net_make(7);
    context = context_of(2, 0);
    network = net_network(context, IL_WEIGHT_AUTO, IL_FLOAT64);
    source = net_source(context, 1);
    RUN(null_is_refused_where_something_is_needed);
    RUN(freed_handles_and_those_of_another_kind_are_refused);
    RUN(structs_of_other_sizes_are_refused);
    RUN(options_out_of_range_are_refused);
    RUN(tables_that_make_no_order_are_refused);
    RUN(nan_orders_nothing);
    RUN(layers_that_do_not_fit_are_refused);
    RUN(data_that_do_not_fit_are_refused);
    RUN(dumps_without_a_network_are_refused);
    il_source_free(source);
    il_network_free(network);
    il_context_free(context);
    return check_finish();
}
