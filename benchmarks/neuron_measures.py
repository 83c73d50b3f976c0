# SPDX-License-Identifier: Apache-2.0
"""Mutual information of binned neurons: numpy, numba and InfoLens on one machine, in one run.

    python benchmarks/neuron_measures.py            60000 × 1024 float32, 10 classes, 30 bins
    python benchmarks/neuron_measures.py --quick    a tenth of it

Each way is given the same activations and labels and 30 uniform bins between each
neuron's minimum and maximum, which takes two passes over the data: one for the
range, one to count. So two reads of the array at the memory bandwidth measured in
this run are the limit, and the last column is the fraction of it that is attained.
One bit a neuron, x > 0.5, takes a single read; of its bandwidth 60 % are wanted.
All answers are compared; a difference of 1e-9 bits or more is an error.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import infolens
import numpy as np
import numpy_rivals

try:
    import numba
    import numba_kernels
except ImportError:
    numba = None

TOLERANCE = 1e-9  # bits
THRESHOLD = 0.5
WANTED_BANDWIDTH = 0.6  # of the measured one, for one bit a neuron
OURS, OURS_ONE_BIT, NUMPY_ONE_BIT = "InfoLens, in memory", "InfoLens, one bit", "numpy, one bit"

Way = Callable[[], np.ndarray]


def make_data(samples: int, neurons: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rectified activations, about half of them zero, one neuron in ten shifted for each class."""
    random = np.random.default_rng(seed)
    y = random.integers(0, classes, samples)
    x = np.empty((samples, neurons), np.float32)
    for start in range(0, samples, 4096):
        rows = slice(start, min(start + 4096, samples))
        x[rows] = random.standard_normal(x[rows].shape, dtype=np.float32)
        x[rows] += 0.3 * ((y[rows, None] + np.arange(neurons)) % 10 == 0)
    return np.maximum(x, 0, out=x), y


def seconds_of(way: Way) -> float:
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


class MemoryReader:
    """Reads an array far larger than the caches with all threads: the bandwidth to compare with."""

    def __init__(self, threads: int) -> None:
        self.pieces = np.array_split(np.ones(1 << 25, np.uint64), threads)
        self.pool = ThreadPoolExecutor(threads)
        self.best = np.inf

    def __call__(self) -> None:
        # A vectorised reduction of one instruction an element, during which numpy frees the GIL.
        start = time.perf_counter()
        list(self.pool.map(np.bitwise_or.reduce, self.pieces))
        self.best = min(self.best, time.perf_counter() - start)

    @property
    def bandwidth(self) -> float:
        """Bytes a second of the fastest call."""
        return float(sum(piece.nbytes for piece in self.pieces) / self.best)


def ways(x: np.ndarray, y: np.ndarray, classes: int, bins: int, path: Path) -> dict[str, Way]:
    """What is compared. Each returns the mutual information of every neuron in bits."""
    quantizer = infolens.uniform(bins)
    with h5py.File(path, "w") as file:
        file["layers/fc/activations"] = x
        file["labels"] = y
    dump = infolens.open(path)

    def from_memory() -> np.ndarray:
        return infolens.neuron_measures(x, y, quantizer=quantizer)["mutual_information"]

    def from_file() -> np.ndarray:
        return dump.neuron_measures(quantizer=quantizer)["mutual_information"]

    found: dict[str, Way] = {
        "numpy bincount, columns": lambda: numpy_rivals.columns(x, y, classes, bins),
        "numpy bincount, row blocks": lambda: numpy_rivals.row_blocks(x, y, classes, bins),
    }
    if numba is not None:
        found["numba, rows"] = lambda: numba_kernels.rows(x, y, classes, bins)
        found["numba, tiles"] = lambda: numba_kernels.tiles(x, y, classes, bins)
    found[OURS] = from_memory
    found["InfoLens, from HDF5"] = from_file
    return found


