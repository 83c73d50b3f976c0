/* SPDX-License-Identifier: Apache-2.0 */
/* Searches of multiplets: exhaustive ones against all values, ranges that merge, heuristics, refusals. */
#include "folder.h"
#include "measure.h"
#include <unistd.h>

#define WIDTH 12

static il_context *context;

/* A correlation matrix of two blocks that overlap, the same in every run. */
static void fill_correlation(double *r, int d)
{
    for (int i = 0; i < d; i++) {
        for (int j = 0; j < d; j++) {
            const double block = i / 4 == j / 4 ? 0.45 : 0.12;
            r[i * d + j] = i == j ? 1 : block + (((i + 1) * (j + 1)) % 5 - 2) * (d > 20 ? 0.004 : 0.02);
        }
    }
}

static il_joint *joint_of(int d)
{
    double r[64 * 64];
    int64_t shape[2];
    il_array array = array_of(r, IL_FLOAT64, 2, shape);
    il_joint *joint = NULL;
    shape[0] = shape[1] = d;
    fill_correlation(r, d);
    CHECK_OK(il_joint_from_covariance(context, &array, 500, NULL, &joint));
    return joint;
}

static il_search_options options_of(int64_t order, int64_t top)
{
    il_search_options options;
    CHECK_OK(il_search_options_init(&options, sizeof options));
    options.order = order;
    options.top = top;
    options.unit = IL_NATS;
    return options;
}

static const char *metadata_of(il_table *table, const char *key)
{
    int64_t count = 0;
    CHECK_OK(il_table_metadata_count(table, &count));
    for (int64_t i = 0; i < count; i++) {
        const char *name, *value;
        if (CHECK_OK(il_table_metadata_at(table, i, &name, &value)) && strcmp(name, key) == 0) return value;
    }
    return "";
}

static void best_are_those_of_all_values(void)
{
    il_joint *joint = joint_of(WIDTH);
    il_search_options options = options_of(5, 6);
    int64_t count = 0;
    double seconds = -1;
    REQUIRE_OK(il_search_count(context, joint, &options, &count, &seconds));
    CHECK_INTEGER(count, 792);
    CHECK(seconds >= 0 && seconds < 1);

    double values[792];
    il_values_options output;
    CHECK_OK(il_values_options_init(&output, sizeof output));
    output.values = values;
    output.value_count = count;
    output.bins = 10;
    il_table *histogram = NULL;
    REQUIRE_OK(il_search_values(context, joint, &options, &output, &histogram));
    double low = INFINITY, high = -INFINITY, sum = 0;
    for (int i = 0; i < count; i++) {
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
        sum += values[i];
    }
    int64_t rows, total = 0;
    const int64_t *binned;
    CHECK_OK(il_table_size(histogram, &rows, NULL));
    CHECK_INTEGER(rows, 10);
    REQUIRE_OK(il_table_integers(histogram, "multiplets", &binned));
    for (int i = 0; i < rows; i++) total += binned[i];
    CHECK_INTEGER(total, count);
    CHECK_NEAR(atof(metadata_of(histogram, "minimum")), low, 1e-15);
    CHECK_NEAR(atof(metadata_of(histogram, "mean")), sum / (double)count, 1e-12);

    il_table *table = NULL;
    REQUIRE_OK(il_search(context, joint, &options, &table));
    CHECK_OK(il_table_size(table, &rows, NULL));
    CHECK_INTEGER(rows, 12);
    const double *best;
    const int64_t *rank, *first, *last;
    const char *const *extremum;
    REQUIRE_OK(il_table_doubles(table, "o_information", &best));
    REQUIRE_OK(il_table_strings(table, "extremum", &extremum));
    REQUIRE_OK(il_table_integers(table, "rank", &rank));
    REQUIRE_OK(il_table_integers(table, "neuron_0", &first));
    REQUIRE_OK(il_table_integers(table, "neuron_4", &last));
    CHECK_TEXT(extremum[0], "min");
    CHECK_TEXT(extremum[6], "max");
    CHECK_NEAR(best[0], low, 1e-12);
    CHECK_NEAR(best[6], high, 1e-12);
    for (int i = 0; i < rows; i++) {
        CHECK_INTEGER(rank[i], i % 6);
        CHECK(first[i] >= 0 && first[i] < last[i] && last[i] < WIDTH);
    }
    CHECK_TEXT(metadata_of(table, "complete"), "true");
    CHECK_TEXT(metadata_of(table, "multiplets"), "792");
    CHECK_TEXT(metadata_of(table, "singular"), "0");
    il_table_free(table);
    il_table_free(histogram);
    il_joint_free(joint);
}

