# SPDX-License-Identifier: Apache-2.0
"""Accumulators: pieces, processes, bytes and misuse."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from support import DIGITS, child

import infolens

QUANTIZERS = {
    "threshold": infolens.threshold(0.0),
    "mean": infolens.threshold("mean"),
    "median": infolens.threshold("median"),
    "uniform": infolens.uniform(30),
    "layer": infolens.uniform(12, range="layer"),
    "given": infolens.uniform(9, range=(0.0, 2.0)),
    "quantile": infolens.quantile(7),
    "width": infolens.width(0.25),
    "explicit": infolens.explicit([0.1, 0.5, 1.5]),
}
TWO_PASS = {"mean", "median", "uniform", "layer", "quantile", "width"}


def data(samples=700, neurons=9, dtype=np.float32):
    random = np.random.default_rng(3)
    x = np.maximum(random.normal(size=(samples, neurons)), 0).astype(dtype)
    y = random.integers(0, 4, samples)
    x[:, 0] = 1.5
    x[:, 1] += y == 2
    return x, y


def accumulate(quantizer, x, y, cuts, two_pass):
    accumulator = infolens.Accumulator(quantizer)
    pieces = list(zip(np.split(x, cuts), np.split(y, cuts), strict=True))
    if two_pass:
        assert accumulator.is_fitting
        for part, _ in pieces:
            accumulator.update(part)
        accumulator.fit()
    assert not accumulator.is_fitting
    for part, labels in pieces:
        accumulator.update(part, labels)
    assert accumulator.samples == len(x)
    return accumulator


def assert_same(left, right):
    assert left.columns == right.columns
    for column in left.columns:
        values, others = left[column], right[column]
        same = values.tobytes() == others.tobytes() if values.dtype != object else None
        assert same or (values == others).all(), column


@pytest.mark.parametrize("name", QUANTIZERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_pieces_give_the_table_of_the_whole_bit_for_bit(name, dtype):
    x, y = data(dtype=dtype)
    whole = infolens.neuron_measures(x, y, quantizer=QUANTIZERS[name])
    for cuts in ([], [1, 2, 300], list(range(50, 700, 50))):
        accumulator = accumulate(QUANTIZERS[name], x, y, cuts, name in TWO_PASS)
        assert_same(accumulator.finish(), whole)
    assert whole.metadata == accumulator.finish().metadata
    assert_same(
        accumulator.class_measures(), infolens.class_measures(x, y, quantizer=QUANTIZERS[name])
    )


def test_finish_takes_what_neuron_measures_takes():
    x, y = data()
    accumulator = infolens.Accumulator(quantizer=infolens.threshold(0.5)).update(x, y)
    names = ["entropy", "mutual_information", "g_test", "adjusted_mutual_information"]
    options = {"unit": "nats", "measures": names, "estimator": "grassberger"}
    whole = infolens.neuron_measures(x, y, quantizer=infolens.threshold(0.5), **options)
    assert_same(accumulator.finish(**options), whole)
    groups = {"measures": "jensen_shannon_divergence", "groups": ([0, 1], 2)}
    whole = infolens.neuron_measures(x, y, quantizer=infolens.threshold(0.5), **groups)
    assert_same(accumulator.finish(**groups), whole)


def test_finish_may_be_called_at_any_time():
    x, y = data()
    accumulator = infolens.Accumulator(infolens.threshold(0.2))
    for end in (100, 350, 700):
        accumulator.update(x[accumulator.samples : end], y[accumulator.samples : end])
        whole = infolens.neuron_measures(x[:end], y[:end], quantizer=infolens.threshold(0.2))
        assert_same(accumulator.finish(), whole)


def test_classes_may_come_late_and_in_any_order_and_bear_names():
    x, y = data()
    names = np.array(["wolf", "ant", "bee", "cat"])[y]
    order = np.argsort(names)[::-1]
    accumulator = infolens.Accumulator(infolens.threshold(0.0))
    for rows in np.array_split(order, 9):
        accumulator.update(x[rows], names[rows])
    assert_same(accumulator.finish(), infolens.neuron_measures(x, names))
    assert set(accumulator.class_measures()["class"]) == {"wolf", "ant", "bee", "cat"}


def test_layers_and_dumps_are_taken_as_by_neuron_measures():
    x, y = data()
    accumulator = infolens.Accumulator(infolens.threshold(0.0))
    for part, labels in zip(np.split(x, 7), np.split(y, 7), strict=True):
        accumulator.update({"a": part, "b": part[:, :2]}, labels)
    assert_same(accumulator.finish(), infolens.neuron_measures({"a": x, "b": x[:, :2]}, y))
    with infolens.open(DIGITS) as dump:
        taken = infolens.Accumulator(infolens.threshold(0.0)).update(dump)
        assert_same(taken.finish(), dump.neuron_measures())


def test_without_labels_entropy_is_what_there_is():
    x, _ = data()
    accumulator = infolens.Accumulator(infolens.threshold(0.0)).update(x[:400]).update(x[400:])
    assert_same(accumulator.finish(), infolens.neuron_measures(x))


@pytest.mark.parametrize("name", QUANTIZERS)
def test_a_state_from_another_process_merges(name, tmp_path):
    x, y = data()
    whole = accumulate(QUANTIZERS[name], x, y, [], name in TWO_PASS)
    fitted = infolens.Accumulator(QUANTIZERS[name])
    if name in TWO_PASS:
        fitted.update(x).fit()
    np.savez(tmp_path / "shard.npz", x=x[300:], y=y[300:])
    (tmp_path / "fitted").write_bytes(fitted.serialize())
    code = """
