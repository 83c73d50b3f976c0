# SPDX-License-Identifier: Apache-2.0
"""What a call is asked to measure: checked here, handed to the library as its structs."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from infolens import _abi
from infolens._errors import ArgumentError, NotFoundError
from infolens._library import Handle, check, encoded, library, text_array

#: Two groups of classes, each a label or a list of labels.
Groups = tuple[Any, Any]

UNITS = {"bits": _abi.IL_BITS, "nats": _abi.IL_NATS}
ALPHABETS = {"full": _abi.IL_ALPHABET_FULL, "observed": _abi.IL_ALPHABET_OBSERVED}
TIES = {
    "average": _abi.IL_TIES_AVERAGE,
    "ordinal": _abi.IL_TIES_ORDINAL,
    "random": _abi.IL_TIES_RANDOM,
}
SIGMA_POINTS = {"columns": _abi.IL_SIGMA_COLUMNS, "rows": _abi.IL_SIGMA_ROWS}
_UNDEFINED = {"nan": _abi.IL_UNDEFINED_NAN, "raise": _abi.IL_UNDEFINED_ERROR}
_REDUCTIONS = {
    None: _abi.IL_REDUCE_NONE,
    "mean": _abi.IL_REDUCE_MEAN,
    "max": _abi.IL_REDUCE_MAX,
    "flatten": _abi.IL_REDUCE_FLATTEN,
}
#: The path of labels that a dump's source does without.
NO_LABELS = ""
_MISSING = {
    "refuse": _abi.IL_MISSING_REFUSE,
    "exclude": _abi.IL_MISSING_EXCLUDE,
    "class": _abi.IL_MISSING_CLASS,
}


@dataclass(frozen=True)
class Reading:
    """How datasets of a dump become samples × neurons with labels, in the words of
    `Dump.neuron_measures`: the keywords that all computations with a dump share."""

    reduction: str | None = None
    channel_axis: int = 1
    sample_axis: int = 0
    missing_labels: str = "refuse"

    def without_labels(self) -> Reading:
        """The same for what asks no labels: then none that is missing is an error."""
        refuses = self.missing_labels == "refuse"
        return replace(self, missing_labels="class") if refuses else self


@dataclass(frozen=True)
class MeasureOptions:
    """What a call is asked to measure, in the words of `neuron_measures`."""

    unit: str = "bits"
    measures: str | Sequence[str] | None = None
    estimator: str = "plug-in"
    alphabet: str = "full"
    undefined: str = "nan"
    permutations: int = 0
    bootstrap: int = 0
    confidence: float = 0.95
    groups: Groups | None = None

    def to_struct(self, classes: Callable[[], Sequence[Any]]) -> _abi.il_measure_options:
        """The C struct; it keeps what it points to alive. `classes` lists the classes' labels."""
        options = _abi.il_measure_options()
        check(library().il_measure_options_init(ctypes.byref(options), ctypes.sizeof(options)))
        options.unit = choose("unit", self.unit, UNITS)
        listed = names_of("measures", self.measures)
        if listed is not None:
            options.measures = text_array(listed)
            options.measure_count = len(listed)
        options.estimator = encoded(self.estimator, "estimator")
        options.alphabet = choose("alphabet", self.alphabet, ALPHABETS)
        options.undefined = choose("undefined", self.undefined, _UNDEFINED)
        options.permutations = whole_number("permutations", self.permutations)
        options.bootstrap = whole_number("bootstrap", self.bootstrap)
        try:
            options.confidence = float(self.confidence)
        except (TypeError, ValueError):
            raise ArgumentError(
                f"confidence must be a number between 0 and 1, not {self.confidence!r}"
            ) from None
        if self.groups is not None:
            codes = _group_codes(self.groups, classes())
            options.groups = (ctypes.c_int32 * len(codes))(*codes)
            options.group_count = len(codes)
        return options


