/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting by comparison, for one instruction set: for a strip of adjacent
 * columns, compare a vector of codes with each level and subtract the mask (-1
 * where equal) from a vector of byte counters, emptied before it can overflow.
 * Two instructions count CN_LANES codes for one level, and no count waits for a
 * store to the same address, which is what limits incrementing.
 */
typedef uint8_t CN_NAME(bytes) __attribute__((vector_size(CN_LANES)));

CN_TARGET static inline __attribute__((always_inline)) void CN_NAME(add_bytes)(CN_NAME(bytes) counts,
                                                                               uint32_t *restrict out) {
    uint8_t bytes[CN_LANES];
    memcpy(bytes, &counts, sizeof bytes);
    for (int64_t i = 0; i < CN_LANES; i++) out[i] += bytes[i];
}

/* Two levels: the codes themselves are what to add. */
CN_TARGET static void CN_NAME(count_ones)(const uint8_t *codes, int64_t rows, uint32_t *counts) {
    for (int64_t from = 0; from < rows; from += 255) {
        const int64_t n = rows - from < 255 ? rows - from : 255;
        for (int64_t j = 0; j < CN_STRIP; j += CN_LANES) {
            CN_NAME(bytes) sum = {0};
            for (int64_t r = 0; r < n; r++) {
                CN_NAME(bytes) row;
                memcpy(&row, codes + (from + r) * CN_STRIP + j, sizeof row);
                sum += row;
            }
            CN_NAME(add_bytes)(sum, counts + j);
        }
    }
}

#ifdef CN_LEVELS
CN_TARGET static void CN_NAME(count_levels)(const uint8_t *codes, int64_t rows, int32_t levels, uint32_t *counts,
                                            int64_t count_stride) {
    typedef CN_NAME(bytes) V;
    for (int64_t from = 0; from < rows; from += 255) {
        const int64_t n = rows - from < 255 ? rows - from : 255;
        for (int64_t j = 0; j < CN_STRIP; j += CN_LANES) {
            const uint8_t *base = codes + from * CN_STRIP + j;
            for (int32_t level = 1; level < levels; level += CN_LEVELS) {
                V count[CN_LEVELS] = {{0}}, wanted[CN_LEVELS];
                for (int32_t k = 0; k < CN_LEVELS; k++) wanted[k] = (V){0} + (uint8_t)(level + k);
                for (int64_t r = 0; r < n; r++) {
                    V v;
                    memcpy(&v, base + r * CN_STRIP, sizeof v);
                    for (int32_t k = 0; k < CN_LEVELS; k++) count[k] -= (V)(v == wanted[k]);
                }
                for (int32_t k = 0; k < CN_LEVELS && level + k < levels; k++)
                    CN_NAME(add_bytes)(count[k], counts + (level + k) * count_stride + j);
            }
        }
    }
}
#endif
