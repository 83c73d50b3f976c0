# SPDX-License-Identifier: Apache-2.0
"""What several subcommands read: texts that stand for values, and the options they share."""

from __future__ import annotations

import argparse
import dataclasses
import shutil
import textwrap
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from infolens import _quantizers
from infolens._context import Context, context
from infolens._dump import Dump
from infolens._errors import ArgumentError
from infolens._estimators import estimators
from infolens._open import open as open_dump
from infolens._options import Reading
from infolens._quantizers import Quantizer
from infolens._table import Table

Value = TypeVar("Value")

EXIT_CODES = """\
exit codes:
  0    success, also when the reader of a pipe stops early
  1    the data, a file or the computation: 'infolens: error: …' on standard error
  2    usage: an unknown option, or a value that it cannot take
  130  interrupted by Ctrl-C"""

QUANTIZERS = """\
quantizers, which turn an activation x into a level T:
  threshold:X             two levels, x > X; X a number, 'median' or 'mean' of the neuron
  uniform:BINS            equal bins between the neuron's minimum and maximum
  uniform:BINS:layer      between those of the layer
  uniform:BINS:LOW:HIGH   between two numbers, in units of the activation
  quantile:BINS           bins of equal mass
  width:SIZE              floor(x / SIZE), SIZE in units of the activation
  explicit:E1,E2,…        ascending edges between the levels
  integer                 x is a symbol already"""


class Parser(argparse.ArgumentParser):
    """A parser whose help ends with examples, lists from the library, and the exit codes.

    The library is loaded no earlier than for the help.
    """

    def __init__(
        self,
        *,
        description: str,
        epilog: str,
        lists: Callable[[], Iterable[str]] = tuple,
        **more: Any,
    ) -> None:
        super().__init__(
            description=textwrap.fill(description, 79),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
            **more,
        )
        self._told = epilog
        self._lists = lists

    def format_help(self) -> str:
        self.epilog = "\n\n".join([self._told, *self._lists(), EXIT_CODES])
        return super().format_help()


# Texts that stand for values


def quantizer(text: str) -> Quantizer:
    """The quantiser that a text such as ``uniform:30`` names."""
    name, *parts = text.split(":")
    try:
        match name, parts:
            case "threshold", [at]:
                return _quantizers.threshold(at if at in ("median", "mean") else _number(at))
            case "uniform", [bins]:
                return _quantizers.uniform(whole(bins))
            case "uniform", [bins, "neuron" | "layer" as ends]:
                return _quantizers.uniform(whole(bins), ends)
            case "uniform", [bins, low, high]:
                return _quantizers.uniform(whole(bins), (_number(low), _number(high)))
            case "quantile", [bins]:
                return _quantizers.quantile(whole(bins))
            case "width", [size]:
                return _quantizers.width(_number(size))
            case "explicit", [edges]:
                return _quantizers.explicit(map(_number, edges.split(",")))
            case "integer", []:
                return _quantizers.integer()
    except ArgumentError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    raise argparse.ArgumentTypeError(
        f"{text!r} is no quantizer: write threshold:0.5, threshold:median, uniform:30, "
        "uniform:30:-1:1, quantile:8, width:0.07, explicit:0,0.5,1 or integer"
    )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None


def whole(text: str) -> int:
    """A whole number ≥ 0."""
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of 0 or more")
    return number


def positive(text: str) -> int:
    """A whole number ≥ 1."""
    number = whole(text)
    if number == 0:
        raise argparse.ArgumentTypeError("0 is too few: give 1 or more")
    return number


def names(text: str) -> list[str]:
    """Names between commas, none of them empty or there twice."""
    found = [name.strip() for name in text.split(",")]
    if not all(found):
        raise argparse.ArgumentTypeError(f"{text!r} has an empty name: write one or more, as a,b")
    if len(set(found)) < len(found):
        raise argparse.ArgumentTypeError(f"{text!r} has a name twice")
    return found


def among(choices: Iterable[str]) -> Callable[[str], list[str]]:
    """Names between commas that must be among `choices`."""
    known = list(choices)

    def read(text: str) -> list[str]:
        found = names(text)
        for name in found:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is unknown: choose {', '.join(known)}")
        return found

    return read


def estimator(text: str) -> str:
    """The name of an estimator in the registry."""
    known = estimators()["name"].tolist()
    if text not in known:
        raise argparse.ArgumentTypeError(f"{text!r} is unknown: choose {', '.join(known)}")
    return text


def _setting(name: str, read: Callable[[str], Any] = str) -> Callable[[str], Any]:
    """What `context` accepts under a name, refused here with the reason that it gives."""

    def check(text: str) -> Any:
        value = read(text)
        try:
            context(**{name: value})
        except ArgumentError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
        return value

    return check


# Options that several subcommands have


