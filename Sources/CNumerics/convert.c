/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One loop a (source type, destination type) pair, written once as a macro.
 * Each pair gets three copies of the loop: unit stride in either byte order,
 * which compilers vectorise, and the general one. Elements are loaded with
 * memcpy because a caller's array may start at any address.
 */
#include "convert.h"

#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#define CN_F16C 1
#endif

/* The numbers of infolens.h, repeated because kernels do not see that header. */
enum {
    FLOAT16 = 1, BFLOAT16, FLOAT32, FLOAT64,
    INT8, INT16, INT32, INT64,
    UINT8, UINT16, UINT32, UINT64,
    BOOLEAN
};

/* binary16 */

static inline float half_value(uint16_t half) {
    uint32_t magnitude = half & 0x7fffu;
    uint32_t bits;
    float value;
    if (magnitude < 0x0400u) {
        /* Subnormal: an integer multiple of 2^-24, a normal float. */
        value = (float)magnitude * 0x1p-24f;
        memcpy(&bits, &value, sizeof bits);
    } else if (magnitude < 0x7c00u) {
        /* The exponent's bias grows from 15 to 127. */
        bits = (magnitude << 13) + (112u << 23);
    } else {
        bits = 0x7f800000u | (magnitude & 0x03ffu) << 13 | (magnitude > 0x7c00u ? 0x00400000u : 0u);
    }
    bits |= (uint32_t)(half & 0x8000u) << 16;
    memcpy(&value, &bits, sizeof value);
    return value;
}

void cn_half_to_float_portable(const uint16_t *source, int64_t n, float *destination) {
    for (int64_t i = 0; i < n; i++) destination[i] = half_value(source[i]);
}

#ifdef CN_F16C
__attribute__((target("avx,f16c")))
static void half_to_float_f16c(const uint16_t *source, int64_t n, float *destination) {
    int64_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m128i halves = _mm_loadu_si128((const __m128i *)(const void *)(source + i));
        _mm256_storeu_ps(destination + i, _mm256_cvtph_ps(halves));
    }
    for (; i < n; i++) destination[i] = half_value(source[i]);
}
#endif

void cn_half_to_float(const uint16_t *source, int64_t n, float *destination) {
#ifdef CN_F16C
    if (__builtin_cpu_supports("f16c")) {
        half_to_float_f16c(source, n, destination);
        return;
    }
#endif
    cn_half_to_float_portable(source, n, destination);
}

/* Loads */

static inline uint8_t swap8(uint8_t x) { return x; }
static inline uint16_t swap16(uint16_t x) { return __builtin_bswap16(x); }
static inline uint32_t swap32(uint32_t x) { return __builtin_bswap32(x); }
static inline uint64_t swap64(uint64_t x) { return __builtin_bswap64(x); }

/* Reads one element of `type`, `bits` wide, at byte address `at`. */
#define LOAD(type, bits, at, swapped, value)           \
    do {                                               \
        uint##bits##_t raw_;                           \
        memcpy(&raw_, (at), sizeof raw_);              \
        if (swapped) raw_ = swap##bits(raw_);          \
        memcpy(&(value), &raw_, sizeof(type));         \
    } while (0)

/* for each element x of `type`: destination[i] = expression of x */
#define CONVERT(type, bits, expression)                                              \
    do {                                                                             \
        const char *bytes_ = source;                                                 \
        type x;                                                                      \
        if (!swapped && stride == (ptrdiff_t)sizeof(type)) {                         \
            for (int64_t i = 0; i < n; i++) {                                        \
                memcpy(&x, bytes_ + i * (int64_t)sizeof(type), sizeof x);            \
                destination[i] = (expression);                                       \
            }                                                                        \
        } else if (stride == (ptrdiff_t)sizeof(type)) {                              \
            for (int64_t i = 0; i < n; i++) {                                        \
                LOAD(type, bits, bytes_ + i * (int64_t)sizeof(type), 1, x);          \
                destination[i] = (expression);                                       \
            }                                                                        \
        } else {                                                                     \
            for (int64_t i = 0; i < n; i++) {                                        \
                LOAD(type, bits, bytes_ + i * stride, swapped, x);                   \
                destination[i] = (expression);                                       \
            }                                                                        \
        }                                                                            \
    } while (0)

