/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays of every element type and any strides give the numbers of the definitions. */
#include "measure.h"

enum { N = 301, D = 7, CLASSES = 5, LEVELS = 4 };

static int32_t labels[N];
static int32_t levels[N * D]; /* 0 … 3 */
static int32_t bits[N * D];   /* 0 or 1 */
static il_context *context;

/* Writes `value` (0 … 3) as an element of `dtype`; returns the element's size. */
static size_t put(void *element, int32_t dtype, int32_t value)
{
    static const uint16_t binary16[] = {0x0000, 0x3C00, 0x4000, 0x4200};
    static const uint16_t bfloat16[] = {0x0000, 0x3F80, 0x4000, 0x4040};
    union {
        float f;
        double g;
        uint16_t h;
        int8_t i8;
        int16_t i16;
        int32_t i32;
        int64_t i64;
    } u;
    size_t size;
    switch (dtype) {
    case IL_FLOAT16: u.h = binary16[value]; size = 2; break;
    case IL_BFLOAT16: u.h = bfloat16[value]; size = 2; break;
    case IL_FLOAT32: u.f = (float)value; size = 4; break;
    case IL_FLOAT64: u.g = value; size = 8; break;
    case IL_INT16: case IL_UINT16: u.i16 = (int16_t)value; size = 2; break;
    case IL_INT32: case IL_UINT32: u.i32 = value; size = 4; break;
    case IL_INT64: case IL_UINT64: u.i64 = value; size = 8; break;
    default: u.i8 = (int8_t)value; size = 1; break;
    }
    memcpy(element, &u, size);
    return size;
}

static void check_integer_levels(const il_array *array, const int32_t *expected)
{
    il_quantizer integer = quantizer_of(IL_INTEGER);
    il_table *table = measure_array(context, array, labels, &integer);
    check_against_levels(table, expected, labels, N, D, CLASSES);
    il_table_free(table);
}

static void every_element_type_is_read(void)
{
    static uint64_t storage[N * D];
    const int64_t shape[] = {N, D};
    for (int32_t dtype = IL_FLOAT16; dtype <= IL_BOOL; dtype++) {
        const int32_t *values = dtype == IL_BOOL ? bits : levels;
        unsigned char *p = (unsigned char *)storage;
        for (int i = 0; i < N * D; i++) p += put(p, dtype, values[i]);
        il_array array = array_of(storage, dtype, 2, shape);
        check_integer_levels(&array, values);
    }
}

static void any_non_zero_byte_is_true(void)
{
    static unsigned char storage[N * D];
    const int64_t shape[] = {N, D};
    for (int i = 0; i < N * D; i++) storage[i] = (unsigned char)(bits[i] ? 1 + i % 255 : 0);
    il_array array = array_of(storage, IL_BOOL, 2, shape);
    check_integer_levels(&array, bits);
}

static void labels_of_every_integer_type_are_read(void)
{
    static uint64_t storage[N];
    const int64_t shape[] = {N, D}, length[] = {N}, column[] = {N, 1}, row[] = {1, N};
    il_array array = array_of(levels, IL_INT32, 2, shape);
    il_quantizer integer = quantizer_of(IL_INTEGER);
    static int32_t few[N];
    for (int i = 0; i < N; i++) few[i] = labels[i] % LEVELS;
    for (int32_t dtype = IL_FLOAT16; dtype <= IL_UINT64; dtype++) {
        unsigned char *p = (unsigned char *)storage;
        for (int i = 0; i < N; i++) p += put(p, dtype, few[i]);
        const int64_t *shapes[] = {length, column, row};
        for (int s = 0; s < 3; s++) {
            il_array y = array_of(storage, dtype, s == 0 ? 1 : 2, shapes[s]);
            il_source *source = source_of(context, &array, NULL);
            il_table *table = NULL;
            CHECK_OK(il_source_set_labels(source, &y, NULL, 0));
            CHECK_OK(measure_source(context, source, &integer, &table));
            check_against_levels(table, levels, few, N, D, LEVELS);
            il_table_free(table);
            il_source_free(source);
        }
    }
}

static void one_hot_labels_are_read(void)
{
    static uint8_t hot[N * CLASSES];
    const int64_t shape[] = {N, D}, hot_shape[] = {N, CLASSES};
    for (int i = 0; i < N; i++) hot[i * CLASSES + labels[i]] = 1;
    il_array array = array_of(levels, IL_INT32, 2, shape), y = array_of(hot, IL_UINT8, 2, hot_shape);
    il_source *source = source_of(context, &array, NULL);
    il_quantizer integer = quantizer_of(IL_INTEGER);
    il_table *table = NULL;
    CHECK_OK(il_source_set_labels(source, &y, NULL, 0));
    CHECK_OK(measure_source(context, source, &integer, &table));
    check_against_levels(table, levels, labels, N, D, CLASSES);
    il_table_free(table);
    il_source_free(source);
}

