/* SPDX-License-Identifier: Apache-2.0 */
/* Modules of neurons by spectral clustering of correlations and of weights. */
#include "network.h"

enum { WIDTH = 40, GROUPS = 4 };

static il_context *context;

/* Neurons of several groups, in turn: strong correlations within, weak ones between. One is constant. */
static il_joint *joint_of_groups(void)
{
    static float x[NET_N * WIDTH];
    const int64_t shape[] = {NET_N, WIDTH};
    uint64_t seed = 3;
    for (int n = 0; n < NET_N; n++) {
        double common[GROUPS];
        for (int g = 0; g < GROUPS; g++) common[g] = next_uniform(&seed);
        for (int i = 0; i < WIDTH; i++)
            x[n * WIDTH + i] = i == 7 ? 1 : (float)(common[i % GROUPS] + 0.5 * next_uniform(&seed));
    }
    il_array array = array_of(x, IL_FLOAT32, 2, shape);
    il_source *source = NULL;
    il_joint *joint = NULL;
    CHECK_OK(il_source_new(context, NULL, &source));
    CHECK_OK(il_source_add_layer(source, "layer", &array));
    CHECK_OK(il_joint_from_source(context, source, NULL, NULL, &joint));
    il_source_free(source);
    return joint;
}

static void correlated_neurons_are_a_module(void)
{
    il_joint *joint = joint_of_groups();
    il_table *table = NULL;
    REQUIRE_OK(il_joint_modules(context, joint, GROUPS, &table));
    CHECK_INTEGER(rows_of(table), WIDTH);
    const int64_t *neurons = integers(table, "neuron"), *modules = integers(table, "module");
    REQUIRE(neurons && modules);
    for (int i = 0; i < WIDTH; i++) {
        CHECK_TEXT(strings(table, "layer")[i], "layer");
        CHECK_INTEGER(neurons[i], i);
        /* Numbered by their first neuron, the constant one in none. */
        CHECK_INTEGER(modules[i], i == 7 ? -1 : i % GROUPS);
    }
    CHECK_TEXT(metadata_of(table, "modules"), "4");
    CHECK_TEXT(metadata_of(table, "layer"), "layer");

    /* The cut is that of the matrix that the joint has. */
    static double r[WIDTH * WIDTH];
    double cut = 0;
    CHECK_OK(il_joint_correlation(joint, r));
    for (int g = 0; g < GROUPS; g++) {
        double leaving = 0, all = 0;
        for (int i = 0; i < WIDTH; i++)
            for (int j = 0; j < WIDTH; j++)
                if (i != j && modules[i] == g) {
                    all += fabs(r[i * WIDTH + j]);
                    if (modules[j] != g) leaving += fabs(r[i * WIDTH + j]);
                }
        cut += leaving / all;
    }
    CHECK_NEAR(strtod(metadata_of(table, "normalized_cut"), NULL), cut, 1e-12);

    /* A module is a domain to search in. */
    int64_t domain[WIDTH], count = 0;
    for (int i = 0; i < WIDTH; i++)
        if (modules[i] == 1) domain[count++] = i;
    il_search_options options;
    il_table *found = NULL;
    CHECK_OK(il_search_options_init(&options, sizeof options));
    options.domain = domain;
    options.domain_count = count;
    options.top = 1;
    CHECK_OK(il_search(context, joint, &options, &found));
    for (int i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "neuron_%d", i);
        CHECK_INTEGER(integers(found, name)[0] % GROUPS, 1);
    }
    il_table_free(found);
    il_table_free(table);
    il_joint_free(joint);
}

static void neurons_tied_by_weights_are_a_module(void)
{
    /* Two halves that do not meet, and an input and a neuron that nothing is tied to. */
    const int64_t first[] = {7, 5}, second[] = {5, 4};
    float weights[7 * 5], more[5 * 4];
    for (int i = 0; i < 7; i++)
        for (int k = 0; k < 5; k++) weights[i * 5 + k] = i < 6 && k < 4 && i % 2 == k % 2 ? -1.0f - (float)i : 0;
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 4; k++) more[i * 4 + k] = i < 4 && i % 2 == k % 2 ? 0.5f : 0;
    il_array a = array_of(weights, IL_FLOAT32, 2, first), b = array_of(more, IL_FLOAT32, 2, second);
    il_network *network = NULL;
    il_table *table = NULL;
    CHECK_OK(il_network_new(context, NULL, &network));
    CHECK_OK(il_network_add_layer(network, "one", &a, NULL, "relu"));
    CHECK_OK(il_network_add_layer(network, "two", &b, NULL, "linear"));
    REQUIRE_OK(il_network_modules(context, network, 2, &table));
    const int64_t expected[] = {0, 1, 0, 1, -1, 0, 1, 0, 1};
    CHECK_INTEGER(rows_of(table), 9);
    for (int row = 0; row < 9; row++) {
        CHECK_TEXT(strings(table, "layer")[row], row < 5 ? "one" : "two");
        CHECK_INTEGER(integers(table, "neuron")[row], row < 5 ? row : row - 5);
        CHECK_INTEGER(integers(table, "module")[row], expected[row]);
    }
    CHECK_NEAR(strtod(metadata_of(table, "normalized_cut"), NULL), 0, 0);
    il_table_free(table);
    il_network_free(network);
}

