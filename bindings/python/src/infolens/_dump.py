# SPDX-License-Identifier: Apache-2.0
"""Dumps: activations of a network's layers in an HDF5 file."""

from __future__ import annotations

import ctypes
import html
import os
import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from types import TracebackType
from typing import Any

from infolens import _abi, _show
from infolens._call import run
from infolens._dump_ablation import DumpAblation
from infolens._dump_joint import DumpJoint
from infolens._dump_reading import DumpReading
from infolens._errors import ArgumentError, FileMissingError, NotFoundError
from infolens._layer import Layer, shape_text
from infolens._library import Handle, check, encoded, library, path_bytes
from infolens._measures import measure
from infolens._options import Groups, MeasureOptions, set_layers, source_options
from infolens._quantizers import Quantizer, threshold
from infolens._table import Table, read_table


def open(path: str | bytes | os.PathLike[Any], *, allow_external: bool = False) -> Dump:
    """Open an HDF5 dump of activations for reading.

    Native layout: ``/labels``, ``/inputs``, ``/logits``, ``/layers/<name>/activations``
    of shape [N, d] or [N, channels, …], and the same below ``/epochs/<n>/``. Failing
    that, each float dataset of rank ≥ 2 in the root of the file whose first axis is as
    long as the labels is a layer. `Dump.describe` says what was found and why.

    Parameters
    ----------
    path
        The file.
    allow_external
        Follow external storage, and links or virtual sources that leave the file's own
        folder. Such a file can show the contents of any file that you can read: allow
        it only for files that you trust.

    Raises
    ------
    FileMissingError
        No such file; it is also a `NotFoundError` and a `FileNotFoundError`.
    FileError
        No permission, or locked by a writer.
    FormatError
        Not HDF5, truncated or corrupt.

    Examples
    --------
    >>> dump = infolens.open("digits.h5")
    >>> dump.neuron_measures(quantizer=infolens.threshold(0.0))
    """
    raw = path_bytes(path)
    options = _abi.il_dump_options()
    check(library().il_dump_options_init(ctypes.byref(options), ctypes.sizeof(options)))
    options.allow_external = int(bool(allow_external))
    try:
        handle = run("il_dump_open", raw, ctypes.byref(options), gives="dump")
    except NotFoundError as error:
        if os.path.lexists(raw):
            raise
        raise FileMissingError(str(error)) from None
    return Dump(os.fsdecode(raw), handle)


