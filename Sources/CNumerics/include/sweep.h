/* SPDX-License-Identifier: Apache-2.0 */
/*
 * O-information of all multiplets of normal variables, by sweeping.
 *
 * Multiplets are walked in lexicographic order, depth first. For the members A that a walk has
 * reached it keeps what regression on them leaves of the later variables: residual covariances
 * c(x, y), residual variances s(x), weights v(i, y) of member i, the diagonal p(i) of the inverse of
 * A's matrix, and its determinant. One more member is a rank-1 update (a sweep).
 *
 * The last two members x < y are not walked but computed a row of y at a time. With r = c(x, y) / s(x),
 * s' = s(y) - c(x, y) r, w(i) = v(i, y) - v(i, x) r and p'(i) = p(i) + v(i, x)^2 / s(x):
 *
 *     t(i) = p'(i) s' + w(i)^2      variance of y given all but i, times p'(i)
 *     t(x) = s(y) / s(x)
 *     det of the multiplet Z    = det_A s(x) s'
 *     diagonal of the inverse   = t(i) / s' for i in A and x, 1 / s' for y
 *
 * so that det(Z)^2 times the product of that diagonal, whose logarithm is -2 O-information, is
 * q = (det_A s(x))^2 t(x) prod t(i) / s'^|A|: four operations a member, and no logarithm to compare.
 *
 * Variables have unit variance, so that every variance left is at most 1. A multiplet is singular where a
 * variance given all others, 1 / the diagonal, is below `least`.
 */
#ifndef CN_SWEEP_H
#define CN_SWEEP_H

#include <stdint.h>

/* Columns that are read beyond the last: s is NaN there, the others are finite. Rows are aligned to 64 bytes. */
#define CN_SWEEP_PAD 8

/* Most members of a prefix whose products stay within float64: scans need that. */
#define CN_SWEEP_MEMBERS 12

/* What is left of the variables after `members` of them. Of c only y > x > the last member is kept, and of v and s
 * only y > the last member. */
typedef struct cn_sweep {
    int64_t variables, stride, members;
    double least;          /* variances below are nothing */
    double det, log_det;   /* of the members' matrix */
    double *c;             /* [variables][stride] */
    double *s;             /* [stride] */
    double *v;             /* [members][stride] */
    double *p;             /* [members] */
} cn_sweep;

/* The same after a last member, with c folded: c(x, y) - r(x) g(y) is what is left. */
typedef struct cn_pairs {
    int64_t variables, stride, members;
    double least, det, log_det;
    const double *c;
    double *g, *r;         /* [stride] */
    double *s, *inverse;   /* [stride]: variances and their inverses */
    double *v;             /* [members][stride] */
    double *p;             /* [members][stride]: p'(i) for each x */
} cn_pairs;

/* Multiplets with q above `high` or below `low` are wanted. */
typedef struct cn_bounds {
    double high, low;
} cn_bounds;

/* Told of a wanted multiplet: prefix, last, x, y. May change the bounds. */
typedef void (*cn_hit)(void *user, int64_t last, int64_t x, int64_t y, double q);

/* Adds the member x to `from`; 0 when the members are singular with it, as all that follows is then. */
int32_t cn_sweep_extend(const cn_sweep *from, int64_t x, cn_sweep *to);

/* The same for a last member; last = -1 adds none. */
int32_t cn_pairs_fold(const cn_sweep *from, int64_t last, cn_pairs *to);

/* Scans the pairs (x, y) from (x0, y0) up to, not with, (x1, y1), where y1 may be `variables`. Returns the number
 * of singular ones. members <= CN_SWEEP_MEMBERS. */
int64_t cn_pairs_scan(const cn_pairs *pairs, int64_t last, int64_t x0, int64_t y0, int64_t x1, int64_t y1,
                      cn_bounds *bounds, cn_hit hit, void *user);

/* Scans all pairs after each last member in first ... end-1. */
int64_t cn_sweep_scan(const cn_sweep *from, int64_t first, int64_t end, cn_pairs *scratch, cn_bounds *bounds, cn_hit hit,
                      void *user);

/* What a row adds. */
enum {
    CN_ROW_DET = 0,     /* log det(Z) */
    CN_ROW_INVERSE = 1, /* log (det(Z) prod of the inverse's diagonal) */
    CN_ROW_BOTH = 2     /* the sum of the two */
};

/* sums[y - y0] += weight * that logarithm, for y in y0 ... y1-1 and x < y0; NaN where the multiplet is singular.
 * CN_SWEEP_PAD further values are overwritten. */
void cn_pairs_row(const cn_pairs *pairs, int64_t x, int64_t y0, int64_t y1, int32_t kind, double weight, double *sums);

/* The first of `values` from `from` on that is above `high` or below `low`; count when there is none. */
int64_t cn_find_outside(const double *values, int64_t count, int64_t from, double high, double low);

#endif
