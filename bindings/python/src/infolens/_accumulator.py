# SPDX-License-Identifier: Apache-2.0
"""Accumulator: measures of data that come in pieces, in one process or in many."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

from infolens._call import call, run
from infolens._dump import Dump
from infolens._errors import ArgumentError
from infolens._library import check, library
from infolens._measures import default_measures, source_of
from infolens._options import Groups, MeasureOptions, Reading
from infolens._quantizers import Quantizer, struct_of, threshold
from infolens._table import Table, read_table


class Accumulator:
    """Counts of quantised neurons, taken piece by piece: the measures of a training loop
    without a dump, or of shards on many machines.

    What comes out is, to the last bit, what `infolens.neuron_measures` gives for all samples
    at once, however they are cut and in whatever order they come or are merged. (But for a
    threshold at the mean, which is summed in the order of the pieces.)

    Quantisers whose edges depend on the data (`uniform` without a given range, `quantile`,
    `width`, `integer`, `threshold` at ``"mean"`` or ``"median"``) need the data twice: `update`
    first gathers ranges, `fit` fixes the edges, and then `update` counts. Means and order
    statistics keep every value in memory until then, ranges two numbers a neuron.

    Parameters
    ----------
    quantizer
        As for `infolens.neuron_measures`.
    reduction, channel_axis
        As for `infolens.neuron_measures`, for every piece.

    Raises
    ------
    ArgumentError
        It is no quantiser.

    Examples
    --------
    >>> accumulator = infolens.Accumulator(quantizer=infolens.threshold(0.0))
    >>> for inputs, labels in batches:
    ...     accumulator.update({"fc1": fc1(inputs)}, labels)
    >>> accumulator.finish()["mutual_information"]

    Two passes, for the range of each neuron:

    >>> accumulator = infolens.Accumulator(infolens.uniform(30))
    >>> for x, y in batches:
    ...     accumulator.update(x)
    >>> accumulator.fit()
    >>> for x, y in batches:
    ...     accumulator.update(x, y)

    Shards, for instance of a process pool (accumulators pickle):

    >>> total = infolens.Accumulator(quantizer)
    >>> for shard in pool.map(count_shard, shards):
    ...     total.merge(shard)
    """

    def __init__(
        self,
        quantizer: Quantizer = threshold(0.0),
        *,
        reduction: str | None = None,
        channel_axis: int = 1,
    ) -> None:
        rule = struct_of(quantizer)
        self._handle = run("il_accumulator_new", ctypes.byref(rule), gives="accumulator")
        self._reduction = reduction
        self._channel_axis = channel_axis

    # Taking samples

    def update(self, X: Any, y: Any = None) -> Accumulator:
        """Take further samples. When it raises, nothing of them is kept.

        Parameters
        ----------
        X
            Activations of n samples, as for `infolens.neuron_measures`: [n, d], or a mapping of
            layer names to arrays, the same layers each time. Or a `Dump`, of which all layers and
            the labels are taken.
        y
            Labels of the n samples. New classes may come at any time. While ranges are
            gathered labels are not needed and not looked at.

        Returns
        -------
        Accumulator
            Itself.

        Raises
        ------
        ShapeError
            Other layers than before; lengths disagree.
        ArgumentError
            Labels of another kind than before, or none where there were some.
        NumericError
            NaN or infinity, or values outside the range that `width` or `integer` was fitted to.
        MemoryBudgetError
            Quantiles of more values, or counters of more levels and classes, than the memory
            budget of `infolens.context` holds.
        """
        if isinstance(X, Dump):
            if y is not None:
                raise ArgumentError("y must be left out with a dump, which has its own labels")
            source = X.source(reading=Reading(self._reduction, self._channel_axis))
        else:
            source = source_of(X, y, self._reduction, self._channel_axis)
        call("il_accumulator_update", self._handle, source)
        return self

    def fit(self) -> Accumulator:
        """Fix the edges to the samples seen so far; from here on `update` counts, from zero.

        Raises
        ------
        ArgumentError
            Nothing has come, it was fitted before, or the quantiser needs no fitting.
        """
        call("il_accumulator_fit", self._handle)
        return self

    def merge(self, other: Accumulator) -> Accumulator:
        """Add what another accumulator has taken, as if it had come here. The other stays as it is.

        For many workers: let each gather ranges, merge them, `fit` once, send the fitted
        accumulator to all of them, let each count, and merge again.

        Raises
        ------
        ArgumentError
            Another quantiser, another phase, edges fitted to other data, or itself.
        ShapeError
            Other layers.
        """
        if not isinstance(other, Accumulator):
            raise ArgumentError(f"other must be an Accumulator, not {type(other).__name__}")
        check(library().il_accumulator_merge(self._handle, other._handle))
        return self

    # What has come

    @property
    def is_fitting(self) -> bool:
        """Whether updates gather ranges and do not count yet."""
        return self._state()[0]

    @property
    def samples(self) -> int:
        """Samples that have come, since `fit` if the quantiser needs it."""
        return self._state()[1]

    def _state(self) -> tuple[bool, int]:
        fitting, samples = ctypes.c_int32(), ctypes.c_int64()
        pointers = (ctypes.byref(fitting), ctypes.byref(samples))
        check(library().il_accumulator_state(self._handle, *pointers))
        return bool(fitting.value), samples.value

    # Results

    def finish(
        self,
        *,
        unit: str = "bits",
        measures: str | Sequence[str] | None = None,
        estimator: str = "plug-in",
        alphabet: str = "full",
        undefined: str = "nan",
        groups: Groups | None = None,
    ) -> Table:
        """The table of `infolens.neuron_measures` for all samples so far; more may come afterwards.

        Parameters are those of `infolens.neuron_measures`. Permutations, bootstrap and measures
        that need activations or a condition are not to be had from counts; the measure
        ``"g_test"`` is.

        Raises
        ------
        ArgumentError
            Nothing has been counted yet, or a measure that counts do not give.
        """
        if measures is None and not self._has_labels:
            measures = default_measures(with_labels=False)
        options = MeasureOptions(unit, measures, estimator, alphabet, undefined, groups=groups)
        return self._table("il_accumulator_neuron_measures", options)

    def class_measures(
        self,
        *,
        unit: str = "bits",
        measures: str | Sequence[str] | None = None,
        estimator: str = "plug-in",
        alphabet: str = "full",
        undefined: str = "nan",
    ) -> Table:
        """The table of `infolens.class_measures` for all samples so far."""
        options = MeasureOptions(unit, measures, estimator, alphabet, undefined)
        return self._table("il_accumulator_class_measures", options)

    def _table(self, function: str, options: MeasureOptions) -> Table:
        struct = options.to_struct(self._classes)
        return read_table(run(function, self._handle, ctypes.byref(struct), gives="table"))

    def _classes(self) -> list[Any]:
        handle = run("il_accumulator_classes", self._handle, gives="table")
        return list(read_table(handle)["class"].tolist())

    @property
    def _has_labels(self) -> bool:
        return bool(self._state()[1]) and bool(self._classes())

    # Bytes

    def serialize(self) -> bytes:
        """The state as bytes, which any machine and every later version reads.

        Equal counts give equal bytes, in whatever order they came.
        """
        size = ctypes.c_int64()
        check(library().il_accumulator_serialize(self._handle, None, 0, ctypes.byref(size)))
        buffer = ctypes.create_string_buffer(size.value)
        check(
            library().il_accumulator_serialize(self._handle, buffer, size.value, ctypes.byref(size))
        )
        return buffer.raw

    @classmethod
    def deserialize(
        cls, data: bytes, *, reduction: str | None = None, channel_axis: int = 1
    ) -> Accumulator:
        """The accumulator that gave these bytes; they are checked, and may come from anyone.

        Raises
        ------
        FormatError
            The bytes are no state, damaged, or of a newer version.
        """
        try:
            raw = bytes(memoryview(data))
        except TypeError:
            raise ArgumentError(f"data must be bytes, not {type(data).__name__}") from None
        made = cls.__new__(cls)
        made._handle = run("il_accumulator_deserialize", raw, len(raw), gives="accumulator")
        made._reduction = reduction
        made._channel_axis = channel_axis
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.serialize(), self._reduction, self._channel_axis)

    def __repr__(self) -> str:
        doing = "fitting" if self.is_fitting else "counting"
        return f"<infolens accumulator, {doing}, {self.samples} samples>"


def _restored(data: bytes, reduction: str | None, channel_axis: int) -> Accumulator:
    return Accumulator.deserialize(data, reduction=reduction, channel_axis=channel_axis)
