# SPDX-License-Identifier: Apache-2.0
"""Files that another process reads: the same answers, and an error where that process ends."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from support import DIGITS, SHARED, child

import infolens

BAD = SHARED / "bad"


def bad_files():
    if not (BAD / "manifest.json").exists():
        return []
    named = json.loads((BAD / "manifest.json").read_text())
    files = [BAD / name for name in named if (BAD / name).is_file() and not name.endswith(".raw")]
    return [*sorted(files), *sorted((BAD / "fuzz").iterdir())]


def samples():
    """Dumps in the layouts of many tools."""
    endings = (".h5", ".hdf5", ".h5ad", ".nc", ".mat", ".nwb", ".keras")
    return sorted(path for path in (SHARED / "samples").glob("**/*") if path.suffix in endings)


def columns_of(table):
    """The columns' values, comparable: numbers as their bits."""
    columns = {name: np.asarray(table[name]) for name in table.columns}
    return {
        name: values.tobytes() if values.dtype.kind in "fi" else values.tolist()
        for name, values in columns.items()
    }


def attempt(call):
    """What a call gives, or the kind and text of its error."""
    try:
        return call()
    except infolens.Error as error:
        return type(error), str(error)


def answers(path, **how):
    """Everything that a file is asked: what it holds, its classes, samples and measures."""
    with infolens.context(memory="64MB", progress=False):
        opened = attempt(lambda: infolens.open(path, **how))
        if isinstance(opened, tuple):
            return opened
        with opened as dump:
            found = [[tuple(row.values()) for row in dump.describe()]]
            found.append(attempt(lambda: dump.network().layers))
            found.append(attempt(lambda: columns_of(dump.classes())))
            for layer in [*dump.layers[:3], "act"]:
                found.append(
                    attempt(
                        lambda layer=layer: columns_of(
                            dump.neuron_measures(
                                layers=layer, measures=["entropy"], reduction="flatten"
                            )
                        )
                    )
                )
            return found


def readers():
    """Processes that read for this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if int(parent) == os.getpid() and state != "Z":
                found.append(int(entry.name))
    return found


def stop(process):
    """Stop a process: kill() only sends the signal, and a thread may answer before it comes."""
    os.kill(process, signal.SIGSTOP)
    end = time.monotonic() + 30
    states = [""]
    while set(states) != {"T"} and time.monotonic() < end:
        tasks = Path(f"/proc/{process}/task").iterdir()
        states = [(task / "stat").read_text().rpartition(")")[2].split()[0] for task in tasks]
    assert set(states) == {"T"}


@pytest.mark.skipif(not bad_files(), reason="the collections of files are not there")
@pytest.mark.parametrize("path", [*bad_files(), *samples()], ids=lambda path: ascii(path.name))
def test_a_file_gets_the_answer_that_it_gets_here(path):
    # libhdf5 tells where in memory it stumbled.
    there, here = (
        re.sub("0x[0-9a-f]+", "0x", repr(answers(path, isolate=isolate)))
        for isolate in (True, False)
    )
    assert there == here


def test_values_are_those_of_reading_here():
    with infolens.open(DIGITS) as here, infolens.open(DIGITS, isolate=True) as there:
        assert there.layers == here.layers
        assert list(there.describe()) == list(here.describe())
        for threads in (1, 4):
            with infolens.context(threads=threads):
                same = columns_of(there.neuron_measures()) == columns_of(here.neuron_measures())
                assert same
        for layer in here.layers:
            assert np.array_equal(there[layer].read(), here[layer].read())
        assert "process" in str(there[here.layers[0]].plan)


def test_large_layers_come_in_pieces(tmp_path):
    h5py = pytest.importorskip("h5py")
    x = np.random.default_rng(3).normal(size=(3000, 700)).astype(np.float32)
    with h5py.File(tmp_path / "dump.h5", "w") as file:
        file["labels"] = np.arange(3000) % 5
        file["rows"] = x
        file.create_dataset("chunks", data=x, chunks=(130, 99), compression="gzip", shuffle=True)
        file.create_dataset("one", data=x, chunks=x.shape, compression="gzip")
        file["half"] = x.astype(np.float16)
    with h5py.File(tmp_path / "wide.h5", "w") as file:
        file["wide"] = x.reshape(2, -1)
    with infolens.open(tmp_path / "dump.h5", isolate=True) as dump:
        for name in ("rows", "chunks", "one"):
            same = np.array_equal(dump.layer_at(name).read(), x)
            assert same, name
        assert np.array_equal(dump.layer_at("half").read(), x.astype(np.float16))
    with infolens.open(tmp_path / "wide.h5", isolate=True) as dump:
        same = np.array_equal(dump.layer_at("wide").read(), x.reshape(2, -1))
        assert same


def test_the_end_of_the_reader_is_an_error_and_not_the_end_of_this_process():
    dump = infolens.open(DIGITS, isolate=True)
    (reader,) = readers()
    stop = threading.Event()
    failures = []

    def measure():
        while not stop.is_set():
            try:
                dump.neuron_measures()
            except infolens.FormatError as error:
                failures.append(str(error))
                return

    threads = [threading.Thread(target=measure) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    os.kill(reader, signal.SIGSEGV)
    for thread in threads:
        thread.join(30)
    stop.set()
    assert len(failures) == 3
    assert len(set(failures)) == 1
    assert "signal 11 (segmentation fault)" in failures[0]
    assert "digits.h5" in failures[0]
    with pytest.raises(infolens.FormatError, match="signal 11"):
        dump.neuron_measures()
    assert readers() == []


def test_a_reader_that_stands_still_is_an_error_that_names_the_option():
    with infolens.open(DIGITS, isolate=True, timeout=0.3) as dump:
        (reader,) = readers()
        stop(reader)
        with pytest.raises(infolens.FormatError, match=r"0\.3 seconds.*timeout"):
            dump.neuron_measures()
    assert readers() == []


def test_interrupting_does_not_wait_for_a_reader_that_stands_still():
    code = f"""