class Dump(DumpAblation, DumpJoint, DumpReading):
    """An open dump; made by `infolens.open`.

    ``dump.layers`` lists the layers' names and ``dump["fc1"]`` is one of them. It may be
    used from several threads, which then wait for each other, and in a ``with``
    statement, which closes it.
    """

    def __init__(self, path: str, handle: Handle) -> None:
        self.path = path
        self._handle = handle
        #: The library wants one thread a handle; a progress callback may ask again in its own.
        self.lock = threading.RLock()

    # What is in the file

    def describe(self) -> Table:
        """What was found in the file, one row a dataset: ``role``, ``name``, ``path``,
        ``shape``, ``dtype``, ``samples``, ``neurons``, ``storage``, ``note``."""
        return self._description

    @cached_property
    def _description(self) -> Table:
        with self.lock:
            return read_table(run("il_dump_describe", self.open_handle(), gives="table"))

    @cached_property
    def _layers(self) -> dict[str, Layer]:
        return {
            row["name"]: Layer.described(row, row["name"], self)
            for row in self.describe().where(role="layer")
        }

    @property
    def layers(self) -> list[str]:
        """Names of the layers, in the network's order."""
        return list(self._layers)

    @property
    def has_labels(self) -> bool:
        """Whether the file holds labels."""
        return "labels" in set(self.describe()["role"])

    def classes(self, labels: str | None = None) -> Table:
        """The classes, one row each: ``class`` (integers, or strings when the labels are),
        ``samples``, ``probability``. `labels` is the path of another dataset.

        Raises
        ------
        NotFoundError
            The dump has no labels.
        """
        with self.lock:
            source = self.source(None, labels, "flatten", 1)
            return read_table(run("il_source_classes", source, gives="table"))

    def __getitem__(self, name: str) -> Layer:
        try:
            return self._layers[name]
        except (KeyError, TypeError):
            raise NotFoundError(
                f"dump has no layer {name!r}; there are: {', '.join(self._layers) or 'none'}"
            ) from None

    def layer_at(self, name: str) -> Layer:
        """A layer by its name or by the path of its dataset: for the package's own use."""
        if name not in self._layers and isinstance(name, str):
            for row in self.describe().where(path=["/" + name.lstrip("/")]):
                return Layer.described(row, name, self)
        return self[name]

    def __contains__(self, name: object) -> bool:
        return name in self._layers

    def __iter__(self) -> Iterator[str]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)

    # What can be computed

    def neuron_measures(
        self,
        layers: str | Sequence[str] | None = None,
        quantizer: Quantizer = threshold(0.0),
        unit: str = "bits",
        *,
        measures: str | Sequence[str] | None = None,
        estimator: str = "plug-in",
        permutations: int = 0,
        bootstrap: int = 0,
        confidence: float = 0.95,
        alphabet: str = "full",
        undefined: str = "nan",
        labels: str | None = None,
        condition: str | None = None,
        groups: Groups | None = None,
        reduction: str | None = None,
        channel_axis: int = 1,
    ) -> Table:
        """Information measures of each neuron of each layer, with bias correction and
        significance on request.

        Rows of the file are streamed, so that a dump larger than the memory budget gives
        the same numbers. The measures are those of `infolens.neuron_measures` (Liu, Amjad
        & Geiger 2018, arXiv:1804.06679).

        Parameters
        ----------
        layers
            One name or several, names of layers or paths of datasets; by default every layer.
        quantizer, unit, measures, estimator, permutations, bootstrap, confidence, alphabet, \
undefined, groups, reduction, channel_axis
            As for `infolens.neuron_measures`.
        labels
            Path of the labels' dataset; by default those found.
        condition
            Path of a dataset with the variable Z of ``"conditional_mutual_information"``.

        Returns
        -------
        Table
            One row a neuron, layers in the network's order; columns as for
            `infolens.neuron_measures`. Family-wise p values and q values are over all rows.

        Raises
        ------
        NotFoundError
            An unknown layer, dataset, measure or estimator, or labels that are needed and absent.
        ShapeError, DTypeError, NumericError
            As for `infolens.neuron_measures`; a layer and labels that disagree about N.
        FormatError, FileError
            The file is corrupt or cannot be read.
        ArgumentError, MemoryBudgetError
        """
        options = MeasureOptions(
            unit,
            measures,
            estimator,
            alphabet,
            undefined,
            permutations,
            bootstrap,
            confidence,
            groups,
        )
        with self.lock:
            source = self.source(layers, labels, reduction, channel_axis, condition)
            return measure("il_neuron_measures", source, quantizer, options)

    def class_measures(
        self,
        layers: str | Sequence[str] | None = None,
        quantizer: Quantizer = threshold(0.0),
        unit: str = "bits",
        *,
        measures: str | Sequence[str] | None = None,
        estimator: str = "plug-in",
        alphabet: str = "full",
        undefined: str = "nan",
        labels: str | None = None,
        reduction: str | None = None,
        channel_axis: int = 1,
    ) -> Table:
        """Information measures of each neuron for each class: ``specific_information``.

        Parameters and errors are those of `neuron_measures`, the columns those of
        `infolens.class_measures` (DeWeese & Meister 1999, Network 10:325).
        """
        options = MeasureOptions(unit, measures, estimator, alphabet, undefined)
        with self.lock:
            source = self.source(layers, labels, reduction, channel_axis)
            return measure("il_class_measures", source, quantizer, options)

    def pairwise_mutual_information(
        self,
        layers: str | Sequence[str] | None = None,
        quantizer: Quantizer = threshold(0.0),
        unit: str = "bits",
        *,
        estimator: str = "plug-in",
        alphabet: str = "full",
        undefined: str = "nan",
        reduction: str | None = None,
        channel_axis: int = 1,
    ) -> Table:
        """Mutual information of every two neurons of each layer.

        Parameters and errors are those of `neuron_measures`, the columns those of
        `infolens.pairwise_mutual_information`.
        """
        options = MeasureOptions(unit, None, estimator, alphabet, undefined)
        with self.lock:
            source = self.source(layers, None, reduction, channel_axis)
            return measure("il_pairwise_mutual_information", source, quantizer, options)

    def source(
        self,
        layers: str | Sequence[str] | None = None,
        labels: str | None = None,
        reduction: str | None = None,
        channel_axis: int = 1,
        condition: str | None = None,
    ) -> Handle:
        """The library's handle of some layers with their labels: for the package's own use."""
        options = source_options(reduction, channel_axis)
        set_layers(options, layers)
        if labels is not None:
            options.labels = encoded(labels, "labels")
        if condition is not None:
            options.condition = encoded(condition, "condition")
        handle = self.open_handle()
        return run("il_source_from_dump", handle, ctypes.byref(options), gives="source")

    def network_source(self, network: Handle, labels: str | None) -> Handle:
        """The library's handle of a network's data here: for the package's own use."""
        options = source_options(None, 1)
        if labels is not None:
            options.labels = encoded(labels, "labels")
        handle = self.open_handle()
        return run("il_source_for_network", handle, network, ctypes.byref(options), gives="source")

    # Its life

    def close(self) -> None:
        """Close the file; tables and networks made from it stay."""
        with self.lock:
            self._handle.free()
            self._default_network = None

    def open_handle(self) -> Handle:
        """The library's handle of the open file: for the package's own use."""
        if not self._handle.alive:
            raise ArgumentError(f"dump '{self.path}' is closed: open it again with infolens.open")
        return self._handle

    def __enter__(self) -> Dump:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if not self._handle.alive:
            return f"<infolens dump {self.path!r}, closed>"
        lines = [
            [layer.name, shape_text(layer.shape), layer.dtype] for layer in self._layers.values()
        ]
        labels = "with labels" if self.has_labels else "without labels"
        title = f"<infolens dump {self.path!r}, {labels}>"
        return title + "\n" + _show.grid(["layer", "shape", "dtype"], lines)

    def _repr_html_(self) -> str:
        if not self._handle.alive:
            return f"<p>{html.escape(repr(self))}</p>"
        rows = "".join(
            "<tr>"
            + "".join(
                f"<td>{html.escape(t)}</td>" for t in (it.name, shape_text(it.shape), it.dtype)
            )
            + "</tr>"
            for it in self._layers.values()
        )
        labels = "with labels" if self.has_labels else "without labels"
        return (
            f"<p><b>{html.escape(os.path.basename(self.path))}</b>, {labels}</p><table><thead><tr>"
            f"<th>layer</th><th>shape</th><th>dtype</th></tr></thead><tbody>{rows}</tbody></table>"
        )
