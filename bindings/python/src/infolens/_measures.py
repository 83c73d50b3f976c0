# SPDX-License-Identifier: Apache-2.0
"""Measures of arrays in memory, and what arrays and dumps share in asking for measures."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from infolens import _abi
from infolens._arrays import Borrowed, borrow, borrow_labels
from infolens._call import call, run
from infolens._errors import ArgumentError, ShapeError
from infolens._library import Handle, check, encoded, library, text_array
from infolens._options import Groups, MeasureOptions, source_options
from infolens._quantizers import Quantizer, struct_of, threshold
from infolens._table import Table, read_table, table_of

#: Name of the layer when a single array is given.
SINGLE_LAYER = "X"


def neuron_measures(
    X: Any,
    y: Any = None,
    *,
    quantizer: Quantizer = threshold(0.0),
    unit: str = "bits",
    measures: str | Sequence[str] | None = None,
    estimator: str = "plug-in",
    permutations: int = 0,
    bootstrap: int = 0,
    confidence: float = 0.95,
    alphabet: str = "full",
    undefined: str = "nan",
    condition: Any = None,
    groups: Groups | None = None,
    reduction: str | None = None,
    channel_axis: int = 1,
) -> Table:
    """Information measures of each neuron, with bias correction and significance on request.

    With T the quantised neuron, Y the label and p the sample frequencies: entropy
    H(T), conditional entropy H(T|Y), mutual information I(T;Y) = H(T) − H(T|Y), and
    KL selectivity, the largest D_KL(P(T|Y=y) ‖ P(T)) over the classes y, with the
    class that attains it (Liu, Amjad & Geiger 2018, arXiv:1804.06679). A constant
    neuron has zero in all of them. `infolens.measures` lists what else there is.

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
    estimator
        Estimator of every entropy, a name from `infolens.estimators`: ``"plug-in"``,
        ``"miller-madow"``, ``"grassberger"``, ``"chao-shen"``, ``"james-stein"``,
        ``"jackknife"``, ``"panzeri-treves"`` or ``"nsb"``. Corrected mutual information
        may be negative.
    permutations
        Permutations of the labels to test mutual information with, for instance 1000;
        they follow from the seed of `infolens.context` alone.
    bootstrap
        Resamples of the N samples for confidence intervals of mutual information, for
        instance 1000; edges stay those of all samples.
    confidence
        Of the bootstrap's intervals, between 0 and 1.
    alphabet
        Levels that ``"james-stein"`` and ``"nsb"`` take for possible: ``"full"``, those of
        the quantiser (those of the neuron for `width` and `integer`), or ``"observed"``,
        those that occur in each histogram.
    undefined
        What becomes of an estimate that is not defined on the data: ``"nan"``, with the
        reason in the column ``warning``, or ``"raise"``.
    condition
        The variable Z of ``"conditional_mutual_information"``, a value a sample, as labels
        are given; for a neuron use `infolens.quantize`.
    groups
        Two groups of classes for ``"jensen_shannon_divergence"``: a pair of labels or of
        lists of labels, for instance ``([0, 1], [8])``.
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

        With `permutations`: ``p_value`` = (1 + #{I_b ≥ I}) / (1 + B), ``p_value_family``
        by the largest I_b of all rows (Westfall & Young 1993), ``q_value`` (Benjamini &
        Hochberg 1995), ``null_mean``, ``null_std``, ``z_score`` (NaN where the null does
        not vary). With `bootstrap`: ``bootstrap_bias``, ``bootstrap_std``, ``percentile_low``,
        ``percentile_high``, ``bca_low``, ``bca_high`` (Efron 1987; NaN where all resamples
        lie on one side of the estimate; with a bias beyond the standard deviation neither
        interval is worth much: use fewer bins). Where values may be undefined, with `bootstrap`,
        another estimator than plug-in or class selectivity: ``warning``, empty or the reason.

    Raises
    ------
    ShapeError
        Lengths disagree, something is empty, or the rank needs a reduction.
    DTypeError
        Elements are no numbers.
    NumericError
        NaN or infinity (names the first row and neuron), fractional labels, values
        that are no integers under ``integer()``, or an undefined estimate to be raised.
    NotFoundError
        An unknown measure or estimator, or one that needs labels without them.
    ArgumentError, MemoryBudgetError

    Examples
    --------
    >>> table = infolens.neuron_measures(X, y, quantizer=infolens.uniform(30), permutations=1000)
    >>> table.where(table["q_value"] < 0.05).sort("mutual_information", descending=True)
    """
    source = source_of(X, y, reduction, channel_axis, condition)
    if y is None and measures is None:
        measures = default_measures(with_labels=False)
    options = MeasureOptions(
        unit, measures, estimator, alphabet, undefined, permutations, bootstrap, confidence, groups
    )
    return measure("il_neuron_measures", source, quantizer, options)


def class_measures(
    X: Any,
    y: Any,
    *,
    quantizer: Quantizer = threshold(0.0),
    unit: str = "bits",
    measures: str | Sequence[str] | None = None,
    estimator: str = "plug-in",
    alphabet: str = "full",
    undefined: str = "nan",
    reduction: str | None = None,
    channel_axis: int = 1,
) -> Table:
    """Information measures of each neuron for each class.

    ``specific_information`` is i(y) = D_KL(P(T|Y=y) ‖ P(T)), the surprise of class y
    (DeWeese & Meister 1999, Network 10:325); Σ p(y) i(y) = I(T;Y) for every estimator. It is
    NaN for a class without samples. ``class_entropy``, on request, is H(T|Y=y).

    Parameters and errors are those of `neuron_measures`; labels are needed.

    Returns
    -------
    Table
        One row a neuron and class: ``layer``, ``neuron``, ``class`` (integer or
        string), ``class_probability``, ``specific_information``.
    """
    source = source_of(X, y, reduction, channel_axis)
    options = MeasureOptions(unit, measures, estimator, alphabet, undefined)
    return measure("il_class_measures", source, quantizer, options)


def pairwise_mutual_information(
    X: Any,
    *,
    quantizer: Quantizer = threshold(0.0),
    unit: str = "bits",
    estimator: str = "plug-in",
    alphabet: str = "full",
    undefined: str = "nan",
    reduction: str | None = None,
    channel_axis: int = 1,
) -> Table:
    """Mutual information I(T_i;T_j) of every two neurons of a layer.

    With Ĥ the estimator's entropy it is Ĥ(T_i) + Ĥ(T_j) − Ĥ(T_i,T_j), symmetric; a neuron with
    itself has its entropy.

    Parameters and errors are those of `neuron_measures`.

    Returns
    -------
    Table
        One row a pair i ≤ j: ``layer``, ``neuron``, ``other``, ``mutual_information``, and
        ``warning`` for estimators other than plug-in.

    Examples
    --------
    >>> pairs = infolens.pairwise_mutual_information(X, quantizer=infolens.uniform(8))
    >>> matrix = pairs.to_matrix("mutual_information")  # [d, d]
    """
    source = source_of(X, None, reduction, channel_axis)
    options = MeasureOptions(unit, None, estimator, alphabet, undefined)
    return measure("il_pairwise_mutual_information", source, quantizer, options)


def quantize(x: Any, quantizer: Quantizer = threshold(0.0)) -> npt.NDArray[np.int32]:
    """The levels of one neuron: what T is for each sample.

    Parameters
    ----------
    x
        Activations of the neuron, [N].
    quantizer
        As for `neuron_measures`.

    Returns
    -------
    numpy.ndarray
        int32 [N]: 0 … K−1, ascending with the activation, for the K levels that occur.

    Examples
    --------
    >>> z = infolens.quantize(X[:, 3], infolens.uniform(8))
    >>> infolens.neuron_measures(X, y, measures="conditional_mutual_information", condition=z)
    """
    shape = borrow(x, "x").array.shape
    if len(shape) != 1:
        raise ShapeError(f"x has shape {shape}: give the [N] activations of one neuron")
    source = source_of({SINGLE_LAYER: x}, None, None, 1)
    levels = np.empty(shape[0], np.int32)
    rule = struct_of(quantizer)
    pointer = levels.ctypes.data_as(ctypes.POINTER(ctypes.c_int32))
    layer = SINGLE_LAYER.encode()
    call("il_quantize", source, layer, 0, ctypes.byref(rule), pointer, len(levels))
    return levels


def measures() -> Table:
    """The registry of measures: what can be asked for by name.

    Returns
    -------
    Table
        One row a measure: ``name``, ``rows`` ("neuron" or "neuron and class"),
        ``columns`` that it adds, ``needs_labels``, ``needs``, ``by_default``, ``unit``
        ("information" follows the unit asked for), ``description`` with the formula,
        ``reference``.
    """
    registry = _registry()
    rows = {_abi.IL_PER_NEURON: "neuron", _abi.IL_PER_NEURON_CLASS: "neuron and class"}
    texts = ("name", "columns", "needs", "unit", "description", "reference")
    columns: dict[str, list[Any]] = {
        "name": [],
        "rows": [rows.get(info.rows, str(info.rows)) for info in registry],
        "columns": [],
        "needs_labels": [bool(info.needs_labels) for info in registry],
        "needs": [],
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


def measure(function: str, source: Handle, quantizer: Quantizer, options: MeasureOptions) -> Table:
    """The table that a function of the library makes of a source."""

    def classes() -> list[Any]:
        table = read_table(run("il_source_classes", source, gives="table"))
        return list(table["class"].tolist())

    struct = options.to_struct(classes)
    struct.quantizer = ctypes.pointer(struct_of(quantizer))
    return read_table(run(function, source, ctypes.byref(struct), gives="table"))


def source_of(
    X: Any,
    y: Any,
    reduction: str | None,
    channel_axis: int,
    condition: Any = None,
    *,
    labels_name: str = "y",
) -> Handle:
    """A source that looks into the caller's arrays and keeps them alive; `labels_name` is what the
    caller knows `y` by."""
    arrays = [(name, borrow(values, f"layer {name!r}")) for name, values in named_layers(X).items()]
    options = source_options(reduction, channel_axis)
    keep: list[Borrowed] = [array for _, array in arrays]
    source = run("il_source_new", ctypes.byref(options), gives="source", keep=keep)
    for name, array in arrays:
        shown = encoded(name, "layer name")
        check(library().il_source_add_layer(source, shown, ctypes.byref(array.struct)))
    setters = (
        (labels_name, y, "il_source_set_labels"),
        ("condition", condition, "il_source_set_condition"),
    )
    for what, values, setter in setters:
        if values is None:
            continue
        labels, names = borrow_labels(values, what)
        classes = (text_array(names), len(names)) if names else (None, 0)
        check(getattr(library(), setter)(source, ctypes.byref(labels.struct), *classes))
    return source


def named_layers(X: Any) -> dict[str, Any]:
    """The arrays of a mapping by name, or a single array under its stand-in name."""
    # Activation caches behave like mappings without being registered as such.
    if hasattr(X, "neuron_measures"):
        kind = type(X).__name__
        raise ArgumentError(
            f"X is a {kind}, not an array: call the {kind}'s own method of this name"
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
