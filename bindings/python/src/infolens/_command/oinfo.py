# SPDX-License-Identifier: Apache-2.0
"""``infolens oinfo``: which groups of neurons are redundant, and which synergistic."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from infolens import plot
from infolens._command import options
from infolens._command.output import add_output, check_output, draw, write
from infolens._dump import Dump
from infolens._joint_options import EXTREMA, GAUSSIAN, LABELS, SEARCHES
from infolens._options import TIES
from infolens._table import Table, table_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_EXAMPLES = """\
examples:
  infolens oinfo digits.h5                                    the best of all triplets, each layer
  infolens oinfo digits.h5 --layers fc2 --order 5 --label class-conditional --top 10
  infolens oinfo digits.h5 --smallest-order 3 --order 6 --plot curves.png
  infolens oinfo digits.h5 --search greedy --order 30 --preactivations --plot curves.png
  infolens oinfo digits.h5 --layers fc1 --order 6 --estimate  how many, and how long
  infolens oinfo digits.h5 --layers fc1 --order 6 --first 0 --count 500000      one machine's part
  infolens oinfo digits.h5 --layers fc1 --multiplet 0,1,2 --multiplet 0,3,5,9 --bootstrap 1000
  infolens oinfo digits.h5 --layers fc1 --order 4 --values values.h5   all values, not the best

O-information Ω > 0 is redundancy, Ω < 0 synergy (Rosas et al. 2019), in bits or nats. In a dump of
ReLU outputs many samples share the value 0; --preactivations avoids that where the file has them.
Ctrl-C writes the best so far and exits with 130.

estimators:
  gaussian-copula  normal after ranks of each neuron; ties take their mean rank
  gaussian         normal as they are
