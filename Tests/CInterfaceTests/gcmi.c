/* SPDX-License-Identifier: Apache-2.0 */
/* Gaussian-copula information of arrays and as columns of neurons, and what it refuses. */
#include "measure.h"

enum { SAMPLES = 4000, CLASSES = 4 };

static double x[SAMPLES], y[SAMPLES], z[SAMPLES], relu[SAMPLES];
static int32_t labels[SAMPLES];
static const int64_t one_axis[] = {SAMPLES};

/* Normal to some digits: the sum of twelve uniforms less six. */
static double next_normal(uint64_t *state)
{
    double sum = -6;
    for (int i = 0; i < 12; i++) sum += next_uniform(state);
    return sum;
}

static void fill(void)
{
    uint64_t state = 7;
    fill_labels(labels, SAMPLES, CLASSES, 3);
    for (int i = 0; i < SAMPLES; i++) {
        x[i] = next_normal(&state) + 0.8 * labels[i];
        y[i] = 0.6 * x[i] + 0.8 * next_normal(&state);
        z[i] = x[i] + y[i] + next_normal(&state);
        relu[i] = x[i] > 1.2 ? x[i] - 1.2 : 0;
    }
}

static il_gcmi_options options_of(int32_t unit, int32_t ties, int32_t correction)
{
    il_gcmi_options options;
    CHECK_OK(il_gcmi_options_init(&options, sizeof options));
    options.unit = unit;
    options.ties = ties;
    options.bias_correction = correction;
    return options;
}

static void the_defaults_are_those_of_the_manual(void)
{
    il_gcmi_options options;
    memset(&options, 0x5A, sizeof options);
    REQUIRE_OK(il_gcmi_options_init(&options, sizeof options));
    CHECK_INTEGER(options.struct_size, sizeof options);
    CHECK_INTEGER(options.unit, IL_UNIT_DEFAULT);
    CHECK_INTEGER(options.ties, IL_TIES_AVERAGE);
    CHECK_INTEGER(options.bias_correction, 1);
    CHECK_REFUSED(il_gcmi_options_init(NULL, sizeof options), IL_ERROR_ARGUMENT, "options");
    CHECK_REFUSED(il_gcmi_options_init(&options, 4), IL_ERROR_ARGUMENT, "struct_size");
}

static void information_of_two_variables_is_symmetric_and_has_units(void)
{
    il_context *context = context_of(2, 0);
    il_gcmi_options nats = options_of(IL_NATS, IL_TIES_AVERAGE, 1), raw = options_of(IL_NATS, IL_TIES_AVERAGE, 0);
    il_array a = array_of(x, IL_FLOAT64, 1, one_axis), b = array_of(y, IL_FLOAT64, 1, one_axis);
    double forth = NAN, back = NAN, natural = NAN, uncorrected = NAN, self = 7;
    CHECK_OK(il_gcmi(context, &a, &b, NULL, NULL, NULL, &forth));
    CHECK_OK(il_gcmi(context, &b, &a, NULL, NULL, NULL, &back));
    CHECK_NEAR(forth, back, 1e-13);
    CHECK(forth > 0.3 && forth < 0.6);
    CHECK_OK(il_gcmi(context, &a, &b, NULL, NULL, &nats, &natural));
    CHECK_NEAR(natural, forth * log(2.0), 1e-15);
    CHECK_OK(il_gcmi(context, &a, &b, NULL, NULL, &raw, &uncorrected));
    /* The bias of one degree of freedom. */
    CHECK_NEAR(uncorrected - natural, 0.5 / SAMPLES, 1e-6);
    CHECK_REFUSED(il_gcmi(context, &a, &a, NULL, NULL, NULL, &self), IL_ERROR_NUMERIC, "y: column 0 is determined");
    CHECK(self == 7);
    il_context_free(context);
}

