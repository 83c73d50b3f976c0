# SPDX-License-Identifier: Apache-2.0
"""What the tests share: places, child processes, and the measures written out in numpy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("INFOLENS_SHARED", ROOT.parent / "shared"))
DIGITS = ROOT / "examples" / "data" / "digits.h5"


def child(code, *arguments, timeout=120, **options):
    """Run Python code in a process of its own, which finds the same package."""
    import infolens

    environment = dict(os.environ)
    source = str(Path(infolens.__file__).parents[1])
    environment["PYTHONPATH"] = os.pathsep.join([source, str(Path(__file__).parent)])
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=environment,
        check=False,
        **options,
    )


def entropy_of(counts):
    """Plug-in entropy in bits."""
    p = counts[counts > 0] / counts.sum()
    return float(-(p * np.log2(p)).sum())


def measures_of(levels, y):
    """Measures of one neuron from its levels, in bits, as the definitions say."""
    _, t = np.unique(levels, return_inverse=True)
    classes, c = np.unique(y, return_inverse=True)
    joint = np.zeros((t.max() + 1, len(classes)))
    np.add.at(joint, (t, c), 1)
    p_class = joint.sum(axis=0) / joint.sum()
    p_level = joint.sum(axis=1) / joint.sum()
    conditional = sum(p * entropy_of(column) for p, column in zip(p_class, joint.T, strict=True))
    specific = []
    for column in joint.T:
        q = column / column.sum()
        seen = q > 0
        specific.append(float((q[seen] * np.log2(q[seen] / p_level[seen])).sum()))
    h = entropy_of(joint.sum(axis=1))
    return {
        "entropy": h,
        "conditional_entropy": conditional,
        "mutual_information": h - conditional,
        "kl_selectivity": max(specific),
        "specific_information": np.array(specific),
    }


def assert_measures(table, levels, y, tolerance=1e-12):
    """A table's rows are the measures of the columns of `levels`."""
    names = ("entropy", "conditional_entropy", "mutual_information", "kl_selectivity")
    assert len(table) == levels.shape[1]
    for neuron in range(levels.shape[1]):
        expected = measures_of(levels[:, neuron], y)
        for name in names:
            found = table[name][neuron]
            assert abs(found - expected[name]) <= tolerance, (name, neuron, found, expected[name])


def sample(samples=500, neurons=7, classes=4, seed=1):
    """Activations that know something about their labels."""
    generator = np.random.default_rng(seed)
    y = generator.integers(0, classes, samples)
    x = generator.normal(size=(samples, neurons)) + 0.7 * y[:, None] * np.linspace(0, 1, neurons)
    return x, y


def uniform_levels(x, bins):
    """Levels on equal bins between minimum and maximum, by numpy.histogram's own rule."""
    levels = np.zeros(x.shape, dtype=int)
    for j in range(x.shape[1]):
        low, high = x[:, j].min(), x[:, j].max()
        if low < high:
            edges = np.linspace(low, high, bins + 1)
            levels[:, j] = np.digitize(x[:, j], edges[1:-1])
    return levels
