# SPDX-License-Identifier: BSD-3-Clause
# Other Debians, in chroots under build/suites that are made once: today's runs all that must pass, and a guest with its
# DPDK; the one that is to come compiles. Not a part of `make check`: they are gigabytes, and it takes as long again.

.PHONY: check-suites deps-suites
deps-suites:
	@tests/deps/install suites

check-suites: deps-suites deps-vm ## `make demo` and `make check` on Debian 13, a guest with its DPDK; compile on sid
	+@$(SUBMAKE) vm-programs
	@$(RUN) lane --jobs 1 --timeout 21600 suites \
	  'tests/suites/run trixie make demo' \
	  'tests/suites/run trixie make check' \
	  'tests/suites/run --guest trixie tests/vm/test_dpdk.py' \
	  'tests/suites/run sid make all'
