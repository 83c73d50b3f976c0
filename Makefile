# SPDX-License-Identifier: Apache-2.0
#
# Builds, tests and installs InfoLens. `make help` lists the targets.

SHELL := /bin/sh
.SHELLFLAGS := -eu -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# The targets call tools that are parallel themselves, and are run in order.
.NOTPARALLEL:

SWIFT ?= swift
CC ?= cc
PYTHON ?= python3
PKG_CONFIG ?= pkg-config
INSTALL ?= install
PREFIX ?= /usr/local
DESTDIR ?=

VERSION := $(shell sed -n 's/^let libraryVersion.*"\(.*\)"$$/\1/p' Sources/InfoLens/Version.swift)
SONAME := libinfolens.so.0

LIBRARY := build/lib/$(SONAME)
LINK := build/lib/libinfolens.so
READER := build/lib/infolens-reader
PC := build/lib/pkgconfig/infolens.pc

VENV := .venv
VENV_STAMP := $(VENV)/.infolens-installed
PACKAGE := bindings/python
PACKAGE_SOURCES := $(shell find $(PACKAGE) -type f \( -name '*.py' -o -name '*.toml' -o -name '*.typed' -o -name '*.md' \) \
	-not -path '*/build/*' -not -path '*/tests/*' 2>/dev/null)
PYTHON_TREES := $(wildcard $(PACKAGE) examples/python benchmarks fuzz tools Tests/CInterfaceTests)

# Formatters and type checkers differ between releases: within these they agree.
TEST_TOOLS := pytest pyarrow 'ruff>=0.17,<0.18' 'mypy>=2.4,<3' pandas-stubs

# What the shipped library is: Swift's runtime linked in, il_* exported and
# nothing else, its own references bound to itself. SwiftPM refuses packages
# with such flags in the manifest as dependencies of others, so they live here.
# Exclusive access is checked by the tests, which are built without them: in a
# host a violation must not be the end, and the checks cost in the inner loops;
# the scratch path keeps them apart from what `swift test` builds.
LIBRARY_FLAGS := -Xswiftc -static-stdlib \
	-Xswiftc -enforce-exclusivity=unchecked \
	-Xlinker --version-script=$(CURDIR)/infolens.map \
	-Xlinker -soname=$(SONAME) \
	-Xlinker -Bsymbolic \
	-Xlinker --exclude-libs=ALL
SCRATCH := .build/library

# libdeflate is linked in where its archive is installed, so that users need not have it: the linker finds the
# archive alone in a folder that it searches first.
DEFLATE := $(wildcard $(shell $(CC) -print-file-name=libdeflate.a))
ifneq ($(DEFLATE),)
LIBRARY_FLAGS += -Xlinker -L$(CURDIR)/build/static
endif

# fill-pc PREFIX LIBDIR INCLUDEDIR: infolens.pc for that place, on standard output
fill-pc = sed -e 's|@PREFIX@|$(1)|' -e 's|@LIBDIR@|$(2)|' -e 's|@INCLUDEDIR@|$(3)|' -e 's|@VERSION@|$(VERSION)|' infolens.pc.in

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

.PHONY: deps
deps: ## install missing Debian packages; check Swift and Python
	@SWIFT="$(SWIFT)" PYTHON="$(PYTHON)" PKG_CONFIG="$(PKG_CONFIG)" tools/dependencies.sh

.PHONY: FORCE
FORCE:

# SwiftPM knows what is out of date. The copy is replaced only when it differs,
# so that what depends on it is not rebuilt in vain, and by renaming, so that a
# running process keeps the file that it has mapped.
$(LIBRARY): FORCE
	@mkdir -p $(@D) build/static
	@test -z "$(DEFLATE)" || ln -sf "$(DEFLATE)" build/static/libdeflate.a
	$(SWIFT) build -c release --product infolens --scratch-path $(SCRATCH) $(LIBRARY_FLAGS) -Xlinker -s
	@cmp -s $(SCRATCH)/release/libinfolens.so $@ || \
		{ cp $(SCRATCH)/release/libinfolens.so $@.new && mv -f $@.new $@; }

$(LINK): $(LIBRARY)
	@ln -sf $(SONAME) $@

