/* SPDX-License-Identifier: Apache-2.0 */
/* Threads and memory change the time a result takes, not a bit of it. */
#include "measure.h"
#include <pthread.h>

enum { N = 5003, D = 37, CLASSES = 10 };

static float x[N * D];
static int32_t labels[N];
static const int64_t shape[] = {N, D};
static il_array array;
static const char *const columns[] = {"entropy", "conditional_entropy", "mutual_information", "kl_selectivity"};

static il_quantizer usable(int32_t kind)
{
    static const double edges[] = {0.1, 0.2, 0.4};
    il_quantizer q = quantizer_of(kind);
    if (kind == IL_WIDTH) q.value = 0.07;
    q.edges = edges;
    q.edge_count = 3;
    return q;
}

/* The four measures of all neurons, one after the other. */
static int measure_into(double *results, il_context *context, const il_quantizer *q)
{
    il_table *table = measure_array(context, &array, labels, q);
    if (!table) return 0;
    for (int c = 0; c < 4; c++) {
        const double *values = doubles(table, columns[c]);
        if (!values) return 0;
        memcpy(results + c * D, values, sizeof(double) * D);
    }
    il_table_free(table);
    return 1;
}

static void results_do_not_depend_on_threads_or_memory(void)
{
    static double first[4 * D], other[4 * D];
    const int32_t threads[] = {1, 2, 3, 8};
    const uint64_t memory[] = {0, UINT64_C(1) << 20, UINT64_C(3) << 20};
    for (int32_t kind = IL_THRESHOLD; kind <= IL_EXPLICIT; kind++) {
        il_quantizer q = usable(kind);
        for (int t = 0; t < 4; t++)
            for (int m = 0; m < 3; m++) {
                il_context *context = context_of(threads[t], memory[m]);
                REQUIRE(measure_into(t == 0 && m == 0 ? first : other, context, &q));
                if (t > 0 || m > 0) CHECK(memcmp(first, other, sizeof first) == 0);
                il_context_free(context);
            }
    }
}

static void results_do_not_depend_on_the_order_of_samples(void)
{
    static float shuffled[N * D];
    static int32_t shuffled_labels[N];
    static double first[4 * D], other[4 * D];
    const int64_t stride = 1237; /* coprime with N: visits every sample once */
    for (int64_t i = 0; i < N; i++) {
        int64_t from = i * stride % N;
        memcpy(shuffled + i * D, x + from * D, sizeof(float) * D);
        shuffled_labels[i] = labels[from];
    }
    il_context *context = context_of(2, 0);
    il_array permuted = array_of(shuffled, IL_FLOAT32, 2, shape);
    for (int32_t kind = IL_THRESHOLD; kind <= IL_EXPLICIT; kind++) {
        il_quantizer q = usable(kind);
        REQUIRE(measure_into(first, context, &q));
        il_table *table = measure_array(context, &permuted, shuffled_labels, &q);
        REQUIRE(table != NULL);
        for (int c = 0; c < 4; c++) memcpy(other + c * D, doubles(table, columns[c]), sizeof(double) * D);
        CHECK(memcmp(first, other, sizeof first) == 0);
        il_table_free(table);
    }
    il_context_free(context);
}

struct job {
    int32_t threads;
    int rounds, failed;
    const double *expected;
};

static void *measure_again_and_again(void *argument)
{
    struct job *job = (struct job *)argument;
    il_context_options options;
    il_context *context = NULL;
    il_source *source = NULL;
    il_array y = array_of(labels, IL_INT32, 1, shape);
    il_quantizer q;
    job->failed = 1;
    if (il_context_options_init(&options, sizeof options) || il_quantizer_init(&q, sizeof q)) return NULL;
    options.threads = job->threads;
    q.kind = IL_UNIFORM;
    if (il_context_new(&options, &context) || il_source_new(context, NULL, &source)) return NULL;
    if (il_source_add_layer(source, "layer", &array) || il_source_set_labels(source, &y, NULL, 0)) return NULL;
    job->failed = 0;
    for (int round = 0; round < job->rounds; round++) {
        il_measure_options measure;
        il_table *table = NULL;
        const double *values = NULL;
        il_measure_options_init(&measure, sizeof measure);
        measure.quantizer = &q;
        if (il_neuron_measures(context, source, &measure, &table) ||
            il_table_doubles(table, "entropy", &values) || memcmp(values, job->expected, sizeof(double) * D) != 0)
            job->failed++;
        /* Each thread has an error text of its own. */
        char own[64];
        snprintf(own, sizeof own, "column_of_%d", (int)job->threads);
        if (il_table_doubles(table, own, &values) != IL_ERROR_NOT_FOUND || !strstr(il_last_error(), own)) job->failed++;
        il_table_free(table);
    }
    il_source_free(source);
    il_context_free(context);
    return NULL;
}

static void two_contexts_work_side_by_side(void)
{
    static double expected[4 * D];
    il_context *context = context_of(1, 0);
    il_quantizer q = quantizer_of(IL_UNIFORM);
    REQUIRE(measure_into(expected, context, &q));
    il_context_free(context);
    struct job jobs[2] = {{1, 20, 0, expected}, {3, 20, 0, expected}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) REQUIRE(pthread_create(&threads[i], NULL, measure_again_and_again, &jobs[i]) == 0);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    CHECK_INTEGER(jobs[0].failed, 0);
    CHECK_INTEGER(jobs[1].failed, 0);
}

static void *measure_with(void *argument)
{
    il_table *table = NULL;
    void **handles = (void **)argument;
    if (il_neuron_measures((il_context *)handles[0], (il_source *)handles[1], NULL, &table)) return NULL;
    return table;
}

static void handles_may_move_from_thread_to_thread(void)
{
    il_context *context = context_of(2, 0);
    il_source *source = source_of(context, &array, labels);
    void *handles[] = {context, source};
    pthread_t thread;
    void *table = NULL;
    int64_t rows = 0;
    REQUIRE(pthread_create(&thread, NULL, measure_with, handles) == 0);
    pthread_join(thread, &table);
    REQUIRE(table != NULL);
    CHECK_OK(il_table_size((il_table *)table, &rows, NULL));
    CHECK_INTEGER(rows, D);
    il_table_free((il_table *)table);
    il_source_free(source);
    il_context_free(context);
}

int main(void)
{
    fill_labels(labels, N, CLASSES, 9);
    fill_activations(x, labels, N, D, 10);
    array = array_of(x, IL_FLOAT32, 2, shape);
    RUN(results_do_not_depend_on_threads_or_memory);
    RUN(results_do_not_depend_on_the_order_of_samples);
    RUN(two_contexts_work_side_by_side);
    RUN(handles_may_move_from_thread_to_thread);
    return check_finish();
}
