/* SPDX-License-Identifier: Apache-2.0 */
/* Bootstrap intervals and surrogate tests of given multiplets: redundancy, synergy and neither, the same bits from any
 * number of threads, what is singular in resamples, and what is refused. */
#include "measure.h"

enum { N = 150, D = 5, B = 99 };

static const int64_t shape[] = {N, D};
/* 0, 1 and 2 share a factor; 3 and 4 are by themselves. */
static const int64_t neurons[] = {0, 1, 2, 3, 0, 4, 3, 4}, orders[] = {3, 3, 2};

static double next_normal(uint64_t *seed)
{
    const double radius = sqrt(-2 * log(next_uniform(seed) + 1e-300));
    return radius * cos(6.283185307179586 * next_uniform(seed));
}

static void fill_factors(double *x, uint64_t seed)
{
    for (int64_t i = 0; i < N; i++) {
        const double factor = next_normal(&seed);
        for (int64_t j = 0; j < D; j++) x[i * D + j] = next_normal(&seed) + (j < 3 ? 2 * factor : 0);
    }
}

static il_joint *joint_of(il_context *context, const double *x, const int32_t *labels, int32_t kind, int32_t label)
{
    il_array array = array_of(x, IL_FLOAT64, 2, shape);
    il_source *source = source_of(context, &array, labels);
    il_joint_options options;
    il_joint *joint = NULL;
    CHECK_OK(il_joint_options_init(&options, sizeof options));
    options.kind = kind;
    options.label = label;
    CHECK_OK(il_joint_from_source(context, source, NULL, &options, &joint));
    il_source_free(source);
    return joint;
}

