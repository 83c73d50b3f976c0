# SPDX-License-Identifier: Apache-2.0
"""The rival in numba for permutations: every thread counts some of the neurons in four tables each,
so that neighbouring samples of one cell do not wait for each other."""

import numpy as np
from numba import njit, prange


@njit(parallel=True)
def permuted_joint(codes, labels, classes, bins):
    """Counts [neurons, bins, classes] of byte codes [neurons, samples] and byte labels."""
    d, n = codes.shape
    joint = np.empty((d, bins, classes), np.int64)
    for j in prange(d):
        tables = np.zeros((4, bins * classes), np.uint32)
        row = codes[j]
        whole = n - n % 4
        for i in range(0, whole, 4):
            tables[0, np.int64(row[i]) * classes + labels[i]] += 1
            tables[1, np.int64(row[i + 1]) * classes + labels[i + 1]] += 1
            tables[2, np.int64(row[i + 2]) * classes + labels[i + 2]] += 1
            tables[3, np.int64(row[i + 3]) * classes + labels[i + 3]] += 1
        for i in range(whole, n):
            tables[0, np.int64(row[i]) * classes + labels[i]] += 1
        for bin in range(bins):
            for c in range(classes):
                joint[j, bin, c] = (
                    tables[0, bin * classes + c]
                    + tables[1, bin * classes + c]
                    + tables[2, bin * classes + c]
                    + tables[3, bin * classes + c]
                )
    return joint
