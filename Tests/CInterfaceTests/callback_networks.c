/* SPDX-License-Identifier: Apache-2.0 */
/* Networks that the caller ablates and scores: what they are asked, what becomes of failures, and how calls stop. */
#include "canceller.h"
#include "network.h"

static il_context *context;
static il_source *source; /* what the hidden layers say, and labels */

static const char *const score_names[] = {"accuracy", "cross_entropy", "removed"};

/* What a callback is told to do, and what it has seen. */
struct script {
    int64_t calls, fail_at, nan_at, cancel_at, sleep;
    int is_orderly, cancelled;
    pthread_t caller;
    il_network *self; /* to be asked while it is being scored */
};

/* Scores the network of network.h, in float64. */
static int32_t score(void *user, const int64_t *layers, const int64_t *neurons, int64_t count, double *scores)
{
    struct script *script = (struct script *)user;
    net_removal removal;
    memset(&removal, 0, sizeof removal);
    script->calls++;
    if (!pthread_equal(pthread_self(), script->caller) || count < 0 || count > 19) script->is_orderly = 0;
    for (int64_t i = 0; i < count; i++) {
        removal.is_removed[layers[i]][neurons[i]] = 1;
        if (i > 0 && (layers[i] < layers[i - 1] || (layers[i] == layers[i - 1] && neurons[i] <= neurons[i - 1])))
            script->is_orderly = 0;
    }
    if (script->self) {
        il_table *table = NULL;
        if (il_network_layers(context, script->self, &table) != IL_OK) script->is_orderly = 0;
        il_table_free(table);
    }
    if (script->sleep) {
        const struct timespec pause = {0, (long)script->sleep};
        nanosleep(&pause, NULL);
    }
    const net_result result = net_evaluate(&removal);
    scores[0] = (double)result.correct / NET_N;
    scores[1] = script->calls == script->nan_at ? NAN : result.cross_entropy;
    scores[2] = (double)count;
    if (script->calls == script->cancel_at) il_context_cancel(context);
    return script->calls == script->fail_at ? -77 : 0;
}

static struct script script_of(void)
{
    struct script script;
    memset(&script, 0, sizeof script);
    script.is_orderly = 1;
    script.caller = pthread_self();
    return script;
}

/* The hidden layers of the network, scored by a script. */
static il_network *network_of(struct script *script, int64_t scores)
{
    il_network *network = NULL;
    CHECK_OK(il_network_from_callback(context, net_names, net_widths + 1, NET_HIDDEN, score_names, scores, score, script,
                                      &network));
    return network;
}

static void a_callback_has_layers(void)
{
    struct script script = script_of();
    il_network *network = network_of(&script, 3);
    il_table *table = NULL;
    REQUIRE_OK(il_network_layers(context, network, &table));
    REQUIRE(CHECK_INTEGER(rows_of(table), 2));
    for (int row = 0; row < 2; row++) {
        CHECK_TEXT(strings(table, "layer")[row], net_names[row]);
        CHECK_TEXT(strings(table, "activation")[row], "callback");
        CHECK_INTEGER(integers(table, "inputs")[row], 0);
        CHECK_INTEGER(integers(table, "neurons")[row], net_widths[row + 1]);
        CHECK_INTEGER(integers(table, "has_bias")[row], 0);
    }
    CHECK_INTEGER(script.calls, 0);
    il_table_free(table);
    il_network_free(network);
}

static void curves_of_a_callback_are_those_of_the_same_dense_network(void)
{
    struct script script = script_of();
    il_network *called = network_of(&script, 3), *dense = net_network(context, IL_WEIGHT_AUTO, IL_FLOAT64);
    il_source *data = net_source(context, 1);
    il_ablation_options options;
    script.self = called;
    CHECK_OK(il_ablation_options_init(&options, sizeof options));
    options.directions = IL_ASCENDING + IL_DESCENDING;
    options.random_repeats = 1;
    for (int32_t scope = IL_SCOPE_LAYER; scope <= IL_SCOPE_NETWORK; scope++) {
        il_table *a = NULL, *b = NULL;
        options.scope = scope;
        options.step = scope;
        script.calls = 0;
        REQUIRE_OK(il_ablate(context, called, source, &options, &a));
        REQUIRE_OK(il_ablate(context, dense, data, &options, &b));
        REQUIRE(CHECK_INTEGER(rows_of(a), rows_of(b)));
        CHECK_INTEGER(script.calls, rows_of(a));
        for (int64_t row = 0; row < rows_of(a); row++) {
            CHECK_TEXT(strings(a, "layer")[row], strings(b, "layer")[row]);
            CHECK_TEXT(strings(a, "replacement")[row], "callback");
            CHECK_INTEGER(integers(a, "removed_neuron")[row], integers(b, "removed_neuron")[row]);
            CHECK(doubles(a, "accuracy")[row] == doubles(b, "accuracy")[row]);
            CHECK_NEAR(doubles(a, "cross_entropy")[row], doubles(b, "cross_entropy")[row], 1e-4);
            CHECK(doubles(a, "removed")[row] == (double)integers(a, "neurons_removed")[row]);
        }
        il_table_free(a);
        il_table_free(b);
    }
    CHECK(script.is_orderly);
    il_source_free(data);
    il_network_free(dense);
    il_network_free(called);
}

