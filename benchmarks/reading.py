# SPDX-License-Identifier: Apache-2.0
"""Reading HDF5: h5py and InfoLens on the same files, in one run, from the page cache.

    python benchmarks/reading.py            15360 × 4096 activations, 252 MB as float32
    python benchmarks/reading.py --quick    a fifth of it, 3 repeats

h5py reads a dataset whole, `file["x"][()]`, where another type than float32 is stored with
`.astype("float32")`; "numpy" is `file["x"][()].astype("float32")` then. InfoLens does so too
(`Dump.read`, into a new array and into one that is there) and, what its measures do, streams the
rows through a computation that costs little (`Dump.neuron_ranges`); the last is compared. GB/s
count float32 values given. The limit of plain data is reading the file on all threads in pieces
that stay in the cache, and doing nothing with them; that of gzip is libdeflate on all threads over
the same chunks, with nothing done to what comes out.

Then the measures themselves, 30 uniform bins and 10 classes, from file to mutual information:
h5py + numpy, h5py + numba, InfoLens; and the peak of memory for a file 50 times the budget.
"""

from __future__ import annotations

import argparse
import ctypes
import ctypes.util
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import h5py
import infolens
import numpy as np
import numpy_rivals
from neuron_measures import MemoryReader, numba
from scaling import growth_of_peak, resident

if numba is not None:
    import numba_kernels

BINS, CLASSES = 30, 10
MEMORY_ALLOWANCE = 32 << 20  # beyond the budget


@dataclass(frozen=True)
class Layout:
    """A way in which people store activations, and how much faster than h5py it is to be read."""

    name: str
    wanted: float
    kind: str = "relu"
    dtype: str = "float32"
    chunks: tuple[int, int] | bool | None = None
    gzip: int | None = None
    shuffle: bool = False
    lzf: bool = False

    def write(self, path: Path, x: np.ndarray) -> None:
        options: dict[str, Any] = {"chunks": self.chunks}
        if self.gzip is not None:
            options |= {"compression": "gzip", "compression_opts": self.gzip}
        if self.lzf:
            options |= {"compression": "lzf"}
        if self.shuffle:
            options["shuffle"] = True
        with h5py.File(path, "w") as file:
            file.create_dataset("x", data=x.astype(self.dtype), **options)


LAYOUTS = [
    Layout("contiguous float32", 3),
    Layout("chunks 256 × all", 3, chunks=(256, 0)),
    Layout("chunks 1024 × 256", 3, chunks=(1024, 256)),
    Layout("chunks of h5py's choice", 3, chunks=True),
    Layout("gzip 4, ReLU", 3.5, chunks=(256, 0), gzip=4),
    Layout("gzip 4, ReLU, h5py's chunks", 3.5, chunks=True, gzip=4),
    Layout("gzip 4 + shuffle, ReLU", 3.8, chunks=(256, 0), gzip=4, shuffle=True),
    Layout("gzip 4 + shuffle, tanh", 3.8, kind="tanh", chunks=(256, 0), gzip=4, shuffle=True),
    Layout("float16 contiguous", 20, dtype="float16"),
    Layout("float16 gzip 4", 3.5, dtype="float16", chunks=(256, 0), gzip=4),
    Layout("big-endian float32", 0, dtype=">f4"),
    Layout("lzf, ReLU", 0, chunks=(256, 0), lzf=True),
]


def activations(kind: str, samples: int, neurons: int, seed: int) -> np.ndarray:
    """What a layer gives: its neurons share the few directions in which inputs differ, most are
    off most of the time and some always, and weights of any size make every bit of a value count.
    """
    random = np.random.default_rng(seed)
    directions = 24
    weights = random.standard_normal((directions, neurons), dtype=np.float32)
    weights /= np.float32(np.sqrt(directions))
    bias = random.normal(-0.2, 0.7, neurons).astype(np.float32)
    x = np.empty((samples, neurons), np.float32)
    for start in range(0, samples, 1024):
        rows = x[start : start + 1024]
        inputs = random.standard_normal((len(rows), directions), dtype=np.float32)
        np.add(inputs @ weights, bias, out=rows)
    return np.maximum(x, 0, out=x) if kind == "relu" else np.tanh(x, out=x)


