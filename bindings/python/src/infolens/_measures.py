# SPDX-License-Identifier: Apache-2.0
"""Measures of arrays in memory, and what arrays and dumps share in asking for measures."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping, Sequence
from typing import Any

from infolens import _abi
from infolens._arrays import Borrowed, borrow, borrow_labels
from infolens._call import run
from infolens._errors import ArgumentError
from infolens._library import Handle, check, encoded, library, text_array
from infolens._quantizers import Quantizer, struct_of, threshold
from infolens._table import Table, read_table, table_of

#: Name of the layer when a single array is given.
SINGLE_LAYER = "X"

_UNITS = {"bits": _abi.IL_BITS, "nats": _abi.IL_NATS}
_REDUCTIONS = {
    None: _abi.IL_REDUCE_NONE,
    "mean": _abi.IL_REDUCE_MEAN,
    "max": _abi.IL_REDUCE_MAX,
    "flatten": _abi.IL_REDUCE_FLATTEN,
}


def neuron_measures(
    X: Any,
    y: Any = None,
    *,
    quantizer: Quantizer = threshold(0.0),
    unit: str = "bits",
    measures: str | Sequence[str] | None = None,
    reduction: str | None = None,
    channel_axis: int = 1,
) -> Table:
    """Information measures of each neuron; plug-in estimates.

    With T the quantised neuron, Y the label and p the sample frequencies: entropy
    H(T), conditional entropy H(T|Y), mutual information I(T;Y) = H(T) − H(T|Y), and
    KL selectivity, the largest D_KL(P(T|Y=y) ‖ P(T)) over the classes y, with the
    class that attains it (Liu, Amjad & Geiger 2018, arXiv:1804.06679). A constant
    neuron has zero in all of them.

    Parameters
    ----------
    X
        Activations: an array of shape [N, d], or [N] for one neuron, or a mapping of
        layer names to such arrays. Any float of 16 to 64 bits, bfloat16, integer or
        bool type and any strides; numpy arrays and torch tensors on the host are not
        copied. Higher ranks need a `reduction`.
    y
        Labels of the N samples: integers, bool, integer-valued floats, strings, or
        one-hot [N, C]. Without labels only measures that need none can be asked for,
        and those are the default.
    quantizer
        How activations become levels: `threshold`, `uniform`, `quantile`, `width`,
        `explicit` or `integer`.
    unit
        ``"bits"`` or ``"nats"``.
    measures
        Names from `infolens.measures`; by default all that are marked so there.
    reduction
        For arrays [N, channels, …]: ``"mean"`` or ``"max"`` over positions, one neuron a
        channel, or ``"flatten"``, one neuron a channel and position.
    channel_axis
        Axis of the channels, 1 or −1.

    Returns
    -------
    Table
        One row a neuron: ``layer`` (``"X"`` for a single array), ``neuron``,
        ``entropy``, ``conditional_entropy``, ``mutual_information``,
        ``kl_selectivity``, ``kl_selectivity_class``. The class is an integer, or a
        string where labels are strings.

    Raises
    ------
    ShapeError
        Lengths disagree, something is empty, or the rank needs a reduction.
    DTypeError
        Elements are no numbers.
    NumericError
        NaN or infinity (names the first row and neuron), fractional labels, or values
        that are no integers under ``integer()``.
    NotFoundError
        An unknown measure, or one that needs labels without them.
    ArgumentError, MemoryBudgetError

    Examples
    --------
    >>> table = infolens.neuron_measures(X, y, quantizer=infolens.uniform(30))
    >>> table["mutual_information"].max()
    """
    source = source_of(X, y, reduction, channel_axis)
    if y is None and measures is None:
        measures = default_measures(with_labels=False)
    return measure("il_neuron_measures", source, quantizer, unit, measures)


def class_measures(
    X: Any,
    y: Any,
    *,
    quantizer: Quantizer = threshold(0.0),
    unit: str = "bits",
    measures: str | Sequence[str] | None = None,
    reduction: str | None = None,
    channel_axis: int = 1,
) -> Table:
    """Information measures of each neuron for each class; plug-in estimates.

    ``specific_information`` is i(y) = D_KL(P(T|Y=y) ‖ P(T)), the surprise of class y
    (DeWeese & Meister 1999, Network 10:325); Σ p(y) i(y) = I(T;Y). It is NaN for a
    class without samples.

    Parameters and errors are those of `neuron_measures`; labels are needed.

    Returns
    -------
    Table
        One row a neuron and class: ``layer``, ``neuron``, ``class`` (integer or
        string), ``class_probability``, ``specific_information``.
    """
    source = source_of(X, y, reduction, channel_axis)
    return measure("il_class_measures", source, quantizer, unit, measures)


def measures() -> Table:
    """The registry of measures: what can be asked for by name.

    Returns
    -------
    Table
        One row a measure: ``name``, ``rows`` ("neuron" or "neuron and class"),
        ``columns`` that it adds, ``needs_labels``, ``by_default``, ``unit``
        ("information" follows the unit asked for), ``description`` with the formula,
        ``reference``.
    """
    registry = _registry()
    rows = {_abi.IL_PER_NEURON: "neuron", _abi.IL_PER_NEURON_CLASS: "neuron and class"}
    texts = ("name", "columns", "unit", "description", "reference")
    columns: dict[str, list[Any]] = {
        "name": [],
        "rows": [rows.get(info.rows, str(info.rows)) for info in registry],
        "columns": [],
        "needs_labels": [bool(info.needs_labels) for info in registry],
        "by_default": [bool(info.by_default) for info in registry],
        "unit": [],
        "description": [],
        "reference": [],
    }
    for name in texts:
        columns[name] = [(getattr(info, name) or b"").decode("utf-8") for info in registry]
    return table_of(columns)


def _registry() -> list[_abi.il_measure_info]:
    registry = []
    for index in range(library().il_measure_count()):
        info = _abi.il_measure_info(struct_size=ctypes.sizeof(_abi.il_measure_info))
        check(library().il_measure_at(index, ctypes.byref(info)))
        registry.append(info)
    return registry


def default_measures(*, with_labels: bool) -> list[str]:
    """Measures a neuron that are computed unasked, with labels or without."""
    return [
        info.name.decode("utf-8")
        for info in _registry()
        if info.rows == _abi.IL_PER_NEURON
        and info.by_default
        and (with_labels or not info.needs_labels)
    ]


def measure(
    function: str,
    source: Handle,
    quantizer: Quantizer,
    unit: str,
    names: str | Sequence[str] | None,
) -> Table:
    """The table of ``il_neuron_measures`` or ``il_class_measures`` for a source."""
    options = _abi.il_measure_options()
    check(library().il_measure_options_init(ctypes.byref(options)))
    options.unit = _choose("unit", unit, _UNITS)
    options.quantizer = ctypes.pointer(struct_of(quantizer))
    listed = names_of("measures", names)
    if listed is not None:
        options.measures = text_array(listed)
        options.measure_count = len(listed)
    return read_table(run(function, source, ctypes.byref(options), gives="table"))


def source_options(reduction: str | None, channel_axis: int) -> _abi.il_source_options:
    """Options of a source with what arrays and dumps have in common."""
    options = _abi.il_source_options()
    check(library().il_source_options_init(ctypes.byref(options)))
    options.reduction = _choose("reduction", reduction, _REDUCTIONS)
    if channel_axis not in (1, -1):
        raise ArgumentError(f"channel_axis must be 1 or -1, not {channel_axis!r}")
    options.channel_axis = channel_axis
    return options


def source_of(X: Any, y: Any, reduction: str | None, channel_axis: int) -> Handle:
    """A source that looks into the caller's arrays and keeps them alive."""
    arrays = [(name, borrow(values, f"layer {name!r}")) for name, values in named_layers(X).items()]
    options = source_options(reduction, channel_axis)
    keep: list[Borrowed] = [array for _, array in arrays]
    source = run("il_source_new", ctypes.byref(options), gives="source", keep=keep)
    for name, array in arrays:
        shown = encoded(name, "layer name")
        check(library().il_source_add_layer(source, shown, ctypes.byref(array.struct)))
    if y is not None:
        labels, names = borrow_labels(y)
        classes = (text_array(names), len(names)) if names else (None, 0)
        check(library().il_source_set_labels(source, ctypes.byref(labels.struct), *classes))
    return source


