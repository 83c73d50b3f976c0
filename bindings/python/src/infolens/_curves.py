# SPDX-License-Identifier: Apache-2.0
"""Curves of cumulative ablation, as plots and reports take them from a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from infolens._table import Table


@dataclass(frozen=True)
class Curve:
    """Rows of one order in one layer: a curve, or several that random orders made."""

    ordering: str
    direction: str
    replacement: str
    rows: Table

    @property
    def is_random(self) -> bool:
        return self.ordering == "random"

    @property
    def name(self) -> str:
        if self.is_random:
            return f"random order (mean ± 1 s.d. of {len(np.unique(self.rows['repeat']))})"
        if self.ordering == "explicit":
            return "the given order"
        end = "lowest" if self.direction == "ascending" else "highest"
        return f"{end} {self.ordering.replace('_', ' ')} first"

    def band(self, score: str) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
        """Neurons removed, mean and standard deviation over the repeats that reached so far.

        Where repeats ended early, only the steps that all of them have are shown: the mean of
        those that went on would say something else.
        """
        repeats = [self.rows.where(repeat=int(it)) for it in np.unique(self.rows["repeat"])]
        shortest = min(repeats, key=len)
        values = np.array([it[score][: len(shortest)] for it in repeats], dtype=float)
        return shortest["neurons_removed"], values.mean(axis=0), values.std(axis=0)


def curves_of(rows: Table) -> Iterator[Curve]:
    """The curves of one layer, or of the network, in the order of the table."""
    names = zip(rows["ordering"], rows["direction"], rows["replacement"], strict=True)
    for ordering, direction, replacement in dict.fromkeys(names):
        chosen = rows.where(ordering=ordering, direction=direction, replacement=replacement)
        yield Curve(ordering, direction, replacement, chosen)
