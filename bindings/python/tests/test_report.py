# SPDX-License-Identifier: Apache-2.0
"""The report and the plots."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
from support import DIGITS, sample

import infolens
from infolens import _svg


def arrays():
    x, y = sample(300, 12)
    return {"first": x, "second": x[:, :4] * 2}, y


def test_a_report_of_a_dump_shows_every_layer(digits, tmp_path):
    path = infolens.report(digits, tmp_path / "report.html", quantizer=infolens.uniform(30))
    assert path == tmp_path / "report.html"
    text = path.read_text(encoding="utf-8")
    for layer in digits.layers:
        assert f"<h2>{layer}</h2>" in text
    # Beside each layer's: three charts of ablation, and the five samples of their legend; a chart
    # of groups for each layer, and the four samples of theirs.
    assert text.count("<svg") == 3 * (3 + 2) + 3 + 5 + 3 + 4
    assert "digits.h5" in text
    assert "899 samples" in text
    assert "plug-in" in text
    assert "prefers-color-scheme:dark" in text
    table = digits.neuron_measures(quantizer=infolens.uniform(30)).where(layer="fc1")
    best = table.sort("mutual_information", descending=True)
    assert f"<td>{best['neuron'][0]}</td>" in text
    assert f"{best['mutual_information'][0]:.3f}" in text


def test_a_report_stands_alone(digits, tmp_path):
    text = infolens.report(digits, tmp_path / "r.html").read_text(encoding="utf-8")
    assert "http://" not in text
    assert "https://" not in text
    for element in ("<script", "<link", "<img", "<iframe", "@import", "url("):
        assert element not in text


def test_the_markup_is_well_formed(digits, tmp_path):
    path = infolens.report(digits, tmp_path / "r.html", quantizer=infolens.uniform(30))
    text = path.read_text(encoding="utf-8")
    body = text[text.index("<main>") : text.index("</main>") + len("</main>")]
    tree = ElementTree.fromstring(body.replace("<br>", "<br/>"))
    cells = [it for it in tree.iter("rect") if it.get("class", "").startswith("q")]
    assert len(cells) == (32 + 32 + 10) * 10 + 3 * _svg.LEVELS
    assert all(it.get("aria-label") or it.get("aria-hidden") for it in tree.iter("svg"))


def test_equal_input_gives_equal_bytes(digits, tmp_path):
    first = infolens.report(digits, tmp_path / "a.html").read_bytes()
    assert infolens.report(str(DIGITS), tmp_path / "b.html").read_bytes() == first


def test_arrays_are_reported_with_their_labels(tmp_path):
    layers, y = arrays()
    names = np.array(["cat & dog", "<bird>", "ärmel", "a name that is longer than its place"])
    path = infolens.report(layers, tmp_path / "r.html", y=names[y], title="Mine <1>", unit="nats")
    text = path.read_text(encoding="utf-8")
    assert "Mine &lt;1&gt;" in text
    assert "<bird>" not in text
    assert "cat &amp; dog" in text
    assert "nats" in text


def test_without_labels_entropies_are_shown(tmp_path):
    layers, _ = arrays()
    text = infolens.report(layers, tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Entropy" in text
    assert "Mutual information" not in text


def test_layers_can_be_chosen(digits, tmp_path):
    text = infolens.report(digits, tmp_path / "r.html", layers=["fc2"]).read_text()
    assert "<h2>fc2</h2>" in text
    assert "<h2>fc1</h2>" not in text
    layers, y = arrays()
    text = infolens.report(layers, tmp_path / "r.html", y=y, layers="second").read_text()
    assert "<h2>first</h2>" not in text
    with pytest.raises(infolens.NotFoundError, match="third"):
        infolens.report(layers, tmp_path / "r.html", y=y, layers="third")


def test_large_layers_are_shown_in_part(tmp_path):
    x, y = sample(400, 300, classes=60)
    text = infolens.report(x, tmp_path / "r.html", y=y).read_text(encoding="utf-8")
    assert "the 60 most informative of 300 neurons" in text
    assert "40 of 60 classes" in text


def test_degenerate_layers_are_reported(tmp_path):
    constant = {"dead": np.zeros((20, 3)), "one": np.arange(20.0)}
    path = infolens.report(constant, tmp_path / "r.html", y=np.zeros(20, dtype=int))
    assert "3 constant" in path.read_text(encoding="utf-8")
    empty_class = infolens.report(
        np.arange(20.0), tmp_path / "r.html", y=np.eye(4)[np.arange(20) % 3]
    )
    assert "nan" not in empty_class.read_text(encoding="utf-8").lower()


def test_nothing_but_the_report_is_left_behind(digits, tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old")
    infolens.report(digits, path)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    with pytest.raises(infolens.FileError, match="cannot write"):
        infolens.report(digits, tmp_path / "no" / "report.html")


@pytest.mark.parametrize("high", [1e-6, 0.37, 1.0, 4.7, 123.0, 5e5])
def test_ticks_are_few_round_and_within_the_axis(high):
    ticks = _svg.nice_ticks(0.0, high)
    assert ticks[0] == 0
    assert 3 <= len(ticks) <= 7
    assert ticks[-1] <= high * (1 + 1e-9)
    assert np.allclose(np.diff(ticks), ticks[1])


def test_plots_draw_each_layer(digits):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    table = digits.neuron_measures(quantizer=infolens.uniform(30))
    assert len(infolens.plot.distributions(table).axes) == 9
    assert len(infolens.plot.top_neurons(table, count=5).axes) == 3
    classes = digits.class_measures(quantizer=infolens.uniform(30))
    figure = infolens.plot.heat_map(classes, "fc1")
    assert figure.axes[0].images[0].get_array().shape == (10, 32)
    for figure_number in pyplot.get_fignums():
        pyplot.figure(figure_number).canvas.draw()
    pyplot.close("all")
    with pytest.raises(infolens.ArgumentError, match="fc1, fc2, output"):
        infolens.plot.heat_map(classes)
    with pytest.raises(infolens.NotFoundError, match="fc9"):
        infolens.plot.heat_map(classes, "fc9")
    with pytest.raises(infolens.NotFoundError, match="none of"):
        infolens.plot.distributions(classes)


def test_significance_and_pairs_are_drawn(digits):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    table = digits.neuron_measures(
        quantizer=infolens.uniform(12), estimator="grassberger", permutations=200, bootstrap=50
    )
    figure = infolens.plot.significance(table)
    assert len(figure.axes) == 3
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    found = int((table.where(layer="fc1")["q_value"] <= 0.05).sum())
    assert f"q ≤ 0.05: {found}" in legend
    assert len(infolens.plot.top_neurons(table, count=5).axes) == 3
    pairs = digits.pairwise_mutual_information(["fc1", "fc2"])
    with pytest.raises(infolens.ArgumentError, match="must be named"):
        infolens.plot.pairs(pairs)
    assert len(infolens.plot.pairs(pairs, "fc2").axes) == 2
    with pytest.raises(infolens.NotFoundError, match="permutations=1000"):
        infolens.plot.significance(digits.neuron_measures())
    for number in pyplot.get_fignums():
        pyplot.close(number)


def test_the_report_says_which_neurons_tell_more_than_chance(digits, tmp_path):
    path = infolens.report(
        digits, tmp_path / "r.html", quantizer=infolens.uniform(30), permutations=200
    )
    text = path.read_text()
    table = digits.neuron_measures(quantizer=infolens.uniform(30), permutations=200)
    informative = int((table.where(layer="fc1")["q_value"] <= 0.05).sum())
    assert f"<td>{informative}</td>" in text
    assert "200 permutations" in text
    assert "q value" in text


def test_the_report_takes_undefined_and_negative_estimates(tmp_path):
    random = np.random.default_rng(0)
    x, y = random.normal(size=(30, 12)), np.r_[0, 0, random.integers(1, 3, 28)]
    for estimator, quantizer in (
        ("chao-shen", infolens.uniform(30)),
        ("miller-madow", infolens.threshold(0.0)),
    ):
        options = {"quantizer": quantizer, "estimator": estimator}
        values = infolens.neuron_measures(x, y, **options)["mutual_information"]
        assert np.isnan(values).any() if estimator == "chao-shen" else (values < 0).any()
        text = infolens.report(x, tmp_path / "r.html", y=y, **options).read_text()
        assert "nan" not in text
