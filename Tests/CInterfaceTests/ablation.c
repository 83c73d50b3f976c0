/* SPDX-License-Identifier: Apache-2.0 */
/* Cumulative ablation: every curve against the same network written out in float64, and in what order neurons go. */
#include "network.h"

static il_context *context;
static il_network *network;
static il_source *source;   /* with what the hidden layers say */
static il_source *computed; /* of inputs and labels alone */

static il_ablation_options options_of(int32_t scope, int32_t directions, int32_t replacements)
{
    il_ablation_options options;
    CHECK_OK(il_ablation_options_init(&options, sizeof options));
    options.scope = scope;
    options.directions = directions;
    options.replacements = replacements;
    return options;
}

static il_table *ablated(il_source *data, const il_ablation_options *options)
{
    il_table *table = NULL;
    CHECK_OK(il_ablate(context, network, data, options, &table));
    return table;
}

static double replaced(const char *replacement, int layer, int64_t neuron, double value)
{
    return strcmp(replacement, "mean") == 0 ? net_mean(layer, neuron) : strcmp(replacement, "value") == 0 ? value : 0;
}

/* Every row of curves of one neuron a step, but for permutations; returns the number of curves. */
static int64_t check_curves(il_table *table, double value)
{
    int64_t curves = 0;
    net_removal removal;
    if (!table) return -1;
    const char *const *layer = strings(table, "layer"), *const *replacement = strings(table, "replacement");
    const char *const *removed_layer = strings(table, "removed_layer");
    const int64_t *step = integers(table, "step"), *removed = integers(table, "neurons_removed");
    const int64_t *neuron = integers(table, "removed_neuron"), *correct = integers(table, "correct");
    const double *accuracy = doubles(table, "accuracy"), *entropy = doubles(table, "cross_entropy");
    const double *of_class[NET_CLASSES] = {doubles(table, "accuracy_0"), doubles(table, "accuracy_1"),
                                           doubles(table, "accuracy_2"), doubles(table, "accuracy_3")};
    if (!layer || !replacement || !removed_layer || !step || !removed || !neuron || !correct) return -1;
    for (int64_t row = 0; row < rows_of(table); row++) {
        if (step[row] == 0) {
            curves++;
            memset(&removal, 0, sizeof removal);
            CHECK_TEXT(removed_layer[row], "");
            CHECK_INTEGER(neuron[row], -1);
        } else {
            const int l = net_index(removed_layer[row]);
            if (!CHECK(l >= 0 && neuron[row] >= 0 && neuron[row] < net_widths[l + 1])) return -1;
            if (strcmp(layer[row], "network") != 0) CHECK_TEXT(removed_layer[row], layer[row]);
            CHECK(!removal.is_removed[l][neuron[row]]);
            CHECK_INTEGER(step[row], step[row - 1] + 1);
            removal.is_removed[l][neuron[row]] = 1;
            removal.says[l][neuron[row]] = replaced(replacement[row], l, neuron[row], value);
        }
        const net_result expected = net_evaluate(&removal);
        CHECK_INTEGER(removed[row], step[row]);
        CHECK_INTEGER(correct[row], expected.correct);
        CHECK_NEAR(accuracy[row], (double)expected.correct / NET_N, 1e-15);
        CHECK_NEAR(entropy[row], expected.cross_entropy, 1e-5 * fmax(1, expected.cross_entropy));
        for (int c = 0; c < NET_CLASSES; c++)
            CHECK_NEAR(of_class[c][row], (double)expected.correct_of[c] / (double)net_samples_of(c), 1e-15);
    }
    return curves;
}

