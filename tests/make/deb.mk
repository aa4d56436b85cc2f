# SPDX-License-Identifier: BSD-3-Clause
# Debian packages: libupnvme0, libupnvme-dev, upnvme-tools.

DEB_OUT = $(B)/deb
DEB_LIB = /usr/lib/$$(dpkg-architecture -qDEB_HOST_MULTIARCH)

.PHONY: deb
deb: ## make Debian packages in build/deb
	@tests/deps/install deb
	@rm -rf $(DEB_OUT)/stage
	+@$(SUBMAKE) install PREFIX=/usr LIBDIR=$(DEB_LIB) DESTDIR=$(abspath $(DEB_OUT)/stage)
	@capi/packaging/build-deb $(VERSION) $(DEB_OUT)
	@if command -v lintian >/dev/null; then lintian --fail-on error --allow-root $(DEB_OUT)/*.deb; fi

# No lane of `make check`: it downloads a small Debian once, which takes a minute or two.
.PHONY: check-deb
check-deb: deb ## install, run and purge the packages in a chroot (as root)
	@tests/deps/install --optional check-deb
	@$(RUN) lane deb 'tests/deb/chroot $(DEB_OUT)'
