/* SPDX-License-Identifier: Apache-2.0 */
/* Tables tell what they hold, and the registry tells what can be asked for. */
#include "measure.h"

enum { N = 200, D = 3, CLASSES = 4 };

static int32_t labels[N];
static int32_t levels[N * D];
static il_context *context;
static il_source *source;
static il_table *neurons;
static il_table *classes;

static void a_table_knows_its_size(void)
{
    int64_t rows = -1, columns = -1;
    CHECK_OK(il_table_size(neurons, &rows, &columns));
    CHECK_INTEGER(rows, D);
    CHECK_INTEGER(columns, 7);
    CHECK_OK(il_table_size(neurons, NULL, NULL));
    CHECK_OK(il_table_size(classes, &rows, NULL));
    CHECK_INTEGER(rows, D * CLASSES);
}

static void columns_come_in_the_documented_order(void)
{
    static const struct {
        const char *name;
        int32_t type;
        const char *unit;
    } expected[] = {
        {"layer", IL_COLUMN_STRING, ""},
        {"neuron", IL_COLUMN_INTEGER, ""},
        {"entropy", IL_COLUMN_DOUBLE, "bits"},
        {"conditional_entropy", IL_COLUMN_DOUBLE, "bits"},
        {"mutual_information", IL_COLUMN_DOUBLE, "bits"},
        {"kl_selectivity", IL_COLUMN_DOUBLE, "bits"},
        {"kl_selectivity_class", IL_COLUMN_INTEGER, ""},
    };
    for (int64_t i = 0; i < 7; i++) {
        const char *name = NULL, *unit = NULL, *description = NULL;
        int32_t type = 0;
        REQUIRE_OK(il_table_column(neurons, i, &name, &type, &unit, &description));
        CHECK_TEXT(name, expected[i].name);
        CHECK_INTEGER(type, expected[i].type);
        CHECK_TEXT(unit, expected[i].unit);
        CHECK(description != NULL && description[0] != '\0');
        CHECK_OK(il_table_column(neurons, i, NULL, NULL, NULL, NULL));
    }
    CHECK_REFUSED(il_table_column(neurons, 7, NULL, NULL, NULL, NULL), IL_ERROR_ARGUMENT, "7");
    CHECK_STATUS(il_table_column(neurons, -1, NULL, NULL, NULL, NULL), IL_ERROR_ARGUMENT);
    CHECK_STATUS(il_table_column(neurons, INT64_MAX, NULL, NULL, NULL, NULL), IL_ERROR_ARGUMENT);
    CHECK_STATUS(il_table_column(neurons, INT64_MIN, NULL, NULL, NULL, NULL), IL_ERROR_ARGUMENT);
}

static void columns_are_found_by_name_and_type(void)
{
    const double *d = NULL;
    const int64_t *i = NULL;
    const char *const *s = NULL;
    CHECK_OK(il_table_strings(neurons, "layer", &s));
    CHECK_OK(il_table_integers(neurons, "neuron", &i));
    CHECK_OK(il_table_doubles(neurons, "entropy", &d));
    REQUIRE(s && i && d);
    for (int64_t row = 0; row < D; row++) {
        CHECK_TEXT(s[row], "layer");
        CHECK_INTEGER(i[row], row);
    }
    CHECK_REFUSED(il_table_doubles(neurons, "entropie", &d), IL_ERROR_NOT_FOUND, "entropie");
    CHECK_CONTAINS(il_last_error(), "conditional_entropy"); /* lists what there is */
    CHECK_REFUSED(il_table_integers(neurons, "entropy", &i), IL_ERROR_DTYPE, "entropy");
    CHECK_REFUSED(il_table_doubles(neurons, "neuron", &d), IL_ERROR_DTYPE, "neuron");
    CHECK_REFUSED(il_table_strings(neurons, "neuron", &s), IL_ERROR_DTYPE, "neuron");
}

static void a_column_is_handed_out_at_the_same_place_each_time(void)
{
    const double *first = doubles(neurons, "entropy"), *second = doubles(neurons, "entropy");
    const char *const *s1 = NULL, *const *s2 = NULL;
    CHECK(first == second);
    CHECK_OK(il_table_strings(neurons, "layer", &s1));
    CHECK_OK(il_table_strings(neurons, "layer", &s2));
    CHECK(s1 == s2);
}

static const char *metadata(il_table *table, const char *key)
{
    int64_t count = 0;
    CHECK_OK(il_table_metadata_count(table, &count));
    for (int64_t i = 0; i < count; i++) {
        const char *k = NULL, *value = NULL;
        if (CHECK_OK(il_table_metadata_at(table, i, &k, &value)) && strcmp(k, key) == 0) return value;
    }
    return NULL;
}

