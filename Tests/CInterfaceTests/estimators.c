/* SPDX-License-Identifier: Apache-2.0 */
/* Entropies of counts by every estimator, divergences, and what they refuse. */
#include "measure.h"

static double entropy_of(il_context *context, const int64_t *counts, int64_t count, const char *estimator, int32_t alphabet)
{
    double value = NAN;
    CHECK_OK(il_entropy(context, counts, count, estimator, alphabet, IL_NATS, &value));
    return value;
}

static void the_registry_lists_what_il_entropy_takes(void)
{
    static const char *const names[] = {"plug-in",   "miller-madow", "grassberger",    "chao-shen",
                                        "james-stein", "jackknife",  "panzeri-treves", "nsb"};
    const int64_t counts[] = {5, 3, 2};
    il_context *context = context_of(1, 0);
    il_estimator_info info;
    REQUIRE(il_estimator_count() == 8);
    for (int64_t i = 0; i < il_estimator_count(); i++) {
        double value = NAN;
        info.struct_size = sizeof info;
        REQUIRE_OK(il_estimator_at(i, &info));
        CHECK_TEXT(info.name, names[i]);
        CHECK(strlen(info.description) > 10 && strlen(info.reference) > 5);
        CHECK_INTEGER(info.uses_alphabet, i == 4 || i == 7);
        CHECK_INTEGER(info.of_entropy, i != 6);
        if (info.of_entropy) {
            CHECK_OK(il_entropy(context, counts, 3, info.name, IL_ALPHABET_FULL, IL_BITS, &value));
            CHECK(value > 1 && value < 2);
        } else {
            CHECK_REFUSED(il_entropy(context, counts, 3, info.name, IL_ALPHABET_FULL, IL_BITS, &value), IL_ERROR_ARGUMENT,
                          "corrects mutual information");
        }
    }
    CHECK_REFUSED(il_estimator_at(8, &info), IL_ERROR_ARGUMENT, "0 to 7");
    CHECK_REFUSED(il_estimator_at(-1, &info), IL_ERROR_ARGUMENT, "0 to 7");
    CHECK_REFUSED(il_estimator_at(0, NULL), IL_ERROR_ARGUMENT, "info");
    info.struct_size = 0;
    CHECK_REFUSED(il_estimator_at(0, &info), IL_ERROR_ARGUMENT, "sizeof(il_estimator_info)");
    il_context_free(context);
}

static void entropies_have_their_closed_forms(void)
{
    const int64_t equal[] = {4, 4, 4, 4}, skewed[] = {3, 1, 0, 0}, one[] = {0, 9, 0};
    il_context *context = context_of(1, 0);
    double bits = NAN, nats = NAN;
    CHECK_OK(il_entropy(context, equal, 4, NULL, IL_ALPHABET_FULL, IL_BITS, &bits));
    CHECK(bits == 2);
    CHECK_OK(il_entropy(context, equal, 4, "plug-in", IL_ALPHABET_FULL, IL_UNIT_DEFAULT, &bits));
    CHECK(bits == 2);
    nats = entropy_of(context, skewed, 4, "plug-in", IL_ALPHABET_FULL);
    CHECK_NEAR(nats, 2 * log(2.0) - 0.75 * log(3.0), 1e-15);
    CHECK_NEAR(entropy_of(context, skewed, 4, "miller-madow", IL_ALPHABET_FULL), nats + 1.0 / 8, 1e-15);
    CHECK(entropy_of(context, one, 3, "james-stein", IL_ALPHABET_FULL) == 0);
    CHECK(entropy_of(context, one, 3, "nsb", IL_ALPHABET_OBSERVED) == 0);
    CHECK(entropy_of(context, one, 3, "nsb", IL_ALPHABET_FULL) > 0);
    CHECK(entropy_of(context, skewed, 4, "james-stein", IL_ALPHABET_FULL) >
          entropy_of(context, skewed, 4, "james-stein", IL_ALPHABET_OBSERVED));
    il_context_free(context);
}

