# SPDX-License-Identifier: Apache-2.0
"""Files that are being written, were left half-written, or change while they are read."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import h5py
import numpy as np
import pytest
from support import child, sample

import infolens

# Writes rows until it is told how far, says so, and waits to be killed.
WRITER = """
import sys, time
import h5py
import numpy as np

path, libver, storage, point = sys.argv[1:]
options = {
    "contiguous": {},
    "chunked": {"chunks": (64, 16), "maxshape": (None, 16)},
    "gzip": {"chunks": (64, 16), "maxshape": (None, 16), "compression": "gzip"},
}[storage]
file = h5py.File(path, "w", libver=libver if libver == "earliest" else ("v110", "v110"))

def reached(name):
    if name == point:
        print("reached", flush=True)
        time.sleep(600)

reached("created")
if point != "created":
    file.flush()
file["labels"] = np.arange(1024) % 3
data = file.create_dataset("layers/fc1/activations", (1024, 16), "f4", **options)
reached("declared")
data[:512] = np.random.default_rng(1).random((512, 16))
reached("half unflushed")
file.flush()
reached("half flushed")
data[512:] = 1
reached("whole unflushed")
file.flush()
reached("whole flushed")
if libver == "latest" and storage != "contiguous":
    file.swmr_mode = True
reached("swmr")
"""

POINTS = [
    "created",
    "declared",
    "half unflushed",
    "half flushed",
    "whole unflushed",
    "whole flushed",
    "swmr",
]


def abandoned(path: Path, *arguments: str) -> None:
    """A file whose writer was killed at the point that is named."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), *arguments], stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"reached\n"
        process.send_signal(signal.SIGKILL)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize(
    ("libver", "storage"),
    [("earliest", "contiguous"), ("earliest", "gzip"), ("latest", "chunked"), ("latest", "gzip")],
)
def test_what_a_killed_writer_leaves_is_read_rightly_or_explained(tmp_path, libver, storage, point):
    path = tmp_path / "dump.h5"
    abandoned(path, libver, storage, point)
    expected = np.ones((1024, 16), np.float32)
    expected[:512] = np.random.default_rng(1).random((512, 16))
    try:
        with infolens.open(path) as dump:
            found = dump.neuron_measures(quantizer=infolens.uniform(16))
    except infolens.Error as error:
        # Something that a person can act on.
        text = str(error)
        assert any(
            hint in text
            for hint in (
                "h5clear",
                "truncated",
                "empty",
                "never written",
                "no layers",
                "labels",
                "not an HDF5 file",
            )
        ), text
        assert point != "whole flushed" or libver == "latest", text
    else:
        whole = infolens.neuron_measures(
            {"fc1": expected}, np.arange(1024) % 3, quantizer=infolens.uniform(16)
        )
        if point in ("half unflushed", "half flushed", "declared", "whole unflushed"):
            # Zeros in place of what was not written are what a contiguous dataset has room for.
            assert storage == "contiguous", point
        else:
            assert np.array_equal(found["mutual_information"], whole["mutual_information"])


LOCKS = """
import os, sys
import h5py
import infolens
from pathlib import Path

path, mode = sys.argv[1:]
with h5py.File(path, mode, libver=("v110", "v110")) as file:
    if mode == "r+":
        file.swmr_mode = True
    result = None
    pid = os.fork()
    if pid == 0:
        try:
            infolens.open(path).neuron_measures(measures="entropy")
            print("read", flush=True)
        except infolens.Error as error:
            print(type(error).__name__, error, flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
"""


@pytest.mark.parametrize("locking", ["TRUE", "FALSE", "BEST_EFFORT"])
@pytest.mark.parametrize("mode", ["a", "r+"])
def test_a_file_that_is_being_written_says_so(tmp_path, monkeypatch, locking, mode):
    path = tmp_path / "dump.h5"
    x, y = sample(100, 3)
    with h5py.File(path, "w", libver=("v110", "v110")) as file:
        file["labels"] = y
        file.create_dataset("layers/a/activations", data=x, chunks=(10, 3), maxshape=(None, 3))
    monkeypatch.setenv("HDF5_USE_FILE_LOCKING", locking)
    result = child(LOCKS, path, mode)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("FileError "), result.stdout
    assert "h5clear" in result.stdout or "close it there" in result.stdout
    assert result.stderr == ""


