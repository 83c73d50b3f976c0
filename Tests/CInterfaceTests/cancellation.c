/* SPDX-License-Identifier: Apache-2.0 */
/* Progress is told on the caller's thread, and a call stops when asked to. */
#include "canceller.h"
#include "measure.h"

/* Large enough that a call lasts many progress steps on any machine. */
enum { N = 20000, D = 256, CLASSES = 10 };

static float *x;
static int32_t labels[N];
static il_array array;
static const int64_t shape[] = {N, D};

struct observer {
    pthread_t caller;
    int64_t calls, last, stop_at;
    int orderly, finished;
};

static int32_t observe(void *user, const char *stage, int64_t done, int64_t total)
{
    struct observer *o = (struct observer *)user;
    o->calls++;
    if (!pthread_equal(pthread_self(), o->caller)) o->orderly = 0;
    if (stage == NULL || stage[0] == '\0' || total <= 0 || done < 0 || done > total) o->orderly = 0;
    if (done == total) o->finished = 1;
    o->last = done;
    return o->stop_at > 0 && o->calls >= o->stop_at;
}

static struct observer observer_stopping_at(int64_t call)
{
    struct observer o = {pthread_self(), 0, 0, 0, 1, 0};
    o.stop_at = call;
    return o;
}

static void progress_is_told_in_order_on_the_calling_thread(void)
{
    struct observer o = observer_stopping_at(0);
    il_context *context = context_of(4, 0);
    il_source *source = source_of(context, &array, labels);
    il_quantizer q = quantizer_of(IL_UNIFORM);
    il_table *table = NULL;
    CHECK_OK(il_context_set_progress(context, observe, &o));
    CHECK_OK(measure_source(context, source, &q, &table));
    CHECK(o.calls >= 1);
    CHECK(o.orderly);
    CHECK(o.finished);
    il_table_free(table);
    il_source_free(source);
    il_context_free(context);
}

static void a_callback_that_returns_non_zero_cancels(void)
{
    struct observer o = observer_stopping_at(1);
    il_context *context = context_of(2, 0);
    il_source *source = source_of(context, &array, labels);
    il_table *table = NULL;
    CHECK_OK(il_context_set_progress(context, observe, &o));
    CHECK_REFUSED(measure_source(context, source, NULL, &table), IL_ERROR_CANCELLED, "cancel");
    CHECK(table == NULL);
    CHECK_INTEGER(o.calls, 1); /* it is not asked again */
    CHECK_OK(il_context_set_progress(context, NULL, NULL));
    CHECK_OK(measure_source(context, source, NULL, &table)); /* the context is as good as before */
    il_table_free(table);
    il_source_free(source);
    il_context_free(context);
}

static void another_thread_can_cancel(void)
{
    il_context *context = context_of(2, 0);
    il_source *source = source_of(context, &array, labels);
    il_quantizer q = quantizer_of(IL_QUANTILE); /* the slowest: it ranks */
    il_status status = IL_OK;
    pthread_t thread;
    struct canceller job = {context, 0};
    REQUIRE(pthread_create(&thread, NULL, cancel_until_told, &job) == 0);
    /* A call may win the race against the first request; not against all of them. */
    for (int attempt = 0; attempt < 50 && status == IL_OK; attempt++) {
        il_table *table = NULL;
        status = measure_source(context, source, &q, &table);
        il_table_free(table);
    }
    job.stop = 1;
    pthread_join(thread, NULL);
    CHECK_STATUS(status, IL_ERROR_CANCELLED);
    il_table *table = NULL;
    CHECK_OK(measure_source(context, source, NULL, &table)); /* a stale request does not outlive its call */
    il_table_free(table);
    il_source_free(source);
    il_context_free(context);
}

static int32_t cancel_itself(void *user, const char *stage, int64_t done, int64_t total)
{
    (void)stage, (void)done, (void)total;
    il_context_cancel((il_context *)user);
    return 0;
}

static void a_callback_may_cancel_its_own_context(void)
{
    il_context *context = context_of(2, 0);
    il_source *source = source_of(context, &array, labels);
    il_quantizer q = quantizer_of(IL_QUANTILE);
    il_table *table = NULL;
    CHECK_OK(il_context_set_progress(context, cancel_itself, context));
    il_status status = measure_source(context, source, &q, &table);
    /* If the only report was the last one, there was nothing left to stop. */
    CHECK(status == IL_ERROR_CANCELLED || status == IL_OK);
    il_table_free(table);
    il_source_free(source);
    il_context_free(context);
}

