# SPDX-License-Identifier: Apache-2.0
"""Networks to ablate: trained by plain stochastic gradient descent on synthetic classes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

_EPOCHS = 4
_BATCH = 100
_PROTOTYPES = 5  # a class: what makes hidden layers worth having


class Dense(NamedTuple):
    """A layer t = f(t_before · weight + bias); weight is [inputs, neurons]."""

    name: str
    weight: np.ndarray
    bias: np.ndarray
    activation: str


@dataclass(frozen=True)
class Trained:
    """A network with what its layers say to N samples and the labels of these."""

    layers: list[Dense]
    activations: dict[str, np.ndarray]
    y: np.ndarray

    @property
    def accuracy(self) -> float:
        return float((self.activations["logits"].argmax(axis=1) == self.y).mean())


def activate(z: np.ndarray, activation: str) -> np.ndarray:
    """The activation function in place; "softmax" leaves the scores as they are."""
    if activation == "relu":
        np.maximum(z, 0, out=z)
    elif activation == "sigmoid":
        np.negative(z, out=z)
        np.exp(z, out=z)
        z += 1
        np.reciprocal(z, out=z)
    return z


def forward(layers: list[Dense], x: np.ndarray) -> list[np.ndarray]:
    """What each layer says; the last one its scores before softmax."""
    said = [x]
    for layer in layers:
        said.append(activate(said[-1] @ layer.weight + layer.bias, layer.activation))
    return said[1:]


def train(sizes: list[int], activation: str, samples: int, seed: int) -> Trained:
    """A float32 network whose layers "fc1", … have these sizes, inputs first, classes last."""
    random = np.random.default_rng(seed)
    classes = sizes[-1]
    places = random.standard_normal((classes * _PROTOTYPES, sizes[0]), dtype=np.float32)
    chosen = random.integers(0, len(places), samples)
    y = chosen % classes
    x = places[chosen] + 4 * random.standard_normal((samples, sizes[0]), dtype=np.float32)
    x /= np.sqrt(np.float32(17))
    # Sigmoids start at 1/2 with a slope of 1/4, and need the larger weights and steps.
    gain, rate = (4.0, 1.0) if activation == "sigmoid" else (2.0**0.5, 0.05)
    layers = []
    for index, (before, after) in enumerate(pairwise(sizes)):
        is_last = index == len(sizes) - 2
        scale = (1.0 if is_last else gain) / before**0.5
        weight = random.standard_normal((before, after), dtype=np.float32) * np.float32(scale)
        name = "output" if is_last else f"fc{index + 1}"
        kind = "softmax" if is_last else activation
        layers.append(Dense(name, weight, np.zeros(after, np.float32), kind))
    for _ in range(_EPOCHS):
        for batch in np.array_split(random.permutation(samples), samples // _BATCH):
            _descend(layers, x[batch], y[batch], np.float32(rate))
    *hidden, logits = forward(layers, x)
    named = {layer.name: said for layer, said in zip(layers, hidden, strict=False)}
    return Trained(layers, {**named, "logits": logits}, y)


def _descend(layers: list[Dense], x: np.ndarray, y: np.ndarray, rate: np.float32) -> None:
    """One step along the gradient of the mean cross-entropy."""
    said = [x, *forward(layers, x)]
    p = np.exp(said[-1] - said[-1].max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(y)), y] -= 1
    slope = p / np.float32(len(y))
    for index in reversed(range(len(layers))):
        layer, before = layers[index], said[index]
        passed = slope @ layer.weight.T if index else None
        layer.weight[...] -= rate * (before.T @ slope)
        layer.bias[...] -= rate * slope.sum(axis=0)
        if passed is not None:
            is_sigmoid = layers[index - 1].activation == "sigmoid"
            slope = passed * (before * (1 - before) if is_sigmoid else before > 0)
