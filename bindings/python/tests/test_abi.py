# SPDX-License-Identifier: Apache-2.0
"""The ctypes declarations are those of the header, as the compilers see it."""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess
import sys

import pytest
from support import ROOT

from infolens import _abi

HEADER = ROOT / "include" / "infolens.h"


@pytest.mark.skipif(shutil.which("clang") is None, reason="needs clang")
def test_the_declarations_are_up_to_date():
    script = ROOT / "tools" / "generate_abi.py"
    result = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def test_structs_are_laid_out_as_the_c_compiler_does(tmp_path):
    compiler = next(filter(shutil.which, ("cc", "gcc", "clang")), None)
    if compiler is None or not HEADER.exists():
        pytest.skip("needs a C compiler and the header")
    lines = [
        "#include <stddef.h>",
        "#include <stdio.h>",
        '#include "infolens.h"',
        "int main(void) {",
    ]
    expected = {}
    for struct in _abi.STRUCTS:
        name = struct.__name__
        expected[name] = ctypes.sizeof(struct)
        lines.append(f'printf("\\"{name}\\": %zu,", sizeof(struct {name}));')
        for member, *_ in struct._fields_:
            expected[f"{name}.{member}"] = getattr(struct, member).offset
            lines.append(
                f'printf("\\"{name}.{member}\\": %zu,", offsetof(struct {name}, {member}));'
            )
    lines.append("return 0; }")
    source, program = tmp_path / "layout.c", tmp_path / "layout"
    source.write_text("\n".join(lines))
    subprocess.run([compiler, f"-I{HEADER.parent}", source, "-o", program], check=True)
    printed = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    assert json.loads("{" + printed.rstrip(",") + "}") == expected


def test_every_function_is_declared():
    names = [name for name, _, _ in _abi.FUNCTIONS]
    assert len(names) == len(set(names)) > 30
    assert all(name in HEADER.read_text(encoding="utf-8") for name in names)
