/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels of panels.h for one instruction set: included once for each, with CN_NAME(name), CN_TARGET,
 * CN_LANES (bytes in a vector) and CN_GROUP (vectors of a panel that a product holds in registers together)
 * defined.
 */

#define FN static CN_TARGET
#define INLINE static inline __attribute__((always_inline)) CN_TARGET
#define V CN_NAME(floats)
#define I CN_NAME(ints)
#define D CN_NAME(doubles)
#define WIDTH (CN_LANES / 4)
#define VECTORS (CN_PANEL / WIDTH)

typedef float V __attribute__((ext_vector_type(WIDTH)));
typedef int32_t I __attribute__((ext_vector_type(WIDTH)));
typedef double D __attribute__((ext_vector_type(WIDTH)));

INLINE V CN_NAME(splat)(float x) { return (V)(x); }

INLINE V CN_NAME(select)(I mask, V a, V b) { return mask ? a : b; }

INLINE I CN_NAME(bits)(V x) { return (I)x; }

INLINE V CN_NAME(value)(I x) { return (V)x; }

INLINE V CN_NAME(larger)(V a, V b) { return CN_NAME(select)(a > b, a, b); }

INLINE V CN_NAME(absolute)(V x) { return CN_NAME(value)(CN_NAME(bits)(x) & 0x7fffffff); }

/* A number that is not negative, with the sign of x. */
INLINE V CN_NAME(with_sign)(V magnitude, V x) {
    return CN_NAME(value)(CN_NAME(bits)(magnitude) | (CN_NAME(bits)(x) & INT32_MIN));
}

/* exp(x) within 2 units in the last place on [-87, 80], and that of the nearer end beyond, so that no
 * reciprocal is subnormal; NaN of NaN. x = n log 2 + r. */
INLINE V CN_NAME(exponential)(V x) {
    const V magic = CN_NAME(splat)(0x1.8p23f);
    x = CN_NAME(select)(x > 80.0f, CN_NAME(splat)(80.0f), x);
    x = CN_NAME(select)(x < -87.0f, CN_NAME(splat)(-87.0f), x);
    const V shifted = x * 0x1.715476p0f + magic;
    const V n = shifted - magic;
    V r = x - n * 0x1.62e4p-1f;
    r = r - n * 0x1.7f7d1cp-20f;
    V p = CN_NAME(splat)(1.0f / 5040) * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * (r * r) + r;
    p = p + 1.0f;
    const V result = CN_NAME(value)(CN_NAME(bits)(p) + ((CN_NAME(bits)(shifted) - CN_NAME(bits)(magic)) << 23));
    return CN_NAME(select)(x == x, result, x);
}

/* log(x) for finite x >= 2^-126, by atanh of (m - 1) / (m + 1) with m in [sqrt(1/2), sqrt(2)). */
INLINE V CN_NAME(logarithm)(V x) {
    const I bits = CN_NAME(bits)(x) - 0x3f3504f3;
    const I n = bits >> 23;
    const V m = CN_NAME(value)((bits & 0x007fffff) + 0x3f3504f3);
    const V e = __builtin_convertvector(n, V);
    const V s = (m - 1.0f) / (m + 1.0f);
    const V q = s * s;
    V p = q * (1.0f / 9) + 1.0f / 7;
    p = p * q + 1.0f / 5;
    p = p * q + 1.0f / 3;
    return e * 0x1.62e4p-1f + (e * 0x1.7f7d1cp-20f + (2.0f * s + 2.0f * s * (q * p)));
}

/* log(1 + x), x >= 0: the logarithm of 1 + x as rounded, and what rounding took away. */
INLINE V CN_NAME(logarithm1p)(V x) {
    const V u = 1.0f + x;
    return CN_NAME(logarithm)(u) + (x - (u - 1.0f)) / u;
}

INLINE V CN_NAME(logistic)(V x) { return 1.0f / (1.0f + CN_NAME(exponential)(-x)); }

