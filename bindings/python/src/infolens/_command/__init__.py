# SPDX-License-Identifier: Apache-2.0
"""The command ``infolens``: tables, pictures and reports of a dump without a line of Python.

A module a subcommand; `options` reads what was typed, `output` writes what came out.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from infolens._command import ablate, describe, measures, oinfo, report
from infolens._command.options import Parser
from infolens._errors import Error
from infolens._library import library_version
from infolens._version import __version__

_EXAMPLES = """\
examples:
  infolens describe digits.h5
  infolens measures digits.h5 --quantizer uniform:30 --permutations 1000 --sort mutual_information
  infolens measures digits.h5 --csv | head
  infolens ablate digits.h5 --direction both --replacement zero,mean --plot curves.png
  infolens oinfo digits.h5 --order 4 --label class-conditional --top 5
  infolens report digits.h5 --output report.html

'infolens COMMAND --help' explains a command, its options and units."""


class _Version(argparse.Action):
    """Says the versions of the package and of the library that it found."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(f"infolens {__version__} (library {library_version()})")
        parser.exit()


def make_parser() -> Parser:
    """The parser of the command and of its subcommands."""
    parser = Parser(
        prog="infolens",
        description="Information-theoretic measures of neural-network activations in HDF5 dumps.",
        epilog=_EXAMPLES,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print versions and exit")
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=Parser
    )
    for module in (describe, measures, ablate, oinfo, report):
        module.add(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with these arguments, by default the process's; returns the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without “…” still gets its help
    try:
        try:
            arguments = make_parser().parse_args(argv)
            with warnings.catch_warnings():
                warnings.showwarning = _warned
                arguments.run(arguments)
        finally:
            if sys.stdout is not None:  # as it is where it was closed
                sys.stdout.flush()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    except KeyboardInterrupt:
        return _failed("interrupted", 130)
    except BrokenPipeError:
        # The reader has what it wanted. What is still buffered must not fail again at exit.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (Error, ImportError) as error:
        return _failed(f"error: {error}")
    except MemoryError:
        return _failed("error: out of memory: lower --memory, or take fewer layers")
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _failed(f"error: {place}{error.strerror or error}")
    return 0


def _warned(message: Warning | str, *_: Any, **__: Any) -> None:
    print(f"infolens: warning: {message}", file=sys.stderr)


def _failed(text: str, code: int = 1) -> int:
    print(f"infolens: {text}", file=sys.stderr)
    return code
