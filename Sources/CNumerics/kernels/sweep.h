/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels of sweep.h for one instruction set: included once for each, with CN_NAME(name), CN_TARGET,
 * CN_LANES (doubles in a vector) and CN_MASK(v), the sign bits of a vector of comparisons, defined.
 */

#define FN static CN_TARGET
#define INLINE static inline __attribute__((always_inline)) CN_TARGET
#define D CN_NAME(doubles)
#define L CN_NAME(longs)

/* Rows begin anywhere. */
typedef double D __attribute__((ext_vector_type(CN_LANES), aligned(8)));
typedef int64_t L __attribute__((ext_vector_type(CN_LANES), aligned(8)));

INLINE D CN_NAME(at)(const double *x) { return *(const D *)x; }

INLINE void CN_NAME(put)(double *x, D value) { *(D *)x = value; }

#ifndef CN_LOGARITHM
/* log(x) of positive normal x, to about 2 units in the last place of the larger of 1 and the result: x = 2^n m with m in
 * [sqrt(1/2), sqrt(2)), log m = 2 atanh(z), z = (m - 1) / (m + 1), by its series; z^2 < 0.0295. NaN of NaN. */
INLINE D CN_NAME(logarithm)(D x) {
    const L bits = (L)x - 0x3fe6a09e667f3bcdLL;
    const L n = bits >> 52;
    const D m = (D)((bits & 0x000fffffffffffffLL) + 0x3fe6a09e667f3bcdLL);
    /* n + 2^52 + 2^51 as the low bits of a double: conversion without an instruction for it. */
    const D e = (D)(n + 0x4338000000000000LL) - 0x1.8p52;
    const D z = (m - 1.0) / (m + 1.0), q = z * z;
    D p = q * (1.0 / 19) + 1.0 / 17;
    p = p * q + 1.0 / 15;
    p = p * q + 1.0 / 13;
    p = p * q + 1.0 / 11;
    p = p * q + 1.0 / 9;
    p = p * q + 1.0 / 7;
    p = p * q + 1.0 / 5;
    p = p * q + 1.0 / 3;
    const D result = e * 0x1.62e42fefa38p-1 + (e * 0x1.ef35793c7673p-45 + (2.0 * z + 2.0 * z * (q * p)));
    return x == x ? result : x;
}
#define CN_LOGARITHM(x) CN_NAME(logarithm)(x)
#endif

/* target[y] = from[y] - factor r[y] */
INLINE void CN_NAME(subtract)(const double *from, double factor, const double *r, int64_t first, int64_t end,
                              double *target) {
    for (int64_t y = first; y < end; y += CN_LANES) {
        CN_NAME(put)(target + y, CN_NAME(at)(from + y) - factor * CN_NAME(at)(r + y));
    }
}

FN int32_t CN_NAME(extend)(const cn_sweep *from, int64_t b, cn_sweep *to) {
    const int64_t d = from->variables, stride = from->stride, m = from->members;
    const double s = from->s[b];
    if (!(s >= from->least)) return 0;
    const double inverse = 1.0 / s, *g = from->c + b * stride;
    to->members = m + 1;
    to->det = from->det * s;
    to->log_det = from->log_det + cn_log(s);
    /* The inverse's diagonal grows with every member: what is singular stays so. */
    int32_t regular = 1;
    for (int64_t i = 0; i < m; i++) {
        const double w = from->v[i * stride + b];
        to->p[i] = from->p[i] + w * (w * inverse);
        regular &= to->p[i] * from->least <= 1;
    }
    to->p[m] = inverse;
    if (!regular) return 0;
    double *r = to->v + m * stride;
    for (int64_t y = b + 1; y < d; y += CN_LANES) CN_NAME(put)(r + y, CN_NAME(at)(g + y) * inverse);
    for (int64_t i = 0; i < m; i++) {
        CN_NAME(subtract)(from->v + i * stride, from->v[i * stride + b], r, b + 1, d, to->v + i * stride);
    }
    for (int64_t y = b + 1; y < d; y += CN_LANES) {
        CN_NAME(put)(to->s + y, CN_NAME(at)(from->s + y) - CN_NAME(at)(g + y) * CN_NAME(at)(r + y));
    }
    /* By r(x) g(y), as in the folded form. */
    for (int64_t x = b + 1; x + 1 < d; x++) {
        CN_NAME(subtract)(from->c + x * stride, r[x], g, x + 1, d, to->c + x * stride);
    }
    for (int64_t i = 0; i < CN_SWEEP_PAD; i++) to->s[d + i] = __builtin_nan("");
    return 1;
}

