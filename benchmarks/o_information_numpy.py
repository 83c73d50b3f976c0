# SPDX-License-Identifier: Apache-2.0
"""O-information of many multiplets at once in numpy, as well as it can be written there.

Both ways gather the k × k correlation matrices of a block of multiplets, and need the
determinant and the diagonal of the inverse P: Ω = -½ log(det² Π P_jj). `inverses` asks LAPACK for
them matrix by matrix. `eliminations` keeps the block's matrices as k × k vectors, an element of all
multiplets beside each other, so that every step of Gauss's elimination is one operation on
vectors that stay within the caches. Blocks are shared out among threads: numpy frees the GIL.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

Way = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From a correlation matrix and multiplets [M, k] to their O-information [M] in bits."""

Best = dict[str, tuple[np.ndarray, np.ndarray]]
"""Of "min" and "max": values and multiplets, best first."""

# Multiplets of a block: temporaries of some hundred KB for the orders that matter here.
BLOCK = 2048


def all_multiplets(neurons: int, order: int) -> np.ndarray:
    """[M, order], lexicographic."""
    count = math.comb(neurons, order)
    flat = itertools.chain.from_iterable(itertools.combinations(range(neurons), order))
    return np.fromiter(flat, np.intp, count * order).reshape(count, order)


def inverses(correlation: np.ndarray, multiplets: np.ndarray) -> np.ndarray:
    """By numpy.linalg.inv and numpy.linalg.det."""
    places = multiplets[:, :, None] * len(correlation) + multiplets[:, None, :]
    matrices = correlation.take(places)
    diagonals = np.diagonal(np.linalg.inv(matrices), axis1=1, axis2=2)
    determinants = np.linalg.det(matrices)
    return -0.5 * np.log2(determinants * determinants * diagonals.prod(axis=1))


def eliminations(correlation: np.ndarray, multiplets: np.ndarray) -> np.ndarray:
    """By elimination in all matrices of the block together."""
    order = multiplets.shape[1]
    members = np.ascontiguousarray(multiplets.T)
    # a[i, j] is a vector of elements. Below the diagonal it comes to hold the inverse of the
    # triangular factor L with A = L D Lᵀ, on the diagonal D.
    a = correlation.take(members[:, None] * len(correlation) + members)
    scratch = np.empty_like(a)
    reciprocals = np.empty((order, len(multiplets)))
    np.divide(1, a[0, 0], out=reciprocals[0])
    for p in range(order - 1):
        below, product = a[p + 1 :], scratch[p + 1 :]
        factors = below[:, p] * reciprocals[p]
        np.multiply(factors[:, None], a[p], out=product)
        below -= product
        np.negative(factors, out=below[:, p])
        np.divide(1, a[p + 1, p + 1], out=reciprocals[p + 1])
    diagonals = reciprocals.copy()
    for i in range(1, order):
        row, squares = a[i, :i], scratch[i, :i]
        np.multiply(row, row, out=squares)
        squares *= reciprocals[i]
        diagonals[:i] += squares
    determinants = reciprocals.prod(axis=0)
    return -0.5 * np.log2(diagonals.prod(axis=0) / (determinants * determinants))


WAYS: dict[str, Way] = {"numpy, inverses": inverses, "numpy, eliminations": eliminations}


def values(
    way: Way, correlation: np.ndarray, multiplets: np.ndarray, pool: ThreadPoolExecutor
) -> np.ndarray:
    """The O-information of all of them, by the threads of a pool."""
    blocks = (multiplets[start : start + BLOCK] for start in range(0, len(multiplets), BLOCK))
    return np.concatenate(list(pool.map(lambda block: way(correlation, block), blocks)))


def best(found: np.ndarray, multiplets: np.ndarray, top: int) -> Best:
    """The `top` of lowest and of highest value."""
    lists = {}
    for extremum, sign in (("min", 1), ("max", -1)):
        keys = sign * found
        chosen = np.argpartition(keys, top)[:top] if top < len(keys) else np.arange(len(keys))
        chosen = chosen[np.argsort(keys[chosen], kind="stable")]
        lists[extremum] = (found[chosen], multiplets[chosen])
    return lists


def with_classes(scores: np.ndarray, y: np.ndarray, multiplets: np.ndarray) -> np.ndarray:
    """Ω in bits with the class as one more variable, normal within each class.

    H(S, Y) = H(Y) + Σ p(y) H(S | y), and with the matrices C_y of the classes, R of all samples
    and their inverses P_y, Ω = -½ (log det R + Σ p(y) (log det C_y + Σ log P_y,jj)).
    """

    def gathered(matrix: np.ndarray) -> np.ndarray:
        return matrix[multiplets[:, :, None], multiplets[:, None, :]]

    scaled = scores / scores.std(axis=0, ddof=1)
    total = np.linalg.slogdet(gathered(np.cov(scaled.T)))[1]
    for label, count in zip(*np.unique(y, return_counts=True), strict=True):
        matrices = gathered(np.cov(scaled[y == label].T))
        diagonals = np.diagonal(np.linalg.inv(matrices), axis1=1, axis2=2)
        own = np.linalg.slogdet(matrices)[1] + np.log(diagonals).sum(axis=1)
        total += count / len(y) * own
    return -0.5 / math.log(2) * total
