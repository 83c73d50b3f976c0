# SPDX-License-Identifier: Apache-2.0
"""What a joint distribution can be asked, however it was made."""

from __future__ import annotations

import ctypes
import html
import math
import os
from collections.abc import Iterable
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from infolens import _abi
from infolens._call import call, run
from infolens._joint_calls import Asked
from infolens._joint_options import MeasuresOptions, Multiplets, SearchOptions, packed
from infolens._joint_tables import warned
from infolens._library import Handle, check, encoded, library, path_bytes
from infolens._options import UNITS, choose, real, whole_number
from infolens._table import Table, read_table

Values = npt.NDArray[np.float64]


class SearchCount(NamedTuple):
    """How large an exhaustive search is."""

    #: Multiplets in the range.
    multiplets: int
    #: About how long it takes here with the threads of `infolens.context`.
    seconds: float


class JointCalls:
    """The part of `Joint` that does not depend on where the distribution comes from."""

    def __init__(self, handle: Handle, lock: Any) -> None:
        self._handle = handle
        # A distribution of a dump's samples shares the dump's lock: some calls read the file.
        self._lock = lock

    def o_information(
        self,
        multiplets: Multiplets | None = None,
        *,
        unit: str = "bits",
        order: int | None = None,
        search: str = "exhaustive",
        top: int = 20,
        smallest_order: int | None = None,
        extrema: str = "both",
        first: int = 0,
        count: int | None = None,
        domain: Iterable[int] | None = None,
        starts: int | None = None,
        steps: int | None = None,
        gradient: bool = False,
        interaction: bool = False,
        rsi: bool = False,
        target: int | None = None,
        bootstrap: int = 0,
        surrogates: int = 0,
        confidence: float = 0.95,
    ) -> Table:
        """O-information of given multiplets, or the multiplets where it is lowest and highest.

        Parameters, columns and errors are those of `infolens.o_information`.

        Examples
        --------
        >>> found = joint.o_information(order=6, top=20)
        >>> joint.o_information(multiplets=found, bootstrap=1000, surrogates=1000)
        """
        asked = Asked(
            multiplets,
            unit,
            SearchOptions(
                order, search, top, smallest_order, extrema, first, count, domain, starts, steps
            ),
            MeasuresOptions(gradient, interaction, rsi, target, bootstrap, surrogates, confidence),
        )
        return warned(self.answer(asked))

    def answer(self, asked: Asked) -> Table:
        """The table of what is asked, without warnings: for the package's own use."""
        with self._lock:
            return asked.of(self._handle)

    def local_o_information(self, multiplets: Multiplets, *, unit: str = "bits") -> Values:
        """Local (pointwise) O-information: how redundant each sample is.

        Its mean over the samples is the O-information without bias correction.

        Parameters
        ----------
        multiplets, unit
            As for `infolens.o_information`.

        Returns
        -------
        numpy.ndarray
            float64 [N, M], a row a sample and a column a multiplet; NaN for singular ones.

        Raises
        ------
        ArgumentError
            Not made from samples, or an estimator of counts other than ``"plug-in"``.
        """
        members = packed(multiplets)
        values = np.empty((self._samples, len(members.orders)))
        pointer = values.ctypes.data_as(ctypes.POINTER(ctypes.c_double))
        arguments = (*members.arguments, choose("unit", unit, UNITS), pointer)
        with self._lock:
            call("il_local_o_information", self._handle, *arguments)
        return values

    def search_count(
        self,
        order: int | None = None,
        *,
        smallest_order: int | None = None,
        first: int = 0,
        count: int | None = None,
        domain: Iterable[int] | None = None,
    ) -> SearchCount:
        """How many multiplets an exhaustive search has, and about how long it takes here.

        They are in lexicographic order, those of the smallest order first; `first` and `count`
        are places in this order, the same on every machine. Parameters are those of
        `infolens.o_information`. A trial of about 50 ms gives the time.

        Returns
        -------
        SearchCount
            ``multiplets`` and ``seconds``.
        """
        options = SearchOptions(
            order,
            smallest_order=smallest_order,
            first=first,
            count=count,
            domain=domain,
        )
        struct = options.to_struct("bits")
        found, seconds = ctypes.c_int64(), ctypes.c_double()
        outputs = (ctypes.byref(it) for it in (struct, found, seconds))
        with self._lock:
            call("il_search_count", self._handle, *outputs)
        return SearchCount(found.value, seconds.value)

    def search_values(
        self,
        order: int | None = None,
        *,
        smallest_order: int | None = None,
        first: int = 0,
        count: int | None = None,
        domain: Iterable[int] | None = None,
        unit: str = "bits",
        path: str | bytes | os.PathLike[Any] | None = None,
        dataset: str = "o_information",
        in_memory: bool | None = None,
        bins: int = 100,
        low: float | None = None,
        high: float | None = None,
    ) -> tuple[Values | None, Table]:
        """The O-information of every multiplet of an exhaustive search, not only of the best.

        Parameters
        ----------
        order, smallest_order, first, count, domain, unit
            As for `infolens.o_information`; `search_count` says how many values there will be.
        path
            An HDF5 file to write them to, replaced when complete: for more than memory holds.
        dataset
            Its dataset of the values.
        in_memory
            Whether to return the values; by default where there is no `path`. With False and no
            `path` there is the histogram alone.
        bins
            Bins of the histogram, 1 to 1000000.
        low, high
            Its range; by default from the lowest value to the highest.

        Returns
        -------
        values : numpy.ndarray or None
            float64, in the order of the search; NaN for singular multiplets.
        histogram : Table
            One row a bin: ``low``, ``high``, ``multiplets``. The metadata have ``multiplets``,
            ``singular``, ``minimum``, ``maximum``, ``mean``, ``std``, and ``below`` and ``above``,
            the multiplets outside the range.

        Raises
        ------
        FileError
            The file cannot be written. Cancelled or failed calls leave none.
        ArgumentError
            As for `infolens.o_information`.
        MemoryError
            There are more values than memory holds: give a `path`, or ``in_memory=False``.
        """
        options = SearchOptions(
            order, smallest_order=smallest_order, first=first, count=count, domain=domain
        )
        struct = options.to_struct(unit)
        output = _abi.il_values_options()
        check(library().il_values_options_init(ctypes.byref(output), ctypes.sizeof(output)))
        output.bins = whole_number("bins", bins, least=1)
        output.low = math.nan if low is None else real("low", low)
        output.high = math.nan if high is None else real("high", high)
        if path is not None:
            output.path = path_bytes(path)
            output.dataset = encoded(dataset, "dataset")
        values: Values | None = None
        with self._lock:
            if path is None if in_memory is None else in_memory:
                length = ctypes.c_int64()
                outputs = (ctypes.byref(struct), ctypes.byref(length), None)
                call("il_search_count", self._handle, *outputs)
                values = np.empty(length.value)
                output.values = values.ctypes.data_as(ctypes.POINTER(ctypes.c_double))
                output.value_count = length.value
            arguments = (ctypes.byref(struct), ctypes.byref(output))
            histogram = run("il_search_values", self._handle, *arguments, gives="table")
        return values, read_table(histogram)

    def modules(self, k: int) -> Table:
        """Modules of neurons by normalised spectral clustering of their absolute correlations
        (Shi & Malik 2000): domains to search in.

        Parameters
        ----------
        k
            Number of modules, 2 to d.

        Returns
        -------
        Table
            One row a neuron: ``layer``, ``neuron``, ``module`` (numbered by their first neuron; -1
            for neurons without ties, as constant ones are). The metadata have ``normalized_cut``.

        Examples
        --------
        >>> modules = joint.modules(4)
        >>> for module in range(4):
        ...     domain = modules.where(module=module)["neuron"]
        ...     print(joint.o_information(order=3, domain=domain, top=1))
        """
        number = whole_number("k", k, least=1)
        with self._lock:
            return read_table(run("il_joint_modules", self._handle, number, gives="table"))

    # What it is

    def neurons(self) -> Table:
        """The neurons, one row each: ``neuron``, ``tied`` (share of samples whose value another
        has too; NaN where it is not known), ``is_constant`` (0 or 1)."""
        return self._neurons

    @cached_property
    def _neurons(self) -> Table:
        with self._lock:
            return read_table(run("il_joint_neurons", self._handle, gives="table"))

    def correlation(self) -> Values:
        """The correlation matrix [d, d]; rows and columns of constant neurons are 0.

        Raises
        ------
        ArgumentError
            The distribution is one of counts.
        """
        size = len(self.neurons())
        values = np.empty((size, size))
        pointer = values.ctypes.data_as(ctypes.POINTER(ctypes.c_double))
        with self._lock:
            check(library().il_joint_correlation(self._handle, pointer))
        return values

    @property
    def _samples(self) -> int:
        """Samples that it was made of; 0 where there were none."""
        known = self.neurons().metadata.get("samples", "")
        return int(known) if known.isdigit() else 0

    def __repr__(self) -> str:
        return f"<infolens joint distribution{self._facts}>"

    def _repr_html_(self) -> str:
        return f"<p><b>joint distribution</b>{html.escape(self._facts)}</p>" + (
            self.neurons()._repr_html_()
        )

    @property
    def _facts(self) -> str:
        neurons = self.neurons()
        known = neurons.metadata
        layer = f" of {known['layer']!r}" if known.get("layer") else ""
        facts = [f"{len(neurons)} neurons"]
        if self._samples:
            facts.append(f"{self._samples:,} samples")
        facts.append(known.get("estimator", ""))
        if known.get("label", "none") != "none":
            facts.append(f"label {known['label']}")
        constant = int(neurons["is_constant"].sum())
        if constant:
            facts.append(f"{constant} constant")
        return f"{layer}: {', '.join(filter(None, facts))}"
