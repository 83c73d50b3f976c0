# SPDX-License-Identifier: Apache-2.0
"""The command ``infolens``: what it prints, writes and refuses."""

from __future__ import annotations

import csv
import errno
import inspect
import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import DIGITS

import infolens
from infolens._command import main, make_parser
from infolens._command.options import quantizer

COMMANDS = ("describe", "measures", "ablate", "report")


@pytest.fixture
def command(capsys):
    """Runs the command in this process; gives its exit code and what it printed."""

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def environment():
    source = str(Path(infolens.__file__).parents[1])
    return {**os.environ, "PYTHONPATH": source}


def started(*arguments, **options):
    """The command as a process of its own."""
    line = [sys.executable, "-m", "infolens", *map(str, arguments)]
    return subprocess.Popen(line, **{"env": environment(), **options})


def finished(*arguments):
    process = started(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate(timeout=120)
    return process.returncode, out.decode(), err.decode()


def subparser(name):
    choices = next(a.choices for a in make_parser()._actions if isinstance(a.choices, dict))
    return choices[name]


# What it prints


def test_json_holds_the_table_with_its_units_and_metadata(command, digits):
    code, out, err = command("measures", DIGITS, "--quantizer", "uniform:30", "--json")
    table = digits.neuron_measures(quantizer=infolens.uniform(30))
    read = json.loads(out)
    assert (code, err) == (0, "")
    assert read["metadata"] == table.metadata
    assert [column["name"] for column in read["columns"]] == table.columns
    assert read["columns"][4]["unit"] == "bits"
    assert read["columns"][4]["values"] == table["mutual_information"].tolist()


def test_csv_reads_back_to_the_same_bits(command, digits):
    code, out, err = command("measures", DIGITS, "--csv", "--layers", "fc2,fc1", "--unit", "nats")
    table = digits.neuron_measures(["fc2", "fc1"], unit="nats")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert (code, err) == (0, "")
    assert [row["layer"] for row in rows] == table["layer"].tolist()
    assert [float(row["entropy"]) for row in rows] == table["entropy"].tolist()


def test_a_pipe_is_given_the_whole_grid_and_what_made_it(command):
    code, out, err = command("measures", DIGITS)
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert "mutual_information [bits]" in lines[0]
    assert len(lines) == 2 + (32 + 32 + 10) + 1
    assert "quantizer: threshold(0.0)" in lines[-1]


def test_a_file_is_described(command, digits):
    code, out, _ = command("describe", DIGITS)
    assert code == 0
    for layer in digits.layers:
        assert f"/layers/{layer}/activations" in out
    rows = json.loads(command("describe", DIGITS, "--json")[1])["columns"]
    assert rows[0]["name"] == "role"


def test_rows_are_sorted_as_a_reader_wants_them_and_cut(command):
    def column(name, *arguments):
        out = command("measures", DIGITS, "--csv", *arguments)[1]
        return [float(row[name]) for row in csv.DictReader(io.StringIO(out))]

    entropies = column("entropy", "--sort", "entropy", "--top", "5")
    assert len(entropies) == 5
    assert entropies == sorted(column("entropy"), reverse=True)[:5]
    q_values = column("q_value", "--permutations", "20", "--sort", "q_value")
    assert q_values == sorted(q_values)
    neurons = column("neuron", "--sort", "neuron:descending", "--top", "3")
    assert neurons == [31, 31, 30]


def test_measures_of_a_neuron_and_class_have_a_row_for_both(command, digits):
    arguments = ("measures", DIGITS, "--measures", "specific_information,class_entropy", "--json")
    read = json.loads(command(*arguments)[1])
    names = [column["name"] for column in read["columns"]]
    assert {"class", "specific_information", "class_entropy"} <= set(names)
    assert len(read["columns"][0]["values"]) == (32 + 32 + 10) * 10


def test_groups_are_labels_of_the_dump(command, digits):
    code, out, _ = command(
        *("measures", DIGITS, "--measures", "jensen_shannon_divergence", "--csv"),
        *("--groups", "0,1", "8"),
    )
    expected = digits.neuron_measures(measures="jensen_shannon_divergence", groups=([0, 1], [8]))
    found = [float(r["jensen_shannon_divergence"]) for r in csv.DictReader(io.StringIO(out))]
    assert code == 0
    assert found == expected["jensen_shannon_divergence"].tolist()


def test_the_seed_and_not_the_threads_decide(command):
    def run(*settings):
        return command(
            *("measures", DIGITS, "--permutations", "30", "--csv", "--quiet"), *settings
        )[1]

    assert run("--seed", "1", "--threads", "1") == run("--seed", "1", "--memory", "16MB")
    assert run("--seed", "1") != run("--seed", "2")


# What it writes


@pytest.mark.parametrize("name", ["table.csv", "table.json"])
def test_a_file_gets_what_standard_output_would(command, tmp_path, name):
    path = tmp_path / name
    code, out, err = command("measures", DIGITS, "--output", path)
    assert (code, out, err) == (0, "", "")
    form = f"--{path.suffix[1:]}"
    assert path.read_text() == command("measures", DIGITS, form)[1]
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_form_may_be_said_where_the_name_does_not(command, tmp_path):
    path = tmp_path / "table.txt"
    assert command("describe", DIGITS, "--output", path)[0] == 2
    assert command("describe", DIGITS, "--output", path, "--csv")[0] == 0
    assert path.read_text().startswith("role,")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--permutations", "20"],
        ["--measures", "adjusted_mutual_information"],
        ["--measures", "specific_information", "--layers", "fc1"],
    ],
)
def test_pictures_are_drawn_beside_the_table(command, tmp_path, arguments):
    pytest.importorskip("matplotlib")
    path = tmp_path / "picture.png"
    code, out, _ = command("measures", DIGITS, "--plot", path, *arguments)
    assert code == 0
    assert out
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == [path.name]


