/* SPDX-License-Identifier: Apache-2.0 */
/* A test harness in one header, for C99 and C++17.
 *
 * A program defines functions and runs them with RUN; each failed check prints
 * file, line and what differed, and the run goes on. REQUIRE leaves the function:
 * it is for what the following lines cannot do without. main() returns
 * check_finish(). Checks are made on one thread at a time. */
#ifndef CHECK_H
#define CHECK_H

#include <infolens.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_count;
static int check_failures;
static const char *check_test = "";

static inline int check_note(int passed, const char *file, int line)
{
    check_count++;
    if (!passed) {
        check_failures++;
        printf("%s:%d: in %s: ", file, line, check_test);
    }
    return passed;
}

static inline int check_true(int condition, const char *text, const char *file, int line)
{
    if (!check_note(condition != 0, file, line)) printf("not so: %s\n", text);
    return condition != 0;
}

static inline int check_integer(int64_t actual, int64_t expected, const char *text, const char *file, int line)
{
    int same = actual == expected;
    if (!check_note(same, file, line))
        printf("%s is %" PRId64 ", expected %" PRId64 "\n", text, actual, expected);
    return same;
}

static inline int check_near(double actual, double expected, double tolerance, const char *text, const char *file, int line)
{
    int near = fabs(actual - expected) <= tolerance; /* false for NaN */
    if (!check_note(near, file, line))
        printf("%s is %.17g, expected %.17g within %g\n", text, actual, expected, tolerance);
    return near;
}

static inline int check_text(const char *actual, const char *expected, const char *text, const char *file, int line)
{
    int same = actual != NULL && strcmp(actual, expected) == 0;
    if (!check_note(same, file, line))
        printf("%s is \"%s\", expected \"%s\"\n", text, actual ? actual : "(null)", expected);
    return same;
}

static inline int check_contains(const char *actual, const char *part, const char *text, const char *file, int line)
{
    int found = actual != NULL && strstr(actual, part) != NULL;
    if (!check_note(found, file, line))
        printf("%s is \"%s\", which does not contain \"%s\"\n", text, actual ? actual : "(null)", part);
    return found;
}

static inline int check_status(il_status actual, il_status expected, const char *text, const char *file, int line)
{
    int same = actual == expected;
    if (!check_note(same, file, line))
        printf("%s gave %s, expected %s; last error: \"%s\"\n", text, il_status_name(actual), il_status_name(expected),
               il_last_error());
    return same;
}

#define CHECK(condition) check_true((condition), #condition, __FILE__, __LINE__)
#define CHECK_INTEGER(actual, expected) check_integer((actual), (expected), #actual, __FILE__, __LINE__)
#define CHECK_NEAR(actual, expected, tolerance) \
    check_near((actual), (expected), (tolerance), #actual, __FILE__, __LINE__)
#define CHECK_TEXT(actual, expected) check_text((actual), (expected), #actual, __FILE__, __LINE__)
#define CHECK_CONTAINS(actual, part) check_contains((actual), (part), #actual, __FILE__, __LINE__)
#define CHECK_STATUS(call, expected) check_status((call), (expected), #call, __FILE__, __LINE__)
#define CHECK_OK(call) CHECK_STATUS(call, IL_OK)

/* A refused call must also explain itself: the text names `part`. */
#define CHECK_REFUSED(call, expected, part)                                                       \
    do {                                                                                          \
        if (CHECK_STATUS(call, expected)) CHECK_CONTAINS(il_last_error(), part);                  \
    } while (0)

#define REQUIRE(condition)             \
    do {                               \
        if (!CHECK(condition)) return; \
    } while (0)

#define REQUIRE_OK(call)             \
    do {                             \
        if (!CHECK_OK(call)) return; \
    } while (0)

#define RUN(test)            \
    do {                     \
        check_test = #test;  \
        fflush(stdout);      \
        test();              \
    } while (0)

static inline int check_finish(void)
{
    printf("%d checks, %d failed\n", check_count, check_failures);
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
