# SPDX-License-Identifier: Apache-2.0
"""A thousand permutations of the labels: numpy, numba and InfoLens on one machine, in one run.

    python benchmarks/permutations.py               10000 × 1000 float32, 10 classes, 30 bins
    python benchmarks/permutations.py --quick       a tenth of the neurons

The rivals bin nothing again: they are given the bins of all samples, and count one joint
histogram a neuron and permutation. They are timed on a few permutations and extrapolated;
InfoLens is timed whole, from activations to p values.

Every way draws permutations of its own, so what is compared is the null distribution:
the means over neurons and permutations must agree within six standard errors, and the
information of the labels as they are to 1e-9 bits.

InfoLens reads labels as bits, 512 permutations at a time, of which every neuron reads
all: its bandwidth is shown beside that of memory, measured in this run.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import sys
import time
from collections.abc import Callable

import infolens
import numpy as np
import numpy_rivals
from neuron_measures import MemoryReader, make_data

try:
    import numba
    from numba_permutations import permuted_joint
except ImportError:
    numba = None

TOLERANCE = 1e-9  # bits

Null = Callable[[int], np.ndarray]
"""From a number of permutations to I(T;Y) in bits of every permutation and neuron."""


def codes_of(x: np.ndarray, bins: int) -> np.ndarray:
    """The bins of all samples, [neurons, samples]."""
    codes = np.empty(x.shape[::-1], np.uint8)
    for j, column in enumerate(x.T.astype(np.float64)):
        edges = np.linspace(column.min(), column.max(), bins + 1)[1:-1]
        codes[j] = np.searchsorted(edges, column, side="right")
    return codes


def joint_of(codes: np.ndarray, y: np.ndarray, classes: int, bins: int) -> np.ndarray:
    """Counts [neurons, bins, classes] by one bincount a neuron."""
    joint = np.empty((len(codes), bins, classes), np.int64)
    for j, column in enumerate(codes):
        index = column * np.int64(classes) + y
        joint[j] = np.bincount(index, minlength=bins * classes).reshape(bins, classes)
    return joint


def rivals(codes: np.ndarray, y: np.ndarray, classes: int, bins: int) -> dict[str, Null]:
    """What InfoLens is compared with."""

    def labels(count: int) -> np.ndarray:
        random = np.random.default_rng(1)
        return np.stack([random.permutation(y) for _ in range(count)])

    def by_numpy(count: int) -> np.ndarray:
        return np.stack(
            [numpy_rivals.information(joint_of(codes, row, classes, bins)) for row in labels(count)]
        )

    def by_numba(count: int) -> np.ndarray:
        permuted = labels(count).astype(np.uint8)
        joints = (permuted_joint(codes, row, classes, bins) for row in permuted)
        return np.stack([numpy_rivals.information(joint) for joint in joints])

    found: dict[str, Null] = {"numpy bincount": by_numpy}
    if numba is not None:
        found["numba, all cores"] = by_numba
    return found


def seconds_of(way: Callable[[], object]) -> float:
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


def is_same_null(mean: np.ndarray, deviation: np.ndarray, count: int, null: np.ndarray) -> bool:
    """Whether the neurons' means agree with those of a rival's permutations, by and large."""
    difference = float(np.mean(null.mean(axis=0) - mean))
    # Neurons share their permutations but hardly anything else; twice as if they shared all.
    error = 2 * float(np.mean(deviation)) * math.sqrt(1 / len(null) + 1 / count)
    return abs(difference) < 6 * error


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--samples", type=int, default=10000)
    parser.add_argument("--neurons", type=int, default=1000)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--bins", type=int, default=30)
    parser.add_argument("--permutations", type=int, default=1000)
    parser.add_argument("--rival-permutations", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="a tenth of the neurons")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.neurons //= 10
    count, few = arguments.permutations, arguments.rival_permutations
    classes, bins = arguments.classes, arguments.bins
    if numba is None:
        print("numba is missing, and so is its row; to add it: python -m pip install numba")
    else:
        numba.set_num_threads(min(arguments.threads, numba.config.NUMBA_NUM_THREADS))

    x, y = make_data(arguments.samples, arguments.neurons, classes, arguments.seed)
    codes = codes_of(x, bins)
    print(
        f"{x.shape[0]} × {x.shape[1]} {x.dtype}, {classes} classes, {bins} uniform bins, "
        f"{count} permutations, {arguments.threads} threads\n"
        f"Python {platform.python_version()}, numpy {np.__version__}, "
        f"numba {numba.__version__ if numba else 'absent'}, InfoLens {infolens.__version__}"
    )
    quantizer = infolens.uniform(bins)
    with infolens.context(threads=arguments.threads, progress=False):

        def measure() -> infolens.Table:
            return infolens.neuron_measures(x, y, quantizer=quantizer, permutations=count)

        table = measure()
        ours = min(seconds_of(measure) for _ in range(arguments.repeats))
        compared = rivals(codes, y, classes, bins)
        read = MemoryReader(arguments.threads)
        nulls: dict[str, np.ndarray] = {}
        seconds: dict[str, float] = {}
        for name, way in compared.items():
            way(1)  # compiles and warms up
            start = time.perf_counter()
            nulls[name] = way(few)
            seconds[name] = (time.perf_counter() - start) / few * count
            # In turn, so that what else the machine does meanwhile is shared by all.
            ours = min([ours, *(seconds_of(measure) for _ in range(arguments.repeats))])
            read()

    observed = numpy_rivals.information(joint_of(codes, y, classes, bins))
    worst = float(np.abs(observed - table["mutual_information"]).max())
    agree = worst < TOLERANCE
    labels = x.size * count
    print(f"\n{'':28}{'seconds':>10}{'÷ InfoLens':>12}{'labels/s':>12}")
    for name, null in nulls.items():
        taken = seconds[name]
        print(f"{name:28}{taken:10.2f}{taken / ours:12.1f}{labels / taken:12.2e}")
        agree = agree and is_same_null(table["null_mean"], table["null_std"], count, null)
    print(f"{'InfoLens':28}{ours:10.2f}{1:12.1f}{labels / ours:12.2e}")
    blocks = math.ceil(count / 512)
    bits = x.size * blocks * 64 * max((classes - 1).bit_length(), 1)
    print(
        f"\nInfoLens reads label bits at {bits / ours / 1e9:.1f} GB/s, everything included; "
        f"memory gives {read.bandwidth / 1e9:.1f} GB/s\n"
        f"largest difference of I(T;Y) from numpy: {worst:.1e} bits"
    )
    if not agree:
        print("error: the answers differ", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