/* Prefixes are many and have few variables after them: everything about a variable is done while it is at hand. */
FN int32_t CN_NAME(fold)(const cn_sweep *from, int64_t last, int32_t logs, cn_pairs *to) {
    const int64_t d = from->variables, stride = from->stride, m = from->members;
    const int64_t first = last + 1;
    to->c = from->c;
    if (last < 0) {
        to->members = m;
        to->det = from->det;
        to->log_det = from->log_det;
        for (int64_t y = 0; y < d + CN_SWEEP_PAD; y++) {
            to->g[y] = to->r[y] = 0;
            to->s[y] = from->s[y];
        }
        for (int64_t y = 0; y < d; y += CN_LANES) {
            const D inverse = 1.0 / CN_NAME(at)(to->s + y);
            CN_NAME(put)(to->inverse + y, inverse);
            for (int64_t i = 0; i < m; i++) {
                const D w = CN_NAME(at)(from->v + i * stride + y);
                CN_NAME(put)(to->v + i * stride + y, w);
                CN_NAME(put)(to->p + i * stride + y, from->p[i] + w * (w * inverse));
            }
        }
        return 1;
    }
    const double s = from->s[last];
    if (!(s >= from->least)) return 0;
    const double own = 1.0 / s, *g = from->c + last * stride, *v = from->v;
    int32_t regular = 1;
    for (int64_t i = 0; i < m; i++) {
        const double w = v[i * stride + last];
        regular &= (from->p[i] + w * (w * own)) * from->least <= 1;
    }
    if (!regular) return 0;
    to->members = m + 1;
    to->det = from->det * s;
    to->log_det = logs ? from->log_det + cn_log(s) : 0;
    for (int64_t y = first; y < d; y += CN_LANES) {
        const D gy = CN_NAME(at)(g + y), r = gy * own;
        const D rest = CN_NAME(at)(from->s + y) - gy * r, inverse = 1.0 / rest;
        CN_NAME(put)(to->g + y, gy);
        CN_NAME(put)(to->r + y, r);
        CN_NAME(put)(to->s + y, rest);
        CN_NAME(put)(to->inverse + y, inverse);
        for (int64_t i = 0; i < m; i++) {
            const double w = v[i * stride + last];
            const D left = CN_NAME(at)(v + i * stride + y) - w * r;
            CN_NAME(put)(to->v + i * stride + y, left);
            CN_NAME(put)(to->p + i * stride + y, from->p[i] + w * (w * own) + left * (left * inverse));
        }
        CN_NAME(put)(to->v + m * stride + y, r);
        CN_NAME(put)(to->p + m * stride + y, own + r * (r * inverse));
    }
    for (int64_t i = 0; i < CN_SWEEP_PAD; i++) to->s[d + i] = __builtin_nan("");
    return 1;
}

/* x^n, n >= 0, by squaring: without branches in the cases of pairs_scan, where n is a constant. */
INLINE D CN_NAME(power)(D x, int64_t n) {
    D result = 1.0, square = x;
    int started = 0;
    for (; n > 0; n >>= 1) {
        if (n & 1) {
            result = started ? result * square : square;
            started = 1;
        }
        if (n > 1) square = square * square;
    }
    return result;
}

