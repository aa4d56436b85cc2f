# SPDX-License-Identifier: BSD-3-Clause
# The Python package on a free-threaded CPython, where the module has a lock of its own (bindings/swig/lock.h). No lane
# of `make check`: Debian has no such Python, so that one is built once, which takes some minutes.

FT       := build/python-ft
FT_VENV  := $(FT)/venv
FT_PIP    = $(FT_VENV)/bin/pip install -q --disable-pip-version-check
# Packages in C, or not for every Python yet, are only taken as wheels.
FT_TOOLS := click pytest rich 'setuptools>=77' 'swig>=4.4'
FT_TESTS  = $(filter-out tests/python/test_packages.py tests/python/test_types.py,$(PYTHON_TESTS))

.PHONY: check-python-ft
# The last line of the log says why there is none.
$(FT_VENV)/.tools: tests/make/python_ft.mk
	@mkdir -p $(FT) && tests/python/free-threaded $(FT) >$(FT)/log
	@rm -rf $(FT_VENV) && $$(tail -n 1 $(FT)/log) -m venv $(FT_VENV)
	@{ $(FT_PIP) $(FT_TOOLS) && $(FT_PIP) --only-binary :all: hypothesis numpy; } >$(FT)/log 2>&1 && touch $@

check-python-ft: ## the Python package on a free-threaded CPython, which is built if there is none
	@tests/deps/install --optional python-ft
	+@if $(SUBMAKE) $(FT_VENV)/.tools; then \
	  $(SUBMAKE) abi-if-possible && $(FT_PIP) --force-reinstall --no-deps --no-build-isolation ./python && \
	  $(RUN) lane --jobs 1 python-ft $(FT_TESTS:%='$(FT_VENV)/bin/python tests/python/run %'); \
	else $(RUN) lane --skip "no free-threaded Python: $$(tail -n 1 $(FT)/log)" python-ft; fi