INLINE V CN_NAME(tangent)(V x) {
    const V a = CN_NAME(absolute)(x), q = x * x;
    const V far = 1.0f - 2.0f / (CN_NAME(exponential)(2.0f * a) + 1.0f);
    /* Near 0 by the continued fraction x / (1 + q / (3 + q / (5 + q / (7 + q / 9)))). */
    const V top = (q + 105.0f) * q + 945.0f, bottom = (15.0f * q + 420.0f) * q + 945.0f;
    const V near = x * (top / bottom);
    return CN_NAME(select)(a < 0.5f, near, CN_NAME(with_sign)(far, x));
}

/* The error function within 1.5e-7: Abramowitz & Stegun, Handbook of Mathematical Functions, 7.1.26. */
INLINE V CN_NAME(error_function)(V x) {
    const V a = CN_NAME(absolute)(x);
    const V t = 1.0f / (1.0f + 0.3275911f * a);
    V p = 1.061405429f * t - 1.453152027f;
    p = p * t + 1.421413741f;
    p = p * t - 0.284496736f;
    p = p * t + 0.254829592f;
    const V y = 1.0f - p * t * CN_NAME(exponential)(-(a * a));
    return CN_NAME(with_sign)(y, x);
}

/* For each neuron k of a chunk: z[k] += delta * weights[k], h[k] = f(z[k]), total += (|h[k]| + slack) * largest[k].
 * The slack is for functions whose own error is no share of their value, a 32nd of what it is a share of. */
#define ACTIVATE(f, slack)                                                                   \
    for (int64_t k = 0; k < count; k++) {                                             \
        const float w = weights[k], most = largest[k];                                \
        for (int v = 0; v < VECTORS; v++) {                                           \
            const V x = d[v] * w + z[k * VECTORS + v];                                \
            const V y = f;                                                            \
            z[k * VECTORS + v] = x;                                                   \
            h[k * VECTORS + v] = y;                                                   \
            sum[v] = (CN_NAME(absolute)(y) + (slack)) * most + sum[v];                            \
        }                                                                             \
    }                                                                                 \
    break;

FN void CN_NAME(panel_chunk)(V *z, int64_t count, const V *delta, const float *weights, int32_t function,
                             float parameter, V *h, const float *largest, V *total) {
    const V zero = 0;
    V d[VECTORS], sum[VECTORS];
    for (int v = 0; v < VECTORS; v++) {
        d[v] = delta ? delta[v] : zero;
        sum[v] = total[v];
    }
    switch (function) {
    case CN_RELU: ACTIVATE(CN_NAME(select)(x < 0, zero, x), zero)
    case CN_LEAKY_RELU: ACTIVATE(CN_NAME(select)(x > 0, x, x * parameter), zero)
    case CN_TANH: ACTIVATE(CN_NAME(tangent)(x), zero)
    case CN_SIGMOID: ACTIVATE(CN_NAME(logistic)(x), zero)
    case CN_GELU:
        ACTIVATE(0.5f * x * (1.0f + CN_NAME(error_function)(x * 0x1.6a09e6p-1f)), CN_NAME(absolute)(x) * 0x1p-5f)
    case CN_GELU_TANH:
        ACTIVATE(0.5f * x * (1.0f + CN_NAME(tangent)(0x1.988454p-1f * (x + 0.044715f * (x * x * x)))),
                 CN_NAME(absolute)(x) * 0x1p-5f)
    case CN_SILU: ACTIVATE(x * CN_NAME(logistic)(x), zero)
    case CN_ELU:
        ACTIVATE(CN_NAME(select)(x > 0, x, parameter * (CN_NAME(exponential)(x) - 1.0f)),
                 CN_NAME(splat)(__builtin_fabsf(parameter) * 0x1p-5f))
    case CN_SOFTPLUS:
        ACTIVATE(CN_NAME(larger)(x, zero) + CN_NAME(logarithm1p)(CN_NAME(exponential)(-CN_NAME(absolute)(x))), zero)
    default: ACTIVATE(x, zero)
    }
    for (int v = 0; v < VECTORS; v++) total[v] = sum[v];
}

