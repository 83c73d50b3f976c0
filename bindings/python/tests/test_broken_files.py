# SPDX-License-Identifier: Apache-2.0
"""Broken, odd and hostile files, all of them in one process: answers, and nothing left behind."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest
from support import child

# Asks everything that can be asked of a dump, file by file, and looks for what stays open.
INQUIRY = """
import ctypes, json, os, sys, time, warnings
import infolens

# Of few samples there is much bias, and the package warns of it.
warnings.simplefilter("ignore")

def library():
    # The one that infolens has loaded.
    with open("/proc/self/maps") as maps:
        path = next(line.split()[-1] for line in maps if "libhdf5" in line)
    found = ctypes.CDLL(path)
    for name in ("H5Screate", "H5Tcopy", "H5Pcreate"):
        getattr(found, name).restype = ctypes.c_int64
    for name in ("H5Iis_valid", "H5Idec_ref"):
        getattr(found, name).argtypes = [ctypes.c_int64]
    found.H5Fget_obj_count.argtypes = [ctypes.c_int64, ctypes.c_uint]
    found.H5Fget_obj_count.restype = ctypes.c_ssize_t
    return found

infolens.measures()
HDF5 = library()
# What infolens does before its first call: at the end libhdf5 would complain about itself.
HDF5.H5dont_atexit()
HDF5.H5open()
ALL = 0x1F  # of files, datasets, groups, named types and attributes
LINK_ACCESS = ctypes.c_int64.in_dll(HDF5, "H5P_CLS_LINK_ACCESS_ID_g")
INTEGER = ctypes.c_int64.in_dll(HDF5, "H5T_NATIVE_INT64_g")

def latest():
    # Dataspaces, types and property lists are numbered in the order of their making.
    made = HDF5.H5Screate(0), HDF5.H5Tcopy(INTEGER), HDF5.H5Pcreate(LINK_ACCESS)
    for identifier in made:
        HDF5.H5Idec_ref(identifier)
    return made

def left_open(before):
    counted = HDF5.H5Fget_obj_count(ALL, ALL)
    numbered = sum(
        HDF5.H5Iis_valid(identifier) > 0
        for first, last in zip(before, latest())
        for identifier in range(first, last)
    )
    return counted + numbered

def answer(call):
    try:
        return "ok", call()
    except infolens.Error as error:
        return f"{type(error).__name__}: {error}", None

def numbers(table):
    return [float(value) for value in table["mutual_information"]]

def inquire(path):
    answers = {}
    def ask(name, call):
        answers[name], result = answer(call)
        return result
    dump = ask("open", lambda: infolens.open(path))
    if dump is None:
        return answers
    with dump:
        ask("describe", dump.describe)
        ask("layers", lambda: [dump[name].shape for name in dump.layers])
        names = ["act"] if "act" in dump.layers or not dump.layers else dump.layers
        bins, ranks = infolens.uniform(30), infolens.quantile(4)
        answers["values"] = ask("measures", lambda: numbers(dump.neuron_measures(names, bins)))
        ask("entropy", lambda: dump.neuron_measures(names, ranks, measures="entropy"))
        ask("flattened", lambda: dump.neuron_measures(reduction="flatten", measures="entropy"))
        ask("pairs", lambda: dump.pairwise_mutual_information(names))
        ask("o_information", lambda: dump.o_information(names, order=2, top=2))
        discrete = {"estimator": "plug-in", "label": "class-conditional"}
        ask("discrete", lambda: dump.o_information(names, [[0, 1]], **discrete))
        ask("ablate", lambda: dump.ablate(step=8))
        ask("diagnose", dump.diagnose)
        ask("classes", dump.classes)
    return answers

for path in json.load(sys.stdin):
    before = latest()
    start = time.monotonic()
    print(path, file=sys.stdout, flush=True)
    with infolens.context(memory="64 MB", threads=2):
        answers = inquire(os.fsencode(path))
    left = left_open(before)
    seconds = time.monotonic() - start
    print(json.dumps([answers, left, seconds]), file=sys.stdout, flush=True)
