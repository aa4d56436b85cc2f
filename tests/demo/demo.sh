#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The main job on real input: a real file system's disk image is read and copied through NVMe queue pairs that are
# polled from user space, and everything is checked by programs that know nothing of this library.
#
#   tests/demo/demo.sh      after `make`; it works in a temporary folder (TMPDIR), which goes at the end
#   TREE=/some/folder       that folder goes into the image instead of the compiler's files
#   SECONDS_EACH=1          how long each measurement is
#   BUILD=build/asan        another build
set -eu
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin

build=${BUILD:-build}
seconds=${SECONDS_EACH:-3}
nsteps=9
count=0

die() {
	printf 'demo: %s\n' "$1" >&2
	exit 1
}

now_ms() {
	echo $(($(date +%s%N) / 1000000))
}

show_step() {
	printf '[%d/%d] %-46s ' "$count" "$nsteps" "$title"
}

step() {
	count=$((count + 1))
	title=$1
	show_step
	started=$(now_ms)
}

# Ends a step and keeps a line of the final table: $1 what, $2 the result.
finish() {
	took=$(($(now_ms) - started))
	printf '%3d.%02d s   %s\n' $((took / 1000)) $((took % 1000 / 10)) "$2"
	printf '%s\t%s\n' "$1" "$2" >>"$work/table"
}

# A command of this step: its output is shown only if it fails.
run() {
	"$@" >"$work/log" 2>&1 || {
		code=$?
		printf 'failed\n'
		cat "$work/log" >&2
		die "this failed (exit code $code): $*"
	}
}

# MiB/s of the image in the time since the step began.
rate() {
	took=$(($(now_ms) - started))
	echo "$((image_bytes * 1000 / 1048576 / (took > 0 ? took : 1))) MiB/s"
}

# A path within a URI.
encode() {
	printf '%s' "$1" | sed 's/%/%25/g; s/?/%3F/g; s/&/%26/g; s/#/%23/g; s/ /%20/g'
}

# The content of a tree: type, permissions, size of files, target of links, name; the contents are for diff.
inventory() {
	(cd "$1" && find . -mindepth 1 -path ./lost+found -prune -o \
		\( -type f -printf 'f %m %s %P\n' -o -type l -printf 'l %l %P\n' -o -printf '%y %m %P\n' \)) | sort
}

# Real files that every machine has which could build this: this project, the kernel's and the compiler's headers, the
# compiler itself; and cases that file systems get wrong: odd names, links, holes, empty files.
make_tree() {
	mkdir -p "$1/project" "$1/system" "$1/odd/empty folder"
	find . -mindepth 1 -maxdepth 1 ! -name build ! -name .git -exec cp -R {} "$1/project/" \;
	if [ -n "${TREE:-}" ]; then
		cp -R "$TREE" "$1/system/"
	else
		for path in /usr/include/linux /usr/include/asm-generic "$(gcc -print-file-name=include)" \
			"$(gcc -print-prog-name=cc1)" "$(gcc -print-file-name=libc.a)"; do
			[ ! -e "$path" ] || cp -R "$path" "$1/system/"
		done
	fi
	: >"$1/odd/empty file"
	printf 'naive\n' >"$1/odd/na$(printf '\303\257')ve (1)"
	ln -s "../project/README.md" "$1/odd/link"
	truncate -s 3000000 "$1/odd/holes"
	printf 'end' >>"$1/odd/holes"
}

# $1 name, $2 URI, the rest as for upnvme-perf. Its progress line shows on a terminal; its table is kept.
measure() {
	name=$1
	uri=$2
	shift 2
	"$build/bin/upnvme-perf" --uri "$uri" --time "$seconds" "$@" >"$work/perf" || {
		cat "$work/perf" >&2
		die "upnvme-perf --uri '$uri' $* failed"
	}
	# The progress line has taken the place of the step's.
	[ ! -t 1 ] || [ ! -t 2 ] || show_step
	awk '/^  (read|write|together) / { rates = $2 " IOPS, " $3 " MiB/s" }
	     /^  latency/ { for (i = 2; i < NF; i++) if ($i == "p50" || $i == "p99") \
	                      latency = latency ", " $i " " $(i + 1) " " $(i + 2) }
	     END { print rates latency }' "$work/perf" >"$work/summary"
	finish "$name" "$(cat "$work/summary")"
}

