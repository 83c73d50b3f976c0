# SPDX-License-Identifier: Apache-2.0
"""The order in which heat maps show neurons."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def by_favourite_class(matrix: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Order of the rows of a matrix [neurons, classes] that makes its structure visible.

    Neurons with their largest value in the same class stand together, largest first;
    neurons without a positive value come last. NaN counts as nothing.
    """
    values = np.nan_to_num(matrix, nan=-1.0)
    best = values.max(axis=1)
    favourite = np.where(best > 0, values.argmax(axis=1), matrix.shape[1])
    return np.lexsort((-best, favourite))
