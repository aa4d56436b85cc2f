# SPDX-License-Identifier: BSD-3-Clause
# Debian packages: libupnvme0, libupnvme-dev, upnvme-tools, libupnvme-dpdk, of this build (make deb) or as Debian itself
# builds them, from a source package.

DEB_OUT = $(B)/deb
DEB_SOURCE = $(DEB_OUT)/source
DEB_LIB = /usr/lib/$$(dpkg-architecture -qDEB_HOST_MULTIARCH)

DEB_LANE = $(RUN) lane --jobs 1 --timeout 7200

# The tools that are needed for both, and are not here.
DEB_TOOLS = $(strip $(foreach t,dpkg-buildpackage xz lintian,$(shell command -v $(t) >/dev/null || echo $(t))))

.PHONY: deb deb-source
deb: ## make Debian packages in build/deb
	@tests/deps/install deb
	@rm -rf $(DEB_OUT)/stage
	+@$(SUBMAKE) install PREFIX=/usr LIBDIR=$(DEB_LIB) DESTDIR=$(abspath $(DEB_OUT)/stage)
	@capi/packaging/build-deb $(VERSION) $(DEB_OUT)
	@if command -v lintian >/dev/null; then lintian --fail-on error,warning --allow-root \
	  --suppress-tags initial-upload-closes-no-bugs $(DEB_OUT)/*.deb; fi

deb-source: ## make a Debian source package of this tree in build/deb/source
	@tests/deps/install deb
	@mkdir -p $(DEB_SOURCE)
	@capi/packaging/source-deb $(VERSION) $(DEB_SOURCE)

# No lane of `make check`: it downloads a small Debian once, which takes a minute or two. A command that builds all
# twice may take longer than those of other lanes.
.PHONY: check-deb
check-deb: ## build the source package twice; install, run and purge the packages in a chroot (as root)
	@tests/deps/install --optional check-deb
	+@if [ -n "$(DEB_TOOLS)" ]; then $(DEB_LANE) --skip '$(DEB_TOOLS) not installed (make deps)' deb; else \
	  $(SUBMAKE) DEPS=no deb deb-source && $(DEB_LANE) deb 'tests/deb/source $(DEB_SOURCE)' \
	    'tests/deb/alike $(DEB_OUT) $(DEB_SOURCE)/built' 'tests/deb/chroot $(DEB_OUT) $(DEB_OUT)/root' \
	    'tests/deb/chroot $(DEB_SOURCE)/built $(DEB_OUT)/root'; fi
