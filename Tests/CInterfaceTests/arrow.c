/* SPDX-License-Identifier: Apache-2.0 */
/* Tables leave through the Arrow C interfaces, and what left lives on its own. */
#include "made.h"

#include <pthread.h>

static void schema_has_a_field_for_each_column(void)
{
    static const char *const formats[] = {"g", "l", "i"};
    il_table *table = made_table(MADE_ROWS);
    struct ArrowSchema schema;
    REQUIRE_OK(il_table_export_arrow(table, &schema, NULL));
    il_table_free(table);
    CHECK_TEXT(schema.format, "+s");
    CHECK_TEXT(schema.name, "");
    CHECK_INTEGER(schema.flags, 0);
    CHECK(schema.dictionary == NULL);
    REQUIRE(CHECK_INTEGER(schema.n_children, 3));
    for (int i = 0; i < 3; i++) {
        const struct ArrowSchema *field = schema.children[i];
        CHECK_TEXT(field->format, formats[i]);
        CHECK_TEXT(field->name, made_columns[i].name);
        CHECK_INTEGER(field->n_children, 0);
        CHECK_INTEGER(field->flags, 0);
        CHECK((field->dictionary != NULL) == (i == 2));
    }
    CHECK_TEXT(schema.children[2]->dictionary->format, "u");
    CHECK(schema.children[2]->metadata == NULL);
    schema.release(&schema);
    CHECK(schema.release == NULL);
}

/* The text at `*at`, which moves behind it, is `expected`. */
static void check_metadata_text(const char **at, const char *expected)
{
    int32_t length;
    memcpy(&length, *at, sizeof length);
    *at += sizeof length;
    if (CHECK_INTEGER(length, (int64_t)strlen(expected))) CHECK(memcmp(*at, expected, (size_t)length) == 0);
    *at += length;
}

static void metadata_says_what_the_table_knows(void)
{
    il_table *table = made_table(MADE_ROWS);
    struct ArrowSchema schema;
    int32_t count;
    REQUIRE_OK(il_table_export_arrow(table, &schema, NULL));
    const char *at = schema.metadata;
    memcpy(&count, at, sizeof count);
    at += sizeof count;
    REQUIRE(CHECK_INTEGER(count, 2));
    for (int i = 0; i < 2; i++) {
        check_metadata_text(&at, made_metadata[i].key);
        check_metadata_text(&at, made_metadata[i].value);
    }
    at = schema.children[0]->metadata;
    memcpy(&count, at, sizeof count);
    at += sizeof count;
    CHECK_INTEGER(count, 2);
    check_metadata_text(&at, "unit");
    check_metadata_text(&at, "bits");
    check_metadata_text(&at, "description");
    check_metadata_text(&at, "a number");
    schema.release(&schema);
    il_table_free(table);
}

static void check_shape(const struct ArrowArray *array, int64_t length, int64_t buffers)
{
    CHECK_INTEGER(array->length, length);
    CHECK_INTEGER(array->null_count, 0);
    CHECK_INTEGER(array->offset, 0);
    if (CHECK_INTEGER(array->n_buffers, buffers)) CHECK(array->buffers[0] == NULL);
}

/* Row `row` of a dictionary-encoded child is `expected`. */
static void check_row(const struct ArrowArray *child, int64_t row, const char *expected)
{
    int32_t code = ((const int32_t *)child->buffers[1])[row];
    const int32_t *offsets = (const int32_t *)child->dictionary->buffers[1];
    const char *bytes = (const char *)child->dictionary->buffers[2];
    if (!CHECK(code >= 0 && code < child->dictionary->length)) return;
    int32_t length = offsets[code + 1] - offsets[code];
    if (CHECK_INTEGER(length, (int64_t)strlen(expected)))
        CHECK(memcmp(bytes + offsets[code], expected, (size_t)length) == 0);
}

static void check_values(const struct ArrowArray *array, int64_t rows)
{
    check_shape(array, rows, 1);
    if (!CHECK_INTEGER(array->n_children, 3)) return;
    check_shape(array->children[0], rows, 2);
    check_shape(array->children[1], rows, 2);
    check_shape(array->children[2], rows, 2);
    CHECK(memcmp(array->children[0]->buffers[1], made_numbers, (size_t)rows * sizeof *made_numbers) == 0);
    CHECK(memcmp(array->children[1]->buffers[1], made_integers, (size_t)rows * sizeof *made_integers) == 0);
    if (!CHECK(array->children[2]->dictionary != NULL)) return;
    for (int64_t row = 0; row < rows; row++) check_row(array->children[2], row, made_texts[row]);
}

