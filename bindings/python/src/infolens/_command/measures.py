# SPDX-License-Identifier: Apache-2.0
"""``infolens measures``: what each neuron says about the label."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import numpy as np

from infolens import plot
from infolens._command import options
from infolens._command.output import add_output, check_output, draw, write
from infolens._dump import Dump
from infolens._errors import NotFoundError
from infolens._measures import measures
from infolens._table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_EXAMPLES = """\
examples:
  infolens measures digits.h5                                     every layer, threshold 0, in bits
  infolens measures digits.h5 --layers fc1,fc2 --quantizer uniform:30 --estimator miller-madow
  infolens measures digits.h5 --permutations 1000 --sort q_value --top 20
  infolens measures digits.h5 --measures specific_information --csv   a row a neuron and class
  infolens measures digits.h5 --measures entropy,mutual_information --plot distributions.png
  infolens measures digits.h5 --sort entropy --output order.csv      for ablate --order

units: information in bits, or nats with --unit nats; p values, q values and normalised measures
are pure numbers. Equal seeds give equal tables, whatever the threads and memory."""

_OF_NEURONS_ALONE = ("permutations", "bootstrap", "confidence", "condition", "groups")


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "measures",
        usage="%(prog)s FILE [FILE ...] [options]",
        help="entropy, mutual information, selectivity of each neuron",
        description="Information measures of each neuron of each layer, a row a neuron; measures "
        "of a neuron and class, asked for with --measures, give a row for each of both.",
        epilog=f"{_EXAMPLES}\n\n{options.QUANTIZERS}",
        lists=lambda: (options.listing("measures", measures()), options.estimator_list()),
    )
    options.add_file(parser)
    data = options.add_data(parser, "layers to measure, by name or path (default: all)")
    data.add_argument(
        "--condition",
        metavar="PATH",
        help="dataset of the variable Z of conditional_mutual_information",
    )
    data.add_argument(
        "--groups",
        nargs=2,
        type=options.names,
        metavar=("A,B", "C,D"),
        help="two groups of classes for jensen_shannon_divergence",
    )
    options.add_reading(data)
    group = parser.add_argument_group("measures")
    group.add_argument(
        "--measures",
        type=_measures,
        metavar="A,B",
        help="measures to compute, see below (default: entropy, conditional_entropy, "
        "mutual_information, kl_selectivity)",
    )
    options.add_quantizer(group)
    options.add_estimator(group)
    group.add_argument(
        "--alphabet",
        choices=("full", "observed"),
        default="full",
        help="levels that james-stein and nsb take for possible (default: %(default)s)",
    )
    group.add_argument(
        "--undefined",
        choices=("nan", "raise"),
        default="nan",
        help="what becomes of an estimate that the data leave undefined (default: %(default)s)",
    )
    group.add_argument(
        "--permutations",
        type=options.whole,
        metavar="B",
        help="test mutual information with B permutations of the labels, as 1000: p and q values",
    )
    group.add_argument(
        "--bootstrap",
        type=options.whole,
        metavar="B",
        help="confidence intervals of mutual information from B resamples, as 1000",
    )
    group.add_argument(
        "--confidence",
        type=float,
        metavar="P",
        help="of these intervals, between 0 and 1 (default: 0.95)",
    )
    add_output(
        parser,
        picture="the distributions of the measures; with --permutations what chance leaves of "
        "mutual information; of measures of a neuron and class, a heat map of one layer",
    )
    options.add_settings(parser)
    parser.set_defaults(run=run, parser=parser)


def run(arguments: argparse.Namespace) -> None:
    by_class = _by_class(arguments)
    check_output(arguments)
    chosen = ("layers", "labels", "measures", "condition", "quantizer", *options.READING)
    asked = options.given(arguments, {name: name for name in chosen})
    for name in ("unit", "estimator", "alphabet", "undefined"):
        asked[name] = getattr(arguments, name)
    with options.dump_of(arguments) as dump, options.settings_of(arguments):
        if by_class:
            table = dump.class_measures(**asked)
        else:
            repeats = ("permutations", "bootstrap", "confidence")
            asked |= options.given(arguments, {name: name for name in repeats})
            if arguments.groups is not None:
                asked["groups"] = _groups(dump, arguments.groups, arguments.labels)
            table = dump.neuron_measures(**asked)
    draw(arguments, lambda: _picture(table, by_class))
    write(arguments, table)


def _measures(text: str) -> list[str]:
    return options.among(measures()["name"].tolist())(text)


def _by_class(arguments: argparse.Namespace) -> bool:
    """Whether the measures asked for have a row for each neuron and class."""
    if arguments.measures is None:
        return False
    of_classes = set(measures().where(rows="neuron and class")["name"]) & set(arguments.measures)
    if not of_classes:
        return False
    others = set(arguments.measures) - of_classes
    if others:
        arguments.parser.error(
            f"--measures: {', '.join(sorted(of_classes))} gives a row a neuron and class, "
            f"{', '.join(sorted(others))} a row a neuron: ask for them in two calls"
        )
    for name in _OF_NEURONS_ALONE:
        if getattr(arguments, name) is not None:
            arguments.parser.error(f"--{name} is for measures that have a row a neuron")
    return True


def _groups(dump: Dump, groups: list[list[str]], labels: str | None) -> tuple[list[Any], ...]:
    """The groups with labels of the type that the dump's have."""
    if dump.classes(labels)["class"].dtype.kind != "i":
        return tuple(groups)
    try:
        return tuple([int(label) for label in group] for group in groups)
    except ValueError as error:
        raise NotFoundError(f"--groups: the labels are integers: {error}") from None


def _picture(table: Table, by_class: bool) -> Figure:
    if by_class:
        column = next(name for name in table.columns if table.units[name] not in ("", "1"))
        return plot.heat_map(table, column=column)
    if {"q_value", "mutual_information"} <= set(table.columns):
        return plot.significance(table)
    usual = ("entropy", "mutual_information", "kl_selectivity")
    shown = [name for name in usual if name in table]
    return plot.distributions(table, shown or _numbers(table))


def _numbers(table: Table) -> list[str]:
    return [name for name in table.columns if table[name].dtype == np.float64]
