# SPDX-License-Identifier: Apache-2.0
"""An environment of their own for packages that InfoLens is compared with.

They want other versions of numpy than each other's neighbours, and gigabytes. So they are
installed by pip, as it is configured, into a folder that is made once, and run there as programs.
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
PROGRAM = Path(__file__).with_name("o_information_peers.py")
# On Linux a torch that is not for the processor alone brings CUDA.
LARGE = 12 << 30  # bytes
LIMIT = 1800  # seconds for one task


class PeerFailed(Exception):
    """A peer did not answer; the text says why."""


class Peers:
    """The environment in a folder; made, or completed, where need be.

    Raises
    ------
    PeerFailed
        pip could not install anything.
    """

    def __init__(self, folder: Path) -> None:
        self.python = folder / "bin" / "python"
        if not self.python.exists():
            print(f"making an environment for the peers in {folder}; this takes some minutes")
            venv.create(folder, with_pip=True)
            self._pip("install", "--upgrade", "pip")
        missing = {*PACKAGES, "torch"} - {*self.versions()}
        # torch first: thoi takes the one that it finds.
        if "torch" in missing:
            self._install_torch(folder)
        wanted = sorted(missing - {"torch"})
        if wanted:
            print(f"installing {', '.join(wanted)}")
            self._pip("install", "--prefer-binary", *wanted)

    def versions(self) -> dict[str, str]:
        """Of the packages that are there."""
        return self.ask("versions")

    def ask(self, task: str, **arguments: Any) -> dict[str, Any]:
        """What a task of o_information_peers.py answers.

        Raises
        ------
        PeerFailed
            It ended with an error, or took too long.
        """
        command = [str(self.python), str(PROGRAM), task, json.dumps(arguments)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=LIMIT, check=False
            )
        except subprocess.TimeoutExpired:
            raise PeerFailed(f"{task}: no answer after {LIMIT} s") from None
        if done.returncode:
            last = (done.stderr.strip() or "no message").splitlines()[-1]
            raise PeerFailed(f"{task}: {last}")
        return json.loads(done.stdout)

    def _pip(self, *arguments: str) -> str:
        command = [str(self.python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
        done = subprocess.run(
            [*command, *arguments], stdout=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            raise PeerFailed(f"pip {' '.join(arguments)} failed")
        return done.stdout

    def _install_torch(self, folder: Path) -> None:
        """A build for the processor alone, if pip knows of one."""
        known = re.findall(r"\d+(?:\.\d+)+\+cpu", self._pip("index", "versions", "torch"))
        if not known and sys.platform == "linux":
            free = shutil.disk_usage(folder).free
            if free < LARGE:
                print(
                    f"THOI is left out: pip finds torch with CUDA only, for which {free >> 30} GiB "
                    "of disk are too few. To compare with it, install a torch for the processor "
                    f"alone with {self.python} -m pip"
                )
                return
            print("pip finds torch with CUDA only: several GB")
        chosen = f"torch=={known[0]}" if known else "torch"
        print(f"installing {chosen}")
        self._pip("install", chosen)
