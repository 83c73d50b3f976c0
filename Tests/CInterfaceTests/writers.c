/* SPDX-License-Identifier: Apache-2.0 */
/* Tables are made of the caller's columns and written to files, whole or not at all. */
#include "folder.h"
#include "made.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/infolens-writers-XXXXXX";
static char path[sizeof folder + 64];

static const char *in_folder(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* The file's text, up to some kilobytes, in static storage. */
static const char *contents(const char *name)
{
    static char text[8192];
    FILE *file = fopen(in_folder(name), "rb");
    text[0] = '\0';
    if (CHECK(file != NULL)) {
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        fclose(file);
    }
    return text;
}

static void a_made_table_is_a_copy(void)
{
    double numbers[] = {1, 2};
    char text[] = "one";
    const char *texts[] = {text, "two"};
    const il_column columns[] = {
        {"x", "bits", NULL, numbers, IL_COLUMN_DOUBLE, 0},
        {"s", NULL, "a text", texts, IL_COLUMN_STRING, 0},
    };
    il_table *table = NULL;
    const double *x = NULL;
    const char *const *s = NULL, *unit = NULL, *description = NULL;
    int64_t rows = 0, count = 0;
    REQUIRE_OK(il_table_new(columns, 2, 2, made_metadata, 2, &table));
    numbers[0] = 9;
    text[0] = '?';
    texts[1] = NULL;
    CHECK_OK(il_table_doubles(table, "x", &x));
    CHECK_OK(il_table_strings(table, "s", &s));
    CHECK_OK(il_table_size(table, &rows, &count));
    CHECK_INTEGER(rows, 2);
    CHECK_INTEGER(count, 2);
    REQUIRE(x && s);
    CHECK(x[0] == 1 && x[1] == 2);
    CHECK_TEXT(s[0], "one");
    CHECK_TEXT(s[1], "two");
    CHECK_OK(il_table_column(table, 1, NULL, NULL, &unit, &description));
    CHECK_TEXT(unit, "");
    CHECK_TEXT(description, "a text");
    CHECK_OK(il_table_metadata_at(table, 1, NULL, &unit));
    CHECK_TEXT(unit, "bits");
    il_table_free(table);
}

static il_status make(il_column column, int64_t rows)
{
    il_table *table = NULL;
    const il_column columns[] = {made_columns[0], column};
    return il_table_new(columns, 2, rows, NULL, 0, &table);
}

static il_column column_of(const char *name, int32_t type, const void *values)
{
    il_column column = {NULL, NULL, NULL, NULL, 0, 0};
    column.name = name;
    column.type = type;
    column.values = values;
    return column;
}

static void columns_that_make_no_table_are_refused(void)
{
    const char *const holes[] = {"a", NULL};
    const il_metadata twice[] = {{"unit", "bits"}, {"unit", "nats"}}, hollow[] = {{"unit", NULL}}, keyless[] = {{NULL, ""}};
    il_table *table = NULL;
    il_column reserved = column_of("a", IL_COLUMN_DOUBLE, made_numbers);
    reserved.reserved = 1;
    CHECK_REFUSED(make(column_of(NULL, IL_COLUMN_DOUBLE, made_numbers), 2), IL_ERROR_ARGUMENT, "columns[1].name");
    CHECK_REFUSED(make(column_of("number", IL_COLUMN_DOUBLE, made_numbers), 2), IL_ERROR_ARGUMENT, "columns[0]");
    CHECK_REFUSED(make(column_of("a", 4, made_numbers), 2), IL_ERROR_ARGUMENT, "IL_COLUMN_STRING");
    CHECK_REFUSED(make(column_of("a", IL_COLUMN_INTEGER, NULL), 2), IL_ERROR_ARGUMENT, "columns[1].values");
    CHECK_REFUSED(make(column_of("a", IL_COLUMN_STRING, holes), 2), IL_ERROR_ARGUMENT, "columns[1].values[1]");
    CHECK_REFUSED(make(reserved, 2), IL_ERROR_ARGUMENT, "reserved");
    CHECK_REFUSED(make(made_columns[1], -1), IL_ERROR_ARGUMENT, "rows");
    CHECK_STATUS(make(made_columns[1], INT64_MAX), IL_ERROR_MEMORY);
    CHECK_REFUSED(il_table_new(NULL, 0, 1, NULL, 0, &table), IL_ERROR_ARGUMENT, "rows");
    CHECK_REFUSED(il_table_new(NULL, 1, 0, NULL, 0, &table), IL_ERROR_ARGUMENT, "columns");
    CHECK_REFUSED(il_table_new(made_columns, -1, 0, NULL, 0, &table), IL_ERROR_ARGUMENT, "column_count");
    CHECK_REFUSED(il_table_new(made_columns, 3, 1, NULL, 1, &table), IL_ERROR_ARGUMENT, "metadata");
    CHECK_REFUSED(il_table_new(made_columns, 3, 1, twice, 2, &table), IL_ERROR_ARGUMENT, "metadata[1]");
    CHECK_REFUSED(il_table_new(made_columns, 3, 1, hollow, 1, &table), IL_ERROR_ARGUMENT, "metadata[0].value");
    CHECK_REFUSED(il_table_new(made_columns, 3, 1, keyless, 1, &table), IL_ERROR_ARGUMENT, "metadata[0].key");
    CHECK_REFUSED(il_table_new(made_columns, 3, 1, NULL, 0, NULL), IL_ERROR_ARGUMENT, "table");
    CHECK(table == NULL);
}

static void values_read_back_from_csv(void)
{
    il_table *table = made_table(MADE_ROWS);
    REQUIRE_OK(il_table_write_csv(table, in_folder("made.csv")));
    CHECK_TEXT(contents("made.csv"), "number,integer,text\n"
                                     "0.1,0,fc1\n"
                                     "-0.0,-9223372036854775808,\"a,\"\"b\"\"\n\"\n"
                                     "5e-324,9223372036854775807,fc1\n"
                                     "1e+300,-1,\n"
                                     "1.0,7,d\xC3\xB6g\n");
    il_table_free(table);
}

static void values_read_back_from_json(void)
{
    il_table *table = made_table(MADE_ROWS);
    REQUIRE_OK(il_table_write_json(table, in_folder("made.json")));
    CHECK_TEXT(contents("made.json"),
               "{\"metadata\": {\"measure\": \"made, up\", \"unit\": \"bits\"},\n \"columns\": [\n"
               "{\"name\": \"number\", \"unit\": \"bits\", \"description\": \"a number\", \"type\": \"double\", "
               "\"values\": [0.1, -0.0, 5e-324, 1e+300, 1.0]},\n"
               "{\"name\": \"integer\", \"unit\": \"\", \"description\": \"an integer\", \"type\": \"integer\", "
               "\"values\": [0, -9223372036854775808, 9223372036854775807, -1, 7]},\n"
               "{\"name\": \"text\", \"unit\": \"\", \"description\": \"\", \"type\": \"string\", "
               "\"values\": [\"fc1\", \"a,\\\"b\\\"\\n\", \"fc1\", \"\", \"d\xC3\xB6g\"]}\n]}\n");
    il_table_free(table);
}

static void a_new_file_replaces_the_old_and_a_link_stays_one(void)
{
    char link[sizeof path];
    struct stat status;
    il_table *table = made_table(0);
    mode_t mask = umask(027);
    REQUIRE_OK(il_table_write_csv(table, in_folder("made.csv")));
    umask(mask);
    CHECK_TEXT(contents("made.csv"), "number,integer,text\n");
    CHECK(stat(path, &status) == 0 && (status.st_mode & 0777) == 0640);
    strcpy(link, in_folder("link.csv"));
    CHECK(symlink("made.csv", link) == 0);
    il_table_free(table);
    table = made_table(1);
    CHECK_OK(il_table_write_csv(table, link));
    CHECK(lstat(link, &status) == 0 && S_ISLNK(status.st_mode));
    CHECK_TEXT(contents("made.csv"), "number,integer,text\n0.1,0,fc1\n");
    CHECK_INTEGER(files_in(folder), 3); /* made.csv, made.json, link.csv: no temporary one */
    il_table_free(table);
}

static void a_name_alone_is_a_file_in_the_working_folder(void)
{
    char before[4096];
    il_table *table = made_table(1);
    REQUIRE(getcwd(before, sizeof before) != NULL && chdir(folder) == 0);
    CHECK_OK(il_table_write_csv(table, "here.csv"));
    CHECK_TEXT(contents("here.csv"), "number,integer,text\n0.1,0,fc1\n");
    CHECK(unlink("here.csv") == 0);
    CHECK(chdir(before) == 0);
    il_table_free(table);
}

static void paths_that_cannot_be_written_are_refused(void)
{
    il_table *table = made_table(1);
    CHECK_REFUSED(il_table_write_csv(table, NULL), IL_ERROR_ARGUMENT, "path: is NULL");
    CHECK_REFUSED(il_table_write_json(table, ""), IL_ERROR_ARGUMENT, "path: is empty");
    CHECK_REFUSED(il_table_write_csv(NULL, in_folder("x.csv")), IL_ERROR_ARGUMENT, "table");
    CHECK_REFUSED(il_table_write_csv(table, folder), IL_ERROR_IO, "is a folder");
    CHECK_REFUSED(il_table_write_json(table, "/dev/full"), IL_ERROR_IO, "a device");
    CHECK_REFUSED(il_table_write_csv(table, in_folder("none/x.csv")), IL_ERROR_IO, "No such file or directory");
    CHECK_REFUSED(il_table_write_csv(table, in_folder("made.csv/x.csv")), IL_ERROR_IO, "Not a directory");
    CHECK_REFUSED(il_table_write_csv(table, in_folder("none/")), IL_ERROR_IO, "none/");
    if (geteuid() != 0) { /* root may write anywhere */
        CHECK(chmod(folder, 0500) == 0);
        CHECK_REFUSED(il_table_write_csv(table, in_folder("x.csv")), IL_ERROR_IO, "Permission denied");
        CHECK(chmod(folder, 0700) == 0);
    }
    CHECK_INTEGER(files_in(folder), 3);
    il_table_free(table);
}

/* The limit on the size of a file stands in for a full disk. */
static void a_full_disk_leaves_the_old_file_alone(void)
{
    enum { MANY = 20000 };
    static double numbers[MANY];
    struct rlimit before, small;
    const il_column column = column_of("x", IL_COLUMN_DOUBLE, numbers);
    il_table *table = NULL;
    REQUIRE_OK(il_table_new(&column, 1, MANY, NULL, 0, &table));
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    void (*previous)(int) = signal(SIGXFSZ, SIG_IGN);
    small = before;
    small.rlim_cur = 1000;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    il_status csv = il_table_write_csv(table, in_folder("made.csv"));
    CHECK_CONTAINS(il_last_error(), "make room");
    il_status json = il_table_write_json(table, in_folder("made.json"));
    CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
    signal(SIGXFSZ, previous);
    CHECK_INTEGER(csv, IL_ERROR_IO);
    CHECK_INTEGER(json, IL_ERROR_IO);
    CHECK_TEXT(contents("made.csv"), "number,integer,text\n0.1,0,fc1\n");
    CHECK_CONTAINS(contents("made.json"), "made, up");
    CHECK_INTEGER(files_in(folder), 3);
    il_table_free(table);
}

int main(void)
{
    if (!mkdtemp(folder)) return EXIT_FAILURE;
    RUN(a_made_table_is_a_copy);
    RUN(columns_that_make_no_table_are_refused);
    RUN(values_read_back_from_csv);
    RUN(values_read_back_from_json);
    RUN(a_new_file_replaces_the_old_and_a_link_stays_one);
    RUN(a_name_alone_is_a_file_in_the_working_folder);
    RUN(paths_that_cannot_be_written_are_refused);
    RUN(a_full_disk_leaves_the_old_file_alone);
    unlink(in_folder("link.csv"));
    unlink(in_folder("made.csv"));
    unlink(in_folder("made.json"));
    rmdir(folder);
    return check_finish();
}
