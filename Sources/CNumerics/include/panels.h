/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dense layers on panels: CN_PANEL samples side by side, so that a vector holds one neuron of several
 * samples, and what belongs to a neuron (a weight, a bias) is the same in every lane. A panel of n
 * neurons is float[n][CN_PANEL], aligned to 64 bytes. Lanes never meet: what comes out for a sample
 * does not depend on the samples beside it.
 */
#ifndef CN_PANELS_H
#define CN_PANELS_H

#include <stdint.h>

/* Samples in a panel. */
#define CN_PANEL 32

/* Outputs of a layer that cn_panel_forward computes together: as many sums of all lanes as the registers of
 * every instruction set hold. */
#define CN_PANEL_TILE 10

enum {
    CN_LINEAR = 0,
    CN_RELU,
    CN_LEAKY_RELU,
    CN_TANH,
    CN_SIGMOID,
    CN_GELU,
    CN_GELU_TANH,
    CN_SILU,
    CN_ELU,
    CN_SOFTPLUS
};

/* Panel of `count` rows of activations, `stride` elements apart; missing lanes repeat the last row.
 * Returns 0, or 1 if a value is NaN or infinite. 1 <= count <= CN_PANEL. */
int32_t cn_panel_load_f32(const float *rows, int64_t stride, int64_t count, int64_t neurons, float *panel);
int32_t cn_panel_load_f64(const double *rows, int64_t stride, int64_t count, int64_t neurons, float *panel);

/* Adds what a neuron says to the neurons k of the next layer: z[k] += change * weights[k], change = said - minus.
 *
 * said, minus  a number a lane; minus may be NULL for 0
 * largest      for each lane: bound[l] += |change[l]| * largest
 * Returns 0, with nothing changed, where the change is 0 in all lanes. */
int32_t cn_panel_add(float *z, int64_t neurons, const float *said, const float *minus, const float *weights,
                     float largest, float *bound);

/* change = said - minus, as above, and the bound grows, but nothing is added. */
int32_t cn_panel_change(const float *said, const float *minus, float *change, float largest, float *bound);

/* h[k] = f(z[k]). `parameter` is the slope of CN_LEAKY_RELU, the scale of CN_ELU. */
void cn_panel_activate(const float *z, int64_t neurons, int32_t function, float parameter, float *h);

/* What a layer hands on to the next. */
typedef struct cn_panel_layer {
    float *z;             /* panel of its pre-activations */
    int64_t neurons;
    int32_t function;     /* CN_LINEAR ... */
    float parameter;      /* of the function */
    const int32_t *index; /* the neurons that take part, ascending; NULL = all */
    int64_t count;        /* entries of index, or `neurons` */
    const float *minus;   /* panel to subtract from what they say; NULL = nothing */
    const float *delta;   /* one number a lane: z[k] += delta * weights[k] first, where index is NULL; NULL = not */
    const float *weights; /* a number a neuron */
} cn_panel_layer;

/*
 * out[o] = start[o] + sum over the neurons k that take part of (f(z[k]) - minus[k]) * w[k][o], in their order.
 *
 * packed    tiles of CN_PANEL_TILE outputs, the last maybe fewer: for each tile its outputs of neuron 0, of
 *           neuron 1, ...; `neurons` of them
 * largest   a number a neuron, >= 0: its largest |w[k][o]|, or 0 where nobody asks for `bound`
 * bound     for each lane: bound[l] += sum over k of (|f(z[k])| + slack) * largest[k], the slack being a 32nd of
 *           what the error of CN_GELU, CN_GELU_TANH (|z|) and CN_ELU (scale) is a share of, else 0
 */
void cn_panel_forward(const cn_panel_layer *layer, const float *packed, const float *start, int64_t outputs,
                      float *out, const float *largest, float *bound);

typedef struct cn_panel_scores {
    double cross_entropy; /* sum over the lanes of -log softmax(scores)[label]; NaN where a score is not finite */
    uint32_t correct;     /* lanes whose label has the highest score */
    uint32_t doubtful;    /* lanes in which that could be otherwise, were it not for rounding: ties are among them */
} cn_panel_scores;

/*
 * Scores of the classes, judged by the labels.
 *
 * labels    class of each lane
 * lanes     the lanes that count: bit l for lane l
 * bound     what Σ |t w| + |b| of a score is at most, for each lane: it is doubtful where the label's score and the
 * tolerance  highest other one differ by no more than bound[l] * tolerance; not where the bound is 0, as the scores are;
 *            and where it is below 1e-25, too near the end of float32's range
 */
void cn_panel_score(const float *scores, int64_t classes, const int32_t *labels, uint32_t lanes, const float *bound,
                    float tolerance, cn_panel_scores *result);

/*
 * A curve of the layer before the scores, from its end: for i = count - 1, ..., 0 the neuron order[i] says
 * said[order[i]] instead of minus[order[i]], and where judged[i] is not 0 the scores are judged into results[i].
 *
 * scores   panel of the scores with nothing said by these neurons; afterwards with everything
 * said     panel of the layer
 * minus    likewise; NULL for 0
 * weights  for each neuron of the layer what it adds to each score
 * largest  for each neuron its largest |weight|
 * changed  set to 0 where the scores are those of the last judgement, whose result is repeated, else to 1
 * The others as for cn_panel_add and cn_panel_score.
 */
void cn_panel_curve(float *scores, int64_t classes, const float *said, const float *minus, const int32_t *order,
                    int64_t count, const uint8_t *judged, const float *weights, const float *largest,
                    const int32_t *labels, uint32_t lanes, float *bound, float tolerance, cn_panel_scores *results,
                    uint8_t *changed);

/* The largest |a[i] - b[i]| and the largest |b[i]| of two panels; a difference that is not finite is infinity. */
void cn_panel_compare(const float *a, const float *b, int64_t neurons, float *difference, float *magnitude);

/* z[i] += x * w[i], in float64: for samples that are computed one by one. */
void cn_add_scaled(double *z, double x, const double *w, int64_t count);

#endif
