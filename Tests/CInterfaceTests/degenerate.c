/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest and dullest inputs have defined answers. */
#include "measure.h"

static const int32_t kinds[] = {IL_THRESHOLD, IL_UNIFORM, IL_QUANTILE, IL_WIDTH, IL_EXPLICIT, IL_INTEGER};
static const double edges[] = {0.5, 1.5};
static il_context *context;

static il_quantizer usable(int32_t kind)
{
    il_quantizer q = quantizer_of(kind);
    if (kind == IL_WIDTH) q.value = 1;
    q.edges = edges;
    q.edge_count = 2;
    return q;
}

/* Every quantiser finds no information about the label, exactly, and no negative zeros. */
static void check_uninformative(const double *x, const int32_t *labels, int64_t n, int64_t d)
{
    const int64_t shape[] = {n, d};
    il_array array = array_of(x, IL_FLOAT64, 2, shape);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        il_quantizer q = usable(kinds[k]);
        il_table *table = measure_array(context, &array, labels, &q);
        REQUIRE(table != NULL);
        const double *information = doubles(table, "mutual_information");
        const double *selectivity = doubles(table, "kl_selectivity");
        const double *entropy = doubles(table, "entropy"), *conditional = doubles(table, "conditional_entropy");
        const int64_t *most = integers(table, "kl_selectivity_class");
        REQUIRE(information && selectivity && entropy && conditional && most);
        for (int64_t j = 0; j < d; j++) {
            CHECK(information[j] == 0 && !signbit(information[j]));
            CHECK(selectivity[j] == 0 && !signbit(selectivity[j]));
            CHECK(entropy[j] >= 0 && !signbit(entropy[j]));
            CHECK(entropy[j] == conditional[j]);
            CHECK_INTEGER(most[j], 0); /* the first of equals */
        }
        il_table_free(table);
    }
}

static void a_constant_neuron_knows_nothing(void)
{
    enum { N = 12 };
    double x[N];
    int32_t labels[N];
    const double values[] = {0, -0.0, 1, -3, 1e15, 4};
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
        for (int i = 0; i < N; i++) {
            x[i] = values[v];
            labels[i] = i % 3;
        }
        check_uninformative(x, labels, N, 1);
    }
}

static void one_class_leaves_nothing_to_know(void)
{
    const double x[] = {0, 1, 2, 3, 1, 0, 5, 2, 1, 2};
    const int32_t labels[] = {0, 0, 0, 0, 0};
    check_uninformative(x, labels, 5, 2);
}

static void one_sample_is_certain(void)
{
    const double x[] = {0.0, 3.0, -2.0};
    const int32_t labels[] = {0};
    check_uninformative(x, labels, 1, 3);
}

static void a_class_of_one_sample_counts_like_any_other(void)
{
    enum { N = 9 };
    const int32_t levels[N] = {0, 0, 1, 1, 0, 1, 0, 1, 2};
    const int32_t labels[N] = {0, 0, 0, 0, 1, 1, 1, 1, 2};
    const int64_t shape[] = {N, 1};
    il_array array = array_of(levels, IL_INT32, 2, shape);
    il_quantizer q = quantizer_of(IL_INTEGER);
    il_table *table = measure_array(context, &array, labels, &q);
    check_against_levels(table, levels, labels, N, 1, 3);
    REQUIRE(table != NULL);
    CHECK_INTEGER(integers(table, "kl_selectivity_class")[0], 2);
    CHECK_NEAR(doubles(table, "kl_selectivity")[0], log2(9), TOLERANCE);
    il_table_free(table);
}

