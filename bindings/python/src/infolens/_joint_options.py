# SPDX-License-Identifier: Apache-2.0
"""What O-information is asked of, and how: checked here, handed to the library as its structs."""

from __future__ import annotations

import ctypes
import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from infolens import _abi
from infolens._errors import ArgumentError, NotFoundError
from infolens._estimators import estimators
from infolens._library import check, encoded, library
from infolens._options import ALPHABETS, TIES, UNITS, choose, real, whole_number
from infolens._quantizers import Quantizer, integer, struct_of
from infolens._table import Table

Indices = npt.NDArray[np.int64]
#: Groups of neurons: index tuples, an array [M, k], or a table with columns ``neuron_0``, ….
Multiplets = Iterable[Iterable[int]] | npt.NDArray[Any] | Table

LABELS = {
    "none": _abi.IL_LABEL_NONE,
    "class-conditional": _abi.IL_LABEL_CLASS_CONDITIONAL,
    "one-hot": _abi.IL_LABEL_ONE_HOT,
    "ordinal": _abi.IL_LABEL_ORDINAL,
}
GAUSSIAN = {
    "gaussian-copula": _abi.IL_JOINT_GAUSSIAN_COPULA,
    "gaussian": _abi.IL_JOINT_GAUSSIAN,
}
SEARCHES = {
    "exhaustive": _abi.IL_SEARCH_EXHAUSTIVE,
    "greedy": _abi.IL_SEARCH_GREEDY,
    "annealing": _abi.IL_SEARCH_ANNEALING,
    "evolution": _abi.IL_SEARCH_EVOLUTION,
}
EXTREMA = {
    "both": _abi.IL_MINIMUM | _abi.IL_MAXIMUM,
    "min": _abi.IL_MINIMUM,
    "max": _abi.IL_MAXIMUM,
}


@dataclass(frozen=True)
class JointOptions:
    """How neurons are taken to be distributed, in the words of `Joint`."""

    label: str = "none"
    estimator: str = "gaussian-copula"
    bias_correction: bool = False
    ties: str = "average"
    quantizer: Quantizer | None = None
    alphabet: str = "full"
    singular: float | None = None

    def to_struct(self, *, symbols: bool = False) -> _abi.il_joint_options:
        """The C struct; it keeps what it points to alive. With `symbols` values are integers,
        which a discrete estimator counts as they are where no quantiser is named."""
        options = _abi.il_joint_options()
        check(library().il_joint_options_init(ctypes.byref(options), ctypes.sizeof(options)))
        options.label = choose("label", self.label, LABELS)
        options.ties = choose("ties", self.ties, TIES)
        options.alphabet = choose("alphabet", self.alphabet, ALPHABETS)
        options.bias_correction = int(bool(self.bias_correction))
        if self.singular is not None:
            options.singular = real("singular", self.singular)
        kind = self._gaussian()
        if kind is not None:
            if self.quantizer is not None:
                raise ArgumentError(
                    f"quantizer has no meaning with estimator {self.estimator!r}: leave it out, or "
                    "count patterns, for instance with estimator='plug-in'"
                )
            options.kind = kind
            return options
        if self.bias_correction:
            raise ArgumentError(
                f"bias_correction is of Gaussian entropies, not of estimator {self.estimator!r}: "
                "choose an estimator that corrects, such as 'miller-madow'"
            )
        options.kind = _abi.IL_JOINT_DISCRETE
        options.estimator = encoded(self.estimator, "estimator")
        rule = integer() if symbols and self.quantizer is None else self.quantizer
        if rule is not None:
            options.quantizer = ctypes.pointer(struct_of(rule))
        return options

    def _gaussian(self) -> int | None:
        """The constant of a Gaussian estimator; None for those that count."""
        if self.estimator in GAUSSIAN:
            return GAUSSIAN[self.estimator]
        counting = estimators().where(of_entropy=True)["name"].tolist()
        if self.estimator not in counting:
            known = ", ".join(repr(name) for name in (*GAUSSIAN, *counting))
            raise NotFoundError(f"estimator {self.estimator!r} is unknown: choose one of {known}")
        return None


