# SPDX-License-Identifier: Apache-2.0
"""Entropy of counts by several estimators, and divergences of distributions."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from infolens import _abi
from infolens._arrays import borrow
from infolens._call import call
from infolens._errors import ArgumentError, DTypeError, ShapeError
from infolens._library import check, encoded, library
from infolens._options import ALPHABETS, UNITS, choose
from infolens._table import Table, table_of


def entropy(
    counts: npt.ArrayLike,
    estimator: str = "plug-in",
    unit: str = "bits",
    alphabet: str = "full",
) -> float:
    """Entropy of a distribution, estimated from how often each level occurred.

    The plug-in estimate −Σ p log p, p = n/N, is too small on average, by about
    (K − 1)/(2N) nats for K levels and N samples; the other estimators correct for that.

    Parameters
    ----------
    counts
        Whole numbers ≥ 0 in one dimension, integers or floats, not all 0, with a sum
        below 2³². Their order does not matter.
    estimator
        ``"plug-in"``, ``"miller-madow"``, ``"grassberger"``, ``"chao-shen"``,
        ``"james-stein"``, ``"jackknife"`` or ``"nsb"``: see `estimators`.
    unit
        ``"bits"`` or ``"nats"``.
    alphabet
        Which levels could have occurred: ``"full"``, one for each entry of `counts`,
        zeros included, or ``"observed"``, the positive ones. It matters to
        ``"james-stein"`` and ``"nsb"``, whose results differ between the two.

    Returns
    -------
    float
        Corrected estimates may pass the logarithm of the number of levels.

    Raises
    ------
    ArgumentError
        A count is negative or fractional, all are 0, or they are too many; an unknown
        unit or alphabet.
    NotFoundError
        An unknown estimator.
    NumericError
        The estimator is undefined on these counts: ``"chao-shen"`` where every level
        occurs only once, ``"jackknife"`` for one sample.
    ShapeError, DTypeError

    Examples
    --------
    >>> infolens.entropy([4, 4, 4, 4])
    2.0
    >>> infolens.entropy(numpy.bincount(x), "nsb", unit="nats")
    """
    whole = _whole_numbers(counts)
    result = ctypes.c_double()
    call(
        "il_entropy",
        whole.ctypes.data_as(ctypes.POINTER(ctypes.c_int64)),
        len(whole),
        encoded(estimator, "estimator"),
        choose("alphabet", alphabet, ALPHABETS),
        choose("unit", unit, UNITS),
        ctypes.byref(result),
    )
    return result.value


def kl_divergence(p: npt.ArrayLike, q: npt.ArrayLike, unit: str = "bits") -> float:
    """Kullback–Leibler divergence D(p ‖ q) = Σ p log (p/q) of two discrete distributions.

    Parameters
    ----------
    p, q
        Weights of equally many levels, finite, ≥ 0, not all 0: probabilities, or counts.
        They are divided by their sums.
    unit
        ``"bits"`` or ``"nats"``.

    Returns
    -------
    float
        ≥ 0; infinity where p has mass and q has none.

    Raises
    ------
    NumericError
        A weight is negative, NaN or infinite, or all are 0.
    ShapeError, DTypeError, ArgumentError

    Examples
    --------
    >>> infolens.kl_divergence([1, 0], [1, 3])
    2.0
    """
    return _divergence("il_kl_divergence", p, q, unit)


def jensen_shannon_divergence(p: npt.ArrayLike, q: npt.ArrayLike, unit: str = "bits") -> float:
    """Jensen–Shannon divergence ½ D(p ‖ m) + ½ D(q ‖ m), m = (p + q)/2 (Lin 1991).

    Symmetric, from 0 for equal distributions to one bit for those without a common
    level. (Its square root, a distance, is what SciPy's ``jensenshannon`` gives.)

    Parameters and errors are those of `kl_divergence`.

    Examples
    --------
    >>> infolens.jensen_shannon_divergence([1, 0], [0, 3])
    1.0
    """
    return _divergence("il_jensen_shannon_divergence", p, q, unit)


def estimators() -> Table:
    """The registry of estimators of entropy: what can be asked for by name.

    Returns
    -------
    Table
        One row an estimator: ``name``, ``of_entropy`` (False for a correction of mutual
        information, which `entropy` does not take), ``uses_alphabet`` (whether it matters
        which levels could have occurred), ``description`` with the formula in nats,
        ``reference``.
    """
    registry = []
    for index in range(library().il_estimator_count()):
        info = _abi.il_estimator_info(struct_size=ctypes.sizeof(_abi.il_estimator_info))
        check(library().il_estimator_at(index, ctypes.byref(info)))
        registry.append(info)

    def texts(read: Callable[[_abi.il_estimator_info], bytes | None]) -> list[str]:
        return [(read(info) or b"").decode("utf-8") for info in registry]

    return table_of(
        {
            "name": texts(lambda info: info.name),
            "of_entropy": [bool(info.of_entropy) for info in registry],
            "uses_alphabet": [bool(info.uses_alphabet) for info in registry],
            "description": texts(lambda info: info.description),
            "reference": texts(lambda info: info.reference),
        }
    )


def _divergence(function: str, p: npt.ArrayLike, q: npt.ArrayLike, unit: str) -> float:
    first, second = (
        np.ascontiguousarray(_vector(*it), dtype=np.float64) for it in ((p, "p"), (q, "q"))
    )
    if len(first) != len(second):
        raise ShapeError(
            f"p has {len(first)} weights and q has {len(second)}: give one for each level to both"
        )
    result = ctypes.c_double()
    pointers = (it.ctypes.data_as(ctypes.POINTER(ctypes.c_double)) for it in (first, second))
    call(function, *pointers, len(first), choose("unit", unit, UNITS), ctypes.byref(result))
    return result.value


def _whole_numbers(counts: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Counts as the library takes them; what float64 cannot tell from whole is refused."""
    values = _vector(counts, "counts")
    if values.dtype.kind == "f":
        values = values.astype(np.float64)
        # Also true of NaN, and of infinity, which the bound excludes.
        broken = ~((values == np.floor(values)) & (np.abs(values) < 2.0**63))
        if broken.any():
            index = int(np.argmax(broken))
            raise ArgumentError(
                f"counts[{index}] is {values[index]}: counts are whole numbers of samples; "
                "for probabilities there is no sample to estimate from"
            )
    elif values.dtype.kind == "u" and values.size and values.max() > np.iinfo(np.int64).max:
        raise ArgumentError("counts are too large: their sum must be below 2^32")
    return np.ascontiguousarray(values, dtype=np.int64)


def _vector(values: npt.ArrayLike, name: str) -> npt.NDArray[Any]:
    """Numbers in one dimension, at least one."""
    borrowed = borrow(values, name)
    if borrowed.struct.dtype == _abi.IL_BFLOAT16:
        raise DTypeError(f"{name} is of bfloat16, which numpy lacks: convert it with .float()")
    array: npt.NDArray[Any] = borrowed.array
    if array.ndim != 1:
        raise ShapeError(f"{name} has shape {array.shape}: give one dimension, a number a level")
    if array.size == 0:
        raise ShapeError(f"{name} is empty: give a number a level, at least one")
    return array
