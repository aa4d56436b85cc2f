# SPDX-License-Identifier: BSD-3-Clause
# The conformance lane: what controllers must be and answer by the specification, asked of ours and of QEMU's.

CHECK_LANES += conformance
CONFORMANCE := $(B)/tests/conformance/target
CONFORMANCE_PRELOAD := $(B)/tests/conformance/preload.so
CONFORMANCE_OBJS := $(call objs,$(filter-out %/preload.c,$(wildcard tests/conformance/*.c)))
CONFORMANCE_TESTS := $(wildcard tests/conformance/test_*.py)

$(CONFORMANCE_OBJS): $(B)/obj/%.o: %.c $(B)/flags
	$(call compile,$(TEST_CFLAGS) -Itests/conformance -Itests/qtest)

$(CONFORMANCE): $(CONFORMANCE_OBJS) $(B)/lib/qtest_support.a $(INSIDES)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(LINKER) $^ $(INSIDES) $(LIB_LIBS) $(CMOCKA) -lm -pthread -o $@

$(CONFORMANCE_PRELOAD): tests/conformance/preload.c $(SHARED) $(B)/flags
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(LINKER) -shared $(PUBLIC_CFLAGS) -fPIC $< $(FROM_OUTSIDE) -o $@

-include $(patsubst %.o,%.d,$(CONFORMANCE_OBJS))

.PHONY: check-conformance deps-conformance
check deps: deps-conformance
deps-conformance:
	@tests/deps/install --optional conformance

SHARED_BUILD += $(CONFORMANCE) $(CONFORMANCE_PRELOAD)
check-conformance: deps-conformance ## what the specification says, asked of our controller and of QEMU's
	+@$(SUBMAKE) $(CONFORMANCE) $(CONFORMANCE_PRELOAD)
	+@$(SUBMAKE) lane-programs LANE=conformance PROGRAMS='$(CONFORMANCE_TESTS)'