static char folder[] = "/tmp/infolens-search-XXXXXX";

static void remove_file(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    remove(path);
}

/* The text of a table as CSV: every bit of it. */
static char *csv_of(il_table *table)
{
    char path[512];
    static char text[2][1 << 16];
    static int turn;
    turn = !turn;
    snprintf(path, sizeof path, "%s/table.csv", folder);
    if (!CHECK_OK(il_table_write_csv(table, path))) return text[turn];
    FILE *file = fopen(path, "rb");
    if (CHECK(file != NULL)) {
        text[turn][fread(text[turn], 1, sizeof text[turn] - 1, file)] = 0;
        fclose(file);
    }
    return text[turn];
}

static void ranges_merge(void)
{
    il_joint *joint = joint_of(WIDTH);
    il_search_options options = options_of(6, 9);
    options.smallest_order = 3;
    il_table *whole = NULL, *parts[7] = {NULL}, *merged = NULL;
    REQUIRE_OK(il_search(context, joint, &options, &whole));
    int64_t count = 0;
    REQUIRE_OK(il_search_count(context, joint, &options, &count, NULL));
    const int64_t cuts[8] = {0, 1, 100, 221, 700, 701, 1500, count};
    for (int i = 0; i < 7; i++) {
        options.first = cuts[i];
        options.count = cuts[i + 1] - cuts[i];
        REQUIRE_OK(il_search(context, joint, &options, &parts[6 - i]));
    }
    REQUIRE_OK(il_search_merge(context, parts, 7, &merged));
    CHECK_TEXT(csv_of(merged), csv_of(whole));
    CHECK_TEXT(metadata_of(merged, "multiplets"), metadata_of(whole, "multiplets"));

    il_table *none = NULL;
    CHECK_OK(il_search_merge(context, parts + 1, 2, &none));
    il_table_free(none);
    il_table *gap[2] = {parts[0], parts[3]}, *twice[2] = {parts[2], parts[2]}, *other[1] = {NULL};
    CHECK_REFUSED(il_search_merge(context, gap, 2, &none), IL_ERROR_ARGUMENT, "leave a gap");
    CHECK_REFUSED(il_search_merge(context, twice, 2, &none), IL_ERROR_ARGUMENT, "overlap");
    CHECK_REFUSED(il_search_merge(context, other, 1, &none), IL_ERROR_ARGUMENT, "NULL");
    CHECK_REFUSED(il_search_merge(context, NULL, 0, &none), IL_ERROR_ARGUMENT, "table_count");
    options.top = 8;
    il_table *differs[2] = {parts[1], NULL};
    options.first = cuts[6];
    options.count = -1;
    REQUIRE_OK(il_search(context, joint, &options, &differs[1]));
    CHECK_REFUSED(il_search_merge(context, differs, 2, &none), IL_ERROR_ARGUMENT, "\"top\"");
    il_table_free(differs[1]);
    options.top = 9;
    options.extrema = IL_MINIMUM;
    REQUIRE_OK(il_search(context, joint, &options, &differs[1]));
    CHECK_REFUSED(il_search_merge(context, differs, 2, &none), IL_ERROR_ARGUMENT, "\"extrema\"");
    il_table_free(differs[1]);
    for (int i = 0; i < 7; i++) il_table_free(parts[i]);
    il_table_free(whole);
    il_table_free(merged);
    il_joint_free(joint);
}

static void heuristics_find_the_best(void)
{
    il_joint *joint = joint_of(WIDTH);
    const int32_t searches[3] = {IL_SEARCH_GREEDY, IL_SEARCH_ANNEALING, IL_SEARCH_EVOLUTION};
    il_search_options options = options_of(5, 1);
    il_table *table = NULL;
    const double *values, *found;
    REQUIRE_OK(il_search(context, joint, &options, &table));
    REQUIRE_OK(il_table_doubles(table, "o_information", &values));
    for (int i = 0; i < 3; i++) {
        il_table *other = NULL;
        options.search = searches[i];
        options.smallest_order = searches[i] == IL_SEARCH_GREEDY ? 3 : 0;
        REQUIRE_OK(il_search(context, joint, &options, &other));
        REQUIRE_OK(il_table_doubles(other, "o_information", &found));
        int64_t rows;
        const int64_t *orders;
        REQUIRE_OK(il_table_integers(other, "order", &orders));
        CHECK_OK(il_table_size(other, &rows, NULL));
        CHECK_INTEGER(rows, i == 0 ? 6 : 2);
        CHECK_INTEGER(orders[rows - 1], 5);
        if (i > 0) {
            CHECK_NEAR(found[0], values[0], 1e-12);
            CHECK_NEAR(found[1], values[1], 1e-12);
        }
        il_table_free(other);
    }
    il_table_free(table);
    il_joint_free(joint);
}

