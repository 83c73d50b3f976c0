# SPDX-License-Identifier: Apache-2.0
"""``infolens ablate``: which neurons the network needs."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from infolens import plot
from infolens._command import options
from infolens._command.output import add_output, check_output, draw, write
from infolens._dump import Dump
from infolens._errors import FormatError
from infolens._table import Table, table_of

_EXAMPLES = """\
examples:
  infolens ablate digits.h5                                   least informative neurons first
  infolens ablate digits.h5 --direction both --random-repeats 20 --plot curves.png
  infolens ablate digits.h5 --ordering kl_selectivity --replacement zero,mean --scope network
  infolens ablate digits.h5 --quantizer uniform:30 --samples 450: --ordering-samples :450
  infolens ablate digits.h5 --order order.csv --until 0.5     an order of your own
  infolens ablate digits.h5 --single --sort accuracy_loss     each neuron removed alone
  infolens ablate digits.h5 --diagnose                        how each layer uses its neurons
  infolens ablate outputs.h5 --weights model.weights.h5 --activations relu,relu,softmax

units: accuracy is a share of the samples, 0 to 1; cross-entropy is in nats a sample. The dump needs
labels, weights, and inputs or the activations of the first layer. Before anything else the network
is computed anew and compared with what was recorded; where they differ the command fails.

replacements, what a removed neuron says instead:
  zero      0
  mean      its mean activation, which balances the biases of the next layer
  value     a number, that of --value
  permute   what it says to another sample

