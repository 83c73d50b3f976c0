/* SPDX-License-Identifier: Apache-2.0 */
/* HDF5 files of every kind that make_fixtures.py writes, good and bad. */
#include "measure.h"

enum { N = 400, D = 6, LEVELS = 4, CLASSES = 5 };

static const char *folder;
static int32_t levels[N * D];
static int32_t labels[N];
static il_context *context;

static const char *fixture(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* A source of the named layers (NULL for all) of a fixture; the dump is freed already. */
static il_status open_source(const char *name, const char *layer, il_source **source)
{
    il_dump *dump = NULL;
    il_source_options options;
    il_status status = il_dump_open(context, fixture(name), NULL, &dump);
    if (status != IL_OK) return status;
    CHECK_OK(il_source_options_init(&options, sizeof options));
    if (layer) {
        options.layers = &layer;
        options.layer_count = 1;
    }
    status = il_source_from_dump(context, dump, &options, source);
    il_dump_free(dump);
    return status;
}

static il_status measure_fixture(const char *name, const char *layer, il_table **table)
{
    il_source *source = NULL;
    il_quantizer integer = quantizer_of(IL_INTEGER);
    il_status status = open_source(name, layer, &source);
    if (status == IL_OK) status = measure_source(context, source, &integer, table);
    il_source_free(source);
    return status;
}

static void check_fixture(const char *name, const char *layer)
{
    int before = check_failures;
    il_table *table = NULL;
    if (CHECK_OK(measure_fixture(name, layer, &table))) check_against_levels(table, levels, labels, N, D, CLASSES);
    il_table_free(table);
    if (check_failures > before) printf("  (that was %s)\n", name);
}

static void every_element_type_is_read(void)
{
    static const char *const types[] = {"f2", "f4", "f8", "i1", "i2", "i4", "i8",
                                        "u1", "u2", "u4", "u8", "be_f4", "be_f8", "be_i2"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char name[32];
        snprintf(name, sizeof name, "dtype_%s.h5", types[i]);
        check_fixture(name, "fc1");
    }
}

static void every_storage_is_read(void)
{
    check_fixture("chunked.h5", NULL);
    check_fixture("gzip.h5", NULL);
    check_fixture("fletcher.h5", NULL);
    check_fixture("flat.h5", NULL);
    check_fixture("flat.h5", "fc1");
    check_fixture("flat.h5", "/fc1");
    check_fixture("gzip.h5", "/layers/fc1/activations");
}

static void every_shape_and_type_of_numeric_labels_is_read(void)
{
    static const char *const names[] = {"i1", "u8", "float", "column", "row", "one_hot"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[32];
        snprintf(name, sizeof name, "labels_%s.h5", names[i]);
        check_fixture(name, NULL);
    }
}

static void classes_of_string_labels_keep_their_names(void)
{
    static const char *const classes[] = {"ant", "bee", "cat", "dog", "eel"};
    static const char *const files[] = {"labels_fixed_strings.h5", "labels_strings.h5"};
    for (int f = 0; f < 2; f++) {
        il_source *source = NULL;
        il_table *table = NULL;
        const char *const *names = NULL;
        int64_t rows = 0;
        il_quantizer integer = quantizer_of(IL_INTEGER);
        REQUIRE_OK(open_source(files[f], NULL, &source));
        REQUIRE_OK(il_source_classes(context, source, &table));
        CHECK_OK(il_table_size(table, &rows, NULL));
        CHECK_OK(il_table_strings(table, "class", &names));
        REQUIRE(CHECK_INTEGER(rows, CLASSES) && names);
        for (int c = 0; c < CLASSES; c++) CHECK_TEXT(names[c], classes[c]);
        il_table_free(table);
        REQUIRE_OK(measure_source(context, source, &integer, &table));
        CHECK_OK(il_table_strings(table, "kl_selectivity_class", &names));
        for (int j = 0; names && j < D; j++) {
            expected_measures e = expect_measures(levels + j, D, labels, N, CLASSES);
            int c = 0;
            while (c < CLASSES - 1 && strcmp(names[j], classes[c]) != 0) c++;
            CHECK_TEXT(names[j], classes[c]);
            CHECK_NEAR(e.specific_information[c], e.kl_selectivity, TOLERANCE);
            CHECK_NEAR(doubles(table, "mutual_information")[j], e.mutual_information, TOLERANCE);
        }
        il_table_free(table);
        il_source_free(source);
    }
}

static void layers_come_by_index_then_by_name(void)
{
    il_table *table = NULL;
    const char *const *layer = NULL;
    int64_t rows = 0;
    REQUIRE_OK(measure_fixture("native.h5", NULL, &table));
    CHECK_OK(il_table_size(table, &rows, NULL));
    CHECK_OK(il_table_strings(table, "layer", &layer));
    REQUIRE(CHECK_INTEGER(rows, 2 * D) && layer);
    for (int64_t row = 0; row < 2 * D; row++) CHECK_TEXT(layer[row], row < D ? "input_side" : "fc1");
    il_table_free(table);
    check_fixture("native.h5", "input_side");
}

static void describe_tells_what_was_found(void)
{
    il_dump *dump = NULL;
    il_table *table = NULL;
    const char *const *path = NULL, *const *role = NULL, *const *shape = NULL, *const *dtype = NULL;
    int64_t rows = 0;
    int seen = 0;
    REQUIRE_OK(il_dump_open(context, fixture("native.h5"), NULL, &dump));
    REQUIRE_OK(il_dump_describe(context, dump, &table));
    CHECK_OK(il_table_size(table, &rows, NULL));
    CHECK_OK(il_table_strings(table, "path", &path));
    CHECK_OK(il_table_strings(table, "role", &role));
    CHECK_OK(il_table_strings(table, "shape", &shape));
    CHECK_OK(il_table_strings(table, "dtype", &dtype));
    const int64_t *samples = integers(table, "samples"), *neurons = integers(table, "neurons");
    REQUIRE(path && role && shape && dtype && samples && neurons);
    for (int64_t row = 0; row < rows; row++) {
        if (strcmp(path[row], "/layers/fc1/activations") == 0) {
            seen++;
            CHECK_TEXT(role[row], "layer");
            CHECK_TEXT(shape[row], "400 \xC3\x97 6");
            CHECK_TEXT(dtype[row], "float32");
            CHECK_INTEGER(samples[row], N);
            CHECK_INTEGER(neurons[row], D);
        }
        if (strcmp(path[row], "/labels") == 0) {
            seen++;
            CHECK_TEXT(role[row], "labels");
            CHECK_INTEGER(samples[row], N);
        }
    }
    CHECK_INTEGER(seen, 2);
    il_table_free(table);
    il_dump_free(dump);
}

static void convolutions_need_a_reduction(void)
{
    il_dump *dump = NULL;
    il_source *source = NULL;
    il_source_options options;
    il_table *table = NULL;
    int64_t rows = 0;
    il_status status = measure_fixture("convolution.h5", NULL, &table);
    CHECK_STATUS(status, IL_ERROR_SHAPE);
    CHECK_CONTAINS(il_last_error(), "flatten"); /* names the choices */
    REQUIRE_OK(il_dump_open(context, fixture("convolution.h5"), NULL, &dump));
    CHECK_OK(il_source_options_init(&options, sizeof options));
    const int32_t reductions[] = {IL_REDUCE_MEAN, IL_REDUCE_MAX, IL_REDUCE_FLATTEN};
    const int64_t neurons[] = {3, 3, 12};
    for (int k = 0; k < 3; k++) {
        options.reduction = reductions[k];
        REQUIRE_OK(il_source_from_dump(context, dump, &options, &source));
        REQUIRE_OK(il_neuron_measures(context, source, NULL, &table));
        CHECK_OK(il_table_size(table, &rows, NULL));
        CHECK_INTEGER(rows, neurons[k]);
        il_table_free(table);
        il_source_free(source);
    }
    options.reduction = 4;
    CHECK_REFUSED(il_source_from_dump(context, dump, &options, &source), IL_ERROR_ARGUMENT, "reduction");
    il_dump_free(dump);
}

static void files_that_are_no_dumps_are_refused(void)
{
    il_dump *dump = NULL;
    il_dump_options options;
    CHECK_REFUSED(il_dump_open(context, fixture("absent.h5"), NULL, &dump), IL_ERROR_NOT_FOUND, "absent.h5");
    CHECK_REFUSED(il_dump_open(context, fixture("text.h5"), NULL, &dump), IL_ERROR_FORMAT, "text.h5");
    CHECK_REFUSED(il_dump_open(context, fixture("empty.h5"), NULL, &dump), IL_ERROR_FORMAT, "empty.h5");
    CHECK_REFUSED(il_dump_open(context, fixture("truncated.h5"), NULL, &dump), IL_ERROR_FORMAT, "truncated.h5");
    CHECK(il_dump_open(context, folder, NULL, &dump) != IL_OK); /* a directory */
    CHECK_REFUSED(il_dump_open(context, NULL, NULL, &dump), IL_ERROR_ARGUMENT, "path");
    CHECK(il_dump_open(context, "", NULL, &dump) != IL_OK);
    CHECK_REFUSED(il_dump_open(NULL, fixture("native.h5"), NULL, &dump), IL_ERROR_ARGUMENT, "context");
    CHECK_REFUSED(il_dump_open(context, fixture("native.h5"), NULL, NULL), IL_ERROR_ARGUMENT, "dump");
    CHECK_OK(il_dump_options_init(&options, sizeof options));
    options.struct_size += 8;
    CHECK_REFUSED(il_dump_open(context, fixture("native.h5"), &options, &dump), IL_ERROR_ARGUMENT, "struct_size");
    CHECK(dump == NULL);
}

static void check_fixture_refused(const char *name, const char *layer, il_status expected, const char *part)
{
    il_table *table = NULL;
    il_status status = measure_fixture(name, layer, &table);
    if (!check_status(status, expected, name, __FILE__, __LINE__)) return;
    CHECK_CONTAINS(il_last_error(), part);
    CHECK(table == NULL);
}

static void data_that_cannot_be_used_are_refused(void)
{
    check_fixture_refused("native.h5", "fc7", IL_ERROR_NOT_FOUND, "fc7");
    CHECK_CONTAINS(il_last_error(), "input_side"); /* lists what there is */
    check_fixture_refused("native.h5", "/layers/fc1/nothing", IL_ERROR_NOT_FOUND, "nothing");
    check_fixture_refused("native.h5", "/other/short", IL_ERROR_SHAPE, "399");
    check_fixture_refused("mismatch.h5", "fc1", IL_ERROR_SHAPE, "399");
    CHECK_CONTAINS(il_last_error(), "400");
    check_fixture_refused("zero_rows.h5", "/layers/fc1/activations", IL_ERROR_SHAPE, "zero_rows.h5");
    check_fixture_refused("scalar.h5", "/layers/fc1/activations", IL_ERROR_SHAPE, "fc1");
    check_fixture_refused("complex.h5", "/layers/fc1/activations", IL_ERROR_DTYPE, "fc1");
    check_fixture_refused("fractional_labels.h5", NULL, IL_ERROR_NUMERIC, "label");
    check_fixture_refused("no_labels.h5", "fc1", IL_ERROR_NOT_FOUND, "label");
    check_fixture_refused("nan.h5", "fc1", IL_ERROR_NUMERIC, "row 37");
    CHECK_CONTAINS(il_last_error(), "neuron 5");
    CHECK_CONTAINS(il_last_error(), "fc1");
}

static void labels_can_be_named(void)
{
    il_dump *dump = NULL;
    il_source *source = NULL;
    il_source_options options;
    REQUIRE_OK(il_dump_open(context, fixture("flat.h5"), NULL, &dump));
    CHECK_OK(il_source_options_init(&options, sizeof options));
    options.labels = "/targets";
    CHECK_OK(il_source_from_dump(context, dump, &options, &source));
    il_source_free(source);
    options.labels = "/absent";
    CHECK_REFUSED(il_source_from_dump(context, dump, &options, &source), IL_ERROR_NOT_FOUND, "/absent");
    il_dump_free(dump);
}

static void a_dump_and_the_same_array_agree_to_the_bit(void)
{
    static float x[N * D];
    const int64_t shape[] = {N, D};
    il_source *source = NULL;
    il_table *from_file = NULL;
    for (int i = 0; i < N * D; i++) x[i] = (float)levels[i];
    il_array array = array_of(x, IL_FLOAT32, 2, shape);
    il_quantizer q = quantizer_of(IL_QUANTILE);
    REQUIRE_OK(open_source("gzip.h5", NULL, &source));
    REQUIRE_OK(measure_source(context, source, &q, &from_file));
    il_table *from_memory = measure_array(context, &array, labels, &q);
    const double *a = doubles(from_file, "mutual_information"), *b = doubles(from_memory, "mutual_information");
    REQUIRE(a && b);
    CHECK(memcmp(a, b, sizeof(double) * D) == 0);
    il_table_free(from_memory);
    il_table_free(from_file);
    il_source_free(source);
}

static void several_files_are_one_dump(void)
{
    static int32_t twice[2 * N], levels_twice[2 * N * D];
    char first[4096], second[4096];
    const char *paths[3] = {first, second, NULL};
    il_dump *dump = NULL;
    il_source *source = NULL;
    il_table *table = NULL;
    il_source_options options;
    il_quantizer integer = quantizer_of(IL_INTEGER);
    for (int i = 0; i < 2 * N; i++) {
        twice[i] = labels[i % N];
        for (int j = 0; j < D; j++) levels_twice[i * D + j] = levels[i % N * D + j];
    }
    snprintf(first, sizeof first, "%s", fixture("dtype_f4.h5"));
    snprintf(second, sizeof second, "%s", fixture("dtype_i2.h5"));
    if (CHECK_OK(il_dump_open_files(context, paths, 2, NULL, &dump)) &&
        CHECK_OK(il_source_from_dump(context, dump, NULL, &source)) &&
        CHECK_OK(measure_source(context, source, &integer, &table)))
        check_against_levels(table, levels_twice, twice, 2 * N, D, CLASSES);
    il_table_free(table);
    il_source_free(source);

    CHECK_OK(il_source_options_init(&options, sizeof options));
    options.missing_labels = 3;
    CHECK_REFUSED(il_source_from_dump(context, dump, &options, &source), IL_ERROR_ARGUMENT, "options.missing_labels");
    options.missing_labels = IL_MISSING_EXCLUDE;
    CHECK_REFUSED(il_source_new(context, &options, &source), IL_ERROR_ARGUMENT, "missing_labels");
    il_dump_free(dump);
    CHECK_REFUSED(il_dump_open_files(context, NULL, 2, NULL, &dump), IL_ERROR_ARGUMENT, "paths");
    CHECK_REFUSED(il_dump_open_files(context, paths, 0, NULL, &dump), IL_ERROR_ARGUMENT, "count (0)");
    CHECK_REFUSED(il_dump_open_files(context, paths, 3, NULL, &dump), IL_ERROR_ARGUMENT, "paths[2]");
    paths[1] = "/nowhere/at/all.h5";
    CHECK_REFUSED(il_dump_open_files(context, paths, 2, NULL, &dump), IL_ERROR_NOT_FOUND, "/nowhere/at/all.h5");
}

int main(int argc, char **argv)
{
    if (argc != 2) return EXIT_FAILURE;
    folder = argv[1];
    for (int i = 0; i < N; i++) {
        labels[i] = (i * 7 + i / 5) % CLASSES;
        for (int j = 0; j < D; j++) levels[i * D + j] = (i * (j + 3) + i * i / (j + 2)) % LEVELS;
    }
    context = context_of(2, 0);
    RUN(every_element_type_is_read);
    RUN(every_storage_is_read);
    RUN(every_shape_and_type_of_numeric_labels_is_read);
    RUN(classes_of_string_labels_keep_their_names);
    RUN(layers_come_by_index_then_by_name);
    RUN(describe_tells_what_was_found);
    RUN(convolutions_need_a_reduction);
    RUN(files_that_are_no_dumps_are_refused);
    RUN(data_that_cannot_be_used_are_refused);
    RUN(labels_can_be_named);
    RUN(a_dump_and_the_same_array_agree_to_the_bit);
    RUN(several_files_are_one_dump);
    il_context_free(context);
    return check_finish();
}
