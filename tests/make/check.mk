# SPDX-License-Identifier: BSD-3-Clause
# The targets that install, run and measure. A lane is what `make check` counts as one heading; check-LANE runs one.

RUN   := tests/run-tests
CHECK_LANES := build $(LANES) $(if $(SCRIPTS),tools) lint asan tsan demo $(CHECK_LANES)

# LONG=yes: also what repeats, in another build, guest or by another face, something that one run of it has shown.
LONG =
ifeq ($(LONG),yes)
export UPNVME_LONG := yes
else
unexport UPNVME_LONG
endif

.PHONY: deps check lint sanitize coverage bench demo
deps: ## install the Debian packages that build, tests and lint need
	@tests/deps/install check
	@tests/deps/install --optional lint coverage bench
	@tests/deps/install --optional qtest
	@tests/deps/install --optional abi deb

check: ## install what is missing, build, run every test, lint and sanitizer
	@tests/deps/install check
	@tests/deps/install --optional lint
	@tests/deps/install --optional qtest
	@tests/deps/install --optional abi deb
	+@$(RUN) all --make '$(SUBMAKE) AT_ONCE=$(JOBS)' --beside $(if $(filter 1,$(JOBS)),1,2) --first build \
	  $(filter vm,$(CHECK_LANES)) $(filter-out build vm,$(CHECK_LANES))

.PHONY: $(CHECK_LANES:%=check-%) lane-programs
# Lanes run side by side, the longest of them first. What several of them use is made before, for two must not make it
# at once: SHARED_BUILD.
check-build: deps-tools
	+@$(RUN) lane --jobs 1 build '$(SUBMAKE) tests build-tools' '$(SUBMAKE) $(SHARED_BUILD)'

# The packages that a lane's programs cannot be built or run without: a group of tests/deps/install.
deps_abi   = ffi
deps_tools = check
.PHONY: $(LANES:%=deps-%) deps-tools
$(LANES:%=deps-%) deps-tools: deps-%:
	@tests/deps/install $(or $(deps_$*),tests)

# A lane has programs, and scripts that look at this build from outside.
$(LANES:%=check-%): check-%: deps-%
	+@$(SUBMAKE) build-$*
	+@$(SUBMAKE) lane-programs LANE=$* PROGRAMS='$(call lane_programs,$*) $(wildcard tests/$*/test_*.py)'

# The recipe keeps make from saying of each program that it is up to date.
.PHONY: $(LANES:%=build-%) build-tools
$(foreach lane,$(LANES),$(eval build-$(lane): libs $(call lane_programs,$(lane)) ; @:))
build-tools: tools examples ; @:

check-tools: deps-tools
	+@$(SUBMAKE) build-tools
	+@$(SUBMAKE) lane-programs LANE=tools PROGRAMS='$(SCRIPTS)'

# Tests wait now and then: with one more than there are processors none stands idle.
AT_ONCE = $(shell expr $(JOBS) + 1)

# UPNVME_TEST_BUILD tells a test which build it runs in (a long one may do less under a sanitizer), UPNVME_BUILD
# where that is.
LANE     = $(CONFIG)
PROGRAMS = $(TEST_BINS) $(SCRIPTS)
WRAP     =
lane-programs:
	@UPNVME_TEST_BUILD=$(CONFIG) UPNVME_BUILD=$(B) PYTHONDONTWRITEBYTECODE=1 \
	  $(RUN) lane --jobs $(AT_ONCE) --wrap '$(WRAP)' --left $(words $(call left,$(PROGRAMS))) \
	    $(LANE) $(call kept,$(PROGRAMS))

# --- sanitizers -----------------------------------------------------------------------------------
export ASAN_OPTIONS  ?= detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS ?= print_stacktrace=1
export TSAN_OPTIONS  ?= second_deadlock_stack=1