static void values_go_to_a_file(void)
{
    il_joint *joint = joint_of(WIDTH);
    il_search_options options = options_of(3, 1);
    il_values_options output;
    CHECK_OK(il_values_options_init(&output, sizeof output));
    char path[512];
    snprintf(path, sizeof path, "%s/values.h5", folder);
    output.path = path;
    output.dataset = "layer/omega";
    il_table *histogram = NULL, *about = NULL;
    REQUIRE_OK(il_search_values(context, joint, &options, &output, &histogram));
    il_dump *dump = NULL;
    REQUIRE_OK(il_dump_open(context, path, NULL, &dump));
    REQUIRE_OK(il_dump_describe(context, dump, &about));
    const int64_t *samples;
    REQUIRE_OK(il_table_integers(about, "samples", &samples));
    CHECK_INTEGER(samples[0], 220);
    il_table_free(about);
    il_table_free(histogram);
    il_dump_free(dump);
    output.path = "/nonexistent/values.h5";
    CHECK_REFUSED(il_search_values(context, joint, &options, &output, &histogram), IL_ERROR_IO, "/nonexistent");
    output.path = NULL;
    double few[3];
    output.values = few;
    output.value_count = 3;
    CHECK_REFUSED(il_search_values(context, joint, &options, &output, &histogram), IL_ERROR_SHAPE, "220");
    output.value_count = 0;
    output.values = NULL;
    output.bins = 0;
    CHECK_REFUSED(il_search_values(context, joint, &options, &output, &histogram), IL_ERROR_ARGUMENT, "bins");
    output.bins = 5;
    output.low = 1;
    CHECK_REFUSED(il_search_values(context, joint, &options, &output, &histogram), IL_ERROR_ARGUMENT, "low");
    il_joint_free(joint);
}

static void mistakes_are_named(void)
{
    il_joint *joint = joint_of(WIDTH);
    il_table *table = NULL;
    il_search_options options = options_of(13, 5);
    CHECK_REFUSED(il_search(context, joint, &options, &table), IL_ERROR_ARGUMENT, "options.order: is 13");
    options = options_of(1, 5);
    CHECK_REFUSED(il_search(context, joint, &options, &table), IL_ERROR_ARGUMENT, "at least 2");
    options = options_of(4, 0);
    CHECK_REFUSED(il_search(context, joint, &options, &table), IL_ERROR_ARGUMENT, "options.top");
    options = options_of(4, 5);
    options.first = 495;
    CHECK_REFUSED(il_search(context, joint, &options, &table), IL_ERROR_ARGUMENT, "there are 495 multiplets");
    options.first = 400;
    options.count = 96;
    CHECK_REFUSED(il_search(context, joint, &options, &table), IL_ERROR_ARGUMENT, "there are 95 multiplets");
    options.count = 95;
    options.search = 9;
    CHECK_REFUSED(il_search(context, joint, &options, &table), IL_ERROR_ARGUMENT, "options.search");
    options.search = IL_SEARCH_GREEDY;
    CHECK_REFUSED(il_search(context, joint, &options, &table), IL_ERROR_ARGUMENT, "exhaustive");
    options = options_of(4, 5);
    options.smallest_order = 5;
    CHECK_REFUSED(il_search(context, joint, &options, &table), IL_ERROR_ARGUMENT, "smallest_order");
    options = options_of(3, 5);
    const int64_t twice[4] = {3, 5, 3, 1}, absent[4] = {3, 5, 12, 1};
    options.domain = twice;
    options.domain_count = 4;
    CHECK_REFUSED(il_search(context, joint, &options, &table), IL_ERROR_ARGUMENT, "neuron 3 comes twice");
    options.domain = absent;
    CHECK_REFUSED(il_search(context, joint, &options, &table), IL_ERROR_ARGUMENT, "no neuron 12");
    options.domain = NULL;
    CHECK_REFUSED(il_search(context, joint, &options, &table), IL_ERROR_ARGUMENT, "domain_count");
    options = options_of(3, 5);
    options.steps = 4;
    CHECK_REFUSED(il_search(context, joint, &options, &table), IL_ERROR_ARGUMENT, "options.steps");
    CHECK_REFUSED(il_search(context, NULL, NULL, &table), IL_ERROR_ARGUMENT, "joint");
    CHECK_REFUSED(il_search(NULL, joint, NULL, &table), IL_ERROR_ARGUMENT, "context");
    CHECK_REFUSED(il_search(context, joint, NULL, NULL), IL_ERROR_ARGUMENT, "table");
    il_joint_free(joint);
    joint = joint_of(64);
    options = options_of(32, 5);
    int64_t count = 0;
    CHECK_OK(il_search_count(context, joint, &options, &count, NULL));
    CHECK_INTEGER(count, INT64_C(1832624140942590534));
    il_joint_free(joint);
}