def test_a_file_in_a_folder_without_locks_is_read(tmp_path, monkeypatch):
    x, y = sample(50, 3)
    path = tmp_path / "dump.h5"
    with h5py.File(path, "w") as file:
        file["labels"], file["layers/a/activations"] = y, x
    code = "import sys, infolens; print(len(infolens.open(sys.argv[1]).neuron_measures()))"
    for locking in ("TRUE", "FALSE", "BEST_EFFORT"):
        monkeypatch.setenv("HDF5_USE_FILE_LOCKING", locking)
        result = child(code, path)
        assert (result.stdout, result.stderr) == ("3\n", "")


# ---- Files that change while they are read ----

ROWS, NEURONS = 6000, 64
STORAGE = {
    "contiguous": {},
    "chunked": {"chunks": (100, 64)},
    "gzip": {"chunks": (100, 64), "compression": "gzip", "compression_opts": 1},
    "scaleoffset": {"chunks": (100, 64), "scaleoffset": 4},
    "float16": {"dtype": "f2"},
}


@pytest.fixture(params=STORAGE)
def large(request, tmp_path):
    """A dump of a few megabytes, and whether its data can be told from other data."""
    path = tmp_path / "dump.h5"
    x, y = sample(ROWS, NEURONS)
    with h5py.File(path, "w") as file:
        file["labels"] = y
        options = {"dtype": "f4"} | STORAGE[request.param]
        file.create_dataset("layers/a/activations", data=x, **options)
    return path


def test_a_file_cut_off_between_opening_and_reading_is_an_error(large):
    whole = large.read_bytes()
    for part in (0.99, 0.5, 0.1, 0.0):
        large.write_bytes(whole)
        with infolens.open(large) as dump:
            os.truncate(large, int(len(whole) * part))
            with pytest.raises((infolens.FormatError, infolens.FileError)):
                dump.neuron_measures(quantizer=infolens.uniform(8))


def test_a_file_cut_off_while_it_is_read_is_an_error(large):
    size = large.stat().st_size
    began = threading.Event()

    def progress(stage: str, done: int, total: int) -> None:
        began.set()

    def cut() -> None:
        began.wait(30)
        os.truncate(large, size // 10)

    thread = threading.Thread(target=cut)
    thread.start()

    def read(dump: infolens.Dump) -> None:
        for _ in range(200):
            dump.neuron_measures(quantizer=infolens.uniform(8))

    with (
        infolens.context(memory="1 MiB", threads=2, progress=progress),
        infolens.open(large) as dump,
        pytest.raises((infolens.FormatError, infolens.FileError)),
    ):
        read(dump)
    thread.join()


def test_a_file_replaced_while_it_is_read_gives_the_numbers_of_the_old_one(large, tmp_path):
    with infolens.open(large) as dump:
        before = dump.neuron_measures(quantizer=infolens.uniform(8))
        other = tmp_path / "other.h5"
        shutil.copy(large, other)
        with h5py.File(other, "r+") as file:
            file["layers/a/activations"][:] = 0
        other.replace(large)
        after = dump.neuron_measures(quantizer=infolens.uniform(8))
    assert np.array_equal(before["mutual_information"], after["mutual_information"])
    with infolens.open(large) as dump:
        assert not dump.neuron_measures(quantizer=infolens.uniform(8))["mutual_information"].any()


def test_a_file_that_grows_while_it_is_read_gives_the_same_numbers(large):
    with infolens.open(large) as dump:
        before = dump.neuron_measures(quantizer=infolens.uniform(8))
        with large.open("ab") as file:
            file.write(bytes(1 << 20))
        after = dump.neuron_measures(quantizer=infolens.uniform(8))
    assert np.array_equal(before["mutual_information"], after["mutual_information"])
