# SPDX-License-Identifier: Apache-2.0
"""Ablation of dense networks written out in numpy, float64, one whole evaluation a step."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

import infolens

_erf = np.vectorize(math.erf)

ACTIVATIONS = {
    "linear": lambda z: z,
    "softmax": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "leaky_relu(0.3)": lambda z: np.where(z > 0, z, 0.3 * z),
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "gelu": lambda z: z * (1 + _erf(z / math.sqrt(2))) / 2,
    "gelu_tanh": lambda z: z / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))),
    "silu": lambda z: z / (1 + np.exp(-z)),
    "elu": lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
    "softplus": lambda z: np.logaddexp(0, z),
}


@dataclass
class Dense:
    """Weights by layer, samples with labels, and what the network should say about them."""

    layers: list  # (name, weight [in, out], bias or None, activation)
    inputs: np.ndarray
    y: np.ndarray

    @property
    def network(self):
        return infolens.Network.dense(self.layers)

    @property
    def names(self):
        return [name for name, *_ in self.layers]

    def activations(self, removed=None, replacement="zero", value=0.0):
        """Activations by layer, of a softmax what goes in; neurons of `removed` replaced."""
        said = {}
        whole = self.activations() if removed and replacement == "mean" else {}
        t = self.inputs
        for name, weight, bias, activation in self.layers:
            t = ACTIVATIONS[activation](t @ weight + (0 if bias is None else bias))
            for neuron in (removed or {}).get(name, ()):
                stand_in = {"zero": 0.0, "value": value, "mean": None}[replacement]
                t = t.copy()
                t[:, neuron] = whole[name][:, neuron].mean() if stand_in is None else stand_in
            said[name] = t
        return said

    def scores(self, removed=None, replacement="zero", value=0.0):
        """Samples classified correctly, by class too, and mean cross-entropy in nats."""
        return scores(self.activations(removed, replacement, value)[self.names[-1]], self.y)

    def curve(self, order, replacement="zero", value=0.0, step=1):
        """Scores after each step of an order of (layer, neuron) pairs."""
        ends = [*range(0, len(order), step), len(order)]
        made = []
        for end in ends:
            removed = {}
            for layer, neuron in order[:end]:
                removed.setdefault(layer, []).append(neuron)
            made.append(self.scores(removed, replacement, value))
        return made

    @property
    def data(self):
        """What a recorder would write, as a mapping of arrays."""
        said = self.activations()
        logits = said[self.names[-1]]
        if self.layers[-1][3] == "softmax":
            powers = np.exp(logits - logits.max(axis=1, keepdims=True))
            said[self.names[-1]] = powers / powers.sum(axis=1, keepdims=True)
        return {"inputs": self.inputs, **said, "logits": logits}


def scores(logits, y):
    correct = logits.argmax(axis=1) == y
    top = logits.max(axis=1)
    losses = np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top - logits[np.arange(len(y)), y]
    per_class = [correct[y == label].mean() for label in range(logits.shape[1])]
    return int(correct.sum()), per_class, float(losses.mean())


def dense(activations=("relu", "tanh", "softmax"), widths=(12, 9, 7, 4), samples=200, seed=3):
    """A random network with classes that its last layer tells apart to some extent."""
    generator = np.random.default_rng(seed)
    layers = []
    for index, activation in enumerate(activations):
        shape = widths[index], widths[index + 1]
        weight = generator.normal(size=shape) * 1.5 / math.sqrt(shape[0])
        bias = None if index == 1 else generator.normal(size=shape[1]) / 4
        layers.append((f"fc{index + 1}", weight, bias, activation))
    inputs = generator.normal(size=(samples, widths[0]))
    made = Dense(layers, inputs, np.zeros(samples, dtype=int))
    logits = made.activations()[made.names[-1]]
    made.y = (logits + generator.gumbel(size=logits.shape) / 2).argmax(axis=1)
    made.y[: widths[-1]] = np.arange(widths[-1])
    return made


def assert_curve(rows, expected):
    """Counts are equal, cross-entropies to 1e-5 relative."""
    correct, per_class, losses = zip(*expected, strict=True)
    assert rows["correct"].tolist() == list(correct)
    assert np.allclose(rows["cross_entropy"], losses, rtol=1e-5, atol=0)
    for label in range(len(per_class[0])):
        if f"accuracy_{label}" in rows:
            column = [step[label] for step in per_class]
            assert np.allclose(rows[f"accuracy_{label}"], column, rtol=0, atol=1e-12)


def measured(made, **options):
    """Measures of the network's neurons, as the library computes them of arrays."""
    return infolens.neuron_measures(made.activations(), made.y, **options)
