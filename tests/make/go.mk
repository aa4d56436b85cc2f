# SPDX-License-Identifier: BSD-3-Clause
# The Go lane: the package against this build's library, installed under build/go/stage, by each Go that is here.

CHECK_LANES += go
GO_STAGE := $(B)/go/stage

.PHONY: check-go go-stage go-module deps-go
check deps: deps-go
deps-go:
	@tests/deps/install --optional go

go-stage: $(GO_STAGE)/made
$(GO_STAGE)/made: $(LIBS) $(TOOL_BINS) $(HEADERS) $(GLUE) Makefile \
  $(wildcard capi/*.in bindings/ffi/*.py bindings/ffi/libc/*.h)
	@rm -rf $(@D)
	+@$(SUBMAKE) install PREFIX=/usr DESTDIR=$(abspath $(GO_STAGE)) >$(B)/go-stage.log 2>&1 || \
	  { cat $(B)/go-stage.log; exit 1; }
	@touch $@

go-module: ## the Go module as it is published, with the C sources, in build/go/module
	$(call say,PY,$(B)/go/module)
	$(Q)mkdir -p $(B)/go
	$(Q)PYTHONDONTWRITEBYTECODE=1 bindings/cgo/module.py $(B)/go/module '$(BUILD_ID)'

SHARED_BUILD += go-stage go-module
# Steps with a + between them run one after the other: the second uses what the first has compiled.
GO_STEPS = format test+consumers static race $(if $(UPNVME_LONG),fuzz) nocgo staticcheck module

check-go: deps-go ## the Go package: its tests by each Go that is here, race detector, both ways to link
	+@$(SUBMAKE) go-stage go-module
	@UPNVME_BUILD=$(B) PYTHONDONTWRITEBYTECODE=1 $(RUN) lane --jobs $(AT_ONCE) go \
	  $(foreach step,$(GO_STEPS),'tests/go/lane $(subst +, ,$(step))')
