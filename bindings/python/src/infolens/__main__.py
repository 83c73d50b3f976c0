# SPDX-License-Identifier: Apache-2.0
"""``python -m infolens``: the command ``infolens``."""

import sys

from infolens._command import main

if __name__ == "__main__":
    sys.exit(main())
