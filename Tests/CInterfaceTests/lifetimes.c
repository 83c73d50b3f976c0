/* SPDX-License-Identifier: Apache-2.0 */
/* Handles: frees in any order, handles that were freed or are of another kind, fork(). */
#include "measure.h"
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N = 400, D = 6, CLASSES = 4 };

static const char *dump_path;
static float x[N * D];
static int32_t labels[N];
static const int64_t shape[] = {N, D};

struct handles {
    il_context *context;
    il_dump *dump;
    il_source *source;
    il_table *table;
};

static struct handles open_all(void)
{
    struct handles h = {NULL, NULL, NULL, NULL};
    CHECK_OK(il_context_new(NULL, &h.context));
    CHECK_OK(il_dump_open(h.context, dump_path, NULL, &h.dump));
    CHECK_OK(il_source_from_dump(h.context, h.dump, NULL, &h.source));
    CHECK_OK(il_neuron_measures(h.context, h.source, NULL, &h.table));
    return h;
}

static void free_one(struct handles *h, int which)
{
    switch (which) {
    case 0: il_context_free(h->context); break;
    case 1: il_dump_free(h->dump); break;
    case 2: il_source_free(h->source); break;
    default: il_table_free(h->table); break;
    }
}

static void frees_may_come_in_any_order(void)
{
    for (int order = 0; order < 24; order++) {
        struct handles h = open_all();
        int left[] = {0, 1, 2, 3}, count = 4, code = order;
        while (count > 0) {
            int pick = code % count;
            code /= count;
            free_one(&h, left[pick]);
            left[pick] = left[--count];
        }
    }
}

static void a_source_keeps_its_dump_and_a_table_its_columns(void)
{
    struct handles h = open_all();
    il_table *again = NULL;
    const double *before = doubles(h.table, "entropy");
    il_dump_free(h.dump);
    il_context_free(h.context);
    il_context *fresh = context_of(2, 0);
    CHECK_OK(il_neuron_measures(fresh, h.source, NULL, &again));
    il_source_free(h.source);
    int64_t rows = 0;
    CHECK_OK(il_table_size(h.table, &rows, NULL));
    const double *after = again ? doubles(again, "entropy") : NULL;
    REQUIRE(before && after);
    CHECK(memcmp(before, after, sizeof(double) * (size_t)rows) == 0);
    il_table_free(h.table);
    il_table_free(again);
    il_context_free(fresh);
}

static void a_freed_handle_is_refused_and_freeing_it_again_does_nothing(void)
{
    struct handles h = open_all();
    il_table *table = NULL;
    il_source *source = NULL;
    for (int which = 0; which < 4; which++) {
        free_one(&h, which);
        free_one(&h, which);
    }
    CHECK_REFUSED(il_context_cancel(h.context), IL_ERROR_ARGUMENT, "context");
    CHECK_REFUSED(il_dump_open(h.context, dump_path, NULL, &h.dump), IL_ERROR_ARGUMENT, "context");
    il_context *context = context_of(1, 0);
    CHECK_REFUSED(il_dump_describe(context, h.dump, &table), IL_ERROR_ARGUMENT, "dump");
    CHECK_REFUSED(il_source_from_dump(context, h.dump, NULL, &source), IL_ERROR_ARGUMENT, "dump");
    CHECK_REFUSED(il_neuron_measures(context, h.source, NULL, &table), IL_ERROR_ARGUMENT, "source");
    CHECK_REFUSED(il_table_size(h.table, NULL, NULL), IL_ERROR_ARGUMENT, "table");
    CHECK(table == NULL && source == NULL);
    for (int which = 0; which < 4; which++) free_one(&h, which);
    il_context_free(context);
}

