/* SPDX-License-Identifier: Apache-2.0 */
/* Networks without some neurons as dumps: they open again and score the same, whole or not at all. */
#include "folder.h"
#include "network.h"

#include <unistd.h>

static char folder[] = "/tmp/infolens-export-XXXXXX";
static char path[sizeof folder + 64];
static il_context *context;
static il_network *network;
static il_source *source;

enum { GONE = 6 };
static const char *const gone_layers[GONE] = {"second", "first", "first", "second", "first", "first"};
static const int64_t gone_neurons[GONE] = {6, 0, 11, 2, 4, 5};

static const char *in_folder(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static il_ablation_options options_of(int32_t replacement)
{
    il_ablation_options options;
    CHECK_OK(il_ablation_options_init(&options, sizeof options));
    options.replacements = replacement;
    options.value = 0.25;
    return options;
}

/* The exported dump's network reproduces what is recorded in it and has these scores when whole. */
static void check_opens_again(const net_result *expected, int64_t first, int64_t second)
{
    il_dump *dump = NULL;
    il_network *smaller = NULL;
    il_source *data = NULL;
    il_table *table = NULL;
    REQUIRE_OK(il_dump_open(context, path, NULL, &dump));
    REQUIRE_OK(il_network_from_dump(context, dump, NULL, &smaller));
    REQUIRE_OK(il_source_for_network(context, dump, smaller, NULL, &data));
    il_dump_free(dump);
    CHECK_OK(il_network_layers(context, smaller, &table));
    const int64_t *neurons = integers(table, "neurons");
    CHECK(rows_of(table) == 3 && neurons[0] == first && neurons[1] == second && neurons[2] == NET_CLASSES);
    for (int l = 0; l < 3; l++) CHECK_TEXT(strings(table, "activation")[l], net_functions[l]);
    il_table_free(table);
    CHECK_OK(il_network_check(context, smaller, data, 1e-5, &table));
    CHECK(rows_of(table) >= 1);
    il_table_free(table);
    CHECK_OK(il_ablate(context, smaller, data, NULL, &table));
    CHECK_INTEGER(integers(table, "correct")[0], expected->correct);
    CHECK_NEAR(doubles(table, "cross_entropy")[0], expected->cross_entropy, 1e-5);
    CHECK_NEAR(doubles(table, "accuracy_2")[0], (double)expected->correct_of[2] / (double)net_samples_of(2), 1e-15);
    il_table_free(table);
    il_source_free(data);
    il_network_free(smaller);
}

static void an_exported_network_scores_as_the_ablated_one(void)
{
    static const int32_t replacements[] = {IL_REPLACE_ZERO, IL_REPLACE_MEAN, IL_REPLACE_VALUE};
    il_table *removed = net_neurons(gone_layers, gone_neurons, GONE, NULL, NULL);
    il_source *computed = net_source(context, 0);
    in_folder("smaller.h5");
    for (int r = 0; r < 3; r++)
        for (int recorded = 0; recorded < 2; recorded++) {
            il_ablation_options options = options_of(replacements[r]);
            net_removal removal;
            memset(&removal, 0, sizeof removal);
            for (int i = 0; i < GONE; i++) {
                const int layer = net_index(gone_layers[i]);
                removal.is_removed[layer][gone_neurons[i]] = 1;
                removal.says[layer][gone_neurons[i]] = r == 0   ? 0
                                                       : r == 1 ? net_mean(layer, gone_neurons[i])
                                                                : 0.25;
            }
            const net_result expected = net_evaluate(&removal);
            REQUIRE_OK(il_network_export(context, network, recorded ? source : computed, removed, &options, path));
            check_opens_again(&expected, 8, 5);
        }
    CHECK_INTEGER(files_in(folder), 1);
    il_source_free(computed);
    il_table_free(removed);
}

static void nothing_removed_is_the_network_itself(void)
{
    il_table *none = net_neurons(NULL, NULL, 0, NULL, NULL);
    const net_result expected = net_evaluate(NULL);
    in_folder("whole.h5");
    REQUIRE_OK(il_network_export(context, network, source, none, NULL, path));
    check_opens_again(&expected, 12, 7);
    il_table_free(none);
}

static void what_cannot_be_exported_is_refused_and_leaves_no_file(void)
{
    static const char *const last[] = {"scores"}, *const unknown[] = {"third"}, *const twice[] = {"first", "first"};
    static const char *const all[] = {"second", "second", "second", "second", "second", "second", "second"};
    static const int64_t numbers[] = {0, 1, 2, 3, 4, 5, 6}, same[] = {3, 3}, far[] = {12};
    const struct {
        const char *const *layers;
        const int64_t *neurons;
        int64_t count;
        int32_t replacements;
        il_status expected;
        const char *part;
    } cases[] = {
        {all, numbers, 7, IL_REPLACE_ZERO, IL_ERROR_ARGUMENT, "lose its last neuron"},
        {last, numbers, 1, IL_REPLACE_ZERO, IL_ERROR_ARGUMENT, "gives a score"},
        {unknown, numbers, 1, IL_REPLACE_ZERO, IL_ERROR_ARGUMENT, "\"third\""},
        {twice, far, 1, IL_REPLACE_ZERO, IL_ERROR_ARGUMENT, "neuron 12"},
        {twice, same, 2, IL_REPLACE_ZERO, IL_ERROR_ARGUMENT, "twice"},
        {twice, numbers, 1, IL_REPLACE_PERMUTE, IL_ERROR_ARGUMENT, "permuted"},
        {twice, numbers, 1, IL_REPLACE_ZERO + IL_REPLACE_MEAN, IL_ERROR_ARGUMENT, "one at a time"},
        {twice, numbers, 1, 0, IL_ERROR_ARGUMENT, "options.replacements"},
    };
    const int before = files_in(folder);
    in_folder("refused.h5");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        il_ablation_options options = options_of(cases[i].replacements);
        il_table *removed = net_neurons(cases[i].layers, cases[i].neurons, cases[i].count, NULL, NULL);
        CHECK_REFUSED(il_network_export(context, network, source, removed, &options, path), cases[i].expected,
                      cases[i].part);
        il_table_free(removed);
    }
    CHECK_INTEGER(files_in(folder), before);
}