static void an_order_of_ones_own_needs_no_source(void)
{
    static const char *const layers[] = {"second", "first"};
    static const int64_t neurons[] = {2, 10};
    struct script script = script_of();
    il_network *network = network_of(&script, 3);
    il_table *order = net_neurons(layers, neurons, 2, NULL, NULL), *table = NULL;
    il_ablation_options options;
    CHECK_OK(il_ablation_options_init(&options, sizeof options));
    options.order = order;
    options.scope = IL_SCOPE_NETWORK;
    CHECK_OK(il_ablate(context, network, NULL, &options, &table));
    CHECK_INTEGER(rows_of(table), 3);
    il_table_free(table);
    options.order = NULL;
    options.ordering = "random";
    CHECK_OK(il_ablate(context, network, NULL, &options, &table));
    CHECK_INTEGER(rows_of(table), 20);
    il_table_free(table);
    CHECK_OK(il_ablate_single(context, network, NULL, NULL, &table));
    CHECK_INTEGER(rows_of(table), 19);
    il_table_free(table);
    table = NULL;
    options.ordering = NULL;
    CHECK_REFUSED(il_ablate(context, network, NULL, &options, &table), IL_ERROR_NOT_FOUND, "source");
    CHECK(table == NULL);
    il_table_free(order);
    il_network_free(network);
}

static void losses_are_those_of_each_score(void)
{
    static const char *const layers[] = {"second", "first", "first"};
    static const int64_t neurons[] = {2, 10, 0}, groups[] = {1, 1, 0};
    struct script script = script_of();
    il_network *network = network_of(&script, 3);
    il_table *given = net_neurons(layers, neurons, 3, groups, NULL), *table = NULL;
    REQUIRE_OK(il_ablate_groups(context, network, NULL, given, NULL, &table));
    CHECK_INTEGER(script.calls, 3); /* the whole network once */
    CHECK_INTEGER(rows_of(table), 2);
    CHECK(doubles(table, "removed")[1] == 2 && doubles(table, "removed_loss")[1] == -2);
    CHECK(doubles(table, "removed")[0] == 1 && doubles(table, "removed_loss")[0] == -1);
    CHECK_NEAR(doubles(table, "accuracy_loss")[1],
               (double)net_evaluate(NULL).correct / NET_N - doubles(table, "accuracy")[1], 1e-15);
    CHECK_TEXT(metadata_of(table, "removed"), "0.0");
    il_table_free(table);
    il_table_free(given);
    il_network_free(network);
}

static void a_curve_is_asked_no_further_than_until(void)
{
    struct script script = script_of();
    il_network *network = network_of(&script, 3);
    il_ablation_options options;
    il_table *table = NULL;
    CHECK_OK(il_ablation_options_init(&options, sizeof options));
    options.until = 0.6;
    REQUIRE_OK(il_ablate(context, network, source, &options, &table));
    CHECK_INTEGER(script.calls, rows_of(table));
    CHECK(script.calls < 21);
    il_table_free(table);
    il_network_free(network);
    network = NULL;
    table = NULL;
    CHECK_OK(il_network_from_callback(context, net_names, net_widths + 1, 2, score_names + 1, 2, score, &script, &network));
    CHECK_REFUSED(il_ablate(context, network, source, &options, &table), IL_ERROR_ARGUMENT, "accuracy");
    CHECK(table == NULL);
    il_network_free(network);
}

