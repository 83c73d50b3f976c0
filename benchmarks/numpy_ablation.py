# SPDX-License-Identifier: Apache-2.0
"""Cumulative ablation in numpy, three ways, float32 throughout, later layers alone recomputed.

`matmul` recomputes the next layer's pre-activations by one BLAS product a step; `rank_one` takes
what the removed neuron said from them; `blocks` does so for a block of samples and all steps
before the next, so that everything stays within the caches. Arrays are [neurons, samples]: numpy
reduces over classes fastest along the first axis. Nothing is allocated within a step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from ablation_networks import Dense, Trained, activate

BLOCK = 512  # samples; 128 and 2048 were no faster for layers of 200 and of 1000

Curve = tuple[np.ndarray, np.ndarray]
"""Correct samples and mean cross-entropy in nats, from step 0, the whole network."""


class _Rest:
    """The layers after the one whose neurons go, and scores of some samples."""

    def __init__(self, later: Sequence[Dense], y: np.ndarray) -> None:
        samples = len(y)
        self.weights = [np.ascontiguousarray(layer.weight.T) for layer in later[1:]]
        self.biases = [layer.bias[:, None] for layer in later[1:]]
        self.kinds = [layer.activation for layer in later]
        self.said = [np.empty((len(layer.bias), samples), np.float32) for layer in later]
        self.place = y * samples + np.arange(samples)  # of the label's score in said[-1]
        self.own, self.best, self.sum = np.empty((3, samples), np.float32)

    def score(self, z: np.ndarray) -> tuple[int, float]:
        """Correct samples and the sum of cross-entropies, by what enters the next layer."""
        np.copyto(self.said[0], z)
        for index, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            activate(self.said[index], self.kinds[index])
            np.matmul(weight, self.said[index], out=self.said[index + 1])
            self.said[index + 1] += bias
        logits = self.said[-1]
        np.take(logits, self.place, out=self.own, mode="clip")
        np.max(logits, axis=0, out=self.best)
        correct = int(np.count_nonzero(self.own == self.best))
        logits -= self.best
        np.exp(logits, out=logits)
        np.sum(logits, axis=0, out=self.sum)
        np.log(self.sum, out=self.sum)
        self.sum += self.best
        self.sum -= self.own
        return correct, float(self.sum.sum(dtype=np.float64))


def _parts(network: Trained, layer: str) -> tuple[np.ndarray, list[Dense]]:
    """What the layer says, [neurons, samples], and the layers after it."""
    names = [it.name for it in network.layers]
    said = np.ascontiguousarray(network.activations[layer].T)
    return said, network.layers[names.index(layer) + 1 :]


def matmul(network: Trained, layer: str, order: np.ndarray) -> Curve:
    """The whole product with the next layer at each step."""
    said, later = _parts(network, layer)
    rest = _Rest(later, network.y)
    weight, bias = np.ascontiguousarray(later[0].weight.T), later[0].bias[:, None]
    z = np.empty((len(bias), said.shape[1]), np.float32)
    scores = []
    for step in range(len(order) + 1):
        if step:
            said[order[step - 1]] = 0
        np.matmul(weight, said, out=z)
        z += bias
        scores.append(rest.score(z))
    return _curve(scores, len(network.y))


def rank_one(network: Trained, layer: str, order: np.ndarray) -> Curve:
    """One rank-1 update of the pre-activations of all samples at each step."""
    said, later = _parts(network, layer)
    return _curve(_updated(said, later, network.y, order), len(network.y))


def blocks(network: Trained, layer: str, order: np.ndarray) -> Curve:
    """The same, a block of samples after the other."""
    said, later = _parts(network, layer)
    y = network.y
    scores = sum(
        np.array(
            _updated(np.ascontiguousarray(said[:, rows]), later, y[rows], order), dtype=np.float64
        )
        for rows in (slice(start, start + BLOCK) for start in range(0, len(y), BLOCK))
    )
    return _curve(scores, len(y))


def _updated(
    said: np.ndarray, later: Sequence[Dense], y: np.ndarray, order: np.ndarray
) -> list[tuple[int, float]]:
    rest = _Rest(later, y)
    weight = later[0].weight
    z = weight.T @ said + later[0].bias[:, None]
    change = np.empty_like(z)
    scores = [rest.score(z)]
    for neuron in order:
        np.multiply(weight[neuron][:, None], said[neuron], out=change)
        z -= change
        scores.append(rest.score(z))
    return scores


def _curve(scores: object, samples: int) -> Curve:
    table = np.array(scores, dtype=np.float64)
    return table[:, 0].astype(np.int64), table[:, 1] / samples


def exact(network: Trained, layer: str, removed: np.ndarray) -> tuple[int, float]:
    """Correct samples and mean cross-entropy without these neurons, all in float64."""
    said, later = _parts(network, layer)
    t = said.T.astype(np.float64)
    t[:, removed] = 0
    for it in later:
        t = activate(t @ it.weight.astype(np.float64) + it.bias, it.activation)
    own, best = t[np.arange(len(t)), network.y], t.max(axis=1)
    entropies = np.log(np.exp(t - best[:, None]).sum(axis=1)) + best - own
    return int((t.argmax(axis=1) == network.y).sum()), float(entropies.mean())


WAYS: dict[str, Callable[[Trained, str, np.ndarray], Curve]] = {
    "numpy, matmul": matmul,
    "numpy, rank-1": rank_one,
    "numpy, rank-1 in blocks": blocks,
}
