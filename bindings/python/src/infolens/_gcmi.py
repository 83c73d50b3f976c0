# SPDX-License-Identifier: Apache-2.0
"""Gaussian-copula mutual information of arrays, and the copula transform itself."""

from __future__ import annotations

import ctypes
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt

from infolens import _abi
from infolens._arrays import Borrowed, borrow, borrow_labels
from infolens._call import call
from infolens._errors import ArgumentError
from infolens._library import check, library
from infolens._options import SIGMA_POINTS, TIES, UNITS, choose

Normal = npt.NDArray[np.float64]


def gcmi(
    x: Any,
    y: Any,
    condition: Any = None,
    condition_labels: Any = None,
    *,
    ties: str = "average",
    bias_correction: bool = True,
    unit: str = "bits",
) -> float:
    """Gaussian-copula mutual information I(X;Y) of continuous variables, scalar or vectors.

    Each column is made normal by its ranks, and the information is that of the Gaussians which
    then remain: a lower bound, exact where the copula is Gaussian, and the same for every monotone
    transform of a column (Ince et al. 2017, doi:10.1002/hbm.23471). Columns that do not vary
    (within a class, where labels are given) tell nothing and are left out.

    Parameters
    ----------
    x, y
        [N] or [N, d], of any type and strides as for `neuron_measures`; d need not be the same.
    condition
        A continuous Z, [N] or [N, d], for I(X;Y|Z).
    condition_labels
        A discrete Z, labels as for `neuron_measures`: I(X;Y|Z) = Σ p(z) I(X;Y|Z=z), with ranks
        made anew within each class. At most one of the two conditions.
    ties
        How equal values are ranked: ``"average"``, all by their mean rank; ``"ordinal"``, by order
        of appearance as other software does, which turns ties into information where samples are
        sorted; ``"random"``, by the seed of `infolens.context`.
    bias_correction
        Whether entropies are corrected for few samples, by digamma functions.
    unit
        ``"bits"`` or ``"nats"``.

    Returns
    -------
    float
        Slightly negative at times, with the correction.

    Raises
    ------
    ShapeError
        Lengths disagree, or something is empty.
    NumericError
        NaN or infinity (names row and column), a column that follows from those before it, or no
        more samples than columns, in a class too.
    ArgumentError, DTypeError, MemoryBudgetError

    Examples
    --------
    >>> infolens.gcmi(X[:, 0], X[:, 1])
    >>> infolens.gcmi(X[:, :3], X[:, 3:5], condition_labels=y)
    """
    if condition is not None and condition_labels is not None:
        raise ArgumentError("condition and condition_labels are both given: give one of them")
    given = [borrow(x, "x"), borrow(y, "y")]
    continuous = None if condition is None else borrow(condition, "condition")
    discrete = (
        None if condition_labels is None else borrow_labels(condition_labels, "condition_labels")[0]
    )
    return _information(
        "il_gcmi", [*given, continuous, discrete], _options(ties, bias_correction, unit)
    )


def gcmi_model(
    x: Any,
    labels: Any,
    *,
    ties: str = "average",
    bias_correction: bool = True,
    unit: str = "bits",
) -> float:
    """Mutual information I(X;Y) of a continuous X and a class Y, as an analysis of variance.

    H(X) − Σ p(y) H(X|Y=y) of Gaussians after one copula transform over all samples
    (Ince et al. 2017, doi:10.1002/hbm.23471, ``gcmi_model_cd``).

    Parameters
    ----------
    x
        [N] or [N, d].
    labels
        Classes of the N samples, as for `neuron_measures`.
    ties, bias_correction, unit
        As for `gcmi`, which has the errors too. A column that varies, but not within some class, is
        refused: its entropy is −∞ there, where `gcmi_mixture` has an answer.

    Returns
    -------
    float
        Slightly negative at times, with the correction. The classes' Gaussians together are not
        the Gaussian of all samples, so that it may also pass H(Y).

    Examples
    --------
    >>> infolens.gcmi_model(X[:, 0], y)
    """
    return _information(
        "il_gcmi_model", _labelled(x, labels), _options(ties, bias_correction, unit)
    )


@overload
def gcmi_mixture(
    x: Any,
    labels: Any,
    *,
    ties: str = "average",
    unit: str = "bits",
    sigma_points: str = "columns",
    return_tied: Literal[False] = False,
) -> float: ...


@overload
def gcmi_mixture(
    x: Any,
    labels: Any,
    *,
    ties: str = "average",
    unit: str = "bits",
    sigma_points: str = "columns",
    return_tied: Literal[True],
) -> tuple[float, float]: ...


