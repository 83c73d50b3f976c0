/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts: defaults, limits of their options, and option structs of other versions. */
#include "check.h"

static il_context_options defaults(void)
{
    il_context_options options;
    memset(&options, 0xA5, sizeof options);
    CHECK_OK(il_context_options_init(&options, sizeof options));
    return options;
}

static void check_option_refused(const il_context_options *options, const char *part)
{
    il_context *context = NULL;
    CHECK_REFUSED(il_context_new(options, &context), IL_ERROR_ARGUMENT, part);
    CHECK(context == NULL); /* outputs are written on success only */
}

static void init_sets_the_documented_defaults(void)
{
    il_context_options options = defaults();
    CHECK_INTEGER(options.struct_size, sizeof options);
    CHECK_INTEGER(options.threads, 0);
    CHECK_INTEGER((int64_t)options.memory, 0);
    CHECK_INTEGER((int64_t)options.seed, 0);
    CHECK_INTEGER(options.unit, IL_BITS);
    CHECK_INTEGER(options.reserved, 0);
    CHECK(options.progress == NULL);
    CHECK(options.progress_user == NULL);
}

static void a_context_needs_no_options(void)
{
    il_context *context = NULL;
    CHECK_OK(il_context_new(NULL, &context));
    CHECK(context != NULL);
    CHECK_OK(il_context_set_progress(context, NULL, NULL));
    CHECK_OK(il_context_cancel(context)); /* nothing runs: nothing happens */
    il_context_free(context);
}

static void limits_are_inclusive(void)
{
    il_context_options options = defaults();
    il_context *context = NULL;
    options.threads = 1024;
    options.memory = UINT64_C(1) << 20;
    options.seed = UINT64_MAX;
    options.unit = IL_NATS;
    CHECK_OK(il_context_new(&options, &context));
    il_context_free(context);
    options.memory = UINT64_MAX;
    context = NULL;
    CHECK_OK(il_context_new(&options, &context));
    il_context_free(context);
}

static void options_out_of_range_are_refused(void)
{
    il_context_options options = defaults();
    options.threads = -1;
    check_option_refused(&options, "threads");
    options.threads = 1025;
    check_option_refused(&options, "threads");
    options = defaults();
    options.memory = (UINT64_C(1) << 20) - 1;
    check_option_refused(&options, "memory");
    options = defaults();
    options.unit = 3;
    check_option_refused(&options, "unit");
    options.unit = -1;
    check_option_refused(&options, "unit");
}

static void options_of_a_newer_header_are_refused(void)
{
    struct {
        il_context_options known;
        uint64_t unknown;
    } newer;
    newer.known = defaults();
    newer.known.struct_size = sizeof newer;
    newer.unknown = 1;
    check_option_refused(&newer.known, "struct_size");
}

static void options_without_their_init_are_refused(void)
{
    il_context_options options;
    memset(&options, 0, sizeof options);
    check_option_refused(&options, "struct_size");
}

static void null_is_refused_where_something_is_needed(void)
{
    CHECK_REFUSED(il_context_options_init(NULL, sizeof(il_context_options)), IL_ERROR_ARGUMENT, "options");
    CHECK_REFUSED(il_context_new(NULL, NULL), IL_ERROR_ARGUMENT, "context");
    CHECK_REFUSED(il_context_set_progress(NULL, NULL, NULL), IL_ERROR_ARGUMENT, "context");
    CHECK_REFUSED(il_context_cancel(NULL), IL_ERROR_ARGUMENT, "context");
    il_context_free(NULL);
}

int main(void)
{
    RUN(init_sets_the_documented_defaults);
    RUN(a_context_needs_no_options);
    RUN(limits_are_inclusive);
    RUN(options_out_of_range_are_refused);
    RUN(options_of_a_newer_header_are_refused);
    RUN(options_without_their_init_are_refused);
    RUN(null_is_refused_where_something_is_needed);
    return check_finish();
}
