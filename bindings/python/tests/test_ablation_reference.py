# SPDX-License-Identifier: Apache-2.0
"""Curves of a network trained with dropout, as numpy computed them, and the paradox in them."""

import json

import pytest

import infolens

MEASURES = {"mi": "mutual_information", "kl": "kl_selectivity"}
ENDS = {"ascending": "low_first", "descending": "high_first"}


@pytest.fixture
def areas(shared):
    """Mean accuracies, by ``layer/measure/end/replacement``."""
    networks = json.loads(shared("reference/reference_networks.json").read_text())
    return networks["dropout"]["s0"]


@pytest.fixture
def dropout(shared):
    with infolens.open(shared("data/nn_mnist_relu100_dropout_s0.h5")) as dump:
        yield dump


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("scope", ["layer", "network"])
def test_mean_accuracies_of_all_curves_are_those_of_numpy(areas, dropout, measure, scope):
    # Judged on 3000 samples, every fifth step; order and means are of all 10000.
    curves = dropout.ablate(
        MEASURES[measure],
        direction="both",
        replacement=["zero", "mean"],
        scope=scope,
        samples=slice(3000),
        ordering_samples=slice(None),
        mean_samples=slice(None),
        step=5,
    )
    for replacement in ("zero", "mean"):
        for direction, end in ENDS.items():
            for layer in ("fc1", "fc2") if scope == "layer" else ("network",):
                rows = curves.where(layer=layer, direction=direction, replacement=replacement)
                name = "whole" if layer == "network" else layer
                expected = areas[f"{name}/{measure}/{end}/{replacement}"]
                assert rows["accuracy"].mean() == pytest.approx(expected, abs=1e-12)


def test_simpsons_paradox_is_flagged_where_the_reference_curves_show_it(areas, dropout):
    found = dropout.diagnose(samples=slice(3000), ordering_samples=slice(None)).correlations
    for measure, column in MEASURES.items():
        contrasts = [
            areas[f"{layer}/{measure}/low_first/zero"] - areas[f"{layer}/{measure}/high_first/zero"]
            for layer in ("fc1", "fc2", "whole")
        ]
        expected = min(contrasts[:2]) > 0 > contrasts[2]
        rows = found.where(measure=column)
        assert [contrast > 0 for contrast in rows["contrast"]] == [c > 0 for c in contrasts]
        assert rows["paradox"].tolist() == [0, 0, int(expected)]
    assert found.where(measure="mutual_information")["paradox"][-1] == 1
