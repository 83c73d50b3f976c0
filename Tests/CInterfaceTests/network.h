/* SPDX-License-Identifier: Apache-2.0 */
/* A network of made-up weights, the samples that it is judged by, and its scores without some of its
 * neurons, written out in float64: plain, slow, and independent of the library. */
#ifndef NETWORK_H
#define NETWORK_H

#include "measure.h"

enum { NET_N = 250, NET_LAYERS = 3, NET_HIDDEN = 2, NET_INPUTS = 9, NET_WIDEST = 12, NET_CLASSES = 4 };

static const int64_t net_widths[NET_LAYERS + 1] = {NET_INPUTS, NET_WIDEST, 7, NET_CLASSES};
static const char *const net_names[NET_LAYERS] = {"first", "second", "scores"};
static const char *const net_functions[NET_LAYERS] = {"relu", "tanh", "softmax"};

/* [inputs, neurons] and [neurons] of each layer; float32 holds all of them. */
static double net_weight[NET_LAYERS][NET_WIDEST * NET_WIDEST];
static double net_bias[NET_LAYERS][NET_WIDEST];
static double net_inputs[NET_N * NET_INPUTS];
/* What the whole network says, layer by layer; the last one before softmax. */
static double net_said[NET_LAYERS][NET_N * NET_WIDEST];
static int32_t net_labels[NET_N];

/* Neurons that are removed, and what they say instead. */
typedef struct net_removal {
    int8_t is_removed[NET_HIDDEN][NET_WIDEST];
    double says[NET_HIDDEN][NET_WIDEST];
} net_removal;

typedef struct net_result {
    int64_t correct, correct_of[NET_CLASSES];
    double cross_entropy;
} net_result;

static inline void net_apply(int layer, const double *from, double *to)
{
    const int64_t inputs = net_widths[layer], neurons = net_widths[layer + 1];
    for (int64_t k = 0; k < neurons; k++) {
        double z = net_bias[layer][k];
        for (int64_t i = 0; i < inputs; i++) z += from[i] * net_weight[layer][i * neurons + k];
        to[k] = layer == 0 ? (z > 0 ? z : 0) : layer == 1 ? tanh(z) : z;
    }
}

/* What each layer says to a sample; NULL for a removal of nothing. */
static inline void net_evaluate_sample(int64_t sample, const net_removal *removal, double said[NET_LAYERS][NET_WIDEST])
{
    for (int layer = 0; layer < NET_LAYERS; layer++) {
        net_apply(layer, layer ? said[layer - 1] : net_inputs + sample * NET_INPUTS, said[layer]);
        for (int k = 0; removal && layer < NET_HIDDEN && k < net_widths[layer + 1]; k++)
            if (removal->is_removed[layer][k]) said[layer][k] = removal->says[layer][k];
    }
}

static inline net_result net_evaluate(const net_removal *removal)
{
    net_result result;
    double said[NET_LAYERS][NET_WIDEST];
    memset(&result, 0, sizeof result);
    for (int64_t n = 0; n < NET_N; n++) {
        net_evaluate_sample(n, removal, said);
        const double *scores = said[NET_LAYERS - 1];
        double powers = 0;
        int most = 0;
        for (int c = 1; c < NET_CLASSES; c++)
            if (scores[c] > scores[most]) most = c;
        for (int c = 0; c < NET_CLASSES; c++) powers += exp(scores[c] - scores[most]);
        result.cross_entropy += (log(powers) + scores[most] - scores[net_labels[n]]) / NET_N;
        if (most != net_labels[n]) continue;
        result.correct++;
        result.correct_of[most]++;
    }
    return result;
}

static inline int64_t net_samples_of(int32_t label)
{
    int64_t count = 0;
    for (int64_t n = 0; n < NET_N; n++) count += net_labels[n] == label;
    return count;
}

/* Mean of what a hidden neuron says. */
static inline double net_mean(int layer, int64_t neuron)
{
    double sum = 0;
    for (int64_t n = 0; n < NET_N; n++) sum += net_said[layer][n * net_widths[layer + 1] + neuron];
    return sum / NET_N;
}

/* Makes weights and samples; three labels in four are what the network says. */
static inline void net_make(uint64_t seed)
{
    for (int layer = 0; layer < NET_LAYERS; layer++) {
        const int64_t inputs = net_widths[layer], neurons = net_widths[layer + 1];
        const double spread = 4 / sqrt((double)inputs);
        for (int64_t i = 0; i < inputs * neurons; i++)
            net_weight[layer][i] = (float)(spread * (next_uniform(&seed) - 0.5));
        for (int64_t k = 0; k < neurons; k++) net_bias[layer][k] = (float)(next_uniform(&seed) - 0.5);
    }
    for (int64_t i = 0; i < NET_N * NET_INPUTS; i++) net_inputs[i] = (float)(4 * next_uniform(&seed) - 2);
    for (int64_t n = 0; n < NET_N; n++) {
        double said[NET_LAYERS][NET_WIDEST];
        net_evaluate_sample(n, NULL, said);
        for (int layer = 0; layer < NET_LAYERS; layer++)
            memcpy(net_said[layer] + n * net_widths[layer + 1], said[layer],
                   sizeof(double) * (size_t)net_widths[layer + 1]);
        net_labels[n] = 0;
        for (int c = 1; c < NET_CLASSES; c++)
            if (said[NET_LAYERS - 1][c] > said[NET_LAYERS - 1][net_labels[n]]) net_labels[n] = c;
        if (n % 4 == 0) net_labels[n] = (int32_t)(next_random(&seed) % NET_CLASSES);
    }
}

