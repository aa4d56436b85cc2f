# SPDX-License-Identifier: BSD-3-Clause
# The VM lane: programs that run in a guest, against QEMU's controllers, through the guest kernel's VFIO.

# The files that run together in one guest; others run alone. A file that changes how many huge pages there are, or what
# modules are loaded, stands behind those that would mind. There are slots for 22 controllers; test_devices looks at all
# of them each time, and begins while all have their first names.
VM_GUESTS := table io narrow no_iommu
guest_table    := behaviour neighbours packages dpdk
guest_io       := io cmb interrupt handover threads access faults unplug
guest_narrow   := devices narrow groups node
guest_no_iommu := no_iommu uio
VM_ALONE := $(filter-out $(foreach g,$(VM_GUESTS),$(guest_$(g):%=tests/vm/test_%.py)),$(wildcard tests/vm/test_*.py))
VM_TESTS := $(foreach g,$(VM_GUESTS),'tests/vm/together.py $(guest_$(g):%=test_%)') $(VM_ALONE)

flags_vm/device = -Itests/public
flags_vm/dpdk   = -Itests/public $(DPDK_CFLAGS)
libs_vm/dpdk    = -lrte_eal
VM_DPDK_PROGRAMS := $(if $(filter yes,$(DPDK)),$(call lane_programs,vm/dpdk))
# As in tests/qtest, the program has an upnvme_open of its own.
$(B)/tests/vm/inside/test_behaviour: private LANE_LDFLAGS += -Wl,--wrap=upnvme_open
# The preloaded library stands before the library's upnvme_open in programs of other languages.
STRANGER := $(B)/tests/vm/preload/stranger.so
VM_PROGRAMS := $(call lane_programs,vm/device) $(call lane_programs,vm/inside) $(VM_DPDK_PROGRAMS) $(B)/tests/vm/leave \
  $(B)/tests/vm/hold $(B)/tests/public/test_cmb $(STUBS) $(STRANGER)

$(call objs,$(wildcard tests/vm/preload/*.c)): $(B)/obj/%.o: %.c $(B)/flags
	$(call compile,$(TEST_CFLAGS))

$(STRANGER): $(call objs,tests/vm/preload/stranger.c tests/behaviour/known.c tests/behaviour/replace.c \
  core/base/uri.c core/base/error.c core/base/text.c) $(SHARED)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(LINKER) -shared $(filter %.o,$^) $(FROM_OUTSIDE) -ldl -pthread -o $@

$(B)/tests/vm/leave: tests/vm/leave.c $(B)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(LINKER) $(STD) $(WARNINGS) $(CPPFLAGS) $< -o $@

$(B)/tests/vm/hold: tests/vm/hold.c $(SHARED) $(B)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(LINKER) $(PUBLIC_CFLAGS) $< $(FROM_OUTSIDE) -o $@

-include $(patsubst %.o,%.d,$(call objs,$(wildcard tests/vm/preload/*.c)))

CHECK_LANES += vm
SHARED_BUILD += vm-programs vm-packages

.PHONY: vm-programs check-vm deps-vm bench-vm
vm-programs: tools examples $(VM_PROGRAMS)

check deps: deps-vm
deps-vm:
	@tests/deps/install --optional vm

# The packages of other languages as the guest uses them; without PyPI or Go there are none, and their tests are
# skipped. What Python imports for the tests is compiled here, where it takes a second: the tests are looked at, with no
# case chosen.
.PHONY: vm-packages
vm-packages: $(GO_STAGE)/made
	+@$(SUBMAKE) python >build/vm-python.log 2>&1 && UPNVME_TEST_CASES=/dev/null $(BYTECODE) $(VENV)/bin/python \
	  tests/python/run tests/python/test_behaviour.py --collect-only >>build/vm-python.log 2>&1 || :
	+@{ $(SUBMAKE) go-stage && UPNVME_BUILD=$(B) PYTHONDONTWRITEBYTECODE=1 tests/go/lane binary; } \
	  >build/vm-go.log 2>&1 || :

check-vm: deps-vm ## boot guests and run the driver in them, over VFIO, against QEMU's controllers
	+@$(SUBMAKE) vm-programs vm-packages
	+@$(SUBMAKE) lane-programs LANE=vm PROGRAMS="$(VM_TESTS)"

bench-vm: ## the driver beside the kernel's, in a guest, on the same emulated controller
	@tests/deps/install bench-vm
	+@$(SUBMAKE) vm-programs
	@UPNVME_BUILD=$(B) PYTHONDONTWRITEBYTECODE=1 tests/vm/bench.py