def whole_number(what: str, count: Any, least: int = 0) -> int:
    """How many; 0, where that is allowed, for none."""
    allowed = "0 for none or a positive number" if least == 0 else f"at least {least}"
    if isinstance(count, bool) or not hasattr(count, "__index__"):
        raise ArgumentError(f"{what} must be a whole number, {allowed}, not {count!r}")
    number: int = count.__index__()
    if not least <= number < 2**63:
        raise ArgumentError(f"{what} must be {allowed}, not {number}")
    return number


def real(what: str, value: Any) -> float:
    """A number as a float."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise ArgumentError(f"{what} must be a number, not {value!r}") from None


def _group_codes(groups: Groups, classes: Sequence[Any]) -> list[int]:
    """The group of each class: 1, 2, or 0 for neither."""
    try:
        first, second = groups
    except (TypeError, ValueError):
        raise ArgumentError(
            f"groups must be a pair of labels or of lists of labels, not {groups!r}"
        ) from None
    codes = [0] * len(classes)
    positions = {label: index for index, label in enumerate(classes)}
    for code, group in ((1, first), (2, second)):
        several = isinstance(group, (list, tuple, set, frozenset, range, np.ndarray))
        for label in group if several else (group,):
            name = label.item() if isinstance(label, np.generic) else label
            if not isinstance(name, (int, float, str)):
                raise ArgumentError(
                    f"groups: {name!r} is no label: give a pair of labels or of lists of labels"
                )
            if name not in positions:
                raise NotFoundError(f"groups: no class is called {name!r}; classes: {classes}")
            if codes[positions[name]]:
                raise ArgumentError(f"groups: class {name!r} is named twice; name it once")
            codes[positions[name]] = code
    return codes


def set_layers(options: Any, layers: str | Sequence[str] | None) -> None:
    """Names for a struct with `layers` and `layer_count`; None leaves its default."""
    names = names_of("layers", layers)
    if names is not None:
        options.layers = text_array(names)
        options.layer_count = len(names)


def attach(struct: ctypes.Structure, member: str, handle: Handle | None) -> None:
    """Point a member at what a handle stands for, and keep that alive; None leaves NULL."""
    if handle is not None:
        setattr(struct, member, handle._as_parameter_)
        setattr(struct, f"_{member}_handle", handle)


def source_options(reduction: str | None, channel_axis: int) -> _abi.il_source_options:
    """Options of a source with what arrays and dumps have in common."""
    options = _abi.il_source_options()
    check(library().il_source_options_init(ctypes.byref(options), ctypes.sizeof(options)))
    options.reduction = choose("reduction", reduction, _REDUCTIONS)
    if channel_axis not in (1, -1):
        raise ArgumentError(f"channel_axis must be 1 or -1, not {channel_axis!r}")
    options.channel_axis = channel_axis
    return options


def dump_options(reading: Reading) -> _abi.il_source_options:
    """Options of a source of a dump."""
    options = source_options(reading.reduction, reading.channel_axis)
    axis = reading.sample_axis
    if isinstance(axis, bool) or axis not in (0, -1):
        raise ArgumentError(f"sample_axis must be 0 or -1, not {axis!r}")
    options.sample_axis = axis
    options.missing_labels = choose("missing_labels", reading.missing_labels, _MISSING)
    return options


def names_of(what: str, names: str | Sequence[str] | None) -> list[bytes] | None:
    """One name or several, as the library takes them; None stays None."""
    if names is None:
        return None
    try:
        listed = [names] if isinstance(names, str) else list(names)
    except TypeError:
        kind = type(names).__name__
        raise ArgumentError(f"{what} must be a name or a list of names, not {kind}") from None
    if not listed:
        raise ArgumentError(f"{what} is empty: name at least one, or give None for the default")
    return [encoded(name, f"an entry of {what}") for name in listed]


def choose(what: str, value: Any, choices: Mapping[Any, int]) -> int:
    """The constant of the library that a word stands for."""
    try:
        return choices[value]
    except (KeyError, TypeError):
        known = ", ".join(repr(choice) for choice in choices)
        raise ArgumentError(f"{what} {value!r} is unknown: choose one of {known}") from None
