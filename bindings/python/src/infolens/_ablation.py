# SPDX-License-Identifier: Apache-2.0
"""How neurons are removed: checked here, handed to the library as its structs and tables."""

from __future__ import annotations

import ctypes
import functools
import math
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from infolens import _abi
from infolens._errors import ArgumentError, NotFoundError
from infolens._library import Handle, check, encoded, library
from infolens._options import attach, choose, real, set_layers, whole_number
from infolens._quantizers import DEFAULT_QUANTIZER, Quantizer, struct_of
from infolens._samples import Sources
from infolens._table import Column, Table
from infolens._table_new import new_table

#: Neurons: (layer, neuron) pairs, indices of one layer's, or a table with both columns.
Neurons = Iterable[Any] | Table

_SCOPES = {"layer": _abi.IL_SCOPE_LAYER, "network": _abi.IL_SCOPE_NETWORK}
_DIRECTIONS = {
    "ascending": _abi.IL_ASCENDING,
    "descending": _abi.IL_DESCENDING,
    "both": _abi.IL_ASCENDING | _abi.IL_DESCENDING,
}
_REPLACEMENTS = {
    "zero": _abi.IL_REPLACE_ZERO,
    "mean": _abi.IL_REPLACE_MEAN,
    "value": _abi.IL_REPLACE_VALUE,
    "permute": _abi.IL_REPLACE_PERMUTE,
}


@dataclass(frozen=True)
class AblationOptions:
    """How neurons are removed, in the words of `Dump.ablate`."""

    ordering: str = "mutual_information"
    direction: str = "ascending"
    replacement: str | Sequence[str] = "zero"
    scope: str = "layer"
    random_repeats: int = 0
    quantizer: Quantizer = DEFAULT_QUANTIZER
    layers: str | Sequence[str] | None = None
    order: Neurons | None = None
    measures: Table | None = None
    value: float = 0.0
    step: int = 1
    until: float | None = None
    per_class: bool = True
    tolerance: float | None = None

    @property
    def is_measured(self) -> bool:
        """Whether the order is by a measure that is yet to be computed."""
        return self.order is None and self.measures is None and self.ordering != "random"

    def to_struct(self, sources: Sources) -> _abi.il_ablation_options:
        """The C struct; it keeps what it points to alive."""
        options = _abi.il_ablation_options()
        check(library().il_ablation_options_init(ctypes.byref(options), ctypes.sizeof(options)))
        options.scope = choose("scope", self.scope, _SCOPES)
        set_layers(options, self.layers)
        if self.order is None:
            options.ordering = encoded(self.ordering, "ordering")
            if self.measures is not None:
                attach(options, "measures", self._measures(self.measures))
        else:
            self._refuse_two_orders()
            attach(options, "order", neurons_of("order", self.order, self._only_layer()))
        options.quantizer = ctypes.pointer(struct_of(self.quantizer))
        options.directions = choose("direction", self.direction, _DIRECTIONS)
        options.replacements = _replacement_codes(self.replacement)
        options.value = real("value", self.value)
        options.random_repeats = whole_number("random_repeats", self.random_repeats)
        options.step = whole_number("step", self.step, least=1)
        options.until = math.nan if self.until is None else real("until", self.until)
        options.tolerance = tolerance_of("tolerance", self.tolerance)
        options.per_class = int(bool(self.per_class))
        attach(options, "ordering_source", sources.ordering)
        attach(options, "mean_source", sources.mean)
        return options

    def _measures(self, table: Any) -> Handle:
        if not isinstance(table, Table):
            kind = type(table).__name__
            raise ArgumentError(
                f"measures must be a Table, for instance of neuron_measures, not {kind}"
            )
        names = ("layer", "neuron")
        # Random orders alone read no measure.
        return subset("measures", table, names + (self.ordering,) * (self.ordering != "random"))

    def _refuse_two_orders(self) -> None:
        default = AblationOptions
        said = (self.ordering, self.direction, self.measures)
        if said != (default.ordering, default.direction, default.measures):
            raise ArgumentError(
                "order says which neuron goes when: leave out ordering, direction and measures"
            )

    def _only_layer(self) -> str | None:
        names = [self.layers] if isinstance(self.layers, str) else list(self.layers or ())
        return names[0] if len(names) == 1 else None


