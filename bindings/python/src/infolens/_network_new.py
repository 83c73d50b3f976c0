# SPDX-License-Identifier: Apache-2.0
"""Networks in the library: of a file's weights, of arrays, or behind a Python function."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from infolens import _abi
from infolens._arrays import borrow
from infolens._call import run
from infolens._errors import ArgumentError
from infolens._library import Handle, check, encoded, library, text_array
from infolens._options import choose, names_of, real, set_layers
from infolens._scorer import Score, Scorer

_LAYOUTS = {
    "auto": _abi.IL_WEIGHT_AUTO,
    "in_out": _abi.IL_WEIGHT_IN_OUT,
    "out_in": _abi.IL_WEIGHT_OUT_IN,
}


def network_of_dump(
    dump: Handle,
    layers: str | Sequence[str] | None,
    activations: str | Sequence[str] | None,
    layout: str,
    input_scale: float | None,
) -> Handle:
    """The network whose weights are in a dump."""
    options = _options(layout, input_scale)
    set_layers(options, layers)
    functions = names_of("activations", activations)
    if functions is not None:
        options.activations = text_array(functions)
        options.activation_count = len(functions)
    return run("il_network_from_dump", dump, ctypes.byref(options), gives="network")


def network_of_arrays(
    layers: Iterable[tuple[str, Any, Any, str]], layout: str, input_scale: float | None
) -> Handle:
    """The network of weights, biases and activations in memory, which are copied."""
    options = _options(layout, input_scale)
    network = run("il_network_new", ctypes.byref(options), gives="network")
    tuples = "tuples (name, weight, bias or None, activation)"
    try:
        listed = list(layers)
    except TypeError:
        kind = type(layers).__name__
        raise ArgumentError(f"layers must be a list of {tuples}, not {kind}") from None
    if not listed:
        raise ArgumentError(f"layers is empty: give at least one of {tuples}")
    for layer in listed:
        try:
            name, weight, bias, activation = layer
        except (TypeError, ValueError):
            raise ArgumentError(f"layers must hold {tuples}") from None
        matrix = borrow(weight, f"weight of layer {name!r}")
        vector = None if bias is None else borrow(bias, f"bias of layer {name!r}")
        check(
            library().il_network_add_layer(
                network,
                encoded(name, "layer name"),
                ctypes.byref(matrix.struct),
                None if vector is None else ctypes.byref(vector.struct),
                encoded(activation, f"activation of layer {name!r}"),
            )
        )
    return network


def network_of_function(
    layers: Mapping[str, int], score: Score, scores: str | Sequence[str]
) -> tuple[Handle, Scorer]:
    """The network that a function scores, and what calls the function."""
    if not callable(score):
        raise ArgumentError(f"score must be a function, not {type(score).__name__}")
    if not isinstance(layers, Mapping):
        raise ArgumentError(
            "layers must map names to numbers of neurons, for instance {'fc1': 64}, "
            f"not {layers!r}"
        )
    if not layers:
        raise ArgumentError("layers is empty: give at least one, for instance {'fc1': 64}")
    names = names_of("layers", list(layers)) or []
    columns = names_of("scores", scores) or []
    neurons = (ctypes.c_int64 * len(names))(*(_size(*entry) for entry in layers.items()))
    scorer = Scorer(score, list(layers), [column.decode() for column in columns])
    network = run(
        "il_network_from_callback",
        text_array(names),
        neurons,
        len(names),
        text_array(columns),
        len(columns),
        scorer.callback,
        None,
        gives="network",
        keep=scorer,
    )
    return network, scorer


def _size(name: str, count: Any) -> int:
    if isinstance(count, bool) or not hasattr(count, "__index__") or not 0 < count < 2**63:
        raise ArgumentError(f"layers: {name!r} must have a number of neurons, not {count!r}")
    size: int = count.__index__()
    return size


def _options(layout: str, input_scale: float | None) -> _abi.il_network_options:
    options = _abi.il_network_options()
    check(library().il_network_options_init(ctypes.byref(options), ctypes.sizeof(options)))
    options.layout = choose("layout", layout, _LAYOUTS)
    if input_scale is not None:
        options.input_scale = real("input_scale", input_scale)
        if options.input_scale == 0:
            raise ArgumentError("input_scale must not be 0: None leaves it to the library")
    return options