def one_bit_ways(x: np.ndarray, y: np.ndarray, classes: int) -> dict[str, Way]:
    """The same for one bit a neuron, x > THRESHOLD."""

    def ours() -> np.ndarray:
        quantizer = infolens.threshold(THRESHOLD)
        return infolens.neuron_measures(x, y, quantizer=quantizer)["mutual_information"]

    return {
        NUMPY_ONE_BIT: lambda: numpy_rivals.one_bit(x, y, classes, THRESHOLD),
        OURS_ONE_BIT: ours,
    }


def report(
    x: np.ndarray, timings: dict[str, list[float]], bandwidth: float, reads: int, first: str
) -> None:
    """One line a way: time, bytes a second, ratio to the way `first`, fraction of the limit."""
    limit = reads * x.nbytes / bandwidth
    ours = min(timings[first])
    print(f"{'':28}{'min ms':>10}{'median ms':>11}{'GB/s':>8}{'÷ InfoLens':>12}{'of limit':>10}")
    for name, seconds in timings.items():
        best, median = min(seconds), statistics.median(seconds)
        print(
            f"{name:28}{best * 1e3:10.1f}{median * 1e3:11.1f}{x.nbytes / best / 1e9:8.2f}"
            f"{best / ours:12.2f}{limit / best:10.1%}"
        )
    print(
        f"{f'limit: {reads} × read':28}{limit * 1e3:10.1f}{'':11}"
        f"{x.nbytes / limit / 1e9:8.2f}{limit / ours:12.2f}{1:10.1%}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--samples", type=int, default=60000)
    parser.add_argument("--neurons", type=int, default=1024)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--bins", type=int, default=30)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="a tenth of the samples, 3 repeats")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.samples, arguments.repeats = arguments.samples // 10, 3
    if numba is None:
        print(
            "numba is missing, and so are its rows below; to add them: python -m pip install numba"
        )
    else:
        numba.set_num_threads(min(arguments.threads, numba.config.NUMBA_NUM_THREADS))

    x, y = make_data(arguments.samples, arguments.neurons, arguments.classes, arguments.seed)
    print(
        f"{x.shape[0]} × {x.shape[1]} {x.dtype} ({x.nbytes / 1e6:.0f} MB), "
        f"{arguments.classes} classes, {arguments.bins} uniform bins, {arguments.threads} threads, "
        f"best of {arguments.repeats}\n"
        f"Python {platform.python_version()}, numpy {np.__version__}, "
        f"numba {numba.__version__ if numba else 'absent'}, InfoLens {infolens.__version__}"
    )
    settings = infolens.context(threads=arguments.threads, progress=False)
    with tempfile.TemporaryDirectory() as folder, settings:
        binned = ways(x, y, arguments.classes, arguments.bins, Path(folder, "dump.h5"))
        one_bit = one_bit_ways(x, y, arguments.classes)
        compared = binned | one_bit
        answers = {name: way() for name, way in compared.items()}  # compiles and warms up
        timings: dict[str, list[float]] = {name: [] for name in compared}
        read = MemoryReader(arguments.threads)
        # In turn, so that what else the machine does meanwhile is shared by all.
        for _ in range(arguments.repeats):
            read()
            for name, way in compared.items():
                timings[name].append(seconds_of(way))
    print(f"read bandwidth, all threads: {read.bandwidth / 1e9:.1f} GB/s\n")
    report(x, {name: timings[name] for name in binned}, read.bandwidth, reads=2, first=OURS)
    print(f"\none bit a neuron, x > {THRESHOLD}")
    report(
        x, {name: timings[name] for name in one_bit}, read.bandwidth, reads=1, first=OURS_ONE_BIT
    )
    fraction = x.nbytes / min(timings[OURS_ONE_BIT]) / read.bandwidth
    verdict = "at least" if fraction >= WANTED_BANDWIDTH else "below"
    print(f"{fraction:.0%} of the read bandwidth, {verdict} the wanted {WANTED_BANDWIDTH:.0%}")

    worst = max(
        float(np.abs(answers[name] - answers[first]).max())
        for group, first in ((binned, OURS), (one_bit, OURS_ONE_BIT))
        for name in group
    )
    print(f"\nlargest difference between any two answers and InfoLens: {worst:.1e} bits")
    if not worst < TOLERANCE:
        print(f"error: answers differ by {TOLERANCE:g} bits or more", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