static void a_handle_of_another_kind_is_refused(void)
{
    struct handles h = open_all();
    il_table *table = NULL;
    il_source *source = NULL;
    il_dump *dump = NULL;
    CHECK_REFUSED(il_dump_open((il_context *)(void *)h.table, dump_path, NULL, &dump), IL_ERROR_ARGUMENT, "context");
    CHECK_REFUSED(il_source_from_dump(h.context, (il_dump *)(void *)h.context, NULL, &source), IL_ERROR_ARGUMENT, "dump");
    CHECK_REFUSED(il_neuron_measures(h.context, (il_source *)(void *)h.dump, NULL, &table), IL_ERROR_ARGUMENT, "source");
    CHECK_REFUSED(il_table_size((il_table *)(void *)h.source, NULL, NULL), IL_ERROR_ARGUMENT, "table");
    il_table_free((il_table *)(void *)h.source); /* does nothing: */
    CHECK_OK(il_neuron_measures(h.context, h.source, NULL, &table));
    il_table_free(table);
    for (int which = 0; which < 4; which++) free_one(&h, which);
}

static void a_pointer_that_is_no_handle_is_refused(void)
{
    static uint64_t garbage[64];
    il_context *context = context_of(1, 0);
    il_table *table = NULL;
    memset(garbage, 0xFF, sizeof garbage);
    CHECK_STATUS(il_neuron_measures(context, (il_source *)(void *)garbage, NULL, &table), IL_ERROR_ARGUMENT);
    CHECK_STATUS(il_table_size((il_table *)(uintptr_t)1, NULL, NULL), IL_ERROR_ARGUMENT);
    il_source_free((il_source *)(void *)garbage);
    il_context_free(context);
}

static void many_handles_come_and_go(void)
{
    il_array array = array_of(x, IL_FLOAT32, 2, shape);
    for (int i = 0; i < 500; i++) {
        il_context *context = context_of(1, 0);
        il_source *source = source_of(context, &array, labels);
        il_table *table = NULL;
        CHECK_OK(il_neuron_measures(context, source, NULL, &table));
        il_context_free(context);
        il_source_free(source);
        il_table_free(table);
    }
}

/* In the child: the inherited source and table serve, and the same file opens anew. */
static int child_agrees(struct handles *h, il_source *source, const double *expected)
{
    il_table *table = NULL, *opened = NULL;
    il_dump *dump = NULL;
    il_source *dumped = NULL;
    const double *values = NULL;
    if (il_neuron_measures(h->context, source, NULL, &table)) return 1;
    if (il_table_doubles(table, "entropy", &values)) return 2;
    if (memcmp(values, expected, sizeof(double) * D) != 0) return 3;
    if (il_table_doubles(h->table, "entropy", &values)) return 4;
    if (il_dump_open(h->context, dump_path, NULL, &dump)) return 5;
    if (il_source_from_dump(h->context, dump, NULL, &dumped)) return 6;
    if (il_neuron_measures(h->context, dumped, NULL, &opened)) return 7;
    il_table_free(opened);
    il_source_free(dumped);
    il_dump_free(dump);
    il_table_free(table);
    return 0;
}

static void a_forked_child_can_work(void)
{
    struct handles h = open_all();
    il_array array = array_of(x, IL_FLOAT32, 2, shape);
    il_context *many = context_of(4, 0);
    il_source *source = source_of(many, &array, labels);
    il_table *table = NULL;
    REQUIRE_OK(il_neuron_measures(many, source, NULL, &table)); /* threads have been used before the fork */
    const double *expected = doubles(table, "entropy");
    il_context_free(h.context);
    h.context = many;
    fflush(stdout);
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) _exit(child_agrees(&h, source, expected));
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK_INTEGER(WEXITSTATUS(status), 0);
    CHECK_INTEGER(child_agrees(&h, source, expected), 0); /* and so can the parent still */
    il_table_free(table);
    il_source_free(source);
    for (int which = 0; which < 4; which++) free_one(&h, which);
}

int main(int argc, char **argv)
{
    static char path[4096];
    if (argc != 2) return EXIT_FAILURE;
    snprintf(path, sizeof path, "%s/native.h5", argv[1]);
    dump_path = path;
    fill_labels(labels, N, CLASSES, 12);
    fill_activations(x, labels, N, D, 13);
    RUN(frees_may_come_in_any_order);
    RUN(a_source_keeps_its_dump_and_a_table_its_columns);
    RUN(a_freed_handle_is_refused_and_freeing_it_again_does_nothing);
    RUN(a_handle_of_another_kind_is_refused);
    RUN(a_pointer_that_is_no_handle_is_refused);
    RUN(many_handles_come_and_go);
    RUN(a_forked_child_can_work);
    return check_finish();
}
