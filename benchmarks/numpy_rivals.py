# SPDX-License-Identifier: Apache-2.0
"""The rival that everybody writes: bins by arithmetic, joint histograms by numpy.bincount.

numpy.bincount counts one vector of small integers, so codes, neurons and classes
are folded into one index. `columns` does so a neuron at a time, `row_blocks` for
all neurons of a block of rows of one class, whose temporaries stay within the caches.
"""

from __future__ import annotations

import numpy as np


def _bins(x: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Lowest edge and width of the bins of every neuron."""
    low, high = x.min(axis=0).astype(np.float64), x.max(axis=0).astype(np.float64)
    return low, np.where(high > low, (high - low) / bins, 1.0)


def _codes(x: np.ndarray, low: np.ndarray, step: np.ndarray, bins: int) -> np.ndarray:
    """Bins with edges k·step + low, the last one closed, as numpy.histogram finds them."""
    value = x.astype(np.float64)
    codes = ((value - low) * (1 / step)).astype(np.int64)
    codes -= value < codes * step + low
    codes += value >= (codes + 1) * step + low
    return np.minimum(codes, bins - 1, out=codes)


def information(joint: np.ndarray) -> np.ndarray:
    """I(T;Y) in bits from counts [neurons, bins, classes]."""
    samples = joint[0].sum()

    def entropy(counts: np.ndarray) -> np.ndarray:
        p = counts.reshape(len(counts), -1) / samples
        return -(p * np.log2(p, where=p > 0, out=np.zeros_like(p))).sum(axis=1)

    return entropy(joint.sum(axis=2)) + entropy(joint.sum(axis=1)) - entropy(joint)


def columns(x: np.ndarray, y: np.ndarray, classes: int, bins: int) -> np.ndarray:
    """A neuron at a time."""
    low, step = _bins(x, bins)
    joint = np.empty((x.shape[1], bins, classes), np.int64)
    for j in range(x.shape[1]):
        index = _codes(x[:, j], low[j], step[j], bins) * classes + y
        joint[j] = np.bincount(index, minlength=bins * classes).reshape(bins, classes)
    return information(joint)


def row_blocks(x: np.ndarray, y: np.ndarray, classes: int, bins: int, rows: int = 64) -> np.ndarray:
    """All neurons of a block of rows of one class at a time."""
    low, step = _bins(x, bins)
    neurons = x.shape[1]
    offset = np.arange(neurons) * bins
    joint = np.zeros((classes, neurons * bins), np.int64)
    for c in range(classes):
        members = np.flatnonzero(y == c)
        for start in range(0, len(members), rows):
            codes = _codes(x[members[start : start + rows]], low, step, bins) + offset
            joint[c] += np.bincount(codes.reshape(-1), minlength=neurons * bins)
    return information(joint.reshape(classes, neurons, bins).transpose(1, 2, 0))


def one_bit(x: np.ndarray, y: np.ndarray, classes: int, threshold: float) -> np.ndarray:
    """The same for two levels, divided by a threshold."""
    above = np.stack([(x[y == c] > threshold).sum(axis=0) for c in range(classes)], axis=1)
    sizes = np.bincount(y, minlength=classes)
    return information(np.stack([sizes - above, above], axis=1))