def gcmi_mixture(
    x: Any,
    labels: Any,
    *,
    ties: str = "average",
    unit: str = "bits",
    sigma_points: str = "columns",
    return_tied: bool = False,
) -> float | tuple[float, float]:
    """Mutual information I(X;Y) of a continuous X and a class Y by the mixture of the classes.

    Each class is made normal by its ranks and brought back to its median and scale; the entropy of
    the mixture of these Gaussians is taken by the unscented transform (Ince et al. 2017,
    doi:10.1002/hbm.23471, ``gcmi_mixture_cd``; Huber et al. 2008).

    Values that at least one sample in twenty shares, such as the zeros of a ReLU, are no part of a
    density. Which of them a sample has, or none, is a discrete variable A, and
    I(X;Y) = I(A;Y) + p(none) I(X;Y|none); only the last term is the mixture's. Of several columns
    nothing is taken out.

    Parameters
    ----------
    x
        [N] or [N, d].
    labels
        Classes of the N samples, as for `neuron_measures`.
    ties, unit
        As for `gcmi`, which has the errors too. The mixture has no correction for few samples.
    sigma_points
        Of several columns, where the unscented transform takes its points: along the "columns" of
        each class's Cholesky factor, or along its "rows", as the authors' Python code does (not
        their MATLAB code). Rows are for comparison: their points have another covariance than the
        class, and correlated columns can seem to tell more than H(Y).
    return_tied
        Also return the share of samples whose value another sample has too, of several columns the
        largest.

    Returns
    -------
    float, or (float, float) with `return_tied`

    Examples
    --------
    >>> information, tied = infolens.gcmi_mixture(activation, y, return_tied=True)
    """
    tied = ctypes.c_double()
    options = _options(ties, True, unit)
    options.sigma_points = choose("sigma_points", sigma_points, SIGMA_POINTS)
    information = _information("il_gcmi_mixture", _labelled(x, labels), options, ctypes.byref(tied))
    return (information, tied.value) if return_tied else information


@overload
def copula_normalize(
    X: Any, *, ties: str = "average", return_tied: Literal[False] = False
) -> Normal: ...


@overload
def copula_normalize(
    X: Any, *, ties: str = "average", return_tied: Literal[True]
) -> tuple[Normal, Normal]: ...


def copula_normalize(
    X: Any, *, ties: str = "average", return_tied: bool = False
) -> Normal | tuple[Normal, Normal]:
    """The copula transform: each column's values x become Φ⁻¹(rank(x) / (N + 1)).

    Standard normal whatever the column's distribution was (Ince et al. 2017,
    doi:10.1002/hbm.23471). A constant column becomes 0 where ties take their mean rank.

    Parameters
    ----------
    X
        [N, d] or [N], N ≥ 2.
    ties
        As for `gcmi`.
    return_tied
        Also return the share of samples of each column whose value another has too, [d].

    Returns
    -------
    numpy.ndarray
        float64 of the shape of `X`, or the pair of it and of the shares.

    Raises
    ------
    NumericError
        NaN or infinity; names row and column.
    ShapeError, DTypeError, ArgumentError, MemoryBudgetError
    """
    given = borrow(X, "X")
    shape = given.array.shape
    normal = np.empty(shape)
    tied = np.empty(shape[1] if len(shape) > 1 else 1)
    pointers = (it.ctypes.data_as(ctypes.POINTER(ctypes.c_double)) for it in (normal, tied))
    call("il_copula_normalize", ctypes.byref(given.struct), choose("ties", ties, TIES), *pointers)
    return (normal, tied) if return_tied else normal


def _labelled(x: Any, labels: Any) -> list[Borrowed | None]:
    return [borrow(x, "x"), borrow_labels(labels, "labels")[0]]


def _options(ties: str, bias_correction: bool, unit: str) -> _abi.il_gcmi_options:
    options = _abi.il_gcmi_options()
    check(library().il_gcmi_options_init(ctypes.byref(options), ctypes.sizeof(options)))
    options.ties = choose("ties", ties, TIES)
    options.bias_correction = int(bool(bias_correction))
    options.unit = choose("unit", unit, UNITS)
    return options


def _information(
    function: str, arrays: list[Borrowed | None], options: _abi.il_gcmi_options, *more: Any
) -> float:
    """What the function of the library makes of the arrays; None is NULL."""
    pointers = [None if it is None else ctypes.byref(it.struct) for it in arrays]
    result = ctypes.c_double()
    call(function, *pointers, ctypes.byref(options), ctypes.byref(result), *more)
    return result.value