static void modules_depend_on_nothing_but_the_seed(void)
{
    il_network *network = net_network(context, IL_WEIGHT_IN_OUT, IL_FLOAT64);
    il_table *table = NULL;
    REQUIRE_OK(il_network_modules(context, network, 5, &table));
    const int64_t rows = rows_of(table);
    for (int32_t threads = 1; threads <= 3; threads++) {
        il_context_options options;
        il_context *other = NULL;
        il_table *again = NULL;
        CHECK_OK(il_context_options_init(&options, sizeof options));
        options.threads = threads;
        CHECK_OK(il_context_new(&options, &other));
        CHECK_OK(il_network_modules(other, network, 5, &again));
        CHECK(memcmp(integers(table, "module"), integers(again, "module"), (size_t)rows * sizeof(int64_t)) == 0);
        CHECK_TEXT(metadata_of(again, "normalized_cut"), metadata_of(table, "normalized_cut"));
        il_table_free(again);
        il_context_free(other);
    }
    il_table_free(table);
    il_network_free(network);
}

static int32_t never(void *user, const int64_t *layers, const int64_t *neurons, int64_t count, double *scores)
{
    (void)user, (void)layers, (void)neurons, (void)count, (void)scores;
    return 1;
}

static void mistakes_are_named(void)
{
    il_joint *joint = joint_of_groups();
    il_network *network = net_network(context, IL_WEIGHT_IN_OUT, IL_FLOAT64), *callback = NULL, *empty = NULL;
    const char *const layers[] = {"a"}, *const scores[] = {"accuracy"};
    const int64_t neurons[] = {3};
    il_table *table = NULL;
    CHECK_REFUSED(il_joint_modules(context, joint, 1, &table), IL_ERROR_ARGUMENT, "modules: 1 ");
    CHECK_REFUSED(il_joint_modules(context, joint, WIDTH + 1, &table), IL_ERROR_ARGUMENT, "modules: 41 ");
    CHECK_REFUSED(il_joint_modules(context, joint, WIDTH, &table), IL_ERROR_ARGUMENT, "39");
    CHECK_REFUSED(il_joint_modules(context, NULL, 2, &table), IL_ERROR_ARGUMENT, "joint");
    CHECK_REFUSED(il_joint_modules(context, joint, 2, NULL), IL_ERROR_ARGUMENT, "table");
    CHECK_REFUSED(il_network_modules(context, network, INT64_MIN, &table), IL_ERROR_ARGUMENT, "modules");
    CHECK_REFUSED(il_network_modules(context, network, 24, &table), IL_ERROR_ARGUMENT, "modules: 24 ");
    CHECK_OK(il_network_new(context, NULL, &empty));
    CHECK_REFUSED(il_network_modules(context, empty, 2, &table), IL_ERROR_ARGUMENT, "modules");
    CHECK_OK(il_network_from_callback(context, layers, neurons, 1, scores, 1, never, NULL, &callback));
    CHECK_REFUSED(il_network_modules(context, callback, 2, &table), IL_ERROR_ARGUMENT, "callback");

    const int32_t patterns[] = {0, 0, 0, 1, 1, 0, 1, 1};
    const int64_t shape[] = {4, 2}, counts[] = {1, 2, 3, 4}, count = 4;
    il_array symbols = array_of(patterns, IL_INT32, 2, shape), numbers = array_of(counts, IL_INT64, 1, &count);
    il_joint *discrete = NULL;
    CHECK_OK(il_joint_from_counts(context, &symbols, &numbers, NULL, &discrete));
    CHECK_REFUSED(il_joint_modules(context, discrete, 2, &table), IL_ERROR_ARGUMENT, "discrete");
    CHECK(table == NULL);
    il_joint_free(discrete);
    il_network_free(callback);
    il_network_free(empty);
    il_network_free(network);
    il_joint_free(joint);
}

int main(void)
{
    if (il_context_new(NULL, &context) != IL_OK) return EXIT_FAILURE;
    net_make(5);
    RUN(correlated_neurons_are_a_module);
    RUN(neurons_tied_by_weights_are_a_module);
    RUN(modules_depend_on_nothing_but_the_seed);
    RUN(mistakes_are_named);
    il_context_free(context);
    return check_finish();
}