static void strides_and_types_do_not_matter(void)
{
    static float rows[SAMPLES][3];
    static double wide[SAMPLES];
    static int64_t whole[SAMPLES];
    il_context *context = context_of(1, 0);
    const int64_t two[] = {SAMPLES, 2}, column[] = {SAMPLES, 1}, strides[] = {3 * (int64_t)sizeof(float), -2 * (int64_t)sizeof(float)};
    il_array a = array_of(&rows[0][2], IL_FLOAT32, 2, two), b = array_of(wide, IL_FLOAT64, 2, column);
    il_array y_array = array_of(labels, IL_INT32, 1, one_axis), y_wide = array_of(whole, IL_INT64, 2, column);
    double both = NAN, reversed = NAN, single = NAN, again = NAN;
    for (int i = 0; i < SAMPLES; i++) {
        rows[i][2] = (float)x[i];
        rows[i][0] = (float)z[i];
        wide[i] = rows[i][2];
        whole[i] = labels[i];
    }
    a.strides = strides; /* x, then z */
    CHECK_OK(il_gcmi_model(context, &a, &y_array, NULL, &both));
    const int64_t forward[] = {3 * (int64_t)sizeof(float), 2 * (int64_t)sizeof(float)};
    a.data = &rows[0][0];
    a.strides = forward; /* z, then x */
    CHECK_OK(il_gcmi_model(context, &a, &y_wide, NULL, &reversed));
    CHECK_NEAR(both, reversed, 1e-12);
    a = array_of(&rows[0][2], IL_FLOAT32, 1, one_axis);
    a.strides = strides;
    CHECK_OK(il_gcmi_mixture(context, &a, &y_array, NULL, &single, NULL));
    CHECK_OK(il_gcmi_mixture(context, &b, &y_array, NULL, &again, NULL));
    CHECK(single == again && single > 0);
    CHECK(both > single - 0.1);
    il_context_free(context);
}

static void conditions_are_continuous_or_labels(void)
{
    il_context *context = context_of(2, 0);
    il_array a = array_of(x, IL_FLOAT64, 1, one_axis), b = array_of(y, IL_FLOAT64, 1, one_axis),
             c = array_of(z, IL_FLOAT64, 1, one_axis), known = array_of(labels, IL_INT32, 1, one_axis);
    double plain = NAN, conditional = NAN, within = NAN, both = 7;
    CHECK_OK(il_gcmi(context, &a, &b, NULL, NULL, NULL, &plain));
    CHECK_OK(il_gcmi(context, &a, &b, &c, NULL, NULL, &conditional));
    CHECK_OK(il_gcmi(context, &a, &b, NULL, &known, NULL, &within));
    /* z is what both make together: given it they tell of each other differently. */
    CHECK(fabs(conditional - plain) > 0.05);
    CHECK(within > 0 && within < plain);
    CHECK_REFUSED(il_gcmi(context, &a, &b, &c, &known, NULL, &both), IL_ERROR_ARGUMENT, "condition");
    CHECK(both == 7);
    il_context_free(context);
}

static void what_samples_share_is_counted(void)
{
    static double dead[SAMPLES], sparse[SAMPLES];
    static int32_t sorted[SAMPLES];
    il_context *context = context_of(2, 0);
    il_array a = array_of(relu, IL_FLOAT64, 1, one_axis), d = array_of(dead, IL_FLOAT64, 1, one_axis),
             s = array_of(sparse, IL_FLOAT64, 1, one_axis), known = array_of(labels, IL_INT32, 1, one_axis),
             ordered = array_of(sorted, IL_INT32, 1, one_axis);
    il_gcmi_options ordinal = options_of(IL_UNIT_DEFAULT, IL_TIES_ORDINAL, 1);
    double information = NAN, tied = NAN, zeros = 0, trap = NAN;
    for (int i = 0; i < SAMPLES; i++) {
        sorted[i] = i * CLASSES / SAMPLES;
        sparse[i] = i % 1000 == 77 ? 1 + i : 0;
        zeros += relu[i] == 0;
    }
    CHECK_OK(il_gcmi_mixture(context, &a, &known, NULL, &information, &tied));
    CHECK(tied == zeros / SAMPLES && information > 0.1 && information < 2);
    CHECK_OK(il_gcmi_mixture(context, &d, &ordered, NULL, &information, &tied));
    CHECK(information == 0 && tied == 1);
    CHECK_OK(il_gcmi_model(context, &d, &ordered, NULL, &information));
    CHECK(information == 0);
    CHECK_OK(il_gcmi_mixture(context, &s, &ordered, NULL, &information, &tied));
    CHECK(information >= 0 && information < 0.02 && tied == 0.999);
    /* Ranks by appearance see how the samples are sorted. */
    CHECK_OK(il_gcmi_model(context, &d, &ordered, &ordinal, &trap));
    CHECK(trap > 1);
    il_context_free(context);
}

