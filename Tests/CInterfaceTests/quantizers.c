/* SPDX-License-Identifier: Apache-2.0 */
/* Each quantiser puts each value in the bin that infolens.h says, edges included. */
#include "measure.h"

/* Levels show only in measures, so several labellings are tried: two arbitrary
 * ones, then each expected level against the rest, whose information is H(Y)
 * only if exactly the expected values share that level. */
static void check_levels(const double *x, const int32_t *expected, int64_t n, const il_quantizer *quantizer)
{
    static int32_t labels[1024];
    const int64_t shape[] = {n, 1};
    il_context *context = context_of(1, 0);
    il_array array = array_of(x, IL_FLOAT64, 2, shape);
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = 0; i < n; i++) labels[i] = pass == 0 ? (int32_t)(i % 2) : (int32_t)(i < n / 2);
        il_table *table = measure_array(context, &array, labels, quantizer);
        check_against_levels(table, expected, labels, n, 1, 2);
        il_table_free(table);
    }
    for (int32_t level = 0; level < MAX_LEVELS; level++) {
        int members = 0;
        for (int64_t i = 0; i < n; i++) members += labels[i] = expected[i] == level;
        if (members == 0 || members == n) continue;
        il_table *table = measure_array(context, &array, labels, quantizer);
        check_against_levels(table, expected, labels, n, 1, 2);
        il_table_free(table);
    }
    il_context_free(context);
}

static void a_value_at_the_threshold_is_below_it(void)
{
    const double x[] = {-1, 0.5, nextafter(0.5, 1), 0.25, 3, 0.5};
    const int32_t expected[] = {0, 0, 1, 0, 1, 0};
    il_quantizer q = quantizer_of(IL_THRESHOLD);
    q.value = 0.5;
    check_levels(x, expected, 6, &q);
}

static void negative_zero_is_zero(void)
{
    const double x[] = {-0.0, 0.0, 1e-308, -1e-308};
    const int32_t expected[] = {0, 0, 1, 0};
    il_quantizer q = quantizer_of(IL_THRESHOLD);
    check_levels(x, expected, 4, &q);
}

static void the_median_of_an_even_count_is_midway(void)
{
    const double x[] = {4, 1, 2, 3.5, 2.5, 100};
    const int32_t expected[] = {1, 0, 0, 1, 0, 1}; /* median 3 */
    il_quantizer q = quantizer_of(IL_THRESHOLD);
    q.at = IL_AT_MEDIAN;
    check_levels(x, expected, 6, &q);
}

static void the_mean_is_a_threshold(void)
{
    const double x[] = {0, 0, 0, 8, 2, 2};
    const int32_t expected[] = {0, 0, 0, 1, 0, 0}; /* mean 2 */
    il_quantizer q = quantizer_of(IL_THRESHOLD);
    q.at = IL_AT_MEAN;
    check_levels(x, expected, 6, &q);
}

static void a_value_on_an_edge_belongs_to_the_bin_above_and_the_last_bin_is_closed(void)
{
    const double x[] = {0, 0.25, 0.5, 0.75, 1, nextafter(0.25, 0), nextafter(0.75, 0), nextafter(1, 0)};
    const int32_t expected[] = {0, 1, 2, 3, 3, 0, 2, 3};
    il_quantizer q = quantizer_of(IL_UNIFORM);
    q.bins = 4;
    check_levels(x, expected, 8, &q);
}

static void values_outside_a_given_range_fall_in_the_end_bins(void)
{
    const double x[] = {-7, -1, -0.5, 0, 0.5, 1, 1e300, -1e300};
    const int32_t expected[] = {0, 0, 1, 2, 3, 3, 3, 0};
    il_quantizer q = quantizer_of(IL_UNIFORM);
    q.bins = 4;
    q.range = IL_RANGE_GIVEN;
    q.low = -1;
    q.high = 1;
    check_levels(x, expected, 8, &q);
}

