# SPDX-License-Identifier: Apache-2.0
"""An environment of their own for packages that InfoLens is compared with.

They bring gigabytes and versions of numpy and BLAS that must not meet those of InfoLens' own
environment. So pip, as it is configured, installs them into a folder that is made once, and a
program there, o_information_peers.py, is asked.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

PACKAGES = ("hoi", "thoi", "frites", "scipy")
NAMED = (*PACKAGES, "jax", "torch", "numpy")
PROGRAM = Path(__file__).with_name("o_information_peers.py")
# On Linux a torch that is not for the processor alone brings CUDA.
LARGE = 12 << 30  # bytes
LIMIT = 1800  # seconds for one task


class PeerFailed(Exception):
    """A peer did not answer; the text says why."""


class Peers:
    """The environment in a folder; made, or completed, where need be.

    What cannot be installed is said, and left out: asking for it fails.

    Raises
    ------
    PeerFailed
        There is no environment, and none can be made.
    """

    def __init__(self, folder: Path) -> None:
        self.python = folder / "bin" / "python"
        if not self.python.exists():
            print(f"making the peers' environment in {folder}: some minutes, 2 GB", flush=True)
            try:
                venv.create(folder, with_pip=True)
            except (OSError, subprocess.CalledProcessError) as failure:
                raise PeerFailed(f"{folder}: {failure}") from failure
        missing = {*PACKAGES, "torch"} - {*self.versions()}
        if "torch" in missing:
            self._install_torch(folder)
        if missing - {"torch"}:
            self._install(*sorted(missing - {"torch"}))

    def versions(self) -> dict[str, str]:
        """Of the packages that are there."""
        text = self._run(self.python, "-m", "pip", "list", "--format", "json").stdout
        installed = {it["name"].lower(): it["version"] for it in json.loads(text or "[]")}
        return {name: installed[name] for name in NAMED if name in installed}

    def ask(self, task: str, **arguments: Any) -> dict[str, Any]:
        """What a task of o_information_peers.py answers.

        Raises
        ------
        PeerFailed
            It ended with an error, or took too long.
        """
        done = self._run(self.python, PROGRAM, task, json.dumps(arguments))
        if done.returncode:
            last = (done.stderr.strip() or "no message").splitlines()[-1]
            raise PeerFailed(f"{task}: {last}")
        return json.loads(done.stdout)

    def _run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                command, capture_output=True, text=True, timeout=LIMIT, check=False
            )
        except subprocess.TimeoutExpired:
            raise PeerFailed(f"no answer after {LIMIT} s") from None

    def _install(self, *packages: str) -> None:
        print(f"installing {', '.join(packages)}", flush=True)
        done = self._run(self.python, "-m", "pip", "install", "--prefer-binary", *packages)
        if done.returncode:
            print(f"pip failed, and these are left out:\n{done.stderr}", file=sys.stderr)

    def _install_torch(self, folder: Path) -> None:
        """A build for the processor alone, if pip knows of one."""
        listed = self._run(self.python, "-m", "pip", "index", "versions", "torch").stdout
        known = re.findall(r"\d+(?:\.\d+)+\+cpu", listed)
        if not known and sys.platform == "linux":
            free = shutil.disk_usage(folder).free
            if free < LARGE:
                print(
                    "THOI is left out: pip finds torch with CUDA only, for which "
                    f"{free >> 30} GiB of disk are too few. To compare with it, install a torch "
                    f"for the processor alone with {self.python} -m pip"
                )
                return
            print("pip finds torch with CUDA only: several GB")
        self._install(f"torch=={known[0]}" if known else "torch")
