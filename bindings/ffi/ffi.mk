# SPDX-License-Identifier: BSD-3-Clause
# The description of the ABI, made from the public headers, and what is made from that. The library itself needs none
# of it to be built: what the linker reads, capi/upnvme.map, is in the tree, and `make abi` writes it anew.

ABI_JSON  := $(B)/abi/abi.json
ABI_FILES := $(ABI_JSON) $(B)/abi/upnvme_ctypes.py $(B)/abi/upnvme_cdef.h $(B)/abi/upnvme.lua
ABI_PAGE  := $(B)/abi/abi.md
ABI_SHARE  = $(DESTDIR)$(DATADIR)/upnvme
FFI       := bindings/ffi
# A Python that has pycparser; the search waits until one is needed.
DESCRIBER  = $(firstword $(foreach python,python3 /usr/bin/python3,\
               $(shell $(python) -c 'import pycparser' 2>/dev/null && echo $(python))))
NO_DESCRIBER = python3-pycparser is not installed (make deps): there is no description of the ABI

$(ABI_JSON): $(HEADERS) $(wildcard $(FFI)/*.py $(FFI)/libc/*.h)
	$(call say,ABI,$@)
	$(Q)$(if $(DESCRIBER),CC='$(CC)' $(DESCRIBER) -B $(FFI)/describe.py --output $@,\
	  echo '$(NO_DESCRIBER)' >&2; exit 1)
	@touch $@

made = $(Q)python3 -B $(FFI)/generate.py $(1) $(ABI_JSON) --output $@ && touch $@
$(B)/abi/upnvme_ctypes.py: $(ABI_JSON) ; $(call made,ctypes)
$(B)/abi/upnvme_cdef.h: $(ABI_JSON) ; $(call made,cdef)
$(ABI_PAGE): $(ABI_JSON) ; $(call made,page)
$(B)/abi/upnvme.map: $(ABI_JSON) ; $(call made,map)
$(B)/abi/upnvme.lua: $(FFI)/upnvme.lua
	@mkdir -p $(@D)
	$(Q)cp $< $@

.PHONY: abi abi-page abi-files abi-if-possible install-abi install-abi-files uninstall-abi
abi: $(ABI_FILES) $(ABI_PAGE) $(B)/abi/upnvme.map ## describe the ABI (build/abi/), and write capi/upnvme.map anew
	$(Q)cmp -s $(B)/abi/upnvme.map capi/upnvme.map || cp $(B)/abi/upnvme.map capi/upnvme.map

abi-page: $(ABI_PAGE) ; @:
abi-files: $(ABI_FILES) $(B)/abi/upnvme.map ; @:
# Tests without the description say what they lack.
test-programs: abi-if-possible
abi-if-possible:
	+$(Q)$(if $(DESCRIBER),$(SUBMAKE) abi-files,:)

install: install-abi
install-abi:
	+$(Q)$(if $(DESCRIBER),$(SUBMAKE) install-abi-files,echo '$(NO_DESCRIBER), and share/upnvme/ is left out' >&2)
install-abi-files: $(ABI_FILES)
	$(Q)$(INSTALL) -d $(ABI_SHARE)
	$(Q)$(INSTALL) -m 644 $(ABI_FILES) $(ABI_SHARE)/

uninstall: uninstall-abi
uninstall-abi:
	$(Q)rm -f $(ABI_FILES:$(B)/abi/%=$(ABI_SHARE)/%)
	$(Q)rmdir $(ABI_SHARE) 2>/dev/null || :

# --- the lane -------------------------------------------------------------------------------------
# Its programs see the library as any program does, and the harness (test_ffi) no header of it: only the description.
flags_abi = -Itests -DABI_JSON='"$(abspath $(ABI_JSON))"' -DABI_LIBRARY='"$(abspath $(B)/lib/$(SONAME))"' \
  -DCALLS_JSON='"$(abspath tests/abi/calls.json)"'
libs_abi = -lffi
build-abi: abi-if-possible