"""


def inquire(paths):
    """The answers to everything that is asked of each file, by its path."""
    result = child(INQUIRY, timeout=900, input=json.dumps([str(path) for path in paths]))
    lines = result.stdout.splitlines()
    assert result.returncode == 0, (lines[-1], result.stderr)
    # Nothing but what the script itself prints.
    assert result.stderr == ""
    assert lines[::2] == [str(path) for path in paths]
    return {path: json.loads(line) for path, line in zip(paths, lines[1::2], strict=True)}


def check(found):
    """What holds for every file: errors of the library, nothing left open, no endless work."""
    for path, (answers, left, seconds) in found.items():
        for question, text in answers.items():
            if question != "values":
                assert text == "ok" or text.split(":")[0].endswith("Error"), (path, question, text)
                assert "InternalError" not in text, (path, question, text)
        assert left == 0, f"{path}: {left} identifiers of HDF5 stay open"
        assert seconds < 60, path


def test_every_file_is_answered_as_the_manifest_says_and_nothing_stays_open(shared):
    folder = shared("bad/manifest.json").parent
    manifest = json.loads((folder / "manifest.json").read_text())
    paths = [folder / name for name in sorted(manifest) if (folder / name).is_file()]
    paths = [path for path in paths if path.suffix != ".raw" and path.name.isprintable()]
    assert len(paths) > 90
    found = inquire(paths)
    check(found)
    wrong = {}
    for path, (answers, _, _) in found.items():
        expected = manifest[path.name]["expect"]
        refused = "ok" not in (answers["open"], answers.get("measures", answers["open"]))
        refused |= answers.get("measures", "error") != "ok"
        if expected.startswith("error") and " or " not in expected and not refused:
            wrong[path.name] = (expected, answers)
        if expected == "ok" and answers["open"] != "ok":
            wrong[path.name] = (expected, answers)
    assert wrong == {}


def test_no_mutant_gives_values_that_a_checksum_could_tell_are_wrong(shared):
    folder = shared("bad/fuzz")
    original = folder.parent / "ok_gzip_shuffle.h5"
    mutants = sorted(folder.glob("*.h5"))
    found = inquire([original, *mutants])
    check(found)
    whole = np.frombuffer(original.read_bytes(), np.uint8)
    # Of the bytes of gzip data a checksum keeps watch, which follows them.
    guarded = np.zeros(len(whole), bool)
    with h5py.File(original) as file:
        data = file["act"].id
        for index in range(data.get_num_chunks()):
            chunk = data.get_chunk_info(index)
            guarded[chunk.byte_offset : chunk.byte_offset + chunk.size] = True
    values = found[original][0]["values"]
    assert values
    told = 0
    for path in mutants:
        answers = found[path][0]
        bytes_ = np.frombuffer(path.read_bytes(), np.uint8)
        if len(bytes_) != len(whole):
            # Cut off or grown: what is missing cannot be made up.
            assert answers["open"] != "ok" or answers["values"] in (None, values), path
            continue
        if guarded[bytes_ != whole].any():
            assert answers.get("values") is None, path
            told += 1
    assert told > 0


@pytest.mark.parametrize(
    "storage",
    [{"compression": "gzip"}, {"compression": "gzip", "shuffle": True}, {"fletcher32": True}],
    ids=["gzip", "shuffle", "fletcher32"],
)
@pytest.mark.parametrize("libver", ["earliest", "v110"])
def test_a_byte_that_changes_in_guarded_data_is_an_error(tmp_path, storage, libver):
    x = np.random.default_rng(3).normal(size=(40, 4)).astype("f4")
    path = tmp_path / "whole.h5"
    with h5py.File(path, "w", libver=(libver, "v110")) as file:
        file["labels"] = np.arange(40) % 3
        chunk = file.create_dataset("act", data=x, chunks=(40, 4), **storage).id.get_chunk_info(0)
    content = path.read_bytes()
    mutants = []
    for place in range(0, chunk.size, 23):
        mutant = bytearray(content)
        mutant[chunk.byte_offset + place] ^= 0x55
        mutants.append(tmp_path / f"{place}.h5")
        mutants[-1].write_bytes(mutant)
    found = inquire([path, *mutants])
    check(found)
    assert found[path][0]["measures"] == "ok"
    for mutant in mutants:
        assert found[mutant][0]["measures"].startswith("FormatError"), mutant


@pytest.mark.parametrize("fill", [None, 7.0])
def test_errors_of_made_files_leave_nothing_open(tmp_path, fill):
    """Without the collection: one of each kind of refusal."""
    x, y = np.random.default_rng(1).normal(size=(40, 4)).astype("f4"), np.arange(40) % 3

    def write(name, edit):
        path = tmp_path / f"{name}.h5"
        with h5py.File(path, "w") as file:
            file["labels"] = y
            edit(file)
        return path

    def unwritten(file):
        data = file.create_dataset("act", x.shape, "f4", chunks=(10, 4), fillvalue=fill)
        data[:20] = x[:20]

    paths = [
        write("good", lambda file: file.create_dataset("act", data=x)),
        write("gzip", lambda file: file.create_dataset("act", data=x, compression="gzip")),
        write("unwritten", unwritten),
        write("nan", lambda file: file.create_dataset("act", data=np.where(x > 2, np.nan, x))),
        write("text", lambda file: file.create_dataset("act", data=np.full((40, 4), b"a"))),
        write("flat", lambda file: file.create_dataset("act", data=x[:, 0])),
        write("short", lambda file: file.create_dataset("act", data=x[:-1])),
        write("group", lambda file: file.create_group("act/x")),
        write("scalar", lambda file: file.create_dataset("act", data=1.0)),
        write("nothing", lambda file: file.create_dataset("act", data=h5py.Empty("f4"))),
        write("dangling", lambda file: file.__setitem__("act", h5py.SoftLink("/gone"))),
        write("outside", lambda file: file.__setitem__("act", h5py.ExternalLink("/etc/x", "/"))),
    ]
    cut = tmp_path / "cut.h5"
    cut.write_bytes(paths[1].read_bytes()[:-100])
    damaged = tmp_path / "damaged.h5"
    content = bytearray(paths[1].read_bytes())
    with h5py.File(paths[1]) as file:
        chunk = file["act"].id.get_chunk_info(0)
    content[chunk.byte_offset + chunk.size // 2] ^= 0xFF
    damaged.write_bytes(content)
    found = inquire([*paths, cut, damaged])
    check(found)
    answers = {path.stem: answers for path, (answers, _, _) in found.items()}
    assert answers["good"]["measures"] == answers["gzip"]["measures"] == "ok"
    assert answers["cut"]["open"].startswith("FormatError")
    assert answers["damaged"]["measures"].startswith("FormatError")
    assert (answers["unwritten"]["measures"] == "ok") == (fill is not None)
    assert answers["nan"]["measures"].startswith("NumericError")
