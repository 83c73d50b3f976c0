/* SPDX-License-Identifier: Apache-2.0 */
/* Neurons removed alone and in groups, against the same network written out in float64. */
#include "network.h"

static il_context *context;
static il_network *network;
static il_source *source;
static net_result whole;

static il_ablation_options options_of(int32_t replacement)
{
    il_ablation_options options;
    CHECK_OK(il_ablation_options_init(&options, sizeof options));
    options.replacements = replacement;
    options.value = -0.5;
    return options;
}

static void remove_neuron(net_removal *removal, int layer, int64_t neuron, int32_t replacement)
{
    removal->is_removed[layer][neuron] = 1;
    removal->says[layer][neuron] = replacement == IL_REPLACE_MEAN    ? net_mean(layer, neuron)
                                   : replacement == IL_REPLACE_VALUE ? -0.5
                                                                     : 0;
}

/* A row is what the removal gives, and the losses are differences from the whole network. */
static void check_row(il_table *table, int64_t row, const net_removal *removal)
{
    const net_result expected = net_evaluate(removal);
    const double tolerance = 1e-5 * fmax(1, expected.cross_entropy);
    CHECK_INTEGER(integers(table, "correct")[row], expected.correct);
    CHECK_NEAR(doubles(table, "accuracy")[row], (double)expected.correct / NET_N, 1e-15);
    CHECK_NEAR(doubles(table, "cross_entropy")[row], expected.cross_entropy, tolerance);
    CHECK_NEAR(doubles(table, "accuracy_loss")[row], (double)(whole.correct - expected.correct) / NET_N, 1e-15);
    CHECK_NEAR(doubles(table, "cross_entropy_increase")[row], expected.cross_entropy - whole.cross_entropy, tolerance);
    CHECK_NEAR(doubles(table, "accuracy_3")[row], (double)expected.correct_of[3] / (double)net_samples_of(3), 1e-15);
}

static void check_whole(il_table *table)
{
    CHECK_NEAR(atof(metadata_of(table, "accuracy")), (double)whole.correct / NET_N, 1e-15);
    CHECK_NEAR(atof(metadata_of(table, "cross_entropy")), whole.cross_entropy, 1e-5);
    CHECK_INTEGER(atoi(metadata_of(table, "correct")), whole.correct);
    CHECK_TEXT(metadata_of(table, "samples"), "250");
}

static void each_neuron_is_removed_alone(void)
{
    static const int32_t replacements[] = {IL_REPLACE_ZERO, IL_REPLACE_MEAN, IL_REPLACE_VALUE};
    for (int r = 0; r < 3; r++) {
        il_ablation_options options = options_of(replacements[r]);
        il_table *table = NULL;
        REQUIRE_OK(il_ablate_single(context, network, source, &options, &table));
        const int64_t *neuron = integers(table, "neuron");
        const char *const *layer = strings(table, "layer");
        REQUIRE(CHECK_INTEGER(rows_of(table), 19) && neuron && layer);
        for (int64_t row = 0; row < 19; row++) {
            net_removal removal;
            memset(&removal, 0, sizeof removal);
            const int l = net_index(layer[row]);
            CHECK_INTEGER(l, row >= 12);
            CHECK_INTEGER(neuron[row], row < 12 ? row : row - 12);
            remove_neuron(&removal, l, neuron[row], replacements[r]);
            check_row(table, row, &removal);
        }
        check_whole(table);
        il_table_free(table);
    }
}

static void layers_and_classes_can_be_left_out(void)
{
    static const char *const second = "second";
    il_ablation_options options = options_of(IL_REPLACE_ZERO);
    il_table *all = NULL, *some = NULL;
    const double *values = NULL;
    REQUIRE_OK(il_ablate_single(context, network, source, NULL, &all));
    options.layers = &second;
    options.layer_count = 1;
    options.per_class = 0;
    REQUIRE_OK(il_ablate_single(context, network, source, &options, &some));
    CHECK_INTEGER(rows_of(some), 7);
    CHECK_REFUSED(il_table_doubles(some, "accuracy_0", &values), IL_ERROR_NOT_FOUND, "accuracy_0");
    for (int k = 0; k < 7; k++) {
        CHECK_INTEGER(integers(some, "correct")[k], integers(all, "correct")[12 + k]);
        CHECK_NEAR(doubles(some, "cross_entropy")[k], doubles(all, "cross_entropy")[12 + k], 1e-6);
    }
    il_table_free(some);
    il_table_free(all);
}

enum { MEMBERS = 9, GROUPS = 4 };
static const char *const member_layers[MEMBERS] = {"first", "second", "first", "second", "first",
                                                   "first", "second", "first", "first"};
static const int64_t member_neurons[MEMBERS] = {3, 0, 4, 6, 3, 0, 2, 11, 5};
static const int64_t member_groups[MEMBERS] = {7, 7, -2, INT64_MAX, INT64_MAX, 7, 7, 0, INT64_MAX};