def best(way: Callable[[], Any], repeats: int) -> float:
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        way()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


class Inflater:
    """libdeflate over the chunks of a dataset on all threads, and nothing else."""

    def __init__(self, path: Path, threads: int) -> None:
        found = ctypes.util.find_library("deflate")
        if found is None:
            raise FileNotFoundError("libdeflate")
        self.library = ctypes.CDLL(found)
        self.library.libdeflate_alloc_decompressor.restype = ctypes.c_void_p
        with h5py.File(path) as file:
            data = file["x"]
            self.bytes = int(np.prod(data.chunks)) * data.dtype.itemsize
            self.chunks = [
                data.id.read_direct_chunk(data.id.get_chunk_info(index).chunk_offset)[1]
                for index in range(data.id.get_num_chunks())
            ]
        self.pool = ThreadPoolExecutor(threads)
        self.threads = threads

    def part(self, worker: int) -> None:
        inflater = ctypes.c_void_p(self.library.libdeflate_alloc_decompressor())
        output = ctypes.create_string_buffer(self.bytes)
        length = ctypes.c_size_t()
        for chunk in self.chunks[worker :: self.threads]:
            status = self.library.libdeflate_zlib_decompress(
                inflater,
                chunk,
                ctypes.c_size_t(len(chunk)),
                output,
                ctypes.c_size_t(self.bytes),
                ctypes.byref(length),
            )
            if status != 0 or length.value != self.bytes:
                raise SystemExit("error: libdeflate could not inflate a chunk")
        self.library.libdeflate_free_decompressor(inflater)

    def __call__(self) -> None:
        list(self.pool.map(self.part, range(self.threads)))


def inflating(path: Path, layout: Layout, options: argparse.Namespace) -> float | None:
    if layout.gzip is None:
        return None
    try:
        return best(Inflater(path, options.threads), options.repeats)
    except FileNotFoundError:
        return None


class FileReader:
    """Reads a file on all threads, in pieces that the second-level cache holds."""

    piece = 512 << 10

    def __init__(self, path: Path, threads: int) -> None:
        self.descriptor = os.open(path, os.O_RDONLY)
        self.size = path.stat().st_size
        self.threads = threads
        self.pool = ThreadPoolExecutor(threads)

    def part(self, worker: int) -> None:
        target = [bytearray(self.piece)]
        for start in range(worker * self.piece, self.size, self.threads * self.piece):
            os.preadv(self.descriptor, target, start)

    def __call__(self) -> None:
        list(self.pool.map(self.part, range(self.threads)))

    def close(self) -> None:
        os.close(self.descriptor)


def least_seconds(path: Path, layout: Layout, options: argparse.Namespace) -> float:
    """The limit: of decompression where that is known, else of reading the file."""
    seconds = inflating(path, layout, options)
    if seconds is None:
        file = FileReader(path, options.threads)
        seconds = best(file, options.repeats)
        file.close()
    return seconds


def timings(path: Path, stored: np.ndarray, options: argparse.Namespace) -> list[float]:
    """Seconds of h5py, h5py + numpy, reading into a new array and into one that is there,
    streaming."""
    target = np.zeros_like(stored)
    with h5py.File(path) as file, infolens.open(path) as dump:
        data = file["x"]
        is_native = data.dtype == np.float32
        dump.read("x", out=target)
        if not np.array_equal(target, stored):
            raise SystemExit(f"error: what was read from {path.name} differs from what was written")
        ways: list[Callable[[], Any]] = [
            lambda: data[()] if is_native else data.astype("float32")[()],
            lambda: data[()].astype("float32", copy=False),
            lambda: dump.read("x"),
            lambda: dump.read("x", out=target),
            lambda: dump.neuron_ranges("x"),
        ]
        return [best(way, options.repeats) for way in ways]


