# SPDX-License-Identifier: Apache-2.0
"""Everything that the package writes, where the disk is full or the writer is killed.

The file that was there stays as it was, and nothing else is left.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from support import DIGITS, child

import infolens

# Every way to a file: code that writes more than fits to `path`, and how `path` ends.
WRITERS = {
    "to_csv": (".csv", "large.to_csv(path)"),
    "to_json": (".json", "large.to_json(path)"),
    "search_values": (
        ".h5",
        "infolens.Joint(x).search_values(4, path=path, in_memory=False)",
    ),
    "export": (
        ".h5",
        "infolens.open(digits).network().export([('fc1', 0)], path)",
    ),
    "report": (".html", "infolens.report(infolens.open(digits), path)"),
    "output": (
        ".csv",
        "refused(['measures', digits, '--measures', 'entropy', '--output', path])",
    ),
    "output of several": (".json", "refused(['ablate', digits, '--diagnose', '--output', path])"),
    "plot": (".png", "refused(['ablate', digits, '--plot', path])"),
}

SETTING = """
import os, resource, sys
from pathlib import Path
import numpy as np
import infolens
from infolens._command import main
from infolens._table import table_of

path, digits, way = sys.argv[1:]
large = table_of({"layer": ["fc1"] * 40_000, "value": np.random.default_rng(1).random(40_000)})
x = np.random.default_rng(2).normal(size=(300, 40))

def refused(arguments):
    # The command prints its error and ends with a status.
    import contextlib, io
    text = io.StringIO()
    with contextlib.redirect_stderr(text):
        status = main(arguments)
    if status == 0:
        return
    raise infolens.FileError(text.getvalue())

def limit():
    # Python ignores SIGXFSZ, so that the limit is an error as a full disk is.
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, resource.RLIM_INFINITY))

def write():
    %s

if way == "file":
    # What libraries write besides, caches of fonts, is not meant.
    import matplotlib.font_manager
    limit()
try:
    write()
    print("written")
except infolens.FileError as error:
    print("refused:", str(error).strip().replace(chr(10), " "))
"""


def kept(folder: Path, path: Path) -> None:
    assert path.read_text() == "old"
    assert sorted(folder.iterdir()) == [path]


@pytest.mark.parametrize("writer", WRITERS)
def test_a_disk_that_is_full_leaves_the_old_file_alone(writer, tmp_path):
    pytest.importorskip("matplotlib")
    ending, code = WRITERS[writer]
    path = tmp_path / f"result{ending}"
    path.write_text("old")
    result = child(SETTING % code, path, DIGITS, "file")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("refused: "), result.stdout
    assert os.strerror(errno.EFBIG) in result.stdout
    assert result.stderr == ""
    kept(tmp_path, path)


def in_a_small_file_system(folder: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command that finds a file system of 48 KiB at `folder`, or skip the test."""
    unshare = shutil.which("unshare")
    mount = 'mount -t tmpfs -o size=48k tmpfs "$0" && cp "$0".old "$0"/result && exec "$@"'
    prefix = [unshare, "--map-root-user", "--mount", "sh", "-c"]
    able = unshare and subprocess.run(
        [*prefix, mount.split(" && cp")[0], folder], capture_output=True, check=False
    )
    if not able or able.returncode != 0:
        pytest.skip("no file system can be mounted here")
    source = str(Path(infolens.__file__).parents[1])
    return subprocess.run(
        [*prefix, mount, folder, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": source},
        check=False,
    )


@pytest.mark.parametrize("writer", ["to_csv", "to_json", "search_values", "export", "report"])
def test_a_file_system_without_room_says_so(writer, tmp_path):
    folder = tmp_path / "mounted"
    folder.mkdir()
    (tmp_path / "mounted.old").write_text("old")
    _, code = WRITERS[writer]
    # What is there is looked at inside, where the file system is.
    after = "\nprint(sorted(os.listdir(Path(path).parent)), Path(path).read_text()[:10])"
    script = [sys.executable, "-c", SETTING % code + after, f"{folder}/result", str(DIGITS), "disk"]
    result = in_a_small_file_system(folder, script)
    assert result.returncode == 0, result.stderr
    first, second = result.stdout.splitlines()
    assert first.startswith("refused: "), result.stdout
    assert os.strerror(errno.ENOSPC) in first
    assert second == "['result'] old"


# Writes the same two tables to the same path by turns for ever.
RELAY = """
import sys
import numpy as np
import infolens
from infolens._table import table_of

path = sys.argv[1]
tables = [table_of({"value": np.full(60_000, value)}) for value in (1.0, 2.0)]
print("ready", flush=True)
while True:
    for table in tables:
        table.to_csv(path)
"""


def test_a_writer_that_is_killed_leaves_a_whole_file(tmp_path):
    path = tmp_path / "table.csv"
    source = str(Path(infolens.__file__).parents[1])
    for attempt in range(12):
        process = subprocess.Popen(
            [sys.executable, "-c", RELAY, str(path)],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": source},
        )
        with process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            while not path.exists():
                time.sleep(0.001)
            time.sleep(0.002 * attempt)
            process.send_signal(signal.SIGKILL)
        lines = path.read_text().split("\n")
        assert len(lines) == 60_002
        assert set(lines[1:-1]) in ({"1.0"}, {"2.0"})
    # A killed process cannot take its unfinished file away; the next one is not in its way.
    infolens.neuron_measures(np.eye(4), [0, 1, 0, 1]).to_csv(path)
    assert path.read_text().startswith("layer,")