static il_o_information_options options_of(int64_t bootstrap, int64_t surrogates)
{
    il_o_information_options options;
    CHECK_OK(il_o_information_options_init(&options, sizeof options));
    options.bootstrap = bootstrap;
    options.surrogates = surrogates;
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

static void redundancy_is_significant(void)
{
    static double x[N * D];
    fill_factors(x, 3);
    il_context *context = context_of(2, 0);
    il_joint *joint = joint_of(context, x, NULL, IL_JOINT_GAUSSIAN_COPULA, IL_LABEL_NONE);
    il_o_information_options options = options_of(200, B);
    il_table *table = NULL;
    REQUIRE_OK(il_o_information(context, joint, neurons, orders, 3, &options, &table));
    const double *o = doubles(table, "o_information"), *p = doubles(table, "p_value"), *q = doubles(table, "q_value");
    const double *low = doubles(table, "percentile_low"), *high = doubles(table, "percentile_high");
    CHECK_NEAR(p[0], 1.0 / (1 + B), 1e-15);
    CHECK_NEAR(q[0], 3.0 / (1 + B), 1e-15);
    CHECK(p[1] > 0.05 && q[1] >= p[1]);
    /* Two variables have no O-information, and surrogates none either. */
    CHECK(p[2] == 1 && q[2] == 1);
    CHECK(low[0] > 0 && low[0] < o[0] && o[0] < high[0]);
    CHECK(doubles(table, "bootstrap_std")[0] > 0 && doubles(table, "bootstrap_std")[0] < o[0]);
    CHECK_NEAR(doubles(table, "null_mean")[0], 0, 0.05);
    CHECK(doubles(table, "null_std")[0] > 0 && doubles(table, "null_std")[0] < 0.05);
    CHECK(integers(table, "bootstrap_singular")[0] == 0 && integers(table, "surrogates_singular")[0] == 0);
    CHECK_TEXT(metadata_of(table, "bootstrap"), "200");
    CHECK_TEXT(metadata_of(table, "surrogates"), "99");
    CHECK_TEXT(metadata_of(table, "confidence"), "0.95");
    CHECK_TEXT(metadata_of(table, "seed"), "0");
    il_table_free(table);

    /* What is not asked for is not there. */
    options = options_of(5, 0);
    const double *absent;
    REQUIRE_OK(il_o_information(context, joint, neurons, orders, 3, &options, &table));
    CHECK_STATUS(il_table_doubles(table, "p_value", &absent), IL_ERROR_NOT_FOUND);
    CHECK_TEXT(metadata_of(table, "surrogates"), "");
    il_table_free(table);
    il_joint_free(joint);
    il_context_free(context);
}

static void exclusive_or_is_significant(void)
{
    static double x[N * D];
    uint64_t seed = 8;
    for (int64_t i = 0; i < N; i++) {
        for (int64_t j = 0; j < D; j++) x[i * D + j] = next_uniform(&seed) < 0.5;
        x[i * D + 2] = x[i * D] != x[i * D + 1];
    }
    il_context *context = context_of(2, 0);
    il_joint *joint = joint_of(context, x, NULL, IL_JOINT_DISCRETE, IL_LABEL_NONE);
    il_o_information_options options = options_of(50, B);
    il_table *table = NULL;
    REQUIRE_OK(il_o_information(context, joint, neurons, orders, 2, &options, &table));
    CHECK_NEAR(doubles(table, "o_information")[0], -1, 0.05);
    CHECK_NEAR(doubles(table, "p_value")[0], 1.0 / (1 + B), 1e-15);
    CHECK(doubles(table, "p_value")[1] > 0.05);
    CHECK(doubles(table, "percentile_high")[0] < -0.9);
    il_table_free(table);
    il_joint_free(joint);
    il_context_free(context);
}

static void threads_and_memory_change_no_bit(void)
{
    static const char *const columns[] = {"bootstrap_std", "percentile_low", "percentile_high",
                                          "p_value",       "q_value",        "null_mean",
                                          "null_std"};
    static const int32_t kinds[] = {IL_JOINT_GAUSSIAN_COPULA, IL_JOINT_GAUSSIAN, IL_JOINT_DISCRETE};
    static const int32_t threads[] = {1, 2, 7};
    static const uint64_t memory[] = {0, 1 << 20, 0};
    static double x[N * D];
    int32_t labels[N];
    fill_labels(labels, N, 3, 5);
    fill_factors(x, 4);
    for (int k = 0; k < 3; k++)
        for (int32_t label = IL_LABEL_NONE; label <= IL_LABEL_ORDINAL; label++) {
            double first[7][3];
            for (int t = 0; t < 3; t++) {
                il_context *context = context_of(threads[t], memory[t]);
                il_joint *joint = joint_of(context, x, labels, kinds[k], label);
                il_o_information_options options = options_of(9, 9);
                il_table *table = NULL;
                REQUIRE_OK(il_o_information(context, joint, neurons, orders, 3, &options, &table));
                for (int c = 0; c < 7; c++) {
                    const double *values = doubles(table, columns[c]);
                    CHECK(isfinite(values[0]));
                    if (t == 0)
                        memcpy(first[c], values, sizeof first[c]);
                    else
                        CHECK(memcmp(first[c], values, sizeof first[c]) == 0);
                }
                il_table_free(table);
                il_joint_free(joint);
                il_context_free(context);
            }
        }
}

static void singular_resamples_are_left_out(void)
{
    static const int64_t four[] = {4, 5}, all[] = {0, 1, 2, 3}, members[] = {0, 1, 2, 0, 4, 3}, threes[] = {3, 3};
    const char *const *status = NULL;
    double x[N * D];
    fill_factors(x, 5);
    il_context *context = context_of(1, 0);
    /* Four samples suffice for three neurons, but nearly never when they are drawn with replacement. */
    il_array few = array_of(x, IL_FLOAT64, 2, four);
    il_source *source = source_of(context, &few, NULL);
    il_joint *joint = NULL;
    il_table *table = NULL;
    il_o_information_options options = options_of(1, 3);
    REQUIRE_OK(il_joint_from_source(context, source, NULL, NULL, &joint));
    REQUIRE_OK(il_o_information(context, joint, all, threes, 1, &options, &table));
    REQUIRE_OK(il_table_strings(table, "status", &status));
    CHECK_TEXT(status[0], "singular in all 1 resamples");
    CHECK(isfinite(doubles(table, "o_information")[0]) && isnan(doubles(table, "bootstrap_std")[0]));
    CHECK(isnan(doubles(table, "percentile_low")[0]) && isfinite(doubles(table, "p_value")[0]));
    CHECK_INTEGER(integers(table, "bootstrap_singular")[0], 1);
    il_table_free(table);
    il_joint_free(joint);
    il_source_free(source);

    /* What is singular in the data is so in all of them. */
    for (int64_t i = 0; i < N; i++) x[i * D + 4] = 7;
    joint = joint_of(context, x, NULL, IL_JOINT_GAUSSIAN, IL_LABEL_NONE);
    options = options_of(20, 10);
    REQUIRE_OK(il_o_information(context, joint, members, threes, 2, &options, &table));
    REQUIRE_OK(il_table_strings(table, "status", &status));
    CHECK_TEXT(status[0], "ok");
    CHECK_TEXT(status[1], "singular: neuron 4 is constant");
    CHECK(isnan(doubles(table, "percentile_high")[1]) && isnan(doubles(table, "q_value")[1]));
    CHECK_NEAR(doubles(table, "q_value")[0], doubles(table, "p_value")[0], 0);
    CHECK_INTEGER(integers(table, "bootstrap_singular")[1], 20);
    CHECK_INTEGER(integers(table, "surrogates_singular")[1], 10);
    il_table_free(table);
    il_joint_free(joint);
    il_context_free(context);
}

static int32_t refuse_to_go_on(void *user, const char *stage, int64_t done, int64_t total)
{
    (void)user;
    return done >= 0 && total > 0 && strcmp(stage, "surrogates") == 0;
}

static void what_cannot_be_resampled_is_refused(void)
{
    static double x[N * D];
    static const double identity[] = {1, 0, 0, 1};
    static const int64_t square[] = {2, 2}, pair[] = {2};
    fill_factors(x, 6);
    il_context *context = context_of(1, 1 << 20);
    il_joint *joint = joint_of(context, x, NULL, IL_JOINT_GAUSSIAN_COPULA, IL_LABEL_NONE);
    il_array covariance = array_of(identity, IL_FLOAT64, 2, square);
    il_joint *matrix = NULL;
    il_table *table = NULL;
    REQUIRE_OK(il_joint_from_covariance(context, &covariance, 0, NULL, &matrix));
    il_o_information_options options = options_of(0, 5);
    CHECK_REFUSED(il_o_information(context, matrix, neurons, pair, 1, &options, &table), IL_ERROR_ARGUMENT,
                  "options.surrogates: the joint distribution was made of a matrix");
    options = options_of(5, 0);
    CHECK_REFUSED(il_o_information(context, matrix, neurons, pair, 1, &options, &table), IL_ERROR_ARGUMENT,
                  "options.bootstrap");
    options = options_of(1000001, 0);
    CHECK_REFUSED(il_o_information(context, joint, neurons, orders, 1, &options, &table), IL_ERROR_ARGUMENT,
                  "options.bootstrap: is 1000001");
    options = options_of(0, -1);
    CHECK_REFUSED(il_o_information(context, joint, neurons, orders, 1, &options, &table), IL_ERROR_ARGUMENT,
                  "options.surrogates: is -1");
    options = options_of(3, 0);
    options.confidence = NAN;
    CHECK_REFUSED(il_o_information(context, joint, neurons, orders, 1, &options, &table), IL_ERROR_ARGUMENT,
                  "options.confidence");
    /* The values of a million resamples take 8 MB. */
    options = options_of(1000000, 0);
    CHECK_REFUSED(il_o_information(context, joint, neurons, orders, 1, &options, &table), IL_ERROR_MEMORY,
                  "bytes, but the budget leaves");
    CHECK_OK(il_context_set_progress(context, refuse_to_go_on, NULL));
    options = options_of(2, 20000);
    CHECK_STATUS(il_o_information(context, joint, neurons, orders, 3, &options, &table), IL_ERROR_CANCELLED);
    CHECK(table == NULL);
    il_joint_free(matrix);
    il_joint_free(joint);
    il_context_free(context);
}

int main(void)
{
    RUN(redundancy_is_significant);
    RUN(exclusive_or_is_significant);
    RUN(threads_and_memory_change_no_bit);
    RUN(singular_resamples_are_left_out);
    RUN(what_cannot_be_resampled_is_refused);
    return check_finish();
}