static void metadata_says_what_made_the_table(void)
{
    int64_t count = 0;
    CHECK_TEXT(metadata(neurons, "estimator"), "plug-in");
    CHECK_TEXT(metadata(neurons, "unit"), "bits");
    CHECK_TEXT(metadata(neurons, "samples"), "200");
    CHECK_TEXT(metadata(neurons, "classes"), "4");
    CHECK_TEXT(metadata(neurons, "seed"), "0");
    CHECK_TEXT(metadata(neurons, "version"), il_version());
    CHECK_CONTAINS(metadata(neurons, "measure"), "entropy");
    CHECK_CONTAINS(metadata(neurons, "quantizer"), "integer");
    CHECK_OK(il_table_metadata_count(neurons, &count));
    CHECK_OK(il_table_metadata_at(neurons, 0, NULL, NULL));
    CHECK_STATUS(il_table_metadata_at(neurons, count, NULL, NULL), IL_ERROR_ARGUMENT);
    CHECK_STATUS(il_table_metadata_at(neurons, -1, NULL, NULL), IL_ERROR_ARGUMENT);
}

static void class_measures_come_neuron_by_neuron(void)
{
    const char *const *layer = NULL;
    const int64_t *neuron = integers(classes, "neuron"), *label = integers(classes, "class");
    const double *probability = doubles(classes, "class_probability");
    const double *information = doubles(classes, "specific_information");
    CHECK_OK(il_table_strings(classes, "layer", &layer));
    REQUIRE(layer && neuron && label && probability && information);
    for (int64_t row = 0; row < D * CLASSES; row++) {
        int64_t j = row / CLASSES, c = row % CLASSES;
        expected_measures e = expect_measures(levels + j, D, labels, N, CLASSES);
        CHECK_TEXT(layer[row], "layer");
        CHECK_INTEGER(neuron[row], j);
        CHECK_INTEGER(label[row], c);
        CHECK_NEAR(probability[row], e.class_probability[c], TOLERANCE);
        CHECK_NEAR(information[row], e.specific_information[c], TOLERANCE);
    }
}

static void nats_are_bits_times_ln_2(void)
{
    il_measure_options options;
    il_quantizer integer = quantizer_of(IL_INTEGER);
    il_table *nats = NULL;
    const char *unit = NULL;
    CHECK_OK(il_measure_options_init(&options, sizeof options));
    options.quantizer = &integer;
    options.unit = IL_NATS;
    REQUIRE_OK(il_neuron_measures(context, source, &options, &nats));
    CHECK_OK(il_table_column(nats, 2, NULL, NULL, &unit, NULL));
    CHECK_TEXT(unit, "nats");
    CHECK_TEXT(metadata(nats, "unit"), "nats");
    const double *in_nats = doubles(nats, "mutual_information"), *in_bits = doubles(neurons, "mutual_information");
    REQUIRE(in_nats && in_bits);
    for (int j = 0; j < D; j++) CHECK_NEAR(in_nats[j], in_bits[j] * 0.69314718055994530942, TOLERANCE);
    il_table_free(nats);
}

static void only_the_measures_asked_for_are_given(void)
{
    il_measure_options options;
    il_table *table = NULL;
    int64_t columns = 0;
    const char *name = NULL;
    const char *const asked[] = {"mutual_information"};
    il_quantizer integer = quantizer_of(IL_INTEGER);
    CHECK_OK(il_measure_options_init(&options, sizeof options));
    options.quantizer = &integer;
    options.measures = asked;
    options.measure_count = 1;
    REQUIRE_OK(il_neuron_measures(context, source, &options, &table));
    CHECK_OK(il_table_size(table, NULL, &columns));
    CHECK_INTEGER(columns, 3);
    CHECK_OK(il_table_column(table, 2, &name, NULL, NULL, NULL));
    CHECK_TEXT(name, "mutual_information");
    il_table_free(table);
}

static void every_registered_measure_can_be_asked_for(void)
{
    static const int32_t groups[CLASSES] = {1, 2, 1, 0};
    static int32_t halves[N];
    const int64_t shape[] = {N};
    int64_t count = il_measure_count();
    CHECK(count >= 5);
    for (int i = 0; i < N; i++) halves[i] = i % 2;
    il_array condition = array_of(halves, IL_INT32, 1, shape);
    REQUIRE_OK(il_source_set_condition(source, &condition, NULL, 0));
    for (int64_t i = 0; i < count; i++) {
        il_measure_info info;
        il_measure_options options;
        il_table *table = NULL;
        il_quantizer integer = quantizer_of(IL_INTEGER);
        memset(&info, 0, sizeof info);
        info.struct_size = sizeof info;
        REQUIRE_OK(il_measure_at(i, &info));
        CHECK(info.rows == IL_PER_NEURON || info.rows == IL_PER_NEURON_CLASS);
        REQUIRE(info.name && info.columns && info.unit && info.description && info.reference && info.needs);
        CHECK(info.description[0] != '\0');
        CHECK_OK(il_measure_options_init(&options, sizeof options));
        options.quantizer = &integer;
        options.measures = &info.name;
        options.measure_count = 1;
        il_status (*call)(il_context *, il_source *, const il_measure_options *, il_table **) =
            info.rows == IL_PER_NEURON ? il_neuron_measures : il_class_measures;
        if (strstr(info.needs, "groups")) {
            CHECK_REFUSED(call(context, source, &options, &table), IL_ERROR_NOT_FOUND, "groups");
            options.groups = groups;
            options.group_count = CLASSES;
        }
        if (CHECK_OK(call(context, source, &options, &table))) {
            /* The first column that it adds is there, as it says. */
            char column[128];
            int64_t columns = 0, fixed = info.rows == IL_PER_NEURON ? 2 : 4;
            const char *name = NULL;
            size_t length = strcspn(info.columns, ",");
            REQUIRE(length < sizeof column);
            memcpy(column, info.columns, length);
            column[length] = '\0';
            CHECK_OK(il_table_size(table, NULL, &columns));
            CHECK(columns > fixed);
            CHECK_OK(il_table_column(table, fixed, &name, NULL, NULL, NULL));
            CHECK_TEXT(name, column);
            il_table_free(table);
        }
    }
    il_measure_info info;
    info.struct_size = sizeof info;
    CHECK_STATUS(il_measure_at(count, &info), IL_ERROR_ARGUMENT);
    CHECK_STATUS(il_measure_at(-1, &info), IL_ERROR_ARGUMENT);
    CHECK_STATUS(il_measure_at(0, NULL), IL_ERROR_ARGUMENT);
}

