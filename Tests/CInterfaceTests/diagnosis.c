/* SPDX-License-Identifier: Apache-2.0 */
/* The diagnosis against the curves and single ablations that it is made of. */
#include "network.h"

static il_context *context;
static il_network *network;
static il_source *source;

static il_diagnosis_options default_options(void)
{
    il_diagnosis_options options;
    CHECK_OK(il_diagnosis_options_init(&options, sizeof options));
    return options;
}

static void any_of_the_tables_may_be_left_out(void)
{
    il_table *all[3] = {NULL, NULL, NULL};
    REQUIRE_OK(il_diagnose(context, network, source, NULL, &all[0], &all[1], &all[2]));
    for (int wanted = 0; wanted < 8; wanted++) {
        il_table *some[3] = {NULL, NULL, NULL};
        CHECK_OK(il_diagnose(context, network, source, NULL, wanted & 1 ? &some[0] : NULL, wanted & 2 ? &some[1] : NULL,
                             wanted & 4 ? &some[2] : NULL));
        for (int i = 0; i < 3; i++) {
            if (CHECK((some[i] != NULL) == (wanted >> i & 1)) && some[i]) CHECK_INTEGER(rows_of(some[i]), rows_of(all[i]));
            il_table_free(some[i]);
        }
    }
    for (int i = 0; i < 3; i++) il_table_free(all[i]);
}

/* Curves of a layer (of the network for −1) by a measure, ascending and then descending. */
static il_table *curves_by(const char *measure, int layer)
{
    il_table *table = NULL;
    il_ablation_options options;
    CHECK_OK(il_ablation_options_init(&options, sizeof options));
    options.ordering = measure;
    options.directions = IL_ASCENDING + IL_DESCENDING;
    options.scope = layer < 0 ? IL_SCOPE_NETWORK : IL_SCOPE_LAYER;
    if (layer >= 0) {
        options.layers = net_names + layer;
        options.layer_count = 1;
    }
    CHECK_OK(il_ablate(context, network, source, &options, &table));
    return table;
}

static void counts_are_read_off_the_curves(void)
{
    const double tolerance = 0.05, margin = 0.1;
    il_diagnosis_options options = default_options();
    il_table *layers = NULL;
    int64_t largest = 0;
    options.tolerance = tolerance;
    options.chance_margin = margin;
    for (int c = 0; c < NET_CLASSES; c++) largest = net_samples_of(c) > largest ? net_samples_of(c) : largest;
    REQUIRE_OK(il_diagnose(context, network, source, &options, &layers, NULL, NULL));
    REQUIRE(CHECK_INTEGER(rows_of(layers), 2));
    for (int row = 0; row < 2; row++) {
        const int64_t count = net_widths[row + 1];
        il_table *table = curves_by("mutual_information", row);
        const double *low = doubles(table, "accuracy"), *high = low + count + 1;
        int64_t suffice = count, tolerate = 0, destroy = -1;
        for (int64_t removed = 0; removed <= count; removed++) {
            if (low[removed] >= low[0] - tolerance - 1e-7) suffice = count - removed;
            if (high[removed] >= low[0] - tolerance - 1e-7) tolerate = removed;
            if (destroy < 0 && high[removed] <= (double)largest / NET_N + margin + 1e-7) destroy = removed;
        }
        CHECK_TEXT(strings(layers, "layer")[row], net_names[row]);
        CHECK_INTEGER(integers(layers, "neurons")[row], count);
        CHECK(doubles(layers, "accuracy")[row] == low[0]);
        CHECK_INTEGER(integers(layers, "suffice")[row], suffice);
        CHECK_INTEGER(integers(layers, "tolerate")[row], tolerate);
        CHECK_INTEGER(integers(layers, "destroy")[row], destroy);
        const int64_t rest = count - suffice - integers(layers, "inactive")[row];
        CHECK_INTEGER(integers(layers, "redundant")[row], rest > 0 ? rest : 0);
        CHECK(integers(layers, "synergistic")[row] >= 0 && integers(layers, "synergistic")[row] <= count);
        CHECK(strlen(strings(layers, "reading")[row]) > 20);
        il_table_free(table);
    }
    CHECK_NEAR(atof(metadata_of(layers, "chance")), (double)largest / NET_N, 1e-15);
    CHECK_TEXT(metadata_of(layers, "replacement"), "zero");
    il_table_free(layers);
}

static double mean_of(const double *values, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += values[i];
    return sum / (double)count;
}