static void counts_that_make_no_histogram_are_refused(void)
{
    const int64_t good[] = {1, 2}, negative[] = {1, -2, 3}, none[] = {0, 0}, huge[] = {INT64_C(4294967295), 1},
                  largest[] = {INT64_MAX, INT64_MAX};
    il_context *context = context_of(1, 0);
    double value = 7;
    CHECK_REFUSED(il_entropy(context, negative, 3, NULL, 0, IL_BITS, &value), IL_ERROR_ARGUMENT, "counts[1]: is -2");
    CHECK_REFUSED(il_entropy(context, none, 2, NULL, 0, IL_BITS, &value), IL_ERROR_ARGUMENT, "all 2 are 0");
    CHECK_REFUSED(il_entropy(context, huge, 2, NULL, 0, IL_BITS, &value), IL_ERROR_ARGUMENT, "4294967295");
    CHECK_REFUSED(il_entropy(context, largest, 2, NULL, 0, IL_BITS, &value), IL_ERROR_ARGUMENT, "counts[0]");
    CHECK_REFUSED(il_entropy(context, good, 0, NULL, 0, IL_BITS, &value), IL_ERROR_ARGUMENT, "count: is 0");
    CHECK_REFUSED(il_entropy(context, good, -5, NULL, 0, IL_BITS, &value), IL_ERROR_ARGUMENT, "count: is -5");
    CHECK_REFUSED(il_entropy(context, NULL, 2, NULL, 0, IL_BITS, &value), IL_ERROR_ARGUMENT, "counts: is NULL");
    CHECK_REFUSED(il_entropy(context, good, 2, "magic", 0, IL_BITS, &value), IL_ERROR_NOT_FOUND, "\"miller-madow\"");
    CHECK_REFUSED(il_entropy(context, good, 2, NULL, 2, IL_BITS, &value), IL_ERROR_ARGUMENT, "IL_ALPHABET_OBSERVED");
    CHECK_REFUSED(il_entropy(context, good, 2, NULL, 0, 9, &value), IL_ERROR_ARGUMENT, "IL_NATS");
    CHECK_REFUSED(il_entropy(context, good, 2, NULL, 0, IL_BITS, NULL), IL_ERROR_ARGUMENT, "entropy");
    CHECK_REFUSED(il_entropy(NULL, good, 2, NULL, 0, IL_BITS, &value), IL_ERROR_ARGUMENT, "context");
    CHECK(value == 7);
    CHECK_OK(il_entropy(context, huge, 1, "nsb", 0, IL_BITS, &value));
    il_context_free(context);
}

static void what_an_estimator_cannot_say_is_an_error(void)
{
    const int64_t singletons[] = {1, 0, 1, 1}, one[] = {0, 1};
    il_context *context = context_of(1, 0);
    double value = 7;
    CHECK_REFUSED(il_entropy(context, singletons, 4, "chao-shen", 0, IL_BITS, &value), IL_ERROR_NUMERIC,
                  "every level occurs only once");
    CHECK_REFUSED(il_entropy(context, one, 2, "jackknife", 0, IL_BITS, &value), IL_ERROR_NUMERIC, "only one sample");
    CHECK(value == 7);
    il_context_free(context);
}

static void divergences_have_their_closed_forms(void)
{
    const double p[] = {2, 1, 1}, q[] = {0.25, 0.5, 0.25}, left[] = {1, 0}, right[] = {0, 3}, both[] = {2, 2};
    il_context *context = context_of(1, 0);
    double value = NAN;
    CHECK_OK(il_kl_divergence(context, p, q, 3, IL_BITS, &value));
    CHECK(value == 0.25);
    CHECK_OK(il_kl_divergence(context, left, right, 2, IL_BITS, &value));
    CHECK(isinf(value) && value > 0);
    CHECK_OK(il_kl_divergence(context, left, both, 2, IL_NATS, &value));
    CHECK_NEAR(value, log(2.0), 1e-15);
    CHECK_OK(il_jensen_shannon_divergence(context, left, right, 2, IL_UNIT_DEFAULT, &value));
    CHECK(value == 1);
    CHECK_OK(il_jensen_shannon_divergence(context, q, q, 3, IL_BITS, &value));
    CHECK(value == 0);
    il_context_free(context);
}

static void weights_that_make_no_distribution_are_refused(void)
{
    const double good[] = {1, 2}, negative[] = {1, -0.5}, nan[] = {NAN, 1}, infinite[] = {1, INFINITY}, none[] = {0, 0};
    il_context *context = context_of(1, 0);
    double value = 7;
    CHECK_REFUSED(il_kl_divergence(context, negative, good, 2, IL_BITS, &value), IL_ERROR_NUMERIC, "p[1]: is -0.5");
    CHECK_REFUSED(il_kl_divergence(context, good, nan, 2, IL_BITS, &value), IL_ERROR_NUMERIC, "q[0]: is nan");
    CHECK_REFUSED(il_jensen_shannon_divergence(context, good, infinite, 2, IL_BITS, &value), IL_ERROR_NUMERIC, "q[1]: is inf");
    CHECK_REFUSED(il_jensen_shannon_divergence(context, none, good, 2, IL_BITS, &value), IL_ERROR_NUMERIC, "p: all 2");
    CHECK_REFUSED(il_kl_divergence(context, good, good, 0, IL_BITS, &value), IL_ERROR_ARGUMENT, "count: is 0");
    CHECK_REFUSED(il_kl_divergence(context, good, NULL, 2, IL_BITS, &value), IL_ERROR_ARGUMENT, "q: is NULL");
    CHECK_REFUSED(il_kl_divergence(context, good, good, 2, 7, &value), IL_ERROR_ARGUMENT, "unit");
    CHECK_REFUSED(il_kl_divergence(context, good, good, 2, IL_BITS, NULL), IL_ERROR_ARGUMENT, "divergence");
    CHECK_REFUSED(il_kl_divergence(NULL, good, good, 2, IL_BITS, &value), IL_ERROR_ARGUMENT, "context");
    CHECK(value == 7);
    il_context_free(context);
}

int main(void)
{
    RUN(the_registry_lists_what_il_entropy_takes);
    RUN(entropies_have_their_closed_forms);
    RUN(counts_that_make_no_histogram_are_refused);
    RUN(what_an_estimator_cannot_say_is_an_error);
    RUN(divergences_have_their_closed_forms);
    RUN(weights_that_make_no_distribution_are_refused);
    return check_finish();
}
