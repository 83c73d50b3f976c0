# SPDX-License-Identifier: Apache-2.0
"""How a dump is read, and reading it: the part of `Dump` that computes nothing."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from infolens._arrays import borrow
from infolens._call import call, run
from infolens._errors import ArgumentError, DTypeError
from infolens._library import encoded
from infolens._options import NO_LABELS, Reading, whole_number
from infolens._table import Table, read_table

if TYPE_CHECKING:
    from infolens._dump import Dump


@dataclass(frozen=True)
class ReadingPlan:
    """How a layer is read, and why."""

    #: "blocks" (straight from the file), "chunks" (chunks straight from the file, decoded on all
    #: threads), "library" (by libhdf5, one thread at a time), "process" (by the process of
    #: ``isolate``) or "memory".
    path: str
    #: Why it is not a faster one, and what would make it one; "" where there is none.
    reason: str
    #: Type of an element as stored.
    dtype: str
    #: "none", "float16 to float32", …
    conversion: str
    #: "contiguous", "chunked 256 × 64, gzip", …
    storage: str
    #: Bytes of the elements, decoded.
    bytes: int
    #: Bytes in the file.
    stored_bytes: int
    #: Whether a computation that goes over the rows more than once keeps them decoded, since they
    #: fit half of the memory budget.
    keeps: bool

    def __str__(self) -> str:
        text = f"{self.path}: {self.storage}, {self.dtype}"
        if self.conversion != "none":
            text += f", {self.conversion}"
        return text + (f"; {self.reason}" if self.reason else "")


class DumpReading:
    """The part of `Dump` that reads."""

    def plan(
        self,
        layers: str | Sequence[str] | None = None,
        *,
        reduction: str | None = "flatten",
        channel_axis: int = 1,
        sample_axis: int = 0,
    ) -> Table:
        """How each layer is read, one row a layer: ``layer``, ``path``, ``reason``, ``dtype``,
        ``conversion``, ``storage``, ``bytes``, ``stored_bytes``, ``keeps``; see `ReadingPlan`.

        Raises
        ------
        NotFoundError, ShapeError, DTypeError, FormatError, FileError, MemoryBudgetError
            A layer cannot be read.
        """
        dump = cast("Dump", self)
        reading = Reading(reduction, channel_axis, sample_axis)
        with dump.lock:
            source = dump.source(layers, NO_LABELS, reading)
            return read_table(run("il_source_plan", source, gives="table"))

    def neuron_ranges(
        self,
        layers: str | Sequence[str] | None = None,
        *,
        reduction: str | None = None,
        channel_axis: int = 1,
        sample_axis: int = 0,
    ) -> Table:
        """Extremes of each neuron, at the speed of reading.

        Returns
        -------
        Table
            One row a neuron: ``layer``, ``neuron``, ``minimum``, ``maximum`` (of the finite
            values; NaN without any), ``zeros`` (samples at 0), ``undefined`` (samples at NaN or
            infinity).

        Raises
        ------
        NotFoundError, ShapeError, DTypeError, NumericError, FormatError, FileError,
        MemoryBudgetError
        """
        dump = cast("Dump", self)
        reading = Reading(reduction, channel_axis, sample_axis)
        with dump.lock:
            source = dump.source(layers, NO_LABELS, reading)
            return read_table(run("il_neuron_ranges", source, gives="table"))

    def read(
        self,
        layer: str,
        first: int = 0,
        count: int | None = None,
        *,
        out: npt.NDArray[Any] | None = None,
        dtype: npt.DTypeLike | None = None,
        reduction: str | None = None,
        channel_axis: int = 1,
        sample_axis: int = 0,
    ) -> npt.NDArray[Any]:
        """Samples of a layer as an array [count, neurons], read on all threads.

        Parameters
        ----------
        layer
            The name of a layer or the path of a dataset.
        first, count
            The first sample and how many; by default all from `first` on.
        out
            A C-contiguous array to fill, float32 or float64, instead of a new one.
        dtype
            float32 or float64; by default float32 where it holds every value of the stored type.
        reduction, channel_axis, sample_axis
            As for `Dump.neuron_measures`.

        Raises
        ------
        NotFoundError
            No such layer.
        ArgumentError
            Samples that are not there; an `out` of another shape, order or type.
        DTypeError
            A type that cannot hold the layer's values.
        ShapeError, NumericError, FormatError, FileError, MemoryBudgetError
            The layer cannot be read.
        """
        dump = cast("Dump", self)
        first = whole_number("first", first)
        reading = Reading(reduction, channel_axis, sample_axis)
        with dump.lock:
            source = dump.source([layer], NO_LABELS, reading)
            row = next(iter(read_table(run("il_source_layers", source, gives="table"))))
            if count is None:
                count = max(row["samples"] - first, 0)
            count = whole_number("count", count, least=1)
            if out is None:
                plan = next(iter(read_table(run("il_source_plan", source, gives="table"))))
                wanted = np.dtype(dtype) if dtype is not None else _narrowest(plan, reduction)
                out = np.empty((count, row["neurons"]), wanted)
            elif out.shape != (count, row["neurons"]) or not out.flags.c_contiguous:
                raise ArgumentError(
                    f"out must be a C-contiguous array of shape ({count}, {row['neurons']}), "
                    f"not {out.shape}"
                )
            elif not out.flags.writeable:
                raise ArgumentError("out is read-only: give an array that can be written")
            target = borrow(out, "out")
            if target.array is not out:
                raise DTypeError(f"out has dtype {out.dtype}: give native float32 or float64")
            name = encoded(row["layer"], "layer")
            call("il_source_read", source, name, first, ctypes.byref(target.struct))
        return out


def _narrowest(plan: dict[str, Any], reduction: str | None) -> np.dtype[Any]:
    """The type in which the library has a layer's values."""
    wide = plan["conversion"].endswith("float64") or (
        plan["conversion"] == "none" and plan["dtype"] != "float32"
    )
    return np.dtype(np.float64 if wide or reduction == "mean" else np.float32)