static void a_failing_callback_ends_the_call(void)
{
    static const int64_t at[] = {1, 5, 21};
    for (int i = 0; i < 3; i++) {
        struct script script = script_of();
        il_network *network = network_of(&script, 3);
        il_table *table = NULL;
        script.fail_at = at[i];
        CHECK_REFUSED(il_ablate(context, network, source, NULL, &table), IL_ERROR_CALLBACK, "-77");
        CHECK_INTEGER(script.calls, at[i]);
        script.calls = 0;
        script.fail_at = 2;
        CHECK_REFUSED(il_ablate_single(context, network, NULL, NULL, &table), IL_ERROR_CALLBACK, "1 neurons removed");
        script.calls = 0;
        CHECK_STATUS(il_diagnose(context, network, source, NULL, &table, NULL, NULL), IL_ERROR_CALLBACK);
        CHECK(table == NULL);
        script.calls = script.fail_at = 0;
        CHECK_OK(il_ablate(context, network, source, NULL, &table)); /* the network is as good as before */
        il_table_free(table);
        il_network_free(network);
    }
    CHECK_TEXT(il_status_name(IL_ERROR_CALLBACK), "IL_ERROR_CALLBACK");
}

static void a_score_that_is_not_finite_is_an_error(void)
{
    struct script script = script_of();
    il_network *network = network_of(&script, 3);
    il_table *table = NULL;
    script.nan_at = 4;
    CHECK_REFUSED(il_ablate(context, network, source, NULL, &table), IL_ERROR_NUMERIC, "\"cross_entropy\"");
    CHECK_CONTAINS(il_last_error(), "3 neurons removed");
    CHECK(table == NULL);
    il_network_free(network);
}

/* A callback that writes no score has not scored. */
static int32_t idle(void *user, const int64_t *layers, const int64_t *neurons, int64_t count, double *scores)
{
    (void)user, (void)layers, (void)neurons, (void)count, (void)scores;
    return 0;
}

static void a_score_that_is_not_written_is_an_error(void)
{
    il_network *network = NULL;
    il_table *table = NULL;
    REQUIRE_OK(il_network_from_callback(context, net_names, net_widths + 1, 2, score_names, 1, idle, NULL, &network));
    CHECK_REFUSED(il_ablate_single(context, network, NULL, NULL, &table), IL_ERROR_NUMERIC, "\"accuracy\"");
    CHECK(table == NULL);
    il_network_free(network);
}

static int32_t stop_after(void *user, const char *stage, int64_t done, int64_t total)
{
    (void)stage;
    return done > total / 3 && --*(int *)user <= 0;
}

static void a_call_stops_in_mid_curve(void)
{
    struct script script = script_of();
    il_network *network = network_of(&script, 3);
    il_table *table = NULL;
    int reports = 1;
    script.cancel_at = 6; /* the callback itself asks to stop */
    CHECK_REFUSED(il_ablate(context, network, source, NULL, &table), IL_ERROR_CANCELLED, "cancel");
    CHECK_INTEGER(script.calls, 6);
    script = script_of();
    script.sleep = 10000000; /* reports come thirty times a second */
    CHECK_OK(il_context_set_progress(context, stop_after, &reports));
    CHECK_STATUS(il_ablate_single(context, network, NULL, NULL, &table), IL_ERROR_CANCELLED);
    CHECK(script.calls > 1 && script.calls < 20);
    CHECK(table == NULL);
    CHECK_OK(il_context_set_progress(context, NULL, NULL));
    il_network_free(network);
}

static void another_thread_can_cancel(void)
{
    struct script script = script_of();
    il_network *network = network_of(&script, 3);
    il_table *table = NULL;
    pthread_t thread;
    struct canceller job = {context, 0};
    script.sleep = 5000000;
    REQUIRE(pthread_create(&thread, NULL, cancel_until_told, &job) == 0);
    CHECK_STATUS(il_ablate_single(context, network, NULL, NULL, &table), IL_ERROR_CANCELLED);
    job.stop = 1;
    pthread_join(thread, NULL);
    CHECK(script.calls < 20);
    CHECK(table == NULL);
    il_network_free(network);
}