def test_a_report_is_the_one_that_python_writes(command, tmp_path):
    path = tmp_path / "page.html"
    code, out, err = command("report", DIGITS, "--output", path, "--quantizer", "quantile:8")
    assert (code, out, err) == (0, "", "")
    expected = infolens.report(str(DIGITS), tmp_path / "b.html", quantizer=infolens.quantile(8))
    assert path.read_bytes() == expected.read_bytes()
    assert command("report", DIGITS, "--output", path, "--no-ablation")[0] == 0
    expected = infolens.report(str(DIGITS), tmp_path / "b.html", ablation=False)
    assert path.read_bytes() == expected.read_bytes()


# Mistakes


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["describe", "absent.h5"], "no such file"),
        (["measures", __file__], "HDF5"),
        (["measures", DIGITS, "--layers", "fc9"], "fc9"),
        (["measures", DIGITS, "--labels", "/nothing"], "/nothing"),
        (["measures", DIGITS, "--sort", "entropie"], "there are: layer, neuron, entropy"),
        (["measures", DIGITS, "--output", "no/such/folder/a.csv"], "no folder"),
        (["measures", DIGITS, "--plot", "no/such/folder/a.png"], "no folder"),
        (["measures", DIGITS, "--measures", "jensen_shannon_divergence"], "groups"),
        (["report", DIGITS, "--output", "no/such/folder/a.html"], "cannot write"),
    ],
)
def test_what_fails_says_why_on_standard_error(command, arguments, reason):
    code, out, err = command(*arguments)
    assert (code, out) == (1, "")
    assert err.startswith("infolens: error: ")
    assert reason in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "COMMAND"),
        (["measure", DIGITS], "measure"),
        (["measures"], "FILE"),
        (["measures", DIGITS, "--quantizer", "uniform"], "uniform:30"),
        (["measures", DIGITS, "--quantizer", "uniform:0"], "between 1 and 65536"),
        (["measures", DIGITS, "--quantizer", "uniform:3:1:0"], "must lie below"),
        (["measures", DIGITS, "--quantizer", "threshold:half"], "no number"),
        (["measures", DIGITS, "--measures", "entropie"], "choose entropy"),
        (["measures", DIGITS, "--measures", "entropy,class_entropy"], "two calls"),
        (["measures", DIGITS, "--measures", "class_entropy", "--bootstrap", "9"], "--bootstrap"),
        (["measures", DIGITS, "--estimator", "best"], "choose plug-in"),
        (["measures", DIGITS, "--permutations", "-1"], "whole number"),
        (["measures", DIGITS, "--layers", "fc1,,fc2"], "empty name"),
        (["measures", DIGITS, "--memory", "some"], "512 MB"),
        (["measures", DIGITS, "--threads", "0"], "between 1 and 1024"),
        (["measures", DIGITS, "--json", "--csv"], "not allowed"),
        (["measures", DIGITS, "--top", "0"], "1 or more"),
        (["measures", DIGITS, "--plot", "picture.bmp"], ".png"),
    ],
)
def test_a_mistaken_line_is_a_usage_error(command, arguments, reason):
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert reason in err


def test_nothing_is_left_where_writing_fails(command, tmp_path):
    target = tmp_path / "target.csv"
    target.mkdir()
    code, _, err = command("measures", DIGITS, "--output", target)
    assert code == 1
    assert "is a folder" in err
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_named(command, tmp_path):
    tmp_path.chmod(0o500)
    code, _, err = command("measures", DIGITS, "--plot", tmp_path / "a.png")
    tmp_path.chmod(0o700)
    assert code == 1
    assert "no permission" in err


