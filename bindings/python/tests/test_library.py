# SPDX-License-Identifier: Apache-2.0
"""Finding the library, and living beside another HDF5 in one process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import DIGITS, child

import infolens
from infolens import _library


def test_a_missing_library_says_how_to_build_it(tmp_path):
    package = tmp_path / "infolens"
    shutil.copytree(
        Path(infolens.__file__).parent, package, ignore=shutil.ignore_patterns("*.so*", "__py*")
    )
    named = str(tmp_path / "missing.so")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), _library.VARIABLE: named}
    code = "import infolens; infolens.library_version()"
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert "LibraryError" in result.stderr
    assert "make lib" in result.stderr
    assert named in result.stderr


def test_a_library_that_is_another_is_refused(tmp_path):
    package = tmp_path / "infolens"
    shutil.copytree(
        Path(infolens.__file__).parent, package, ignore=shutil.ignore_patterns("*.so*", "__py*")
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), _library.VARIABLE: "libm.so.6"}
    code = "import infolens; infolens.library_version()"
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert "not a complete InfoLens library" in result.stderr


def test_the_library_is_an_import_error_away_from_the_package():
    assert issubclass(infolens.LibraryError, ImportError)


BOTH = """
import sys
first, path = sys.argv[1:]
if first == "h5py":
    import h5py
    file = h5py.File(path)
    before = file["layers/fc1/activations"][:]
import infolens
dump = infolens.open(path)
table = dump.neuron_measures(quantizer=infolens.uniform(30))
if first == "infolens":
    import h5py
    file = h5py.File(path)
    before = file["layers/fc1/activations"][:]
again = dump.neuron_measures(quantizer=infolens.uniform(30))
after = file["layers/fc1/activations"][:]
assert (before == after).all()
assert (table["mutual_information"] == again["mutual_information"]).all()
try:
    infolens.open(__file__ if "__file__" in globals() else sys.executable)
except infolens.FormatError:
    pass
try:
    h5py.File(sys.executable)
except OSError as error:
    assert "signature" in str(error), error
print(table["mutual_information"].sum().hex())
file.close()
dump.close()
"""


def test_it_works_beside_h5py_in_both_orders_with_the_same_file_open():
    pytest.importorskip("h5py")
    results = [child(BOTH, first, DIGITS) for first in ("h5py", "infolens")]
    for result in results:
        assert result.returncode == 0, result.stderr
        assert result.stderr == ""
    assert results[0].stdout == results[1].stdout


def test_only_numpy_is_imported():
    code = (
        "import sys, infolens; infolens.library_version();"
        "print([m for m in ('h5py', 'pandas', 'matplotlib', 'tqdm', 'torch') if m in sys.modules])"
    )
    assert child(code).stdout.strip() == "[]"