static void neurons_have_both_as_columns(void)
{
    static const char *const names[] = {"gcmi_mixture", "gcmi_model"};
    static double layer[SAMPLES][3];
    const int64_t shape[] = {SAMPLES, 3};
    il_array activations = array_of(layer, IL_FLOAT64, 2, shape), known = array_of(labels, IL_INT32, 1, one_axis);
    il_context *context = context_of(2, 0);
    il_measure_options options;
    il_table *table = NULL;
    const char *const *warnings = NULL;
    for (int i = 0; i < SAMPLES; i++) {
        layer[i][0] = x[i];
        layer[i][1] = relu[i];
        layer[i][2] = labels[i] == 2 ? 0 : z[i]; /* silent for a class */
    }
    il_source *source = source_of(context, &activations, labels);
    REQUIRE_OK(il_measure_options_init(&options, sizeof options));
    options.measures = names;
    options.measure_count = 2;
    options.unit = IL_NATS;
    REQUIRE_OK(il_neuron_measures(context, source, &options, &table));
    const double *model = doubles(table, "gcmi_model"), *mixture = doubles(table, "gcmi_mixture"),
                 *tied = doubles(table, "tied_fraction");
    CHECK_OK(il_table_strings(table, "warning", &warnings));
    REQUIRE(model && mixture && tied && warnings);
    il_gcmi_options nats = options_of(IL_NATS, IL_TIES_AVERAGE, 1);
    for (int j = 0; j < 3; j++) {
        const int64_t strides[] = {sizeof layer[0]};
        il_array column = array_of(&layer[0][j], IL_FLOAT64, 1, one_axis);
        double value = NAN, share = NAN;
        column.strides = strides;
        CHECK_OK(il_gcmi_mixture(context, &column, &known, &nats, &value, &share));
        CHECK(value == mixture[j] && share == tied[j]);
        if (j < 2) {
            CHECK_OK(il_gcmi_model(context, &column, &known, &nats, &value));
            CHECK_NEAR(model[j], value, 1e-12);
            CHECK_TEXT(warnings[j], "");
        } else {
            CHECK_REFUSED(il_gcmi_model(context, &column, &known, &nats, &value), IL_ERROR_NUMERIC,
                          "x: column 0 does not vary within class 2");
            CHECK(isnan(model[j]));
            CHECK_CONTAINS(warnings[j], "class 2");
        }
    }
    il_table_free(table);
    options.undefined = IL_UNDEFINED_ERROR;
    table = NULL;
    CHECK_REFUSED(il_neuron_measures(context, source, &options, &table), IL_ERROR_NUMERIC, "neuron 2 of layer \"layer\"");
    CHECK(table == NULL);
    il_source_free(source);
    il_context_free(context);
}

