# SPDX-License-Identifier: Apache-2.0
"""Carries the shared library and its reader in the package; its wheel says for whom it is.

Everything else about the build is in pyproject.toml.
"""

from __future__ import annotations

import os
import shutil
import sysconfig
from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py
from setuptools.dist import Distribution

NAME = "libinfolens.so.0"
#: The program that reads for `isolate`, which the library looks for beside itself.
READER = "infolens-reader"
BUILT = Path(__file__).resolve().parents[2] / "build" / "lib" / NAME


def carried() -> list[Path]:
    """The library that `make lib` built, or the one that INFOLENS_LIBRARY names, and its reader."""
    named = os.environ.get("INFOLENS_LIBRARY")
    for path in (BUILT, *([Path(named)] if named else [])):
        if path.is_file():
            library = path.resolve()
            reader = library.with_name(READER)
            # A library from elsewhere may come without: only `isolate` needs it.
            return [library, reader] if reader.is_file() else [library]
    raise SystemExit(
        f"infolens: the shared library is missing at {BUILT}. Run `make lib` in the top folder "
        "of the repository first, or name the library in the environment variable INFOLENS_LIBRARY."
    )


class BuildWithLibrary(build_py):
    """Puts both beside the modules; an editable install is given links to them."""

    def run(self) -> None:
        super().run()
        for file in carried():
            if self.editable_mode:
                link = Path(__file__).resolve().parent / "src" / "infolens" / file.name
                link.unlink(missing_ok=True)
                link.symlink_to(file)
                continue
            target = Path(self.build_lib) / "infolens" / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            # With its mode: wheels keep what may be executed.
            shutil.copy2(file, target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        folder = Path(self.build_lib) / "infolens"
        files = [] if self.editable_mode else [str(folder / file.name) for file in carried()]
        return [*super().get_outputs(include_bytecode), *files]


class PlatformWheel(bdist_wheel):
    """One wheel a platform serves every Python 3: the library does not link to Python."""

    def get_tag(self) -> tuple[str, str, str]:
        platform = self.plat_name or sysconfig.get_platform()
        return "py3", "none", platform.replace("-", "_").replace(".", "_")


class WithLibrary(Distribution):
    """Platform-dependent, although no extension module is compiled."""

    def has_ext_modules(self) -> bool:
        return True


setup(
    cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": PlatformWheel},
    distclass=WithLibrary,
)