def test_missing_matplotlib_is_said_before_anything_is_computed(command, monkeypatch, tmp_path):
    monkeypatch.setattr(infolens.Dump, "neuron_measures", lambda *_, **__: pytest.fail("computed"))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    code, _, err = command("measures", DIGITS, "--plot", tmp_path / "a.png")
    assert code == 1
    assert "install matplotlib" in err


# Its manners


@pytest.mark.parametrize("name", COMMANDS)
def test_help_tells_of_every_option_with_examples_and_exit_codes(command, name):
    code, out, _ = command(name, "--help")
    assert code == 0
    for action in subparser(name)._actions:
        assert action.help
        for option in action.option_strings or [action.metavar]:
            assert option in out
    assert f"infolens {name} digits.h5" in out
    assert "130  interrupted" in out


def test_help_lists_the_registries(command):
    out = command("measures", "--help")[1]
    for name in [*infolens.measures()["name"], *infolens.estimators()["name"]]:
        assert f"\n  {name}" in out


def test_the_command_has_what_the_method_has_with_the_same_defaults():
    parameters = inspect.signature(infolens.Dump.neuron_measures).parameters
    options = {action.dest: action.default for action in subparser("measures")._actions}
    for name, parameter in list(parameters.items())[1:]:
        assert options[name] in (None, parameter.default), name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("threshold:0.5", infolens.threshold(0.5)),
        ("threshold:-1e-3", infolens.threshold(-1e-3)),
        ("threshold:median", infolens.threshold("median")),
        ("uniform:30", infolens.uniform(30)),
        ("uniform:30:layer", infolens.uniform(30, "layer")),
        ("uniform:30:-1:1", infolens.uniform(30, (-1, 1))),
        ("quantile:8", infolens.quantile(8)),
        ("width:0.07", infolens.width(0.07)),
        ("explicit:0,0.5,1", infolens.explicit([0, 0.5, 1])),
        ("integer", infolens.integer()),
    ],
)
def test_a_text_names_a_quantizer(text, expected):
    assert quantizer(text) == expected


def test_the_version_is_that_of_package_and_library(command):
    code, out, _ = command("--version")
    assert code == 0
    assert infolens.__version__ in out
    assert infolens.library_version() in out


def test_a_process_says_nothing_but_the_table_and_ends_with_the_code():
    code, out, err = finished("measures", DIGITS, "--csv", "--permutations", "50")
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == 1 + 32 + 32 + 10
    assert finished("describe", "absent.h5")[0] == 1
    assert finished("describe")[0] == 2


def test_a_reader_who_has_enough_is_no_error():
    process = started("measures", DIGITS, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(120) == 0
    assert err == b""


def test_a_terminal_without_unicode_and_closed_output_are_no_crash():
    ascii_only = {"env": {**environment(), "PYTHONIOENCODING": "ascii"}}
    for arguments in (["measures", "--help"], ["describe", DIGITS]):
        process = started(*arguments, stdout=subprocess.PIPE, **ascii_only)
        assert process.communicate(timeout=120)[0].isascii()
        assert process.returncode == 0
    line = f"'{sys.executable}' -m infolens describe '{DIGITS}' >&-"
    closed = subprocess.run(["sh", "-c", line], env=environment(), capture_output=True, check=False)
    assert closed.returncode == 1
    assert b"standard output is closed" in closed.stderr


def test_a_full_disk_is_an_error():
    with Path("/dev/full").open("wb") as full:
        process = started("measures", DIGITS, stdout=full, stderr=subprocess.PIPE)
        err = process.communicate(timeout=120)[1].decode()
    assert process.returncode == 1
    assert err == f"infolens: error: {os.strerror(errno.ENOSPC)}\n"


def test_interruption_ends_with_130_and_no_half_file(tmp_path):
    output = tmp_path / "table.csv"
    process = started(
        *("measures", DIGITS, "--permutations", "1000000", "--output", output),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (out, err) == (b"", b"infolens: interrupted\n")
    assert not list(tmp_path.iterdir())


def test_a_terminal_is_shown_what_fits():
    primary, secondary = pty.openpty()
    process = started("measures", DIGITS, stdout=secondary, stderr=subprocess.PIPE)
    os.close(secondary)
    shown = b""
    while True:
        try:
            piece = os.read(primary, 65536)
        except OSError:  # how Linux says that the other end was closed
            break
        if not piece:
            break
        shown += piece
    os.close(primary)
    assert process.wait(120) == 0
    process.stderr.close()
    lines = shown.decode().splitlines()
    assert len(lines) < 40
    assert "--csv and --json have all" in lines[-2]
    assert lines[-1].startswith("74 rows; ")