static void a_source_lists_its_layers_and_classes(void)
{
    il_table *table = NULL;
    int64_t rows = 0;
    const char *const *names = NULL;
    REQUIRE_OK(il_source_layers(context, source, &table));
    CHECK_OK(il_table_size(table, &rows, NULL));
    CHECK_INTEGER(rows, 1);
    CHECK_OK(il_table_strings(table, "layer", &names));
    REQUIRE(names && integers(table, "samples") && integers(table, "neurons"));
    CHECK_TEXT(names[0], "layer");
    CHECK_INTEGER(integers(table, "samples")[0], N);
    CHECK_INTEGER(integers(table, "neurons")[0], D);
    CHECK_OK(il_table_strings(table, "dtype", &names));
    CHECK_TEXT(names[0], "int32");
    il_table_free(table);

    double total = 0;
    REQUIRE_OK(il_source_classes(context, source, &table));
    CHECK_OK(il_table_size(table, &rows, NULL));
    REQUIRE(CHECK_INTEGER(rows, CLASSES));
    for (int64_t c = 0; c < CLASSES; c++) {
        CHECK_INTEGER(integers(table, "class")[c], c);
        total += doubles(table, "probability")[c];
    }
    CHECK_NEAR(total, 1, TOLERANCE);
    il_table_free(table);
}

static void named_classes_are_shown_by_name(void)
{
    const int64_t shape[] = {N, D};
    const char *const names[] = {"ant", "bee", "cat", "d\xC3\xB6g", "never seen"};
    il_array x = array_of(levels, IL_INT32, 2, shape), y = array_of(labels, IL_INT32, 1, shape);
    il_source *named = source_of(context, &x, NULL);
    il_quantizer integer = quantizer_of(IL_INTEGER);
    il_table *table = NULL;
    const char *const *most = NULL;
    const int64_t *index = integers(neurons, "kl_selectivity_class");
    REQUIRE_OK(il_source_set_labels(named, &y, names, 5));
    REQUIRE_OK(measure_source(context, named, &integer, &table));
    CHECK_OK(il_table_strings(table, "kl_selectivity_class", &most));
    REQUIRE(most && index);
    for (int j = 0; j < D; j++) CHECK_TEXT(most[j], names[index[j]]);
    CHECK_REFUSED(il_source_set_labels(named, &y, names, 3), IL_ERROR_NUMERIC, "3");
    il_table_free(table);
    il_source_free(named);
}

int main(void)
{
    const int64_t shape[] = {N, D};
    fill_labels(labels, N, CLASSES, 3);
    fill_levels(levels, labels, N, D, 5, 4);
    il_array x = array_of(levels, IL_INT32, 2, shape);
    il_quantizer integer = quantizer_of(IL_INTEGER);
    il_measure_options options;
    context = context_of(1, 0);
    source = source_of(context, &x, labels);
    CHECK_OK(measure_source(context, source, &integer, &neurons));
    CHECK_OK(il_measure_options_init(&options, sizeof options));
    options.quantizer = &integer;
    CHECK_OK(il_class_measures(context, source, &options, &classes));
    RUN(a_table_knows_its_size);
    RUN(columns_come_in_the_documented_order);
    RUN(columns_are_found_by_name_and_type);
    RUN(a_column_is_handed_out_at_the_same_place_each_time);
    RUN(metadata_says_what_made_the_table);
    RUN(class_measures_come_neuron_by_neuron);
    RUN(nats_are_bits_times_ln_2);
    RUN(only_the_measures_asked_for_are_given);
    RUN(every_registered_measure_can_be_asked_for);
    RUN(a_source_lists_its_layers_and_classes);
    RUN(named_classes_are_shown_by_name);
    il_table_free(classes);
    il_table_free(neurons);
    il_source_free(source);
    il_context_free(context);
    return check_finish();
}
