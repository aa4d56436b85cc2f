# SPDX-License-Identifier: BSD-3-Clause
# Libraries that stand for a part of this one which is missing, of another build, or broken: build/stubs/KIND/, each
# under the name of the real one.

STUBS := $(patsubst tests/stubs/dpdk_%.c,$(B)/stubs/%/libupnvme-dpdk.so,$(wildcard tests/stubs/dpdk_*.c))

$(STUBS): $(B)/stubs/%/libupnvme-dpdk.so: tests/stubs/dpdk_%.c core/env/dpdk/plugin.h $(B)/flags
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(LINKER) -shared $(LIB_CFLAGS) $< -o $@

$(B)/tests/unit/env/dpdk/test_load: | $(STUBS)
