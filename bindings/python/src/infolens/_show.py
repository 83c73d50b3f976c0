# SPDX-License-Identifier: Apache-2.0
"""How tables, dumps and layers show themselves: aligned text, and HTML in notebooks."""

from __future__ import annotations

import html as _html
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infolens._table import Table

_HTML_ROWS = 20
_WIDEST = 56


def number(value: Any) -> str:
    """A cell as text: four decimals for measures, more digits where those would all be zero."""
    if not isinstance(value, float):
        return str(value)
    if math.isnan(value):
        return "–"
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        return f"{value:.4f}"
    return f"{value:.3e}"


def grid(header: list[str], rows: list[list[Any]]) -> str:
    """Rows under a header, numbers to the right and text to the left."""
    cells = [[_shorten(number(value)) for value in row] for row in rows]
    widths = [max([len(h), *(len(row[i]) for row in cells)]) for i, h in enumerate(header)]
    right = [bool(rows) and not isinstance(rows[0][i], str) for i in range(len(header))]

    def line(texts: Iterable[str]) -> str:
        padded = (
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(texts, widths, right, strict=True)
        )
        return "  ".join(padded).rstrip()

    rule = "  ".join("─" * width for width in widths)
    return "\n".join([line(header), rule, *map(line, cells)])


def _shorten(cell: str) -> str:
    return cell if len(cell) <= _WIDEST else cell[: _WIDEST - 1] + "…"


def heading(table: Table, column: str) -> str:
    """A column's name, with its unit where it has one."""
    unit = table.units[column]
    return f"{column} [{unit}]" if unit not in ("", "1") else column


def text(table: Table, rows: int) -> str:
    """The first rows, how many there are in all, and what made them."""
    lines = [list(row.values()) for row in table.head(rows)]
    parts = [grid([heading(table, name) for name in table.columns], lines)]
    left = len(table) - len(lines)
    if left > 0:
        parts.append(f"… {left:,} more rows")
    if table.metadata:
        parts.append(summary(table))
    return "\n".join(parts)


def html(table: Table) -> str:
    """The same for a notebook, which styles tables itself."""
    head = "".join(
        f'<th title="{_html.escape(table.descriptions[name], quote=True)}">'
        f"{_html.escape(heading(table, name))}</th>"
        for name in table.columns
    )
    body = "".join(
        "<tr>" + "".join(f"<td>{_html.escape(number(v))}</td>" for v in row.values()) + "</tr>"
        for row in table.head(_HTML_ROWS)
    )
    left = len(table) - _HTML_ROWS
    more = f"<p>… {left:,} more rows</p>" if left > 0 else ""
    return (
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"
        f"<p><small>{_html.escape(summary(table))}</small></p>"
    )


def summary(table: Table) -> str:
    """How many rows there are and what made them, on one line."""
    made = ", ".join(f"{k}: {v}" for k, v in table.metadata.items())
    return f"{len(table):,} rows" + (f"; {made}" if made else "")