activations: linear, relu, leaky_relu, tanh, sigmoid, gelu, gelu_tanh, silu, elu, softplus, softmax
(the last layer); leaky_relu(0.3) and elu(0.5) give the slope and the scale."""

_REPLACEMENTS = ("zero", "mean", "value", "permute")
_PARTS = ("layers", "correlations", "neurons")

#: Options to keywords, of curves, of neurons removed alone, and of the diagnosis.
_EVERYWHERE = {
    name: name for name in ("layers", "labels", "samples", "mean_samples", "replacement", "value")
}
_CURVES = _EVERYWHERE | {
    name: name
    for name in (
        "ordering",
        "direction",
        "scope",
        "random_repeats",
        "quantizer",
        "order",
        "ordering_samples",
        "step",
        "until",
        "per_class",
    )
}
_CURVES["reproduction"] = "tolerance"
_SINGLE = _EVERYWHERE | {"per_class": "per_class", "reproduction": "tolerance"}
_DIAGNOSIS = _EVERYWHERE | {
    "quantizer": "quantizer",
    "ordering_samples": "ordering_samples",
    "reproduction": "reproduction_tolerance",
    "tolerance": "tolerance",
    "chance_margin": "chance_margin",
}
_NETWORK = {"network_layers": "layers", "activations": "activations", "layout": "layout"}


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "ablate",
        usage="%(prog)s FILE [FILE ...] [options]",
        help="accuracy while neurons are removed; which of them the network needs",
        description="Remove neurons one after the other, in an order that information gives, and "
        "score the network after each step: a row a step. Or remove each alone (--single), or "
        "have the layers read for you (--diagnose).",
        epilog=f"{_EXAMPLES}\n\n{options.QUANTIZERS}",
    )
    options.add_file(parser)
    _add_kinds(parser)
    _add_order(parser)
    _add_removal(parser)
    _add_data(parser)
    _add_network(parser)
    add_output(parser, picture="the curves; with --single or --diagnose the neurons that cost most")
    options.add_settings(parser)
    parser.set_defaults(run=run, parser=parser)


def _add_kinds(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("instead of curves")
    kinds = group.add_mutually_exclusive_group()
    kinds.add_argument(
        "--single", action="store_true", help="each neuron removed alone, a row each"
    )
    kinds.add_argument(
        "--diagnose",
        action="store_true",
        help="three tables: how many neurons of a layer suffice, are redundant or inactive; rank "
        "correlations with Simpson's paradox flagged; each neuron's part",
    )
    group.add_argument(
        "--part", choices=_PARTS, help="only this table of --diagnose, which --csv needs"
    )
    group.add_argument(
        "--tolerance",
        type=float,
        metavar="A",
        help="accuracy that --diagnose lets be lost (default: 0.01)",
    )
    group.add_argument(
        "--chance-margin",
        type=float,
        metavar="A",
        help="accuracy above chance that --diagnose calls destroyed (default: 0.05)",
    )


def _add_order(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("order")
    group.add_argument(
        "--ordering",
        metavar="COLUMN",
        help="a column of 'infolens measures', or random (default: mutual_information)",
    )
    group.add_argument(
        "--direction",
        choices=("ascending", "descending", "both"),
        help="lowest values first, highest, or a curve for each (default: ascending)",
    )
    options.add_quantizer(group)
    group.add_argument(
        "--random-repeats",
        type=options.whole,
        metavar="R",
        help="curves of R random orders besides (default: 0)",
    )
    group.add_argument(
        "--order",
        type=Path,
        metavar="ORDER.csv",
        help="remove the neurons in the order of these rows, columns layer and neuron",
    )
    group.add_argument(
        "--scope",
        choices=("layer", "network"),
        help="a curve for each layer, or one for all together (default: layer)",
    )


def _add_removal(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("removal")
    group.add_argument(
        "--replacement",
        type=options.among(_REPLACEMENTS),
        metavar="A,B",
        help="what removed neurons say instead, see below; a curve for each (default: zero)",
    )
    group.add_argument("--value", type=float, metavar="X", help="of the replacement value")
    group.add_argument(
        "--step",
        type=options.positive,
        metavar="K",
        help="neurons removed between two rows (default: 1)",
    )
    group.add_argument(
        "--until", type=float, metavar="A", help="end a curve once accuracy falls below this"
    )
    group.add_argument(
        "--per-class",
        action="store_const",
        const=True,
        help="also the accuracy of each class, a column each",
    )


def _add_data(parser: argparse.ArgumentParser) -> None:
    group = options.add_data(parser, "layers whose neurons are removed (default: all but the last)")
    for option, what in (
        ("--samples", "samples that are scored: FROM:TO:STEP, counted from 0 (default: all)"),
        ("--ordering-samples", "samples that the order is measured on, or another dump of them"),
        ("--mean-samples", "samples that the replacement mean is taken over, or another dump"),
    ):
        group.add_argument(option, metavar="ROWS", help=what)


def _add_network(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("network")
    group.add_argument(
        "--weights",
        metavar="FILE",
        help="the file of the weights, a Keras file for instance (default: the dump)",
    )
    group.add_argument(
        "--network-layers",
        type=options.names,
        metavar="A,B",
        help="its layers from input to output (default: those with weights)",
    )
    group.add_argument(
        "--activations",
        type=lambda text: text.split(","),
        metavar="F,G",
        help="the activation of each layer, see below (default: those recorded)",
    )
    group.add_argument(
        "--layout",
        choices=("auto", "in_out", "out_in"),
        help="axes of the weights: in_out as in Keras, out_in as in PyTorch (default: auto)",
    )
    group.add_argument(
        "--reproduction",
        type=float,
        metavar="D",
        help="relative difference from what was recorded that is let pass (default: 0.001, "
        "0.01 for float16, 0.05 for bfloat16)",
    )


def run(arguments: argparse.Namespace) -> None:
    chosen = _checked(arguments)
    check_output(arguments)
    asked = options.given(arguments, chosen)
    with ExitStack() as stack, options.settings_of(arguments):
        dump = stack.enter_context(options.dump_of(arguments))
        for rows in {"samples", "mean_samples", "ordering_samples"} & set(asked):
            asked[rows] = _rows(stack, arguments, rows)
        if "order" in asked:
            asked["order"] = _order(asked["order"])
        network = options.given(arguments, _NETWORK)
        if arguments.weights is not None:
            weights = stack.enter_context(options.dump_of(arguments, arguments.weights))
            asked["network"] = weights.network(**network)
        elif network:
            asked["network"] = dump.network(**network)
        _show(arguments, dump, asked)


def _show(arguments: argparse.Namespace, dump: Dump, asked: dict[str, Any]) -> None:
    """Compute what is asked for, draw it, and write it."""
    if arguments.diagnose:
        diagnosis = dump.diagnose(**asked)
        parts = {name: getattr(diagnosis, name) for name in _PARTS}
        draw(arguments, lambda: plot.top_neurons(parts["neurons"], "accuracy_loss"))
        if arguments.part is None:
            write(arguments, parts, foreword=str(diagnosis))
        else:
            write(arguments, parts[arguments.part])
    elif arguments.single:
        table = dump.ablate_single(**{"per_class": False} | asked)
        draw(arguments, lambda: plot.top_neurons(table, "accuracy_loss"))
        write(arguments, table)
    else:
        table = dump.ablate(**{"per_class": False} | asked)
        draw(arguments, lambda: plot.ablation(table))
        write(arguments, table, thinned)


def _checked(arguments: argparse.Namespace) -> Mapping[str, str]:
    """The options that have a meaning here; others that were given end the program."""
    kind = "--single" if arguments.single else "--diagnose" if arguments.diagnose else ""
    chosen = {"--single": _SINGLE, "--diagnose": _DIAGNOSIS}.get(kind, _CURVES)
    fail = arguments.parser.error
    for option in sorted(set(_CURVES | _DIAGNOSIS) - set(chosen)):
        if getattr(arguments, option) is not None:
            where = kind or "curves: add --diagnose"
            fail(f"--{option.replace('_', '-')} has no meaning with {where}")
    replacement = arguments.replacement or ["zero"]
    if arguments.value is not None and "value" not in replacement:
        fail("--value is for --replacement value: ask for that, or leave it out")
    if kind and len(replacement) > 1:
        fail(f"{kind} takes one --replacement, not {', '.join(replacement)}")
    if kind and arguments.replacement is not None:
        arguments.replacement = arguments.replacement[0]
    if arguments.order is not None:
        for name in ("ordering", "direction"):
            if getattr(arguments, name) is not None:
                fail(f"--{name} has no meaning with --order, which is the order itself")
    if arguments.part is not None and not arguments.diagnose:
        fail("--part is a part of --diagnose: add that, or leave it out")
    output = arguments.output
    is_csv = arguments.form == "csv" or (
        arguments.form is None and output is not None and output.suffix.lower() == ".csv"
    )
    if arguments.diagnose and arguments.part is None and (arguments.sort or arguments.top):
        fail(f"--sort and --top are for one table: add --part {'|'.join(_PARTS)}")
    if arguments.diagnose and arguments.part is None and is_csv:
        fail(f"--diagnose gives three tables and CSV holds one: add --part {'|'.join(_PARTS)}")
    return chosen


def _rows(stack: ExitStack, arguments: argparse.Namespace, option: str) -> slice | Dump:
    """Rows ``FROM:TO:STEP``, or another dump where the text is no such thing."""
    text: str = getattr(arguments, option)
    parts = text.split(":")
    try:
        if 2 <= len(parts) <= 3:
            return slice(*(int(part) if part else None for part in parts))
    except ValueError:
        pass
    if option == "samples":
        arguments.parser.error(f"--samples {text}: write FROM:TO or FROM:TO:STEP, as 0:500")
    return stack.enter_context(options.dump_of(arguments, text))


def _order(path: Path) -> Table:
    """The layers and neurons of a CSV file, as ``infolens measures --csv`` writes them."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            missing = {"layer", "neuron"} - set(rows.fieldnames or ())
            if missing:
                raise FormatError(
                    f"--order: '{path}' has no column {' and '.join(sorted(missing))}: its first "
                    "line must name them, as 'infolens measures --csv' does"
                )
            found = [(row["layer"], int(row["neuron"])) for row in rows]
    except (TypeError, UnicodeDecodeError, csv.Error, ValueError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(
            f"--order: '{path}' has a row that is no layer and neuron: {error}"
        ) from None
    layers, neurons = zip(*found, strict=True) if found else ((), ())
    return table_of({"layer": list(layers), "neuron": np.array(neurons, np.int64)})


def thinned(table: Table, rows: int) -> Table:
    """About `rows` rows that show curves whole: from first to last, evenly spaced within each."""
    starts = [0, *_starts(table["step"]), len(table)]
    each = max(rows // (len(starts) - 1), 3)
    keep: set[int] = set()
    for start, end in pairwise(starts):
        keep.update(
            np.linspace(start, end - 1, min(each, end - start)).round().astype(int).tolist()
        )
    mask = np.zeros(len(table), bool)
    mask[sorted(keep)] = True
    return table.where(mask)


def _starts(steps: Any) -> Iterable[int]:
    """Where curves begin after the first: the steps begin anew."""
    found: list[int] = (np.flatnonzero(np.diff(steps) < 0) + 1).tolist()
    return found
