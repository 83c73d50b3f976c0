/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels of slices.h for one instruction set: included once for each, with
 * CN_NAME(name), CN_TARGET and CN_BYTES (of a vector) defined, and CN_MASKS where
 * the set has mask registers.
 *
 * A full adder takes three bits of equal weight of every lane of a vector and gives their
 * sum and carry; with three-input logic it is two instructions. Eight rows go through a
 * tree of seven of them, and what carries out of the tree through one more for every two
 * groups at each further power of two: about one full adder for each row counted,
 * whatever the number of lanes in a vector.
 */
typedef uint64_t CN_NAME(slice) __attribute__((vector_size(CN_BYTES)));
#define V CN_NAME(slice)
#define CN_INLINE CN_TARGET static inline __attribute__((always_inline))

/* a, b, c → their sum in a; returns the carry. */
CN_INLINE V CN_NAME(add)(V *a, V b, V c) {
    const V x = *a;
    *a = x ^ b ^ c;
    return (x & b) | (c & (x | b));
}

/* *a − b − borrow in *a; returns the borrow. */
CN_INLINE V CN_NAME(subtract)(V *a, V b, V borrow) {
    const V x = *a;
    *a = x ^ b ^ borrow;
    return (~x & b) | (borrow & (~x | b));
}

/*
 * A counter: planes of 1, 2 and 4, then for each higher power of two a plane of sums and a
 * plane that waits for its second summand, which is there when the bit of the number of groups is set.
 */
CN_INLINE void CN_NAME(count)(const V *x, V *counter, int64_t group) {
    V ones = counter[0], twos = counter[1], fours = counter[2];
    V a = CN_NAME(add)(&ones, x[0], x[1]);
    V b = CN_NAME(add)(&ones, x[2], x[3]);
    const V c = CN_NAME(add)(&twos, a, b);
    a = CN_NAME(add)(&ones, x[4], x[5]);
    b = CN_NAME(add)(&ones, x[6], x[7]);
    const V d = CN_NAME(add)(&twos, a, b);
    V carry = CN_NAME(add)(&fours, c, d);
    counter[0] = ones;
    counter[1] = twos;
    counter[2] = fours;
    V *higher = counter + 3;
    for (; group & 1; group >>= 1, higher += 2) carry = CN_NAME(add)(higher, higher[1], carry);
    higher[1] = carry;
}

CN_INLINE void CN_NAME(clear)(V *counter, int32_t depth) {
    for (int32_t d = 0; d < depth; d++) counter[d < 3 ? d : 2 * d - 3] = (V){0};
}

/* Makes a counter of `groups` groups a plain number of `depth` planes. */
CN_INLINE void CN_NAME(settle)(V *counter, int32_t depth, int64_t groups) {
    V carry = {0};
    for (int32_t d = 3; d < depth; d++, groups >>= 1) {
        V sum = counter[2 * d - 3];
        carry = CN_NAME(add)(&sum, groups & 1 ? counter[2 * d - 2] : (V){0}, carry);
        counter[d] = sum;
    }
}

/* The planes of 64 lanes as numbers; `word` is their word within the vector. */
CN_INLINE void CN_NAME(unpack)(const V *number, int32_t depth, int32_t word, uint32_t *restrict out) {
    const uint64_t *words = (const uint64_t *)number + word;
    const int64_t stride = CN_BYTES / 8;
    for (int32_t from = 0; from == 0 || from < depth; from += 8) {
        const int32_t n = depth - from < 8 ? depth - from : 8;
        uint8_t bytes[64];
#ifdef CN_MASKS
        __m512i v = _mm512_setzero_si512();
        for (int32_t d = 0; d < n; d++) {
            const __m512i bit = _mm512_set1_epi8((char)(1 << d));
            v = _mm512_or_si512(v, _mm512_maskz_mov_epi8(words[(from + d) * stride], bit));
        }
        _mm512_storeu_si512(bytes, v);
#else
        for (int32_t j = 0; j < 8; j++) {
            uint64_t x = 0;
            for (int32_t d = 0; d < n; d++) x |= (words[(from + d) * stride] >> 8 * j & 255) << 8 * d;
            x = cn_transpose8(x);
            __builtin_memcpy(bytes + 8 * j, &x, 8);
        }
#endif
        if (from == 0)
            for (int32_t i = 0; i < 64; i++) out[i] = bytes[i];
        else
            for (int32_t i = 0; i < 64; i++) out[i] |= (uint32_t)bytes[i] << from;
    }
}