/* Two hidden layers behind x: removing all their neurons takes many progress steps. */
static il_network *network_for_x(il_context *context)
{
    static float weight[D * 128];
    static const int64_t shapes[3][2] = {{D, 128}, {128, 96}, {96, CLASSES}};
    static const char *const names[] = {"first", "second", "scores"};
    uint64_t seed = 9;
    il_network *network = NULL;
    for (int i = 0; i < D * 128; i++) weight[i] = (float)(next_uniform(&seed) - 0.5) / 8;
    CHECK_OK(il_network_new(context, NULL, &network));
    for (int l = 0; l < 3; l++) {
        il_array w = array_of(weight, IL_FLOAT32, 2, shapes[l]);
        CHECK_OK(il_network_add_layer(network, names[l], &w, NULL, l < 2 ? "relu" : "softmax"));
    }
    return network;
}

/* x as the inputs of a network. */
static il_source *inputs_of(il_context *context)
{
    il_source *source = NULL;
    il_array y = array_of(labels, IL_INT32, 1, shape);
    CHECK_OK(il_source_new(context, NULL, &source));
    CHECK_OK(il_source_add_layer(source, "inputs", &array));
    CHECK_OK(il_source_set_labels(source, &y, NULL, 0));
    return source;
}

static int32_t stop_in_curves(void *user, const char *stage, int64_t done, int64_t total)
{
    struct observer *o = (struct observer *)user;
    observe(user, stage, done, total);
    return strcmp(stage, "ablation") == 0 && done > 0 && o->stop_at > 0 && done < total;
}

static void an_ablation_tells_its_progress_and_stops_in_mid_curve(void)
{
    struct observer o = observer_stopping_at(0);
    il_context *context = context_of(2, 0);
    il_network *network = network_for_x(context);
    il_source *source = inputs_of(context);
    il_table *table = NULL;
    il_ablation_options options;
    CHECK_OK(il_ablation_options_init(&options, sizeof options));
    options.ordering = "random";
    CHECK_OK(il_context_set_progress(context, stop_in_curves, &o));
    CHECK_OK(il_ablate(context, network, source, &options, &table));
    CHECK(o.orderly && o.finished);
    il_table_free(table);
    table = NULL;
    o = observer_stopping_at(1);
    CHECK_REFUSED(il_ablate(context, network, source, &options, &table), IL_ERROR_CANCELLED, "cancel");
    CHECK(table == NULL);
    CHECK(o.orderly);
    CHECK_OK(il_context_set_progress(context, NULL, NULL));
    CHECK_OK(il_ablate_single(context, network, source, NULL, &table)); /* the context is as good as before */
    il_table_free(table);
    il_source_free(source);
    il_network_free(network);
    il_context_free(context);
}

static void another_thread_can_cancel_an_ablation(void)
{
    il_context *context = context_of(2, 0);
    il_network *network = network_for_x(context);
    il_source *source = inputs_of(context);
    il_table *table = NULL;
    pthread_t thread;
    struct canceller job = {context, 0};
    REQUIRE(pthread_create(&thread, NULL, cancel_until_told, &job) == 0);
    CHECK_STATUS(il_ablate_single(context, network, source, NULL, &table), IL_ERROR_CANCELLED);
    CHECK_STATUS(il_diagnose(context, network, source, NULL, &table, NULL, NULL), IL_ERROR_CANCELLED);
    job.stop = 1;
    pthread_join(thread, NULL);
    CHECK(table == NULL);
    il_source_free(source);
    il_network_free(network);
    il_context_free(context);
}

int main(void)
{
    x = (float *)malloc(sizeof(float) * N * D);
    if (!x) return EXIT_FAILURE;
    fill_labels(labels, N, CLASSES, 7);
    fill_activations(x, labels, N, D, 8);
    array = array_of(x, IL_FLOAT32, 2, shape);
    RUN(progress_is_told_in_order_on_the_calling_thread);
    RUN(a_callback_that_returns_non_zero_cancels);
    RUN(another_thread_can_cancel);
    RUN(a_callback_may_cancel_its_own_context);
    RUN(an_ablation_tells_its_progress_and_stops_in_mid_curve);
    RUN(another_thread_can_cancel_an_ablation);
    free(x);
    return check_finish();
}
