/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel's files: where /sys, /proc and /dev are, and how they are read and written. All accesses of
 * this folder go through a struct sysfs, so that a test can put a made-up tree in the place of the machine's. */
#ifndef UPNVME_PCI_SYSFS_H
#define UPNVME_PCI_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYSFS_PATH_ROOM 512u                 /* for a path below one of the roots */
#define SYSFS_DEVICE    "bus/pci/devices/%s" /* the folder of a PCI function, below the first root */

/* The device that a special file stands for. */
struct device_number {
	bool block; /* else a character device */
	uint32_t major, minor;
};

struct sysfs {
	const char *sys;
	const char *proc;
	const char *dev;
	/* Writes `text` into a file that exists. 0 or a negative errno. */
	int (*write)(const struct sysfs *fs, const char *path, const char *text);
	/* Opens the node of a device so that no other program can claim it. A descriptor or a negative errno:
	 * -ENOENT too if the node is that of another device. */
	int (*claim)(const struct sysfs *fs, const char *path, const struct device_number *number);
	/* Which device a path leads to: 0, -ENODEV if the path is no device's, or a negative
	 * errno. */
	int (*identify)(const struct sysfs *fs, const char *path, struct device_number *number);
	/* Which device is behind a loop device: 0, -ENODEV for a file, -ENXIO for nothing, or a negative errno. */
	int (*loop)(const struct sysfs *fs, const char *path, struct device_number *number);
	void *context; /* for the functions above */
};

/* The machine's own. */
extern const struct sysfs sysfs_machine;

/* Whether the kernel's files can be looked at, so that a missing file means a missing thing: 0, or
 * a negative errno with its sentence. */
int sysfs_check(const struct sysfs *fs);

int sysfs_write_file(const struct sysfs *fs, const char *path, const char *text);
int sysfs_claim_device(const struct sysfs *fs, const char *path,
		       const struct device_number *number);
int sysfs_identify_path(const struct sysfs *fs, const char *path, struct device_number *number);
int sysfs_loop_backing(const struct sysfs *fs, const char *path, struct device_number *number);

/* In the following functions `format` makes a path below fs->sys, without a leading slash. */

/* Reads a file without the white space at its end; what does not fit is cut. 0 or a negative errno. */
__attribute__((format(printf, 4, 5))) int sysfs_read(const struct sysfs *fs, char *text,
						     size_t bytes, const char *format, ...);

/* As sysfs_read, of a file anywhere. */
int sysfs_read_path(const char *path, char *text, size_t bytes);

/* Reads a number in C's notation; `otherwise` if the file is missing or has no number. */
__attribute__((format(printf, 3, 4))) int64_t sysfs_number(const struct sysfs *fs,
							   int64_t otherwise, const char *format,
							   ...);

/* The last component of what a symbolic link points to. 0 or a negative errno; *name is empty then. */
__attribute__((format(printf, 4, 5))) int sysfs_link(const struct sysfs *fs, char *name,
						     size_t bytes, const char *format, ...);

__attribute__((format(printf, 2, 3))) bool sysfs_exists(const struct sysfs *fs, const char *format,
							...);

/* Writes `text` into a file. 0 or a negative errno. */
__attribute__((format(printf, 3, 4))) int sysfs_write(const struct sysfs *fs, const char *text,
						      const char *format, ...);

/* Whether sysfs_write would be allowed to open the file: 0 or a negative errno. */
__attribute__((format(printf, 2, 3))) int sysfs_writable(const struct sysfs *fs, const char *format,
							 ...);

/* Runs `take` on each line of the file `name` below fs->proc. 0 or a negative errno. */
int sysfs_each_line(const struct sysfs *fs, const char *name, void (*take)(char *line, void *arg),
		    void *arg);

/* The sorted names in a folder. */
struct sysfs_names {
	char **name;
	uint32_t n;
};

/* Lists a folder below one of the three roots. 0 or a negative errno; the names are to be freed
 * after success. */
__attribute__((format(printf, 3, 4))) int sysfs_names_get(struct sysfs_names *names,
							  const char *root, const char *format,
							  ...);
void sysfs_names_free(struct sysfs_names *names);

#endif