static void areas_are_means_of_the_curves(void)
{
    static const char *const measures[] = {"mutual_information", "entropy", "kl_selectivity"};
    il_table *correlations = NULL;
    REQUIRE_OK(il_diagnose(context, network, source, NULL, NULL, &correlations, NULL));
    REQUIRE(CHECK_INTEGER(rows_of(correlations), 9));
    const double *low = doubles(correlations, "area_low_first"), *high = doubles(correlations, "area_high_first");
    const double *contrast = doubles(correlations, "contrast"), *rank = doubles(correlations, "rank_correlation");
    const int64_t *paradox = integers(correlations, "paradox");
    for (int m = 0; m < 3; m++)
        for (int unit = 0; unit < 3; unit++) {
            const int row = 3 * m + unit;
            const int64_t count = unit < 2 ? net_widths[unit + 1] : 19;
            il_table *table = curves_by(measures[m], unit < 2 ? unit : -1);
            CHECK_TEXT(strings(correlations, "measure")[row], measures[m]);
            CHECK_TEXT(strings(correlations, "layer")[row], unit < 2 ? net_names[unit] : "network");
            CHECK_INTEGER(integers(correlations, "neurons")[row], count);
            CHECK_NEAR(low[row], mean_of(doubles(table, "accuracy"), count + 1), 1e-14);
            CHECK_NEAR(high[row], mean_of(doubles(table, "accuracy") + count + 1, count + 1), 1e-14);
            CHECK_NEAR(contrast[row], low[row] - high[row], 1e-14);
            CHECK(rank[row] >= -1 && rank[row] <= 1);
            const int contradicts = contrast[3 * m] * contrast[3 * m + 1] > 0 && contrast[3 * m] * contrast[row] < 0;
            CHECK(!paradox[row] || (unit == 2 && contradicts));
            il_table_free(table);
        }
    il_table_free(correlations);
}

static void losses_are_those_of_single_ablation(void)
{
    il_diagnosis_options options = default_options();
    il_ablation_options single;
    il_table *neurons = NULL, *table = NULL;
    int64_t inactive[2] = {0, 0}, synergistic[2] = {0, 0};
    il_table *layers = NULL;
    CHECK_OK(il_ablation_options_init(&single, sizeof single));
    options.replacement = single.replacements = IL_REPLACE_MEAN;
    REQUIRE_OK(il_diagnose(context, network, source, &options, &layers, NULL, &neurons));
    REQUIRE_OK(il_ablate_single(context, network, source, &single, &table));
    REQUIRE(CHECK_INTEGER(rows_of(neurons), 19));
    for (int64_t row = 0; row < 19; row++) {
        const char *role = strings(neurons, "role")[row];
        CHECK_TEXT(strings(neurons, "layer")[row], strings(table, "layer")[row]);
        CHECK_INTEGER(integers(neurons, "neuron")[row], integers(table, "neuron")[row]);
        CHECK(doubles(neurons, "accuracy_loss")[row] == doubles(table, "accuracy_loss")[row]);
        CHECK(doubles(neurons, "cross_entropy_increase")[row] == doubles(table, "cross_entropy_increase")[row]);
        inactive[row >= 12] += strcmp(role, "inactive") == 0;
        synergistic[row >= 12] += strcmp(role, "synergistic candidate") == 0;
        CHECK(role[0] == '\0' || strcmp(role, "inactive") == 0 || strcmp(role, "synergistic candidate") == 0);
    }
    for (int l = 0; l < 2; l++) {
        CHECK(integers(layers, "inactive")[l] >= inactive[l]); /* one may be both, and is called the latter */
        CHECK_INTEGER(integers(layers, "synergistic")[l], synergistic[l]);
    }
    il_table_free(table);
    il_table_free(neurons);
    il_table_free(layers);
}

static int32_t score(void *user, const int64_t *layers, const int64_t *neurons, int64_t count, double *scores)
{
    net_removal removal;
    memset(&removal, 0, sizeof removal);
    for (int64_t i = 0; i < count; i++) removal.is_removed[layers[i]][neurons[i]] = 1;
    const net_result result = net_evaluate(&removal);
    ++*(int *)user;
    scores[0] = (double)result.correct / NET_N;
    scores[1] = result.cross_entropy;
    return 0;
}

