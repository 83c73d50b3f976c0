# SPDX-License-Identifier: Apache-2.0
"""What do the neurons of a network know, and which does it need? Print it and write a report.

    python examples/python/analyse_dump.py [dump.h5 [report.html]]

Without arguments it reads the dump of a small network on scikit-learn's digits that
comes with the repository, and writes report.html to the current folder.
"""

import sys
import textwrap
from pathlib import Path

import infolens

DIGITS = Path(__file__).resolve().parents[1] / "data" / "digits.h5"
COLUMNS = ("entropy", "mutual_information", "kl_selectivity", "kl_selectivity_class")
SHOWN = 4
PERMUTATIONS = 1000


def print_layer(name, neurons):
    """The neurons of one layer with the most and the least information about the label."""
    ranked = neurons.sort("mutual_information", descending=True)
    silent = int((neurons["entropy"] == 0).sum())
    informative = int((neurons["q_value"] <= 0.05).sum())
    print(f"\n{name}: {len(neurons)} neurons, {silent} constant, {informative} informative")
    print(f"  {'neuron':>8} {'H(T)':>8} {'I(T;Y)':>8} {'KL sel.':>8}  for class")
    rows = list(ranked)
    for row in rows[:SHOWN]:
        print_neuron(row)
    if len(rows) > 2 * SHOWN:
        print(f"  {'…':>8}")
    for row in rows[max(SHOWN, len(rows) - SHOWN) :]:
        print_neuron(row)


def print_neuron(row):
    entropy, information, selectivity, favourite = (row[column] for column in COLUMNS)
    # A constant neuron favours nothing.
    shown = favourite if entropy > 0 else "–"
    print(f"  {row['neuron']:>8} {entropy:8.3f} {information:8.3f} {selectivity:8.3f}  {shown}")


def print_diagnosis(diagnosis):
    """How each layer uses its neurons, and whether the network contradicts its layers."""
    print("\nWhich neurons does the network need? They were removed one after the other:")
    for row in diagnosis.layers:
        said = f"{row['layer']}: {row['reading']}"
        print(textwrap.fill(said, 98, initial_indent="  ", subsequent_indent="      "))
    print("Mean accuracy meanwhile, least informative first and most informative first:")
    for row in diagnosis.correlations.where(measure="mutual_information"):
        print(f"  {row['layer']:>8} {row['area_low_first']:8.3f} {row['area_high_first']:8.3f}")
    flagged = ", ".join(diagnosis.paradoxes) or "no measure"
    print(f"The network contradicts all of its layers (Simpson's paradox) for {flagged}.")


def main(arguments):
    path = Path(arguments[0]) if arguments else DIGITS
    target = Path(arguments[1]) if len(arguments) > 1 else Path("report.html")
    quantizer = infolens.uniform(30)
    with infolens.open(path) as dump:
        # Information from few samples is too large: an estimator that knows, and a test by chance.
        how = {"estimator": "grassberger", "permutations": PERMUTATIONS}
        table = dump.neuron_measures(quantizer=quantizer, **how)
        written = infolens.report(dump, target, quantizer=quantizer, **how)
        layers = dump.layers
        try:
            diagnosis = dump.diagnose(quantizer=quantizer)
        except infolens.NotFoundError:
            diagnosis = None  # no weights of a network in this dump
    made = table.metadata
    print(f"{path.name}: {made['samples']} samples, {made['classes']} classes, {made['quantizer']}")
    print(f"{made['estimator']} estimates in bits, {made['permutations']} permutations, q ≤ 0.05")
    print("Neurons with the most and the least information about the label:")
    for name in layers:
        print_layer(name, table.where(layer=name))
    if diagnosis is not None:
        print_diagnosis(diagnosis)
    print(f"\nReport written to {written.resolve()}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except infolens.Error as error:
        sys.exit(f"analyse_dump.py: {error}")