static void a_null_where_something_is_needed_is_refused(void)
{
    il_table *removed = net_neurons(gone_layers, gone_neurons, GONE, NULL, NULL);
    il_ablation_options options = options_of(IL_REPLACE_ZERO);
    in_folder("null.h5");
    CHECK_REFUSED(il_network_export(NULL, network, source, removed, NULL, path), IL_ERROR_ARGUMENT, "context");
    CHECK_REFUSED(il_network_export(context, NULL, source, removed, NULL, path), IL_ERROR_ARGUMENT, "network");
    CHECK_REFUSED(il_network_export(context, network, NULL, removed, NULL, path), IL_ERROR_ARGUMENT, "source");
    CHECK_REFUSED(il_network_export(context, network, source, NULL, NULL, path), IL_ERROR_ARGUMENT, "removed");
    CHECK_REFUSED(il_network_export(context, network, source, removed, NULL, NULL), IL_ERROR_ARGUMENT, "path");
    options.struct_size = 0;
    CHECK_REFUSED(il_network_export(context, network, source, removed, &options, path), IL_ERROR_ARGUMENT, "struct_size");
    il_table_free(removed);
    CHECK_REFUSED(il_network_export(context, network, source, removed, NULL, path), IL_ERROR_ARGUMENT, "removed");
    CHECK(access(path, F_OK) != 0);
}

static int32_t stop_at_once(void *user, const char *stage, int64_t done, int64_t total)
{
    (void)done, (void)total;
    return strcmp(stage, (const char *)user) == 0;
}

static void a_file_is_replaced_whole_or_not_at_all(void)
{
    char text[32] = "";
    char stage[] = "export";
    const char *target = in_folder("precious.h5");
    il_table *removed = net_neurons(gone_layers, gone_neurons, GONE, NULL, NULL);
    FILE *file = fopen(target, "w");
    REQUIRE(file != NULL);
    fputs("precious", file);
    fclose(file);
    const int before = files_in(folder);
    CHECK_OK(il_context_set_progress(context, stop_at_once, stage));
    CHECK_STATUS(il_network_export(context, network, source, removed, NULL, path), IL_ERROR_CANCELLED);
    CHECK_OK(il_context_set_progress(context, NULL, NULL));
    CHECK_INTEGER(files_in(folder), before);
    file = fopen(target, "r");
    REQUIRE(file != NULL);
    CHECK(fgets(text, sizeof text, file) != NULL);
    fclose(file);
    CHECK_TEXT(text, "precious");
    CHECK_OK(il_network_export(context, network, source, removed, NULL, path));
    CHECK_INTEGER(files_in(folder), before);
    il_table_free(removed);
}

static void paths_that_cannot_be_written_are_refused(void)
{
    il_table *removed = net_neurons(gone_layers, gone_neurons, GONE, NULL, NULL);
    const int before = files_in(folder);
    CHECK_STATUS(il_network_export(context, network, source, removed, NULL, "/nowhere/at/all.h5"), IL_ERROR_IO);
    CHECK_CONTAINS(il_last_error(), "/nowhere/at/all.h5");
    CHECK_STATUS(il_network_export(context, network, source, removed, NULL, folder), IL_ERROR_IO);
    CHECK_STATUS(il_network_export(context, network, source, removed, NULL, "/dev/null"), IL_ERROR_IO);
    CHECK(il_network_export(context, network, source, removed, NULL, "") != IL_OK);
    CHECK_INTEGER(files_in(folder), before);
    il_table_free(removed);
}

int main(void)
{
    net_make(6);
    if (!mkdtemp(folder)) return EXIT_FAILURE;
    context = context_of(2, 0);
    network = net_network(context, IL_WEIGHT_AUTO, IL_FLOAT64);
    source = net_source(context, 1);
    RUN(an_exported_network_scores_as_the_ablated_one);
    RUN(nothing_removed_is_the_network_itself);
    RUN(what_cannot_be_exported_is_refused_and_leaves_no_file);
    RUN(a_null_where_something_is_needed_is_refused);
    RUN(a_file_is_replaced_whole_or_not_at_all);
    RUN(paths_that_cannot_be_written_are_refused);
    il_source_free(source);
    il_network_free(network);
    il_context_free(context);
    static const char *const made[] = {"smaller.h5", "whole.h5", "precious.h5"};
    for (int i = 0; i < 3; i++) unlink(in_folder(made[i]));
    CHECK(rmdir(folder) == 0);
    return check_finish();
}