def named_layers(X: Any) -> dict[str, Any]:
    """The arrays of a mapping by name, or a single array under its stand-in name."""
    # Activation caches behave like mappings without being registered as such.
    if hasattr(X, "neuron_measures"):
        kind = type(X).__name__
        raise ArgumentError(
            f"X is a {kind}: call the {kind}'s own neuron_measures or class_measures"
        )
    is_like_mapping = hasattr(X, "keys") and hasattr(X, "items") and not hasattr(X, "shape")
    if isinstance(X, Mapping) or is_like_mapping:
        named = {str(name): values for name, values in X.items()}
        if not named:
            raise ArgumentError("X is a mapping without layers: give at least one array")
        if len(named) < len(X):
            raise ArgumentError("X has names that are the same as text: give each layer its own")
        return named
    if X is None or isinstance(X, (str, bytes, os.PathLike)):
        raise ArgumentError(
            f"X must be an array or a mapping of names to arrays, not {type(X).__name__}; "
            "to read a file use infolens.open(path)"
        )
    return {SINGLE_LAYER: X}


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


def _choose(what: str, value: Any, choices: Mapping[Any, int]) -> int:
    try:
        return choices[value]
    except (KeyError, TypeError):
        known = ", ".join(repr(choice) for choice in choices)
        raise ArgumentError(f"{what} {value!r} is unknown: choose one of {known}") from None
