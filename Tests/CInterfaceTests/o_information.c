/* SPDX-License-Identifier: Apache-2.0 */
/* O-information of given multiplets: closed forms, a definition by determinants of 3 × 3 matrices, labels, local
 * values, what is singular, and what is refused. */
#include "measure.h"

enum { N = 400, D = 6 };

static const int64_t shape[] = {N, D};

/* Normal numbers that share a factor, and that lean on the label. */
static void fill_normals(double *x, const int32_t *labels, uint64_t seed)
{
    for (int64_t i = 0; i < N; i++) {
        double factor = sqrt(-2 * log(next_uniform(&seed) + 1e-300)) * cos(6.283185307179586 * next_uniform(&seed));
        for (int64_t j = 0; j < D; j++) {
            double noise = sqrt(-2 * log(next_uniform(&seed) + 1e-300)) * cos(6.283185307179586 * next_uniform(&seed));
            x[i * D + j] = noise + (j % 2 ? 0.9 : -0.4) * factor + 0.3 * (double)((labels[i] + j) % 3);
        }
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

static il_joint *counted(il_context *context, const int32_t *patterns, int64_t rows, int64_t variables)
{
    double counts[64];
    const int64_t size[] = {rows, variables};
    il_array symbols = array_of(patterns, IL_INT32, 2, size), weights = array_of(counts, IL_FLOAT64, 1, size);
    il_joint *joint = NULL;
    for (int64_t i = 0; i < rows; i++) counts[i] = 1.0 / (double)rows;
    CHECK_OK(il_joint_from_counts(context, &symbols, &weights, NULL, &joint));
    return joint;
}

static il_table *information(il_context *context, il_joint *joint, const int64_t *neurons, const int64_t *orders,
                             int64_t count, int32_t measures, int64_t target)
{
    il_o_information_options options;
    il_table *table = NULL;
    CHECK_OK(il_o_information_options_init(&options, sizeof options));
    options.measures = measures;
    options.target = target;
    options.unit = IL_BITS;
    CHECK_OK(il_o_information(context, joint, neurons, orders, count, &options, &table));
    return table;
}

static void closed_forms_are_exact(void)
{
    static const int32_t xor3[] = {0, 0, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0}, copies[] = {0, 0, 0, 0, 0, 5, 5, 5, 5, 5};
    static const int64_t all[] = {0, 1, 2, 3, 4}, three[] = {3}, orders[] = {5, 2};
    static const int64_t neurons[] = {0, 1, 2, 3, 4, 4, 1};
    il_context *context = context_of(1, 0);
    il_joint *joint = counted(context, xor3, 4, 3);
    il_table *table = information(context, joint, all, three, 1, IL_O_GRADIENT | IL_O_INTERACTION | IL_O_RSI, 2);
    REQUIRE(table != NULL);
    CHECK(doubles(table, "o_information")[0] == -1 && doubles(table, "total_correlation")[0] == 1);
    CHECK(doubles(table, "dual_total_correlation")[0] == 2 && doubles(table, "s_information")[0] == 3);
    CHECK(doubles(table, "gradient_0")[0] == -1 && doubles(table, "interaction_information")[0] == -1);
    CHECK(doubles(table, "redundancy_synergy_index")[0] == 1);
    il_table_free(table);
    il_joint_free(joint);
    joint = counted(context, copies, 2, 5);
    table = information(context, joint, neurons, orders, 2, 0, -1);
    REQUIRE(table != NULL);
    CHECK(doubles(table, "o_information")[0] == 3 && doubles(table, "o_information")[1] == 0);
    CHECK_INTEGER(integers(table, "order")[1], 2);
    CHECK_INTEGER(integers(table, "neuron_0")[1], 4);
    CHECK_INTEGER(integers(table, "neuron_1")[1], 1);
    CHECK_INTEGER(integers(table, "neuron_4")[0], 4);
    CHECK_INTEGER(integers(table, "neuron_2")[1], -1);
    il_table_free(table);
    il_joint_free(joint);
    il_context_free(context);
}

static double determinant(const double *r, int64_t d, int64_t a, int64_t b, int64_t c)
{
    double ab = r[a * d + b], ac = r[a * d + c], bc = r[b * d + c];
    return 1 + 2 * ab * ac * bc - ab * ab - ac * ac - bc * bc;
}

static void triplets_are_what_determinants_say(void)
{
    int32_t labels[N];
    static double x[N * D];
    double r[D * D];
    int64_t neurons[60], orders[20], next = 0;
    fill_labels(labels, N, 3, 5);
    fill_normals(x, labels, 6);
    for (int64_t a = 0; a < D; a++)
        for (int64_t b = a + 1; b < D; b++)
            for (int64_t c = b + 1; c < D; c++) {
                orders[next] = 3;
                neurons[3 * next] = a;
                neurons[3 * next + 1] = b;
                neurons[3 * next++ + 2] = c;
            }
    const double *first = NULL;
    il_table *kept = NULL;
    for (int32_t threads = 1; threads <= 3; threads += 2) {
        il_context *context = context_of(threads, 0);
        il_joint *joint = joint_of(context, x, labels, IL_JOINT_GAUSSIAN_COPULA, IL_LABEL_NONE);
        CHECK_OK(il_joint_correlation(joint, r));
        il_table *table = information(context, joint, neurons, orders, 20, IL_O_GRADIENT, -1);
        REQUIRE(table != NULL);
        const double *o = doubles(table, "o_information"), *t = doubles(table, "total_correlation");
        for (int64_t i = 0; i < 20; i++) {
            const int64_t *m = neurons + 3 * i;
            double det = determinant(r, D, m[0], m[1], m[2]), pairs = 1;
            for (int j = 0; j < 3; j++) {
                double value = r[m[j] * D + m[(j + 1) % 3]];
                pairs *= 1 - value * value;
            }
            CHECK_NEAR(t[i], -0.5 * log2(det), 1e-12);
            CHECK_NEAR(o[i], 0.5 * log2(det / pairs), 1e-12);
            /* Two variables have none: all of it comes with each. */
            CHECK_NEAR(doubles(table, "gradient_1")[i], o[i], 1e-12);
        }
        if (first)
            CHECK(memcmp(first, o, 20 * sizeof *o) == 0);
        else {
            first = o;
            kept = table;
        }
        if (table != kept) il_table_free(table);
        il_joint_free(joint);
        il_context_free(context);
    }
    il_table_free(kept);
}

static void the_label_is_one_more_variable(void)
{
    static const int32_t kinds[] = {IL_JOINT_GAUSSIAN_COPULA, IL_JOINT_GAUSSIAN, IL_JOINT_DISCRETE};
    static const int64_t neurons[] = {0, 1, 2, 4, 3}, orders[] = {3, 1, 1};
    int32_t labels[N];
    static double x[N * D], local[N * 3];
    fill_labels(labels, N, 3, 5);
    fill_normals(x, labels, 6);
    il_context *context = context_of(2, 0);
    for (int k = 0; k < 3; k++)
        for (int32_t label = IL_LABEL_CLASS_CONDITIONAL; label <= IL_LABEL_ORDINAL; label++) {
            il_joint *joint = joint_of(context, x, labels, kinds[k], label);
            il_table *table = information(context, joint, neurons, orders, 3, IL_O_GRADIENT | IL_O_RSI, -1);
            REQUIRE(table != NULL);
            const double *o = doubles(table, "o_information");
            CHECK_NEAR(o[1], 0, 1e-13);
            CHECK(fabs(o[0]) > 1e-4);
            CHECK(isfinite(doubles(table, "gradient_label")[0]) && isnan(doubles(table, "gradient_1")[1]));
            CHECK(isfinite(doubles(table, "redundancy_synergy_index")[0]));
            CHECK_OK(il_local_o_information(context, joint, neurons, orders, 3, IL_BITS, local));
            for (int64_t m = 0; m < 3; m++) {
                double mean = 0;
                for (int64_t i = 0; i < N; i++) mean += local[i * 3 + m] / N;
                CHECK_NEAR(mean, o[m], 1e-12);
            }
            il_table_free(table);
            il_joint_free(joint);
        }
    il_context_free(context);
}

static void singular_multiplets_say_why(void)
{
    static const int64_t neurons[] = {0, 1, 2, 0, 3, 4, 1, 2}, orders[] = {3, 3, 2};
    int32_t labels[N];
    static double x[N * D], local[N * 3];
    const char *const *status = NULL;
    fill_labels(labels, N, 3, 5);
    fill_normals(x, labels, 6);
    for (int64_t i = 0; i < N; i++) {
        x[i * D + 2] = exp(x[i * D + 0]); /* the same after the copula transform */
        x[i * D + 3] = 7;
    }
    il_context *context = context_of(2, 0);
    il_joint *joint = joint_of(context, x, labels, IL_JOINT_GAUSSIAN_COPULA, IL_LABEL_CLASS_CONDITIONAL);
    il_table *table = information(context, joint, neurons, orders, 3, IL_O_GRADIENT | IL_O_INTERACTION, -1);
    REQUIRE(table != NULL);
    REQUIRE_OK(il_table_strings(table, "status", &status));
    CHECK_CONTAINS(status[0], "singular: the variance of neuron 2 given the others is ");
    CHECK_TEXT(status[1], "singular: neuron 3 is constant");
    CHECK_TEXT(status[2], "ok");
    const double *o = doubles(table, "o_information");
    CHECK(isnan(o[0]) && isnan(o[1]) && isfinite(o[2]));
    CHECK(isnan(doubles(table, "gradient_label")[0]) && isnan(doubles(table, "interaction_information")[1]));
    CHECK_OK(il_local_o_information(context, joint, neurons, orders, 3, IL_NATS, local));
    CHECK(isnan(local[0]) && isnan(local[1]) && isfinite(local[2]));
    il_table_free(table);
    il_joint_free(joint);
    /* A class of four samples beside others. */
    for (int64_t i = 0; i < N; i++) labels[i] = i < 4 ? 70 : (int32_t)(i % 2);
    for (int64_t i = 0; i < N; i++) x[i * D + 3] = sin((double)(i * i));
    joint = joint_of(context, x, labels, IL_JOINT_GAUSSIAN_COPULA, IL_LABEL_CLASS_CONDITIONAL);
    static const int64_t four[] = {4}, members[] = {1, 3, 4, 5};
    table = information(context, joint, members, four, 1, 0, -1);
    REQUIRE(table != NULL);
    REQUIRE_OK(il_table_strings(table, "status", &status));
    CHECK_TEXT(status[0], "singular: there are 4 samples in class 70, no more than the multiplet's 4 neurons");
    il_table_free(table);
    il_joint_free(joint);
    il_context_free(context);
}

static void estimators_that_cannot_tell_say_so(void)
{
    static const int32_t patterns[] = {0, 1, 1, 0};
    static const int64_t size[] = {2, 2}, both[] = {0, 1}, orders[] = {2};
    static const int64_t counts[] = {1, 1};
    il_array symbols = array_of(patterns, IL_INT32, 2, size), weights = array_of(counts, IL_INT64, 1, size);
    il_context *context = context_of(1, 0);
    il_joint_options options;
    il_joint *joint = NULL;
    const char *const *status = NULL;
    CHECK_OK(il_joint_options_init(&options, sizeof options));
    options.kind = IL_JOINT_DISCRETE;
    options.estimator = "chao-shen";
    REQUIRE_OK(il_joint_from_counts(context, &symbols, &weights, &options, &joint));
    il_table *table = information(context, joint, both, orders, 1, 0, -1);
    REQUIRE(table != NULL);
    REQUIRE_OK(il_table_strings(table, "status", &status));
    CHECK_TEXT(status[0], "undefined: chao-shen cannot tell the entropy where every level occurs only once");
    CHECK(isnan(doubles(table, "s_information")[0]));
    il_table_free(table);
    il_joint_free(joint);
    il_context_free(context);
}

static void what_is_no_multiplet_is_refused(void)
{
    static const int64_t good[] = {0, 1, 2}, absent[] = {0, 1, 2, 3, 41, 5}, negative[] = {0, -1, 2};
    static const int64_t twice[] = {0, 1, 2, 4, 5, 4}, threes[] = {3, 3}, one[] = {1}, many[] = {7};
    int32_t labels[N];
    static double x[N * D], local[N];
    fill_labels(labels, N, 3, 5);
    fill_normals(x, labels, 6);
    il_context *context = context_of(1, 0);
    il_joint *joint = joint_of(context, x, labels, IL_JOINT_GAUSSIAN_COPULA, IL_LABEL_NONE);
    il_joint *labelled = joint_of(context, x, labels, IL_JOINT_GAUSSIAN_COPULA, IL_LABEL_ORDINAL);
    il_table *table = NULL;
    CHECK_REFUSED(il_o_information(context, joint, absent, threes, 2, NULL, &table), IL_ERROR_ARGUMENT,
                  "multiplets[1][1]: there is no neuron 41; the layer has 6");
    CHECK_REFUSED(il_o_information(context, joint, negative, threes, 1, NULL, &table), IL_ERROR_ARGUMENT,
                  "there is no neuron -1");
    CHECK_REFUSED(il_o_information(context, joint, twice, threes, 2, NULL, &table), IL_ERROR_ARGUMENT,
                  "multiplets[1][2]: neuron 4 comes twice");
    CHECK_REFUSED(il_o_information(context, joint, good, one, 1, NULL, &table), IL_ERROR_ARGUMENT, "at least 2");
    CHECK_REFUSED(il_o_information(context, joint, good, many, 1, NULL, &table), IL_ERROR_ARGUMENT, "all 6");
    CHECK_REFUSED(il_o_information(context, joint, good, threes, 0, NULL, &table), IL_ERROR_ARGUMENT, "count: is 0");
    CHECK_REFUSED(il_o_information(context, joint, good, NULL, 1, NULL, &table), IL_ERROR_ARGUMENT, "orders: is NULL");
    CHECK_REFUSED(il_o_information(context, joint, NULL, threes, 1, NULL, &table), IL_ERROR_ARGUMENT, "neurons");
    CHECK_REFUSED(il_o_information(context, joint, good, threes, 1, NULL, NULL), IL_ERROR_ARGUMENT, "table");
    CHECK_REFUSED(il_o_information(context, NULL, good, threes, 1, NULL, &table), IL_ERROR_ARGUMENT, "joint");
    CHECK_OK(il_o_information(context, labelled, good, one, 1, NULL, &table));
    il_table_free(table);
    table = NULL;

    il_o_information_options options;
    CHECK_OK(il_o_information_options_init(&options, sizeof options));
    options.measures = IL_O_RSI;
    CHECK_REFUSED(il_o_information(context, joint, good, threes, 1, &options, &table), IL_ERROR_NOT_FOUND, "the label");
    options.target = 5;
    CHECK_REFUSED(il_o_information(context, joint, good, threes, 1, &options, &table), IL_ERROR_NOT_FOUND,
                  "neuron 5 is not in multiplets[0]");
    options.target = 60;
    CHECK_REFUSED(il_o_information(context, joint, good, threes, 1, &options, &table), IL_ERROR_NOT_FOUND, "neuron 60");
    options.measures = IL_O_GRADIENT;
    CHECK_REFUSED(il_o_information(context, joint, good, threes, 1, &options, &table), IL_ERROR_ARGUMENT, "IL_O_RSI");
    options.target = -1;
    options.measures = 8;
    CHECK_REFUSED(il_o_information(context, joint, good, threes, 1, &options, &table), IL_ERROR_ARGUMENT,
                  "options.measures");
    options.measures = 0;
    options.confidence = 1;
    CHECK_REFUSED(il_o_information(context, joint, good, threes, 1, &options, &table), IL_ERROR_ARGUMENT, "confidence");
    options.confidence = 0.9;
    options.bootstrap = -4;
    CHECK_REFUSED(il_o_information(context, joint, good, threes, 1, &options, &table), IL_ERROR_ARGUMENT, "bootstrap");
    CHECK(table == NULL);

    const double identity[] = {1, 0, 0, 1};
    static const int64_t square[] = {2, 2}, pair[] = {2};
    il_array covariance = array_of(identity, IL_FLOAT64, 2, square);
    il_joint *matrix = NULL;
    CHECK_OK(il_joint_from_covariance(context, &covariance, 0, NULL, &matrix));
    CHECK_REFUSED(il_local_o_information(context, matrix, good, pair, 1, 0, local), IL_ERROR_ARGUMENT,
                  "make it of a source");
    CHECK_REFUSED(il_local_o_information(context, joint, good, threes, 1, 0, NULL), IL_ERROR_ARGUMENT, "values");
    CHECK_REFUSED(il_local_o_information(context, joint, good, threes, 1, 9, local), IL_ERROR_ARGUMENT, "unit");
    il_joint_free(matrix);
    il_joint_free(labelled);
    il_joint_free(joint);
    il_context_free(context);
}

static void what_is_no_count_is_refused(void)
{
    static const int32_t patterns[] = {0, 1, 1, 0, 1, 1};
    static const double fractions[] = {0.5, 1, 1.5}, negative[] = {1, -1, 1}, broken[] = {0, 0.5, 1, 1, 2, 2};
    static const int64_t size[] = {3, 2};
    il_array symbols = array_of(patterns, IL_INT32, 2, size), weights = array_of(fractions, IL_FLOAT64, 1, size);
    il_array flat = array_of(patterns, IL_INT32, 1, size), less = array_of(negative, IL_FLOAT64, 1, size);
    il_array parts = array_of(broken, IL_FLOAT64, 2, size);
    il_context *context = context_of(1, 0);
    il_joint_options options;
    il_joint *joint = NULL;
    double r[4];
    CHECK_OK(il_joint_options_init(&options, sizeof options));
    CHECK_REFUSED(il_joint_from_counts(context, &symbols, &weights, &options, &joint), IL_ERROR_ARGUMENT,
                  "options.kind");
    options.kind = IL_JOINT_DISCRETE;
    options.label = IL_LABEL_ONE_HOT;
    CHECK_REFUSED(il_joint_from_counts(context, &symbols, &weights, &options, &joint), IL_ERROR_ARGUMENT,
                  "options.label");
    options.label = IL_LABEL_NONE;
    options.bias_correction = 1;
    CHECK_REFUSED(il_joint_from_counts(context, &symbols, &weights, &options, &joint), IL_ERROR_ARGUMENT,
                  "options.bias_correction");
    options.bias_correction = 0;
    options.estimator = "grassberger";
    CHECK_REFUSED(il_joint_from_counts(context, &symbols, &weights, &options, &joint), IL_ERROR_NUMERIC, "counts[0]");
    options.estimator = "panzeri-treves";
    CHECK_REFUSED(il_joint_from_counts(context, &symbols, &weights, &options, &joint), IL_ERROR_ARGUMENT, "plug-in");
    options.estimator = NULL;
    CHECK_REFUSED(il_joint_from_counts(context, &flat, &weights, &options, &joint), IL_ERROR_SHAPE, "patterns");
    CHECK_REFUSED(il_joint_from_counts(context, &symbols, &symbols, &options, &joint), IL_ERROR_SHAPE, "counts");
    CHECK_REFUSED(il_joint_from_counts(context, &symbols, &less, &options, &joint), IL_ERROR_NUMERIC, "counts[1]: is -1");
    CHECK_REFUSED(il_joint_from_counts(context, &parts, &weights, &options, &joint), IL_ERROR_NUMERIC,
                  "patterns[0][1]: is 0.5");
    CHECK(joint == NULL);
    CHECK_OK(il_joint_from_counts(context, &symbols, &weights, &options, &joint));
    CHECK_REFUSED(il_joint_correlation(joint, r), IL_ERROR_ARGUMENT, "discrete");
    il_joint_free(joint);
    il_context_free(context);
}

static int32_t refuse_to_go_on(void *user, const char *stage, int64_t done, int64_t total)
{
    (void)user;
    (void)stage;
    return done >= 0 && total > 0;
}

static void cancellation_leaves_nothing(void)
{
    int32_t labels[N];
    static double x[N * D];
    static int64_t neurons[30000], orders[10000];
    fill_labels(labels, N, 3, 5);
    fill_normals(x, labels, 6);
    for (int64_t i = 0; i < 10000; i++) {
        orders[i] = 3;
        for (int64_t j = 0; j < 3; j++) neurons[3 * i + j] = (i + 2 * j) % D;
    }
    il_context *context = context_of(2, 0);
    il_joint *joint = joint_of(context, x, labels, IL_JOINT_DISCRETE, IL_LABEL_CLASS_CONDITIONAL);
    il_table *table = NULL;
    CHECK_OK(il_context_set_progress(context, refuse_to_go_on, NULL));
    CHECK_STATUS(il_o_information(context, joint, neurons, orders, 10000, NULL, &table), IL_ERROR_CANCELLED);
    CHECK(table == NULL);
    il_joint_free(joint);
    il_context_free(context);
}

int main(void)
{
    RUN(closed_forms_are_exact);
    RUN(triplets_are_what_determinants_say);
    RUN(the_label_is_one_more_variable);
    RUN(singular_multiplets_say_why);
    RUN(estimators_that_cannot_tell_say_so);
    RUN(what_is_no_multiplet_is_refused);
    RUN(what_is_no_count_is_refused);
    RUN(cancellation_leaves_nothing);
    return check_finish();
}
