/* SPDX-License-Identifier: Apache-2.0 */
/* Prints what every neuron of an HDF5 dump knows about the label.
 * Usage: dump_table FILE.h5 [BINS] */
#define _POSIX_C_SOURCE 200809L
#include <infolens.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Called on this thread while a call runs; a value other than 0 would cancel it. */
static int32_t show_progress(void *user, const char *stage, int64_t done, int64_t total)
{
    (void)user;
    fprintf(stderr, "\r%-40s %3d %%%s", stage, (int)(100.0 * (double)done / (double)total), done == total ? "\n" : "");
    return 0;
}

static il_status measure(il_context *context, const char *path, int64_t bins, il_dump **dump, il_source **source,
                         il_table **table)
{
    il_quantizer quantizer;
    il_measure_options options;
    il_status status = il_quantizer_init(&quantizer, sizeof quantizer);
    if (status == IL_OK) status = il_measure_options_init(&options, sizeof options);
    quantizer.kind = IL_UNIFORM; /* equal bins between each neuron's minimum and maximum */
    quantizer.bins = bins;
    options.quantizer = &quantizer;
    options.unit = IL_BITS;
    if (status == IL_OK) status = il_dump_open(context, path, NULL, dump);
    if (status == IL_OK) status = il_source_from_dump(context, *dump, NULL, source);
    if (status == IL_OK) status = il_neuron_measures(context, *source, &options, table);
    return status;
}

static il_status print(il_table *table)
{
    int64_t rows;
    const char *const *layer;
    const int64_t *neuron;
    const double *entropy, *information, *selectivity;
    il_status status = il_table_size(table, &rows, NULL);
    if (status == IL_OK) status = il_table_strings(table, "layer", &layer);
    if (status == IL_OK) status = il_table_integers(table, "neuron", &neuron);
    if (status == IL_OK) status = il_table_doubles(table, "entropy", &entropy);
    if (status == IL_OK) status = il_table_doubles(table, "mutual_information", &information);
    if (status == IL_OK) status = il_table_doubles(table, "kl_selectivity", &selectivity);
    if (status != IL_OK) return status;
    printf("%-16s %6s %12s %12s %12s\n", "layer", "neuron", "H(T) bits", "I(T;Y) bits", "KL bits");
    for (int64_t row = 0; row < rows; row++)
        printf("%-16s %6" PRId64 " %12.6f %12.6f %12.6f\n", layer[row], neuron[row], entropy[row], information[row],
               selectivity[row]);
    return IL_OK;
}

int main(int argc, char **argv)
{
    il_context *context = NULL;
    il_dump *dump = NULL;
    il_source *source = NULL;
    il_table *table = NULL;
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: %s FILE.h5 [BINS]\n", argv[0]);
        return 2;
    }
    il_status status = il_context_new(NULL, &context);
    if (status == IL_OK && isatty(STDERR_FILENO)) status = il_context_set_progress(context, show_progress, NULL);
    if (status == IL_OK) status = measure(context, argv[1], argc == 3 ? atoll(argv[2]) : 30, &dump, &source, &table);
    if (status == IL_OK) status = print(table);
    if (status != IL_OK) fprintf(stderr, "%s: %s: %s\n", argv[0], il_status_name(status), il_last_error());
    il_table_free(table); /* frees accept NULL and may come in any order */
    il_source_free(source);
    il_dump_free(dump);
    il_context_free(context);
    return status == IL_OK ? 0 : 1;
}
