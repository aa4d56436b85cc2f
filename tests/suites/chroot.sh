# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause
# Debians of their own, for tests that run in a chroot. To be sourced; exit code 77: it cannot be had, and the last line
# says why.

skip() {
	echo "$1"
	exit 77
}

# The mirror of this machine's own packages, if they are of the suite.
mirror() {
	# shellcheck disable=SC2016 # apt's variables
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' |
		awk -v release="$1" '$2 == release && $3 == "main" { print $1; exit }'
}

own_suite() {
	# shellcheck source=/dev/null
	(. /etc/os-release && echo "$VERSION_CODENAME")
}

needs_root() {
	[ "$(id -u)" = 0 ] || skip "a chroot of Debian $1 needs root"
}

# make_debian SUITE PACKAGES ROOT: nothing but these packages, separated by commas, and what they need
make_debian() {
	needs_root "$1"
	command -v debootstrap >/dev/null || skip "debootstrap is not installed"
	mkdir -p "$(dirname "$3")"
	rm -rf --one-file-system "$3.new"
	# shellcheck disable=SC2046 # no mirror is no argument
	if ! debootstrap --variant=minbase --include="$2" "$1" "$3.new" $(mirror "$1") >"$3.log" 2>&1; then
		rm -rf --one-file-system "$3.new"
		skip "Debian $1 cannot be had here: $(tail -n 1 "$3.log")"
	fi
	rm -rf "$3.new"/var/cache/apt/archives/*.deb
	mv "$3.new" "$3"
}

# fresh_debian SUITE PACKAGES ROOT: anew from ROOT.tar, which is made once
fresh_debian() {
	needs_root "$1"
	rm -rf --one-file-system "$3"
	if [ "$(cat "$3.what" 2>/dev/null)" != "$1 $2" ]; then
		make_debian "$1" "$2" "$3"
		tar -C "$3" -cf "$3.tar" .
		echo "$1 $2" >"$3.what"
	else
		mkdir "$3"
		tar -C "$3" -xf "$3.tar"
	fi
}

# inside ROOT COMMAND...: without this machine's environment
inside() {
	inside_root=$1
	shift
	chroot "$inside_root" /usr/bin/env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive "$@"
}

# inside_mounted ROOT FOLDER COMMAND...: with the machine's devices and processes, in mounts that go with the command;
# of the make that runs it, one in there knows nothing
# shellcheck disable=SC2016 # the inner shells expand
inside_mounted() {
	unshare --mount sh -euc '
		root=$1 top=$2
		shift 2
		for folder in dev proc sys; do mount --rbind "/$folder" "$root/$folder"; done
		unset MAKEFLAGS MFLAGS MAKELEVEL
		exec chroot "$root" sh -euc "cd \"\$1\" && shift && exec \"\$@\"" sh "$top" "$@"' sh "$@"
}
