# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from support import DIGITS, SHARED

import infolens


@pytest.fixture
def digits():
    with infolens.open(DIGITS) as dump:
        yield dump


@pytest.fixture
def shared():
    """Finds a file of the shared data, or skips the test."""

    def find(name):
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"{name} is not there; INFOLENS_SHARED can name its folder")
        return path

    return find
