# SPDX-License-Identifier: BSD-3-Clause
# Another processor than x86-64, by QEMU's emulation of single programs, whose system calls are this machine's.
# Debian's cross compiler is enough for it: cmocka is tests/cmocka, and the build is without liburing and DPDK. What the
# emulation cannot do is in tests/aarch64/skips.

CHECK_LANES += aarch64

AARCH64_LANES := unit public behaviour
AARCH64_CC    := aarch64-linux-gnu-gcc
AARCH64_RUN   := qemu-aarch64 -L /usr/aarch64-linux-gnu

.PHONY: aarch64-programs check-aarch64 deps-aarch64
check deps: deps-aarch64
deps-aarch64:
	@tests/deps/install --optional aarch64

aarch64-programs: libs tools examples $(foreach lane,$(AARCH64_LANES),$(call lane_programs,$(lane)))

# Prints why the lane cannot run here, or nothing.
define AARCH64_LACKS
for program in $(AARCH64_CC) $(firstword $(AARCH64_RUN)); do command -v $$program >/dev/null || \
  echo "$$program is not installed (make deps)"; done | head -n 1
endef

check-aarch64: deps-aarch64 ## cross-build, and run unit, public and behaviour tests as aarch64 under QEMU
	@mkdir -p $(B)
	+@lacks=$$($(AARCH64_LACKS)); if [ -n "$$lacks" ]; then $(RUN) lane --skip "$$lacks" aarch64; else \
	  export UPNVME_TEST_SKIPS=$(abspath tests/aarch64/skips); \
	  flock build/aarch64.lock $(SUBMAKE) CONFIG=aarch64 aarch64-programs && \
	  $(SUBMAKE) CONFIG=aarch64 WRAP='$(AARCH64_RUN)' lane-programs \
	    PROGRAMS='$(foreach lane,$(AARCH64_LANES),$(patsubst %.c,build/aarch64/%,$(call lane_tests,$(lane))))'; fi