sanitize: ## run the tests under ASan and UBSan, then under TSan
	@tests/deps/install check
	+@$(RUN) all --make '$(SUBMAKE)' asan tsan python-asan

# TSan of gcc 12 does not support the more random address spaces of newer kernels.
NO_ASLR = $(shell setarch -R true 2>/dev/null && echo setarch -R)
# Whether a program made with the flags $(1), run by $(3), works at all on this machine.
works = printf 'int main(void) { return 0; }' | $(CC) -x c $(1) - -o $(B)/probe-$(2) 2>/dev/null && \
  $(3) $(B)/probe-$(2) >/dev/null 2>&1

check-asan: deps-tools
	@mkdir -p $(B)
	+@if $(call works,-fsanitize=address$(,)undefined,asan,); then \
	  $(SUBMAKE) CONFIG=asan sanitizer-programs && $(SUBMAKE) CONFIG=asan lane-programs; \
	else $(RUN) lane --skip '$(CC) -fsanitize=address does not work here' asan; fi

check-tsan: deps-tools
	@mkdir -p $(B)
	+@if $(call works,-fsanitize=thread,tsan,$(NO_ASLR)); then \
	  $(SUBMAKE) CONFIG=tsan sanitizer-programs && $(SUBMAKE) CONFIG=tsan WRAP='$(NO_ASLR)' lane-programs; \
	else $(RUN) lane --skip '$(CC) -fsanitize=thread does not work here' tsan; fi

# --- lint -----------------------------------------------------------------------------------------
LINT_STEPS := format floors symbols files english comments checkers headers rooms shell gcc tidy aarch64 stack docs
# clang warns of the library in step tidy, and compiles it in step rooms; here it has the test programs as well.
LONG_LINT_STEPS := clang

lint: ## formatting, warnings as errors, clang-tidy, the floor rule, aarch64
	@tests/deps/install --optional lint
	+@$(RUN) all --make '$(SUBMAKE)' lint

# Every warning of the compiler's fails here, also that of an object which was compiled long before.
.PHONY: warnings
warnings: tests
	@cat $(patsubst %.o,%.said,$(LIB_OBJS) $(PLUGIN_OBJS) $(PUBLIC_OBJS) $(call lane_objs,$(LANES))) >$(B)/said
	@! grep . $(B)/said

# Some steps use one processor only: two steps at a time keep both busy.
check-lint:
	+@SUBMAKE='$(SUBMAKE)' $(RUN) lane --jobs 2 \
	  $(if $(UPNVME_LONG),,--left $(words $(LONG_LINT_STEPS))) lint \
	  $(patsubst %,'tests/lint/lint %',$(LINT_STEPS) $(if $(UPNVME_LONG),$(LONG_LINT_STEPS)))

# --- coverage, bench, demo ------------------------------------------------------------------------
coverage: ## line coverage of core/ and capi/src/ by the tests (html in build/coverage/html)
	@tests/deps/install coverage
	+@$(SUBMAKE) CONFIG=coverage tests
	@find build/coverage -name '*.gcda' -delete
	+@$(SUBMAKE) CONFIG=coverage lane-programs || echo 'coverage: some tests failed' >&2
	@mkdir -p build/coverage/html
	@gcovr --root . --filter core/ --filter capi/src/ --object-directory build/coverage \
	  --txt build/coverage/coverage.txt --html-details build/coverage/html/index.html build/coverage
	@cat build/coverage/coverage.txt

bench: ## what the main job costs, as a table (JSON=FILE: the same for machines)
	@tests/deps/install bench
	@tests/deps/install --optional python
	+@$(SUBMAKE) all
	@JSON='$(JSON)' tests/bench/run

demo: ## a real disk image read, written and measured through the library
	@tests/deps/install demo
	+@$(SUBMAKE) all
	@tests/demo/demo.sh

check-demo:
	+@$(SUBMAKE) all
	@$(RUN) lane demo tests/demo/demo.sh
