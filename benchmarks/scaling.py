# SPDX-License-Identifier: Apache-2.0
"""How time grows with samples and neurons, and how much memory is taken beyond the input.

    python benchmarks/scaling.py            up to 120000 samples and 4096 neurons
    python benchmarks/scaling.py --quick    a tenth of the samples

The first table must be linear: the last column is the time of an element over that of
the same row's smallest size, 1 where cost is proportional. The second table is the
growth of the peak resident memory by a call with default settings, each in a process
of its own; it must stay below 64 MB whatever the number of samples. Every answer is
compared with counts made by numpy for a few neurons.
"""

from __future__ import annotations

import argparse
import ctypes
import multiprocessing
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import infolens
import numpy as np
import numpy_rivals
from neuron_measures import make_data

TOLERANCE = 1e-9  # bits
MEMORY_LIMIT = 64 << 20  # bytes
CHECKED = 4  # neurons compared with numpy

Measured = Callable[[], np.ndarray]


def differs(x: np.ndarray, y: np.ndarray, classes: int, bins: int, found: np.ndarray) -> float:
    """The largest difference from numpy's mutual information of some neurons, in bits."""
    chosen = np.linspace(0, x.shape[1] - 1, min(CHECKED, x.shape[1])).astype(int)
    expected = numpy_rivals.columns(np.ascontiguousarray(x[:, chosen]), y, classes, bins)
    return float(np.abs(expected - found[chosen]).max())


def mutual_information(x: np.ndarray, y: np.ndarray, bins: int) -> np.ndarray:
    table = infolens.neuron_measures(x, y, quantizer=infolens.uniform(bins))
    return table["mutual_information"]


# --- time


def best_seconds(
    shapes: list[tuple[int, int]], options: argparse.Namespace
) -> dict[tuple[int, int], float]:
    """The least time of each shape, the shapes taking turns; and answers, checked."""
    samples, neurons = (max(values) for values in zip(*shapes, strict=True))
    x, y = make_data(samples, neurons, options.classes, options.seed)
    inputs = {(n, d): (np.ascontiguousarray(x[:n, :d]), y[:n]) for n, d in shapes}
    del x
    best = dict.fromkeys(shapes, np.inf)
    for shape, (part, labels) in inputs.items():
        found = mutual_information(part, labels, options.bins)
        worst = differs(part, labels, options.classes, options.bins, found)
        if not worst < TOLERANCE:
            raise SystemExit(f"error: {shape}: answers differ by {worst:.1e} bits")
    for _ in range(options.repeats):
        for shape, (part, labels) in inputs.items():
            start = time.perf_counter()
            mutual_information(part, labels, options.bins)
            best[shape] = min(best[shape], time.perf_counter() - start)
    return best


def print_growth(title: str, best: dict[tuple[int, int], float]) -> None:
    print(
        f"\n{title}\n{'samples':>10}{'neurons':>10}{'min ms':>10}{'ns/element':>12}{'÷ linear':>10}"
    )
    first = None
    for (samples, neurons), seconds in best.items():
        each = seconds / (samples * neurons)
        first = first or each
        print(
            f"{samples:10}{neurons:10}{seconds * 1e3:10.1f}{each * 1e9:12.3f}{each / first:10.2f}"
        )


# --- memory


def resident(field: str) -> int:
    """VmRSS, the resident memory of this process now, or VmHWM, its peak, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise SystemExit(f"error: /proc/self/status has no {field}; this program needs Linux")


def growth_of_peak(measured: Measured) -> tuple[int, np.ndarray]:
    """Bytes by which the resident memory rises above what it is before the call, and its answer."""
    ctypes.CDLL(None).malloc_trim(0)  # memory that lies free in the heap would hide as much
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far is forgotten
    before = resident("VmRSS")
    answer = measured()
    return resident("VmHWM") - before, answer


def memory_growth(
    samples: int, neurons: int, classes: int, bins: int, seed: int, path: str | None
) -> tuple[int, float]:
    """Growth of the peak in bytes, and the difference of the answer; run in a new process."""
    # What is loaded once does not count.
    infolens.neuron_measures(np.zeros((2, 1), np.float32), np.arange(2))
    if path is None:
        x, y = make_data(samples, neurons, classes, seed)
        growth, found = growth_of_peak(lambda: mutual_information(x, y, bins))
        return growth, differs(x, y, classes, bins, found)
    dump = infolens.open(path)
    growth, found = growth_of_peak(
        lambda: dump.neuron_measures(quantizer=infolens.uniform(bins))["mutual_information"]
    )
    columns = np.linspace(0, neurons - 1, CHECKED).astype(int)
    with h5py.File(path) as file:
        x, y = file["layers/fc/activations"][:, columns], file["labels"][:]
    return growth, differs(x, y, classes, bins, found[columns])


def in_new_process(*arguments: object) -> tuple[int, float]:
    # Spawned, not forked: a copy of this process would begin with its peak.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(memory_growth, arguments)


def write_dump(path: Path, samples: int, neurons: int, classes: int, seed: int) -> None:
    x, y = make_data(samples, neurons, classes, seed)
    with h5py.File(path, "w") as file:
        file["layers/fc/activations"] = x
        file["labels"] = y


def print_memory(options: argparse.Namespace) -> bool:
    """The table of memory; false if a growth or an answer is out of bounds."""
    print(f"\nmemory beyond the input: growth of the peak, {options.wide} neurons")
    print(f"{'samples':>10}{'input MB':>10}{'in memory MB':>14}{'from HDF5 MB':>14}")
    passed = True
    for samples in options.memory_samples:
        rule = (samples, options.wide, options.classes, options.bins, options.seed)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "dump.h5")
            write_dump(path, samples, options.wide, options.classes, options.seed)
            results = [in_new_process(*rule, None), in_new_process(*rule, str(path))]
        megabytes = [growth / 1e6 for growth, _ in results]
        print(
            f"{samples:10}{samples * options.wide * 4 / 1e6:10.0f}"
            + "".join(f"{value:14.1f}" for value in megabytes)
        )
        passed &= all(growth < MEMORY_LIMIT and worst < TOLERANCE for growth, worst in results)
    return passed


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--bins", type=int, default=30)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wide", type=int, default=4096, help="neurons of the table of memory")
    parser.add_argument("--quick", action="store_true", help="a tenth of the samples, 3 repeats")
    options = parser.parse_args()
    scale = 10 if options.quick else 1
    if options.quick:
        options.repeats = 3
    options.memory_samples = [samples // scale for samples in (5000, 20000, 60000)]
    print(
        f"float32, {options.classes} classes, {options.bins} uniform bins, "
        f"{len(os.sched_getaffinity(0))} processors, best of {options.repeats}\n"
        f"Python {platform.python_version()}, numpy {np.__version__}, "
        f"InfoLens {infolens.__version__}"
    )
    with infolens.context(progress=False):
        samples = [(n // scale, 1024) for n in (30000, 60000, 120000)]
        print_growth("growth with samples", best_seconds(samples, options))
        neurons = [(60000 // scale, d) for d in (512, 1024, 2048)]
        print_growth("growth with neurons", best_seconds(neurons, options))
    if not print_memory(options):
        print(
            f"error: an answer differs, or a call takes {MEMORY_LIMIT >> 20} MB or more",
            file=sys.stderr,
        )
        return 1
    print(f"below {MEMORY_LIMIT / 1e6:.0f} MB ({MEMORY_LIMIT >> 20} MiB) for any number of samples")
    return 0


if __name__ == "__main__":
    sys.exit(main())
