# SPDX-License-Identifier: Apache-2.0
"""``infolens describe``: what is in a file."""

from __future__ import annotations

import argparse
from typing import Any

from infolens._command.options import add_file, dump_of
from infolens._command.output import add_output, check_output, write

_EXAMPLES = """\
examples:
  infolens describe digits.h5
  infolens describe digits.h5 --csv | grep ^layer
  infolens describe shards/part-*.h5                 several files as one dump

columns: role (layer, labels, inputs, logits, weight, …), name, path in the file, shape, dtype,
samples, neurons, storage, and a note that says why a dataset was taken for what it is."""


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "describe",
        usage="%(prog)s FILE [FILE ...] [options]",
        help="what was found in a dump, and why",
        description="List the layers, labels and weights found in an HDF5 dump, a row a dataset.",
        epilog=_EXAMPLES,
    )
    add_file(parser)
    add_output(parser)
    parser.set_defaults(run=run, parser=parser)


def run(arguments: argparse.Namespace) -> None:
    check_output(arguments)
    with dump_of(arguments) as dump:
        write(arguments, dump.describe())
