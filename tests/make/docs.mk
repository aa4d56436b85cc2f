# SPDX-License-Identifier: BSD-3-Clause
# The reference (make docs), and the manual pages, which are installed where there is a Python to make them.

MAN_INPUT := $(HEADERS) $(wildcard capi/docs/*.py capi/docs/tools/*.txt)

# The day that the pages bear is the last commit's; where there is no git, that of the newest of their files.
MAN_DAY = $(if $(SOURCE_DATE_EPOCH),,$(addprefix SOURCE_DATE_EPOCH=,$(shell git log -1 --format=%ct 2>/dev/null)))
PYTHON ?= $(shell command -v python3 2>/dev/null)
MAN_PY  = $(MAN_DAY) PYTHONDONTWRITEBYTECODE=1 $(PYTHON) capi/docs/man.py

.PHONY: docs man install-man uninstall-man
man: $(B)/man/made ## make the manual pages (build/man)

# All pages are made anew, so that none stays of a function that was removed.
$(B)/man/made: $(TOOL_BINS) $(MAN_INPUT)
	$(call say,MAN,$(@D))
	$(Q)rm -rf $(@D)
	$(Q)$(MAN_PY) functions $(VERSION) $(@D)
	$(Q)set -e; for tool in $(TOOL_BINS); do $(MAN_PY) tool $$tool $(VERSION) $(@D); done
	$(Q)touch $@

# Several tests and lanes install: the pages are there before, so that no two make them at the same time.
build-tools: $(if $(PYTHON),man)

docs: man ## make the reference (build/docs/html), with Doxygen
	$(call say,DOXYGEN,$(B)/docs/html)
	$(Q)rm -rf $(B)/docs && mkdir -p $(B)/docs/pages
	$(Q)set -e; for tool in $(TOOL_BINS); do $(MAN_PY) page $$tool $(B)/docs/pages/$$(basename $$tool).md; done
	$(Q)PYTHONDONTWRITEBYTECODE=1 $(PYTHON) capi/docs/site/pages.py $(B)/docs/pages
	+$(Q)$(if $(DESCRIBER),$(SUBMAKE) abi-page && cp $(ABI_PAGE) $(B)/docs/pages/,:)
	$(Q)UPNVME_VERSION=$(VERSION) UPNVME_DOCS=$(B)/docs doxygen capi/docs/Doxyfile

install: install-man
uninstall: uninstall-man
ifeq ($(PYTHON),)
install-man uninstall-man:
	@echo 'no python3: without manual pages'
else
install-man: man
	$(Q)set -e; cd $(B)/man; for page in man*/*; do $(INSTALL) -D -m 644 $$page $(DESTDIR)$(MANDIR)/$$page; done

uninstall-man: man
	$(Q)cd $(B)/man && for page in man*/*; do rm -f $(DESTDIR)$(MANDIR)/$$page; done
endif
