# SPDX-License-Identifier: Apache-2.0
"""Small HDF5 files to begin fuzzing with: one for each way of storing, and each layout."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

SAMPLES, NEURONS, CLASSES = 24, 5, 3

Writer = Callable[[h5py.File], None]


def activations(neurons: int = NEURONS, dtype: str = "f4") -> np.ndarray:
    i, j = np.mgrid[0:SAMPLES, 0:neurons]
    return ((i * (j + 3) + i * i // (j + 2)) % 7).astype(dtype)


def labels() -> np.ndarray:
    return np.arange(SAMPLES) * 7 % CLASSES


def stored(**storage: object) -> Writer:
    """A dump of one layer, stored in this way."""

    def write(file: h5py.File) -> None:
        file["labels"] = labels().astype("i2")
        file.create_dataset("layers/fc1/activations", data=activations(), **storage)

    return write


def typed(dtype: str) -> Writer:
    def write(file: h5py.File) -> None:
        file["labels"] = labels().astype("u1")
        file.create_dataset("layers/a/activations", data=activations(dtype=dtype), chunks=(7, 2))
        file["layers/b/activations"] = activations(dtype=dtype)

    return write


def labelled(values: object, **options: object) -> Writer:
    def write(file: h5py.File) -> None:
        file["act"] = activations()
        file.create_dataset("labels", data=values, **options)

    return write


def unwritten(file: h5py.File) -> None:
    """Chunks and rows that were never written, with and without a value in their place."""
    for name, fill in (("a", None), ("b", 7.0)):
        data = file.create_dataset(
            f"layers/{name}/activations", (SAMPLES, NEURONS), "f4", chunks=(6, 5), fillvalue=fill
        )
        data[:12] = activations()[:12]
    file.create_dataset("layers/c/activations", (SAMPLES, NEURONS), "f4")
    file["labels"] = labels()


def virtual(file: h5py.File) -> None:
    file["source"] = activations()
    layout = h5py.VirtualLayout((SAMPLES, NEURONS), "f4")
    layout[:] = h5py.VirtualSource(".", "source", (SAMPLES, NEURONS))
    file.create_virtual_dataset("act", layout)
    file["labels"] = labels()


def linked(file: h5py.File) -> None:
    file["data/x"] = activations()
    file["labels"] = labels()
    file["layers/soft/activations"] = h5py.SoftLink("/data/x")
    file["layers/gone/activations"] = h5py.SoftLink("/data/y")
    file["layers/out/activations"] = h5py.ExternalLink("other.h5", "/x")
    file["data/up"] = file["/"]
    file.create_dataset(
        "raw", (SAMPLES, NEURONS), "f4", external=[("raw.bin", 0, SAMPLES * NEURONS * 4)]
    )


def network(file: h5py.File) -> None:
    generator = np.random.default_rng(1)
    x = generator.random((SAMPLES, 4), np.float32)
    file["inputs"] = x
    file["labels"] = labels()
    for index, (name, width, kind) in enumerate((("fc1", 5, "relu"), ("out", 3, "linear"))):
        group = file.create_group(f"layers/{name}")
        group.attrs["index"], group.attrs["activation"] = index, kind
        weight = generator.normal(size=(x.shape[1], width)).astype("f4")
        bias = np.linspace(-1, 1, width, dtype=np.float32)
        group["weight"], group["bias"] = weight, bias
        group["weight"].attrs["layout"] = "in_out"
        x = x @ weight + bias
        group["preactivations"] = x
        if kind == "relu":
            x = np.maximum(x, 0)
        group["activations"] = x
    file["logits"] = x


def keras(file: h5py.File) -> None:
    file.create_group("layers/flatten/vars")
    for name, rows, columns in (("dense", 4, 5), ("dense_1", 5, 3)):
        group = file.create_group(f"layers/{name}/vars")
        group.attrs["name"] = f"my_{name}"
        group["0"], group["1"] = np.ones((rows, columns), "f4"), np.zeros(columns, "f4")
    file.create_group("optimizer/vars")["0"] = np.float32(1)


def keras_legacy(file: h5py.File) -> None:
    weights = file.create_group("model_weights")
    layers = [("dense", 4, 5), ("dense_1", 5, 3)]
    weights.attrs["layer_names"] = [name.encode() for name, _, _ in layers]
    for name, rows, columns in layers:
        group = weights.create_group(f"{name}/{name}")
        group["kernel:0"], group["bias:0"] = np.ones((rows, columns), "f4"), np.zeros(columns, "f4")
    described = [
        {"class_name": "Dense", "config": {"name": name, "activation": "relu"}}
        for name, _, _ in layers
    ]
    config = {"class_name": "Sequential", "config": {"layers": described}}
    file.attrs["model_config"] = json.dumps(config)


def categorical(file: h5py.File, name: str) -> None:
    group = file.create_group(f"obs/{name}")
    group.attrs["encoding-type"] = "categorical"
    group["codes"] = (labels() - (labels() == 2) * 3).astype("i1")
    group["categories"] = [b"bird", b"cat", b"wing"]


def anndata_dense(file: h5py.File) -> None:
    file.attrs["encoding-type"] = "anndata"
    file.create_dataset("X", data=activations(), compression="gzip")
    file["X"].attrs["encoding-type"] = "array"
    categorical(file, "kind")
    file["obs"].attrs["column-order"] = ["kind"]
    file["var/_index"] = [f"gene{j}".encode() for j in range(NEURONS)]


def anndata_csr(file: h5py.File) -> None:
    x = activations()
    rows = [np.flatnonzero(row) for row in x]
    group = file.create_group("X")
    group.attrs["encoding-type"], group.attrs["shape"] = "csr_matrix", x.shape
    group["data"] = np.concatenate([row[at] for row, at in zip(x, rows, strict=True)])
    group["indices"] = np.concatenate(rows).astype("i4")
    group["indptr"] = np.concatenate([[0], np.cumsum([len(at) for at in rows])]).astype("i4")
    categorical(file, "kind")


def pandas_fixed(file: h5py.File) -> None:
    group = file.create_group("frame")
    group.attrs["pandas_type"], group.attrs["nblocks"] = "frame", 1
    group["axis0"] = [f"n{j}".encode() for j in range(NEURONS)]
    group["axis1"] = np.arange(SAMPLES)
    group["block0_items"] = group["axis0"][()]
    group["block0_values"] = activations(dtype="f8")
    file["labels"] = labels()


def compound(file: h5py.File) -> None:
    kinds = [("index", "i8"), ("values", "f4", (NEURONS,)), ("label", "i4")]
    table = np.zeros(SAMPLES, kinds)
    table["values"], table["label"] = activations(), labels()
    file.create_dataset("frame/table", data=table, chunks=(10,))
    file["frame"].attrs["pandas_type"] = "frame_table"


def matlab(file: h5py.File) -> None:
    file["activations"] = activations(dtype="f8").T
    file["labels"] = labels().astype("f8")[None, :] + 1
    for name in ("activations", "labels"):
        file[name].attrs["MATLAB_class"] = np.bytes_("double")


def netcdf(file: h5py.File) -> None:
    file["presentation"] = np.arange(SAMPLES)
    file["neuroid"] = np.arange(2 * NEURONS)
    file["layer"] = np.array([b"fc1"] * NEURONS + [b"fc2"] * NEURONS)
    file["data"] = np.hstack([activations(), activations()])
    for axis, name in enumerate(("presentation", "neuroid")):
        file[name].make_scale(name)
        file["data"].dims[axis].attach_scale(file[name])
    file["layer"].dims[0].attach_scale(file["neuroid"])
    file["labels"] = labels()


def nwb(file: h5py.File) -> None:
    file.attrs["nwb_version"] = "2.6.0"
    times = np.sort(np.random.default_rng(2).uniform(0, 12, (4, 9)), axis=1)
    file["units/spike_times"], file["units/id"] = times.ravel(), np.arange(4)
    file["units/spike_times_index"] = np.arange(1, 5) * 9
    trials = file.create_group("intervals/trials")
    trials["start_time"], trials["stop_time"] = np.arange(12.0), np.arange(12.0) + 0.9
    trials["condition"] = [b"left", b"right"] * 6


def tensors(file: h5py.File) -> None:
    file["layers/conv/activations"] = np.arange(SAMPLES * 2 * 4, dtype="f4").reshape(-1, 2, 2, 2)
    file["layers/tokens/activations"] = np.ones((SAMPLES, 3, 4), "f2")
    file["labels"] = labels()


def epochs(file: h5py.File) -> None:
    for epoch in (0, 2, 10):
        group = file.create_group(f"epochs/{epoch}/layers/fc1")
        group["activations"] = activations() + epoch
        file[f"{epoch}/activations/0"] = activations()
    file["labels"] = labels()


def batches(file: h5py.File) -> None:
    for batch in range(3):
        rows = slice(8 * batch, 8 * batch + 8)
        file[f"batch_{batch}/fc1"] = activations()[rows]
        file[f"batch_{batch}/labels"] = labels()[rows]
        file[f"features_{batch + 1:02}"] = activations()[rows]


FILES: dict[str, Writer] = {
    "contiguous": stored(),
    "chunked": stored(chunks=(7, 3)),
    "gzip": stored(chunks=(7, 3), compression="gzip"),
    "shuffle": stored(chunks=(10, 5), compression="gzip", shuffle=True),
    "fletcher": stored(chunks=(6, 5), fletcher32=True, compression="gzip"),
    "lzf": stored(chunks=(7, 3), compression="lzf"),
    "scaled": stored(chunks=(7, 3), scaleoffset=2),
    "growing": stored(chunks=(7, 3), maxshape=(None, NEURONS)),
    "unwritten": unwritten,
    "virtual": virtual,
    "linked": linked,
    **{f"type_{dtype.strip('<>')}{'_big' * (dtype[0] == '>')}": typed(dtype)
       for dtype in ("f2", "f8", ">f4", ">f2", "i1", "u2", ">i4", "i8", "u8", "?")},
    "labels_text": labelled([f"class {k}" for k in labels()]),
    "labels_chunked_text": labelled([f"c{k}" for k in labels()], chunks=(5,), compression="gzip"),
    "labels_bytes": labelled(labels().astype("S3")),
    "labels_one_hot": labelled(np.eye(CLASSES, dtype="f4")[labels()]),
    "labels_float": labelled(labels().astype("f8")[:, None]),
    "labels_row": labelled(labels()[None, :]),
    "labels_enum": labelled(labels(), dtype=h5py.enum_dtype({"a": 0, "b": 1, "c": 2}, "i1")),
    "network": network,
    "keras": keras,
    "keras_legacy": keras_legacy,
    "anndata_dense": anndata_dense,
    "anndata_csr": anndata_csr,
    "pandas_fixed": pandas_fixed,
    "compound": compound,
    "matlab": matlab,
    "netcdf": netcdf,
    "nwb": nwb,
    "tensors": tensors,
    "epochs": epochs,
    "batches": batches,
}  # fmt: skip

# In the newest formats that libhdf5 1.10 reads: chunk indices differ by how a dataset may grow.
NEWEST: dict[str, Writer] = {
    "newest_one_chunk": stored(chunks=(SAMPLES, NEURONS), compression="gzip"),
    "newest_fixed": stored(chunks=(7, 3), compression="gzip"),
    "newest_extensible": stored(chunks=(7, 3), maxshape=(None, NEURONS), fletcher32=True),
    "newest_tree": stored(chunks=(7, 3), maxshape=(None, None)),
    "newest_network": network,
    "newest_text": labelled([f"class {k}" for k in labels()]),
}


def write_files(folder: Path) -> None:
    """Write all of them into `folder`."""
    for name, write in FILES.items():
        options = {"userblock_size": 512} if name == "matlab" else {}
        with h5py.File(folder / f"{name}.h5", "w", **options) as file:
            write(file)
    for name, write in NEWEST.items():
        with h5py.File(folder / f"{name}.h5", "w", libver=("v110", "v110")) as file:
            write(file)
