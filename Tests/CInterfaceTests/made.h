/* SPDX-License-Identifier: Apache-2.0 */
/* A table of the caller's columns, with texts that want quoting and numbers that want care. */
#ifndef MADE_H
#define MADE_H

#include "check.h"

enum { MADE_ROWS = 5 };

static const double made_numbers[MADE_ROWS] = {0.1, -0.0, 5e-324, 1e300, 1.0};
static const int64_t made_integers[MADE_ROWS] = {0, INT64_MIN, INT64_MAX, -1, 7};
static const char *const made_texts[MADE_ROWS] = {"fc1", "a,\"b\"\n", "fc1", "", "d\xC3\xB6g"};
static const il_metadata made_metadata[] = {{"measure", "made, up"}, {"unit", "bits"}};

static const il_column made_columns[] = {
    {"number", "bits", "a number", made_numbers, IL_COLUMN_DOUBLE, 0},
    {"integer", "", "an integer", made_integers, IL_COLUMN_INTEGER, 0},
    {"text", NULL, NULL, made_texts, IL_COLUMN_STRING, 0},
};

/* The first `rows` rows of it, or NULL with a failed check. */
static inline il_table *made_table(int64_t rows)
{
    il_table *table = NULL;
    CHECK_OK(il_table_new(made_columns, 3, rows, made_metadata, 2, &table));
    return table;
}

#endif