/* The planes that are not empty. */
CN_INLINE int32_t CN_NAME(occupied)(const V *number, int32_t depth) {
    for (; depth > 0; depth--) {
        uint64_t any = 0;
        for (int32_t w = 0; w < CN_BYTES / 8; w++) any |= number[depth - 1][w];
        if (any) break;
    }
    return depth;
}

/*
 * Counts of every class among `n` rows. The counters are of the products of planes: product s, in
 * 1 ... classes-1, is 1 where all the bits of s are set, so that each takes one AND of a plane and an
 * earlier product. Inclusion and exclusion then gives the classes. Number c has its planes at
 * counters + c * stride.
 */
CN_TARGET static void CN_NAME(count_classes)(const uint64_t *slices, int32_t planes, int32_t classes,
                                             const uint32_t *order, int64_t n, int64_t zero_row, int32_t depth,
                                             V *counters, int64_t stride) {
    const int64_t row_words = (int64_t)planes * CN_SLICE_WORDS, plane_vectors = CN_SLICE_WORDS * 8 / CN_BYTES;
    V path[CN_SLICE_PLANES][8];
    for (int32_t s = 1; s < classes; s++) CN_NAME(clear)(counters + s * stride, depth);
    const int64_t groups = (n + 7) / 8;
    for (int64_t group = 0; group < groups; group++) {
        const V *row[8];
        for (int32_t k = 0; k < 8; k++) {
            const int64_t i = 8 * group + k;
            row[k] = (const V *)(slices + (i < n ? order[i] : zero_row) * row_words);
            if (i + 16 < n)
                for (int32_t b = 0; b < planes; b++)
                    __builtin_prefetch(slices + order[i + 16] * row_words + b * CN_SLICE_WORDS);
        }
        for (int32_t s = 1; s < classes; s++) {
            const int32_t bit = __builtin_ctz(s), parent = s & (s - 1);
            V x[8];
            for (int32_t k = 0; k < 8; k++) x[k] = row[k][bit * plane_vectors];
            if (parent) {
                const V *product = path[__builtin_ctz(parent)];
                for (int32_t k = 0; k < 8; k++) x[k] &= product[k];
            }
            if (bit)
                for (int32_t k = 0; k < 8; k++) path[bit][k] = x[k];
            CN_NAME(count)(x, counters + s * stride, group);
        }
    }
    for (int32_t d = 0; d < depth; d++) counters[d] = (V){0} - (uint64_t)(n >> d & 1);
    for (int32_t s = 1; s < classes; s++) CN_NAME(settle)(counters + s * stride, depth, groups);
    for (int32_t bit = 1; bit < classes; bit <<= 1) {
        for (int32_t s = 0; (s | bit) < classes; s++) {
            if (s & bit) continue;
            V *without = counters + s * stride;
            const V *with = counters + (s | bit) * stride;
            V borrow = {0};
            for (int32_t d = 0; d < depth; d++) borrow = CN_NAME(subtract)(without + d, with[d], borrow);
        }
    }
}

