# SPDX-License-Identifier: BSD-3-Clause
# Debian packages: libupnvme0, libupnvme-dev, upnvme-tools, libupnvme-dpdk, of this build (make deb) or as Debian itself
# builds them, from a source package.

DEB_OUT = $(B)/deb
DEB_SOURCE = $(DEB_OUT)/source
DEB_LIB = /usr/lib/$$(dpkg-architecture -qDEB_HOST_MULTIARCH)

.PHONY: deb deb-source
deb: ## make Debian packages in build/deb
	@tests/deps/install deb
	@rm -rf $(DEB_OUT)/stage
	+@$(SUBMAKE) install PREFIX=/usr LIBDIR=$(DEB_LIB) DESTDIR=$(abspath $(DEB_OUT)/stage)
	@capi/packaging/build-deb $(VERSION) $(DEB_OUT)
	@if command -v lintian >/dev/null; then lintian --fail-on error --allow-root $(DEB_OUT)/*.deb; fi

deb-source: ## make a Debian source package of this tree in build/deb/source
	@tests/deps/install deb
	@mkdir -p $(DEB_SOURCE)
	@capi/packaging/source-deb $(VERSION) $(DEB_SOURCE)

# No lane of `make check`: it downloads a small Debian once, which takes a minute or two, and builds everything twice.
.PHONY: check-deb
check-deb: deb deb-source ## build the source package twice; install, run and purge the packages in a chroot (as root)
	@tests/deps/install --optional check-deb
	@$(RUN) lane --jobs 1 deb 'tests/deb/source $(DEB_SOURCE)' 'tests/deb/chroot $(DEB_OUT)'