for program in mke2fs e2fsck debugfs sha256sum; do
	command -v "$program" >/dev/null || die "$program is missing: run make deps"
done
[ -d "${TREE:-/}" ] || die "TREE=$TREE is no folder"
for program in examples/dump examples/copy bin/upnvme-perf; do
	[ -x "$build/$program" ] || die "$build/$program is missing: run make"
done
work=$(mktemp -d "${TMPDIR:-/tmp}/upnvme-demo.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
source_uri="soft:$(encode "$work/source.img")?block=4096&readonly=1"
copy_uri="soft:$(encode "$work/copy.img")?block=4096"

step "collect a tree of real files"
make_tree "$work/tree"
inventory "$work/tree" >"$work/source.list"
entries=$(wc -l <"$work/source.list")
tree_kib=$(du -sk --apparent-size "$work/tree" | cut -f 1)
finish "tree" "$entries entries, $((tree_kib / 1024)) MiB"

step "make an ext4 image of it (mke2fs -d)"
# Room for each entry's last block, list entry and inode, and for what ext4 itself takes.
size_kib=$(((tree_kib * 21 / 20 + entries * 5 + 32768 + 1023) / 1024 * 1024))
image_bytes=$((size_kib * 1024))
run mke2fs -q -F -t ext4 -b 4096 -N $((entries + 1024)) -d "$work/tree" "$work/source.img" "${size_kib}k"
finish "image" "ext4, $((size_kib / 1024)) MiB"

step "read it: 2 threads with a queue pair each"
sum_read=$("$build/examples/dump" "$source_uri" - 2 | sha256sum)
finish "read" "$(rate), SHA-256 included"

step "compare the SHA-256 with the file's"
sum_file=$(sha256sum <"$work/source.img")
[ "$sum_file" = "$sum_read" ] || die "SHA-256 differs: file $sum_file, read $sum_read"
finish "SHA-256" "equal: $(printf '%.16s' "$sum_file")..."

step "write it to a second, empty controller"
truncate -s "$image_bytes" "$work/copy.img"
run "$build/examples/copy" "$source_uri" "$copy_uri" 2
finish "write" "$(rate), flushed"

step "check the copied file system (e2fsck -fn)"
run e2fsck -fn "$work/copy.img"
finish "e2fsck -fn" "clean: $(tail -n 1 "$work/log" | sed 's/^.*: //')"

step "compare the tree in it (debugfs rdump)"
mkdir "$work/dumped"
# debugfs always exits with 0, and without root it complains of owners that it cannot set: the comparison judges.
debugfs -R "rdump / $work/dumped" "$work/copy.img" >"$work/log" 2>&1
inventory "$work/dumped" >"$work/copy.list"
run diff "$work/source.list" "$work/copy.list"
run diff -r --no-dereference --exclude=lost+found "$work/tree" "$work/dumped"
finish "tree" "identical: $entries entries"
rm -rf "$work/dumped"

step "random 4 KiB of memory, 70 % reads, $seconds s"
measure "soft:ram" "soft:ram?size=256MiB" --rw randrw --bs 4k --qd 32 --threads 2

step "random 4 KiB of the copy, reads, $seconds s"
measure "soft:FILE" "$copy_uri" --rw randread --bs 4k --qd 32 --threads 2

printf '\n'
awk -F '\t' '{ printf "  %-12s%s\n", $1, $2 }' "$work/table"
printf '  %-12s%s\n' "as" "$(id -un), without huge pages, devices, or a kernel driver"
