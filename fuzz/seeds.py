# SPDX-License-Identifier: Apache-2.0
"""Write the inputs that fuzzing begins with, a folder for each target.

    python fuzz/seeds.py build/fuzz/seeds

The accumulators' states are written by the library that `INFOLENS_LIBRARY` names, or the package's
own. Files of ../shared are added where they are.
"""

from __future__ import annotations

import os
import sys
import zlib
from pathlib import Path

import infolens
import numpy as np
from seed_files import activations, labels, write_files

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("INFOLENS_SHARED", ROOT.parent / "shared"))
# Mutating large files finds little: most of their bytes are data.
LARGEST = 48 << 10

KERAS = """{"class_name": "Functional", "config": {"name": "m", "layers": [
{"class_name": "InputLayer", "config": {"name": "x"}, "inbound_nodes": []},
{"class_name": "Dense", "config": {"name": "fc1", "activation": {"class_name": "LeakyReLU",
 "config": {"negative_slope": 0.25}}}, "inbound_nodes": [[["x", 0, 0, {}]]]},
{"class_name": "ReLU", "config": {"name": "r", "max_value": 6.0}},
{"class_name": "Dropout", "config": {"name": "d"}},
{"class_name": "Dense", "config": {"name": "dense", "activation": "softmax"},
 "inbound_nodes": [{"args": [{"config": {"keras_history": ["d", 0, 0]}}]}]}]}}"""

TEXTS = [
    KERAS,
    '[1, -2.5e3, true, null, "\\u00e9\\ud83d\\ude00", {"a": [[]]}]',
    "NaN",
    '"\\ud800"',
    "-Infinity",
    "[" * 130,
]


def write_all(folder: Path, contents: list[bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for index, content in enumerate(contents):
        (folder / f"{index:02}").write_bytes(content)


def chunk_inputs() -> list[bytes]:
    """As the target takes them: filters, size, mask, and the chunk as stored."""
    plain = activations().tobytes()
    size = len(plain).to_bytes(2, "big")
    shuffled = np.frombuffer(plain, "u1").reshape(-1, 4).T.tobytes()
    return [
        b"\x00" + size + b"\x00" + plain,
        b"\x01" + b"\x00\x00" + size + b"\x00" + zlib.compress(plain, 4),
        b"\x02" + b"\x01\x01\x04" + b"\x00\x00" + size + b"\x00" + zlib.compress(shuffled, 4),
        b"\x01" + b"\x02\x00" + size + b"\x00" + plain + bytes(4),
    ]


def states() -> list[bytes]:
    """States of accumulators: each kind of quantiser, gathering ranges and counting."""
    x, y = activations(), labels()
    quantizers = [
        infolens.threshold(2.0),
        infolens.threshold("median"),
        infolens.uniform(4),
        infolens.uniform(4, (0.0, 6.0)),
        infolens.quantile(3),
        infolens.width(1.5),
        infolens.explicit([1.0, 3.0]),
        infolens.integer(),
    ]
    found = []
    for quantizer in quantizers:
        accumulator = infolens.Accumulator(quantizer)
        accumulator.update({"fc1": x}, y)
        found.append(bytes(accumulator.serialize()))
        if accumulator.is_fitting:
            accumulator.fit()
            accumulator.update({"fc1": x}, [f"class {k}" for k in y])
            found.append(bytes(accumulator.serialize()))
    return found


def small_files(pattern: str) -> list[Path]:
    return [path for path in sorted(SHARED.glob(pattern)) if path.stat().st_size <= LARGEST]


def main(folder: Path) -> None:
    files = folder / "files"
    files.mkdir(parents=True, exist_ok=True)
    write_files(files)
    contents = [path.read_bytes() for path in sorted(files.iterdir())]
    # What the targets of parts of a file need comes before it.
    write_all(folder / "headers", [b"\x00\x00\x01\x30" + content for content in contents])
    write_all(folder / "heaps", [bytes(50) + content for content in contents if b"GCOL" in content])
    for path in (
        small_files("samples/*") + small_files("bad/*.h5") + small_files("bad/fuzz/*.h5")[::5]
    ):
        (files / f"shared_{path.parent.name}_{path.name}").write_bytes(path.read_bytes())
    write_all(folder / "json", [text.encode() for text in TEXTS])
    write_all(folder / "keras", [KERAS.encode()])
    write_all(folder / "chunks", chunk_inputs())
    write_all(folder / "deflated", [b"\x03\x01" + activations().tobytes()])
    write_all(folder / "accumulators", states())
    write_all(folder / "searches", [bytes(300), b"\x01\x02\x03" * 100])
    write_all(folder / "calls", [bytes(range(256)), b"\x04\x06\x30\x99" * 60])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
