# SPDX-License-Identifier: Apache-2.0
"""O-information: every multiplet, heuristics, copula and covariance, on one machine in one run.

    python benchmarks/o_information.py               100 neurons, order 6: 1,192,052,400 multiplets
    python benchmarks/o_information.py --quick       60 neurons; a tenth of the samples
    python benchmarks/o_information.py --no-peers    without HOI, THOI, scipy and frites

The peers are installed by pip into an environment of their own, some 2 GB beside this program or
where --peers says, and timed there on the same data (o_information_peers.py). THOI is given the
correlation matrix, HOI samples. numpy's ways (o_information_numpy.py) are given lists of the
multiplets, on all cores. InfoLens finds the 20 multiplets of lowest and of highest O-information in
float64. Times are of one multiplet; of a peer that was given the first neurons only, too.

The limit of a search counts arithmetic (see Sources/CNumerics/include/sweep.h): for each member of
a multiplet but the last two, four operations on vectors of 8 (w = v - u r; t = w² + p s, which
is two; Π t), and besides three for what is left of the last two, the power s^(k-2), and five to
compare, at the rate at which a large product of matrices has its fused multiply-adds. What leads
to the last two is shared by many and not counted: the cost of a multiplet is O(k).

The best values must equal numpy's and THOI's to 1e-9 bits, HOI's, which are float32, to 5e-3.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import infolens
import numpy as np
import o_information_copula
import o_information_numpy as rivals
from o_information_rows import (
    Checks,
    Row,
    in_fresh_process,
    in_turn,
    on,
    print_head,
    product_rate,
    threads_text,
    timed,
)
from peer_environment import PeerFailed, Peers

OURS = "InfoLens"
TOP = 20
EQUAL = 1e-9  # bits
EQUAL_FLOAT32 = 5e-3  # bits
PROTOTYPE = 4.5e-9  # seconds a multiplet of six of a plain C loop on one core
WANTED = {"numpy, inverses": 200.0, "THOI": 1000.0, "HOI": 10000.0}
WANTED_SCALING = 0.9
SAMPLES = 1000  # of the searches: HOI's time grows with them
CLASSES = 10
# Order, neurons, neurons of the quick run: some 10^8 multiplets, or 10^7.
ORDERS = ((3, 800, 300), (4, 220, 120), (5, 100, 60), (6, 70, 42), (7, 50, 35), (8, 45, 32))
SWAPS = (8, 20000)  # chains, exchanges in each


def make_samples(samples: int, neurons: int, seed: int) -> np.ndarray:
    """Mixtures of fewer common sources and noise, float32."""
    random = np.random.default_rng(seed)
    sources = random.standard_normal((samples, max(neurons // 4, 2)))
    weights = random.standard_normal((sources.shape[1], neurons)) / math.sqrt(sources.shape[1])
    return (sources @ weights + random.standard_normal((samples, neurons))).astype(np.float32)


def operations(order: int) -> int:
    """Arithmetic operations a multiplet of an exhaustive search."""
    members = order - 2
    power = members.bit_length() - 1 + members.bit_count() - 1
    return 4 * members + 3 + power + 5


def members_of(table: infolens.Table) -> np.ndarray:
    order = int(table["order"].max())
    return np.stack([table[f"neuron_{i}"] for i in range(order)], axis=1)


def values_of(joint: infolens.Joint, members: np.ndarray) -> np.ndarray:
    """What numpy has for some multiplets of one order, in bits."""
    return rivals.inverses(joint.correlation(), members)


# --- all multiplets


def exhaustive(options: argparse.Namespace, rates: dict[int, float], checks: Checks) -> None:
    """The large search, on one thread and on all."""
    neurons, order = options.searched, 6
    joint = infolens.Joint(make_samples(SAMPLES, neurons, options.seed))
    count = math.comb(neurons, order)
    print_head(f"all {count:,} multiplets, the best {TOP} each way; rival: plain C on one core")
    ways = {it: on(it, lambda: joint.o_information(order=order, top=TOP)) for it in rates}
    found = in_turn(ways, options.repeats)
    for threads, (taken, _) in found.items():
        rival, wanted = (PROTOTYPE, 1.0) if threads == 1 else (None, None)
        limit = operations(order) / rates[threads]
        size = f"d = {neurons}, k = {order}"
        Row(threads_text(threads), size, "ns", taken / count, rival, wanted, limit).print()
    (alone, first), (taken, last) = found[1], found[options.threads]
    print(f"    {taken:.2f} s: {count / taken:.3g} multiplets a second")
    if options.threads > 1:
        print(
            f"    {options.threads} threads at {alone / taken / options.threads:.0%} efficiency, "
            f"wanted {WANTED_SCALING:.0%}; BLAS itself "
            f"{rates[options.threads] / rates[1] / options.threads:.0%}"
        )
    same = all(np.array_equal(first[name], last[name]) for name in first.columns)
    checks.that(same, "the number of threads changes the table")
    checks.equal(last["o_information"], values_of(joint, members_of(last)), EQUAL, "exhaustive")


def cost_of_orders(options: argparse.Namespace, rates: dict[int, float]) -> None:
    """How the cost of a multiplet grows with its order, beside the model."""
    print_head("a multiplet of k on one core")
    for order, *sizes in ORDERS:
        neurons = sizes[options.quick]
        joint = infolens.Joint(make_samples(SAMPLES, neurons, options.seed))
        search = on(1, lambda joint=joint, k=order: joint.o_information(order=k, top=TOP))
        taken = timed(search, options.repeats)[0] / math.comb(neurons, order)
        what = f"{operations(order)} operations"
        limit = operations(order) / rates[1]
        Row(what, f"d = {neurons}, k = {order}", "ns", taken, limit=limit).print()


def against(
    neurons: int,
    order: int,
    options: argparse.Namespace,
    rates: dict[int, float],
    peers: Peers | None,
    folder: Path,
    checks: Checks,
) -> None:
    """Ratios at a size that the peers can do."""
    x = make_samples(SAMPLES, neurons, options.seed)
    joint = infolens.Joint(x)
    size = f"d = {neurons}, k = {order}"
    count = math.comb(neurons, order)
    correlation = joint.correlation()
    multiplets = rivals.all_multiplets(neurons, order)

    def by_numpy(way: rivals.Way) -> rivals.Best:
        with ThreadPoolExecutor(options.threads) as pool:
            return rivals.best(rivals.values(way, correlation, multiplets, pool), multiplets, TOP)

    ways: dict[str, Callable[[], Any]] = {
        OURS: on(options.threads, lambda: joint.o_information(order=order, top=TOP))
    }
    for name, way in rivals.WAYS.items():
        ways[name] = lambda way=way: by_numpy(way)
    found = in_turn(ways, options.repeats)
    taken, table = found.pop(OURS)
    ours, limit = taken / count, operations(order) / rates[options.threads]
    print_head(f"{count:,} multiplets on {threads_text(options.threads)}")
    for name, (rival, best) in found.items():
        Row(name, size, "ns", ours, rival / count, WANTED.get(name), limit).print()
        for extremum, (values, members) in best.items():
            part = table.where(extremum=extremum)
            checks.equal(part["o_information"], values, EQUAL, f"{size}, {name}")
            same = np.array_equal(members_of(part), members)
            checks.that(same, f"{size}, {name}: other multiplets")
    if peers is None:
        return
    np.save(folder / "samples.npy", x)
    np.save(folder / "correlation.npy", correlation)
    given = {
        "THOI": ("thoi", {"covariance": str(folder / "correlation.npy")}, EQUAL),
        "HOI": ("hoi", {"samples": str(folder / "samples.npy")}, EQUAL_FLOAT32),
    }
    for name, (task, arguments, tolerance) in given.items():
        try:
            answer = peers.ask(task, order=order, seconds=options.peer_seconds, **arguments)
        except PeerFailed as failure:
            print(f"  left out: {failure}")
            continue
        rival = answer["seconds"] / answer["multiplets"]
        Row(name, size, "ns", ours, rival, WANTED[name], limit).print()
        some = "" if answer["neurons"] == neurons else f" of the first {answer['neurons']} neurons"
        print(f"    {answer['way']}; {answer['multiplets']:,} multiplets{some}")
        domain = range(answer["neurons"])
        best = joint.o_information(order=order, top=1, domain=domain)
        for extremum, value in zip(best["extremum"], best["o_information"], strict=True):
            checks.equal(value, answer["best"][extremum][0], tolerance, f"{size}, {name}")


# --- the label


def with_label(options: argparse.Namespace, checks: Checks) -> None:
    """What a class-conditional multiplet costs, beside one without a label."""
    neurons, order = (50, 5) if options.quick else (50, 6)
    random = np.random.default_rng(options.seed)
    y = np.arange(SAMPLES * CLASSES) % CLASSES
    x = make_samples(len(y), neurons, options.seed)
    x += random.standard_normal((CLASSES, neurons), dtype=np.float32)[y]
    count = math.comb(neurons, order)
    size = f"d = {neurons}, k = {order}"
    print_head(
        f"class-conditional label, {CLASSES} classes; rival: {CLASSES} searches without label"
    )
    plain = infolens.Joint(x)
    labelled = infolens.Joint(x, y, "class-conditional")
    for threads in sorted({1, options.threads}):
        ways = {
            "plain": on(threads, lambda: plain.o_information(order=order, top=TOP)),
            "labelled": on(threads, lambda: labelled.o_information(order=order, top=TOP)),
        }
        (without, _), (taken, table) = in_turn(ways, options.repeats).values()
        rival = CLASSES * without
        Row(threads_text(threads), size, "ns", taken / count, rival / count).print()
        print(f"    {taken / rival:.2f} of the cost of {CLASSES} searches without label")
    expected = rivals.with_classes(infolens.copula_normalize(x), y, members_of(table))
    checks.equal(table["o_information"], expected, EQUAL, "class-conditional")


# --- heuristics


def greedy(options: argparse.Namespace, checks: Checks) -> None:
    """From ten starts each way to order 30, on one core."""
    neurons, order = 512, 30
    joint = infolens.Joint(make_samples(4 * neurons, neurons, options.seed))

    def search() -> infolens.Table:
        return joint.o_information(order=order, search="greedy", starts=10, top=1)

    taken, table = timed(on(1, search), options.repeats)
    print_head("greedy search on one core, covariance excluded; rival: a second")
    Row("ten starts each way", f"d = {neurons}, k = {order}", "ms", taken, 1.0, 1.0).print()
    small = table.metadata["smallest_order"]
    print(f"    starts are the best of all multiplets of {small}, the search for which is included")
    last = table.where(order=order)
    checks.equal(last["o_information"], values_of(joint, members_of(last)), EQUAL, "greedy")


def annealing(
    options: argparse.Namespace, peers: Peers | None, folder: Path, checks: Checks
) -> None:
    """Exchanges of a member, on one core."""
    neurons, (chains, steps) = 1000, SWAPS
    joint = infolens.Joint(make_samples(4 * neurons, neurons, options.seed))
    print_head("an exchange of a member in annealing on one core; rival: THOI, 1000 chains at once")
    path = folder / "correlation.npy"
    np.save(path, joint.correlation())
    for order in (10, 30):
        asked = {"order": order, "search": "annealing", "starts": chains, "steps": steps}
        search = on(1, lambda asked=asked: joint.o_information(**asked, extrema="min", top=1))
        taken, table = timed(search, options.repeats)
        expected = values_of(joint, members_of(table))
        checks.equal(table["o_information"], expected, EQUAL, "annealing")
        ours, rival = taken / (chains * steps), None
        if peers is not None:
            many = {"order": order, "chains": 1000, "steps": 10 if options.quick else 50}
            try:
                answer = peers.ask("thoi_annealing", covariance=str(path), **many)
                rival = answer["seconds"] / answer["swaps"]
            except PeerFailed as failure:
                print(f"  left out: {failure}")
        Row("annealing", f"d = {neurons}, k = {order}", "ns", ours, rival).print()
        print(f"    {1 / ours:.3g} exchanges a second")


def peers_of(options: argparse.Namespace) -> Peers | None:
    if not options.with_peers:
        print("the peers are left out")
        return None
    try:
        peers = Peers(options.peers)
    except PeerFailed as failure:
        print(f"the peers are left out: {failure}")
        return None
    listed = ", ".join(f"{name} {version}" for name, version in peers.versions().items())
    print(f"peers: {listed}")
    return peers


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--searched", type=int, default=100, help="neurons of the large search")
    parser.add_argument("--samples", type=int, default=60000, help="of the copula transform")
    parser.add_argument("--neurons", type=int, default=1024, help="of the copula transform")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="smaller sizes")
    parser.add_argument("--no-peers", dest="with_peers", action="store_false")
    parser.add_argument(
        "--peers",
        type=Path,
        default=Path(__file__).with_name(".peers"),
        metavar="FOLDER",
        help="their environment, made if it is not there",
    )
    parser.add_argument("--peer-seconds", type=float, default=60, help="most for one of them")
    options = parser.parse_args()
    if options.quick:
        options.searched = min(options.searched, 60)
        options.samples, options.peer_seconds = options.samples // 10, 6
    peers = peers_of(options)
    rates = {it: in_fresh_process(it, product_rate) for it in sorted({1, options.threads})}
    shown = ", ".join(f"{rate / 1e9:.0f}e9 on {it}" for it, rate in rates.items())
    print(
        f"float64, {options.threads} threads, best of {options.repeats}\n"
        f"Python {platform.python_version()}, numpy {np.__version__}, "
        f"InfoLens {infolens.__version__}; BLAS attains multiply-adds a second: {shown}"
    )
    checks = Checks()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        exhaustive(options, rates, checks)
        cost_of_orders(options, rates)
        for neurons, order in ((50, 4), (30, 6)):
            against(neurons, order, options, rates, peers, folder, checks)
        with_label(options, checks)
        greedy(options, checks)
        annealing(options, peers, folder, checks)
        o_information_copula.compare(rates, options, peers, folder, checks)
    print("\nall answers agree" if checks.passed else "\nanswers differ")
    return 0 if checks.passed else 1


if __name__ == "__main__":
    sys.exit(main())
