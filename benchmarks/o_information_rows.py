# SPDX-License-Identifier: Apache-2.0
"""How the parts of o_information.py are timed and printed, and what the machine can do."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import infolens
import numpy as np

Answer = TypeVar("Answer")
Key = TypeVar("Key")

# Threads of BLAS wait for more work for so long, and take a processor from whatever comes next.
SETTLED = 0.25  # seconds
TURN = 0.02  # seconds
BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
DIVISORS = {"ns": 1e-9, "ms": 1e-3, "s": 1.0}


def in_turn(
    ways: Mapping[Key, Callable[[], Answer]], repeats: int
) -> dict[Key, tuple[float, Answer]]:
    """The least seconds of each way, and its last answer.

    They take turns, so that what else the machine does meanwhile hits all alike; in its turn a
    short one runs more than once.
    """
    time.sleep(SETTLED)
    best: dict[Key, tuple[float, Answer]] = {}
    for _ in range(repeats):
        for key, way in ways.items():
            end = time.perf_counter() + TURN
            while True:
                start = time.perf_counter()
                found = way()
                now = time.perf_counter()
                best[key] = (min(now - start, best.get(key, (np.inf,))[0]), found)
                if now >= end:
                    break
    return best


def timed(way: Callable[[], Answer], repeats: int) -> tuple[float, Answer]:
    """The same of one."""
    return in_turn({None: way}, repeats)[None]


def on(threads: int, way: Callable[[], Answer]) -> Callable[[], Answer]:
    """The way, on so many threads of InfoLens."""

    def run() -> Answer:
        with infolens.context(threads=threads, progress=False):
            return way()

    return run


def threads_text(threads: int) -> str:
    return f"{threads} thread{'s' * (threads > 1)}"


def four_digits(value: float) -> str:
    """With thousands apart and no exponents."""
    return f"{float(f'{value:.4g}'):,g}" if value < 1000 else f"{float(f'{value:.4g}'):,.0f}"


@dataclass(frozen=True)
class Row:
    """Seconds of InfoLens, of what it is compared with, and of the limit, for one unit of work."""

    what: str
    size: str
    unit: str
    ours: float
    rival: float | None = None
    wanted: float | None = None  # of rival ÷ ours
    limit: float | None = None

    def print(self) -> None:
        def shown(value: float | None) -> str:
            return "" if value is None else four_digits(value / DIVISORS[self.unit])

        ratio = "" if self.rival is None else four_digits(self.rival / self.ours)
        wanted = "" if self.wanted is None else four_digits(self.wanted)
        fraction = "" if self.limit is None else f"{self.limit / self.ours:.1%}"
        print(
            f"  {self.what:31}{self.size:17}{self.unit:3}{shown(self.ours):>9}"
            f"{shown(self.rival):>11}{ratio:>9}{wanted:>8}{shown(self.limit):>9}{fraction:>9}",
            flush=True,
        )


def print_head(title: str) -> None:
    print(
        f"\n{title}\n  {'':31}{'':17}{'':3}{'InfoLens':>9}"
        f"{'rival':>11}{'ratio':>9}{'wanted':>8}{'limit':>9}{'of limit':>9}"
    )


class Checks:
    """Whether the answers agree; a difference is printed and remembered."""

    def __init__(self) -> None:
        self.passed = True

    def that(self, holds: bool, what: str) -> None:
        if not holds:
            print(f"error: {what}", file=sys.stderr, flush=True)
            self.passed = False

    def equal(self, found: Any, expected: Any, tolerance: float, what: str) -> None:
        difference = np.abs(np.asarray(found) - np.asarray(expected))
        worst = float(difference.max()) if difference.size else 0.0
        # NaN is not below anything.
        self.that(worst < tolerance, f"{what}: answers differ by {worst:.1e}")


# --- the machine


def in_fresh_process(threads: int, way: Callable[..., Answer], *arguments: Any) -> Answer:
    """The answer of a new process whose BLAS has so many threads: it reads that when loaded."""
    before = {name: os.environ.get(name) for name in BLAS_THREADS}
    os.environ.update(dict.fromkeys(BLAS_THREADS, str(threads)))
    try:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            return pool.apply(way, arguments)
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def product_rate(size: int = 2048, repeats: int = 8) -> float:
    """Fused multiply-adds a second of BLAS in float64."""
    a, b = np.random.default_rng(0).random((2, size, size))
    out = np.empty_like(a)
    return size**3 / timed(lambda: np.matmul(a, b, out=out), repeats)[0]


def syrk_seconds(path: str, repeats: int) -> float:
    """Of XᵀX of the matrix in a file, for which numpy calls BLAS's syrk."""
    x = np.load(path)
    return timed(lambda: x.T @ x, repeats)[0]
