# SPDX-License-Identifier: Apache-2.0
"""The report's section about groups of neurons, and when it is left out."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
from support import sample
from test_o_information import gauss

import infolens
from infolens import _groups

TITLE = "<h2>Which groups of neurons are redundant, which synergistic?</h2>"


@pytest.fixture
def written(tmp_path):
    """Writes a report without ablation and gives its text."""

    def write(source, **options):
        options.setdefault("ablation", False)
        return infolens.report(source, tmp_path / "r.html", **options).read_text(encoding="utf-8")

    return write


def section(text):
    """The section as a tree."""
    start = text.index("<section>" + TITLE)
    end = text.index("</section>", start) + len("</section>")
    return ElementTree.fromstring(text[start:end].replace("<br>", "<br/>"))


def charts(tree):
    return [it for it in tree.iter("svg") if it.get("class") == "plot"]


def cells(figure):
    return ["".join(it.itertext()).replace("−", "-") for it in figure.iter("td")]


@pytest.fixture
def arrays():
    generator = np.random.default_rng(7)
    y = generator.integers(0, 3, 600)
    x = gauss(5, 600, 9) + y[:, None] * generator.normal(size=9)
    return {"first": x, "second": x[:, :7] ** 3}, y


def test_each_layer_has_a_chart_of_both_ends_with_the_label_and_without(written, arrays):
    x, y = arrays
    tree = section(written(x, y=y))
    assert len(charts(tree)) == 2
    for chart in charts(tree):
        drawn = [it.get("class") for it in chart.iter("path")]
        assert sorted(it for it in drawn if it.startswith("line ")) == [
            "line high",
            "line high dashed",
            "line low",
            "line low dashed",
        ]
        assert drawn.count("level") == 1
    titles = ["".join(it.itertext()) for it in tree.iter("h3")]
    assert titles == ["first 9 neurons", "second 7 neurons"]


def test_curves_and_tables_are_those_of_the_search(written, arrays):
    x, y = arrays
    tree = section(written(x, y=y, unit="nats"))
    found = infolens.o_information(x["first"], order=6, top=5, unit="nats", bias_correction=True)
    figures = list(tree.iter("figure"))
    captions = ["".join(it.itertext()) for figure in figures[:4] for it in figure.iter("h4")]
    assert captions == [
        "Most redundant groups of 6, without the label",
        "Most synergistic groups of 6, without the label",
        "Most redundant groups of 6, with the label",
        "Most synergistic groups of 6, with the label",
    ]
    for figure, extremum in zip(figures[:2], ("max", "min"), strict=True):
        rows = found.where(extremum=extremum)
        shown = cells(figure)
        assert shown[1::3] == [f"{value:+.3f}" for value in rows["o_information"]]
        groups = np.stack([rows[f"neuron_{i}"] for i in range(6)], 1)
        assert shown[0::3] == [", ".join(map(str, group)) for group in groups]
        options = {"labels": y, "label": "class-conditional", "unit": "nats"}
        options["bias_correction"] = True
        about = infolens.o_information(x["first"], groups, **options)["o_information"]
        assert shown[2::3] == [f"{value:+.3f}" for value in about]
    hints = [it.findtext("title") for it in charts(tree)[0].iter("rect")]
    assert [hint.partition(" ")[0] for hint in hints] == ["3", "4", "5", "6", "7", "8", "9"]
    assert hints[0].startswith("3 neurons: without the label ")


def test_without_labels_groups_are_of_neurons_alone(written, arrays):
    tree = section(written(arrays[0]))
    assert all("dashed" not in (it.get("class") or "") for it in tree.iter("path"))
    assert "with the label" not in "".join(tree.itertext())


def test_constant_neurons_take_no_part_and_ties_are_told(written):
    x, y = sample(400, 8)
    x = np.maximum(x, 0)
    x[:, 3] = 0
    text = written(x, y=y)
    assert "1 constant neurons take no part, 7 do." in text
    assert "outputs of a ReLU share 0" in text
    groups = [group for figure in section(text).iter("figure") for group in cells(figure)[0::3]]
    assert groups
    assert all("3" not in group.split(", ") for group in groups)


def test_preactivations_are_taken_where_the_dump_has_them(written, shared):
    path = shared("data/nn_mnist_o20_s0.h5")
    text = written(path, layers="fc3")
    tree = section(text)
    assert "of pre-activations" in text
    assert "outputs of a ReLU" not in text
    with infolens.open(path) as dump:
        found = dump["fc3"].preactivations.o_information(order=6, top=5, bias_correction=True)
    shown = cells(next(tree.iter("figure")))
    assert shown[1::3] == [f"{it:+.3f}" for it in found.where(extremum="max")["o_information"]]


def test_large_layers_are_left_out_with_the_reason_and_searched_on_request(
    written, arrays, monkeypatch
):
    x, y = arrays
    monkeypatch.setattr(_groups, "_SECONDS", (-1.0, -1.0))
    text = written(x, y=y)
    assert TITLE not in text
    assert "left out: without the label, the 84 groups of three neurons would take about" in text
    tree = section(written(x, y=y, o_information=True))
    captions = ["".join(it.itertext()) for it in tree.iter("h4")]
    assert captions[0] == "Most redundant groups of 3, without the label"


def test_a_label_that_takes_too_long_leaves_the_rest(written, arrays, monkeypatch):
    search = _groups._search
    limited = []

    def slow(joint, *arguments):
        limited.append(joint.neurons().metadata["label"])
        return "too slow" if limited[-1] != "none" else search(joint, *arguments)

    monkeypatch.setattr(_groups, "_search", slow)
    text = written(arrays[0], y=arrays[1])
    assert limited == ["none", "class-conditional"] * 2
    assert "Left out: with the label, too slow." in text
    assert all("dashed" not in (it.get("class") or "") for it in section(text).iter("path"))


def test_it_can_be_skipped(written, arrays):
    assert "O-information" not in written(arrays[0], y=arrays[1], o_information=False)


def test_layers_of_two_neurons_have_no_groups(written):
    x, y = sample(200, 2)
    text = written(x, y=y)
    assert TITLE not in text
    assert "of its 2 neurons 2 vary" in text


def test_errors_are_raised_where_it_was_asked_for(written, arrays, monkeypatch):
    def refuse(*_):
        raise infolens.NumericError("refused")

    monkeypatch.setattr(_groups, "_fill", refuse)
    assert "left out: refused" in written(arrays[0])
    with pytest.raises(infolens.NumericError, match="refused"):
        written(arrays[0], o_information=True)


def test_a_report_can_be_cancelled_while_groups_are_searched(written, arrays):
    def stop(stage, done, total):
        return "O-information" not in stage and "search" not in stage

    with infolens.context(progress=stop), pytest.raises(infolens.CancelledError):
        written(arrays[0])