static void what_cannot_be_answered_is_refused_by_name(void)
{
    static double broken[SAMPLES];
    static int32_t few[SAMPLES];
    const int64_t shorter[] = {SAMPLES - 1}, cube[] = {SAMPLES / 4, 2, 2}, single[] = {1}, two[] = {2, 2};
    il_context *context = context_of(1, 0), *small = context_of(1, 1 << 20);
    il_array a = array_of(x, IL_FLOAT64, 1, one_axis), b = array_of(broken, IL_FLOAT64, 1, one_axis),
             s = array_of(x, IL_FLOAT64, 1, shorter), three = array_of(x, IL_FLOAT64, 3, cube),
             alone = array_of(x, IL_FLOAT64, 1, single), square = array_of(x, IL_FLOAT64, 2, two),
             known = array_of(labels, IL_INT32, 1, one_axis), rare = array_of(few, IL_INT32, 1, one_axis);
    double value = 7;
    memcpy(broken, y, sizeof broken);
    broken[123] = NAN;
    few[99] = 1;
    CHECK_REFUSED(il_gcmi(context, &a, &s, NULL, NULL, NULL, &value), IL_ERROR_SHAPE, "y: there are 3999 samples");
    CHECK_REFUSED(il_gcmi(context, &a, &three, NULL, NULL, NULL, &value), IL_ERROR_SHAPE, "y: has 3 axes");
    CHECK_REFUSED(il_gcmi_model(context, &alone, &known, NULL, &value), IL_ERROR_SHAPE, "x: there is one sample");
    CHECK_REFUSED(il_gcmi_model(context, &s, &known, NULL, &value), IL_ERROR_SHAPE, "labels: there are 4000 samples");
    CHECK_REFUSED(il_gcmi(context, &a, &b, NULL, NULL, NULL, &value), IL_ERROR_NUMERIC, "y: has NaN at row 123, column 0");
    CHECK_REFUSED(il_gcmi(context, &a, &b, NULL, &known, NULL, &value), IL_ERROR_NUMERIC, "y: has NaN at row 123, column 0");
    CHECK_REFUSED(il_gcmi_mixture(context, &b, &known, NULL, &value, NULL), IL_ERROR_NUMERIC, "x: has NaN at row 123");
    CHECK_REFUSED(il_gcmi(context, &square, &square, NULL, NULL, NULL, &value), IL_ERROR_NUMERIC, "at least 5");
    CHECK_REFUSED(il_gcmi_model(context, &a, &rare, NULL, &value), IL_ERROR_NUMERIC, "labels: class 1 has 1 sample,");
    CHECK_REFUSED(il_gcmi(context, &a, &a, NULL, &rare, NULL, &value), IL_ERROR_NUMERIC, "condition_labels: class 1 has 1");
    CHECK_REFUSED(il_gcmi(context, NULL, &a, NULL, NULL, NULL, &value), IL_ERROR_ARGUMENT, "x: is NULL");
    CHECK_REFUSED(il_gcmi_model(context, &a, NULL, NULL, &value), IL_ERROR_ARGUMENT, "labels: is NULL");
    CHECK_REFUSED(il_gcmi_mixture(context, &a, &known, NULL, NULL, NULL), IL_ERROR_ARGUMENT, "information");
    CHECK_REFUSED(il_gcmi_model(NULL, &a, &known, NULL, &value), IL_ERROR_ARGUMENT, "context");
    il_gcmi_options options = options_of(9, IL_TIES_AVERAGE, 1);
    CHECK_REFUSED(il_gcmi_model(context, &a, &known, &options, &value), IL_ERROR_ARGUMENT, "options.unit");
    options = options_of(IL_BITS, 9, 1);
    CHECK_REFUSED(il_gcmi_model(context, &a, &known, &options, &value), IL_ERROR_ARGUMENT, "options.ties");
    options = options_of(IL_BITS, 0, 2);
    CHECK_REFUSED(il_gcmi_model(context, &a, &known, &options, &value), IL_ERROR_ARGUMENT, "options.bias_correction");
    /* An array of strides 0 may declare any length. */
    const int64_t vast[] = {INT64_C(1) << 30}, still[] = {0}, wide[] = {1000, INT64_C(1) << 31}, flat[] = {0, 0};
    il_array endless = array_of(x, IL_FLOAT64, 1, vast), broad = array_of(x, IL_FLOAT64, 2, wide);
    endless.strides = still;
    broad.strides = flat;
    CHECK_STATUS(il_gcmi(small, &endless, &endless, NULL, NULL, NULL, &value), IL_ERROR_MEMORY);
    CHECK_STATUS(il_gcmi(small, &broad, &broad, NULL, NULL, NULL, &value), IL_ERROR_MEMORY);
    CHECK(value == 7);
    il_context_free(small);
    il_context_free(context);
}

static int32_t stop(void *user, const char *stage, int64_t done, int64_t total)
{
    (void)user;
    (void)stage;
    return done > total;
}

static int32_t stop_at_once(void *user, const char *stage, int64_t done, int64_t total)
{
    (void)stage;
    (void)done;
    (void)total;
    return ++*(int32_t *)user;
}

static void calls_can_be_cancelled(void)
{
    il_context *context = context_of(1, 0);
    il_array a = array_of(x, IL_FLOAT64, 1, one_axis), known = array_of(labels, IL_INT32, 1, one_axis);
    int32_t calls = 0;
    double value = 7;
    CHECK_OK(il_context_set_progress(context, stop_at_once, &calls));
    CHECK_STATUS(il_gcmi_mixture(context, &a, &known, NULL, &value, NULL), IL_ERROR_CANCELLED);
    CHECK(calls == 1 && value == 7);
    CHECK_OK(il_context_set_progress(context, stop, NULL));
    CHECK_OK(il_gcmi_mixture(context, &a, &known, NULL, &value, NULL));
    CHECK(value != 7);
    il_context_free(context);
}

int main(void)
{
    fill();
    RUN(the_defaults_are_those_of_the_manual);
    RUN(information_of_two_variables_is_symmetric_and_has_units);
    RUN(strides_and_types_do_not_matter);
    RUN(conditions_are_continuous_or_labels);
    RUN(what_samples_share_is_counted);
    RUN(neurons_have_both_as_columns);
    RUN(what_cannot_be_answered_is_refused_by_name);
    RUN(calls_can_be_cancelled);
    return check_finish();
}