static void a_callback_is_diagnosed_alike(void)
{
    static const char *const scores[] = {"accuracy", "cross_entropy"};
    static const char *const counts[] = {"suffice", "tolerate", "destroy", "inactive", "redundant", "synergistic"};
    il_network *called = NULL;
    il_table *a = NULL, *b = NULL;
    int calls = 0;
    REQUIRE_OK(il_network_from_callback(context, net_names, net_widths + 1, 2, scores, 2, score, &calls, &called));
    REQUIRE_OK(il_diagnose(context, called, source, NULL, &a, NULL, NULL));
    REQUIRE_OK(il_diagnose(context, network, source, NULL, &b, NULL, NULL));
    CHECK(calls > 0);
    for (int row = 0; row < 2; row++)
        for (int i = 0; i < 6; i++) CHECK_INTEGER(integers(a, counts[i])[row], integers(b, counts[i])[row]);
    CHECK_TEXT(metadata_of(a, "replacement"), "callback");
    il_table_free(a);
    il_table_free(b);
    il_network_free(called);
    called = NULL;
    a = NULL;
    CHECK_OK(il_network_from_callback(context, net_names, net_widths + 1, 2, scores, 1, score, &calls, &called));
    il_network_free(called);
    CHECK_OK(il_network_from_callback(context, net_names, net_widths + 1, 2, scores + 1, 1, score, &calls, &called));
    CHECK_REFUSED(il_diagnose(context, called, source, NULL, &a, NULL, NULL), IL_ERROR_ARGUMENT, "\"accuracy\"");
    CHECK(a == NULL);
    il_network_free(called);
}

static void options_out_of_range_are_refused(void)
{
    static const char *const unknown = "third";
    static const double shares[] = {-0.01, 1.5, NAN, INFINITY};
    il_table *table = NULL;
    il_quantizer bad = quantizer_of(99);
    il_diagnosis_options options;
    for (int i = 0; i < 4; i++) {
        options = default_options();
        options.tolerance = shares[i];
        CHECK_REFUSED(il_diagnose(context, network, source, &options, &table, NULL, NULL), IL_ERROR_ARGUMENT, "tolerance");
        options = default_options();
        options.chance_margin = shares[i];
        CHECK_REFUSED(il_diagnose(context, network, source, &options, &table, NULL, NULL), IL_ERROR_ARGUMENT, "chance_margin");
    }
    options = default_options();
    options.replacement = 0;
    CHECK_STATUS(il_diagnose(context, network, source, &options, &table, NULL, NULL), IL_ERROR_ARGUMENT);
    options.replacement = IL_REPLACE_ZERO + IL_REPLACE_MEAN;
    CHECK_STATUS(il_diagnose(context, network, source, &options, &table, NULL, NULL), IL_ERROR_ARGUMENT);
    options = default_options();
    options.quantizer = &bad;
    CHECK_REFUSED(il_diagnose(context, network, source, &options, &table, NULL, NULL), IL_ERROR_ARGUMENT, "99");
    options = default_options();
    options.layers = &unknown;
    options.layer_count = 1;
    CHECK_REFUSED(il_diagnose(context, network, source, &options, &table, NULL, NULL), IL_ERROR_NOT_FOUND, "third");
    options = default_options();
    options.value = NAN;
    CHECK_REFUSED(il_diagnose(context, network, source, &options, &table, NULL, NULL), IL_ERROR_ARGUMENT, "value");
    options = default_options();
    options.reproduction_tolerance = -1;
    CHECK_STATUS(il_diagnose(context, network, source, &options, &table, NULL, NULL), IL_ERROR_ARGUMENT);
    options = default_options();
    options.struct_size += 8;
    CHECK_REFUSED(il_diagnose(context, network, source, &options, &table, NULL, NULL), IL_ERROR_ARGUMENT, "struct_size");
    CHECK_REFUSED(il_diagnose(NULL, network, source, NULL, &table, NULL, NULL), IL_ERROR_ARGUMENT, "context");
    CHECK_REFUSED(il_diagnose(context, NULL, source, NULL, &table, NULL, NULL), IL_ERROR_ARGUMENT, "network");
    CHECK_REFUSED(il_diagnose(context, network, NULL, NULL, &table, NULL, NULL), IL_ERROR_ARGUMENT, "source");
    CHECK(table == NULL);
}

int main(void)
{
    net_make(5);
    context = context_of(2, 0);
    network = net_network(context, IL_WEIGHT_AUTO, IL_FLOAT64);
    source = net_source(context, 1);
    RUN(any_of_the_tables_may_be_left_out);
    RUN(counts_are_read_off_the_curves);
    RUN(areas_are_means_of_the_curves);
    RUN(losses_are_those_of_single_ablation);
    RUN(a_callback_is_diagnosed_alike);
    RUN(options_out_of_range_are_refused);
    il_source_free(source);
    il_network_free(network);
    il_context_free(context);
    return check_finish();
}
