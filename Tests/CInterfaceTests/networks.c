/* SPDX-License-Identifier: Apache-2.0 */
/* Networks: from dumps, from arrays in every layout and type, what they reproduce, and how long they live. */
#include "network.h"

static const char *folder;
static il_context *context;

static const char *fixture(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

struct handles {
    il_context *context;
    il_dump *dump;
    il_network *network;
    il_source *source;
};

static struct handles open_digits(void)
{
    struct handles h = {NULL, NULL, NULL, NULL};
    CHECK_OK(il_context_new(NULL, &h.context));
    CHECK_OK(il_dump_open(h.context, fixture("digits.h5"), NULL, &h.dump));
    CHECK_OK(il_network_from_dump(h.context, h.dump, NULL, &h.network));
    CHECK_OK(il_source_for_network(h.context, h.dump, h.network, NULL, &h.source));
    return h;
}

static void free_one(struct handles *h, int which)
{
    switch (which) {
    case 0: il_context_free(h->context); break;
    case 1: il_dump_free(h->dump); break;
    case 2: il_network_free(h->network); break;
    default: il_source_free(h->source); break;
    }
}

static void check_layers(il_network *network, const char *const *names, const int64_t *widths,
                         const char *const *functions, int64_t count)
{
    il_table *table = NULL;
    if (!CHECK_OK(il_network_layers(context, network, &table))) return;
    const char *const *layer = strings(table, "layer"), *const *activation = strings(table, "activation");
    const int64_t *inputs = integers(table, "inputs"), *neurons = integers(table, "neurons");
    const int64_t *has_bias = integers(table, "has_bias");
    if (CHECK_INTEGER(rows_of(table), count) && layer && activation && inputs && neurons && has_bias)
        for (int64_t row = 0; row < count; row++) {
            CHECK_TEXT(layer[row], names[row]);
            CHECK_TEXT(activation[row], functions[row]);
            CHECK_INTEGER(inputs[row], widths[row]);
            CHECK_INTEGER(neurons[row], widths[row + 1]);
            CHECK_INTEGER(has_bias[row], 1);
        }
    il_table_free(table);
}

static void a_dump_has_its_network(void)
{
    static const char *const names[] = {"fc1", "fc2", "output"}, *const functions[] = {"relu", "relu", "softmax"};
    static const int64_t widths[] = {64, 32, 32, 10};
    struct handles h = open_digits();
    check_layers(h.network, names, widths, functions, 3);
    for (int which = 0; which < 4; which++) free_one(&h, which);
}

static void what_a_dump_records_is_reproduced(void)
{
    static const char *const names[] = {"fc1", "fc2", "output", "logits"};
    struct handles h = open_digits();
    il_table *table = NULL;
    REQUIRE_OK(il_network_check(h.context, h.network, h.source, 0, &table));
    const char *const *layer = strings(table, "layer");
    const double *largest = doubles(table, "largest_difference"), *scale = doubles(table, "scale");
    const double *relative = doubles(table, "relative_difference");
    const int64_t *sample = integers(table, "sample"), *neuron = integers(table, "neuron");
    REQUIRE(CHECK_INTEGER(rows_of(table), 4) && layer && largest && scale && relative && sample && neuron);
    for (int row = 0; row < 4; row++) {
        CHECK_TEXT(layer[row], names[row]);
        CHECK(sample[row] >= 0 && sample[row] < 899 && neuron[row] >= 0 && neuron[row] < 32);
        CHECK_NEAR(relative[row], largest[row] / scale[row], 1e-15);
        CHECK(relative[row] < 1e-5); /* sums of at most 64 terms in float32 */
    }
    il_table_free(table);
    for (int which = 3; which >= 0; which--) free_one(&h, which);
}

static void layers_and_activations_can_be_named(void)
{
    static const char *const two[] = {"fc2", "output"}, *const functions[] = {"tanh", "linear"};
    static const int64_t widths[] = {32, 32, 10};
    il_dump *dump = NULL;
    il_network *network = NULL;
    il_network_options options;
    REQUIRE_OK(il_dump_open(context, fixture("digits.h5"), NULL, &dump));
    CHECK_OK(il_network_options_init(&options, sizeof options));
    options.layers = two;
    options.layer_count = 2;
    options.activations = functions;
    options.activation_count = 2;
    CHECK_OK(il_network_from_dump(context, dump, &options, &network));
    check_layers(network, two, widths, functions, 2);
    il_network_free(network);
    il_dump_free(dump);
}

/* Of a network from arrays; the differences are those of rounding the sums, and 0 for no other reason. */
static void check_reproduces(il_network *network, il_source *source, int64_t layers)
{
    il_table *table = NULL;
    if (!CHECK_OK(il_network_check(context, network, source, 1e-5, &table))) return;
    const double *relative = doubles(table, "relative_difference");
    if (CHECK_INTEGER(rows_of(table), layers) && relative)
        for (int64_t row = 0; row < layers; row++) CHECK(relative[row] < 1e-5);
    il_table_free(table);
}

static void arrays_make_a_network_in_every_layout_and_type(void)
{
    static const int32_t layouts[] = {IL_WEIGHT_AUTO, IL_WEIGHT_IN_OUT, IL_WEIGHT_OUT_IN};
    static const int32_t types[] = {IL_FLOAT32, IL_FLOAT64};
    il_source *source = net_source(context, 1);
    for (int l = 0; l < 3; l++)
        for (int t = 0; t < 2; t++) {
            il_network *network = net_network(context, layouts[l], types[t]);
            check_layers(network, net_names, net_widths, net_functions, NET_LAYERS);
            check_reproduces(network, source, NET_LAYERS);
            il_network_free(network);
        }
    il_source_free(source);
}

static void weights_may_have_any_strides_and_integer_types(void)
{
    /* identity of every second row and column, backwards; then sums of two, without a bias */
    int8_t spread[4 * 4] = {0};
    const int64_t square[] = {2, 2}, backwards[] = {-8, -2}, column[] = {2, 1};
    static const float ones[] = {1, 1};
    static const double x[] = {3, 4, 5, -6}, sums[] = {7, -1};
    const int64_t samples[] = {2, 2};
    il_network *network = NULL;
    il_source *source = NULL;
    il_table *table = NULL;
    spread[0] = spread[10] = 1;
    il_array weight = array_of(spread + 10, IL_INT8, 2, square), last = array_of(ones, IL_FLOAT32, 2, column);
    weight.strides = backwards;
    REQUIRE_OK(il_network_new(context, NULL, &network));
    CHECK_OK(il_network_add_layer(network, "id", &weight, NULL, "identity"));
    CHECK_OK(il_network_add_layer(network, "sum", &last, NULL, "none"));
    il_array inputs = array_of(x, IL_FLOAT64, 2, samples), scores = array_of(sums, IL_FLOAT64, 1, samples);
    REQUIRE_OK(il_source_new(context, NULL, &source));
    CHECK_OK(il_source_add_layer(source, "inputs", &inputs));
    CHECK_OK(il_source_add_layer(source, "sum", &scores));
    CHECK_OK(il_network_check(context, network, source, 0, &table));
    const double *largest = doubles(table, "largest_difference");
    CHECK(largest && largest[0] == 0);
    il_table_free(table);
    CHECK_OK(il_network_layers(context, network, &table));
    CHECK(integers(table, "has_bias")[0] == 0);
    CHECK_TEXT(strings(table, "activation")[0], "linear");
    il_table_free(table);
    il_source_free(source);
    il_network_free(network);
}

static void a_difference_is_found_where_it_is(void)
{
    il_network *network = net_network(context, IL_WEIGHT_AUTO, IL_FLOAT64);
    il_source *source = net_source(context, 1);
    il_table *table = NULL;
    const double before = net_said[1][77 * 7 + 5];
    net_said[1][77 * 7 + 5] += 0.5; /* the source reads the caller's memory */
    CHECK_REFUSED(il_network_check(context, network, source, 0, &table), IL_ERROR_NUMERIC, "\"second\"");
    CHECK_CONTAINS(il_last_error(), "sample 77, neuron 5");
    CHECK(table == NULL);
    CHECK_REFUSED(il_ablate(context, network, source, NULL, &table), IL_ERROR_NUMERIC, "\"second\"");
    CHECK_OK(il_network_check(context, network, source, INFINITY, &table));
    const double *largest = doubles(table, "largest_difference");
    const int64_t *sample = integers(table, "sample"), *neuron = integers(table, "neuron");
    REQUIRE(largest && sample && neuron);
    CHECK_NEAR(largest[1], 0.5, 1e-6);
    CHECK_INTEGER(sample[1], 77);
    CHECK_INTEGER(neuron[1], 5);
    CHECK(largest[0] < 1e-5 && largest[2] < 1e-5);
    net_said[1][77 * 7 + 5] = before;
    il_table_free(table);
    il_source_free(source);
    il_network_free(network);
}

static void bytes_are_scaled_where_only_that_reproduces_the_record(void)
{
    struct handles h = {context, NULL, NULL, NULL};
    il_table *table = NULL;
    il_network_options options;
    REQUIRE_OK(il_dump_open(context, fixture("network_bytes.h5"), NULL, &h.dump));
    REQUIRE_OK(il_network_from_dump(context, h.dump, NULL, &h.network));
    REQUIRE_OK(il_source_for_network(context, h.dump, h.network, NULL, &h.source));
    CHECK_OK(il_network_check(context, h.network, h.source, 0, &table));
    CHECK_NEAR(atof(metadata_of(table, "input_scale")), 1.0 / 255, 1e-16);
    il_table_free(table);
    il_network_free(h.network);
    CHECK_OK(il_network_options_init(&options, sizeof options));
    options.input_scale = 1;
    REQUIRE_OK(il_network_from_dump(context, h.dump, &options, &h.network));
    table = NULL;
    CHECK_REFUSED(il_network_check(context, h.network, h.source, 0, &table), IL_ERROR_NUMERIC, "scale of the inputs");
    CHECK(table == NULL);
    for (int which = 1; which < 4; which++) free_one(&h, which);
}

static void a_source_for_a_network_has_its_layers(void)
{
    static const char *const names[] = {"inputs", "logits", "fc1", "fc2", "output"};
    struct handles h = open_digits();
    il_table *table = NULL;
    il_source *other = NULL;
    il_source_options options;
    REQUIRE_OK(il_source_layers(context, h.source, &table));
    const char *const *layer = strings(table, "layer");
    REQUIRE(CHECK_INTEGER(rows_of(table), 5) && layer);
    for (int row = 0; row < 5; row++) CHECK_TEXT(layer[row], names[row]);
    il_table_free(table);
    CHECK_OK(il_source_options_init(&options, sizeof options));
    options.labels = "/labels";
    options.reduction = IL_REDUCE_FLATTEN;
    CHECK_OK(il_source_for_network(h.context, h.dump, h.network, &options, &other));
    il_source_free(other);
    for (int which = 0; which < 4; which++) free_one(&h, which);
}

static void a_selection_has_the_rows_asked_for(void)
{
    static int64_t rows[] = {3, 0, 249, 3};
    il_source *source = net_source(context, 1), *selected = NULL;
    il_network *network = net_network(context, IL_WEIGHT_AUTO, IL_FLOAT32);
    il_table *table = NULL;
    int64_t in_class[NET_CLASSES] = {0};
    REQUIRE_OK(il_source_select(context, source, rows, 4, &selected));
    il_source_free(source);
    check_reproduces(network, selected, NET_LAYERS);
    CHECK_OK(il_source_classes(context, selected, &table));
    const int64_t *label = integers(table, "class"), *samples = integers(table, "samples");
    REQUIRE(label && samples);
    for (int i = 0; i < 4; i++) in_class[net_labels[rows[i]]]++;
    for (int64_t row = 0; row < rows_of(table); row++) CHECK_INTEGER(samples[row], in_class[label[row]]);
    il_table_free(table);
    il_network_free(network);
    il_source_free(selected);
}

static void frees_may_come_in_any_order(void)
{
    for (int order = 0; order < 24; order++) {
        struct handles h = open_digits();
        int left[] = {0, 1, 2, 3}, count = 4, code = order;
        il_table *table = NULL;
        while (count > 0) {
            int pick = code % count;
            code /= count;
            free_one(&h, left[pick]);
            left[pick] = left[--count];
            /* What is left goes on working, with another context. */
            if (count == 2 && order % 3 == 0 && left[0] + left[1] == 5)
                CHECK_OK(il_network_check(context, h.network, h.source, 0, &table));
        }
        il_table_free(table);
    }
}

static void a_layer_may_be_added_after_a_call(void)
{
    il_network *network = NULL;
    il_source *source = net_source(context, 1);
    il_table *table = NULL;
    REQUIRE_OK(il_network_new(context, NULL, &network));
    CHECK_REFUSED(il_network_check(context, network, source, 0, &table), IL_ERROR_ARGUMENT, "no layers");
    for (int layer = 0; layer < NET_LAYERS; layer++) {
        CHECK_OK(net_add_layer(network, layer, IL_WEIGHT_AUTO, IL_FLOAT64));
        CHECK_OK(il_network_layers(context, network, &table));
        CHECK_INTEGER(rows_of(table), layer + 1);
        il_table_free(table);
    }
    check_reproduces(network, source, NET_LAYERS);
    il_source_free(source);
    il_network_free(network);
}

int main(int argc, char **argv)
{
    if (argc != 2) return EXIT_FAILURE;
    folder = argv[1];
    net_make(1);
    context = context_of(2, 0);
    RUN(a_dump_has_its_network);
    RUN(what_a_dump_records_is_reproduced);
    RUN(layers_and_activations_can_be_named);
    RUN(arrays_make_a_network_in_every_layout_and_type);
    RUN(weights_may_have_any_strides_and_integer_types);
    RUN(a_difference_is_found_where_it_is);
    RUN(bytes_are_scaled_where_only_that_reproduces_the_record);
    RUN(a_source_for_a_network_has_its_layers);
    RUN(a_selection_has_the_rows_asked_for);
    RUN(frees_may_come_in_any_order);
    RUN(a_layer_may_be_added_after_a_call);
    il_context_free(context);
    return check_finish();
}