def _replacement_codes(words: str | Sequence[str]) -> int:
    """The sum of several replacements."""
    listed = [words] if isinstance(words, str) else _entries("replacement", words)
    if not listed:
        raise ArgumentError(
            f"replacement is empty: name one or several of {', '.join(_REPLACEMENTS)}"
        )
    codes = [replacement_code(word) for word in listed]
    return functools.reduce(operator.or_, codes)


def replacement_code(word: Any) -> int:
    """The constant of one replacement."""
    return choose("replacement", word, _REPLACEMENTS)


def tolerance_of(what: str, value: Any) -> float:
    """A tolerance; None is 0, which leaves it to the library, and 0 itself is refused."""
    if value is None:
        return 0.0
    number = real(what, value)
    if not number > 0:
        raise ArgumentError(f"{what} must be positive, not {number!r}; math.inf allows anything")
    return number


def subset(what: str, table: Table, names: Sequence[str]) -> Handle:
    """A table of the library with some columns of a table; `what` names the argument in errors."""
    for name in names:
        if name not in table:
            raise NotFoundError(
                f"{what} has no column {name!r}; there are: {', '.join(table.columns)}"
            )
    return new_table({name: Column(table[name]) for name in names}, len(table), {})


def neurons_of(what: str, neurons: Neurons, layer: str | None) -> Handle:
    """Neurons as a table of the library, ``layer`` and ``neuron``.

    Raises
    ------
    ArgumentError
        They are no (layer, neuron) pairs, or indices where it is not clear of which layer.
    """
    if isinstance(neurons, Table):
        return subset(what, neurons, ("layer", "neuron"))
    pairs = [_pair(what, entry, layer) for entry in _entries(what, neurons)]
    return _table_of_pairs({}, pairs)


def groups_of(groups: Iterable[Any] | Table, layer: str | None) -> Handle:
    """Groups of neurons as a table of the library, ``group``, ``layer`` and ``neuron``."""
    if isinstance(groups, Table):
        return subset("groups", groups, ("group", "layer", "neuron"))
    numbers: list[int] = []
    pairs: list[tuple[str, int]] = []
    for number, group in enumerate(_entries("groups", groups)):
        what = f"groups[{number}]"
        members = [_pair(what, entry, layer) for entry in _entries(what, group)]
        if not members:
            raise ArgumentError(f"{what} is empty: name at least one neuron")
        pairs += members
        numbers += [number] * len(members)
    return _table_of_pairs({"group": Column(np.array(numbers, dtype=np.int64))}, pairs)


def _entries(what: str, sequence: Any) -> list[Any]:
    if not isinstance(sequence, (str, bytes)):
        try:
            return list(sequence)
        except TypeError:
            pass
    raise ArgumentError(f"{what} must be a sequence, not {sequence!r}")


def _pair(what: str, entry: Any, layer: str | None) -> tuple[str, int]:
    """One neuron, as a pair or as an index of the layer that is named beside it."""
    if _is_index(entry):
        if layer is None:
            raise ArgumentError(
                f"{what} has the index {int(entry)} without its layer: give (layer, neuron) pairs, "
                "or name the one layer that all are of"
            )
        return layer, int(entry)
    try:
        name, neuron = entry
    except (TypeError, ValueError):
        name = neuron = None
    if not isinstance(name, str) or not _is_index(neuron):
        raise ArgumentError(f"{what} has {entry!r}, which is no pair (layer, neuron) nor an index")
    return name, int(neuron)


def _is_index(value: Any) -> bool:
    if type(value) is int:
        return True
    return hasattr(value, "__index__") and not isinstance(value, bool) and np.ndim(value) == 0


def _table_of_pairs(before: dict[str, Column], pairs: list[tuple[str, int]]) -> Handle:
    layers = np.array([name for name, _ in pairs], dtype=object)
    try:
        neurons = np.array([neuron for _, neuron in pairs], dtype=np.int64)
    except OverflowError:
        raise ArgumentError("an index of a neuron does not fit 64 bits") from None
    columns = {**before, "layer": Column(layers), "neuron": Column(neurons)}
    return new_table(columns, len(pairs), {})