INLINE int32_t CN_NAME(panel_difference)(const float *said, const float *minus, V *change) {
    I differs = 0;
    for (int v = 0; v < VECTORS; v++) {
        change[v] = ((const V *)said)[v];
        if (minus) change[v] -= ((const V *)minus)[v];
        differs |= change[v] != 0;
    }
    return __builtin_reduce_or(differs) != 0;
}

FN int32_t CN_NAME(panel_change)(const float *said, const float *minus, float *change, float largest, float *bound) {
    if (!CN_NAME(panel_difference)(said, minus, (V *)change)) return 0;
    for (int v = 0; v < VECTORS; v++) ((V *)bound)[v] += CN_NAME(absolute)(((V *)change)[v]) * largest;
    return 1;
}

FN int32_t CN_NAME(panel_add)(float *z, int64_t neurons, const float *said, const float *minus, const float *weights,
                              float largest, float *bound) {
    V *out = (V *)z, d[VECTORS];
    if (!CN_NAME(panel_difference)(said, minus, d)) return 0;
    for (int64_t k = 0; k < neurons; k++) {
        const float w = weights[k];
        for (int v = 0; v < VECTORS; v++) out[k * VECTORS + v] = d[v] * w + out[k * VECTORS + v];
    }
    for (int v = 0; v < VECTORS; v++) ((V *)bound)[v] += CN_NAME(absolute)(d[v]) * largest;
    return 1;
}

/* One tile of a product; `outputs` is a constant where it is inlined, so that the sums stay in registers. */
INLINE void CN_NAME(panel_tile)(const float *h, const int32_t *index, int64_t first, int64_t count,
                                const float *packed, const float *start, const int64_t outputs, float *out) {
    for (int g = 0; g < VECTORS; g += CN_GROUP) {
        V sum[CN_PANEL_TILE][CN_GROUP];
        for (int64_t o = 0; o < outputs; o++) {
            for (int v = 0; v < CN_GROUP; v++) sum[o][v] = ((const V *)start)[o * VECTORS + g + v];
        }
        for (int64_t i = 0; i < count; i++) {
            const float *w = packed + (index ? index[first + i] : first + i) * outputs;
            const V *x = (const V *)h + i * VECTORS + g;
            for (int64_t o = 0; o < outputs; o++) {
                const V weight = CN_NAME(splat)(w[o]);
                for (int v = 0; v < CN_GROUP; v++) sum[o][v] = x[v] * weight + sum[o][v];
            }
        }
        for (int64_t o = 0; o < outputs; o++) {
            for (int v = 0; v < CN_GROUP; v++) ((V *)out)[o * VECTORS + g + v] = sum[o][v];
        }
    }
}

#define TILE(n)                                                                              \
    case n: CN_NAME(panel_tile)(h, index, first, count, packed, start, n, out); break;

/* Adds `count` neurons, whose activations are h, to all outputs. */
FN void CN_NAME(panel_tiles)(const float *h, const int32_t *index, int64_t first, int64_t count, int64_t neurons,
                             const float *packed, const float *start, int64_t outputs, float *out) {
    for (int64_t done = 0; done < outputs; done += CN_PANEL_TILE) {
        const int64_t width = outputs - done < CN_PANEL_TILE ? outputs - done : CN_PANEL_TILE;
        switch (width) {
            TILE(1)
            TILE(2)
            TILE(3)
            TILE(4)
            TILE(5)
            TILE(6)
            TILE(7)
            TILE(8)
            TILE(9)
            TILE(10)
        }
        packed += neurons * width;
        start += width * CN_PANEL;
        out += width * CN_PANEL;
    }
}

/* Neurons pass in chunks whose activations stay in the first cache while the outputs take them up. */
#define CHUNK 48

