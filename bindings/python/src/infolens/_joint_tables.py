# SPDX-License-Identifier: Apache-2.0
"""Tables of multiplets: put side by side, one below the other, and what must be said of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from infolens._joint_options import neuron_columns
from infolens._table import Column, Table
from infolens._warnings import IncompleteSearch, warn

#: Columns of explicit multiplets that a table of a search has already, or has no use for.
_KNOWN = (
    "multiplet",
    "order",
    "o_information",
    "total_correlation",
    "dual_total_correlation",
    "s_information",
    "status",
)
#: Metadata that add up over layers; others are kept where all layers agree.
_COUNTS = ("multiplets", "singular")


def beside(found: Table, more: Table) -> Table:
    """A search's table with what was computed of its multiplets besides, before their members."""
    members = neuron_columns(found)
    columns = _columns(found)
    last = {name: columns.pop(name) for name in members}
    extra = {
        name: column
        for name, column in _columns(more).items()
        if name not in _KNOWN and not name.startswith("neuron_")
    }
    return Table({**columns, **extra, **last}, {**more.metadata, **found.metadata})


def by_layer(tables: Sequence[tuple[str, Table]]) -> Table:
    """The tables of several layers as one, which begins with the column ``layer``.

    Where one has multiplets of higher order, others have −1 as the members that they lack.
    """
    longest = max((table for _, table in tables), key=lambda it: len(neuron_columns(it)))
    names = list(longest.columns)
    for _, table in tables:
        names += [name for name in table.columns if name not in names]
    ends = set(neuron_columns(longest))
    ordered = [name for name in names if name not in ends]
    ordered += [name for name in names if name in ends]
    layer = np.array([name for name, table in tables for _ in range(len(table))], dtype=object)
    columns = {"layer": Column(layer, "", "Name of the layer.")}
    for name in ordered:
        known = next(_columns(table)[name] for _, table in tables if name in table)
        parts = [
            table[name] if name in table else _absent(known, len(table)) for _, table in tables
        ]
        columns[name] = Column(np.concatenate(parts), known.unit, known.description)
    return Table(columns, _shared([table for _, table in tables]))


def _absent(column: Column, rows: int) -> Any:
    kind = column.values.dtype.kind
    return np.full(rows, {"f": np.nan, "i": -1}.get(kind, ""), dtype=column.values.dtype)


def _shared(tables: Sequence[Table]) -> dict[str, str]:
    metadata = {
        key: value
        for key, value in tables[0].metadata.items()
        if all(table.metadata.get(key) == value for table in tables)
    }
    for key in _COUNTS:
        if key in tables[0].metadata:
            metadata[key] = str(sum(int(table.metadata[key]) for table in tables))
    if any(is_incomplete(table) for table in tables):
        metadata["complete"] = "false"
    return metadata


def _columns(table: Table) -> dict[str, Column]:
    units, texts = table.units, table.descriptions
    return {name: Column(table[name], units[name], texts[name]) for name in table.columns}


def is_incomplete(table: Table) -> bool:
    """Whether the search behind the table was cancelled."""
    return table.metadata.get("complete") == "false"


def warned(table: Table) -> Table:
    """The table, after warnings about what a search could not do."""
    known = table.metadata
    if is_incomplete(table):
        warn(
            f"the search was cancelled: the table has the best of what it had seen so far "
            f"({known.get('multiplets', 'some')} multiplets), and its metadata say complete: false",
            IncompleteSearch,
        )
    elif not len(table) and "extremum" in table:
        warn(f"the search found nothing: {_nothing(known)}", RuntimeWarning)
    return table


def _nothing(known: dict[str, str]) -> str:
    searched = known.get("multiplets", "all")
    reason = (
        f"all {searched} multiplets are singular. A multiplet is where a neuron is constant, "
        "repeats another or follows from the others, and where there are no more samples than it "
        f"has variables; there are {known.get('samples', 'too few')} samples"
    )
    if int(known.get("classes", "0") or 0) > 0 and known.get("label") == "class-conditional":
        reason += ", and each class needs as many of its own"
    return reason