import os, signal, threading, time
import infolens
from test_isolation import readers, stop
dump = infolens.open({str(DIGITS)!r}, isolate=True)
stop(readers()[0])
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
start = time.monotonic()
try:
    dump.neuron_measures()
except KeyboardInterrupt:
    print("interrupted", time.monotonic() - start < 20)
"""
    result = child(code)
    assert result.stdout == "interrupted True\n", result.stderr


def test_the_readers_end_with_the_interpreter_and_print_nothing():
    code = f"""
import infolens
from test_isolation import readers
dumps = [infolens.open({str(DIGITS)!r}, isolate=True) for _ in range(3)]
dumps[0].neuron_measures()
print(*readers())
"""
    result = child(code)
    assert result.returncode == 0
    assert result.stderr == ""
    ids = [int(text) for text in result.stdout.split()]
    assert len(ids) == 3

    def runs(number):
        try:
            return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    end = time.monotonic() + 20
    while any(map(runs, ids)) and time.monotonic() < end:
        time.sleep(0.01)
    assert not any(map(runs, ids))


def test_want_of_memory_in_the_reader_is_an_error(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "dump.h5", "w") as file:
        file["labels"] = np.arange(4) % 2
        file.create_dataset("act", (4, 1 << 30), "f4", chunks=(4, 1 << 28), compression="gzip")[
            0, 0
        ] = 1
    with (
        infolens.context(memory="1MiB"),
        infolens.open(tmp_path / "dump.h5", isolate=True) as dump,
        pytest.raises((infolens.MemoryBudgetError, infolens.FormatError)),
    ):
        dump.neuron_measures(layers="/act")


def test_where_the_reader_is_not_found_the_error_says_how_to_mend_it(monkeypatch):
    monkeypatch.setenv("INFOLENS_READER", "/nowhere/infolens-reader")
    with pytest.raises(infolens.NotFoundError, match="INFOLENS_READER") as caught:
        infolens.open(DIGITS, isolate=True)
    assert "/nowhere/infolens-reader" in str(caught.value)
    infolens.open(DIGITS).close()


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), "soon"])
def test_a_timeout_that_is_none_is_refused(timeout):
    with pytest.raises(infolens.ArgumentError, match="timeout"):
        infolens.open(DIGITS, isolate=True, timeout=timeout)


def test_a_timeout_without_isolate_is_refused():
    with pytest.raises(infolens.ArgumentError, match="isolate"):
        infolens.open(DIGITS, timeout=3)


def test_a_missing_file_is_told_as_ever():
    with pytest.raises(infolens.FileMissingError):
        infolens.open("absent.h5", isolate=True)


def test_the_command_line_isolates(capsys):
    from infolens._command import main

    def output(*arguments):
        assert main([str(argument) for argument in arguments]) == 0
        return capsys.readouterr().out

    for command in (["describe"], ["measures", "--quiet"]):
        assert output(*command, DIGITS, "--isolate") == output(*command, DIGITS)
