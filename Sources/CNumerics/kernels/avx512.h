/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What AVX-512 does otherwise than the narrower sets, because measuring said
 * so: counting many levels, and the grid for float tiles of at most 256 levels.
 *
 * Counting is by bits. The codes of eight rows are turned into bit planes: byte
 * j of plane p holds bit p of the eight codes of column j. A few logical
 * operations on planes give the mask of a level, eight rows of 64 columns at
 * once, and masks are added up by full adders whose digits are vectors: of the
 * numbers that they hold, one for each bit, bit k stands in vector k. That is a
 * tenth of the instructions of comparing each code with each level.
 */
#define CN_AVX512 __attribute__((target("avx2,avx512f,avx512bw,avx512dq,avx512vl")))
#define CN_AVX512_INLINE CN_AVX512 static inline __attribute__((always_inline))

typedef uint8_t cn_bytes __attribute__((vector_size(64)));
typedef uint64_t cn_words __attribute__((vector_size(64)));

/* Rows counted before the digits are read: as many groups of eight as byte counters can take. */
#define CN_CHUNK 248
#define CN_GROUPS ((CN_CHUNK + 31) / 32 * 4)

/* What is needed of a chunk: for each group of eight rows, the two lowest planes, and for each value of the
 * higher bits a mask of the codes that have it. */
typedef struct cn_planes {
    cn_words low[2][CN_GROUPS];
    cn_words high[16][CN_GROUPS];
} cn_planes;

/* Bits of a where the mask is 1, of b elsewhere. */
#define CN_SELECT(mask, a, b) (((a) & (mask)) | ((b) & ~(mask)))

/* Transposes the 8 × 8 bits of each column: rows in, planes 0 ... count-1 (and perhaps one more) out. */
CN_AVX512_INLINE void slice(const cn_words row[8], int count, cn_words plane[6]) {
    const cn_words nibbles = (cn_words){0} + 0x0f0f0f0f0f0f0f0f, pairs = (cn_words){0} + 0x3333333333333333,
                   even = (cn_words){0} + 0x5555555555555555;
    cn_words half[8];
    for (int i = 0; i < 4; i++) {
        half[i] = CN_SELECT(nibbles, row[i], row[i + 4] << 4);
        half[i + 4] = CN_SELECT(nibbles, row[i] >> 4, row[i + 4]);
    }
    for (int p = 0; p < count; p += 2) {
        const cn_words *from = half + p / 4 * 4;
        const cn_words x = p & 2 ? CN_SELECT(pairs, from[0] >> 2, from[2]) : CN_SELECT(pairs, from[0], from[2] << 2);
        const cn_words y = p & 2 ? CN_SELECT(pairs, from[1] >> 2, from[3]) : CN_SELECT(pairs, from[1], from[3] << 2);
        plane[p] = CN_SELECT(even, x, y << 1);
        plane[p + 1] = CN_SELECT(even, x >> 1, y);
    }
}

/* Slices at most CN_CHUNK rows; returns the number of groups, padded to a multiple of 4. */
CN_AVX512_INLINE int slice_chunk(const uint8_t *codes, int rows, int count, cn_planes *planes) {
    const int groups = (rows + 31) / 32 * 4, masks = 1 << (count - 2);
    for (int g = 0; g < groups; g++) {
        const uint8_t *from = codes + 8 * g * CN_STRIP;
        cn_words row[8], plane[6];
        if (8 * g + 8 <= rows) {
            for (int i = 0; i < 8; i++) row[i] = (cn_words)_mm512_loadu_si512(from + i * CN_STRIP);
        } else { /* rows beyond the last, which are not read, are of level 0, which is not counted */
            for (int i = 0; i < 8; i++)
                row[i] = (cn_words)_mm512_maskz_loadu_epi64(8 * g + i < rows ? 0xff : 0, from + i * CN_STRIP);
        }
        slice(row, count, plane);
        planes->low[0][g] = plane[0];
        planes->low[1][g] = plane[1];
        cn_words mask[16] = {~(cn_words){0}};
        for (int p = 2, n = 1; p < count; p++, n *= 2) {
            for (int m = 0; m < n; m++) {
                mask[m + n] = mask[m] & plane[p];
                mask[m] &= ~plane[p];
            }
        }
        for (int m = 0; m < masks; m++) planes->high[m][g] = mask[m];
    }
    return groups;
}