FN void CN_NAME(panel_forward)(const cn_panel_layer *layer, const float *packed, const float *start,
                               int64_t outputs, float *out, const float *largest, float *bound) {
    V h[CHUNK * VECTORS];
    float chosen[CHUNK];
    const int32_t *const index = layer->index;
    for (int64_t first = 0; first < layer->count; first += CHUNK) {
        const int64_t count = layer->count - first < CHUNK ? layer->count - first : CHUNK;
        if (index) {
            for (int64_t i = 0; i < count; i++) {
                const V *from = (const V *)layer->z + index[first + i] * VECTORS;
                for (int v = 0; v < VECTORS; v++) h[i * VECTORS + v] = from[v];
                chosen[i] = largest[index[first + i]];
            }
            CN_NAME(panel_chunk)(h, count, 0, chosen, layer->function, layer->parameter, h, chosen, (V *)bound);
        } else {
            const float *weights = layer->delta ? layer->weights : largest;
            CN_NAME(panel_chunk)((V *)layer->z + first * VECTORS, count, (const V *)layer->delta, weights + first,
                                 layer->function, layer->parameter, h, largest + first, (V *)bound);
        }
        if (layer->minus) {
            for (int64_t i = 0; i < count; i++) {
                const V *minus = (const V *)layer->minus + (index ? index[first + i] : first + i) * VECTORS;
                for (int v = 0; v < VECTORS; v++) h[i * VECTORS + v] -= minus[v];
            }
        }
        CN_NAME(panel_tiles)((const float *)h, index, first, count, layer->neurons, packed, start, outputs, out);
        start = out;
    }
    if (layer->count == 0) {
        for (int64_t i = 0; i < outputs * CN_PANEL; i++) out[i] = start[i];
    }
}

/* f(z) of some neurons, for itself. */
FN void CN_NAME(panel_activate)(const float *z, int64_t neurons, int32_t function, float parameter, float *h) {
    V in[CHUNK * VECTORS], ignored[VECTORS];
    float none[CHUNK];
    for (int i = 0; i < CHUNK; i++) none[i] = 0;
    for (int64_t first = 0; first < neurons; first += CHUNK) {
        const int64_t count = neurons - first < CHUNK ? neurons - first : CHUNK;
        for (int64_t i = 0; i < count * VECTORS; i++) in[i] = ((const V *)z)[first * VECTORS + i];
        for (int v = 0; v < VECTORS; v++) ignored[v] = 0;
        CN_NAME(panel_chunk)(in, count, 0, none, function, parameter, (V *)h + first * VECTORS, none, ignored);
    }
}

FN void CN_NAME(panel_score)(const float *scores, int64_t classes, const int32_t *labels, uint32_t lanes,
                             const float *bound, float tolerance, cn_panel_scores *result) {
    const V *x = (const V *)scores;
    V own[VECTORS], other[VECTORS], powers[VECTORS], highest[VECTORS], zeros[VECTORS];
    I label[VECTORS], bit;
    for (int v = 0; v < VECTORS; v++) {
        own[v] = powers[v] = zeros[v] = CN_NAME(splat)(0);
        other[v] = CN_NAME(splat)(-__builtin_inff());
        label[v] = ((const I *)labels)[v];
    }
    for (int64_t c = 0; c < classes; c++) {
        for (int v = 0; v < VECTORS; v++) {
            const V value = x[c * VECTORS + v];
            const I is_own = label[v] == (int32_t)c;
            own[v] = CN_NAME(select)(is_own, value, own[v]);
            other[v] = CN_NAME(larger)(CN_NAME(select)(is_own, other[v], value), other[v]);
            /* NaN once a score is not finite, which no comparison shows. */
            zeros[v] = value * 0.0f + zeros[v];
        }
    }
    for (int v = 0; v < VECTORS; v++) highest[v] = CN_NAME(larger)(own[v], other[v]);
    for (int64_t c = 0; c < classes; c++) {
        for (int v = 0; v < VECTORS; v++) {
            const V power = CN_NAME(exponential)(x[c * VECTORS + v] - highest[v]);
            powers[v] += CN_NAME(select)(label[v] == (int32_t)c, CN_NAME(splat)(0), power);
        }
    }
    D total = 0;
    uint32_t correct = 0, doubtful = 0;
    for (int l = 0; l < WIDTH; l++) bit[l] = (int32_t)(1u << l);
    for (int v = 0; v < VECTORS; v++) {
        const V lead = own[v] - other[v];
        /* All powers but that of the highest score, which is 1: what a small entropy is made of. */
        const V rest = powers[v] + CN_NAME(select)(lead < 0, CN_NAME(exponential)(lead) - 1.0f, CN_NAME(splat)(0));
        const V entropy = CN_NAME(logarithm1p)(CN_NAME(larger)(rest, CN_NAME(splat)(0))) + (highest[v] - own[v]) + zeros[v];
        const I counts = ((I)(int32_t)(lanes >> (v * WIDTH)) & bit) != 0;
        total += __builtin_convertvector(CN_NAME(value)(CN_NAME(bits)(entropy) & counts), D);
        const V limit = ((const V *)bound)[v];
        /* Where nothing was added all scores are exactly 0, and the first class has it. */
        const I is_void = limit == 0;
        const I is_ahead = (lead > 0) | (is_void & (label[v] == 0));
        /* Near the end of float32's range digits are lost that no bound knows of. */
        const I is_faint = (limit > 0) & (limit < 1e-25f);
        const I is_doubtful = (~(CN_NAME(absolute)(lead) > limit * tolerance) | is_faint) & ~is_void;
        correct |= (uint32_t)__builtin_reduce_or(is_ahead & counts & bit) << (v * WIDTH);
        doubtful |= (uint32_t)__builtin_reduce_or(is_doubtful & counts & bit) << (v * WIDTH);
    }
    double sum = 0;
    for (int l = 0; l < WIDTH; l++) sum += total[l];
    result->cross_entropy = sum;
    result->correct = correct;
    result->doubtful = doubtful;
}

