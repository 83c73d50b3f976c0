# SPDX-License-Identifier: Apache-2.0
"""What the plots share: colours, figures, labels.

Colours are those of Okabe & Ito, which stay apart for every kind of colour vision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infolens._errors import ArgumentError, NotFoundError
from infolens._show import heading
from infolens._table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
OTHER = "#56606b"
INK = "#1d232b"
CHANCE = "#c9ced6"


def figure(width: float, height: float) -> Figure:
    """An empty figure of these inches; matplotlib is imported here first."""
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError(
            "infolens.plot needs matplotlib: install it, or the package with its extra 'plot'"
        ) from None
    return pyplot.figure(figsize=(width, height), layout="constrained")


def layers_of(table: Table) -> list[str]:
    """The layers in the order of the table.

    Raises
    ------
    ArgumentError
        The table has no rows.
    """
    layers = list(dict.fromkeys(table["layer"].tolist()))
    if not layers:
        raise ArgumentError("table has no rows: there is nothing to draw")
    return layers


def one_layer(table: Table, layer: str | None) -> str:
    """The layer that is named, or the only one.

    Raises
    ------
    ArgumentError
        The table has several and none is named, or no rows.
    NotFoundError
        No such layer.
    """
    layers = layers_of(table)
    if layer is None and len(layers) != 1:
        raise ArgumentError(f"layer must be named: the table has {', '.join(layers)}")
    name = layer if layer is not None else layers[0]
    if name not in layers:
        raise NotFoundError(f"table has no layer {name!r}; there are: {', '.join(layers)}")
    return name


def label(table: Table, column: str) -> str:
    """A column's name in words, with its unit."""
    return heading(table, column).replace("_", " ")


def tidy(ax: Any) -> None:
    """Leave out the frame's upper and right side."""
    ax.spines[["top", "right"]].set_visible(False)