CN_TARGET static void CN_NAME(class_sums)(const uint64_t *slices, int32_t planes, int32_t classes,
                                          const uint32_t *class_samples, const cn_runs *runs,
                                          const int64_t *const *tables, int64_t lanes, int64_t *sums,
                                          void *scratch) {
    const int64_t stride = cn_counter_planes(runs->samples);
    const int32_t all = cn_bit_length(runs->samples);
    V *counters = scratch, *rest = counters + classes * stride;
    uint32_t *numbers = (uint32_t *)((char *)scratch + 2 * classes * stride * 64);
    int64_t largest = 0, start = 0, most = 0;
    for (int64_t cell = 0; cell < runs->cells; start = runs->ends[cell++]) {
        if (runs->ends[cell] - start <= most) continue;
        most = runs->ends[cell] - start;
        largest = cell;
    }
    for (int64_t lane = 0; lane < lanes; lane++) sums[lane] = 0;
    for (int64_t first = 0; first < lanes; first += CN_BYTES * 8) {
        /* The largest cell is not counted: it has what the others leave. */
        for (int32_t c = 0; c < classes; c++)
            for (int32_t d = 0; d < all; d++) rest[c * stride + d] = (V){0} - (uint64_t)(class_samples[c] >> d & 1);
        for (int64_t step = 0, cell = 0; step < runs->cells; step++, cell++) {
            if (cell == largest) cell++;
            const int is_last = step == runs->cells - 1;
            const V *found = counters;
            int32_t depth = all;
            if (is_last) {
                found = rest;
            } else {
                const int64_t from = cell ? runs->ends[cell - 1] : 0, n = runs->ends[cell] - from;
                depth = 3 + cn_bit_length((n + 7) / 8);
                if (depth > all) depth = all > 3 ? all : 3;
                CN_NAME(count_classes)(slices + first / 64, planes, classes, runs->order + from, n, runs->samples,
                                       depth, counters, stride);
                for (int32_t c = 0; c < classes; c++) {
                    V borrow = {0};
                    for (int32_t d = 0; d < all; d++)
                        borrow = CN_NAME(subtract)(rest + c * stride + d,
                                                   d < depth ? counters[c * stride + d] : (V){0}, borrow);
                }
            }
            for (int32_t word = 0; word < CN_BYTES / 8 && first + 64 * word < lanes; word++) {
                const int64_t left = lanes - first - 64 * word;
                for (int32_t c = 0; c < classes; c++) {
                    const V *number = found + c * stride;
                    CN_NAME(unpack)(number, CN_NAME(occupied)(number, depth), word, numbers + 64 * c);
                }
                cn_look_up(tables, classes, numbers, left < 64 ? left : 64, sums + first + 64 * word);
            }
        }
    }
}

CN_TARGET static void CN_NAME(totals)(const uint64_t *slices, int32_t planes, const cn_runs *runs, uint32_t start,
                                      uint32_t *totals, void *scratch) {
    const int64_t row_words = (int64_t)planes * CN_SLICE_WORDS, plane_vectors = CN_SLICE_WORDS * 8 / CN_BYTES;
    const int64_t stride = cn_counter_planes(runs->samples);
    V *counters = scratch, *total = counters + planes * stride;
    for (int64_t first = 0; first < CN_SLICE_LANES; first += CN_BYTES * 8) {
        for (int64_t cell = 0, from = start; cell < runs->cells; from = runs->ends[cell++]) {
            const int64_t n = runs->ends[cell] - from, groups = (n + 7) / 8;
            const uint32_t *order = runs->order + from;
            const int32_t depth = 3 + cn_bit_length(groups);
            for (int32_t b = 0; b < planes; b++) CN_NAME(clear)(counters + b * stride, depth);
            for (int64_t group = 0; group < groups; group++) {
                const V *row[8];
                for (int32_t k = 0; k < 8; k++) {
                    const int64_t i = 8 * group + k;
                    row[k] = (const V *)(slices + first / 64 + (i < n ? order[i] : runs->samples) * row_words);
                    if (from + i + 16 < runs->samples)
                        for (int32_t b = 0; b < planes; b++)
                            __builtin_prefetch(slices + order[i + 16] * row_words + b * CN_SLICE_WORDS);
                }
                for (int32_t b = 0; b < planes; b++) {
                    V x[8];
                    for (int32_t k = 0; k < 8; k++) x[k] = row[k][b * plane_vectors];
                    CN_NAME(count)(x, counters + b * stride, group);
                }
            }
            /* A count of plane b weighs 2^b. */
            int32_t width = depth + planes;
            for (int32_t d = 0; d < width; d++) total[d] = (V){0};
            for (int32_t b = 0; b < planes; b++) {
                CN_NAME(settle)(counters + b * stride, depth, groups);
                V carry = {0};
                for (int32_t d = b; d < width; d++)
                    carry = CN_NAME(add)(total + d, d - b < depth ? counters[b * stride + d - b] : (V){0}, carry);
            }
            width = CN_NAME(occupied)(total, width);
            for (int32_t word = 0; word < CN_BYTES / 8; word++)
                CN_NAME(unpack)(total, width, word, totals + cell * CN_SLICE_LANES + first + 64 * word);
        }
    }
}

#undef V
#undef CN_INLINE
#undef CN_NAME
#undef CN_TARGET
#undef CN_BYTES
#undef CN_MASKS
