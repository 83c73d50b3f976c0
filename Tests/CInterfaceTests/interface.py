# SPDX-License-Identifier: Apache-2.0
"""The public interface of infolens.h as text: one declaration a line, then layouts.

Comments and layout of the header do not show, names, types, values and the
compiler's sizes and offsets do, so that every change to the interface is a
visible change to interface.txt:

    interface.py --check     compare with interface.txt (what `make test` does)
    interface.py --write     accept the header as it is now
"""

import argparse
import difflib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
HEADER = HERE.parent.parent / "include" / "infolens.h"
GOLDEN = HERE / "interface.txt"
LICENCE = "SPDX-License-Identifier: Apache-2.0"


def declarations(header: Path = HEADER) -> list[str]:
    """Constants and declarations in the header's order, each on one line."""
    text = re.sub(r"/\*.*?\*/", " ", header.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"#ifdef __cplusplus.*?#endif", " ", text, flags=re.DOTALL)
    constants = [
        " ".join(line.split()) for line in re.findall(r"^#define IL_.*$", text, re.MULTILINE)
    ]
    text = re.sub(r"^\s*#.*$", " ", text, flags=re.MULTILINE)
    # A declaration ends at a semicolon outside braces.
    found, depth, start = [], 0, 0
    for i, character in enumerate(text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == ";" and depth == 0:
            found.append(" ".join(text[start : i + 1].split()))
            start = i + 1
    return constants + found


def functions(header: Path = HEADER) -> set[str]:
    """Names of the functions that the header declares."""
    names = (
        re.match(r"[^{(]*?\b(il_\w+)\s*\(", d)
        for d in declarations(header)
        if not d.startswith("typedef")
    )
    return {match.group(1) for match in names if match}


def members(header: Path = HEADER) -> dict[str, list[str]]:
    """Names of the members of every public struct."""
    structs = {}
    for declaration in declarations(header):
        if match := re.fullmatch(r"(?:typedef )?struct (\w+) \{(.*)\}( \w+)?;", declaration):
            fields = []
            for field in match.group(2).split(";")[:-1]:
                function = re.search(r"\(\*(\w+)\)\(", field)
                parts = [function.group(1)] if function else field.split(",")
                fields += [re.findall(r"\w+", part)[-1] for part in parts]
            structs[match.group(1)] = fields
    return structs


def layouts(header: Path = HEADER) -> list[str]:
    """Sizes and offsets of every public struct, as the C compiler sees them."""
    program = [
        "#include <infolens.h>",
        "#include <stddef.h>",
        "#include <stdio.h>",
        "int main(void) {",
    ]
    for name, fields in members(header).items():
        program.append(f'printf("sizeof({name}) = %zu\\n", sizeof(struct {name}));')
        program += [
            f'printf("offsetof({name}, {f}) = %zu\\n", offsetof(struct {name}, {f}));'
            for f in fields
        ]
    program += ["return 0; }"]
    with tempfile.TemporaryDirectory() as folder:
        source, binary = Path(folder, "layout.c"), Path(folder, "layout")
        source.write_text("\n".join(program))
        compiler = os.environ.get("CC", "cc").split()
        subprocess.run(
            [*compiler, "-std=c99", f"-I{header.parent}", source, "-o", binary], check=True
        )
        return subprocess.run(
            [binary], check=True, capture_output=True, text=True
        ).stdout.splitlines()


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Compare or write the golden text of the public interface."
    )
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument(
        "--check", action="store_true", help="fail if the header differs from interface.txt"
    )
    action.add_argument("--write", action="store_true", help="write interface.txt")
    arguments = parser.parse_args()
    now = "".join(line + "\n" for line in [LICENCE, *declarations(), *layouts()])
    if arguments.write:
        GOLDEN.write_text(now, encoding="utf-8")
        return 0
    golden = GOLDEN.read_text(encoding="utf-8")
    if now == golden:
        return 0
    lines = difflib.unified_diff(
        golden.splitlines(True), now.splitlines(True), "interface.txt", "infolens.h"
    )
    sys.stdout.writelines(lines)
    print("The public interface changed. If docs/abi.md permits it: interface.py --write")
    return 1


if __name__ == "__main__":
    sys.exit(main())
