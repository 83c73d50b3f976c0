/* SPDX-License-Identifier: Apache-2.0 */
/* Files that another process reads: what happens to that process, and what this one notices of it. */
#include "measure.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *folder;
static il_context *context;
static volatile sig_atomic_t children_ended, pipes_broken;

static void count_child(int number) { (void)number, children_ended++; }
static void count_pipe(int number) { (void)number, pipes_broken++; }

static const char *fixture(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static il_status open_isolated(const char *path, double timeout, il_dump **dump)
{
    il_dump_options options;
    CHECK_OK(il_dump_options_init(&options, sizeof options));
    options.isolate = 1;
    options.timeout = timeout;
    return il_dump_open(context, path, &options, dump);
}

static il_status measure(il_dump *dump)
{
    il_source *source = NULL;
    il_table *table = NULL;
    il_status status = il_source_from_dump(context, dump, NULL, &source);
    if (status == IL_OK) status = il_neuron_measures(context, source, NULL, &table);
    il_table_free(table);
    il_source_free(source);
    return status;
}

/* Children of this process whose state is one of `states`; `last` receives one of them. */
static int children(const char *states, pid_t *last)
{
    int count = 0;
    DIR *processes = opendir("/proc");
    struct dirent *entry;
    if (!CHECK(processes != NULL)) return -1;
    while ((entry = readdir(processes)) != NULL) {
        char path[300], line[512], state;
        int parent;
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        FILE *file = entry->d_name[0] >= '0' && entry->d_name[0] <= '9' ? fopen(path, "r") : NULL;
        if (file == NULL) continue;
        const char *rest = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
        fclose(file);
        if (rest == NULL || sscanf(rest, ") %c %d", &state, &parent) != 2 || parent != (int)getpid()) continue;
        if (strchr(states, state) == NULL) continue;
        count++;
        if (last) *last = (pid_t)atoi(entry->d_name);
    }
    closedir(processes);
    return count;
}

static int descriptors(void)
{
    int count = 0;
    DIR *open = opendir("/proc/self/fd");
    if (!CHECK(open != NULL)) return -1;
    while (readdir(open)) count++;
    closedir(open);
    return count;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* The process that reads a dump that was just opened. */
static pid_t reader(void)
{
    pid_t id = -1;
    CHECK_INTEGER(children("RSDT", &id), 1);
    return id;
}

/* Sends that process a signal and waits until it has left the states of the living: signals take their time. */
static void signal_reader(int number)
{
    const struct timespec pause = {0, 1000000};
    CHECK(kill(reader(), number) == 0);
    for (int i = 0; i < 5000 && children("RSD", NULL) > 0; i++) nanosleep(&pause, NULL);
}

/* waitpid(), which the handler of SIGCHLD interrupts. */
static pid_t status_of(pid_t child, int *status)
{
    pid_t ended;
    do ended = waitpid(child, status, 0);
    while (ended < 0 && errno == EINTR);
    return ended;
}

static void set_handler(int number, void (*handler)(int))
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    CHECK(sigaction(number, &action, NULL) == 0);
}

static void measures_are_those_of_reading_here(void)
{
    static const char *const names[] = {"native.h5", "gzip.h5", "dtype_f2.h5", "dtype_be_i2.h5", "labels_strings.h5"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        il_dump *dumps[2] = {NULL, NULL};
        const double *values[2] = {NULL, NULL};
        il_table *tables[2] = {NULL, NULL};
        int64_t rows[2] = {0, 0};
        REQUIRE_OK(il_dump_open(context, fixture(names[i]), NULL, &dumps[0]));
        REQUIRE_OK(open_isolated(fixture(names[i]), 0, &dumps[1]));
        for (int d = 0; d < 2; d++) {
            il_source *source = NULL;
            REQUIRE_OK(il_source_from_dump(context, dumps[d], NULL, &source));
            il_dump_free(dumps[d]); /* the source keeps what it needs */
            REQUIRE_OK(il_neuron_measures(context, source, NULL, &tables[d]));
            il_source_free(source);
            CHECK_OK(il_table_size(tables[d], &rows[d], NULL));
            CHECK_OK(il_table_doubles(tables[d], "mutual_information", &values[d]));
        }
        REQUIRE(CHECK_INTEGER(rows[1], rows[0]) && values[0] && values[1]);
        CHECK(memcmp(values[0], values[1], (size_t)rows[0] * sizeof(double)) == 0);
        for (int d = 0; d < 2; d++) il_table_free(tables[d]);
    }
    CHECK_INTEGER(children("RSDTZ", NULL), 0);
}

static void errors_are_those_of_reading_here(void)
{
    static const char *const names[] = {"absent.h5", "text.h5", "truncated.h5", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        il_dump *dump = NULL;
        char text[2048];
        il_status status = il_dump_open(context, fixture(names[i]), NULL, &dump);
        if (!CHECK(status != IL_OK)) continue;
        snprintf(text, sizeof text, "%s", il_last_error());
        CHECK_STATUS(open_isolated(fixture(names[i]), 0, &dump), status);
        CHECK_TEXT(il_last_error(), text);
        CHECK(dump == NULL);
    }
    CHECK_INTEGER(children("RSDTZ", NULL), 0);
}

static void a_signal_that_ends_the_reader_is_an_error_that_names_it(void)
{
    static const struct {
        int number;
        const char *text;
    } ends[] = {{SIGSEGV, "signal 11 (segmentation fault)"}, {SIGKILL, "signal 9 (killed)"},
                {SIGABRT, "aborted"}, {SIGBUS, "bus error"}, {SIGFPE, "arithmetic"}, {SIGILL, "illegal"}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        il_dump *dump = NULL;
        char text[1024];
        REQUIRE_OK(open_isolated(fixture("native.h5"), 0, &dump));
        CHECK_OK(measure(dump));
        signal_reader(ends[i].number);
        CHECK_REFUSED(measure(dump), IL_ERROR_FORMAT, ends[i].text);
        snprintf(text, sizeof text, "%s", il_last_error());
        CHECK_CONTAINS(text, "native.h5");
        CHECK_CONTAINS(text, "while reading the labels");
        CHECK_STATUS(measure(dump), IL_ERROR_FORMAT);
        CHECK_TEXT(il_last_error(), text);
        il_dump_free(dump);
    }
    CHECK_INTEGER(children("RSDTZ", NULL), 0);
}

static void a_reader_that_stands_still_is_ended_in_time(void)
{
    il_dump *dump = NULL;
    REQUIRE_OK(open_isolated(fixture("native.h5"), 0.5, &dump));
    signal_reader(SIGSTOP);
    const double start = seconds();
    CHECK_REFUSED(measure(dump), IL_ERROR_FORMAT, "timeout");
    CHECK(seconds() - start >= 0.4 && seconds() - start < 20);
    CHECK_INTEGER(children("RSDTZ", NULL), 0);
    CHECK_STATUS(measure(dump), IL_ERROR_FORMAT);
    il_dump_free(dump);

    /* One that is stopped and never asked is ended with its dump. */
    REQUIRE_OK(open_isolated(fixture("native.h5"), 0, &dump));
    signal_reader(SIGSTOP);
    il_dump_free(dump);
    CHECK_INTEGER(children("RSDTZ", NULL), 0);
}

static int32_t refuse_to_go_on(void *user, const char *stage, int64_t done, int64_t total)
{
    (void)user, (void)stage, (void)done, (void)total;
    return 1;
}

static void a_call_that_waits_for_a_reader_can_be_cancelled(void)
{
    il_dump *dump = NULL;
    pid_t id;
    REQUIRE_OK(open_isolated(fixture("native.h5"), 0, &dump));
    id = reader();
    signal_reader(SIGSTOP);
    CHECK_OK(il_context_set_progress(context, refuse_to_go_on, NULL));
    const double start = seconds();
    CHECK_STATUS(measure(dump), IL_ERROR_CANCELLED);
    CHECK(seconds() - start < 20); /* the timeout is 60 s */
    CHECK_OK(il_context_set_progress(context, NULL, NULL));
    /* It was not the reader's fault: it goes on, and what nobody waited for is not taken for another answer. */
    CHECK(kill(id, SIGCONT) == 0);
    CHECK_OK(measure(dump));
    il_dump_free(dump);
}

static void nothing_is_left_behind(void)
{
    il_dump *dump = NULL;
    REQUIRE_OK(open_isolated(fixture("native.h5"), 0, &dump));
    il_dump_free(dump);
    const int before = descriptors();
    for (int i = 0; i < 100; i++) {
        REQUIRE_OK(open_isolated(fixture("native.h5"), 0, &dump));
        if (i % 4 == 0) CHECK_OK(measure(dump));
        if (i % 4 == 1) signal_reader(SIGKILL);
        if (i % 4 == 2) CHECK(open_isolated(fixture("text.h5"), 0, &dump) != IL_OK);
        il_dump_free(dump);
    }
    CHECK_INTEGER(descriptors(), before);
    CHECK_INTEGER(children("RSDTZ", NULL), 0);
    CHECK_INTEGER(pipes_broken, 0);
    CHECK(children_ended > 0); /* as the end of any child is told */
}

static void the_hosts_handlers_stay_and_its_waiting_does_no_harm(void)
{
    struct sigaction action;
    CHECK(sigaction(SIGCHLD, NULL, &action) == 0 && action.sa_handler == count_child);
    CHECK(sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == count_pipe);

    /* A host that takes the status of every child. */
    il_dump *dump = NULL;
    REQUIRE_OK(open_isolated(fixture("native.h5"), 0, &dump));
    CHECK(kill(reader(), SIGKILL) == 0);
    CHECK(status_of(-1, NULL) > 0);
    CHECK_REFUSED(measure(dump), IL_ERROR_FORMAT, "ended while");
    il_dump_free(dump);

    /* And one whose children leave none. */
    set_handler(SIGCHLD, SIG_IGN);
    REQUIRE_OK(open_isolated(fixture("native.h5"), 0, &dump));
    CHECK_OK(measure(dump));
    signal_reader(SIGKILL);
    CHECK_REFUSED(measure(dump), IL_ERROR_FORMAT, "ended while");
    il_dump_free(dump);
    set_handler(SIGCHLD, count_child);
}

struct job {
    il_dump *dump;
    il_status status;
};

static void *measure_often(void *argument)
{
    struct job *job = (struct job *)argument;
    il_context *own = context_of(3, 0);
    for (int i = 0; i < 20 && job->status == IL_OK; i++) {
        il_source *source = NULL;
        il_table *table = NULL;
        job->status = il_source_from_dump(own, job->dump, NULL, &source);
        if (job->status == IL_OK) job->status = il_neuron_measures(own, source, NULL, &table);
        il_table_free(table);
        il_source_free(source);
    }
    il_context_free(own);
    return NULL;
}

static void readers_are_independent_of_the_threads_that_started_them(void)
{
    enum { THREADS = 6 };
    struct job jobs[THREADS];
    pthread_t threads[THREADS];
    for (int t = 0; t < THREADS; t++) {
        jobs[t].dump = NULL;
        jobs[t].status = IL_OK;
        REQUIRE_OK(open_isolated(fixture(t % 2 ? "gzip.h5" : "native.h5"), 0, &jobs[t].dump));
    }
    for (int t = 0; t < THREADS; t++) REQUIRE(pthread_create(&threads[t], NULL, measure_often, &jobs[t]) == 0);
    for (int t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
    for (int t = 0; t < THREADS; t++) {
        CHECK_STATUS(jobs[t].status, IL_OK);
        CHECK_OK(measure(jobs[t].dump));
        il_dump_free(jobs[t].dump);
    }
}

static void *open_one(void *argument)
{
    struct job *job = (struct job *)argument;
    job->status = open_isolated(fixture("native.h5"), 0, &job->dump);
    return NULL;
}

static void a_dump_outlives_the_thread_that_opened_it(void)
{
    struct job job = {NULL, IL_OK};
    pthread_t thread;
    const struct timespec pause = {0, 50000000};
    REQUIRE(pthread_create(&thread, NULL, open_one, &job) == 0);
    pthread_join(thread, NULL);
    REQUIRE_OK(job.status);
    nanosleep(&pause, NULL);
    CHECK_OK(measure(job.dump));
    il_dump_free(job.dump);
}

static void a_fork_cannot_use_its_parents_reader_and_does_not_end_it(void)
{
    il_dump *dump = NULL;
    int status = -1;
    REQUIRE_OK(open_isolated(fixture("native.h5"), 0, &dump));
    fflush(stdout);
    const pid_t copy = fork();
    if (copy == 0) {
        il_status refused = measure(dump);
        il_dump_free(dump);
        _exit(refused == IL_ERROR_ARGUMENT && strstr(il_last_error(), "fork") ? 0 : 1);
    }
    REQUIRE(copy > 0 && status_of(copy, &status) == copy);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK_OK(measure(dump));
    il_dump_free(dump);
}

static void a_reader_ends_with_the_host(void)
{
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    fflush(stdout);
    const pid_t host = fork();
    if (host == 0) {
        il_dump *dump = NULL;
        pid_t id = -1;
        if (open_isolated(fixture("native.h5"), 0, &dump) == IL_OK && children("RSDT", &id) == 1)
            if (write(ends[1], &id, sizeof id) < 0) _exit(1);
        kill(getpid(), SIGKILL);
    }
    close(ends[1]);
    pid_t id = -1;
    ssize_t got;
    do got = read(ends[0], &id, sizeof id);
    while (got < 0 && errno == EINTR);
    CHECK_INTEGER(got, (int64_t)sizeof id);
    CHECK(status_of(host, NULL) == host);
    close(ends[0]);
    /* It is somebody else's child now, or nobody's: what is left of it is at most a status. */
    int alive = 1;
    for (int i = 0; i < 200 && alive; i++) {
        char path[64], line[512];
        const struct timespec pause = {0, 20000000};
        snprintf(path, sizeof path, "/proc/%d/stat", (int)id);
        FILE *file = fopen(path, "r");
        const char *rest = file && fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
        alive = rest != NULL && rest[2] != 'Z' && rest[2] != 'X';
        if (file) fclose(file);
        if (alive) nanosleep(&pause, NULL);
    }
    CHECK(!alive);
}

static void a_reader_that_is_not_there_is_told_with_a_remedy(void)
{
    il_dump *dump = NULL;
    REQUIRE(setenv("INFOLENS_READER", "/nowhere/infolens-reader", 1) == 0);
    CHECK_REFUSED(open_isolated(fixture("native.h5"), 0, &dump), IL_ERROR_NOT_FOUND, "INFOLENS_READER");
    REQUIRE(setenv("INFOLENS_READER", folder, 1) == 0);
    CHECK_REFUSED(open_isolated(fixture("native.h5"), 0, &dump), IL_ERROR_IO, "INFOLENS_READER");
    /* A program that is another. */
    REQUIRE(setenv("INFOLENS_READER", "/bin/true", 1) == 0);
    CHECK_REFUSED(open_isolated(fixture("native.h5"), 0, &dump), IL_ERROR_IO, "exit code 0");
    REQUIRE(unsetenv("INFOLENS_READER") == 0);
    CHECK_OK(open_isolated(fixture("native.h5"), 0, &dump));
    il_dump_free(dump);
    CHECK_INTEGER(children("RSDTZ", NULL), 0);
}

static void options_are_checked(void)
{
    il_dump *dump = NULL;
    il_dump_options options;
    CHECK_OK(il_dump_options_init(&options, sizeof options));
    options.isolate = 1;
    options.timeout = -1;
    CHECK_REFUSED(il_dump_open(context, fixture("native.h5"), &options, &dump), IL_ERROR_ARGUMENT, "options.timeout");
    options.timeout = NAN;
    CHECK_REFUSED(il_dump_open(context, fixture("native.h5"), &options, &dump), IL_ERROR_ARGUMENT, "options.timeout");
    options.timeout = 1e300;
    CHECK_OK(il_dump_open(context, fixture("native.h5"), &options, &dump));
    il_dump_free(dump);
    CHECK(il_reader_serve(-1) != IL_OK);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s FIXTURES\n", argv[0]);
        return 2;
    }
    folder = argv[1];
    set_handler(SIGCHLD, count_child);
    set_handler(SIGPIPE, count_pipe);
    context = context_of(2, 0);
    RUN(measures_are_those_of_reading_here);
    RUN(errors_are_those_of_reading_here);
    RUN(a_signal_that_ends_the_reader_is_an_error_that_names_it);
    RUN(a_reader_that_stands_still_is_ended_in_time);
    RUN(a_call_that_waits_for_a_reader_can_be_cancelled);
    RUN(nothing_is_left_behind);
    RUN(the_hosts_handlers_stay_and_its_waiting_does_no_harm);
    RUN(readers_are_independent_of_the_threads_that_started_them);
    RUN(a_dump_outlives_the_thread_that_opened_it);
    RUN(a_fork_cannot_use_its_parents_reader_and_does_not_end_it);
    RUN(a_reader_ends_with_the_host);
    RUN(a_reader_that_is_not_there_is_told_with_a_remedy);
    RUN(options_are_checked);
    il_context_free(context);
    return check_finish();
}
