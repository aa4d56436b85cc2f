# SPDX-License-Identifier: BSD-3-Clause
# The Python package: installed from this tree into a venv under build/, and tested there.

PYTHON      ?= $(firstword $(wildcard /usr/bin/python3) python3)
VENV        := build/venv
PYTHON_TOOLS := build hypothesis mypy numpy pytest 'setuptools>=77' 'swig>=4.3' uvloop
PYTHON_TESTS := $(wildcard tests/python/test_*.py)
CHECK_LANES += $(if $(PYTHON_TESTS),python)

.PHONY: python check-python wheel sdist
# What the package and its tests need from PyPI; the last line of the log says why that could not be had.
$(VENV)/.tools: tests/make/python.mk
	@mkdir -p build
	@$(PYTHON) -m venv $(VENV) && $(VENV)/bin/pip install -q --disable-pip-version-check $(PYTHON_TOOLS) \
	  >build/venv.log 2>&1 && touch $@

python: $(VENV)/.tools ## install the Python package from this tree into build/venv
	@$(VENV)/bin/pip install -q --disable-pip-version-check --no-deps --force-reinstall --no-build-isolation ./python

check-python:
	@tests/deps/install --optional python
	+@if $(SUBMAKE) $(VENV)/.tools; then \
	  $(SUBMAKE) python && $(RUN) lane --jobs 1 --timeout 1800 python $(PYTHON_TESTS:%='$(VENV)/bin/python tests/python/run %'); \
	else $(RUN) lane --skip "no venv with PyPI's packages: $$(tail -n 1 build/venv.log)" python; fi
