# SPDX-License-Identifier: Apache-2.0
"""Train a small network on scikit-learn's digits and dump what its neurons do.

Writes ``examples/data/digits.h5`` in InfoLens's native layout: a 64-32-32-10
ReLU network, trained here in plain numpy on one half of the 1797 images, and
its activations on the other half. Everything is float64 and uncompressed, so
that the file is reproducible byte for byte with the same versions of numpy,
h5py and scikit-learn and any tool can read it.

    python examples/python/make_digits_dump.py [output.h5]
"""

from __future__ import annotations

import sys
from pathlib import Path

import h5py
import numpy as np
from sklearn.datasets import load_digits

SEED = 20180417
LAYERS = (("fc1", 32, "relu"), ("fc2", 32, "relu"), ("output", 10, "softmax"))
EPOCHS = 150
BATCH = 32
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 2e-3


def split_digits(generator):
    """One half of the images for training, the other held out; pixels scaled to [0, 1]."""
    images, labels = load_digits(return_X_y=True)
    images = images / 16.0
    order = generator.permutation(len(labels))
    train, held_out = order[: len(order) // 2], order[len(order) // 2 :]
    return images[train], labels[train], images[held_out], labels[held_out]


def initial_parameters(inputs, generator):
    """Weights [in, out] with He's variance 2 / in, and zero biases."""
    parameters = []
    for _, neurons, _ in LAYERS:
        scale = np.sqrt(2.0 / inputs)
        weight = generator.normal(0.0, scale, (inputs, neurons))
        parameters += [weight, np.zeros(neurons)]
        inputs = neurons
    return parameters


def softmax(logits):
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def forward(parameters, x):
    """Pre-activations and activations of every layer, in order."""
    recorded = []
    for index, (_, _, activation) in enumerate(LAYERS):
        z = x @ parameters[2 * index] + parameters[2 * index + 1]
        x = softmax(z) if activation == "softmax" else np.maximum(z, 0)
        recorded.append((z, x))
    return recorded


def gradients(parameters, x, y):
    """Gradient of the mean cross-entropy, with weight decay on the weights."""
    recorded = forward(parameters, x)
    inputs = [x] + [activation for _, activation in recorded[:-1]]
    delta = recorded[-1][1].copy()
    delta[np.arange(len(y)), y] -= 1
    delta /= len(y)
    result = [None] * len(parameters)
    for index in reversed(range(len(LAYERS))):
        weight = parameters[2 * index]
        result[2 * index] = inputs[index].T @ delta + WEIGHT_DECAY * weight
        result[2 * index + 1] = delta.sum(axis=0)
        if index:
            delta = (delta @ weight.T) * (recorded[index - 1][0] > 0)
    return result


def train(parameters, x, y, generator):
    """Adam (Kingma & Ba 2015) with its usual decay rates, over shuffled batches."""
    first = [np.zeros_like(p) for p in parameters]
    second = [np.zeros_like(p) for p in parameters]
    step = 0
    for _ in range(EPOCHS):
        order = generator.permutation(len(y))
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            step += 1
            rate = LEARNING_RATE * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            for p, m, v, g in zip(
                parameters, first, second, gradients(parameters, x[batch], y[batch]), strict=True
            ):
                m += 0.1 * (g - m)
                v += 0.001 * (g * g - v)
                p -= rate * m / (np.sqrt(v) + 1e-8)


def write_dump(path, x, y, initial, parameters):
    """The native layout; no time stamps, so that equal content gives equal bytes."""
    recorded = forward(parameters, x)

    def put(group, name, values):
        return group.create_dataset(name, data=values, track_times=False)

    with h5py.File(path, "w", track_order=False) as file:
        file.attrs["title"] = "scikit-learn digits, 64-32-32-10 ReLU network, held-out images"
        put(file, "inputs", x)
        put(file, "labels", y.astype(np.int64))
        put(file, "logits", recorded[-1][0])
        for index, (name, _, activation) in enumerate(LAYERS):
            group = file.create_group(f"layers/{name}")
            group.attrs["index"] = index
            group.attrs["activation"] = activation
            put(group, "preactivations", recorded[index][0])
            put(group, "activations", recorded[index][1])
            put(group, "weight", parameters[2 * index]).attrs["layout"] = "in_out"
            put(group, "bias", parameters[2 * index + 1])
            put(group, "initial_weight", initial[2 * index]).attrs["layout"] = "in_out"
            put(group, "initial_bias", initial[2 * index + 1])


def main(arguments):
    default = Path(__file__).resolve().parents[1] / "data" / "digits.h5"
    path = Path(arguments[0]) if arguments else default
    generator = np.random.default_rng(SEED)
    x_train, y_train, x, y = split_digits(generator)
    initial = initial_parameters(x.shape[1], generator)
    parameters = [p.copy() for p in initial]
    train(parameters, x_train, y_train, generator)
    accuracy = np.mean(forward(parameters, x)[-1][1].argmax(axis=1) == y)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_dump(path, x, y, initial, parameters)
    print(
        f"{path}: {len(y)} held-out images, accuracy {accuracy:.3f}, {path.stat().st_size:,} bytes"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
