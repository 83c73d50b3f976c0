# SPDX-License-Identifier: Apache-2.0
"""``infolens report``: one HTML file that shows what the neurons know."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from infolens import _report
from infolens._command import options

_EXAMPLES = """\
examples:
  infolens report digits.h5
  infolens report digits.h5 --quantizer uniform:30 --permutations 1000 --output digits.html"""


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "report",
        usage="%(prog)s FILE [FILE ...] [options]",
        help="an HTML page of the measures, which opens offline",
        description="Write one HTML file that shows, layer by layer, what the neurons know.",
        epilog=f"{_EXAMPLES}\n\n{options.QUANTIZERS}",
        lists=lambda: (options.estimator_list(),),
    )
    options.add_file(parser)
    data = parser.add_argument_group("data")
    data.add_argument(
        "--layers", type=options.names, metavar="A,B", help="layers to show (default: all)"
    )
    options.add_reading(data)
    group = parser.add_argument_group("measures")
    options.add_quantizer(group)
    options.add_estimator(group)
    group.add_argument(
        "--permutations",
        type=options.whole,
        default=0,
        metavar="B",
        help="say which neurons say more than chance would, by B permutations of the labels",
    )
    page = parser.add_argument_group("output")
    page.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("report.html"),
        metavar="FILE",
        help="the page, replaced if it exists (default: %(default)s)",
    )
    page.add_argument("--title", help="heading (default: the dump's name)")
    page.add_argument(
        "--top",
        type=options.positive,
        default=10,
        metavar="K",
        help="rows of each layer's ranking (default: %(default)s)",
    )
    page.add_argument(
        "--ablation",
        action=argparse.BooleanOptionalAction,
        help="what accuracy is left while neurons are removed (default: where the file has weights "
        "and labels, and it takes no longer than about a minute)",
    )
    page.add_argument(
        "--o-information",
        action=argparse.BooleanOptionalAction,
        help="which groups of neurons are redundant, which synergistic (default: as far as some "
        "seconds a layer go)",
    )
    options.add_settings(parser)
    parser.set_defaults(run=run, parser=parser)


def run(arguments: argparse.Namespace) -> None:
    names = (
        *("layers", "quantizer", "unit", "estimator", "permutations"),
        *("top", "title", "ablation", "o_information", *options.READING),
    )
    asked = options.given(arguments, {name: name for name in names})
    with options.dump_of(arguments) as dump, options.settings_of(arguments):
        _report.report(dump, arguments.output, **asked)
