# SPDX-License-Identifier: Apache-2.0
"""Write the ctypes declarations of the Python package from include/infolens.h.

The header is the contract; this script asks clang for its syntax tree and for
its macros and turns both into ``bindings/python/src/infolens/_abi.py``, so that
no declaration is ever written by hand twice.

    python tools/generate_abi.py            write the file
    python tools/generate_abi.py --check    fail if the file is out of date
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HEADER = ROOT / "include" / "infolens.h"
OUTPUT = ROOT / "bindings" / "python" / "src" / "infolens" / "_abi.py"

SCALARS = {
    "int8_t": "c_int8",
    "uint8_t": "c_uint8",
    "int16_t": "c_int16",
    "uint16_t": "c_uint16",
    "int32_t": "c_int32",
    "uint32_t": "c_uint32",
    "int64_t": "c_int64",
    "uint64_t": "c_uint64",
    "int": "c_int",
    "float": "c_float",
    "double": "c_double",
}

# What the header declares, as against what it includes. Arrow's names are those of the
# Arrow C data interface.
OURS = ("il_", "Arrow")

PREAMBLE = '''\
# SPDX-License-Identifier: Apache-2.0
"""ctypes declarations of infolens.h, written by tools/generate_abi.py.

Do not edit: change the header and run the script. Opaque handles are
``c_void_p``; text is ``c_char_p``.
"""

from __future__ import annotations

import ctypes
from typing import Any

'''


class Header:
    """Types, constants and functions of the header, read from clang's syntax tree."""

    def __init__(self, clang: str) -> None:
        tree = json.loads(run(clang, "-Xclang", "-ast-dump=json", "-fsyntax-only", str(HEADER)))
        declarations = [node for node in tree["inner"] if not node.get("isImplicit")]
        self.macros = read_macros(run(clang, "-E", "-dM", str(HEADER)))
        self.constants = read_constants(declarations)
        self.records = {
            node["name"]: node
            for node in declarations
            if node["kind"] == "RecordDecl" and node.get("name", "").startswith(OURS)
        }
        self.aliases = {
            node["name"]: node["type"]["qualType"]
            for node in declarations
            if node["kind"] == "TypedefDecl" and node["name"].startswith("il_")
        }
        self.functions = [
            node
            for node in declarations
            if node["kind"] == "FunctionDecl" and node["name"].startswith("il_")
        ]

    def structs(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Name and (member, C type) of every struct that is not opaque."""
        return [
            (name, [(f["name"], f["type"]["qualType"]) for f in fields(node)])
            for name, node in self.records.items()
            if fields(node)
        ]

    def is_opaque(self, name: str) -> bool:
        return name in self.records and not fields(self.records[name])

    def ctypes_of(self, c_type: str) -> str:
        """The ctypes expression for a C type as clang spells it."""
        if function := re.fullmatch(r"(.*)\(\*\)\((.*)\)", c_type):
            result, parameters = function.groups()
            types = [self.ctypes_of(t) for t in [result, *parameters.split(",")]]
            return f"ctypes.CFUNCTYPE({', '.join(types)})"
        spelling = re.sub(r"\b(const|struct|restrict)\b", " ", c_type)
        stars = spelling.count("*")
        base = spelling.replace("*", " ").strip()
        if base == "char" and stars:
            expression, stars = "ctypes.c_char_p", stars - 1
        elif stars and (base == "void" or self.is_opaque(base)):
            expression, stars = "ctypes.c_void_p", stars - 1
        elif base == "void":
            expression = "None"
        elif base in SCALARS:
            expression = f"ctypes.{SCALARS[base]}"
        elif base in self.records or base in self.aliases:
            expression = base
        else:
            raise SystemExit(f"generate_abi.py: no ctypes counterpart is known for '{c_type}'")
        for _ in range(stars):
            expression = f"ctypes.POINTER({expression})"
        return expression


def run(*command: str) -> str:
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except FileNotFoundError:
        raise SystemExit(
            f"generate_abi.py: '{command[0]}' not found; name one with --clang"
        ) from None
    except subprocess.CalledProcessError as failure:
        raise SystemExit(
            f"generate_abi.py: the header does not compile\n{failure.stderr}"
        ) from None


def fields(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in record.get("inner", []) if node["kind"] == "FieldDecl"]


def read_macros(text: str) -> dict[str, int]:
    """Macros with the value of a plain integer; include guards have none."""
    found = re.findall(r"^#define (IL_\w+) (\d+)$", text, flags=re.MULTILINE)
    return {name: int(value) for name, value in found}


def read_constants(declarations: list[dict[str, Any]]) -> dict[str, int]:
    constants: dict[str, int] = {}
    for enumeration in (node for node in declarations if node["kind"] == "EnumDecl"):
        following = 0
        for node in enumeration.get("inner", []):
            if node["kind"] != "EnumConstantDecl":
                continue
            value = following
            for child in node.get("inner", []):
                value = int(child["value"]) if "value" in child else value
            following = value + 1
            if node["name"].startswith("IL_"):
                constants[node["name"]] = value
    return constants


def python_type(expression: str) -> str:
    """What reading a struct member of this ctypes type gives."""
    if expression in {"ctypes.c_double", "ctypes.c_float"}:
        return "float"
    return "int" if re.fullmatch(r"ctypes\.c_u?int\d*", expression) else "Any"


def generate(header: Header) -> str:
    lines = [f"{name} = {value}" for name, value in {**header.macros, **header.constants}.items()]
    aliases, callbacks = [], []
    for name, c_type in header.aliases.items():
        if "(*)" in c_type:
            callbacks.append(f"{name} = {header.ctypes_of(c_type)}")
        elif c_type in SCALARS:
            aliases.append(f"{name} = {header.ctypes_of(c_type)}")
    lines += ["", *aliases, *callbacks, ""]
    for name, members in header.structs():
        lines += ["", f"class {name}(ctypes.Structure):"]
        types_of = [(member, header.ctypes_of(c_type)) for member, c_type in members]
        lines += [f"    {member}: {python_type(expression)}" for member, expression in types_of]
        # Members that point to their own struct need its name, known after the class only.
        after = any(re.search(rf"\b{name}\b", expression) for _, expression in types_of)
        start, indent = (f"{name}._fields_ = (", "") if after else ("    _fields_ = (", "    ")
        lines += ["", "", start] if after else [start]
        lines += [f'{indent}    ("{member}", {expression}),' for member, expression in types_of]
        lines += [f"{indent})", ""]
    lines += [
        "",
        "STRUCTS: tuple[type[ctypes.Structure], ...] = (",
        *(f"    {name}," for name, _ in header.structs()),
        ")",
        "",
        "# Name, result and parameters of every function.",
        "FUNCTIONS: tuple[tuple[str, Any, tuple[Any, ...]], ...] = (",
    ]
    for node in header.functions:
        result = header.ctypes_of(node["type"]["qualType"].split("(")[0])
        parameters = [
            header.ctypes_of(child["type"]["qualType"])
            for child in node.get("inner", [])
            if child["kind"] == "ParmVarDecl"
        ]
        comma = "," if len(parameters) == 1 else ""
        lines.append(f'    ("{node["name"]}", {result}, ({", ".join(parameters)}{comma})),')
    lines += [
        ")",
        "",
        "",
        "def declare(library: ctypes.CDLL) -> None:",
        '    """Give every function of the loaded library its result and parameter types."""',
        "    for name, result, parameters in FUNCTIONS:",
        "        function = getattr(library, name)",
        "        function.restype = result",
        "        function.argtypes = parameters",
        "",
    ]
    return PREAMBLE + "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="fail if the file is out of date")
    parser.add_argument("--clang", default="clang", help="the compiler to ask (default: clang)")
    options = parser.parse_args()
    text = generate(Header(options.clang))
    if not options.check:
        OUTPUT.write_text(text, encoding="utf-8")
        return 0
    if OUTPUT.exists() and OUTPUT.read_text(encoding="utf-8") == text:
        return 0
    print(f"{OUTPUT.relative_to(ROOT)} is out of date: run tools/generate_abi.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