/* Adds a layer of the network, in a layout and an element type. */
static inline il_status net_add_layer(il_network *network, int layer, int32_t layout, int32_t dtype)
{
    double wide[NET_WIDEST * NET_WIDEST];
    float singles[NET_WIDEST * NET_WIDEST], biases[NET_WIDEST];
    const int64_t inputs = net_widths[layer], neurons = net_widths[layer + 1];
    const int is_out_in = layout == IL_WEIGHT_OUT_IN;
    const int64_t shape[] = {is_out_in ? neurons : inputs, is_out_in ? inputs : neurons};
    for (int64_t i = 0; i < inputs; i++)
        for (int64_t k = 0; k < neurons; k++) {
            const int64_t place = is_out_in ? k * inputs + i : i * neurons + k;
            wide[place] = net_weight[layer][i * neurons + k];
            singles[place] = (float)wide[place];
        }
    for (int64_t k = 0; k < neurons; k++) biases[k] = (float)net_bias[layer][k];
    il_array weight = array_of(dtype == IL_FLOAT32 ? (const void *)singles : wide, dtype, 2, shape);
    il_array bias = array_of(dtype == IL_FLOAT32 ? (const void *)biases : net_bias[layer], dtype, 1, &neurons);
    return il_network_add_layer(network, net_names[layer], &weight, &bias, net_functions[layer]);
}

static inline il_network *net_network(il_context *context, int32_t layout, int32_t dtype)
{
    il_network *network = NULL;
    il_network_options options;
    CHECK_OK(il_network_options_init(&options, sizeof options));
    options.layout = layout;
    if (!CHECK_OK(il_network_new(context, &options, &network))) return NULL;
    for (int layer = 0; layer < NET_LAYERS; layer++) CHECK_OK(net_add_layer(network, layer, layout, dtype));
    return network;
}

static inline void net_add_data(il_source *source, const char *name, const double *values, int64_t width)
{
    const int64_t shape[] = {NET_N, width};
    il_array array = array_of(values, IL_FLOAT64, 2, shape);
    CHECK_OK(il_source_add_layer(source, name, &array));
}

/* Inputs and labels, and with `recorded` what the hidden layers and the scores are as well. */
static inline il_source *net_source(il_context *context, int recorded)
{
    const int64_t samples = NET_N;
    il_source *source = NULL;
    il_array labels = array_of(net_labels, IL_INT32, 1, &samples);
    if (!CHECK_OK(il_source_new(context, NULL, &source))) return NULL;
    net_add_data(source, "inputs", net_inputs, NET_INPUTS);
    for (int layer = 0; recorded && layer < NET_LAYERS; layer++)
        net_add_data(source, layer < NET_HIDDEN ? net_names[layer] : "logits", net_said[layer], net_widths[layer + 1]);
    CHECK_OK(il_source_set_labels(source, &labels, NULL, 0));
    return source;
}

/* A table that names neurons: `layer`, `neuron`, and where they are given `group` numbers or `value`s. */
static inline il_table *net_neurons(const char *const *layers, const int64_t *neurons, int64_t count,
                                    const int64_t *groups, const double *values)
{
    il_table *table = NULL;
    il_column columns[] = {
        {"layer", NULL, NULL, layers, IL_COLUMN_STRING, 0},
        {"neuron", NULL, NULL, neurons, IL_COLUMN_INTEGER, 0},
        {NULL, NULL, NULL, NULL, 0, 0},
    };
    columns[2].name = groups ? "group" : "value";
    columns[2].values = groups ? (const void *)groups : values;
    columns[2].type = groups ? IL_COLUMN_INTEGER : IL_COLUMN_DOUBLE;
    CHECK_OK(il_table_new(columns, groups || values ? 3 : 2, count, NULL, 0, &table));
    return table;
}

static inline int64_t rows_of(il_table *table)
{
    int64_t rows = 0;
    CHECK_OK(il_table_size(table, &rows, NULL));
    return rows;
}

static inline const char *const *strings(il_table *table, const char *column)
{
    const char *const *values = NULL;
    CHECK_OK(il_table_strings(table, column, &values));
    return values;
}

/* The value of a metadata entry, or "" where there is none. */
static inline const char *metadata_of(il_table *table, const char *wanted)
{
    int64_t count = 0;
    CHECK_OK(il_table_metadata_count(table, &count));
    for (int64_t i = 0; i < count; i++) {
        const char *key = NULL, *value = NULL;
        CHECK_OK(il_table_metadata_at(table, i, &key, &value));
        if (key && strcmp(key, wanted) == 0) return value;
    }
    return "";
}

/* The index of a hidden layer by its name; −1 for others. */
static inline int net_index(const char *name)
{
    for (int layer = 0; layer < NET_HIDDEN; layer++)
        if (strcmp(name, net_names[layer]) == 0) return layer;
    return -1;
}

#endif