static inline float bfloat_value(uint16_t x) {
    uint32_t bits = (uint32_t)x << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Gathers up to `capacity` halves, so that strided and swapped runs use the wide conversion too. */
enum { HALVES = 256 };
static int64_t gather_halves(const char *source, ptrdiff_t stride, int swapped, int64_t n, uint16_t *halves) {
    if (n > HALVES) n = HALVES;
    for (int64_t i = 0; i < n; i++) LOAD(uint16_t, 16, source + i * stride, swapped, halves[i]);
    return n;
}

/* Conversions */

int64_t cn_convert_float32(int32_t dtype, int swapped, const void *source, ptrdiff_t stride, int64_t n, float *destination) {
    switch (dtype) {
    case FLOAT16:
        if (!swapped && stride == 2 && (uintptr_t)source % 2 == 0) {
            cn_half_to_float(source, n, destination);
        } else {
            uint16_t halves[HALVES];
            for (int64_t done = 0; done < n;) {
                int64_t count = gather_halves((const char *)source + done * stride, stride, swapped, n - done, halves);
                cn_half_to_float(halves, count, destination + done);
                done += count;
            }
        }
        return CN_EXACT;
    case BFLOAT16: CONVERT(uint16_t, 16, bfloat_value(x)); return CN_EXACT;
    case FLOAT32: CONVERT(float, 32, x); return CN_EXACT;
    case INT8: CONVERT(int8_t, 8, (float)x); return CN_EXACT;
    case INT16: CONVERT(int16_t, 16, (float)x); return CN_EXACT;
    case UINT8: CONVERT(uint8_t, 8, (float)x); return CN_EXACT;
    case UINT16: CONVERT(uint16_t, 16, (float)x); return CN_EXACT;
    case BOOLEAN: CONVERT(uint8_t, 8, x ? 1.0f : 0.0f); return CN_EXACT;
    default: return CN_UNSUPPORTED;
    }
}

int64_t cn_convert_float64(int32_t dtype, int swapped, const void *source, ptrdiff_t stride, int64_t n, double *destination) {
    const int64_t limit = (int64_t)1 << 53;
    switch (dtype) {
    case FLOAT16: {
        uint16_t halves[HALVES];
        float floats[HALVES];
        for (int64_t done = 0; done < n;) {
            int64_t count = gather_halves((const char *)source + done * stride, stride, swapped, n - done, halves);
            cn_half_to_float(halves, count, floats);
            for (int64_t i = 0; i < count; i++) destination[done + i] = floats[i];
            done += count;
        }
        return CN_EXACT;
    }
    case BFLOAT16: CONVERT(uint16_t, 16, bfloat_value(x)); return CN_EXACT;
    case FLOAT32: CONVERT(float, 32, x); return CN_EXACT;
    case FLOAT64: CONVERT(double, 64, x); return CN_EXACT;
    case INT8: CONVERT(int8_t, 8, x); return CN_EXACT;
    case INT16: CONVERT(int16_t, 16, x); return CN_EXACT;
    case INT32: CONVERT(int32_t, 32, x); return CN_EXACT;
    case UINT8: CONVERT(uint8_t, 8, x); return CN_EXACT;
    case UINT16: CONVERT(uint16_t, 16, x); return CN_EXACT;
    case UINT32: CONVERT(uint32_t, 32, x); return CN_EXACT;
    case BOOLEAN: CONVERT(uint8_t, 8, x ? 1.0 : 0.0); return CN_EXACT;
    case INT64:
        for (int64_t i = 0; i < n; i++) {
            int64_t x;
            LOAD(int64_t, 64, (const char *)source + i * stride, swapped, x);
            if (x > limit || x < -limit) return i;
            destination[i] = (double)x;
        }
        return CN_EXACT;
    case UINT64:
        for (int64_t i = 0; i < n; i++) {
            uint64_t x;
            LOAD(uint64_t, 64, (const char *)source + i * stride, swapped, x);
            if (x > (uint64_t)limit) return i;
            destination[i] = (double)x;
        }
        return CN_EXACT;
    default: return CN_UNSUPPORTED;
    }
}

int64_t cn_convert_int64(int32_t dtype, int swapped, const void *source, ptrdiff_t stride, int64_t n, int64_t *destination) {
    switch (dtype) {
    case INT8: CONVERT(int8_t, 8, x); return CN_EXACT;
    case INT16: CONVERT(int16_t, 16, x); return CN_EXACT;
    case INT32: CONVERT(int32_t, 32, x); return CN_EXACT;
    case INT64: CONVERT(int64_t, 64, x); return CN_EXACT;
    case UINT8: CONVERT(uint8_t, 8, x); return CN_EXACT;
    case UINT16: CONVERT(uint16_t, 16, x); return CN_EXACT;
    case UINT32: CONVERT(uint32_t, 32, x); return CN_EXACT;
    case UINT64: CONVERT(uint64_t, 64, (int64_t)x); return CN_EXACT;
    case BOOLEAN: CONVERT(uint8_t, 8, x != 0); return CN_EXACT;
    default: return CN_UNSUPPORTED;
    }
}

/* Shuffled bytes */

#ifdef CN_F16C
/* Pairs of planes are interleaved until one is left, 16 elements at a time: as many as were done. SSE2 is part of
 * x86-64. */
#define INTERLEAVE(to, low, high)                 \
    do {                                          \
        (to)[0] = _mm_unpacklo_epi8(low, high);   \
        (to)[1] = _mm_unpackhi_epi8(low, high);   \
    } while (0)

static int64_t unshuffle2(const uint8_t *from, int64_t elements, uint8_t *to) {
    int64_t i = 0;
    for (; i + 16 <= elements; i += 16) {
        __m128i pairs[2];
        INTERLEAVE(pairs, _mm_loadu_si128((const __m128i *)(const void *)(from + i)),
                   _mm_loadu_si128((const __m128i *)(const void *)(from + elements + i)));
        for (int k = 0; k < 2; k++) _mm_storeu_si128((__m128i *)(void *)(to + 2 * i + 16 * k), pairs[k]);
    }
    return i;
}

static int64_t unshuffle4(const uint8_t *from, int64_t elements, uint8_t *to) {
    int64_t i = 0;
    for (; i + 16 <= elements; i += 16) {
        __m128i plane[4], even[2], odd[2], whole[4];
        for (int k = 0; k < 4; k++) plane[k] = _mm_loadu_si128((const __m128i *)(const void *)(from + k * elements + i));
        /* Bytes 0 and 2, and 1 and 3, so that the last step puts all four in order. */
        INTERLEAVE(even, plane[0], plane[2]);
        INTERLEAVE(odd, plane[1], plane[3]);
        INTERLEAVE(whole, even[0], odd[0]);
        INTERLEAVE(whole + 2, even[1], odd[1]);
        for (int k = 0; k < 4; k++) _mm_storeu_si128((__m128i *)(void *)(to + 4 * i + 16 * k), whole[k]);
    }
    return i;
}

static int64_t unshuffle8(const uint8_t *from, int64_t elements, uint8_t *to) {
    int64_t i = 0;
    for (; i + 16 <= elements; i += 16) {
        __m128i plane[8], half[8], quarter[8], whole[8];
        for (int k = 0; k < 8; k++) plane[k] = _mm_loadu_si128((const __m128i *)(const void *)(from + k * elements + i));
        for (int k = 0; k < 4; k++) INTERLEAVE(half + 2 * k, plane[k], plane[k + 4]);
        for (int k = 0; k < 4; k++) INTERLEAVE(quarter + 2 * k, half[k], half[k + 4]);
        for (int k = 0; k < 4; k++) INTERLEAVE(whole + 2 * k, quarter[k], quarter[k + 4]);
        for (int k = 0; k < 8; k++) _mm_storeu_si128((__m128i *)(void *)(to + 8 * i + 16 * k), whole[k]);
    }
    return i;
}
#else
static int64_t unshuffle2(const uint8_t *from, int64_t elements, uint8_t *to) { return 0; }
static int64_t unshuffle4(const uint8_t *from, int64_t elements, uint8_t *to) { return 0; }
static int64_t unshuffle8(const uint8_t *from, int64_t elements, uint8_t *to) { return 0; }
#endif

void cn_unshuffle(const void *restrict source, int64_t count, int64_t size, void *restrict destination) {
    const uint8_t *restrict from = source;
    uint8_t *restrict to = destination;
    const int64_t elements = count / size;
    int64_t done = 0;
    if (size == 2) done = unshuffle2(from, elements, to);
    if (size == 4) done = unshuffle4(from, elements, to);
    if (size == 8) done = unshuffle8(from, elements, to);
    for (int64_t i = done; i < elements; i++) {
        for (int64_t byte = 0; byte < size; byte++) to[i * size + byte] = from[byte * elements + i];
    }
    memcpy(to + elements * size, from + elements * size, (size_t)(count % size));
}
