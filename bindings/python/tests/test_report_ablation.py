# SPDX-License-Identifier: Apache-2.0
"""The report's section about ablation, and when it is left out."""

from __future__ import annotations

import re
import shutil
from xml.etree import ElementTree

import h5py
import numpy as np
import pytest
from dense import dense
from support import DIGITS

import infolens
from infolens import _report_ablation, _svg

TITLE = "<h2>Which neurons does the network need?</h2>"
QUANTIZER = infolens.uniform(30)


@pytest.fixture
def written(tmp_path):
    """Writes a report and gives its text."""

    def write(source, **options):
        return infolens.report(source, tmp_path / "r.html", **options).read_text(encoding="utf-8")

    return write


@pytest.fixture
def changed(tmp_path):
    """A copy of the digits that a function changes."""

    def change(edit):
        path = tmp_path / "changed.h5"
        shutil.copy(DIGITS, path)
        path.chmod(0o644)
        with h5py.File(path, "a") as file:
            edit(file)
        return path

    return change


def section(text):
    """The section as a tree."""
    start = text.index("<section>" + TITLE)
    end = text.index("</section>", start) + len("</section>")
    return ElementTree.fromstring(text[start:end].replace("<br>", "<br/>"))


def charts(tree):
    return [it for it in tree.iter("svg") if it.get("class") == "plot"]


def write_dump(path, made, names=None):
    """A network with what it says, in the native layout, under other names of layers."""
    said = made.data
    with h5py.File(path, "w") as file:
        file["inputs"], file["logits"], file["labels"] = made.inputs, said["logits"], made.y
        for index, (name, weight, bias, activation) in enumerate(made.layers):
            group = file.create_group(f"layers/{(names or {}).get(name, name)}")
            group.attrs["index"], group.attrs["activation"] = index, activation
            group["activations"], group["weight"] = said[name], weight
            group["weight"].attrs["layout"] = "in_out"
            if bias is not None:
                group["bias"] = bias
    return path


def test_each_layer_and_the_network_have_a_chart(digits, written):
    tree = section(written(digits, quantizer=QUANTIZER))
    titles = ["".join(it.itertext()) for it in tree.iter("h3")][:3]
    assert titles == ["fc1 32 neurons", "fc2 32 neurons", "The whole network 64 neurons"]
    for chart in charts(tree):
        drawn = [it.get("class") for it in chart.iter("path")]
        assert sorted(it for it in drawn if it.startswith("line ")) == [
            "line high",
            "line high dashed",
            "line low",
            "line low dashed",
            "line random",
        ]
        assert drawn.count("band random") == 1
        assert drawn.count("level") == 1


def test_curves_are_those_of_ablation(digits, written):
    chart = charts(section(written(digits, quantizer=QUANTIZER)))[0]
    curves = digits.ablate(layers="fc1", direction="both", quantizer=QUANTIZER)
    for css, direction in (("low", "ascending"), ("high", "descending")):
        path = next(it for it in chart.iter("path") if it.get("class") == f"line {css}")
        y = np.array([float(it.split()[1]) for it in path.get("d")[1:].split("L")])
        accuracy = curves.where(direction=direction)["accuracy"]
        assert len(y) == 33
        # Heights are in tenths of a point, of which an accuracy of 1 has 180.
        assert np.allclose((190 - y) / 180, accuracy, rtol=0, atol=0.06 / 180)
    hints = [it.findtext("title") for it in chart.iter("rect")]
    assert hints[8].startswith("8 of 32 removed: lowest first ")
    assert f"{curves.where(direction='descending')['accuracy'][8]:.3f}" in hints[8]


def test_the_diagnosis_is_shown_with_its_numbers(digits, written):
    text = written(digits, quantizer=QUANTIZER)
    tree = section(text)
    found = digits.diagnose(quantizer=QUANTIZER)
    for reading in found.layers["reading"]:
        assert reading in text
    cells = ["".join(it.itertext()) for it in tree.iter("td")]
    counts = next(iter(found.layers))
    names = ("neurons", "suffice", "tolerate", "destroy", "inactive", "redundant", "synergistic")
    assert cells[: 1 + len(names)] == ["fc1", *(str(counts[name]) for name in names)]
    shown = "".join(cells).replace("−", "-")
    for row in found.correlations:
        assert f"{row['contrast']:+.3f}" in shown
        assert f"{row['rank_correlation']:+.2f}" in shown
    titles = [it.get("title") for it in tree.iter("abbr")]
    assert len(titles) == 6
    assert all(titles)
    assert found.paradoxes == []
    assert "paradox does not show for mutual information, entropy or KL selectivity" in text


def test_simpsons_paradox_is_stated_with_its_numbers(shared, written):
    path = shared("data/mnist_sigmoid_200_200.h5")
    text = written(path, quantizer=infolens.threshold(0.5))
    with infolens.open(path) as dump:
        found = dump.diagnose(quantizer=infolens.threshold(0.5))
    assert found.paradoxes == ["mutual_information"]
    verdict = re.search(r"<b>Simpson’s paradox for mutual information.</b>(.*?)</p>", text)
    for row in found.correlations.where(measure="mutual_information"):
        assert f"{row['contrast']:+.3f}".replace("-", "−") in verdict[1]
    assert "paradox does not show for entropy or KL selectivity" in text


