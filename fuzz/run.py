# SPDX-License-Identifier: Apache-2.0
"""Fuzz the targets one after the other, a fixed number of inputs each.

    python fuzz/run.py BINARY SEEDS [--runs N] [--seed N] [--short] [target ...]

A crash, a trap, a report of the address sanitizer, a hang or too much memory fails the run, and its
input is kept in build/fuzz/findings. The one exception are crashes inside libhdf5, which corrupt
files can cause (reading in a process of its own is for them): they are counted, printed, and the
run goes on.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

FINDINGS = Path("build/fuzz/findings")

# Inputs of each target: a few minutes in all, half of them for whole files.
RUNS = {
    "chunks": 40_000,
    "deflated": 20_000,
    "heaps": 50_000,
    "headers": 100_000,
    "json": 300_000,
    "keras": 100_000,
    "accumulators": 100_000,
    "searches": 40_000,
    "calls": 20_000,
    "files": 20_000,
}
# For every build: half a minute.
SHORT_RUNS = {
    "chunks": 20_000,
    "headers": 5_000,
    "accumulators": 5_000,
    "calls": 1_000,
    "files": 1_200,
}

LIMITS = ["-timeout=20", "-rss_limit_mb=2500", "-max_len=65536"]

SANITIZER = {
    # Swift's runtime keeps what it makes once; leaks are looked for elsewhere. libhdf5 believes
    # headers of any size: more than this there is not to be had.
    "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=600",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "SWIFT_BACKTRACE": "enable=no",
}

# Frames that say nothing about whose defect it is.
RUNTIME = re.compile(
    r"/compiler-rt/|__asan|__sanitizer|__ubsan|/sysdeps/|/libc\.so"
    r"|\bin (abort|raise|malloc|calloc|realloc|free)\b"
)


@dataclass
class Outcome:
    """What became of one target."""

    target: str
    runs: int = 0
    seconds: float = 0.0
    coverage: int = 0
    library: list[str] = field(default_factory=list)
    failure: str = ""


def stacks(report: str) -> list[list[str]]:
    """The stacks of a report, innermost frame first, without those of the runtime."""
    found: list[list[str]] = []
    for line in report.splitlines():
        frame = re.match(r"\s*#(\d+) 0x[0-9a-f]+ (.*)", line)
        if not frame:
            continue
        if frame[1] == "0":
            found.append([])
        if found and not RUNTIME.search(frame[2]):
            found[-1].append(frame[2])
    return found


def is_library_defect(report: str) -> bool:
    """Whether libhdf5 failed by itself: it was at work, and on memory of its own."""
    found = stacks(report)
    if not found or not found[0] or "libhdf5" not in found[0][0]:
        return False
    # A buffer that was made for libhdf5 and is too small for it is not its fault.
    if "out-of-memory" in report or re.search(r"(stack|global|dynamic-stack)-buffer-", report):
        return False
    if "heap-buffer-overflow" in report or "heap-use-after-free" in report:
        # What is near no block of memory was nobody's.
        return all(owner and "libhdf5" in owner[0] for owner in found[1:])
    return "AddressSanitizer" in report or "timeout" in report or "deadly signal" in report


def first_frames(report: str, count: int = 4) -> str:
    found = stacks(report)
    return " < ".join(
        frame.removeprefix("in ").split(" ")[0] for frame in (found[0] if found else [])[:count]
    )


def forget(corpus: Path, artifact: Path) -> None:
    """Takes an input that ended the run out of the corpus."""
    content = artifact.read_bytes()
    for path in corpus.iterdir():
        if path.stat().st_size == len(content) and path.read_bytes() == content:
            path.unlink()


def fuzz(binary: Path, seeds: Path, target: str, runs: int, seed: int) -> Outcome:
    outcome = Outcome(target)
    start = time.monotonic()
    # In memory where there is such a folder: each input of some targets becomes a file.
    shm = Path("/dev/shm")
    base = shm if os.access(shm, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=base, prefix="infolens-fuzz-") as name:
        work = Path(name)
        corpus = work / "corpus"
        shutil.copytree(seeds / target, corpus)
        if target == "calls":
            shutil.copy(seeds / "files" / "network.h5", work / "seed.h5")
        while outcome.runs < runs:
            command = [
                str(binary),
                target,
                f"-runs={runs - outcome.runs}",
                f"-seed={seed + len(outcome.library)}",
            ]
            done = subprocess.run(
                [*command, *LIMITS, "-len_control=0", "-artifact_prefix=finding-", str(corpus)],
                cwd=work,
                env=os.environ | SANITIZER,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                check=False,
            )
            report = done.stderr
            counts = [int(count) for count in re.findall(r"^#(\d+)\s", report, re.MULTILINE)]
            outcome.runs += max(counts, default=0) + (done.returncode != 0)
            outcome.coverage = max([outcome.coverage, *map(int, re.findall(r"cov: (\d+)", report))])
            if done.returncode == 0:
                break
            artifacts = list(work.glob("finding-*"))
            if artifacts and is_library_defect(report):
                outcome.library.append(first_frames(report))
                for artifact in artifacts:
                    forget(corpus, artifact)
                    artifact.unlink()
                continue
            FINDINGS.mkdir(parents=True, exist_ok=True)
            for artifact in artifacts:
                kept = FINDINGS / f"{target}-{artifact.name.removeprefix('finding-')}"
                shutil.move(artifact, kept)
                outcome.failure += f"{binary} {target} {kept}\n"
            begin = report.find("infolens-fuzz:")
            begin = (
                begin if begin >= 0 else max(report.find("ERROR"), report.find("runtime error"), 0)
            )
            outcome.failure += (
                report[max(0, begin - 200) :][:6000] or f"exit status {done.returncode}"
            )
            break
    outcome.seconds = time.monotonic() - start
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("binary", type=Path)
    parser.add_argument("seeds", type=Path)
    parser.add_argument("targets", nargs="*", help="default: all")
    parser.add_argument("--runs", type=int, help="inputs of each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true", help="few inputs, of few targets")
    arguments = parser.parse_args()
    table = SHORT_RUNS if arguments.short else RUNS
    failed = False
    for target in arguments.targets or table:
        runs = arguments.runs or table.get(target, RUNS[target])
        binary, seeds = arguments.binary.resolve(), arguments.seeds.resolve()
        outcome = fuzz(binary, seeds, target, runs, arguments.seed)
        print(
            f"{target:<13} {outcome.runs:>8} inputs, {outcome.seconds:5.0f} s, "
            f"coverage {outcome.coverage:>5}"
            + (f", {len(outcome.library)} crashes inside libhdf5" if outcome.library else ""),
            flush=True,
        )
        for place in sorted(set(outcome.library)):
            print(f"              {outcome.library.count(place)} × {place}")
        if outcome.failure:
            failed = True
            print(f"FAILED\n{outcome.failure}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