static void callbacks_that_make_no_network_are_refused(void)
{
    static const int64_t none[] = {3, 0}, negative[] = {-1, 3}, huge[] = {INT64_MAX, 3};
    static const char *const twice[] = {"a", "a"}, *const hollow[] = {"a", NULL};
    static const char *const taken[] = {"accuracy", "step"}, *const lost[] = {"a_loss", "a"};
    const int64_t *widths = net_widths + 1;
    il_network *network = NULL;
    const struct {
        const char *const *layers;
        const int64_t *neurons;
        int64_t layer_count;
        const char *const *scores;
        int64_t score_count;
        il_ablation_callback callback;
        const char *part;
    } cases[] = {
        {NULL, widths, 2, score_names, 1, score, "layers"},
        {NULL, widths, 0, score_names, 1, score, "layers"},
        {net_names, NULL, 2, score_names, 1, score, "neurons"},
        {net_names, widths, 0, score_names, 1, score, "layer_count"},
        {net_names, widths, -1, score_names, 1, score, "layer_count"},
        {net_names, widths, 2, NULL, 0, score, "scores"},
        {net_names, widths, 2, score_names, 0, score, "score_count"},
        {net_names, widths, 2, score_names, INT64_MIN, score, "score_count"},
        {net_names, widths, 2, score_names, 1, NULL, "callback"},
        {net_names, none, 2, score_names, 1, score, "neurons[1]"},
        {net_names, negative, 2, score_names, 1, score, "neurons[0]"},
        {net_names, huge, 2, score_names, 1, score, "neurons[0]"},
        {twice, widths, 2, score_names, 1, score, "comes twice"},
        {net_names, widths, 2, twice, 2, score, "scores[1]"},
        {net_names, widths, 2, taken, 2, score, "scores[1]: \"step\""},
        {net_names, widths, 2, lost, 2, score, "scores[0]: \"a_loss\""},
        {hollow, widths, 2, score_names, 1, score, "layers[1]"},
        {net_names, widths, 2, hollow, 2, score, "scores[1]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_REFUSED(il_network_from_callback(context, cases[i].layers, cases[i].neurons, cases[i].layer_count,
                                               cases[i].scores, cases[i].score_count, cases[i].callback, NULL, &network),
                      IL_ERROR_ARGUMENT, cases[i].part);
    CHECK(network == NULL);
}

static void what_needs_weights_is_refused(void)
{
    struct script script = script_of();
    il_network *network = network_of(&script, 3);
    il_table *table = NULL, *removed = net_neurons(net_names, net_widths, 1, NULL, NULL);
    CHECK_REFUSED(il_network_check(context, network, source, 0, &table), IL_ERROR_ARGUMENT, "weights");
    CHECK_REFUSED(il_network_export(context, network, source, removed, NULL, "/nowhere"), IL_ERROR_ARGUMENT, "weights");
    CHECK_REFUSED(net_add_layer(network, 0, IL_WEIGHT_AUTO, IL_FLOAT32), IL_ERROR_ARGUMENT, "callback");
    CHECK(table == NULL);
    CHECK_INTEGER(script.calls, 0);
    il_table_free(removed);
    il_network_free(network);
}

static void more_orders_than_memory_holds_are_refused(void)
{
    static const char *const name = "wide";
    static const int64_t wide = INT32_MAX - 1;
    struct script script = script_of();
    il_network *network = NULL;
    il_table *table = NULL;
    il_ablation_options options;
    CHECK_OK(il_ablation_options_init(&options, sizeof options));
    options.ordering = "random";
    REQUIRE_OK(il_network_from_callback(context, &name, &wide, 1, score_names, 1, score, &script, &network));
    CHECK_STATUS(il_ablate(context, network, NULL, &options, &table), IL_ERROR_MEMORY);
    CHECK_STATUS(il_ablate_single(context, network, NULL, &options, &table), IL_ERROR_MEMORY);
    CHECK_STATUS(il_diagnose(context, network, source, NULL, &table, NULL, NULL), IL_ERROR_MEMORY);
    CHECK_INTEGER(script.calls, 0);
    CHECK(table == NULL);
    il_network_free(network);
}

int main(void)
{
    const int64_t samples = NET_N;
    il_array labels = array_of(net_labels, IL_INT32, 1, &samples);
    net_make(4);
    context = context_of(2, 0);
    if (!CHECK_OK(il_source_new(context, NULL, &source))) return check_finish();
    for (int l = 0; l < NET_HIDDEN; l++) net_add_data(source, net_names[l], net_said[l], net_widths[l + 1]);
    CHECK_OK(il_source_set_labels(source, &labels, NULL, 0));
    RUN(a_callback_has_layers);
    RUN(curves_of_a_callback_are_those_of_the_same_dense_network);
    RUN(an_order_of_ones_own_needs_no_source);
    RUN(losses_are_those_of_each_score);
    RUN(a_curve_is_asked_no_further_than_until);
    RUN(a_failing_callback_ends_the_call);
    RUN(a_score_that_is_not_finite_is_an_error);
    RUN(a_score_that_is_not_written_is_an_error);
    RUN(a_call_stops_in_mid_curve);
    RUN(another_thread_can_cancel);
    RUN(callbacks_that_make_no_network_are_refused);
    RUN(what_needs_weights_is_refused);
    RUN(more_orders_than_memory_holds_are_refused);
    il_source_free(source);
    il_context_free(context);
    return check_finish();
}
