# SPDX-License-Identifier: BSD-3-Clause
# The VM lane: programs that run in a guest, against QEMU's controllers, through the guest kernel's VFIO.

VM_TESTS := $(wildcard tests/vm/test_*.py)

$(eval $(call lane_rules,vm/device,$$(PUBLIC_CFLAGS) -Wno-unused-parameter -Itests/public,\
  $$(B)/lib/public_support.a $$(SHARED),$$(B)/lib/public_support.a $$(FROM_OUTSIDE)))
$(eval $(call lane_rules,vm/inside,$$(TEST_CFLAGS),$$(INSIDES),$$(INSIDES) $$(LIB_LIBS)))
ifeq ($(DPDK),yes)
$(eval $(call lane_rules,vm/dpdk,$$(PUBLIC_CFLAGS) $$(DPDK_CFLAGS) -Wno-unused-parameter -Itests/public,\
  $$(B)/lib/public_support.a $$(SHARED),$$(B)/lib/public_support.a $$(FROM_OUTSIDE) -lrte_eal))
VM_DPDK_PROGRAMS := $(call lane_programs,vm/dpdk)
endif
# The programs have an upnvme_open of their own, as in tests/qtest.
$(B)/lib/vm/inside_support.a: $(call objs,$(call lane_support,behaviour))
$(B)/tests/vm/inside/test_behaviour: private LDFLAGS += -Wl,--wrap=upnvme_open
# The preloaded library stands before upnvme_open in programs of other languages.
STRANGER := $(B)/tests/vm/preload/stranger.so
VM_PROGRAMS := $(call lane_programs,vm/device) $(call lane_programs,vm/inside) $(VM_DPDK_PROGRAMS) $(B)/tests/vm/leave \
  $(B)/tests/public/test_cmb $(STUBS) $(STRANGER)

$(call objs,$(wildcard tests/vm/preload/*.c)): $(B)/obj/%.o: %.c $(B)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -MMD -MP -c $< -o $@

$(STRANGER): $(call objs,tests/vm/preload/stranger.c tests/behaviour/known.c tests/behaviour/replace.c \
  core/base/uri.c core/base/error.c) $(SHARED)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared $(OPT) $(LDFLAGS) $(filter %.o,$^) $(FROM_OUTSIDE) -ldl -pthread -o $@

$(B)/tests/vm/leave: tests/vm/leave.c $(B)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STD) $(OPT) $(WARNINGS) $< -o $@

-include $(patsubst %.o,%.d,$(call objs,$(call find,tests/vm,*.c)))

CHECK_LANES += vm

.PHONY: vm-programs check-vm deps-vm bench-vm
vm-programs: tools examples $(VM_PROGRAMS)

check deps: deps-vm
deps-vm:
	@tests/deps/install --optional vm

# The packages of other languages as the guest uses them; without PyPI or Go there are none, and their tests are
# skipped.
.PHONY: vm-packages
vm-packages:
	+@$(VENV)/bin/python -c 'import upnvme' 2>/dev/null || $(SUBMAKE) python >build/vm-python.log 2>&1 || :
	+@{ $(SUBMAKE) go-stage && UPNVME_BUILD=$(B) PYTHONDONTWRITEBYTECODE=1 tests/go/lane binary; } \
	  >build/vm-go.log 2>&1 || :

check-vm: deps-vm ## boot guests and run the driver in them, over VFIO, against QEMU's controllers
	+@$(SUBMAKE) vm-programs vm-packages
	+@$(SUBMAKE) lane-programs LANE=vm PROGRAMS='$(VM_TESTS)'

bench-vm: ## the driver beside the kernel's, in a guest, on the same emulated controller
	@tests/deps/install bench-vm
	+@$(SUBMAKE) vm-programs
	@UPNVME_BUILD=$(B) PYTHONDONTWRITEBYTECODE=1 tests/vm/bench.py
