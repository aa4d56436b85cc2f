# SPDX-License-Identifier: BSD-3-Clause
# The conformance lane: what controllers must be and answer by the specification, asked of ours and of QEMU's.

CHECK_LANES += conformance
CONFORMANCE := $(B)/tests/conformance/target
CONFORMANCE_OBJS := $(call objs,$(wildcard tests/conformance/*.c))
CONFORMANCE_TESTS := $(wildcard tests/conformance/test_*.py)

$(CONFORMANCE_OBJS): $(B)/obj/%.o: %.c $(B)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -Itests/conformance -Itests/qtest -MMD -MP -c $< -o $@

$(CONFORMANCE): $(CONFORMANCE_OBJS) $(B)/lib/qtest_support.a $(INSIDES)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(OPT) $(LDFLAGS) $^ $(INSIDES) $(LIB_LIBS) $(CMOCKA) -lm -pthread -o $@

-include $(patsubst %.o,%.d,$(CONFORMANCE_OBJS))

.PHONY: check-conformance
check-conformance: ## registers, structures, features, log pages and statuses as the specification has them
	+@$(SUBMAKE) $(CONFORMANCE)
	+@$(SUBMAKE) lane-programs LANE=conformance PROGRAMS='$(CONFORMANCE_TESTS)'