static void numbers_are_where_the_table_has_them(void)
{
    il_table *table = made_table(MADE_ROWS);
    struct ArrowArray array;
    const double *numbers = NULL;
    const int64_t *integers = NULL;
    REQUIRE_OK(il_table_export_arrow(table, NULL, &array));
    CHECK_OK(il_table_doubles(table, "number", &numbers));
    CHECK_OK(il_table_integers(table, "integer", &integers));
    CHECK(array.children[0]->buffers[1] == numbers);
    CHECK(array.children[1]->buffers[1] == integers);
    CHECK(numbers != made_numbers);
    check_values(&array, MADE_ROWS);
    check_shape(array.children[2]->dictionary, 4, 3);
    array.release(&array);
    CHECK(array.release == NULL);
    CHECK_OK(il_table_doubles(table, "number", &numbers));
    CHECK(memcmp(numbers, made_numbers, sizeof made_numbers) == 0);
    il_table_free(table);
}

static void values_outlive_their_table_and_other_exports(void)
{
    il_table *table = made_table(MADE_ROWS);
    struct ArrowArray first, second;
    REQUIRE_OK(il_table_export_arrow(table, NULL, &first));
    REQUIRE_OK(il_table_export_arrow(table, NULL, &second));
    il_table_free(table);
    first.release(&first);
    check_values(&second, MADE_ROWS);
    second.release(&second);
}

static void children_that_were_moved_outlive_their_parent(void)
{
    il_table *table = made_table(MADE_ROWS);
    struct ArrowSchema schema, field;
    struct ArrowArray array, numbers, texts;
    REQUIRE_OK(il_table_export_arrow(table, &schema, &array));
    il_table_free(table);
    numbers = *array.children[0];
    array.children[0]->release = NULL;
    texts = *array.children[2];
    array.children[2]->release = NULL;
    field = *schema.children[1];
    schema.children[1]->release = NULL;
    array.release(&array);
    schema.release(&schema);
    CHECK(memcmp(numbers.buffers[1], made_numbers, sizeof made_numbers) == 0);
    numbers.release(&numbers);
    for (int row = 0; row < MADE_ROWS; row++) check_row(&texts, row, made_texts[row]);
    texts.release(&texts);
    CHECK_TEXT(field.name, "integer");
    field.release(&field);
    CHECK(numbers.release == NULL && texts.release == NULL && field.release == NULL);
}

static void children_may_be_released_before_their_parent(void)
{
    il_table *table = made_table(MADE_ROWS);
    struct ArrowArray array;
    REQUIRE_OK(il_table_export_arrow(table, NULL, &array));
    array.children[2]->dictionary->release(array.children[2]->dictionary);
    array.children[1]->release(array.children[1]);
    CHECK(array.children[1]->release == NULL);
    array.release(&array);
    il_table_free(table);
}

static void *release_array(void *array)
{
    struct ArrowArray *exported = (struct ArrowArray *)array;
    exported->release(exported);
    return NULL;
}

static void arrays_may_be_released_on_other_threads(void)
{
    enum { COUNT = 8 };
    struct ArrowArray arrays[COUNT];
    pthread_t threads[COUNT];
    il_table *table = made_table(MADE_ROWS);
    for (int i = 0; i < COUNT; i++) REQUIRE_OK(il_table_export_arrow(table, NULL, &arrays[i]));
    for (int i = 0; i < COUNT; i++) REQUIRE(pthread_create(&threads[i], NULL, release_array, &arrays[i]) == 0);
    il_table_free(table);
    for (int i = 0; i < COUNT; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < COUNT; i++) CHECK(arrays[i].release == NULL);
}

static void a_stream_gives_one_batch_and_ends(void)
{
    il_table *table = made_table(MADE_ROWS);
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray array;
    REQUIRE_OK(il_table_export_arrow_stream(table, &stream));
    il_table_free(table);
    REQUIRE(stream.get_schema(&stream, &schema) == 0);
    CHECK_INTEGER(schema.n_children, 3);
    schema.release(&schema);
    REQUIRE(stream.get_next(&stream, &array) == 0);
    CHECK(stream.get_last_error(&stream) == NULL);
    struct ArrowArray end;
    REQUIRE(stream.get_next(&stream, &end) == 0);
    CHECK(end.release == NULL);
    CHECK(stream.get_next(&stream, NULL) != 0);
    REQUIRE(stream.get_schema(&stream, &schema) == 0);
    schema.release(&schema);
    stream.release(&stream);
    CHECK(stream.release == NULL);
    check_values(&array, MADE_ROWS);
    array.release(&array);
}

