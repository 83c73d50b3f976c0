# SPDX-License-Identifier: Apache-2.0
"""The part of o_information.py about samples: the copula transform, and covariances."""

from __future__ import annotations

import argparse
from pathlib import Path

import infolens
import numpy as np
from neuron_measures import MemoryReader
from o_information_rows import (
    Checks,
    Row,
    in_fresh_process,
    in_turn,
    on,
    print_head,
    syrk_seconds,
    threads_text,
)
from peer_environment import PeerFailed, Peers

PEERS = {"scipy": "scipy, rankdata + ndtri", "frites": "frites, copnorm_nd"}
WANTED_COPULA = 10.0
WANTED_COVARIANCE = 0.8
EQUAL = 1e-12
# frites ranks equal values as they come: the few that float32 has differ by half a rank or more.
NEARLY_EQUAL = 1e-3


def compare(
    rates: dict[int, float],
    options: argparse.Namespace,
    peers: Peers | None,
    folder: Path,
    checks: Checks,
) -> None:
    """Prints both tables; `rates` are the multiply-adds a second of BLAS for numbers of threads."""
    samples, neurons = options.samples, options.neurons
    x = np.random.default_rng(options.seed).standard_normal((samples, neurons), dtype=np.float32)
    read = MemoryReader(options.threads)
    for _ in range(3):
        read()
    # float32 in, float64 out.
    limit = x.size * (4 + 8) / read.bandwidth
    scores, transform = copula(x, limit, options, peers, folder, checks)
    covariance(x, scores, transform, rates, options, folder, checks)


def copula(
    x: np.ndarray,
    limit: float,
    options: argparse.Namespace,
    peers: Peers | None,
    folder: Path,
    checks: Checks,
) -> tuple[np.ndarray, dict[int, float]]:
    """The transform of all columns, and its seconds by threads."""
    size = f"{len(x)} × {x.shape[1]}"
    # Half a GB each: none is kept.
    ways = {it: on(it, lambda: infolens.copula_normalize(x).size) for it in (1, options.threads)}
    found = in_turn(ways, options.repeats)
    seconds = {threads: taken for threads, (taken, _) in found.items()}
    scores = infolens.copula_normalize(x)
    print_head("copula transform, float32; the limit is memory at the bandwidth measured")
    answers = {}
    if peers is not None:
        np.save(folder / "x.npy", x)
        for way in PEERS:
            output = folder / f"{way}.npy"
            try:
                # A part of the columns, if all would take a minute.
                arguments = {"samples": str(folder / "x.npy"), "way": way, "output": str(output)}
                few = peers.ask("copula", columns=16, **arguments)["seconds"] / 16
                columns = min(x.shape[1], max(16, int(options.peer_seconds / few)))
                answers[way] = peers.ask("copula", columns=columns, **arguments)
            except PeerFailed as failure:
                print(f"  left out: {failure}")
                continue
            by = np.load(output)
            checks.equal(
                scores[:, : by.shape[1]], by, EQUAL if way == "scipy" else NEARLY_EQUAL, way
            )
    for threads, taken in seconds.items():
        Row(f"InfoLens, {threads_text(threads)}", size, "ms", taken, limit=limit).print()
    for way, answer in answers.items():
        rival = answer["seconds"] / answer["columns"] * x.shape[1]
        for threads, taken in seconds.items():
            wanted = WANTED_COPULA if threads == options.threads else None
            what = f"{PEERS[way]} ({threads})"
            Row(what, size, "ms", taken, rival, wanted, limit).print()
        if answer["columns"] < x.shape[1]:
            print(f"    {way}: timed on {answer['columns']} columns, and extrapolated")
    return scores, seconds


def covariance(
    x: np.ndarray,
    scores: np.ndarray,
    transform: dict[int, float],
    rates: dict[int, float],
    options: argparse.Namespace,
    folder: Path,
    checks: Checks,
) -> None:
    """Of the transformed data, and as a part of all that a joint distribution takes."""
    size = f"{len(x)} × {x.shape[1]}"
    path = folder / "scores.npy"
    np.save(path, scores)
    multiply_adds = len(x) * x.shape[1] * (x.shape[1] + 1) / 2
    print_head(
        "covariance in float64; rival: numpy's XᵀX, BLAS's syrk; limit: multiply-adds of a large "
        "product"
    )
    lines = []
    for threads, rate in rates.items():
        rival = in_fresh_process(threads, syrk_seconds, str(path), options.repeats)
        ways = {
            "scores": on(threads, lambda: infolens.Joint(scores, estimator="gaussian")),
            "samples": on(threads, lambda: infolens.Joint(x)),
        }
        (alone, _), (whole, joint) = in_turn(ways, options.repeats).values()
        what = f"of transformed data, {threads_text(threads)}"
        Row(what, size, "ms", alone, rival, WANTED_COVARIANCE, multiply_adds / rate).print()
        lines.append(
            f"    from samples, {threads_text(threads)}: {whole * 1e3:.0f} ms, "
            f"{(whole - transform[threads]) * 1e3:.0f} more than the transform alone; "
            f"syrk takes {rival * 1e3:.0f}"
        )
    print("\n".join(lines))
    few = min(64, x.shape[1])
    expected = np.corrcoef(scores[:, :few].T)
    checks.equal(joint.correlation()[:few, :few], expected, 1e-10, "correlation")