static void every_curve_is_that_of_the_network_written_out(void)
{
    const int32_t both = IL_ASCENDING + IL_DESCENDING, three = IL_REPLACE_ZERO + IL_REPLACE_MEAN + IL_REPLACE_VALUE;
    il_source *const sources[] = {source, computed};
    for (int s = 0; s < 2; s++)
        for (int32_t scope = IL_SCOPE_LAYER; scope <= IL_SCOPE_NETWORK; scope++) {
            il_ablation_options options = options_of(scope, both, three);
            options.value = 0.375;
            options.random_repeats = 2;
            il_table *table = ablated(sources[s], &options);
            /* two directions and two random orders, three replacements each */
            CHECK_INTEGER(check_curves(table, 0.375), scope == IL_SCOPE_LAYER ? 24 : 12);
            CHECK_INTEGER(rows_of(table), 12 * (12 + 7 + (scope == IL_SCOPE_LAYER ? 2 : 1)));
            CHECK_TEXT(metadata_of(table, "scope"), scope == IL_SCOPE_LAYER ? "layer" : "network");
            CHECK_TEXT(metadata_of(table, "samples"), "250");
            CHECK_TEXT(metadata_of(table, "classes"), "4");
            CHECK_TEXT(metadata_of(table, "seed"), "0");
            CHECK_CONTAINS(metadata_of(table, "quantizer"), "threshold");
            if (s == 0) CHECK(atof(metadata_of(table, "largest_difference")) < 1e-4);
            il_table_free(table);
        }
}

static void columns_are_those_of_the_header(void)
{
    static const char *const names[] = {"layer", "ordering", "direction", "replacement", "repeat", "step",
                                        "neurons_removed", "removed_layer", "removed_neuron", "correct", "accuracy",
                                        "cross_entropy", "accuracy_0", "accuracy_1", "accuracy_2", "accuracy_3"};
    static const int32_t types[] = {3, 3, 3, 3, 2, 2, 2, 3, 2, 2, 1, 1, 1, 1, 1, 1};
    il_ablation_options options = options_of(IL_SCOPE_LAYER, IL_ASCENDING, IL_REPLACE_ZERO);
    for (int32_t per_class = 0; per_class < 2; per_class++) {
        int64_t columns = 0;
        options.per_class = per_class;
        il_table *table = ablated(source, &options);
        CHECK_OK(il_table_size(table, NULL, &columns));
        CHECK_INTEGER(columns, per_class ? 16 : 12);
        for (int64_t i = 0; i < columns; i++) {
            const char *name = NULL;
            int32_t type = 0;
            CHECK_OK(il_table_column(table, i, &name, &type, NULL, NULL));
            CHECK_TEXT(name, names[i]);
            CHECK_INTEGER(type, types[i]);
        }
        il_table_free(table);
    }
}

/* The order of one curve that begins at `row`: `count` neurons of `layer`. */
static void check_order(il_table *table, int64_t row, const double *values, int64_t count, int is_ascending)
{
    const int64_t *neuron = integers(table, "removed_neuron");
    int8_t is_gone[NET_WIDEST] = {0};
    for (int64_t step = 1; neuron && step <= count; step++) {
        int64_t next = -1;
        for (int64_t k = 0; k < count; k++) {
            if (is_gone[k]) continue;
            if (next < 0 || (is_ascending ? values[k] < values[next] : values[k] > values[next])) next = k;
        }
        is_gone[next] = 1;
        CHECK_INTEGER(neuron[row + step], next);
    }
}

static void neurons_go_by_their_measures_and_ties_by_index(void)
{
    il_source *hidden = NULL;
    il_table *measures = NULL;
    il_quantizer coarse = quantizer_of(IL_THRESHOLD);
    il_ablation_options options = options_of(IL_SCOPE_LAYER, IL_ASCENDING + IL_DESCENDING, IL_REPLACE_ZERO);
    const int64_t samples = NET_N;
    il_array labels = array_of(net_labels, IL_INT32, 1, &samples);
    coarse.value = 0.9; /* above it are few, so that some neurons tie at 0 */
    options.quantizer = &coarse;
    REQUIRE_OK(il_source_new(context, NULL, &hidden));
    for (int l = 0; l < NET_HIDDEN; l++) net_add_data(hidden, net_names[l], net_said[l], net_widths[l + 1]);
    CHECK_OK(il_source_set_labels(hidden, &labels, NULL, 0));
    REQUIRE_OK(measure_source(context, hidden, &coarse, &measures));
    static const char *const orderings[] = {"mutual_information", "kl_selectivity", "entropy"};
    for (int o = 0; o < 3; o++) {
        const double *values = doubles(measures, orderings[o]);
        options.ordering = orderings[o];
        for (int given = 0; given < 2; given++) {
            options.measures = given ? measures : NULL;
            il_table *table = ablated(given ? computed : source, &options);
            CHECK_TEXT(strings(table, "ordering")[0], orderings[o]);
            CHECK_TEXT(strings(table, "direction")[0], "ascending");
            CHECK_TEXT(strings(table, "direction")[13], "descending");
            check_order(table, 0, values, 12, 1);
            check_order(table, 13, values, 12, 0);
            check_order(table, 26, values + 12, 7, 1);
            check_order(table, 34, values + 12, 7, 0);
            il_table_free(table);
        }
    }
    il_table_free(measures);
    il_source_free(hidden);
}

