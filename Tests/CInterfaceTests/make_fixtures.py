# SPDX-License-Identifier: Apache-2.0
"""Write the HDF5 files that dumps.c, lifetimes.c, networks.c and others read.

Activations and labels follow a formula that dumps.c repeats, so that the
expected measures are computed there and nothing is stored twice.
"""

import shutil
import sys
from pathlib import Path

import h5py
import numpy as np

SAMPLES, NEURONS, LEVELS, CLASSES = 400, 6, 4, 5
DIGITS = Path(__file__).resolve().parent.parent.parent / "examples" / "data" / "digits.h5"


def levels(neurons: int = NEURONS) -> np.ndarray:
    i, j = np.mgrid[0:SAMPLES, 0:neurons]
    return (i * (j + 3) + i * i // (j + 2)) % LEVELS


def labels() -> np.ndarray:
    i = np.arange(SAMPLES)
    return (i * 7 + i // 5) % CLASSES


def write(path: Path, activations: np.ndarray, y: np.ndarray | None, **storage: object) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("layers/fc1/activations", data=activations, **storage)
        if y is not None:
            file["labels"] = y


def write_native(folder: Path) -> None:
    with h5py.File(folder / "native.h5", "w") as file:
        # By name "fc1" would come first; the index attribute decides.
        for name, index in (("fc1", 1), ("input_side", 0)):
            group = file.create_group(f"layers/{name}")
            group.attrs["index"] = index
            group["activations"] = levels().astype(np.float32) * (1 + index)
        file["layers/fc1/preactivations"] = levels().astype(np.float32) - 1
        file["labels"] = labels().astype(np.int64)
        file["logits"] = np.zeros((SAMPLES, CLASSES), np.float32)
        file["other/rank1"] = np.zeros(3)
        file["other/short"] = levels().astype(np.float32)[:-1]


def write_storage(folder: Path) -> None:
    x, y = levels(), labels()
    for dtype in (
        "f2",
        "f4",
        "f8",
        "i1",
        "i2",
        "i4",
        "i8",
        "u1",
        "u2",
        "u4",
        "u8",
        ">f4",
        ">f8",
        ">i2",
    ):
        write(folder / f"dtype_{dtype.replace('>', 'be_')}.h5", x.astype(dtype), y)
    x = x.astype(np.float32)
    write(folder / "chunked.h5", x, y, chunks=(64, 4))
    write(folder / "gzip.h5", x, y, chunks=(100, 6), compression="gzip", shuffle=True)
    write(folder / "fletcher.h5", x, y, chunks=(33, 5), fletcher32=True)
    with h5py.File(folder / "flat.h5", "w") as file:
        file["fc1"] = x
        file["targets"] = y.astype(np.uint8)


def write_labels(folder: Path) -> None:
    x, y = levels().astype(np.float32), labels()
    names = np.array(["ant", "bee", "cat", "dog", "eel"])[y]
    kinds = {
        "i1": y.astype(np.int8),
        "u8": y.astype(np.uint64),
        "float": y.astype(np.float32),
        "column": y[:, None],
        "row": y[None, :],
        "one_hot": np.eye(CLASSES, dtype=np.uint8)[y],
        "fixed_strings": names.astype("S8"),
        "strings": names.astype(h5py.string_dtype()),
    }
    for name, values in kinds.items():
        write(folder / f"labels_{name}.h5", x, values)


def write_convolution(folder: Path) -> None:
    x = levels(12).reshape(SAMPLES, 3, 2, 2).astype(np.float32)
    write(folder / "convolution.h5", x, labels())


def write_bad(folder: Path) -> None:
    x, y = levels().astype(np.float32), labels()
    nan = x.copy()
    nan[37, 5] = nan[90, 1] = np.nan
    write(folder / "nan.h5", nan, y)
    write(folder / "zero_rows.h5", x[:0], y[:0])
    write(folder / "mismatch.h5", x, y[:-1])
    write(folder / "scalar.h5", np.float32(1), y)
    write(folder / "no_labels.h5", x, None)
    write(folder / "complex.h5", x.astype(np.complex64), y)
    write(folder / "fractional_labels.h5", x, y + 0.5)
    (folder / "text.h5").write_text("This is not HDF5.\n" * 100)
    (folder / "empty.h5").write_bytes(b"")
    whole = (folder / "native.h5").read_bytes()
    (folder / "truncated.h5").write_bytes(whole[: len(whole) // 2])


def write_networks(folder: Path) -> None:
    """The digits' network, copies of it that are wrong in one place, and one that sees bytes."""
    shutil.copy(DIGITS, folder / "digits.h5")

    def altered(name: str) -> h5py.File:
        shutil.copy(DIGITS, folder / f"network_{name}.h5")
        return h5py.File(folder / f"network_{name}.h5", "r+")

    with altered("no_weights") as file:
        for layer in file["layers"].values():
            del layer["weight"]
    with altered("unchained") as file:
        del file["layers/fc2/weight"]
        file["layers/fc2/weight"] = np.ones((30, 32))
    with altered("unknown_activation") as file:
        file["layers/fc2"].attrs["activation"] = "mish"
    with altered("no_activation") as file:
        del file["layers/fc1"].attrs["activation"]
    with altered("nan") as file:
        file["layers/fc1/weight"][3, 7] = np.nan
    with altered("other_weights") as file:
        file["layers/fc2/bias"][4] += 1
    with altered("no_inputs") as file:
        del file["inputs"], file["layers/fc1/activations"]
    with altered("bytes") as file:
        pixels = np.arange(SAMPLES * 64, dtype=np.uint64) ** 2 // 7 % 256
        said = pixels.reshape(SAMPLES, 64) / 255
        del file["inputs"], file["labels"]
        file["inputs"] = pixels.reshape(SAMPLES, 8, 8).astype(np.uint8)
        file["labels"] = np.arange(SAMPLES) % 10
        for name, layer in file["layers"].items():
            said = said @ layer["weight"] + layer["bias"]
            if name != "output":
                said = np.maximum(said, 0)
                del layer["activations"], layer["preactivations"]
                layer["activations"] = said
            else:
                del layer["activations"], layer["preactivations"], file["logits"]
                file["logits"] = said


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    write_native(folder)
    write_storage(folder)
    write_labels(folder)
    write_convolution(folder)
    write_bad(folder)
    write_networks(folder)


if __name__ == "__main__":
    main()