static void domains_are_those_neurons_alone(void)
{
    il_joint *joint = joint_of(WIDTH);
    il_search_options options = options_of(3, 1000), all = options_of(3, 1000);
    const int64_t domain[5] = {9, 2, 4, 11, 0};
    options.domain = domain;
    options.domain_count = 5;
    options.extrema = all.extrema = IL_MINIMUM;
    il_table *table = NULL, *whole = NULL;
    REQUIRE_OK(il_search(context, joint, &options, &table));
    REQUIRE_OK(il_search(context, joint, &all, &whole));
    const int64_t *n[3], *w[3];
    const double *value, *reference;
    int64_t rows, whole_rows, matches = 0;
    CHECK_OK(il_table_size(table, &rows, NULL));
    CHECK_OK(il_table_size(whole, &whole_rows, NULL));
    CHECK_INTEGER(rows, 10);
    CHECK_INTEGER(whole_rows, 220);
    REQUIRE_OK(il_table_doubles(table, "o_information", &value));
    REQUIRE_OK(il_table_doubles(whole, "o_information", &reference));
    for (int k = 0; k < 3; k++) {
        char name[16];
        snprintf(name, sizeof name, "neuron_%d", k);
        REQUIRE_OK(il_table_integers(table, name, &n[k]));
        REQUIRE_OK(il_table_integers(whole, name, &w[k]));
    }
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < whole_rows; j++) {
            if (n[0][i] != w[0][j] || n[1][i] != w[1][j] || n[2][i] != w[2][j]) continue;
            CHECK_NEAR(value[i], reference[j], 1e-12);
            matches++;
        }
    }
    CHECK_INTEGER(matches, 10);
    il_table_free(table);
    il_table_free(whole);
    il_joint_free(joint);
}

static int32_t stop_at_once(void *user, const char *stage, int64_t done, int64_t total)
{
    (void)user, (void)stage, (void)total;
    return done > 0;
}

static void cancellation_gives_the_best_so_far(void)
{
    il_joint *joint = joint_of(64);
    il_search_options options = options_of(9, 5);
    il_table *table = NULL;
    REQUIRE_OK(il_context_set_progress(context, stop_at_once, NULL));
    CHECK_REFUSED(il_search(context, joint, &options, &table), IL_ERROR_CANCELLED, "best so far");
    REQUIRE_OK(il_context_set_progress(context, NULL, NULL));
    REQUIRE(table != NULL);
    CHECK_TEXT(metadata_of(table, "complete"), "false");
    int64_t rows;
    CHECK_OK(il_table_size(table, &rows, NULL));
    CHECK_INTEGER(rows, 10);
    il_table *merged = NULL;
    CHECK_REFUSED(il_search_merge(context, &table, 1, &merged), IL_ERROR_ARGUMENT, "cancelled");
    il_table_free(table);
    il_joint_free(joint);
}

int main(int argc, char **argv)
{
    (void)argc, (void)argv;
    context = context_of(2, 0);
    if (!mkdtemp(folder)) return EXIT_FAILURE;
    RUN(best_are_those_of_all_values);
    RUN(ranges_merge);
    RUN(heuristics_find_the_best);
    RUN(values_go_to_a_file);
    RUN(mistakes_are_named);
    RUN(domains_are_those_neurons_alone);
    RUN(cancellation_gives_the_best_so_far);
    il_context_free(context);
    CHECK_INTEGER(files_in(folder), 2);
    remove_file("table.csv");
    remove_file("values.h5");
    rmdir(folder);
    return check_finish();
}