static void an_empty_table_has_a_type_and_no_values(void)
{
    il_table *table = made_table(0), *nothing = NULL;
    struct ArrowSchema schema;
    struct ArrowArray array;
    REQUIRE_OK(il_table_export_arrow(table, &schema, &array));
    CHECK_INTEGER(schema.n_children, 3);
    check_values(&array, 0);
    check_shape(array.children[2]->dictionary, 0, 3);
    CHECK_INTEGER(*(const int32_t *)array.children[2]->dictionary->buffers[1], 0);
    array.release(&array);
    schema.release(&schema);
    il_table_free(table);

    REQUIRE_OK(il_table_new(NULL, 0, 0, NULL, 0, &nothing));
    REQUIRE_OK(il_table_export_arrow(nothing, &schema, &array));
    CHECK_INTEGER(schema.n_children, 0);
    CHECK(schema.metadata == NULL);
    check_shape(&array, 0, 1);
    array.release(&array);
    schema.release(&schema);
    il_table_free(nothing);
}

static void held_structs_are_released_unless_somebody_took_them(void)
{
    il_table *table = made_table(MADE_ROWS);
    struct ArrowArray array, taken;
    struct ArrowSchema schema;
    struct ArrowArrayStream stream;
    char owners[3];
    void *held = NULL;
    REQUIRE_OK(il_table_export_arrow(table, &schema, &array));
    REQUIRE_OK(il_table_export_arrow_stream(table, &stream));
    REQUIRE_OK(il_arrow_hold(&owners[0], IL_ARROW_SCHEMA, &schema, &held));
    CHECK(schema.release == NULL);
    CHECK_TEXT(((struct ArrowSchema *)held)->format, "+s");
    REQUIRE_OK(il_arrow_hold(&owners[1], IL_ARROW_STREAM, &stream, &held));
    REQUIRE_OK(il_arrow_hold(&owners[2], IL_ARROW_ARRAY, &array, &held));
    CHECK_REFUSED(il_arrow_hold(&owners[0], IL_ARROW_ARRAY, held, &held), IL_ERROR_ARGUMENT, "owner");
    CHECK_REFUSED(il_arrow_hold(&array, IL_ARROW_ARRAY, &array, &held), IL_ERROR_ARGUMENT, "exported");
    CHECK_REFUSED(il_arrow_hold(&array, 4, &array, &held), IL_ERROR_ARGUMENT, "kind");
    CHECK_REFUSED(il_arrow_hold(NULL, IL_ARROW_ARRAY, &array, &held), IL_ERROR_ARGUMENT, "owner");
    CHECK_REFUSED(il_arrow_hold(&array, IL_ARROW_ARRAY, NULL, &held), IL_ERROR_ARGUMENT, "exported");
    CHECK_REFUSED(il_arrow_hold(&array, IL_ARROW_ARRAY, &array, NULL), IL_ERROR_ARGUMENT, "held");
    il_table_free(table);
    taken = *(struct ArrowArray *)held;
    ((struct ArrowArray *)held)->release = NULL;
    for (int i = 0; i < 3; i++) il_arrow_drop(&owners[i]);
    il_arrow_drop(&owners[0]);
    il_arrow_drop(NULL);
    check_values(&taken, MADE_ROWS);
    taken.release(&taken);
}

static void exports_are_refused_by_name(void)
{
    il_table *table = made_table(1);
    struct ArrowArrayStream stream;
    CHECK_OK(il_table_export_arrow(table, NULL, NULL));
    CHECK_REFUSED(il_table_export_arrow_stream(table, NULL), IL_ERROR_ARGUMENT, "stream");
    il_table_free(table);
    CHECK_REFUSED(il_table_export_arrow(table, NULL, NULL), IL_ERROR_ARGUMENT, "table");
    CHECK_REFUSED(il_table_export_arrow_stream(NULL, &stream), IL_ERROR_ARGUMENT, "table");
}

int main(void)
{
    RUN(schema_has_a_field_for_each_column);
    RUN(metadata_says_what_the_table_knows);
    RUN(numbers_are_where_the_table_has_them);
    RUN(values_outlive_their_table_and_other_exports);
    RUN(children_that_were_moved_outlive_their_parent);
    RUN(children_may_be_released_before_their_parent);
    RUN(arrays_may_be_released_on_other_threads);
    RUN(a_stream_gives_one_batch_and_ends);
    RUN(an_empty_table_has_a_type_and_no_values);
    RUN(held_structs_are_released_unless_somebody_took_them);
    RUN(exports_are_refused_by_name);
    return check_finish();
}
