#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Sees to it that what the build needs is there: installs missing Debian
# packages through apt when it may, otherwise prints the one command to run,
# and checks the versions of Swift and Python. Never waits for an answer.
set -eu

SWIFT=${SWIFT:-swift}
PYTHON=${PYTHON:-python3}
PKG_CONFIG=${PKG_CONFIG:-pkg-config}

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# Packages are told missing by what they provide, so that other ways of
# installing the same thing are as good.
missing_packages() {
    have cc || echo gcc
    have c++ || echo g++
    have readelf || echo binutils
    have "$PYTHON" || basename "$PYTHON"
    if have "$PKG_CONFIG"; then
        "$PKG_CONFIG" --exists hdf5 || echo libhdf5-dev
        "$PKG_CONFIG" --exists libdeflate || echo libdeflate-dev
    else
        echo pkg-config libhdf5-dev libdeflate-dev
    fi
    "$PYTHON" -c 'import ensurepip, venv' >/dev/null 2>&1 || echo "$(basename "$PYTHON")-venv"
}

install_packages() {
    if ! have apt-get; then
        fail "missing: $*. Install what corresponds to these Debian packages, then try again."
    fi
    if [ "$(id -u)" -eq 0 ]; then
        root=
    elif have sudo && sudo -n true >/dev/null 2>&1; then
        root='sudo -n'
    else
        fail "missing packages; install them with: sudo sh -c 'apt-get update && apt-get install -y $*'"
    fi
    echo "installing: $*"
    # A stale or partly unreachable index does no harm if the packages are found.
    $root env DEBIAN_FRONTEND=noninteractive apt-get update -q </dev/null || true
    $root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "$@" </dev/null ||
        fail "apt-get could not install: $*"
}

check_swift() {
    have "$SWIFT" || fail "no Swift toolchain: '$SWIFT' is not on PATH. Install Swift 6.3 or later" \
        "(https://www.swift.org/install), then put its usr/bin on PATH."
    # shellcheck disable=SC2046 # two words are wanted
    set -- $("$SWIFT" --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
    [ $# -eq 2 ] || fail "'$SWIFT --version' does not tell its version; is the toolchain complete?"
    [ $(($1 * 100 + $2)) -ge 603 ] || fail "Swift $1.$2 is too old: 6.3 or later is needed (https://www.swift.org/install)."
}

check_python() {
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
        fail "$("$PYTHON" --version 2>&1) is too old: Python 3.10 or later is needed." \
            "Name another with: make PYTHON=python3.12 ..."
}

packages=$(missing_packages)
if [ -n "$packages" ]; then
    # shellcheck disable=SC2086 # one word a package
    install_packages $packages
fi
check_swift
check_python
