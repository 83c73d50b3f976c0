# SPDX-License-Identifier: Apache-2.0
"""A whole curve of cumulative ablation: numpy and InfoLens on one machine, in one run.

    python benchmarks/ablation.py            784-200-200-10 and 784-1000-1000-10, 10000 samples
    python benchmarks/ablation.py --quick    a fifth of the samples, 784-200-200-10 alone

Every neuron of a hidden layer is removed in the same random order; each way is given what the
layer said and gives correct samples and mean cross-entropy after each step. The rivals
(numpy_ablation.py) recompute later layers alone, in float32. InfoLens is timed as its users call
it, for the curve alone, as the rivals are (tolerance=inf), and with the check before it that the
network reproduces what was recorded, which is a product of all recorded layers.

The limit counts fused multiply-adds: one a sample, removed neuron and neuron of the next layer, and
the products with the layers after that, at the rate of a large product of float32 matrices measured
in this run. Exponentials, of which sigmoids and cross-entropies need one an element, come on top,
and are nearly all there is to do for the last hidden layer.

Counts must be equal; where float32 cannot tell, InfoLens must have what float64 gives.
Cross-entropies must agree to 1e-5. For the first layer of the large network numpy is timed
on some steps and extrapolated; InfoLens runs in a process of its own, whose peak memory is shown.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import pickle
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import infolens
import numpy as np
import numpy_ablation
from ablation_networks import Trained, train
from numpy_ablation import Curve
from scaling import resident

TOLERANCE = 1e-5  # of cross-entropy, relative
MEMORY_LIMIT = 512 << 20  # bytes
LARGE = 1000  # neurons of the layers of the large network
OURS = "InfoLens"
CHECKED = "InfoLens, with check"
# How many times as fast as numpy's product with the next layer at each step.
WANTED = {"fc1": 8.0, "fc2": 15.0}
# Threads of BLAS wait for more work for so long, and take a processor from whatever comes next.
SETTLED = 0.25  # seconds


def ours(
    network: Trained, layer: str, order: np.ndarray, tolerance: float | None = math.inf
) -> Curve:
    """The user's call; the network is made once, as the rivals' matrices are."""
    if id(network) not in _MADE:
        _MADE[id(network)] = infolens.Network.dense(network.layers)
    table = _MADE[id(network)].ablate(
        network.activations,
        network.y,
        layers=layer,
        order=order,
        per_class=False,
        tolerance=tolerance,
    )
    return table["correct"], table["cross_entropy"]


_MADE: dict[int, infolens.Network] = {}


def checked(network: Trained, layer: str, order: np.ndarray) -> Curve:
    return ours(network, layer, order, tolerance=None)


def seconds_of(way: Callable[[], object]) -> float:
    time.sleep(SETTLED)
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


def multiply_adds(network: Trained, layer: str) -> int:
    """Fused multiply-adds of a curve of all neurons of a layer."""
    names = [it.name for it in network.layers]
    _, *later = network.layers[names.index(layer) :]
    neurons = len(network.layers[names.index(layer)].bias)
    first = len(later[0].bias)
    step = first + sum(it.weight.size for it in later[1:])
    return len(network.y) * (neurons * first + neurons * step)


def peak_rate(size: int = 2048, repeats: int = 5) -> float:
    """Fused multiply-adds a second of BLAS in float32 on all cores."""
    a, b = np.random.default_rng(0).random((2, size, size), dtype=np.float32)
    out = np.empty_like(a)
    return size**3 / min(seconds_of(lambda: np.matmul(a, b, out=out)) for _ in range(repeats))


def disagreement(network: Trained, layer: str, order: np.ndarray, found: Curve, by: Curve) -> str:
    """What is wrong with the curve found, beside numpy's as far as it goes; "" for nothing."""
    steps = len(by[0])
    correct, entropy = found[0][:steps], found[1][:steps]
    ties = np.flatnonzero(correct != by[0])
    for step in {*ties.tolist(), 0, len(order) // 2, len(order)}:
        count, exact = numpy_ablation.exact(network, layer, order[:step])
        if found[0][step] != count or abs(found[1][step] / exact - 1) > TOLERANCE:
            return f"step {step}: {found[0][step]}, {found[1][step]}; float64: {count}, {exact}"
    worst = float(np.abs(entropy / by[1] - 1).max())
    if not worst < TOLERANCE:
        return f"cross-entropy differs from numpy's by a factor 1 ± {worst:.1e}"
    print(
        f"  equal counts but for {len(ties)} of {steps} steps, where float64 confirms InfoLens; "
        f"cross-entropy within {worst:.0e}"
    )
    return ""


def print_table(seconds: dict[str, float], limit: float) -> None:
    print(f"  {'':26}{'seconds':>10}{'÷ InfoLens':>12}{'of limit':>10}")
    for name, taken in [*seconds.items(), ("limit: multiply-adds", limit)]:
        print(f"  {name:26}{taken:10.4f}{taken / seconds[OURS]:12.2f}{limit / taken:10.1%}")


def compare(network: Trained, layer: str, order: np.ndarray, rate: float, repeats: int) -> bool:
    """All ways taking turns, each the least of the repeats; whether they agree."""
    ways = {**numpy_ablation.WAYS, CHECKED: checked, OURS: ours}
    curves = {name: way(network, layer, order) for name, way in ways.items()}
    seconds = dict.fromkeys(ways, np.inf)
    for _ in range(repeats):
        for name, way in ways.items():
            taken = seconds_of(lambda way=way: way(network, layer, order))
            seconds[name] = min(seconds[name], taken)
    print_table(seconds, multiply_adds(network, layer) / rate)
    rivals = {name: taken for name, taken in seconds.items() if name not in (OURS, CHECKED)}
    best = min(rivals, key=rivals.__getitem__)
    ratio = seconds["numpy, matmul"] / seconds[OURS]
    print(
        f"  {ratio:.1f} × as fast as the product of later layers, wanted {WANTED[layer]:.0f}; "
        f"{rivals[best] / seconds[OURS]:.1f} × as fast as {best}"
    )
    return agree(network, layer, order, curves[OURS], curves[best])


def agree(network: Trained, layer: str, order: np.ndarray, found: Curve, by: Curve) -> bool:
    wrong = disagreement(network, layer, order, found, by)
    if wrong:
        print(f"error: {layer}: {wrong}", file=sys.stderr)
    return not wrong


# --- the large network


def in_child(path: str, layer: str, order: np.ndarray, threads: int) -> tuple[float, Curve, int]:
    """Seconds, curve, and the peak of resident memory of a new process, everything included."""
    network = pickle.loads(Path(path).read_bytes())
    with infolens.context(threads=threads, progress=False):
        _MADE[id(network)] = infolens.Network.dense(network.layers)
        start = time.perf_counter()
        correct, entropy = ours(network, layer, order)
        seconds = time.perf_counter() - start
    return seconds, (np.array(correct), np.array(entropy)), resident("VmHWM")


def compare_large(
    network: Trained, layer: str, order: np.ndarray, rate: float, options: argparse.Namespace
) -> bool:
    """The same for a network that numpy takes long for; also whether memory stays in bounds."""
    # The last hidden layer is fast enough for numpy to run to the end.
    steps = min(options.steps, len(order)) if layer == "fc1" else len(order)
    seconds = {}
    for name, way in numpy_ablation.WAYS.items():
        by = way(network, layer, order[:steps])
        start, end = (
            min(seconds_of(lambda way=way, part=part: way(network, layer, part)) for _ in range(2))
            for part in (order[:0], order[:steps])
        )
        seconds[name] = start + (end - start) / steps * len(order)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "network.pickle")
        path.write_bytes(pickle.dumps(network))
        # Spawned, not forked: a copy of this process would begin with its peak.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            arguments = (str(path), layer, order, options.threads)
            seconds[OURS], found, peak = pool.apply(in_child, arguments)
    print_table(seconds, multiply_adds(network, layer) / rate)
    if steps < len(order):
        print(f"  numpy's seconds are extrapolated from {steps} of {len(order)} steps")
    print(f"  peak memory of the process of InfoLens: {peak / 2**20:.0f} MiB, data included")
    if peak >= MEMORY_LIMIT:
        print(f"error: {layer}: more than {MEMORY_LIMIT >> 20} MiB of memory", file=sys.stderr)
    return agree(network, layer, order, found, by) and peak < MEMORY_LIMIT


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--samples", type=int, default=10000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--steps", type=int, default=30, help="of numpy on the large network")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="a fifth of the samples, 3 repeats")
    options = parser.parse_args()
    if options.quick:
        options.samples, options.repeats = options.samples // 5, 3
    rate = peak_rate()
    print(
        f"{options.samples} samples, float32, {options.threads} threads, "
        f"best of {options.repeats}\n"
        f"Python {platform.python_version()}, numpy {np.__version__}, "
        f"InfoLens {infolens.__version__}; BLAS attains {rate / 1e9:.0f}e9 multiply-adds a second"
    )
    passed = True
    cases = [(200, "sigmoid"), (200, "relu")] + [(LARGE, "relu")] * (not options.quick)
    for neurons, activation in cases:
        sizes = [784, neurons, neurons, 10]
        network = train(sizes, activation, options.samples, options.seed)
        order = np.random.default_rng(options.seed).permutation(neurons)
        for layer, which in (("fc1", "first"), ("fc2", "last")):
            shown = "-".join(map(str, sizes))
            print(f"\n{shown} {activation}, {which} hidden layer, accuracy {network.accuracy:.3f}")
            if neurons == LARGE:
                passed &= compare_large(network, layer, order, rate, options)
                continue
            with infolens.context(threads=options.threads, progress=False):
                passed &= compare(network, layer, order, rate, options.repeats)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