static void every_sample_its_own_class_makes_information_entropy(void)
{
    enum { N = 50 };
    double x[N];
    int64_t labels[N];
    const int64_t shape[] = {N, 1};
    for (int i = 0; i < N; i++) {
        x[i] = i % 7;
        labels[i] = INT64_MAX - 2 * i; /* classes near the end of their type */
    }
    il_array array = array_of(x, IL_FLOAT64, 2, shape), y = array_of(labels, IL_INT64, 1, shape);
    il_source *source = source_of(context, &array, NULL);
    il_quantizer q = quantizer_of(IL_INTEGER);
    il_table *table = NULL;
    CHECK_OK(il_source_set_labels(source, &y, NULL, 0));
    REQUIRE_OK(measure_source(context, source, &q, &table));
    CHECK_NEAR(doubles(table, "mutual_information")[0], doubles(table, "entropy")[0], TOLERANCE);
    CHECK_NEAR(doubles(table, "conditional_entropy")[0], 0, 0);
    il_table_free(table);
    il_source_free(source);
}

static void labels_need_not_start_at_zero_or_be_dense(void)
{
    enum { N = 8 };
    const int32_t levels[N] = {0, 1, 0, 1, 1, 1, 1, 0};
    const int32_t labels[N] = {-5, 1000000, -5, 1000000, 7, 7, -5, 7};
    const int32_t dense[N] = {0, 2, 0, 2, 1, 1, 0, 1};
    const int64_t shape[] = {N, 1};
    il_array array = array_of(levels, IL_INT32, 2, shape);
    il_quantizer q = quantizer_of(IL_INTEGER);
    il_table *table = measure_array(context, &array, labels, &q);
    REQUIRE(table != NULL);
    expected_measures e = expect_measures(levels, 1, dense, N, 3);
    CHECK_NEAR(doubles(table, "mutual_information")[0], e.mutual_information, TOLERANCE);
    CHECK_INTEGER(integers(table, "kl_selectivity_class")[0], 1000000);
    il_table_free(table);
}

static void one_bin_knows_nothing(void)
{
    const double x[] = {0, 1, 2, 3};
    const int32_t labels[] = {0, 1, 0, 1};
    const int64_t shape[] = {4, 1};
    il_array array = array_of(x, IL_FLOAT64, 2, shape);
    const int32_t binned[] = {IL_UNIFORM, IL_QUANTILE};
    for (int k = 0; k < 2; k++) {
        il_quantizer q = quantizer_of(binned[k]);
        q.bins = 1;
        il_table *table = measure_array(context, &array, labels, &q);
        REQUIRE(table != NULL);
        CHECK_NEAR(doubles(table, "entropy")[0], 0, 0);
        CHECK_NEAR(doubles(table, "mutual_information")[0], 0, 0);
        il_table_free(table);
    }
}

static void the_widest_range_does_not_overflow(void)
{
    const double x[] = {-1.7e308, 1.7e308, 0, -1.7e308, 1.7e308, 0};
    const int32_t labels[] = {0, 1, 1, 0, 1, 0};
    const int32_t levels[] = {0, 2, 1, 0, 2, 1};
    const int64_t shape[] = {6, 1};
    il_array array = array_of(x, IL_FLOAT64, 2, shape);
    il_quantizer q = quantizer_of(IL_UNIFORM);
    q.bins = 3;
    il_source *source = source_of(context, &array, labels);
    il_table *table = NULL;
    /* high − low is beyond double: an answer must be right, or there is none. */
    il_status status = measure_source(context, source, &q, &table);
    if (status == IL_OK) check_against_levels(table, levels, labels, 6, 1, 2);
    else CHECK_STATUS(status, IL_ERROR_NUMERIC);
    il_table_free(table);
    il_source_free(source);
}

int main(void)
{
    context = context_of(3, 0);
    RUN(a_constant_neuron_knows_nothing);
    RUN(one_class_leaves_nothing_to_know);
    RUN(one_sample_is_certain);
    RUN(a_class_of_one_sample_counts_like_any_other);
    RUN(every_sample_its_own_class_makes_information_entropy);
    RUN(labels_need_not_start_at_zero_or_be_dense);
    RUN(one_bin_knows_nothing);
    RUN(the_widest_range_does_not_overflow);
    il_context_free(context);
    return check_finish();
}