/* Lays `levels` out as float32 with the given strides in a buffer and measures it there. */
static void check_strides(int64_t row_stride, int64_t neuron_stride, int64_t first)
{
    const int64_t shape[] = {N, D}, strides[] = {row_stride, neuron_stride};
    int64_t low = first, high = first;
    for (int axis = 0; axis < 2; axis++) {
        int64_t reach = (shape[axis] - 1) * strides[axis];
        if (reach < 0) low += reach;
        else high += reach;
    }
    REQUIRE(low >= 0);
    unsigned char *buffer = (unsigned char *)malloc((size_t)high + sizeof(float));
    REQUIRE(buffer != NULL);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < D; j++) put(buffer + first + i * row_stride + j * neuron_stride, IL_FLOAT32, levels[i * D + j]);
    il_array array = array_of(buffer + first, IL_FLOAT32, 2, shape);
    array.strides = strides;
    check_integer_levels(&array, levels);
    free(buffer);
}

static void any_strides_are_followed(void)
{
    check_strides(D * 4, 4, 0);                          /* C order */
    check_strides(4, N * 4, 0);                          /* Fortran order */
    check_strides(2 * D * 4, 4, 0);                      /* every second row */
    check_strides(D * 12, 12, 4);                        /* a slice of the last axis of three */
    check_strides(-D * 4, 4, (N - 1) * D * 4);           /* rows reversed */
    check_strides(D * 4, -4, (D - 1) * 4);               /* neurons reversed */
    check_strides(-4, -N * 4, ((D - 1) * N + N - 1) * 4); /* both, in Fortran order */
    check_strides(D * 5 + 2, 5, 3);                      /* members of packed records: unaligned */
}

static void a_zero_stride_repeats(void)
{
    static float column[N];
    static int32_t repeated[N * D];
    const int64_t shape[] = {N, D}, across[] = {4, 0}, down[] = {0, 4};
    for (int i = 0; i < N; i++) {
        column[i] = (float)levels[i * D];
        for (int j = 0; j < D; j++) repeated[i * D + j] = levels[i * D];
    }
    il_array array = array_of(column, IL_FLOAT32, 2, shape);
    array.strides = across;
    check_integer_levels(&array, repeated);
    for (int i = 0; i < N * D; i++) repeated[i] = levels[i % D * D];
    array.strides = down;
    check_integer_levels(&array, repeated);
}

static void a_vector_is_one_neuron(void)
{
    static int32_t column[N];
    const int64_t shape[] = {N};
    for (int i = 0; i < N; i++) column[i] = levels[i * D];
    il_array array = array_of(column, IL_INT32, 1, shape);
    il_quantizer integer = quantizer_of(IL_INTEGER);
    il_table *table = measure_array(context, &array, labels, &integer);
    check_against_levels(table, column, labels, N, 1, CLASSES);
    il_table_free(table);
}

static void higher_ranks_reduce_by_the_named_rule(void)
{
    enum { CHANNELS = 3, POSITIONS = 2 };
    static int32_t x[N * CHANNELS * POSITIONS], largest[N * CHANNELS], sum[N * CHANNELS];
    static float half[N * CHANNELS * POSITIONS];
    const int64_t shape[] = {N, CHANNELS, POSITIONS};
    fill_levels(x, labels, N, CHANNELS * POSITIONS, LEVELS, 11);
    for (int i = 0; i < N * CHANNELS; i++) {
        largest[i] = x[2 * i] > x[2 * i + 1] ? x[2 * i] : x[2 * i + 1];
        sum[i] = x[2 * i] + x[2 * i + 1];
    }
    /* Twice the values, so that the mean of two positions is an integer. */
    for (int i = 0; i < N * CHANNELS * POSITIONS; i++) half[i] = 2.0f * (float)x[i];
    const struct {
        int32_t reduction, dtype;
        const void *data;
        const int32_t *expected;
        int64_t neurons;
    } cases[] = {
        {IL_REDUCE_MAX, IL_INT32, x, largest, CHANNELS},
        {IL_REDUCE_MEAN, IL_FLOAT32, half, sum, CHANNELS},
        {IL_REDUCE_FLATTEN, IL_INT32, x, x, CHANNELS * POSITIONS},
    };
    for (int k = 0; k < 3; k++) {
        il_source_options options;
        il_source *source = NULL;
        il_table *table = NULL;
        il_array array = array_of(cases[k].data, cases[k].dtype, 3, shape), y = array_of(labels, IL_INT32, 1, shape);
        il_quantizer integer = quantizer_of(IL_INTEGER);
        CHECK_OK(il_source_options_init(&options, sizeof options));
        options.reduction = cases[k].reduction;
        REQUIRE_OK(il_source_new(context, &options, &source));
        CHECK_OK(il_source_add_layer(source, "convolution", &array));
        CHECK_OK(il_source_set_labels(source, &y, NULL, 0));
        CHECK_OK(measure_source(context, source, &integer, &table));
        check_against_levels(table, cases[k].expected, labels, N, cases[k].neurons, CLASSES);
        il_table_free(table);
        il_source_free(source);
    }
}

int main(void)
{
    fill_labels(labels, N, CLASSES, 1);
    fill_levels(levels, labels, N, D, LEVELS, 2);
    for (int i = 0; i < N * D; i++) bits[i] = levels[i] & 1;
    context = context_of(2, 0);
    RUN(every_element_type_is_read);
    RUN(any_non_zero_byte_is_true);
    RUN(labels_of_every_integer_type_are_read);
    RUN(one_hot_labels_are_read);
    RUN(any_strides_are_followed);
    RUN(a_zero_stride_repeats);
    RUN(a_vector_is_one_neuron);
    RUN(higher_ranks_reduce_by_the_named_rule);
    il_context_free(context);
    return check_finish();
}
