# SPDX-License-Identifier: Apache-2.0
"""How a neuron's activation x becomes a discrete level T.

A quantiser is an immutable value that prints as the call that made it. All edges
are float64; T is the number of interior edges ≤ x, so that a value on an edge
belongs to the bin above it and the last bin is closed, as in `numpy.histogram`.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, SupportsFloat, SupportsIndex

from infolens import _abi
from infolens._errors import ArgumentError
from infolens._library import check, library

_MOST_BINS = 65536


@dataclass(frozen=True, repr=False)
class Quantizer:
    """A rule that turns activations into levels; made by `threshold`, `uniform`, `quantile`,
    `width`, `explicit` or `integer`."""

    #: The call that made it, for instance ``uniform(30, range='layer')``.
    text: str
    #: Members of the C struct that differ from its defaults.
    members: tuple[tuple[str, float], ...]
    #: Interior edges of `explicit`.
    edges: tuple[float, ...] = ()

    def __repr__(self) -> str:
        return self.text

    def to_struct(self) -> _abi.il_quantizer:
        """The C struct; it keeps its edges alive."""
        struct = _abi.il_quantizer()
        check(library().il_quantizer_init(ctypes.byref(struct), ctypes.sizeof(struct)))
        for name, value in self.members:
            setattr(struct, name, value)
        if self.edges:
            struct.edges = (ctypes.c_double * len(self.edges))(*self.edges)
            struct.edge_count = len(self.edges)
        return struct


def threshold(at: float | str = 0.0) -> Quantizer:
    """T = [x > θ], two levels.

    θ is the number `at`, or each neuron's own ``"median"`` or ``"mean"``. Liu, Amjad
    & Geiger 2018 (arXiv:1804.06679) take 0.5 for sigmoid neurons; 0 suits ReLU and tanh.

    Raises
    ------
    ArgumentError
        `at` is not finite, or another word.

    Examples
    --------
    >>> infolens.threshold(0.5)
    threshold(0.5)
    """
    if isinstance(at, str):
        places = {"median": _abi.IL_AT_MEDIAN, "mean": _abi.IL_AT_MEAN}
        if at not in places:
            raise ArgumentError(
                f"threshold: at {at!r} is unknown: give a number, 'median' or 'mean'"
            )
        return _make(f"threshold({at!r})", _abi.IL_THRESHOLD, at=places[at])
    value = _finite("threshold: at", at)
    return _make(f"threshold({value!r})", _abi.IL_THRESHOLD, value=value)


def uniform(bins: int = 30, range: str | tuple[float, float] = "neuron") -> Quantizer:
    """`bins` equal bins on [low, high]; values outside fall in the first or last bin.

    Shwartz-Ziv & Tishby 2017 (arXiv:1703.00810) take 30 bins on (−1, 1) for tanh.

    Parameters
    ----------
    bins
        1 to 65536.
    range
        ``"neuron"``: each neuron's minimum and maximum; ``"layer"``: the layer's;
        or the pair ``(low, high)``.

    Raises
    ------
    ArgumentError
        `bins` or `range` out of range, or of another kind.
    """
    count = _bins("uniform", bins)
    if isinstance(range, str):
        ranges = {"neuron": _abi.IL_RANGE_NEURON, "layer": _abi.IL_RANGE_LAYER}
        if range not in ranges:
            raise ArgumentError(
                f"uniform: range {range!r} is unknown: give 'neuron', 'layer' or a pair (low, high)"
            )
        text = f"uniform({count}, range={range!r})"
        return _make(text, _abi.IL_UNIFORM, bins=count, range=ranges[range])
    try:
        low, high = range
    except (TypeError, ValueError):
        raise ArgumentError(
            f"uniform: range {range!r} is not a pair (low, high), 'neuron' or 'layer'"
        ) from None
    low, high = _finite("uniform: low", low), _finite("uniform: high", high)
    if not low < high:
        raise ArgumentError(f"uniform: low {low!r} must lie below high {high!r}")
    text = f"uniform({count}, range=({low!r}, {high!r}))"
    return _make(text, _abi.IL_UNIFORM, bins=count, range=_abi.IL_RANGE_GIVEN, low=low, high=high)


def quantile(bins: int = 30) -> Quantizer:
    """`bins` bins of equal mass a neuron, 1 to 65536.

    Edges are linearly interpolated order statistics (`numpy.quantile`'s default);
    equal values stay together, so that a neuron may have fewer levels.

    Raises
    ------
    ArgumentError
        `bins` out of range.
    """
    count = _bins("quantile", bins)
    return _make(f"quantile({count})", _abi.IL_QUANTILE, bins=count)


def width(size: float) -> Quantizer:
    """T = floor(x / size): bins of fixed width, unbounded.

    Saxe et al. 2018 ("On the information bottleneck theory of deep learning", ICLR)
    take 0.07 for tanh and 0.5 for ReLU.

    Raises
    ------
    ArgumentError
        `size` is not positive and finite.
    """
    value = _finite("width: size", size)
    if value <= 0:
        raise ArgumentError(f"width: size must be positive, not {value!r}")
    return _make(f"width({value!r})", _abi.IL_WIDTH, value=value)


def explicit(edges: Iterable[float]) -> Quantizer:
    """The caller's interior edges: one level more than there are edges.

    Raises
    ------
    ArgumentError
        No edges, more than 65535, not finite, or not strictly ascending.
    """
    try:
        values = tuple(_finite("explicit: edges", edge) for edge in edges)
    except TypeError:
        raise ArgumentError("explicit: edges must be a sequence of numbers") from None
    if not 1 <= len(values) < _MOST_BINS:
        raise ArgumentError(f"explicit: 1 to {_MOST_BINS - 1} edges are needed, not {len(values)}")
    for below, above in pairwise(values):
        if not below < above:
            raise ArgumentError(
                f"explicit: edges must ascend strictly, but {below!r} is followed by {above!r}"
            )
    shown = ", ".join(map(repr, values[:6])) + (", …" if len(values) > 6 else "")
    members = (("kind", _abi.IL_EXPLICIT),)
    return Quantizer(f"explicit([{shown}])", members, values)


def integer() -> Quantizer:
    """x is a symbol already: spike counts, codes. Values must be integers within ±2^53."""
    return _make("integer()", _abi.IL_INTEGER)


def struct_of(quantizer: Quantizer) -> _abi.il_quantizer:
    """The C struct of what a caller gave as a quantiser.

    Raises
    ------
    ArgumentError
        It is no quantiser.
    """
    if not isinstance(quantizer, Quantizer):
        raise ArgumentError(
            f"quantizer {quantizer!r} is unknown: make one with infolens.threshold, uniform, "
            "quantile, width, explicit or integer, for instance infolens.threshold(0.5)"
        )
    return quantizer.to_struct()


def _make(text: str, kind: int, **members: float) -> Quantizer:
    return Quantizer(text, (("kind", kind), *members.items()))


def _finite(name: str, value: SupportsFloat | SupportsIndex) -> float:
    number: float = math.nan
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ArgumentError(f"{name} must be a number, not {value!r}") from None
    if not math.isfinite(number):
        raise ArgumentError(f"{name} must be finite, not {number!r}")
    return number


def _bins(name: str, bins: Any) -> int:
    if isinstance(bins, bool) or not hasattr(bins, "__index__"):
        raise ArgumentError(f"{name}: bins must be a whole number, not {bins!r}")
    count: int = bins.__index__()
    if not 1 <= count <= _MOST_BINS:
        raise ArgumentError(f"{name}: bins must lie between 1 and {_MOST_BINS}, not {count}")
    return count


#: The quantiser where none is named; an option's default must be a value.
DEFAULT_QUANTIZER = threshold(0.0)