@dataclass(frozen=True)
class SearchOptions:
    """How multiplets are searched, in the words of `o_information`."""

    order: int | None = None
    search: str = "exhaustive"
    top: int = 20
    smallest_order: int | None = None
    extrema: str = "both"
    first: int = 0
    count: int | None = None
    domain: Iterable[int] | None = None
    starts: int | None = None
    steps: int | None = None

    def __post_init__(self) -> None:
        if self.domain is not None:  # an iterator would serve one layer only
            object.__setattr__(self, "domain", _indices("domain", self.domain))

    @property
    def said(self) -> list[str]:
        """What differs from the defaults."""
        fields = dataclasses.fields(self)
        return [it.name for it in fields if getattr(self, it.name) is not it.default]

    def to_struct(self, unit: str) -> _abi.il_search_options:
        """The C struct; it keeps what it points to alive."""
        options = _abi.il_search_options()
        check(library().il_search_options_init(ctypes.byref(options), ctypes.sizeof(options)))
        options.unit = choose("unit", unit, UNITS)
        options.search = choose("search", self.search, SEARCHES)
        options.extrema = choose("extrema", self.extrema, EXTREMA)
        options.top = whole_number("top", self.top, least=1)
        options.first = whole_number("first", self.first)
        for name in ("order", "smallest_order", "count", "starts", "steps"):
            value = getattr(self, name)
            if value is not None:
                setattr(options, name, whole_number(name, value, least=0 if name == "count" else 1))
        if self.domain is not None:
            indices = np.asarray(self.domain)
            options.domain = indices.ctypes.data_as(ctypes.POINTER(ctypes.c_int64))
            options.domain_count = len(indices)
            options._domain_values = indices
        return options


@dataclass(frozen=True)
class MeasuresOptions:
    """What is computed of multiplets besides, in the words of `o_information`."""

    gradient: bool = False
    interaction: bool = False
    rsi: bool = False
    target: int | None = None
    bootstrap: int = 0
    surrogates: int = 0
    confidence: float = 0.95

    @property
    def is_asked(self) -> bool:
        """Whether there is anything besides the four."""
        return self != MeasuresOptions(confidence=self.confidence)

    def to_struct(self, unit: str) -> _abi.il_o_information_options:
        options = _abi.il_o_information_options()
        check(
            library().il_o_information_options_init(ctypes.byref(options), ctypes.sizeof(options))
        )
        options.unit = choose("unit", unit, UNITS)
        if self.target is not None and not self.rsi:
            raise ArgumentError("target is of the redundancy-synergy index: add rsi=True")
        options.measures = (
            _abi.IL_O_GRADIENT * bool(self.gradient)
            | _abi.IL_O_INTERACTION * bool(self.interaction)
            | _abi.IL_O_RSI * bool(self.rsi)
        )
        if self.target is not None:
            options.target = whole_number("target", self.target)
        options.bootstrap = whole_number("bootstrap", self.bootstrap)
        options.surrogates = whole_number("surrogates", self.surrogates)
        options.confidence = real("confidence", self.confidence)
        return options


class Packed(NamedTuple):
    """Multiplets as the library takes them."""

    neurons: Indices
    orders: Indices

    @property
    def arguments(self) -> tuple[Any, ...]:
        pointers = (it.ctypes.data_as(ctypes.POINTER(ctypes.c_int64)) for it in self)
        return (*pointers, len(self.orders))


def packed(multiplets: Multiplets) -> Packed:
    """The neurons of all multiplets one after the other, and how many each has.

    Raises
    ------
    ArgumentError
        They are no sequences of whole numbers.
    """
    if isinstance(multiplets, Table):
        groups: list[Indices] = list(_rows_of(multiplets))
    else:
        if isinstance(multiplets, (str, bytes)) or not hasattr(multiplets, "__iter__"):
            raise ArgumentError(
                "multiplets must be a sequence of tuples of neurons, such as [(0, 1, 2)], not "
                f"{multiplets!r}"
            )
        groups = [_indices(f"multiplets[{n}]", it) for n, it in enumerate(multiplets)]
    neurons = np.concatenate([np.empty(0, np.int64), *groups])
    return Packed(neurons, np.array([len(it) for it in groups], np.int64))


def neuron_columns(table: Table) -> list[str]:
    """The columns of a table that hold the members of multiplets."""
    return [name for name in table.columns if name.startswith("neuron_")]


def _rows_of(table: Table) -> Iterable[Indices]:
    columns = neuron_columns(table)
    if not columns:
        raise NotFoundError(
            "multiplets is a table without columns neuron_0, …: give one of o_information"
        )
    for row in np.stack([table[name] for name in columns], axis=1):
        yield row[row >= 0]


def _indices(what: str, values: Any) -> Indices:
    """Whole numbers as the library takes them."""
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise ArgumentError(f"{what} must be a sequence of neurons, not {values!r}")
    listed = list(values)
    array = np.asarray(listed)
    if listed and (array.ndim != 1 or array.dtype.kind not in "iu"):
        raise ArgumentError(
            f"{what} must hold whole numbers, the indices of neurons, not {listed[:6]!r}"
        )
    return np.ascontiguousarray(array, dtype=np.int64)
