# SPDX-License-Identifier: Apache-2.0
#
# Fuzzing and sanitizers: a part of the Makefile. CONTRIBUTING.md says what each covers and what this
# toolchain does not have. Each kind of build has a folder of its own below .build.

# Inputs of each target; empty: as many as fuzz/run.py says.
RUNS ?=
SEED ?= 1

FUZZER := .build/fuzz/release/infolens-fuzz
FUZZ_SEEDS := build/fuzz/seeds
UNDEFINED := -Xcc -fsanitize=undefined -Xcc -fno-sanitize-recover=undefined

# Swift's runtime and the tests' frameworks keep what they make once, which is no leak of ours; sizes that come from
# files are refused by malloc, not by the sanitizer.
ADDRESS_OPTIONS := allocator_may_return_null=1:detect_leaks=0:detect_stack_use_after_return=0
THREAD_OPTIONS := allocator_may_return_null=1:suppressions=$(CURDIR)/fuzz/threads.supp
CLANG := $(dir $(shell command -v $(SWIFT)))clang

.PHONY: fuzzer
fuzzer: venv
	INFOLENS_FUZZ=1 $(SWIFT) build -c release --product infolens-fuzz --scratch-path .build/fuzz \
		--sanitize address --sanitize fuzzer $(UNDEFINED) -Xswiftc -enable-testing -Xswiftc -g
	@rm -rf $(FUZZ_SEEDS)
	@INFOLENS_LIBRARY=$(CURDIR)/$(LIBRARY) $(VENV)/bin/python fuzz/seeds.py $(FUZZ_SEEDS)

.PHONY: fuzz
fuzz: fuzzer ## fuzz the reader, what takes bytes, and the C interface (RUNS=, SEED=)
	$(VENV)/bin/python fuzz/run.py $(FUZZER) $(FUZZ_SEEDS) --seed $(SEED) $(if $(RUNS),--runs $(RUNS))

.PHONY: fuzz-short
fuzz-short: fuzzer
	$(VENV)/bin/python fuzz/run.py $(FUZZER) $(FUZZ_SEEDS) --seed $(SEED) --short

.PHONY: sanitize
sanitize: sanitize-address sanitize-c sanitize-threads ## tests under the address, undefined-behaviour and thread sanitizers

# Swift code under the address sanitizer, C code under that of undefined behaviour too.
.PHONY: sanitize-address
sanitize-address:
	ASAN_OPTIONS=$(ADDRESS_OPTIONS) UBSAN_OPTIONS=print_stacktrace=1 \
		$(SWIFT) test --sanitize address $(UNDEFINED) --scratch-path .build/address

# The C programs, and the library below them, with leaks looked for at the end of each.
.PHONY: sanitize-c
sanitize-c: venv $(PC)
	$(SWIFT) build -c release --product infolens --scratch-path .build/address-library --sanitize address \
		$(UNDEFINED) $(LIBRARY_FLAGS) -Xswiftc -g
	@mkdir -p build/address/pkgconfig
	@cp $(PC) build/address/pkgconfig
	@cp .build/address-library/release/libinfolens.so build/address/$(SONAME)
	@ln -sf $(SONAME) build/address/libinfolens.so
	ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
		$(MAKE) --no-print-directory -C Tests/CInterfaceTests programs PYTHON=$(CURDIR)/$(VENV)/bin/python \
		CC=$(CLANG) CXX=$(CLANG)++ LIBDIR=$(CURDIR)/build/address OUT=$(CURDIR)/build/address/c-tests \
		SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=undefined -Wno-unused-command-line-argument -fuse-ld=lld'

# What has threads and reads files.
.PHONY: sanitize-threads
sanitize-threads:
	INFOLENS_READERS_ONLY=1 TSAN_OPTIONS=$(THREAD_OPTIONS) \
		$(SWIFT) test --sanitize thread --scratch-path .build/thread

.PHONY: sanitize-short
sanitize-short:
	INFOLENS_READERS_ONLY=1 TSAN_OPTIONS=$(THREAD_OPTIONS) \
		$(SWIFT) test --sanitize thread --scratch-path .build/thread \
		--filter 'WorkersTests|HDF5LibraryTests|StorageTests'