/* *low + x + y: the sum's low digit goes to *low, the high one is returned. */
CN_AVX512_INLINE cn_words add_digits(cn_words *low, cn_words x, cn_words y) {
    const __m512i high = _mm512_ternarylogic_epi64((__m512i)*low, (__m512i)x, (__m512i)y, 0xe8);
    *low ^= x ^ y;
    return (cn_words)high;
}

/* Adds four groups of the levels whose lower bits are `first` and first + 1 to the lower digits; returns the
 * carries, which are worth four. */
CN_AVX512_INLINE void add_four(const cn_planes *planes, const cn_words *high, int g, int first, cn_words ones[2],
                               cn_words twos[2], cn_words carry[2]) {
    for (int pair = 0; pair < 2; pair++) {
        cn_words mask[2][2];
        for (int i = 0; i < 2; i++) {
            const int at = g + 2 * pair + i;
            const cn_words a = planes->low[0][at], b = planes->low[1][at], c = high[at];
            mask[i][0] = ~a & (first & 2 ? b : ~b) & c;
            mask[i][1] = a & (first & 2 ? b : ~b) & c;
        }
        for (int k = 0; k < 2; k++) {
            const cn_words two = add_digits(&ones[k], mask[0][k], mask[1][k]);
            carry[k] = pair == 0 ? two : add_digits(&twos[k], carry[k], two);
        }
    }
}

/* Counts these two levels; `high` holds the masks of their higher bits. */
CN_AVX512_INLINE void count_two(const cn_planes *planes, const cn_words *high, int groups, int first,
                                cn_bytes counts[2]) {
    cn_words digit[5][2] = {{{0}}};
    int g = 0;
    for (; g + 8 <= groups; g += 8) {
        cn_words fours[2], more[2];
        add_four(planes, high, g, first, digit[0], digit[1], fours);
        add_four(planes, high, g + 4, first, digit[0], digit[1], more);
        for (int k = 0; k < 2; k++) {
            const cn_words eights = add_digits(&digit[2][k], fours[k], more[k]);
            digit[4][k] ^= digit[3][k] & eights;
            digit[3][k] ^= eights;
        }
    }
    if (g < groups) {
        cn_words fours[2];
        add_four(planes, high, g, first, digit[0], digit[1], fours);
        for (int k = 0; k < 2; k++) {
            const cn_words eights = digit[2][k] & fours[k];
            digit[2][k] ^= fours[k];
            digit[4][k] ^= digit[3][k] & eights;
            digit[3][k] ^= eights;
        }
    }
    for (int k = 0; k < 2; k++) {
        cn_bytes sum = {0};
        for (int p = 4; p >= 0; p--) sum += sum + __builtin_elementwise_popcount((cn_bytes)digit[p][k]);
        counts[k] = sum;
    }
}

/* Counts codes of `count` bits, 2 ... 6. */
CN_AVX512_INLINE void count_bits(const uint8_t *codes, int64_t rows, int count, int32_t levels, uint32_t *counts,
                                 int64_t count_stride) {
    cn_planes planes;
    for (int64_t from = 0; from < rows; from += CN_CHUNK) {
        const int n = rows - from < CN_CHUNK ? (int)(rows - from) : CN_CHUNK;
        const int groups = slice_chunk(codes + from * CN_STRIP, n, count, &planes);
        for (int32_t four = 0; four < levels; four += 4) {
            cn_bytes sums[4];
            count_two(&planes, planes.high[four / 4], groups, 0, sums);
            if (four + 2 < levels) count_two(&planes, planes.high[four / 4], groups, 2, sums + 2);
            for (int32_t level = four ? four : 1; level < four + 4 && level < levels; level++)
                add_bytes_avx512(sums[level - four], counts + level * count_stride);
        }
    }
}

