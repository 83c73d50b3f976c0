# SPDX-License-Identifier: Apache-2.0
"""Check what a built libinfolens.so exports and what it needs.

Usage: exports.py LIBRARY. Exported symbols must be exactly the functions that
infolens.h declares, all of the version node INFOLENS_0; the SONAME must carry
the ABI's major number; nothing beyond HDF5, zlib and the system's C and C++
run time may be needed, and Foundation must not have been linked in.
"""

import re
import subprocess
import sys
from pathlib import Path

from interface import functions

SONAME = "libinfolens.so.0"
NODE = "INFOLENS_0"
NEEDED = re.compile(r"(libhdf5\w*|libc|libm|libstdc\+\+|libgcc_s|ld-linux[\w-]*)\.so\.\d+")


def readelf(option: str, library: str) -> str:
    command = ["readelf", "--wide", option, library]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def exported(library: str) -> set[str]:
    """Defined dynamic symbols with their versions, for instance il_version@@INFOLENS_0."""
    symbols = set()
    for line in readelf("--dyn-syms", library).splitlines():
        fields = line.split()
        # Num: Value Size Type Bind Vis Ndx Name; the version node itself is absolute.
        if (
            len(fields) >= 8
            and fields[4] in ("GLOBAL", "WEAK", "UNIQUE")
            and fields[6] not in ("UND", "ABS")
        ):
            symbols.add(fields[7])
    return symbols


def problems(library: str) -> list[str]:
    found = []
    symbols, declared = exported(library), {f"{name}@@{NODE}" for name in functions()}
    found += [
        f"exported but not declared in infolens.h: {name}" for name in sorted(symbols - declared)
    ]
    found += [
        f"declared in infolens.h but not exported: {name}" for name in sorted(declared - symbols)
    ]
    dynamic = readelf("--dynamic", library)
    soname = re.findall(r"\(SONAME\).*\[(.*)\]", dynamic)
    if soname != [SONAME]:
        found.append(f"SONAME is {soname}, expected {SONAME}")
    for name in re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic):
        if not NEEDED.fullmatch(name):
            found.append(f"needs {name}, which users may not have")
    for path in re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.*)\]", dynamic):
        if path != "$ORIGIN":
            found.append(f"carries the run path {path} of the machine that built it")
    # Mangled names of Foundation's types stay in the metadata of what uses them.
    if b"10Foundation" in Path(library).read_bytes():
        found.append("links Foundation")
    return found


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: exports.py LIBRARY", file=sys.stderr)
        return 2
    found = problems(sys.argv[1])
    for problem in found:
        print(f"{sys.argv[1]}: {problem}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