static void edges_are_low_plus_index_times_step_in_double(void)
{
    /* Dividing x − low by the step instead would put some of these values one bin off. */
    enum { BINS = 30 };
    const double low = 0.1, high = 0.7, step = (high - low) / BINS;
    double x[3 * (BINS - 1)];
    int32_t expected[3 * (BINS - 1)];
    for (int k = 1; k < BINS; k++) {
        volatile double product = k * step; /* rounded by itself: no fused multiply-add */
        const double edge = product + low;
        for (int side = -1; side <= 1; side++) {
            const int i = 3 * (k - 1) + side + 1;
            x[i] = side == 0 ? edge : nextafter(edge, side);
            expected[i] = side < 0 ? k - 1 : k;
        }
    }
    il_quantizer q = quantizer_of(IL_UNIFORM);
    q.bins = BINS;
    q.range = IL_RANGE_GIVEN;
    q.low = low;
    q.high = high;
    check_levels(x, expected, 3 * (BINS - 1), &q);
}

static void a_layer_range_spans_all_its_neurons(void)
{
    enum { N = 6 };
    const double x[N * 2] = {0, 2, 1, 3, 0, 4, 1, 2, 0, 3, 1, 4};
    const int32_t levels[N * 2] = {0, 2, 1, 3, 0, 3, 1, 2, 0, 3, 1, 3};
    const int32_t labels[N] = {0, 1, 0, 1, 1, 0};
    const int64_t shape[] = {N, 2};
    il_context *context = context_of(1, 0);
    il_array array = array_of(x, IL_FLOAT64, 2, shape);
    il_quantizer q = quantizer_of(IL_UNIFORM);
    q.bins = 4; /* on [0, 4] */
    q.range = IL_RANGE_LAYER;
    il_table *table = measure_array(context, &array, labels, &q);
    check_against_levels(table, levels, labels, N, 2, 2);
    il_table_free(table);
    il_context_free(context);
}

static void quantile_bins_hold_equal_mass_and_keep_ties_together(void)
{
    const double distinct[] = {8, 1, 7, 2, 6, 3, 5, 4};
    const int32_t quarters[] = {3, 0, 3, 0, 2, 1, 2, 1};
    const double tied[] = {0, 0, 0, 0, 0, 0, 1, 2};
    const int32_t two[] = {2, 2, 2, 2, 2, 2, 3, 3}; /* edges 0, 0, 0.25 */
    il_quantizer q = quantizer_of(IL_QUANTILE);
    q.bins = 4;
    check_levels(distinct, quarters, 8, &q);
    check_levels(tied, two, 8, &q);
}

static void bins_of_fixed_width_start_at_zero_and_never_end(void)
{
    const double x[] = {-0.1, 0, 0.4, 0.5, 0.99, 1, 7.5, -0.5, -0.51};
    const int32_t expected[] = {9, 10, 10, 11, 11, 12, 25, 9, 8}; /* floor(x / 0.5) + 10 */
    il_quantizer q = quantizer_of(IL_WIDTH);
    q.value = 0.5;
    check_levels(x, expected, 9, &q);
}

static void explicit_edges_are_interior(void)
{
    const double x[] = {-1e300, -1, 0, 1, 2, 1e300};
    const int32_t expected[] = {0, 1, 1, 2, 2, 2};
    const double edges[] = {-1, 1};
    il_quantizer q = quantizer_of(IL_EXPLICIT);
    q.edges = edges;
    q.edge_count = 2;
    check_levels(x, expected, 6, &q);
}

static void integers_are_symbols_however_far_apart(void)
{
    const double x[] = {-9007199254740992.0, 9007199254740992.0, 0, -9007199254740991.0, 0};
    const int32_t expected[] = {0, 1, 2, 3, 2};
    il_quantizer q = quantizer_of(IL_INTEGER);
    check_levels(x, expected, 5, &q);
}

int main(void)
{
    RUN(a_value_at_the_threshold_is_below_it);
    RUN(negative_zero_is_zero);
    RUN(the_median_of_an_even_count_is_midway);
    RUN(the_mean_is_a_threshold);
    RUN(a_value_on_an_edge_belongs_to_the_bin_above_and_the_last_bin_is_closed);
    RUN(values_outside_a_given_range_fall_in_the_end_bins);
    RUN(edges_are_low_plus_index_times_step_in_double);
    RUN(a_layer_range_spans_all_its_neurons);
    RUN(quantile_bins_hold_equal_mass_and_keep_ties_together);
    RUN(bins_of_fixed_width_start_at_zero_and_never_end);
    RUN(explicit_edges_are_interior);
    RUN(integers_are_symbols_however_far_apart);
    return check_finish();
}