FN void CN_NAME(panel_curve)(float *scores, int64_t classes, const float *said, const float *minus,
                             const int32_t *order, int64_t count, const uint8_t *judged, const float *weights,
                             const float *largest, const int32_t *labels, uint32_t lanes, float *bound,
                             float tolerance, cn_panel_scores *results, uint8_t *changed) {
    int32_t differs = 1;
    int64_t last = count;
    for (int64_t i = count - 1; i >= 0; i--) {
        const int64_t k = order[i];
        const float *instead = minus ? minus + k * CN_PANEL : 0;
        differs |= CN_NAME(panel_add)(scores, classes, said + k * CN_PANEL, instead, weights + k * classes, largest[k],
                                      bound);
        if (!judged[i]) continue;
        changed[i] = differs != 0;
        if (differs) {
            CN_NAME(panel_score)(scores, classes, labels, lanes, bound, tolerance, results + i);
        } else {
            results[i] = results[last];
        }
        last = i;
        differs = 0;
    }
}

FN void CN_NAME(panel_compare)(const float *a, const float *b, int64_t neurons, float *difference,
                               float *magnitude) {
    V most = 0, scale = 0;
    for (int64_t i = 0; i < neurons * VECTORS; i++) {
        const V y = ((const V *)b)[i], d = CN_NAME(absolute)(((const V *)a)[i] - y);
        /* Comparisons with NaN are false: it takes the place, and keeps it. */
        most = CN_NAME(select)((d <= most) | (most != most), most, d);
        scale = CN_NAME(larger)(CN_NAME(absolute)(y), scale);
    }
    for (int l = 0; l < WIDTH; l++) {
        const float d = most[l] - most[l] == 0 ? most[l] : __builtin_inff();
        if (d > *difference) *difference = d;
        if (scale[l] > *magnitude) *magnitude = scale[l];
    }
}

FN void CN_NAME(add_scaled)(double *z, double x, const double *w, int64_t count) {
    for (int64_t i = 0; i < count; i++) z[i] += x * w[i];
}

#undef TILE
#undef CHUNK
#undef ACTIVATE
#undef VECTORS
#undef WIDTH
#undef V
#undef I
#undef D
#undef INLINE
#undef FN
#undef CN_NAME
#undef CN_TARGET
#undef CN_LANES
#undef CN_GROUP
