# SPDX-License-Identifier: Apache-2.0
"""What do the neurons learn, epoch by epoch? Measures during training, without any dump.

    python examples/python/live_measures.py [epochs]

Trains a small network on the digits that come with the repository, in numpy. In each
epoch every batch is handed to an accumulator as it passes; at the end of the epoch it
tells how much each layer's neurons know about the label. No activation is stored.
"""

import sys
from itertools import pairwise
from pathlib import Path

import h5py
import infolens
import numpy as np

DIGITS = Path(__file__).resolve().parents[1] / "data" / "digits.h5"
WIDTHS = (64, 32, 16, 10)
BATCH = 64
STEP = 0.1


def load():
    """Images [N, 64] in 0 … 1 and their labels."""
    with h5py.File(DIGITS) as file:
        images, labels = file["inputs"][:], file["labels"][:]
    return images / images.max(), labels


def forward(weights, x):
    """Activations of every layer; all but the last rectified."""
    layers = [x]
    for index, (matrix, bias) in enumerate(weights):
        x = x @ matrix + bias
        if index + 1 < len(weights):
            x = np.maximum(x, 0)
        layers.append(x)
    return layers


def descend(weights, layers, y):
    """One step of gradient descent on the cross-entropy."""
    scores = np.exp(layers[-1] - layers[-1].max(axis=1, keepdims=True))
    error = scores / scores.sum(axis=1, keepdims=True)
    error[np.arange(len(y)), y] -= 1
    error /= len(y)
    for index in reversed(range(len(weights))):
        matrix, bias = weights[index]
        below = (error @ matrix.T) * (layers[index] > 0)
        weights[index] = (matrix - STEP * layers[index].T @ error, bias - STEP * error.sum(axis=0))
        error = below


def train_epoch(weights, x, y, random):
    """The measures of the hidden neurons while the network trained for an epoch."""
    accumulator = infolens.Accumulator(quantizer=infolens.threshold(0.0))
    order = random.permutation(len(x))
    correct = 0
    for start in range(0, len(x), BATCH):
        chosen = order[start : start + BATCH]
        layers = forward(weights, x[chosen])
        correct += int((layers[-1].argmax(axis=1) == y[chosen]).sum())
        hidden = {f"fc{i}": values for i, values in enumerate(layers[1:-1], 1)}
        accumulator.update(hidden, y[chosen])
        descend(weights, layers, y[chosen])
    return accumulator.finish(estimator="miller-madow"), correct / len(x)


def main(arguments):
    epochs = int(arguments[0]) if arguments else 10
    random = np.random.default_rng(0)
    x, y = load()
    weights = [
        (random.normal(scale=(2 / below) ** 0.5, size=(below, width)), np.zeros(width))
        for below, width in pairwise(WIDTHS)
    ]
    print(f"{len(x)} images, layers {WIDTHS}, batches of {BATCH}")
    print("Mean information of a neuron about the label, in bits, as it came by:")
    print(f"  {'epoch':>5} {'accuracy':>9} {'fc1':>7} {'fc2':>7}")
    for epoch in range(1, epochs + 1):
        table, accuracy = train_epoch(weights, x, y, random)
        means = [table.where(layer=name)["mutual_information"].mean() for name in ("fc1", "fc2")]
        print(f"  {epoch:>5} {accuracy:9.3f} {means[0]:7.3f} {means[1]:7.3f}")


if __name__ == "__main__":
    main(sys.argv[1:])