def compare(folder: Path, options: argparse.Namespace) -> Iterator[str]:
    """One line a layout; yields the names of those that are slower than wanted."""
    print(
        f"{'GB/s of float32':28}{'h5py':>8}{'numpy':>8}{'new':>8}{'into':>8}{'stream':>8}"
        f"{'÷ h5py':>8}{'wanted':>8}{'of limit':>10}"
    )
    data: dict[str, np.ndarray] = {}
    for layout in LAYOUTS:
        if options.only and options.only not in layout.name:
            continue
        if layout.kind not in data:
            data[layout.kind] = activations(
                layout.kind, options.samples, options.neurons, options.seed
            )
        x = data[layout.kind]
        chunks = layout.chunks
        if isinstance(chunks, tuple) and chunks[1] == 0:
            layout = replace(layout, chunks=(chunks[0], options.neurons))
        path = folder / "reading.h5"
        layout.write(path, x)
        times = timings(path, x.astype(layout.dtype).astype(np.float32), options)
        limit = least_seconds(path, layout, options)
        rates = "".join(f"{x.nbytes / seconds / 1e9:8.2f}" for seconds in times)
        ratio = times[0] / times[-1]
        wanted = f"{layout.wanted:8.1f}" if layout.wanted else f"{'':8}"
        print(f"{layout.name:28}{rates}{ratio:8.2f}{wanted}{limit / times[-1]:10.0%}", flush=True)
        if ratio < layout.wanted:
            yield layout.name
        path.unlink()


def print_gain(folder: Path, options: argparse.Namespace) -> None:
    """How much faster libdeflate is on all threads than on one: no reader can gain more."""
    x = activations("relu", 2048, options.neurons, options.seed)
    path = folder / "gain.h5"
    Layout("", 0, chunks=(256, options.neurons), gzip=4).write(path, x)
    try:
        one, several = (best(Inflater(path, n), options.repeats) for n in (1, options.threads))
    except FileNotFoundError:
        return
    rate = x.nbytes / one / 1e9
    print(f"libdeflate: {rate:.2f} GB/s on one thread, {one / several:.2f} × on all")


