# SPDX-License-Identifier: Apache-2.0
"""Where results go: standard output or a file, as a grid, CSV or JSON; and pictures."""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from infolens import _show
from infolens._command.options import positive
from infolens._errors import FileError
from infolens._files import write_whole
from infolens._table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: What fits on a screen of a table, given the screen's lines.
Shorten = Callable[[Table, int], Table]

_PICTURES = (".png", ".svg", ".pdf")


def add_output(
    parser: argparse.ArgumentParser, *, picture: str | None = None, top: bool = True
) -> None:
    """The options of a subcommand that gives a table.

    One that computes has a `picture`, which says what ``--plot`` draws; without `top` it has a
    ``--top`` of its own.
    """
    group = parser.add_argument_group("output")
    forms = group.add_mutually_exclusive_group()
    forms.add_argument(
        "--json",
        action="store_const",
        const="json",
        dest="form",
        help="one JSON object: metadata, and columns with units, descriptions and values",
    )
    forms.add_argument(
        "--csv",
        action="store_const",
        const="csv",
        dest="form",
        help="comma-separated values under a line of column names (default: a readable grid, "
        "which is cut to the screen on a terminal alone)",
    )
    group.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write the table to a file, .csv or .json, and nothing to standard output",
    )
    if picture is not None:
        group.add_argument(
            "--sort",
            metavar="COLUMN",
            help="order the rows by a column: measures from the highest, names, indices, p and q "
            "values from the lowest; COLUMN:ascending or COLUMN:descending to say which",
        )
        if top:
            group.add_argument("--top", type=positive, metavar="K", help="only the first K rows")
        group.add_argument(
            "--plot", type=Path, metavar="OUT.png", help=f"draw {picture} (.png, .svg or .pdf)"
        )


def check_output(arguments: argparse.Namespace) -> None:
    """Refuses what could not be written, before anything long is computed.

    A mistake in the options ends the program as argparse does.

    Raises
    ------
    FileError
        A folder is missing or not to be written to.
    ImportError
        A picture is asked for, and matplotlib is missing.
    """
    output: Path | None = arguments.output
    if output is not None:
        if arguments.form is None and output.suffix.lower() not in (".csv", ".json"):
            arguments.parser.error(
                f"--output {output}: end the name in .csv or .json, or add --csv or --json"
            )
        _check_place("--output", output)
    picture: Path | None = getattr(arguments, "plot", None)
    if picture is not None:
        if picture.suffix.lower() not in _PICTURES:
            arguments.parser.error(f"--plot {picture}: end the name in {' or '.join(_PICTURES)}")
        _check_place("--plot", picture)
        if importlib.util.find_spec("matplotlib") is None:
            raise ImportError(
                "--plot needs matplotlib: python -m pip install matplotlib, "
                "or install the package as infolens[plot]"
            )


def _check_place(option: str, path: Path) -> None:
    folder = path.parent
    if not folder.is_dir():
        raise FileError(f"{option}: there is no folder '{folder}': make it first")
    if path.is_dir():
        raise FileError(f"{option}: '{path}' is a folder: name a file")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FileError(f"{option}: no permission to write in folder '{folder}'")


def write(
    arguments: argparse.Namespace,
    tables: Table | Mapping[str, Table],
    shorten: Shorten = Table.head,
    foreword: str = "",
) -> None:
    """Write a table, or several by name (not as CSV), where and as the options say.

    `shorten` chooses what a terminal shows of a table that is longer than the screen;
    `foreword` stands before grids.
    """
    if isinstance(tables, Table):
        tables = _chosen(arguments, tables)
    output: Path | None = arguments.output
    form = arguments.form
    if output is None:
        _print(_text(tables, shorten, foreword) if form is None else _rendered(tables, form))
        return
    form = form or output.suffix.lower()[1:]
    if isinstance(tables, Table):
        (tables.to_csv if form == "csv" else tables.to_json)(output)
    else:
        write_whole(output, lambda path: path.write_bytes(_rendered(tables, form)), "--output")


def _chosen(arguments: argparse.Namespace, table: Table) -> Table:
    """The rows in the order that ``--sort`` and ``--top`` ask for, of commands that have them."""
    by: str | None = getattr(arguments, "sort", None)
    if by is not None:
        column, _, direction = by.rpartition(":")
        if direction not in ("ascending", "descending"):
            column = by
            is_probability = "p_value" in column or column == "q_value"
            is_measure = table[column].dtype.kind == "f" and not is_probability
            direction = "descending" if is_measure else "ascending"
        table = table.sort(column, descending=direction == "descending")
    most: int | None = getattr(arguments, "top", None)
    return table if most is None else table.head(most)


def draw(arguments: argparse.Namespace, figure: Callable[[], Figure]) -> None:
    """Save a figure where ``--plot`` says, if it was given; it is made then."""
    if arguments.plot is None:
        return
    import matplotlib

    matplotlib.use("Agg")  # no window, and no display needed
    made = figure()
    try:
        write_whole(arguments.plot, lambda path: made.savefig(path, dpi=150), "--plot")
    finally:
        from matplotlib import pyplot

        pyplot.close(made)


def _rendered(tables: Table | Mapping[str, Table], form: str) -> bytes:
    """What the library writes of a table; several become one JSON object."""
    if isinstance(tables, Table):
        with tempfile.TemporaryDirectory(prefix="infolens-") as folder:
            path = Path(folder, f"table.{form}")
            (tables.to_csv if form == "csv" else tables.to_json)(path)
            return path.read_bytes()
    parts = (f'"{name}": '.encode() + _rendered(t, form).strip() for name, t in tables.items())
    return b"{" + b", ".join(parts) + b"}\n"


def _text(tables: Table | Mapping[str, Table], shorten: Shorten, foreword: str) -> bytes:
    several = {"": tables} if isinstance(tables, Table) else tables
    screen = max(shutil.get_terminal_size().lines // len(several) - 6, 8)
    on_terminal = sys.stdout is not None and sys.stdout.isatty()
    blocks = [foreword] if foreword else []
    for name, table in several.items():
        is_long = on_terminal and len(table) > screen
        shown = shorten(table, screen) if is_long else table
        headings = [_show.heading(table, column) for column in table.columns]
        lines = [name] if name else []
        lines.append(_show.grid(headings, [list(row.values()) for row in shown]))
        if is_long:
            lines.append(f"… {len(shown):,} rows are shown; a pipe, --csv and --json have all")
        if table.metadata:
            lines.append(_show.summary(table))
        blocks.append("\n".join(lines))
    return ("\n\n".join(blocks) + "\n").encode(
        getattr(sys.stdout, "encoding", None) or "utf-8", "replace"
    )


def _print(content: bytes) -> None:
    if sys.stdout is None:
        raise FileError("standard output is closed: name a file with --output")
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