static void integers_and_one_layer_can_order_too(void)
{
    static const char *const layers[] = {"second", "second", "second", "second", "second", "second", "second"};
    static const int64_t neurons[] = {6, 5, 4, 3, 2, 1, 0}, values[] = {5, 5, 9, -3, 5, INT64_MIN, INT64_MAX};
    static const int64_t expected[] = {1, 3, 2, 5, 6, 4, 0};
    static const char *const second = "second";
    il_ablation_options options = options_of(IL_SCOPE_LAYER, IL_ASCENDING, IL_REPLACE_ZERO);
    options.measures = net_neurons(layers, neurons, 7, values, NULL);
    options.ordering = "group";
    options.layers = &second;
    options.layer_count = 1;
    il_table *table = ablated(source, &options);
    CHECK_INTEGER(check_curves(table, 0), 1);
    for (int step = 1; step <= 7; step++) CHECK_INTEGER(integers(table, "removed_neuron")[step], expected[step - 1]);
    il_table_free(table);
    il_table_free(options.measures);
}

static void an_explicit_order_is_followed(void)
{
    static const char *const layers[] = {"second", "first", "first", "second", "first"};
    static const int64_t neurons[] = {6, 11, 0, 1, 5};
    static const int64_t in_layers[] = {-1, 11, 0, 5, -1, 6, 1}, in_network[] = {-1, 6, 11, 0, 1, 5};
    for (int32_t scope = IL_SCOPE_LAYER; scope <= IL_SCOPE_NETWORK; scope++) {
        const int64_t *expected = scope == IL_SCOPE_LAYER ? in_layers : in_network;
        il_ablation_options options = options_of(scope, IL_ASCENDING, IL_REPLACE_ZERO);
        options.order = net_neurons(layers, neurons, 5, NULL, NULL);
        il_table *table = ablated(source, &options);
        CHECK_INTEGER(check_curves(table, 0), scope == IL_SCOPE_LAYER ? 2 : 1);
        REQUIRE(CHECK_INTEGER(rows_of(table), scope == IL_SCOPE_LAYER ? 7 : 6));
        for (int64_t row = 0; row < rows_of(table); row++) {
            CHECK_TEXT(strings(table, "ordering")[row], "explicit");
            CHECK_TEXT(strings(table, "direction")[row], "");
            CHECK_INTEGER(integers(table, "removed_neuron")[row], expected[row]);
        }
        CHECK_TEXT(metadata_of(table, "quantizer"), ""); /* nothing was measured */
        il_table_free(table);
        il_table_free(options.order);
    }
}