# A program of a few lines, which loads the library in a process of its own: C, so that it starts with nothing else.
$(READER): $(wildcard Sources/Reader/*.c Sources/Reader/*.h)
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -Wall -Wextra -fPIE -pie -s $(filter %.c,$^) -o $@.new -pthread -ldl
	@mv -f $@.new $@

$(PC): infolens.pc.in Makefile Sources/InfoLens/Version.swift
	@mkdir -p $(@D)
	@$(call fill-pc,$(CURDIR),$(CURDIR)/build/lib,$(CURDIR)/include) > $@

.PHONY: lib
lib: $(LIBRARY) $(LINK) $(READER) $(PC) ## build the release library into build/lib

.PHONY: install
install: lib ## install library, header and infolens.pc below DESTDIR/PREFIX
	$(INSTALL) -d $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/libexec/infolens
	$(INSTALL) -m 755 $(LIBRARY) $(DESTDIR)$(PREFIX)/lib/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(PREFIX)/lib/libinfolens.so
	$(INSTALL) -m 755 $(READER) $(DESTDIR)$(PREFIX)/libexec/infolens/infolens-reader
	$(INSTALL) -m 644 include/infolens.h $(DESTDIR)$(PREFIX)/include/infolens.h
	@$(call fill-pc,$(PREFIX),$(PREFIX)/lib,$(PREFIX)/include) > build/infolens.pc.install
	$(INSTALL) -m 644 build/infolens.pc.install $(DESTDIR)$(PREFIX)/lib/pkgconfig/infolens.pc

# The package carries the library and its reader, hence the dependency on them.
$(VENV_STAMP): $(PACKAGE_SOURCES) $(LIBRARY) $(READER) Makefile
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check './$(PACKAGE)[all]' $(TEST_TOOLS)
	@touch $@

.PHONY: venv
venv: $(VENV_STAMP) ## make .venv with the Python package and its test tools

.PHONY: demo
demo: deps lib venv ## from a dump to a table: C example, Python example, report.html
	@echo "== examples/c/dump_table examples/data/digits.h5"
	@PKG_CONFIG_PATH=$(CURDIR)/build/lib/pkgconfig $(MAKE) --no-print-directory -C examples/c
	@examples/c/dump_table examples/data/digits.h5
	@echo "== examples/python/analyse_dump.py examples/data/digits.h5"
	@$(VENV)/bin/python examples/python/analyse_dump.py examples/data/digits.h5 report.html

.PHONY: test
test: deps lint test-swift test-c test-python sanitize-short fuzz-short ## everything: lint, tests, short sanitizer and fuzzing runs

.PHONY: test-swift
test-swift: ## Swift tests
	$(SWIFT) test

.PHONY: test-c
test-c: lib venv ## C99 and C++17 programs that use only infolens.h
	@$(MAKE) --no-print-directory -C Tests/CInterfaceTests check PYTHON=$(CURDIR)/$(VENV)/bin/python

.PHONY: test-python
test-python: venv ## tests of the Python package
	cd $(PACKAGE) && INFOLENS_LIBRARY=$(CURDIR)/$(LIBRARY) $(CURDIR)/$(VENV)/bin/python -m pytest -q

.PHONY: lint
lint: venv ## swift format, ruff, mypy --strict; no deliberate traps
	@! grep -rnE '\b(fatalError|precondition(Failure)?|assertionFailure)\(|\b(try|as)!' Sources || \
		{ echo "error: a trap would take the host down; throw an InfoLensError instead"; exit 1; }
	$(SWIFT) format lint --strict --recursive Sources Tests fuzz Package.swift
	$(VENV)/bin/ruff check $(PYTHON_TREES)
	$(VENV)/bin/ruff format --check $(PYTHON_TREES)
	cd $(PACKAGE) && $(CURDIR)/$(VENV)/bin/mypy --strict src/infolens

.PHONY: format
format: venv ## rewrite the sources in the project's format
	$(SWIFT) format --in-place --recursive Sources Tests fuzz Package.swift
	$(VENV)/bin/ruff check --fix --select I $(PYTHON_TREES)
	$(VENV)/bin/ruff format $(PYTHON_TREES)

include tools/sanitizers.mk

.PHONY: bench
bench: venv ## compare with numpy and numba; how time and memory grow
	$(VENV)/bin/python benchmarks/neuron_measures.py
	$(VENV)/bin/python benchmarks/permutations.py
	$(VENV)/bin/python benchmarks/ablation.py
	$(VENV)/bin/python benchmarks/reading.py
	$(VENV)/bin/python benchmarks/scaling.py
	$(VENV)/bin/python benchmarks/o_information.py --no-peers

.PHONY: clean
clean: ## remove everything that was built
	rm -rf .build build $(VENV) report.html $(PACKAGE)/build $(PACKAGE)/src/infolens/*.so* $(PACKAGE)/src/infolens/infolens-reader
	@$(MAKE) --no-print-directory -C examples/c clean
