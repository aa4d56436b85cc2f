#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The main job on real input: an ext4 image of a real directory tree is read and copied through NVMe queue
# pairs polled from user space, and everything is checked by programs that know nothing of this library.
#
#   TREE=/usr/include SECONDS_EACH=3 tests/demo/demo.sh      after `make`; works in build/demo
set -eu
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin

tree=${TREE:-/usr/include}
seconds=${SECONDS_EACH:-3}
build=build
work=$build/demo
table=$work/table

die() {
	printf 'demo: %s\n' "$1" >&2
	exit 1
}

now_ms() {
	echo $(($(date +%s%N) / 1000000))
}

step() {
	count=$((${count:-0} + 1))
	printf '[%d/7] %s ... ' "$count" "$1"
	started=$(now_ms)
}

# Ends a step and keeps a line of the final table: $1 what, $2 the result.
finish() {
	took=$(($(now_ms) - started))
	printf '%d.%02d s\n' $((took / 1000)) $((took % 1000 / 10))
	printf '%s\t%s\n' "$1" "$2" >>"$table"
}

# A command of this step: what it prints is shown only if it fails.
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

# What is in a tree: type, permissions, size of files, target of links, name; the contents are for diff.
inventory() {
	(cd "$1" && find . -mindepth 1 -name lost+found -prune -o \
		\( -type f -printf 'f %m %s %P\n' -o -type l -printf 'l %l %P\n' -o -printf '%y %m %P\n' \)) |
		sed '/^d [0-7]* $/d' | sort
}

for program in mke2fs e2fsck debugfs sha256sum; do
	command -v "$program" >/dev/null || die "$program is missing: run make deps"
done
[ -d "$tree" ] || die "TREE=$tree is no directory"
for program in examples/dump examples/copy bin/upnvme-perf; do
	[ -x "$build/$program" ] || die "$build/$program is missing: run make"
done
rm -rf "$work"
mkdir -p "$work"
work=$(cd "$work" && pwd)
table=$work/table
source_uri="soft:$(encode "$work/source.img")?block=4096&readonly=1"
copy_uri="soft:$(encode "$work/copy.img")?block=4096"

step "make an ext4 image of $tree"
inventory "$tree" >"$work/source.list"
entries=$(wc -l <"$work/source.list")
# Room for the contents in whole blocks, the inodes, and what ext4 itself takes.
size_kib=$(($(du -sk "$tree" | cut -f 1) * 5 / 4 + entries + 32768))
size_kib=$(((size_kib + 1023) / 1024 * 1024))
run mke2fs -q -F -t ext4 -b 4096 -N $((entries + 1024)) -d "$tree" "$work/source.img" "${size_kib}k"
image_bytes=$((size_kib * 1024))
finish "image" "ext4 of $tree: $entries entries, $((size_kib / 1024)) MiB"

step "read it by two threads with a queue pair each"
run "$build/examples/dump" "$source_uri" "$work/read.img" 2
finish "read" "2 threads, $(rate)"

step "compare the SHA-256"
sum_file=$(sha256sum <"$work/source.img")
sum_read=$(sha256sum <"$work/read.img")
[ "$sum_file" = "$sum_read" ] || die "SHA-256 differs: file $sum_file, read $sum_read"
finish "SHA-256" "equal: $(printf '%.16s' "$sum_file")..."
rm "$work/read.img"

step "write it to an empty second controller"
truncate -s "$image_bytes" "$work/copy.img"
run "$build/examples/copy" "$source_uri" "$copy_uri" 2
finish "write" "2 threads, $(rate), flushed"

step "check the copied file system (e2fsck -fn)"
run e2fsck -fn "$work/copy.img"
finish "e2fsck -fn" "clean"

step "compare the tree in it with $tree"
mkdir "$work/tree"
# debugfs always exits with 0, and without root it complains of owners that it cannot set: the comparison judges.
debugfs -R "rdump / $work/tree" "$work/copy.img" >"$work/log" 2>&1
inventory "$work/tree" >"$work/copy.list"
run diff "$work/source.list" "$work/copy.list"
run diff -r --no-dereference --exclude=lost+found "$tree" "$work/tree"
finish "tree" "identical: $entries entries"
rm -rf "$work/tree"

step "random reads of 4 KiB for $seconds s (upnvme-perf)"
run "$build/bin/upnvme-perf" --uri "$copy_uri" --rw randread --bs 4096 --qd 32 --threads 2 \
	--time "$seconds" --json
finish "upnvme-perf" "randread 4 KiB, queue depth 32, 2 threads"
cp "$work/log" "$work/perf.json"

printf '\n'
awk -F '\t' '{ printf "  %-14s%s\n", $1, $2 }' "$table"
printf '  %s\n' "no root, no huge page, no device: $source_uri"