and of patterns of quantised neurons:"""

#: Options to keywords: of the distribution, of a search, of a range, and of explicit multiplets.
_JOINT = {
    name: name
    for name in (
        *("label", "labels", "estimator", "bias_correction", "ties", "quantizer", "alphabet"),
        *("singular", *options.READING),
    )
}
_RANGE = {name: name for name in ("order", "smallest_order", "first", "count", "domain")}
_SEARCH = _RANGE | {
    **{name: name for name in ("search", "extrema", "starts", "steps")},
    "best": "top",
}
_BESIDES = {
    name: name
    for name in (
        *("gradient", "interaction", "rsi", "target", "bootstrap", "surrogates", "confidence"),
    )
}
#: How options are spelt that do not have the name of their place.
_SPELT = {"best": "--top"}


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "oinfo",
        usage="%(prog)s FILE [FILE ...] [options]",
        help="redundant and synergistic groups of neurons",
        description="The groups of neurons of lowest O-information (synergy) and of highest "
        "(redundancy) in each layer, a row each; or the O-information of groups that you name.",
        epilog=_EXAMPLES,
        lists=lambda: (options.estimator_list(), options.QUANTIZERS),
    )
    options.add_file(parser)
    _add_data(parser)
    _add_distribution(parser)
    _add_search(parser)
    _add_multiplets(parser)
    add_output(
        parser,
        picture="curves over orders and layers, or of one layer and order the best groups",
        top=False,
    )
    options.add_settings(parser)
    parser.set_defaults(run=run, parser=parser)


def _add_data(parser: argparse.ArgumentParser) -> None:
    group = options.add_data(parser, "layers to search, by name or path (default: all)")
    group.add_argument(
        "--preactivations",
        action="store_true",
        help="what neurons have before their activation function (default: activations)",
    )
    options.add_reading(group)


def _add_distribution(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("distribution")
    group.add_argument(
        "--label",
        choices=tuple(LABELS),
        help="how the label takes part in a group; class-conditional does not depend on how "
        "classes are named, ordinal is as Clauw et al. 2022 published (default: none)",
    )
    group.add_argument(
        "--estimator", type=_estimator, metavar="NAME", help="see below (default: gaussian-copula)"
    )
    group.add_argument(
        "--bias-correction",
        action="store_const",
        const=True,
        help="correct Gaussian entropies for few samples",
    )
    group.add_argument(
        "--ties", choices=tuple(TIES), help="how equal values are ranked (default: average)"
    )
    options.add_quantizer(group)
    group.add_argument(
        "--alphabet", choices=("full", "observed"), help="of james-stein and nsb (default: full)"
    )
    group.add_argument(
        "--singular",
        type=float,
        metavar="S",
        help="share of a variance left by the others below which a group is singular "
        "(default: 1e-8)",
    )
    group.add_argument(
        "--unit",
        choices=("bits", "nats"),
        default="bits",
        help="of information (default: %(default)s)",
    )


def _add_search(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("search")
    group.add_argument(
        "--order", type=options.positive, metavar="K", help="neurons of a group (default: 3)"
    )
    group.add_argument(
        "--search",
        choices=tuple(SEARCHES),
        help="all groups; grown from small ones; by swaps; by selection (default: exhaustive)",
    )
    group.add_argument(
        "--smallest-order",
        type=options.positive,
        metavar="K",
        help="exhaustive: all orders from this one; greedy: the order of the starts",
    )
    group.add_argument(
        "--top",
        type=options.positive,
        metavar="M",
        dest="best",
        help="groups for each extremum and order (default: 20)",
    )
    group.add_argument(
        "--extrema", choices=tuple(EXTREMA), help="synergy, redundancy (default: both)"
    )
    group.add_argument(
        "--domain", type=_domain, metavar="A-B,C", help="search among these neurons, as 0-19,31"
    )
    group.add_argument(
        "--first", type=options.whole, metavar="I", help="exhaustive: begin at this group, from 0"
    )
    group.add_argument(
        "--count", type=options.whole, metavar="M", help="exhaustive: this many groups"
    )
    group.add_argument(
        "--starts",
        type=options.positive,
        metavar="S",
        help="greedy starts (default: 10), annealing chains (8), evolution individuals (64)",
    )
    group.add_argument(
        "--steps",
        type=options.positive,
        metavar="T",
        help="annealing swaps a chain (default: 20000), evolution generations (200)",
    )
    kinds = group.add_mutually_exclusive_group()
    kinds.add_argument(
        "--estimate",
        action="store_true",
        help="only say how many groups an exhaustive search has, and about how long it takes",
    )
    kinds.add_argument(
        "--values",
        type=Path,
        metavar="OUT.h5",
        help="write the O-information of every group of one layer to an HDF5 file, and give the "
        "histogram",
    )


def _add_multiplets(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("groups")
    group.add_argument(
        "--multiplet",
        type=_domain,
        action="append",
        metavar="A,B,C",
        help="instead of searching, this group of neurons; may be given many times",
    )
    for option, what in (
        ("--gradient", "how much of it each neuron of a group makes"),
        ("--interaction", "also the interaction information"),
        ("--rsi", "also the redundancy-synergy index, about the label or --target"),
    ):
        group.add_argument(option, action="store_const", const=True, help=what)
    group.add_argument(
        "--target", type=options.whole, metavar="NEURON", help="of --rsi (default: the label)"
    )
    group.add_argument(
        "--bootstrap", type=options.whole, metavar="B", help="confidence intervals by B resamples"
    )
    group.add_argument(
        "--surrogates", type=options.whole, metavar="B", help="p and q values by B surrogates"
    )
    group.add_argument(
        "--confidence", type=float, metavar="P", help="of these intervals (default: 0.95)"
    )


def run(arguments: argparse.Namespace) -> None:
    _check(arguments)
    check_output(arguments)
    layers: dict[str, Any] = options.given(arguments, {"layers": "layers"})
    layers["preactivations"] = arguments.preactivations
    with options.dump_of(arguments) as dump, options.settings_of(arguments):
        if arguments.estimate:
            write(arguments, _estimate(arguments, dump, layers))
        elif arguments.values is not None:
            write(arguments, _values(arguments, dump, layers))
        else:
            asked = options.given(arguments, _JOINT | _SEARCH | _BESIDES)
            asked["unit"] = arguments.unit
            if arguments.multiplet is not None:
                asked["multiplets"] = arguments.multiplet
            try:
                table = dump.o_information(**layers, **asked)
            except KeyboardInterrupt as stop:
                partial = vars(stop).get("partial")
                if isinstance(partial, Table):
                    print("infolens: interrupted; the best so far:", file=sys.stderr)
                    write(arguments, partial)
                raise
            draw(arguments, lambda: _picture(table))
            write(arguments, table)


def _estimate(arguments: argparse.Namespace, dump: Dump, layers: dict[str, Any]) -> Table:
    """What an exhaustive search of each layer would take."""
    rows = []
    for name, layer in dump.chosen_layers(layers.get("layers"), layers["preactivations"]):
        joint = layer.joint(**options.given(arguments, _JOINT))
        rows.append((name, *joint.search_count(**options.given(arguments, _RANGE))))
    names, counts, seconds = zip(*rows, strict=True)
    return table_of(
        {
            "layer": list(names),
            "multiplets": np.array(counts, np.int64),
            "seconds": np.array(seconds, np.float64),
        },
        units={"seconds": "s"},
    )


def _values(arguments: argparse.Namespace, dump: Dump, layers: dict[str, Any]) -> Table:
    """The histogram of a layer's values, which go to a file."""
    chosen = dump.chosen_layers(layers.get("layers"), layers["preactivations"])
    if len(chosen) > 1:
        arguments.parser.error(
            f"--values writes one layer, and there are {len(chosen)}: choose one with --layers"
        )
    joint = chosen[0][1].joint(**options.given(arguments, _JOINT))
    asked = options.given(arguments, _RANGE)
    return joint.search_values(**asked, unit=arguments.unit, path=arguments.values)[1]