static void groups_are_removed_together(void)
{
    static const int64_t groups[GROUPS] = {-2, 0, 7, INT64_MAX}, sizes[GROUPS] = {1, 1, 4, 3};
    static const int32_t replacements[] = {IL_REPLACE_ZERO, IL_REPLACE_MEAN, IL_REPLACE_VALUE};
    il_table *given = net_neurons(member_layers, member_neurons, MEMBERS, member_groups, NULL);
    for (int r = 0; r < 3; r++) {
        il_ablation_options options = options_of(replacements[r]);
        il_table *table = NULL;
        REQUIRE_OK(il_ablate_groups(context, network, source, given, &options, &table));
        REQUIRE(CHECK_INTEGER(rows_of(table), GROUPS));
        for (int64_t row = 0; row < GROUPS; row++) {
            net_removal removal;
            memset(&removal, 0, sizeof removal);
            CHECK_INTEGER(integers(table, "group")[row], groups[row]);
            CHECK_INTEGER(integers(table, "neurons")[row], sizes[row]);
            for (int i = 0; i < MEMBERS; i++)
                if (member_groups[i] == groups[row])
                    remove_neuron(&removal, net_index(member_layers[i]), member_neurons[i], replacements[r]);
            check_row(table, row, &removal);
        }
        check_whole(table);
        il_table_free(table);
    }
    il_table_free(given);
}

static void a_group_may_be_all_neurons(void)
{
    const char *layers[19];
    int64_t neurons[19], groups[19] = {0};
    net_removal removal;
    il_table *table = NULL;
    memset(&removal, 0, sizeof removal);
    for (int i = 0; i < 19; i++) {
        layers[i] = net_names[i >= 12];
        neurons[i] = i < 12 ? 11 - i : i - 12;
        remove_neuron(&removal, i >= 12, neurons[i], IL_REPLACE_ZERO);
    }
    il_table *given = net_neurons(layers, neurons, 19, groups, NULL);
    REQUIRE_OK(il_ablate_groups(context, network, source, given, NULL, &table));
    check_row(table, 0, &removal);
    il_table_free(table);
    il_table_free(given);
}

static void permuted_neurons_follow_from_the_seed(void)
{
    il_ablation_options options = options_of(IL_REPLACE_PERMUTE);
    il_table *tables[3];
    il_context_options settings;
    CHECK_OK(il_context_options_init(&settings, sizeof settings));
    for (int i = 0; i < 3; i++) {
        il_context *seeded = NULL;
        settings.seed = i == 2;
        settings.threads = 1 + i;
        CHECK_OK(il_context_new(&settings, &seeded));
        REQUIRE_OK(il_ablate_single(seeded, network, source, &options, &tables[i]));
        il_context_free(seeded);
    }
    const double *first = doubles(tables[0], "cross_entropy");
    CHECK(memcmp(first, doubles(tables[1], "cross_entropy"), sizeof(double) * 19) == 0);
    CHECK(memcmp(first, doubles(tables[2], "cross_entropy"), sizeof(double) * 19) != 0);
    for (int i = 0; i < 3; i++) il_table_free(tables[i]);
}

static void groups_that_cannot_be_are_refused(void)
{
    static const int64_t one[] = {1, 1, 1}, far[] = {0, 12, 0}, below[] = {0, -1, 0}, twice[] = {4, 5, 4}, fine[] = {0, 1, 2};
    static const char *const last[] = {"first", "scores", "first"}, *const unknown[] = {"first", "third", "first"};
    static const char *const first[] = {"first", "first", "first"};
    il_ablation_options options = options_of(IL_REPLACE_ZERO + IL_REPLACE_MEAN);
    const struct {
        const char *const *layers;
        const int64_t *neurons, *groups;
        il_status expected;
        const char *part;
    } cases[] = {
        {first, far, one, IL_ERROR_ARGUMENT, "row 1 names neuron 12"},
        {first, below, one, IL_ERROR_ARGUMENT, "row 1 names neuron -1"},
        {first, twice, one, IL_ERROR_ARGUMENT, "rows 0 and 2"},
        {last, fine, one, IL_ERROR_ARGUMENT, "\"scores\" gives a score"},
        {unknown, fine, one, IL_ERROR_ARGUMENT, "\"third\""},
        {first, fine, NULL, IL_ERROR_NOT_FOUND, "\"group\""},
    };
    il_table *table = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        il_table *given = net_neurons(cases[i].layers, cases[i].neurons, 3, cases[i].groups, NULL);
        CHECK_REFUSED(il_ablate_groups(context, network, source, given, NULL, &table), cases[i].expected, cases[i].part);
        il_table_free(given);
    }
    il_table *empty = net_neurons(NULL, NULL, 0, one, NULL), *given = net_neurons(first, fine, 3, one, NULL);
    CHECK_REFUSED(il_ablate_groups(context, network, source, empty, NULL, &table), IL_ERROR_ARGUMENT, "groups");
    CHECK_REFUSED(il_ablate_groups(context, network, source, given, &options, &table), IL_ERROR_ARGUMENT, "one at a time");
    CHECK_REFUSED(il_ablate_single(context, network, source, &options, &table), IL_ERROR_ARGUMENT, "one at a time");
    options = options_of(IL_REPLACE_ZERO);
    options.layers = first;
    options.layer_count = 1;
    CHECK_REFUSED(il_ablate_groups(context, network, source, given, &options, &table), IL_ERROR_ARGUMENT, "options.layers");
    CHECK(table == NULL);
    il_table_free(given);
    il_table_free(empty);
}

int main(void)
{
    net_make(3);
    whole = net_evaluate(NULL);
    context = context_of(2, 0);
    network = net_network(context, IL_WEIGHT_OUT_IN, IL_FLOAT32);
    source = net_source(context, 1);
    RUN(each_neuron_is_removed_alone);
    RUN(layers_and_classes_can_be_left_out);
    RUN(groups_are_removed_together);
    RUN(a_group_may_be_all_neurons);
    RUN(permuted_neurons_follow_from_the_seed);
    RUN(groups_that_cannot_be_are_refused);
    il_source_free(source);
    il_network_free(network);
    il_context_free(context);
    return check_finish();
}