static void random_orders_follow_from_the_seed(void)
{
    static const char *const second = "second";
    il_ablation_options options = options_of(IL_SCOPE_LAYER, IL_ASCENDING, IL_REPLACE_ZERO + IL_REPLACE_PERMUTE);
    il_context_options settings;
    il_table *tables[4];
    CHECK_OK(il_context_options_init(&settings, sizeof settings));
    options.ordering = "random";
    options.random_repeats = 3;
    for (int i = 0; i < 4; i++) {
        il_context *seeded = NULL;
        settings.seed = i == 2 ? 8 : 7;
        CHECK_OK(il_context_new(&settings, &seeded));
        if (i == 3) {
            options.layers = &second;
            options.layer_count = 1;
        }
        CHECK_OK(il_ablate(seeded, network, source, &options, &tables[i]));
        il_context_free(seeded);
    }
    const int64_t rows = rows_of(tables[0]), *repeat = integers(tables[0], "repeat");
    const int64_t *a = integers(tables[0], "removed_neuron"), *b = integers(tables[2], "removed_neuron");
    REQUIRE(CHECK_INTEGER(rows, 3 * 2 * (13 + 8)));
    for (int64_t row = 0; row < rows; row++) {
        CHECK_TEXT(strings(tables[0], "ordering")[row], "random");
        CHECK_INTEGER(repeat[row], row < 78 ? row / 26 : (row - 78) / 16);
    }
    CHECK(memcmp(a, integers(tables[1], "removed_neuron"), sizeof *a * (size_t)rows) == 0);
    CHECK(memcmp(a, b, sizeof *a * (size_t)rows) != 0);
    CHECK(memcmp(a, a + 26, sizeof *a * 13) != 0); /* repetitions differ, replacements do not */
    CHECK(memcmp(a, a + 13, sizeof *a * 13) == 0);
    /* A layer's order does not depend on which others are asked for, nor do its permutations. */
    CHECK(memcmp(a + 78, integers(tables[3], "removed_neuron"), sizeof *a * 48) == 0);
    for (int i = 0; i < 4; i++) CHECK_TEXT(strings(tables[i], "replacement")[13], "permute");
    const double *known = doubles(tables[0], "cross_entropy");
    CHECK(memcmp(known, doubles(tables[1], "cross_entropy"), sizeof *known * (size_t)rows) == 0);
    CHECK(memcmp(known + 78, doubles(tables[3], "cross_entropy"), sizeof *known * 48) == 0);
    CHECK(memcmp(known + 13, doubles(tables[2], "cross_entropy") + 13, sizeof *known * 13) != 0);
    for (int i = 0; i < 4; i++) il_table_free(tables[i]);
}

static void steps_skip_rows_and_change_none(void)
{
    il_ablation_options options = options_of(IL_SCOPE_LAYER, IL_DESCENDING, IL_REPLACE_MEAN);
    static const int64_t steps[] = {5, 12, 100, INT64_MAX}, first[] = {4, 2, 2, 2};
    il_table *one = ablated(source, &options);
    const double *known = doubles(one, "cross_entropy");
    for (int i = 0; i < 4; i++) {
        options.step = steps[i];
        il_table *table = ablated(source, &options);
        const int64_t *removed = integers(table, "neurons_removed"), *neuron = integers(table, "removed_neuron");
        for (int64_t row = 0; row < first[i]; row++) {
            const int64_t expected = row < first[i] - 1 ? row * steps[i] : 12; /* the last row has all removed */
            CHECK_INTEGER(integers(table, "step")[row], row);
            CHECK_INTEGER(removed[row], expected);
            CHECK_INTEGER(neuron[row], integers(one, "removed_neuron")[expected]);
            CHECK(doubles(table, "cross_entropy")[row] == known[expected]);
        }
        CHECK_INTEGER(removed[first[i]], 0); /* the next curve */
        il_table_free(table);
    }
    il_table_free(one);
}

static void a_curve_ends_after_the_first_row_below_until(void)
{
    il_ablation_options options = options_of(IL_SCOPE_LAYER, IL_ASCENDING + IL_DESCENDING, IL_REPLACE_ZERO);
    options.until = 0.6;
    il_table *table = ablated(source, &options);
    const double *accuracy = doubles(table, "accuracy");
    const int64_t rows = rows_of(table), *step = integers(table, "step");
    CHECK_INTEGER(check_curves(table, 0), 4);
    CHECK(rows < 42);
    for (int64_t row = 0; row < rows; row++) {
        const int is_last = row + 1 == rows || step[row + 1] == 0;
        if (!is_last) CHECK(accuracy[row] >= 0.6);
    }
    il_table_free(table);
    options.until = INFINITY;
    table = ablated(source, &options);
    CHECK_INTEGER(rows_of(table), 4);
    il_table_free(table);
}

