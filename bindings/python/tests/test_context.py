# SPDX-License-Identifier: Apache-2.0
"""Settings, progress, cancellation and Ctrl-C."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from support import child, sample

import infolens
from infolens._context import current


def test_blocks_nest_and_end():
    assert current().threads is None
    with infolens.context(threads=2, memory="512 MB"):
        with infolens.context(threads=3, seed=7):
            assert (current().threads, current().memory, current().seed) == (3, 512_000_000, 7)
        assert (current().threads, current().seed) == (2, None)
    assert current().memory is None


def test_a_block_holds_for_its_own_thread():
    seen = []
    with infolens.context(threads=2):
        thread = threading.Thread(target=lambda: seen.append(current().threads))
        thread.start()
        thread.join()
    assert seen == [None]


def test_defaults_of_the_process_reach_every_thread():
    code = (
        "import threading, infolens\n"
        "from infolens._context import current\n"
        "infolens.context(threads=2).use()\n"
        "t = threading.Thread(target=lambda: print(current().threads)); t.start(); t.join()\n"
        "with infolens.context(threads=1): print(current().threads)\n"
    )
    assert child(code).stdout.split() == ["2", "1"]


@pytest.mark.parametrize(
    ("memory", "size"),
    [("512 MB", 512 * 10**6), ("2GiB", 2**31), ("1.5 MiB", 3 * 2**19), (2**20, 2**20)],
)
def test_memory_is_written_as_a_number_or_as_text(memory, size):
    assert infolens.context(memory=memory).memory == size


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"threads": 0}, "threads must lie between 1 and 1024, not 0"),
        ({"threads": 1.5}, "threads must be a whole number"),
        ({"threads": True}, "whole number"),
        ({"memory": "lots"}, "'lots' is not a size"),
        ({"memory": "3 XB"}, "not a size"),
        ({"memory": 10}, "memory must lie between"),
        ({"seed": -1}, "seed must lie between"),
        ({"progress": "yes"}, "progress must be True, False or a function"),
    ],
)
def test_settings_out_of_range_are_refused(settings, text):
    with pytest.raises(infolens.ArgumentError, match=text):
        infolens.context(**settings)


def test_progress_is_reported_and_ends_complete():
    seen = []
    with infolens.context(progress=lambda *it: seen.append((*it, threading.get_ident()))):
        infolens.neuron_measures(*sample(5000, 20), quantizer=infolens.uniform(30))
    assert seen
    for stage, done, total, thread in seen:
        assert isinstance(stage, str)
        assert "neuron" in stage
        assert 0 <= done <= total
        assert total > 0
        assert thread == threading.get_ident()
    assert seen[-1][1] == seen[-1][2]


def test_a_callback_can_cancel():
    with (
        infolens.context(progress=lambda *_: False),
        pytest.raises(infolens.CancelledError),
    ):
        infolens.neuron_measures(*sample())
    assert len(infolens.neuron_measures(*sample())) == 7


def test_what_a_callback_raises_comes_out_of_the_call():
    def failing(stage, done, total):
        raise ZeroDivisionError(stage)

    with infolens.context(progress=failing), pytest.raises(ZeroDivisionError, match="neuron"):
        infolens.neuron_measures(*sample())


def test_a_callback_may_call_the_library_itself():
    inner = []

    def nested(stage, done, total):
        with infolens.context(progress=False):
            inner.append(infolens.neuron_measures(*sample(50, 2))["entropy"])

    with infolens.context(progress=nested):
        infolens.neuron_measures(*sample())
    assert inner


def test_calls_run_side_by_side():
    x, y = sample(4000, 30)
    expected = infolens.neuron_measures(x, y)["mutual_information"]
    found = [None] * 8

    def work(place):
        for _ in range(5):
            found[place] = infolens.neuron_measures(x, y)["mutual_information"]

    threads = [threading.Thread(target=work, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(values, expected) for values in found)


def test_one_dump_serves_several_threads(digits):
    expected = digits.neuron_measures()["entropy"]
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(digits.neuron_measures()["entropy"]))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert all(np.array_equal(values, expected) for values in found)


INTERRUPTED = """
import os, signal, sys, threading, time
import numpy as np
import infolens
x = np.random.default_rng(0).normal(size=(2_000_000, 40)).astype("f4")
y = np.arange(len(x)) % 10
started = threading.Event()
def interrupt():
    started.wait()
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt, daemon=True).start()
{handler}
def told(stage, done, total):
    started.set()
    time.sleep(0.05)
with infolens.context(progress=told, threads=1):
    try:
        infolens.neuron_measures(x, y, quantizer=infolens.uniform(30))
        print("finished")
    except KeyboardInterrupt:
        print("KeyboardInterrupt")
    except infolens.CancelledError:
        print("CancelledError")
assert signal.getsignal(signal.SIGINT) is {restored}
print(len(infolens.neuron_measures(x[:100], y[:100])))
"""


def test_ctrl_c_stops_a_call_and_python_goes_on():
    code = INTERRUPTED.format(handler="", restored="signal.default_int_handler")
    result = child(code)
    assert result.stdout.split() == ["KeyboardInterrupt", "40"], result.stderr
    assert result.stderr == ""


def test_a_handler_of_the_caller_is_called_after_the_call():
    handler = "mine = lambda *_: print('mine')\nsignal.signal(signal.SIGINT, mine)"
    result = child(INTERRUPTED.format(handler=handler, restored="mine"))
    assert result.stdout.split() == ["mine", "CancelledError", "40"], result.stderr


def test_a_bar_appears_when_asked_for_and_only_then():
    pytest.importorskip("tqdm")
    code = (
        "import sys, numpy as np, infolens\n"
        "x = np.random.default_rng(0).normal(size=(300_000, 64)); y = np.arange(len(x)) % 7\n"
        "asked = {'None': None, 'True': True}[sys.argv[1]]\n"
        "with infolens.context(progress=asked, threads=1):\n"
        "    infolens.neuron_measures(x, y, quantizer=infolens.uniform(30))\n"
    )
    assert child(code, "None").stderr == ""
    asked = child(code, "True")
    assert asked.returncode == 0
    assert "neuron measures" in asked.stderr


@pytest.mark.parametrize(
    "quantizer", [infolens.integer(), infolens.quantile(8), infolens.uniform(30)]
)
def test_progress_stays_on_the_calling_thread_when_values_are_refused(quantizer):
    X = np.random.default_rng(3).integers(0, 9, (60_000, 32)).astype(np.float32)
    X[0] = 1e6  # too far apart to be counted: columns are sorted, several at a time
    X[-1, 5] = 0.5 if quantizer == infolens.integer() else np.nan
    threads = set()
    with (
        infolens.context(threads=8, progress=lambda *_: threads.add(threading.get_ident())),
        pytest.raises(infolens.NumericError, match="row 59999, neuron 5"),
    ):
        infolens.neuron_measures(X, np.arange(len(X)) % 10, quantizer=quantizer)
    assert threads <= {threading.get_ident()}