import sys, numpy as np, infolens
from pathlib import Path
folder = Path(sys.argv[1])
shard = np.load(folder / "shard.npz")
counted = infolens.Accumulator.deserialize((folder / "fitted").read_bytes())
counted.update(shard["x"], shard["y"])
(folder / "counted").write_bytes(counted.serialize())
"""
    result = child(code, tmp_path)
    assert result.returncode == 0, result.stderr
    other = infolens.Accumulator.deserialize((tmp_path / "counted").read_bytes())
    for first, second in ((fitted, other), (other, fitted)):
        one, two = pickle.loads(pickle.dumps(first)), pickle.loads(pickle.dumps(second))
        (one if first is fitted else two).update(x[:300], y[:300])
        one.merge(two)
        assert one.serialize() == whole.serialize()
        assert_same(one.finish(), whole.finish())


def test_damaged_bytes_are_refused():
    x, y = data()
    state = infolens.Accumulator(infolens.threshold(0.0)).update(x, y).serialize()
    random = np.random.default_rng(0)
    for _ in range(200):
        damaged = bytearray(state)
        damaged[random.integers(len(state))] ^= int(random.integers(1, 256))
        with pytest.raises(infolens.FormatError):
            infolens.Accumulator.deserialize(bytes(damaged))
        with pytest.raises((infolens.FormatError, infolens.ArgumentError)):
            infolens.Accumulator.deserialize(state[: random.integers(len(state))])
    for nonsense in (b"", b"ILACCUM", b"\0" * 1000, random.bytes(4096)):
        with pytest.raises((infolens.FormatError, infolens.ArgumentError)):
            infolens.Accumulator.deserialize(nonsense)
    newer = bytearray(state)
    newer[7] = 2
    with pytest.raises(infolens.FormatError, match="update the library"):
        infolens.Accumulator.deserialize(bytes(newer))


def test_what_fails_leaves_nothing_behind():
    x, y = data()
    accumulator = infolens.Accumulator(infolens.threshold(0.0)).update(x, y)
    state = accumulator.serialize()
    bad = x.copy()
    bad[-1, -1] = np.nan
    for values, labels, error in (
        (bad, y, infolens.NumericError),
        (x[:, :3], y, infolens.ShapeError),
        (x, y[:-1], infolens.ShapeError),
        (x, y.astype(str), infolens.ArgumentError),
        (x, None, infolens.ArgumentError),
        ({"other": x}, y, infolens.ShapeError),
    ):
        with pytest.raises(error):
            accumulator.update(values, labels)
        assert accumulator.serialize() == state


def test_misuse_is_explained():
    x, y = data()
    ranged = infolens.Accumulator(infolens.uniform(30))
    with pytest.raises(infolens.ArgumentError, match="update it first"):
        ranged.fit()
    ranged.update(x)
    with pytest.raises(infolens.ArgumentError, match="call fit"):
        ranged.finish()
    counted = infolens.Accumulator(infolens.threshold(0.0))
    with pytest.raises(infolens.ArgumentError, match="update it first"):
        counted.finish()
    with pytest.raises(infolens.ArgumentError, match="needs no fitting"):
        counted.update(x, y).fit()
    with pytest.raises(infolens.ArgumentError, match="itself"):
        counted.merge(counted)
    with pytest.raises(infolens.ArgumentError, match="uniform"):
        counted.merge(ranged)
    with pytest.raises(infolens.ArgumentError, match="Accumulator, not dict"):
        counted.merge({})
    for measure in ("class_selectivity", "conditional_mutual_information"):
        with pytest.raises(infolens.Error, match=measure):
            counted.finish(measures=measure)
    with pytest.raises(infolens.ArgumentError, match="must be bytes"):
        infolens.Accumulator.deserialize("text")
    with (
        pytest.raises(infolens.MemoryBudgetError, match="every value"),
        infolens.context(memory=2**20),
    ):
        infolens.Accumulator(infolens.quantile(4)).update(np.zeros((2000, 200)))


def test_a_callback_cannot_use_the_accumulator_that_is_being_updated():
    x, _y = data(samples=60000, neurons=64)
    accumulator = infolens.Accumulator(infolens.uniform(30))
    seen = []

    def progress(stage, done, total):
        try:
            accumulator.finish()
        except infolens.ArgumentError as error:
            seen.append(str(error))

    with infolens.context(progress=progress):
        accumulator.update(x)
    assert seen
    assert all("another call" in text for text in seen)


def test_the_example_of_a_training_loop_runs():
    example = DIGITS.parents[1] / "python" / "live_measures.py"
    code = (
        "import runpy, sys; sys.argv = sys.argv[1:] + ['2']; "
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    result = child(code, example)
    assert result.returncode == 0, result.stderr
    assert "accuracy" in result.stdout


def test_counters_beyond_the_budget_are_refused_before_they_are_made():
    random = np.random.default_rng(0)
    x = random.integers(0, 10**6, (2000, 64)).astype(np.float32)
    y = random.integers(0, 1000, 2000)
    with infolens.context(memory="64 MiB"):
        accumulator = infolens.Accumulator(infolens.uniform(65536)).update(x).fit()
        state = accumulator.serialize()
        with pytest.raises(infolens.MemoryBudgetError, match="counters"):
            accumulator.update(x, y)
        assert accumulator.serialize() == state


def test_what_can_be_fitted_can_be_pickled():
    largest = np.full((3, 1), np.finfo(float).max)
    fitted = infolens.Accumulator(infolens.threshold("median")).update(largest).fit()
    assert pickle.loads(pickle.dumps(fitted)).serialize() == fitted.serialize()
    with pytest.raises(infolens.NumericError, match="integer"):
        infolens.Accumulator(infolens.integer()).update(np.array([[0.5], [2.5]])).fit()


def test_negative_zeros_do_not_change_the_state():
    states = set()
    for pieces in ([[[0.0], [1.0]], [[-0.0], [1.0]]], [[[-0.0], [1.0]], [[0.0], [1.0]]]):
        accumulator = infolens.Accumulator(infolens.uniform(3))
        for piece in pieces:
            accumulator.update(np.array(piece))
        states.add(accumulator.serialize())
        states.add(accumulator.fit().serialize())
    assert len(states) == 2


def test_many_small_pieces_are_gathered_in_linear_time():
    x, _ = data(samples=6000, neurons=2)
    accumulator = infolens.Accumulator(infolens.quantile(5))
    for row in x:
        accumulator.update(row[None])
    accumulator.fit()
    whole = infolens.Accumulator(infolens.quantile(5)).update(x).fit()
    assert accumulator.serialize() == whole.serialize()


@pytest.mark.parametrize(
    "quantizer", [infolens.threshold(0.0), infolens.uniform(4), infolens.threshold("median")]
)
def test_a_declared_width_beyond_all_memory_is_refused(quantizer):
    wide = np.broadcast_to(np.float32(1), (3, 1 << 57))
    accumulator = infolens.Accumulator(quantizer)
    with pytest.raises(infolens.MemoryBudgetError):
        accumulator.update(wide)
    accumulator.update(np.ones((3, 2)))
    assert accumulator.samples == 3