static void order_and_means_may_come_from_other_samples(void)
{
    static int64_t rows[50];
    il_source *few = NULL;
    il_ablation_options options = options_of(IL_SCOPE_NETWORK, IL_ASCENDING, IL_REPLACE_MEAN);
    net_removal all;
    for (int i = 0; i < 50; i++) rows[i] = 5 * i + 1;
    REQUIRE_OK(il_source_select(context, source, rows, 50, &few));
    options.ordering_source = few;
    il_table *table = ablated(source, &options);
    CHECK_INTEGER(check_curves(table, 0), 1); /* judged, and balanced, by all samples */
    il_table_free(table);
    options.mean_source = few;
    table = ablated(computed, &options);
    for (int l = 0; l < NET_HIDDEN; l++)
        for (int64_t k = 0; k < net_widths[l + 1]; k++) {
            all.is_removed[l][k] = 1;
            all.says[l][k] = 0;
            for (int i = 0; i < 50; i++) all.says[l][k] += net_said[l][rows[i] * net_widths[l + 1] + k] / 50;
        }
    const net_result expected = net_evaluate(&all);
    CHECK_INTEGER(integers(table, "correct")[19], expected.correct);
    CHECK_NEAR(doubles(table, "cross_entropy")[19], expected.cross_entropy, 1e-5);
    il_table_free(table);
    il_source_free(few);
}

static void a_class_without_samples_has_no_accuracy(void)
{
    static const char *const names[] = {"ant", "bee", "cat", "dog"};
    static int32_t labels[NET_N];
    const int64_t samples = NET_N;
    il_array array = array_of(labels, IL_INT32, 1, &samples);
    il_source *data = NULL;
    int64_t ants = 0, bees = 0;
    for (int i = 0; i < NET_N; i++) {
        labels[i] = net_labels[i] == 1;
        bees += labels[i];
    }
    REQUIRE_OK(il_source_new(context, NULL, &data));
    net_add_data(data, "inputs", net_inputs, NET_INPUTS);
    CHECK_OK(il_source_set_labels(data, &array, names, 4));
    il_table *table = ablated(data, NULL);
    for (int64_t n = 0; n < NET_N; n++) {
        int most = 0;
        for (int c = 1; c < NET_CLASSES; c++)
            if (net_said[2][n * NET_CLASSES + c] > net_said[2][n * NET_CLASSES + most]) most = c;
        ants += most == 0 && labels[n] == 0;
    }
    CHECK_NEAR(doubles(table, "accuracy_ant")[0], (double)ants / (double)(NET_N - bees), 1e-15);
    CHECK(isnan(doubles(table, "accuracy_cat")[0]) && isnan(doubles(table, "accuracy_dog")[0]));
    CHECK_TEXT(metadata_of(table, "classes"), "4");
    il_table_free(table);
    il_source_free(data);
}

static void results_do_not_depend_on_threads_or_memory(void)
{
    il_ablation_options options = options_of(IL_SCOPE_NETWORK, IL_ASCENDING, IL_REPLACE_ZERO + IL_REPLACE_PERMUTE);
    il_table *first = ablated(computed, &options);
    const int64_t rows = rows_of(first);
    const int32_t threads[] = {1, 3, 8};
    for (int i = 0; i < 3; i++) {
        il_context *other = context_of(threads[i], UINT64_C(1) << (20 + i));
        il_table *table = NULL;
        CHECK_OK(il_ablate(other, network, computed, &options, &table));
        CHECK(memcmp(doubles(first, "cross_entropy"), doubles(table, "cross_entropy"), sizeof(double) * (size_t)rows) == 0);
        CHECK(memcmp(integers(first, "correct"), integers(table, "correct"), sizeof(int64_t) * (size_t)rows) == 0);
        il_table_free(table);
        il_context_free(other);
    }
    il_table_free(first);
}

int main(void)
{
    net_make(2);
    context = context_of(2, 0);
    network = net_network(context, IL_WEIGHT_AUTO, IL_FLOAT64);
    source = net_source(context, 1);
    computed = net_source(context, 0);
    RUN(every_curve_is_that_of_the_network_written_out);
    RUN(columns_are_those_of_the_header);
    RUN(neurons_go_by_their_measures_and_ties_by_index);
    RUN(integers_and_one_layer_can_order_too);
    RUN(an_explicit_order_is_followed);
    RUN(random_orders_follow_from_the_seed);
    RUN(steps_skip_rows_and_change_none);
    RUN(a_curve_ends_after_the_first_row_below_until);
    RUN(order_and_means_may_come_from_other_samples);
    RUN(a_class_without_samples_has_no_accuracy);
    RUN(results_do_not_depend_on_threads_or_memory);
    il_source_free(computed);
    il_source_free(source);
    il_network_free(network);
    il_context_free(context);
    return check_finish();
}