def test_the_section_can_be_left_out(digits, written):
    text = written(digits, ablation=False)
    assert TITLE not in text
    assert "<dt>Ablation</dt>" not in text


def test_a_dump_without_weights_says_why_there_is_no_section(changed, written):
    def edit(file):
        for group in file["layers"].values():
            del group["weight"]

    path = changed(edit)
    text = written(path)
    assert TITLE not in text
    assert "<dt>Ablation</dt><dd>left out: the dump holds no weights" in text
    with pytest.raises(infolens.NotFoundError, match="no weights"):
        written(path, ablation=True)


def test_a_dump_without_labels_says_why_there_is_no_section(changed, written):
    def edit(file):
        del file["labels"]

    path = changed(edit)
    text = written(path)
    assert TITLE not in text
    assert "left out: the dump holds no labels" in text
    with pytest.raises(infolens.NotFoundError, match="labels"):
        written(path, ablation=True)


def test_weights_that_do_not_reproduce_are_said_to_do_so(changed, written):
    def edit(file):
        file["layers/fc2/bias"][...] += 1

    path = changed(edit)
    said = section(written(path)).findtext("p")
    with pytest.raises(infolens.NumericError) as raised:
        written(path, ablation=True)
    assert said == f"No neuron could be removed: {raised.value}"
    assert 'does not reproduce layer "fc2"' in said


def test_an_unknown_activation_is_said_to_be_so(changed, written):
    def edit(file):
        del file["layers/fc1"].attrs["activation"]

    assert "does not say what layer" in section(written(changed(edit))).findtext("p")


def test_names_of_layers_are_escaped(tmp_path, written):
    names = {"fc1": "<b>1 & 2", "fc2": 'net "work"'}
    text = written(write_dump(tmp_path / "named.h5", dense(), names), ablation=True)
    assert "<b>1 & 2" not in text
    tree = section(text)
    labels = [it.text for it in tree.iter("td") if it.get("class") == "name"]
    assert labels == ["<b>1 & 2", 'net "work"'] + 2 * ["<b>1 & 2", 'net "work"', "whole network"]
    assert charts(tree)[0].get("aria-label").endswith("removed: <b>1 & 2")
    assert sum(1 for it in tree.iter("dt") if it.text == "<b>1 & 2") == 1


def test_a_single_layer_is_not_pooled(tmp_path, digits, written):
    made = dense(("tanh", "softmax"), (6, 5, 3))
    for source in (write_dump(tmp_path / "one.h5", made), digits):
        text = written(source, layers="fc1")
        tree = section(text)
        assert len(charts(tree)) == 1
        assert "whole network" not in [it.text for it in tree.iter("td")]
        assert "paradox" not in text


def test_layers_before_the_last_are_needed(digits, written):
    text = written(digits, layers="output")
    assert TITLE not in text
    assert "before the last, of which none is shown" in text
    with pytest.raises(infolens.ArgumentError, match="before the last"):
        written(digits, layers="output", ablation=True)


def test_a_large_network_is_left_out_unless_it_is_asked_for(digits, written, monkeypatch):
    monkeypatch.setattr(_report_ablation, "_MOST", 1.0)
    text = written(digits)
    assert TITLE not in text
    assert "the network is large" in text
    assert TITLE in written(digits, ablation=True)


def test_large_layers_lose_several_neurons_a_point(digits, written, monkeypatch):
    monkeypatch.setattr(_report_ablation, "_POINTS", 10)
    tree = section(written(digits))
    path = next(it for it in charts(tree)[0].iter("path") if it.get("class") == "line low")
    # 0, 4, …, 32
    assert len(path.get("d").split("L")) == 9


def test_the_order_is_by_the_quantizer_of_the_report(digits, written):
    texts = [written(digits, quantizer=it) for it in (QUANTIZER, infolens.threshold(0.0))]
    first, second = (section(it).findall(".//svg[@class='plot']")[0] for it in texts)
    assert ElementTree.tostring(first) != ElementTree.tostring(second)
    assert "mutual information by uniform(30" in texts[0]


def test_cancelling_leaves_no_report(digits, tmp_path):
    def stop(stage, done, total):
        return not stage.startswith("diagnosis")

    with infolens.context(progress=stop), pytest.raises(infolens.CancelledError):
        infolens.report(digits, tmp_path / "r.html")
    assert list(tmp_path.iterdir()) == []


def test_arrays_have_no_network(written):
    x = np.random.default_rng(0).normal(size=(50, 4))
    text = written(x, y=np.arange(50) % 2)
    assert "Ablation" not in text
    with pytest.raises(infolens.ArgumentError, match="weights of a network"):
        written(x, y=np.arange(50) % 2, ablation=True)


def test_a_flat_chart_is_drawn():
    line = _svg.Line(np.array([0.0]), np.array([0.5]), "low")
    chart = _svg.line_chart([line], [], [(0.0, "a < b")], 0.1, ("x", "chance", "title"))
    assert "a &lt; b" in chart
    assert ElementTree.fromstring(chart).get("aria-label") == "title"