/* The lanes of a vector that are wanted or singular, one by one. Returns the number of singular ones. */
static CN_TARGET __attribute__((noinline)) int64_t CN_NAME(lanes)(const cn_pairs *pairs, int64_t last, int64_t x,
                                                                  int64_t y, int64_t end, const double *product,
                                                                  const double *rest, cn_bounds *bounds, cn_hit hit,
                                                                  void *user) {
    const int64_t n = pairs->members, stride = pairs->stride;
    int64_t singular = 0;
    for (int64_t l = 0; l < CN_LANES && y + l < end; l++) {
        const double s = rest[l];
        const double r = (pairs->c[x * stride + y + l] - pairs->r[x] * pairs->g[y + l]) * pairs->inverse[x];
        /* Variances of the others, given the rest, are s / t. */
        double largest = pairs->s[y + l] * pairs->inverse[x];
        for (int64_t i = 0; i < n; i++) {
            const double w = pairs->v[i * stride + y + l] - pairs->v[i * stride + x] * r;
            const double t = w * w + pairs->p[i * stride + x] * s;
            if (t > largest) largest = t;
        }
        if (!(s >= pairs->least) || !(largest * pairs->least <= s) || !(pairs->s[x] >= pairs->least)) {
            singular++;
            continue;
        }
        double power = 1;
        for (int64_t i = 0; i < n; i++) power *= s;
        const double q = pairs->det * pairs->det * pairs->s[x] * product[l] / power;
        if (q > bounds->high || q < bounds->low) hit(user, last, x, y + l, q);
    }
    return singular;
}

INLINE int64_t CN_NAME(scan)(const cn_pairs *pairs, int64_t n, int64_t last, int64_t x0, int64_t y0, int64_t x1,
                             int64_t y1, cn_bounds *bounds, cn_hit hit, void *user) {
    const int64_t stride = pairs->stride, d = pairs->variables;
    const double *const g = pairs->g, *const s = pairs->s, *const v = pairs->v, *const p = pairs->p;
    const double scale = 1.0 / (pairs->det * pairs->det);
    int64_t singular = 0;
    for (int64_t x = x0; x <= x1; x++) {
        const int64_t first = x == x0 ? y0 : x + 1, end = x == x1 ? y1 : d;
        const double *c = pairs->c + x * stride;
        const double rx = pairs->r[x], inverse = pairs->inverse[x];
        if (!(s[x] >= pairs->least)) {
            singular += end > first ? end - first : 0;
            continue;
        }
        double high = bounds->high * (inverse * scale), low = bounds->low * (inverse * scale);
        /* The product of the inverse's diagonal, every element of which is at least 1, bounds the largest: only where it
         * passes 1 / least can one of them. */
        const double suspect = s[x] / pairs->least;
        for (int64_t y = first; y < end; y += CN_LANES) {
            const D sy = CN_NAME(at)(s + y);
            const D left = CN_NAME(at)(c + y) - rx * CN_NAME(at)(g + y);
            const D r = left * inverse;
            const D rest = sy - left * r;
            D product = sy;
#pragma unroll
            for (int64_t i = 0; i < n; i++) {
                const D w = CN_NAME(at)(v + i * stride + y) - v[i * stride + x] * r;
                product *= w * w + p[i * stride + x] * rest;
            }
            const D power = CN_NAME(power)(rest, n);
            const L wanted = (product > high * power) | (product < low * power) | (rest < pairs->least) |
                             (product > suspect * (power * (rest * rest)));
            if (__builtin_expect(CN_MASK(wanted) != 0, 0)) {
                double products[CN_LANES], rests[CN_LANES];
                CN_NAME(put)(products, product);
                CN_NAME(put)(rests, rest);
                singular += CN_NAME(lanes)(pairs, last, x, y, end, products, rests, bounds, hit, user);
                high = bounds->high * (inverse * scale);
                low = bounds->low * (inverse * scale);
            }
        }
    }
    return singular;
}

FN int64_t CN_NAME(pairs_scan)(const cn_pairs *pairs, int64_t last, int64_t x0, int64_t y0, int64_t x1, int64_t y1,
                               cn_bounds *bounds, cn_hit hit, void *user) {
#define CASE(n) \
    case n: return CN_NAME(scan)(pairs, n, last, x0, y0, x1, y1, bounds, hit, user);
    switch (pairs->members) {
        CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8)
        default: return CN_NAME(scan)(pairs, pairs->members, last, x0, y0, x1, y1, bounds, hit, user);
    }
#undef CASE
}

FN int64_t CN_NAME(sweep_scan)(const cn_sweep *from, int64_t first, int64_t end, cn_pairs *scratch, cn_bounds *bounds,
                               cn_hit hit, void *user) {
    const int64_t d = from->variables;
    int64_t singular = 0;
    for (int64_t b = first; b < end; b++) {
        const int64_t rest = d - 1 - b;
        if (rest < 2) break;
        if (CN_NAME(fold)(from, b, 0, scratch)) {
            singular += CN_NAME(pairs_scan)(scratch, b, b + 1, b + 2, d - 2, d, bounds, hit, user);
        } else {
            singular += rest * (rest - 1) / 2;
        }
    }
    return singular;
}

