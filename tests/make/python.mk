# SPDX-License-Identifier: BSD-3-Clause
# The Python package: installed from this tree into a venv under build/, and tested there.

# Debian's own Python, with its headers, comes before any other.
VENV_PYTHON ?= $(firstword $(wildcard /usr/bin/python3) python3)
VENV        := build/venv
PYTHON_TOOLS := build click hypothesis matplotlib mypy numpy pytest rich 'setuptools>=77' 'swig>=4.3' uvloop
PYTHON_TESTS := $(wildcard tests/python/test_*.py)
# Bytecode is made of what is used, and kept outside of the packages and of the tree.
BYTECODE     = PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX=$(abspath build/pycache)
PIP          = $(BYTECODE) $(VENV)/bin/pip --disable-pip-version-check
PIP_INSTALL  = $(PIP) install -q
CHECK_LANES += $(if $(PYTHON_TESTS),python)

.PHONY: python deps-python check-python check-python-asan
# The venv has the tools from PyPI that the package and its tests need; the last line of the log says why they could not
# be had.
$(VENV)/.tools: tests/make/python.mk
	@mkdir -p build
	@rm -rf $(VENV) && $(VENV_PYTHON) -m venv $(VENV) >build/venv.log 2>&1 && \
	  $(PIP_INSTALL) --no-compile $(PYTHON_TOOLS) >>build/venv.log 2>&1 && touch $@
# basedpyright brings a node of its own, which is not made for every machine: without it a test is skipped.
	@test ! -f $@ || $(PIP_INSTALL) --no-compile basedpyright >build/pyright.log 2>&1 || :

# The library of this build goes into the wheel, which tests/python/test_packages.py installs elsewhere too.
PYTHON_WHEEL := build/python/dist
PYTHON_SOURCES := $(HEADERS) $(shell find python bindings/swig -type f -not -name '*.pyc')
python: $(VENV)/.installed ## install the Python package from this tree into build/venv
build/python/sources: FORCE
	$(call stamp,$(CONFIG) $(PYTHON_SOURCES))
$(VENV)/.installed: $(LIBS) $(PYTHON_SOURCES) build/python/sources $(VENV)/.tools
	@rm -rf $(PYTHON_WHEEL)
	+@UPNVME_LIBRARY=$(abspath $(B)) UPNVME_CONFIG=$(CONFIG) \
	  $(PIP) wheel -q --no-deps --no-build-isolation -w $(PYTHON_WHEEL) ./python
	@$(PIP_INSTALL) --no-deps --no-index --force-reinstall $(PYTHON_WHEEL)/*.whl
	@touch $@

check deps: deps-python
deps-python:
	@tests/deps/install --optional python

check-python: deps-python ## the Python package: its tests, its types, the wheel and the sdist elsewhere
	+@if $(SUBMAKE) $(VENV)/.tools; then \
	  $(SUBMAKE) abi-if-possible && $(SUBMAKE) python && \
	  $(BYTECODE) $(RUN) lane --jobs $(AT_ONCE) python $(PYTHON_TESTS:%='$(VENV)/bin/python tests/python/run %'); \
	else $(RUN) lane --skip "no venv with PyPI's packages: $$(tail -n 1 build/venv.log)" python; fi

# The interpreter is no ASan build: the runtimes are preloaded, and Python's own allocator steps aside. Memory that
# Python keeps to its end is no leak.
ASAN_TESTS  := $(patsubst %,tests/python/test_%.py,aio behaviour buffer errors file lifetimes model qpair \
  signals stalls endings threads within)
ASAN_FLAGS  := -fsanitize=address,undefined -fno-sanitize-recover=all
ASAN_PYTHON := build/python-asan
check-python-asan:
	@tests/deps/install --optional python
	+@if ! $(SUBMAKE) $(VENV)/.tools; then \
	  $(RUN) lane --skip "no venv with PyPI's packages: $$(tail -n 1 build/venv.log)" python-asan; \
	elif ! $(call works,-fsanitize=address$(,)undefined,asan,); then \
	  $(RUN) lane --skip '$(CC) -fsanitize=address does not work here' python-asan; \
	else rm -rf $(ASAN_PYTHON) && UPNVME_CONFIG=asan CFLAGS='$(ASAN_FLAGS) -O1 -g' LDFLAGS='$(ASAN_FLAGS)' \
	  $(PIP_INSTALL) --no-deps --no-build-isolation --target $(ASAN_PYTHON) ./python && \
	  UPNVME_TEST_BUILD=asan PYTHONPATH=$(abspath $(ASAN_PYTHON)) PYTHONMALLOC=malloc \
	  ASAN_OPTIONS=$(ASAN_OPTIONS):detect_leaks=0 \
	  $(RUN) lane --jobs 1 python-asan \
	  $(ASAN_TESTS:%='env LD_PRELOAD="$(ASAN_RUNTIMES)" $(VENV)/bin/python tests/python/run %'); fi
ASAN_RUNTIMES = $(foreach l,asan ubsan,$(shell $(CC) -print-file-name=lib$(l).so))