def add_file(parser: argparse.ArgumentParser) -> None:
    """The dump, and what of it is believed."""
    parser.add_argument(
        "file",
        nargs="+",
        metavar="FILE",
        help="an HDF5 dump of activations; several, whose samples follow each other, are one dump",
    )
    parser.add_argument(
        "--allow-external",
        action="store_true",
        help="follow links and external storage out of the file's folder; for files you trust",
    )
    parser.add_argument(
        "--allow-missing",
        action="store_true",
        help="read zeros where data was never written, instead of refusing it",
    )
    parser.add_argument(
        "--bin-width",
        type=float,
        metavar="SECONDS",
        help="count spikes in bins of this width (default: one bin a trial)",
    )
    parser.add_argument(
        "--isolate",
        action="store_true",
        help="read the file in a process of its own; for files that nobody vouches for",
    )


def add_data(parser: argparse.ArgumentParser, what: str) -> argparse._ArgumentGroup:
    """Which layers, which labels."""
    group = parser.add_argument_group("data")
    group.add_argument("--layers", type=names, metavar="A,B", help=what)
    group.add_argument(
        "--labels", metavar="PATH", help="dataset of the labels (default: those found)"
    )
    return group


def add_quantizer(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--quantizer",
        type=quantizer,
        metavar="RULE",
        help="how activations become levels, see below (default: threshold:0)",
    )


def add_estimator(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--estimator",
        type=estimator,
        default="plug-in",
        metavar="NAME",
        help="of every entropy, see below (default: %(default)s)",
    )
    group.add_argument(
        "--unit",
        choices=("bits", "nats"),
        default="bits",
        help="of information (default: %(default)s)",
    )


#: Options, and keywords, that say how datasets become samples × neurons.
READING = tuple(field.name for field in dataclasses.fields(Reading))


def add_reading(group: argparse._ArgumentGroup) -> None:
    """The options of `READING`."""
    group.add_argument(
        "--reduction",
        choices=("mean", "max", "flatten"),
        help="what becomes of layers [N, channels, …]: a neuron a channel (mean or max over its "
        "positions), or one a channel and position",
    )
    group.add_argument(
        "--channel-axis",
        type=int,
        choices=(1, -1),
        default=1,
        help="axis of the channels (default: %(default)s)",
    )
    group.add_argument(
        "--sample-axis",
        type=int,
        choices=(0, -1),
        help="-1: samples lie along the last axis, [d, N] (default: 0, where the layout says)",
    )
    group.add_argument(
        "--missing-labels",
        choices=("refuse", "exclude", "class"),
        help="what becomes of samples without a label (default: refuse)",
    )


def add_settings(parser: argparse.ArgumentParser) -> None:
    """What all computing has in common."""
    group = parser.add_argument_group("settings")
    group.add_argument(
        "--threads",
        type=_setting("threads", whole),
        metavar="T",
        help="worker threads (default: one a processor); results do not depend on it",
    )
    group.add_argument(
        "--memory",
        type=_setting("memory"),
        metavar="SIZE",
        help="working memory beyond input and result, as 512MB or 2GiB (default: 1GiB)",
    )
    group.add_argument(
        "--seed",
        type=_setting("seed", whole),
        metavar="S",
        help="of every random choice (default: 0)",
    )
    group.add_argument(
        "-q", "--quiet", action="store_true", help="no progress, which terminals see otherwise"
    )


def settings_of(arguments: argparse.Namespace) -> Context:
    """The context that the options ask for; progress comes unasked, on terminals alone."""
    return context(
        threads=arguments.threads,
        memory=arguments.memory,
        seed=arguments.seed,
        progress=False if arguments.quiet else None,
    )


def dump_of(arguments: argparse.Namespace, file: str | None = None) -> Dump:
    """The dump that the arguments name, or another file, opened."""
    files = arguments.file if file is None else [file]
    return open_dump(
        files[0] if len(files) == 1 else files,
        allow_external=arguments.allow_external,
        allow_missing=arguments.allow_missing,
        bin_width=arguments.bin_width,
        isolate=arguments.isolate,
    )


def given(arguments: argparse.Namespace, chosen: Mapping[str, str]) -> dict[str, Any]:
    """Keywords of a call, from the options that were given: `chosen` maps options to keywords."""
    values = {keyword: getattr(arguments, option) for option, keyword in chosen.items()}
    return {keyword: value for keyword, value in values.items() if value is not None}


def listing(title: str, table: Table) -> str:
    """A registry, names and descriptions, as a block of a help text."""
    indent = 2 + max(len(row["name"]) for row in table) + 2
    width = max(shutil.get_terminal_size().columns - 2, indent + 30)
    lines = [
        textwrap.fill(
            row["name"].ljust(indent - 2) + row["description"],
            width,
            initial_indent="  ",
            subsequent_indent=" " * indent,
            break_on_hyphens=False,
        )
        for row in table
    ]
    return "\n".join([f"{title}:", *lines])


def estimator_list() -> str:
    return listing("estimators", estimators())
