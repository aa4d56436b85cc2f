# SPDX-License-Identifier: BSD-3-Clause
# Another C library than glibc: musl, which Alpine is made with. Debian has no cmocka for it: tests/cmocka has what
# the tests use of that.

CHECK_LANES += musl

ifeq ($(CONFIG),musl)
KERNEL_HEADERS := $(B)/kernel/linux

$(LIB_OBJS) $(PUBLIC_OBJS) $(TEST_OBJS): | $(KERNEL_HEADERS)
$(KERNEL_HEADERS):
	@mkdir -p $(@D)
	$(Q)ln -sfn /usr/include/linux $@
	$(Q)ln -sfn /usr/include/asm-generic $(@D)/asm-generic
	$(Q)ln -sfn $(firstword $(wildcard /usr/include/$(shell gcc -print-multiarch)/asm /usr/include/asm)) $(@D)/asm
endif

# The test is linked without -lupnvme, which it loads late.
$(B)/tests/musl/dlopen: tests/musl/dlopen.c $(SHARED)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(LINKER) $(PUBLIC_CFLAGS) $< -o $@

.PHONY: musl-programs check-musl deps-musl
check deps: deps-musl
deps-musl:
	@tests/deps/install --optional musl

musl-programs: libs tools examples $(call lane_programs,public) $(B)/tests/musl/dlopen

check-musl: deps-musl ## build with musl, and run the tests of the public interface there
	@mkdir -p $(B)
	+@if command -v musl-gcc >/dev/null; then \
	  $(SUBMAKE) CONFIG=musl musl-programs && $(SUBMAKE) CONFIG=musl lane-programs \
	    PROGRAMS='$(patsubst %.c,build/musl/%,$(call lane_tests,public)) build/musl/examples/hello \
	    "build/musl/tests/musl/dlopen $(abspath build/musl/lib/libupnvme.so.0)"'; \
	else $(RUN) lane --skip 'musl-gcc is not installed (make deps)' musl; fi