def _check(arguments: argparse.Namespace) -> None:
    """Options that were given and have no meaning end the program."""
    fail = arguments.parser.error

    def refuse(chosen: set[str], where: str) -> None:
        for name in sorted(chosen):
            if getattr(arguments, name) is not None:
                spelt = _SPELT.get(name, f"--{name.replace('_', '-')}")
                fail(f"{spelt} has no meaning with {where}")

    if arguments.multiplet is not None:
        refuse(set(_SEARCH), "--multiplet, which names the groups")
    for kind in ("estimate", "values"):
        if getattr(arguments, kind):
            others = (set(_SEARCH) - set(_RANGE)) | set(_BESIDES) | {"multiplet", "plot"}
            refuse(others, f"--{kind}, which is of exhaustive searches")
    if arguments.target is not None and not arguments.rsi:
        fail("--target is of --rsi: add that, or leave it out")
    if arguments.multiplet is not None and arguments.plot is not None:
        orders = {len(group) for group in arguments.multiplet}
        if len(orders) > 1 or arguments.layers is None or len(arguments.layers) > 1:
            fail("--plot of --multiplet draws groups of one size in one layer: name it by --layers")


def _picture(table: Table) -> Figure:
    layers = len(set(table["layer"].tolist()))
    orders = len(set(table["order"].tolist()))
    if "extremum" in table and (layers > 1 or orders > 1):
        return plot.o_information(table)
    return plot.multiplets(table)


def _estimator(text: str) -> str:
    return text if text in GAUSSIAN else options.estimator(text)


def _domain(text: str) -> list[int]:
    """Neurons as ``0-19,31``."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        low = options.whole(first)
        high = options.whole(last) if dash else low
        if high < low:
            raise argparse.ArgumentTypeError(f"{part!r} runs backwards: write {last}-{first}")
        found.extend(range(low, high + 1))
    return found