CN_AVX512 static void count_levels_avx512(const uint8_t *codes, int64_t rows, int32_t levels, uint32_t *counts,
                                          int64_t count_stride) {
    if (levels <= 4) count_bits(codes, rows, 2, levels, counts, count_stride);
    else if (levels <= 8) count_bits(codes, rows, 3, levels, counts, count_stride);
    else if (levels <= 16) count_bits(codes, rows, 4, levels, counts, count_stride);
    else if (levels <= 32) count_bits(codes, rows, 5, levels, counts, count_stride);
    else count_bits(codes, rows, 6, levels, counts, count_stride);
}

/* One strip of 64 columns in fixed point; see cn_grid. Returns 0 where a value lies too near an edge or is
 * not finite; then the codes are void. */
CN_AVX512_INLINE int grid_strip_fixed(const float *a, const float *scale, const float *offset, float top,
                                      uint32_t fraction, uint8_t *out) {
    const __m512 low = _mm512_set1_ps(0x1p14f), high = _mm512_set1_ps(top);
    const __m512i mask = _mm512_set1_epi32((int32_t)fraction);
    __m512 bad = _mm512_setzero_ps();
    __mmask16 doubtful = 0;
    __m512i code[4];
    for (int k = 0; k < 4; k++) {
        const __m512 v = _mm512_loadu_ps(a + 16 * k);
        __m512 f = _mm512_fmadd_ps(v, _mm512_loadu_ps(scale + 16 * k), _mm512_loadu_ps(offset + 16 * k));
        bad = _mm512_fmadd_ps(v, _mm512_setzero_ps(), bad); /* NaN from the first infinity or NaN on */
        f = _mm512_min_ps(_mm512_max_ps(f, low), high);
        const __m512i fixed = _mm512_cvttps_epi32(f);
        doubtful |= _mm512_testn_epi32_mask(fixed, mask);
        code[k] = _mm512_srli_epi32(fixed, 16);
    }
    doubtful |= _mm512_cmp_ps_mask(bad, bad, _CMP_UNORD_Q);
    const __m512i words = _mm512_packus_epi32(code[0], code[1]), more = _mm512_packus_epi32(code[2], code[3]);
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    _mm512_storeu_si512(out, _mm512_permutexvar_epi32(order, _mm512_packus_epi16(words, more)));
    return doubtful == 0;
}

CN_AVX512 static int32_t grid_fixed_avx512(const cn_tile *tile, const cn_grid *grid) {
    const float top = ((float)grid->bins - 0.25f) * 0x1p16f;
    uint32_t bad = 0;
    for (int64_t r = 0; r < tile->rows; r++) {
        const float *a = (const float *)tile->x + r * tile->stride;
        const float *next = (const float *)tile->x + row_ahead(r, tile->rows, tile->cols) * tile->stride;
        uint8_t *out = (uint8_t *)tile->codes + tile->place[r] * (int64_t)CN_STRIP;
        for (int64_t j = 0; j < tile->cols; j += CN_STRIP, out += tile->strip_stride) {
            fetch_strip(next + j, sizeof *next);
            const int64_t n = tile->cols - j < CN_STRIP ? tile->cols - j : CN_STRIP;
            if (n == CN_STRIP && grid_strip_fixed(a + j, grid->scale + j, grid->offset + j, top, grid->fraction, out))
                continue;
            bad |= grid_columns_f32_u8_avx512(a + j, n, grid, j, out);
        }
    }
    return bad ? CN_FOUND_NONFINITE : 0;
}

#undef CN_AVX512
#undef CN_AVX512_INLINE
#undef CN_CHUNK
#undef CN_GROUPS
#undef CN_SELECT
