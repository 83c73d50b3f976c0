# SPDX-License-Identifier: Apache-2.0
"""What HOI, THOI, scipy and frites take. Runs in the peers' environment, without InfoLens.

    python o_information_peers.py TASK '{"name": value, ...}'

prints the task's answer as one line of JSON. Every peer is used in the fastest way that its
interface offers, with all cores as it takes them, and warmed up; compiling is not counted.
Where all multiplets would take longer than `seconds`, a peer is given those of the first
neurons only; the answer says of how many.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import math
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

TRIAL = 20000  # multiplets, to find out the way and how many to do
Best = dict[str, list[Any]]  # "min" and "max": value, multiplet


def seconds_of(way: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    found = way()
    return time.perf_counter() - start, found


def neurons_for(count: float, order: int, most: int) -> int:
    """The most neurons that have at most so many multiplets; at least order + 2, at most `most`."""
    fitting = order + 2
    while fitting < most and math.comb(fitting + 1, order) <= count:
        fitting += 1
    return min(fitting, most)


def best_of(values: np.ndarray, multiplets: np.ndarray) -> Best:
    """The first of lowest and of highest value."""
    places = {"min": int(values.argmin()), "max": int(values.argmax())}
    return {key: [float(values[it]), multiplets[it].tolist()] for key, it in places.items()}


# --- THOI: from a matrix, in float64


def thoi_ways(covariance: np.ndarray, order: int) -> dict[str, Callable[[int, int], Best]]:
    """From neurons and batch size to what is best, in nats."""
    import torch
    from thoi.measures.gaussian_copula import multi_order_measures, nplets_measures

    whole = torch.as_tensor(covariance)

    def extremes(multiplets: Any, measures: Any, _: int = 0) -> list[Best]:
        values = measures[:, 0, 2]
        found: Best = {}
        for key, place in (("min", values.argmin()), ("max", values.argmax())):
            found[key] = [float(values[place]), multiplets[place].tolist()]
        return [found]

    def merged(batches: list[list[Best]]) -> Best:
        found = [it for batch in batches for it in batch]
        return {
            "min": min((it["min"] for it in found), key=lambda it: it[0]),
            "max": max((it["max"] for it in found), key=lambda it: it[0]),
        }

    def enumerating(neurons: int, batch: int) -> Best:
        """The search over all multiplets of an order that THOI has."""
        return multi_order_measures(
            whole[:neurons, :neurons],
            min_order=order,
            max_order=order,
            covmat_precomputed=True,
            batch_size=batch,
            batch_data_collector=extremes,
            batch_aggregation=merged,
        )

    listed: dict[int, Any] = {}

    def given(neurons: int, batch: int) -> Best:
        """Multiplets that are listed beforehand, which is not counted."""
        if neurons not in listed:
            listed[neurons] = torch.combinations(torch.arange(neurons), order)
        multiplets = listed[neurons]
        measures = nplets_measures(
            whole[:neurons, :neurons],
            multiplets,
            covmat_precomputed=True,
            batch_size=batch,
            verbose=logging.ERROR,
        )
        return merged([extremes(multiplets, measures)])

    return {"multi_order_measures": enumerating, "nplets_measures": given}


def thoi(covariance: str, order: int, seconds: float) -> dict[str, Any]:
    """The fastest of its ways and batch sizes in a trial, then that."""
    matrix = np.load(covariance)
    ways = thoi_ways(matrix, order)
    small = neurons_for(TRIAL, order, len(matrix))
    trials: dict[tuple[str, int], float] = {}
    end = time.perf_counter() + seconds
    for batch, name in itertools.product((10000, 3000, 20000), ways):
        # On a busy machine its threads wait for each other.
        if trials and time.perf_counter() > end:
            break
        ways[name](small, batch)
        trials[name, batch] = min(
            seconds_of(lambda n=name, b=batch: ways[n](small, b))[0] for _ in range(2)
        )
    name, batch = min(trials, key=trials.__getitem__)
    rate = math.comb(small, order) / trials[name, batch]
    neurons = neurons_for(rate * seconds, order, len(matrix))
    if name == "nplets_measures":
        ways[name](neurons, batch)  # lists them
    taken, found = min(
        (seconds_of(lambda: ways[name](neurons, batch)) for _ in range(2)), key=lambda it: it[0]
    )
    return {
        "neurons": neurons,
        "multiplets": math.comb(neurons, order),
        "seconds": taken,
        "way": f"{name}, batches of {batch}",
        "best": {key: [it[0] / math.log(2), sorted(it[1])] for key, it in found.items()},
    }


def thoi_annealing(covariance: str, order: int, chains: int, steps: int) -> dict[str, Any]:
    """Exchanges of a member, all chains together as THOI has it."""
    from thoi.heuristics.simulated_annealing import simulated_annealing

    matrix = np.load(covariance)

    def anneal(count: int) -> None:
        simulated_annealing(
            matrix,
            order,
            covmat_precomputed=True,
            repeat=chains,
            max_iterations=count,
            early_stop=count + 1,
            verbose=logging.ERROR,
        )

    anneal(2)
    taken = seconds_of(lambda: anneal(steps))[0]
    return {"swaps": chains * steps, "seconds": taken}


# --- HOI: from samples, in float32


def hoi(samples: str, order: int, seconds: float) -> dict[str, Any]:
    """`Oinfo.fit`, which compiles at every call: what it takes longer for more multiplets."""
    from hoi.metrics import Oinfo

    x = np.load(samples).astype(float)

    def fit(neurons: int) -> tuple[Any, np.ndarray]:
        model = Oinfo(x[:, :neurons], verbose=False)
        return model, model.fit(minsize=order, maxsize=order, biascorrect=False)[:, 0]

    few = order + 2
    fit(few)
    start = min(seconds_of(lambda: fit(few))[0] for _ in range(3))
    # Upwards until it takes much longer than compiling varies.
    count = 2000.0
    while True:
        neurons = neurons_for(count, order, x.shape[1])
        taken, (model, values) = seconds_of(lambda n=neurons: fit(n))
        more = math.comb(neurons, order) - math.comb(few, order)
        spent = taken - start
        if neurons == x.shape[1] or spent > seconds / 3:
            break
        grown = math.comb(neurons, order) * 0.9 * seconds / max(spent, seconds / 100)
        count = max(grown, math.comb(neurons + 1, order))
    return {
        "neurons": neurons,
        "multiplets": more,
        "seconds": spent,
        "way": f"Oinfo.fit, {len(x)} samples, float32",
        "best": best_of(values, np.asarray(model.multiplets)[:, :order]),
    }


# --- copula transforms


def copula(samples: str, way: str, columns: int, output: str) -> dict[str, Any]:
    """scipy's and frites' transform of the first columns, a column at a time."""
    x = np.load(samples, mmap_mode="r")[:, :columns]
    # By columns, as both want them.
    x = np.ascontiguousarray(np.asarray(x).T).T
    if way == "frites":
        from frites.core import copnorm_nd

        def transform(part: np.ndarray) -> np.ndarray:
            return copnorm_nd(part, axis=0)
    else:
        from scipy.special import ndtri
        from scipy.stats import rankdata

        def transform(part: np.ndarray) -> np.ndarray:
            found = np.empty(part.shape, order="F")
            for j in range(part.shape[1]):
                found[:, j] = ndtri(rankdata(part[:, j]) / (len(part) + 1))
            return found

    transform(x[:, :2])
    taken, found = seconds_of(lambda: transform(x))
    np.save(output, found[:, :8])
    return {"seconds": taken, "columns": columns}


TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    "thoi": thoi,
    "thoi_annealing": thoi_annealing,
    "hoi": hoi,
    "copula": copula,
}


def main() -> None:
    # Progress bars, one a batch, would cost THOI time.
    os.environ["TQDM_DISABLE"] = "1"
    task, arguments = sys.argv[1], json.loads(sys.argv[2])
    with contextlib.redirect_stdout(sys.stderr):
        answer = TASKS[task](**arguments)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