/* Factors whose product, and whose denominator, are sure to stay within float64: each is between least and 1 / least. */
#define CN_FACTORS 8

INLINE void CN_NAME(some_row)(const cn_pairs *pairs, int64_t n, int64_t x, int64_t y0, int64_t y1, int32_t kind,
                              double weight, double *sums) {
    const int64_t stride = pairs->stride;
    const double *c = pairs->c + x * stride, *const v = pairs->v, *const p = pairs->p;
    const double rx = pairs->r[x], inverse = pairs->inverse[x], sx = pairs->s[x], least = pairs->least;
    const D nan = __builtin_nan("");
    const double log_det = (kind == CN_ROW_BOTH ? 2 : 1) * pairs->log_det;
    /* Of t(x) s(x), or t(x) s(x)^2. */
    const double own = kind == CN_ROW_BOTH ? sx : 1;
    for (int64_t y = y0; y < y1; y += CN_LANES) {
        const D sy = CN_NAME(at)(pairs->s + y);
        const D left = CN_NAME(at)(c + y) - rx * CN_NAME(at)(pairs->g + y);
        const D r = left * inverse;
        const D rest = sy - left * r;
        D largest = sy * inverse, sum = log_det;
        /* det(Z) prod t(i) / s'^(n+2): a denominator of one factor more than there are members. */
        D product = kind == CN_ROW_DET ? rest * sx : sy * own, power = kind == CN_ROW_INVERSE ? rest : 1.0;
        int64_t factors = 0;
#pragma unroll
        for (int64_t i = 0; i < n; i++) {
            const D w = CN_NAME(at)(v + i * stride + y) - v[i * stride + x] * r;
            const D t = w * w + p[i * stride + x] * rest;
            largest = t > largest ? t : largest;
            if (kind == CN_ROW_DET) continue;
            product *= t;
            power *= rest;
            if (++factors == CN_FACTORS) {
                sum += CN_LOGARITHM(product / power);
                product = power = 1.0;
                factors = 0;
            }
        }
        sum += CN_LOGARITHM(kind == CN_ROW_DET ? product : product / power);
        /* Comparisons with NaN are false. */
        const L regular = (rest >= least) & (largest * least <= rest) & ((D)sx >= least);
        CN_NAME(put)(sums + (y - y0), CN_NAME(at)(sums + (y - y0)) + (regular ? weight * sum : nan));
    }
}

FN void CN_NAME(row)(const cn_pairs *pairs, int64_t x, int64_t y0, int64_t y1, int32_t kind, double weight,
                     double *sums) {
#define ROW(n)                                                                                               \
    {                                                                                                        \
        if (kind == CN_ROW_DET) return CN_NAME(some_row)(pairs, n, x, y0, y1, CN_ROW_DET, weight, sums);         \
        if (kind == CN_ROW_INVERSE) return CN_NAME(some_row)(pairs, n, x, y0, y1, CN_ROW_INVERSE, weight, sums); \
        return CN_NAME(some_row)(pairs, n, x, y0, y1, CN_ROW_BOTH, weight, sums);                                \
    }
    switch (pairs->members) {
        case 1: ROW(1)
        case 2: ROW(2)
        case 3: ROW(3)
        case 4: ROW(4)
        case 5: ROW(5)
        case 6: ROW(6)
        default: ROW(pairs->members)
    }
#undef ROW
}

FN int64_t CN_NAME(find)(const double *values, int64_t count, int64_t from, double high, double low) {
    int64_t i = from;
    for (; i + CN_LANES <= count; i += CN_LANES) {
        const D value = CN_NAME(at)(values + i);
        if (CN_MASK((value > high) | (value < low)) != 0) break;
    }
    for (; i < count; i++) {
        if (values[i] > high || values[i] < low) return i;
    }
    return count;
}

#undef FN
#undef INLINE
#undef D
#undef L
#undef CN_FACTORS
#undef CN_NAME
#undef CN_TARGET
#undef CN_LANES
#undef CN_MASK
#undef CN_LOGARITHM
