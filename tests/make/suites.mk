# SPDX-License-Identifier: BSD-3-Clause
# Other Debians, in chroots under build/suites that are made once: the next one runs the tests with its own DPDK, the
# one that is to come compiles. Not a part of `make check`: they are half a gigabyte each.

.PHONY: check-suites deps-suites
deps-suites:
	@tests/deps/install suites

check-suites: deps-suites deps-vm ## build and test on Debian 13 with its DPDK, compile on Debian's sid
	+@$(SUBMAKE) vm-programs
	@$(RUN) lane --jobs 1 suites \
	  'tests/suites/run trixie make check-unit check-public' \
	  'tests/suites/run --guest trixie tests/vm/test_dpdk.py' \
	  'tests/suites/run sid make all'