def end_to_end(folder: Path, options: argparse.Namespace) -> Iterator[str]:
    """From file to mutual information; yields what is slower than wanted."""
    x = activations("relu", options.samples * 4, options.neurons // 4, options.seed)
    y = np.arange(len(x)) % CLASSES
    plain, packed = folder / "plain.h5", folder / "packed.h5"
    for path, more in ((plain, {}), (packed, {"chunks": (1024, x.shape[1]), "compression": 4})):
        with h5py.File(path, "w") as file:
            file.create_dataset("x", data=x, **more)
            file["labels"] = y
    quantizer = infolens.uniform(BINS)

    def ours(path: Path) -> np.ndarray:
        with infolens.open(path) as dump:
            return dump.neuron_measures(["x"], quantizer=quantizer)["mutual_information"]

    def h5py_and(measure: Callable[..., np.ndarray]) -> np.ndarray:
        with h5py.File(plain) as file:
            return measure(file["x"][()], file["labels"][()], CLASSES, BINS)

    ways = {"h5py + numpy": (10.0, lambda: h5py_and(numpy_rivals.row_blocks))}
    if numba is not None:
        numba.set_num_threads(min(options.threads, numba.config.NUMBA_NUM_THREADS))
        ways["h5py + numba"] = (3.0, lambda: h5py_and(numba_kernels.tiles))
    print(f"\nmutual information of {x.shape[1]} neurons, {len(x)} samples, from the file")
    answer = ours(plain)
    seconds = best(lambda: ours(plain), options.repeats)
    print(f"{'InfoLens, contiguous':30}{seconds * 1e3:8.1f} ms")
    for name, (wanted, way) in ways.items():
        if not np.abs(way() - answer).max() < 1e-9:
            raise SystemExit(f"error: {name} and InfoLens differ")
        rival = best(way, max(2, options.repeats // 2))
        print(f"{name:30}{rival * 1e3:8.1f} ms{rival / seconds:8.2f} × InfoLens, wanted {wanted:g}")
        if rival < wanted * seconds:
            yield name
    if not np.array_equal(ours(packed), answer):
        raise SystemExit("error: gzip changes the answer")
    pure = inflating(packed, Layout("", 0, gzip=4), options)
    seconds = best(lambda: ours(packed), options.repeats)
    print(f"{'InfoLens, gzip 4':30}{seconds * 1e3:8.1f} ms")
    if pure is not None:
        print(
            f"{'libdeflate alone':30}{pure * 1e3:8.1f} ms{seconds / pure:8.2f}, wanted at most 1.15"
        )
        if seconds > 1.15 * pure:
            yield "measures from gzip"


def peak(path: str, budget: int) -> int:
    """Bytes by which measures of a file raise this process's memory; for a process of its own."""
    infolens.neuron_measures(np.zeros((2, 1), np.float32), np.arange(2))
    dump = infolens.open(path)
    with infolens.context(memory=budget, progress=False):
        growth, _ = growth_of_peak(
            lambda: dump.neuron_measures(
                ["x"], quantizer=infolens.uniform(BINS), measures=["entropy"]
            )["entropy"]
        )
    return growth


def memory(folder: Path, options: argparse.Namespace) -> Iterator[str]:
    import multiprocessing

    print("\npeak of memory beyond what was there before, in MB")
    print(f"{'file':30}{'size':>8}{'budget':>8}{'peak':>8}{'allowed':>9}")
    spawn = multiprocessing.get_context("spawn")
    for name, more in (
        ("contiguous", {}),
        ("gzip, chunks 64 × 1024", {"chunks": (64, 1024), "compression": 1}),
        ("float16, chunks of h5py's choice", {"chunks": True, "dtype": "float16"}),
    ):
        path = folder / "large.h5"
        for budget, times in ((8 << 20, 50), (32 << 20, 8), (1 << 30, 1)):
            size = min(budget * times, 400 << 20)
            samples = size // 4096
            with h5py.File(path, "w") as file:
                whole = file.create_dataset("x", (samples, 1024), **{"dtype": "float32", **more})
                piece = activations("relu", 1024, 1024, options.seed)
                for start in range(0, samples, 1024):
                    whole[start : start + 1024] = piece[: min(1024, samples - start)]
            with spawn.Pool(1) as pool:
                growth = pool.apply(peak, (str(path), budget))
            allowed = budget + MEMORY_ALLOWANCE
            print(
                f"{name:30}{size / 1e6:8.0f}{budget / 1e6:8.0f}{growth / 1e6:8.1f}"
                f"{allowed / 1e6:9.0f}"
            )
            if growth > allowed:
                yield f"memory of {name}"
            path.unlink()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--samples", type=int, default=15360)
    parser.add_argument("--neurons", type=int, default=4096)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="layouts with this in their name, and nothing else")
    parser.add_argument("--quick", action="store_true", help="a fifth of the samples, 3 repeats")
    options = parser.parse_args()
    if options.quick:
        options.samples, options.repeats = options.samples // 5, 3
    print(
        f"{options.samples} × {options.neurons}, {options.threads} threads, best of "
        f"{options.repeats}\nPython {platform.python_version()}, numpy {np.__version__}, h5py "
        f"{h5py.version.version} (HDF5 {h5py.version.hdf5_version}), "
        f"InfoLens {infolens.__version__}; {resident('VmRSS') >> 20} MB in use"
    )
    slow: list[str] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        infolens.context(threads=options.threads, progress=False),
    ):
        read = MemoryReader(options.threads)
        read()
        print(f"read bandwidth, all threads: {read.bandwidth / 1e9:.1f} GB/s")
        print_gain(Path(folder), options)
        print()
        slow += compare(Path(folder), options)
        if not options.only:
            slow += end_to_end(Path(folder), options)
            slow += memory(Path(folder), options)
    if slow:
        print(f"\nbelow what is wanted: {', '.join(slow)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
