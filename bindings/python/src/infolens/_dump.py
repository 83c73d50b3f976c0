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

from infolens import _show
from infolens._call import run
from infolens._dump_ablation import DumpAblation
from infolens._dump_joint import DumpJoint
from infolens._dump_reading import DumpReading
from infolens._errors import ArgumentError, NotFoundError
from infolens._layer import Layer, shape_text
from infolens._library import Handle, encoded
from infolens._measures import measure
from infolens._options import (
    NO_LABELS,
    Groups,
    MeasureOptions,
    Reading,
    dump_options,
    set_layers,
)
from infolens._quantizers import Quantizer, threshold
from infolens._table import Table, read_table


class Dump(DumpAblation, DumpJoint, DumpReading):
    """An open dump; made by `infolens.open`.

    ``dump.layers`` lists the layers' names and ``dump["fc1"]`` is one of them. It may be
    used from several threads, which then wait for each other, and in a ``with``
    statement, which closes it.
    """

    def __init__(self, paths: Sequence[str], handle: Handle, title: str | None = None) -> None:
        #: The files, in the order of their samples.
        self.paths = list(paths)
        #: The file, or what several are called together: the pattern that they were opened by.
        self.path = title or self.paths[0]
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

    def classes(self, labels: str | None = None, *, missing_labels: str = "refuse") -> Table:
        """The classes, one row each: ``class`` (integers, or strings when the labels are),
        ``samples``, ``probability``. `labels` is the path of another dataset; `missing_labels` is
        that of `neuron_measures`.

        Raises
        ------
        NotFoundError
            The dump has no labels.
        """
        with self.lock:
            reading = Reading("flatten", missing_labels=missing_labels)
            source = self.source(None, labels, reading)
            return read_table(run("il_source_classes", source, gives="table"))

    @cached_property
    def _named(self) -> dict[str, Layer]:
        """The layers, and what can be named as one though its samples are not the labels'."""
        return {
            row["name"]: Layer.described(row, row["name"], self)
            for row in self.describe().where(role=["layer", "other"])
            if row["name"]
        }

    def __getitem__(self, name: str) -> Layer:
        try:
            return self._named[name]
        except (KeyError, TypeError):
            raise NotFoundError(
                f"dump has no layer {name!r}; there are: {', '.join(self._layers) or 'none'}"
            ) from None

    def layer_at(self, name: str) -> Layer:
        """A layer by its name or by the path of its dataset: for the package's own use."""
        if name not in self._named and isinstance(name, str):
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
        sample_axis: int = 0,
        missing_labels: str = "refuse",
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
        sample_axis
            0: samples lie where the layout says, along axis 0 in most. -1: along the last axis,
            for matrices that are stored transposed, [d, N].
        missing_labels
            What becomes of samples without a label or condition (code -1 of categories, NaN, a time
            outside of trials): ``"refuse"`` them, ``"exclude"`` them from every layer, or make
            them a ``"class"`` of their own. With the last two, -1 counts as missing too where
            all other labels are integers from 0 on; otherwise it is a class.

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
            reading = Reading(reduction, channel_axis, sample_axis, missing_labels)
            source = self.source(layers, labels, reading, condition)
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
        sample_axis: int = 0,
        missing_labels: str = "refuse",
    ) -> Table:
        """Information measures of each neuron for each class: ``specific_information``.

        Parameters and errors are those of `neuron_measures`, the columns those of
        `infolens.class_measures` (DeWeese & Meister 1999, Network 10:325).
        """
        options = MeasureOptions(unit, measures, estimator, alphabet, undefined)
        with self.lock:
            reading = Reading(reduction, channel_axis, sample_axis, missing_labels)
            source = self.source(layers, labels, reading)
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
        sample_axis: int = 0,
    ) -> Table:
        """Mutual information of every two neurons of each layer.

        Parameters and errors are those of `neuron_measures`, the columns those of
        `infolens.pairwise_mutual_information`.
        """
        options = MeasureOptions(unit, None, estimator, alphabet, undefined)
        with self.lock:
            reading = Reading(reduction, channel_axis, sample_axis)
            source = self.source(layers, NO_LABELS, reading)
            return measure("il_pairwise_mutual_information", source, quantizer, options)

    def source(
        self,
        layers: str | Sequence[str] | None = None,
        labels: str | None = None,
        reading: Reading = Reading(),
        condition: str | None = None,
    ) -> Handle:
        """The library's handle of some layers with their labels: for the package's own use."""
        options = dump_options(reading)
        set_layers(options, layers)
        if labels is not None:
            options.labels = encoded(labels, "labels")
        if condition is not None:
            options.condition = encoded(condition, "condition")
        handle = self.open_handle()
        return run("il_source_from_dump", handle, ctypes.byref(options), gives="source")

    def network_source(self, network: Handle, labels: str | None) -> Handle:
        """The library's handle of a network's data here: for the package's own use."""
        options = dump_options(Reading())
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
