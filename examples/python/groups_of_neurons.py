# SPDX-License-Identifier: Apache-2.0
"""Which groups of neurons are redundant, which synergistic, and about the label?

    python examples/python/groups_of_neurons.py [dump.h5 [folder]]

The experiment of Clauw, Marinazzo & Stramaglia (2022) on a dump, by default that of the
repository: groups of six are searched exhaustively and larger ones grown from the best. Their
label, the class's number ranked like a neuron, stands beside one that does not depend on how
classes are numbered. With a folder pictures are written to it, which needs matplotlib.
"""

import sys
from pathlib import Path

import h5py
import infolens
import numpy as np

DIGITS = Path(__file__).resolve().parents[1] / "data" / "digits.h5"
SHOWN = (3, 6, 10, 15, 20, 25, 30)
LABELS = ("none", "class-conditional", "ordinal")


def source_of(layer):
    """What the neurons have before their activation function, if it was recorded: outputs of
    ReLUs share zeros, whose ranks say little."""
    return layer.preactivations if layer.has_preactivations else layer


def paths_of(dump, name, label):
    """The best groups of three to six neurons, and what grows from the best of six."""
    joint = source_of(dump[name]).joint(label, bias_correction=True)
    varying = joint.neurons().where(is_constant=0)["neuron"]
    start = min(6, len(varying))
    tables = [joint.o_information(order=start, smallest_order=3, top=1, domain=varying)]
    if len(varying) > start:
        most = min(max(SHOWN), len(varying))
        grown = joint.o_information(
            order=most, search="greedy", smallest_order=start, top=1, domain=varying
        )
        tables.append(grown.where(grown["order"] > start))
    return tables


def ends(tables, extremum):
    """The value of each order."""
    found = {}
    for table in tables:
        for row in table.where(extremum=extremum):
            found[row["order"]] = row["o_information"]
    return found


def print_layer(dump, name):
    print(f"\n{name}: Ω in bits, lowest (synergy) and highest (redundancy) of groups of k neurons")
    for label in LABELS:
        tables = paths_of(dump, name, label)
        low, high = ends(tables, "min"), ends(tables, "max")
        orders = [k for k in SHOWN if k in low and k in high]
        print(f"  label {label:<18} k = " + " ".join(f"{k:>14}" for k in orders))
        cells = [f"{low[k]:+.2f} {high[k]:+.2f}".rjust(14) for k in orders]
        print(" " * 31 + " ".join(cells))


def print_renaming(path, dump, name):
    """The same group with the classes renamed: the published label moves, the other does not."""
    group = [(0, 3, 5, 9)]
    with h5py.File(path) as file:
        x = file[source_of(dump[name]).path][:]
        y = file["labels"][:]
    classes, numbers = np.unique(y, return_inverse=True)
    renamed = np.random.default_rng(0).permutation(len(classes))[numbers]
    for label in LABELS[1:]:
        before, after = (
            infolens.o_information(x, group, labels, label)["o_information"][0]
            for labels in (numbers, renamed)
        )
        print(f"  label {label:<18} Ω = {before:+.6f}, with the classes renamed {after:+.6f}")


def main(arguments):
    path = Path(arguments[0]) if arguments else DIGITS
    with infolens.open(path) as dump:
        hidden = [name for name in dump.layers if dump[name].shape[1] >= 10]
        for name in hidden:
            print_layer(dump, name)
        print(f"\nneurons 0, 3, 5 and 9 of {hidden[-1]} with the label")
        print_renaming(path, dump, hidden[-1])
        if len(arguments) > 1:
            folder = Path(arguments[1])
            layer = source_of(dump[hidden[-1]])
            best = layer.o_information(order=4, label="class-conditional", top=10)
            infolens.plot.multiplets(best).savefig(folder / "groups.png", dpi=150)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except infolens.Error as error:
        sys.exit(f"groups_of_neurons.py: {error}")
