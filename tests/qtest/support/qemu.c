/* SPDX-License-Identifier: BSD-3-Clause */
/* The process: how it is started, asked and ended. */
#include "support/qemu.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"

#define PROGRAM     "qemu-system-x86_64"
#define SKIPPED     77
#define DEADLINE_NS (60 * NS_PER_S) /* for one answer, on a busy machine */

/* The device is PCI 00:04.0; its BAR 0 is put above the memory, where nothing else is. */
#define SLOT          "04.0"
#define CONFIG_BASE   0x80002000u
#define CONFIG_ID     0x00u
#define CONFIG_CMD    0x04u
#define CONFIG_CLASS  0x08u
#define CONFIG_BAR0   0x10u
#define CONFIG_BAR1   0x14u
#define BAR_ADDRESS   0xe0000000u
#define CMD_MEMORY    0x2u
#define CMD_MASTER    0x4u
#define CLASS_NVME    0x010802u
#define FIRMWARE_SIZE 65536u
#define OPCODE_HLT    0xf4

void qemu_require(void)
{
	char *path = strdup(getenv("PATH") ? getenv("PATH") : "/usr/bin"), *rest = path, *folder;
	char file[4096];
	bool found = false;

	while (path && !found && (folder = strsep(&rest, ":"))) {
		snprintf(file, sizeof(file), "%s/%s", folder, PROGRAM);
		found = access(file, X_OK) == 0;
	}
	free(path);
	if (found)
		return;
	printf("%s is not installed (package qemu-system-x86; make deps)\n", PROGRAM);
	exit(SKIPPED);
}

/* --- the command line ----------------------------------------------------------------------------- */

struct arguments {
	char *words[96];
	uint32_t n;
};

__attribute__((format(printf, 2, 3))) static void add(struct arguments *arguments,
						      const char *format, ...)
{
	char **word = &arguments->words[arguments->n++];
	va_list args;

	assert_true(arguments->n < ARRAY_SIZE(arguments->words));
	va_start(args, format);
	if (vasprintf(word, format, args) < 0)
		fail_msg("no memory");
	va_end(args);
}

static void arguments_free(struct arguments *arguments)
{
	for (uint32_t i = 0; i < arguments->n; i++)
		free(arguments->words[i]);
}

static void add_machine(struct arguments *arguments, int memory, int firmware, int qtest, int qmp)
{
	static const char *const fixed[] = { PROGRAM,
					     "-nodefaults",
					     "-no-user-config",
					     "-display",
					     "none",
					     "-machine",
					     "q35,memory-backend=mem",
					     "-accel",
					     "tcg",
					     "-cpu",
					     "qemu64",
					     "-m",
					     "256M" };

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		add(arguments, "%s", fixed[i]);
	add(arguments, "-object");
	add(arguments, "memory-backend-file,id=mem,size=%llu,share=on,mem-path=/proc/self/fd/%d",
	    SHARED_MEMORY_BYTES, memory);
	add(arguments, "-bios");
	add(arguments, "/proc/self/fd/%d", firmware);
	add(arguments, "-chardev");
	add(arguments, "socket,id=qtest,fd=%d", qtest);
	add(arguments, "-qtest");
	add(arguments, "chardev:qtest");
	add(arguments, "-qtest-log");
	add(arguments, "none");
	add(arguments, "-chardev");
	add(arguments, "socket,id=qmp,fd=%d", qmp);
	add(arguments, "-mon");
	add(arguments, "chardev=qmp,mode=control");
}

static void add_controller(struct arguments *arguments, const struct qemu_config *config)
{
	if (config->subsystem) {
		add(arguments, "-device");
		add(arguments, "nvme-subsys,id=subsystem");
	}
	if (config->object) {
		add(arguments, "-object");
		add(arguments, "%s", config->object);
	}
	add(arguments, "-device");
	add(arguments, "nvme,id=nvme0,serial=%s,bus=pcie.0,addr=%s%s%s%s", QEMU_SERIAL, SLOT,
	    config->subsystem ? ",subsys=subsystem" : "", config->properties ? "," : "",
	    config->properties ? config->properties : "");
}

static void add_namespace(struct arguments *arguments, const struct qemu_ns *ns, int medium)
{
	uint32_t block = ns->block_bytes ? ns->block_bytes : 512;

	add(arguments, "-drive");
	if (ns->faults)
		add(arguments,
		    "if=none,id=d%u,driver=raw,discard=unmap,file.driver=blkdebug,%s,"
		    "file.image.driver=file,file.image.locking=off,file.image.filename=/proc/self/fd/%d",
		    ns->nsid, ns->faults, medium);
	else
		add(arguments,
		    "if=none,id=d%u,driver=raw,discard=unmap,file.driver=file,file.locking=off,"
		    "file.filename=/proc/self/fd/%d",
		    ns->nsid, medium);
	add(arguments, "-device");
	add(arguments,
	    "nvme-ns,id=ns%u,bus=nvme0,drive=d%u,nsid=%u,logical_block_size=%u,"
	    "physical_block_size=%u%s%s",
	    ns->nsid, ns->nsid, ns->nsid, block, block, ns->properties ? "," : "",
	    ns->properties ? ns->properties : "");
}

/* --- the process ---------------------------------------------------------------------------------- */

static int memory_file(const char *name, uint64_t bytes)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)bytes))
		fail_msg("a memory file of %llu bytes: %s", (unsigned long long)bytes,
			 strerror(errno));
	return fd;
}

/* The code that the processor starts with: it halts, and interrupts are off. */
static int firmware_file(void)
{
	int fd = memory_file("upnvme-qtest-firmware", 0);
	char halts[FIRMWARE_SIZE];

	memset(halts, OPCODE_HLT, sizeof(halts));
	assert_int_equal(write(fd, halts, sizeof(halts)), sizeof(halts));
	return fd;
}

static void keep_open(int fd)
{
	if (fcntl(fd, F_SETFD, 0))
		_exit(126);
}

/* Makes the child die with its parent, which may be gone already. */
static void become(const struct qemu *qemu, const int fds[3], pid_t parent, char **words)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(126);
	keep_open(qemu->memory->fd);
	for (uint32_t i = 0; i < qemu->nmedia; i++)
		keep_open(qemu->media[i]);
	for (int i = 0; i < 3; i++)
		keep_open(fds[i]);
	execvp(words[0], words);
	_exit(127);
}

static void spawn(struct qemu *qemu, const struct qemu_config *config)
{
	struct arguments arguments = { { NULL }, 0 };
	pid_t parent = getpid();
	int qtest[2], qmp[2], fds[3];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, qtest), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, qmp), 0);
	fds[0] = qtest[1];
	fds[1] = qmp[1];
	fds[2] = firmware_file();
	qemu->qtest = qtest[0];
	qemu->qmp = qmp[0];
	add_machine(&arguments, qemu->memory->fd, fds[2], qtest[1], qmp[1]);
	add_controller(&arguments, config);
	for (uint32_t i = 0; i < config->nnamespaces; i++) {
		qemu->media[qemu->nmedia++] =
			memory_file("upnvme-qtest-medium", config->namespaces[i].bytes);
		add_namespace(&arguments, &config->namespaces[i], qemu->media[i]);
	}
	qemu->pid = fork();
	if (qemu->pid == 0)
		become(qemu, fds, parent, arguments.words);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	arguments_free(&arguments);
	assert_true(qemu->pid > 0);
}

/* --- lines over a socket -------------------------------------------------------------------------- */

static bool send_all(int fd, const char *text, size_t n)
{
	while (n) {
		ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		text += sent;
		n -= (size_t)sent;
	}
	return true;
}

static bool read_byte(int fd, char *byte, uint64_t deadline_ns)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	ssize_t got;

	while ((got = recv(fd, byte, 1, MSG_DONTWAIT)) < 0) {
		uint64_t now_ns = clock_now_ns();

		if ((errno != EAGAIN && errno != EINTR) || now_ns >= deadline_ns)
			return false;
		poll(&ready, 1, (int)((deadline_ns - now_ns) / NS_PER_MS) + 1);
	}
	return got == 1;
}

/* Reads up to a line's end, and keeps what fits into `line`; false at the deadline or the
 * socket's end. */
static bool read_line(int fd, char *line, size_t room, uint64_t deadline_ns)
{
	size_t n = 0;

	for (;;) {
		if (!read_byte(fd, line + n, deadline_ns))
			return false;
		if (line[n] == '\n') {
			line[n] = '\0';
			return true;
		}
		n = MIN(n + 1, room - 1);
	}
}

/* --- qtest ---------------------------------------------------------------------------------------- */

/* One command and its answer, a number if it has one. All ones from a process that is gone. */
__attribute__((format(printf, 2, 3))) static uint64_t command(struct qemu *qemu, const char *format,
							      ...)
{
	char line[128];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	pthread_mutex_lock(&qemu->lock);
	if (!atomic_load(&qemu->gone) &&
	    (!send_all(qemu->qtest, line, (size_t)n) ||
	     !read_line(qemu->qtest, line, sizeof(line), clock_now_ns() + DEADLINE_NS)))
		atomic_store(&qemu->gone, true);
	pthread_mutex_unlock(&qemu->lock);
	if (atomic_load(&qemu->gone))
		return UINT64_MAX;
	if (strncmp(line, "OK", 2)) {
		fprintf(stderr, "qtest: %s\n", line);
		abort();
	}
	return strtoull(line + 2, NULL, 0);
}

static char width(uint32_t bytes)
{
	return bytes == 8 ? 'q' : 'l';
}

uint64_t qemu_read(struct qemu *qemu, uint32_t offset, uint32_t bytes)
{
	return command(qemu, "read%c %#x\n", width(bytes), BAR_ADDRESS + offset);
}

void qemu_write(struct qemu *qemu, uint32_t offset, uint32_t bytes, uint64_t value)
{
	command(qemu, "write%c %#x %#llx\n", width(bytes), BAR_ADDRESS + offset,
		(unsigned long long)value);
}

static uint32_t config_read(struct qemu *qemu, uint32_t offset)
{
	command(qemu, "outl 0xcf8 %#x\n", CONFIG_BASE + offset);
	return (uint32_t)command(qemu, "inl 0xcfc\n");
}

static void config_write(struct qemu *qemu, uint32_t offset, uint32_t value)
{
	command(qemu, "outl 0xcf8 %#x\n", CONFIG_BASE + offset);
	command(qemu, "outl 0xcfc %#x\n", value);
}

/* --- QMP ------------------------------------------------------------------------------------------ */

/* Reads lines until the answer; events come in between. */
static void monitor_answer(struct qemu *qemu, const char *question)
{
	uint64_t deadline_ns = clock_now_ns() + DEADLINE_NS;
	char line[4096];

	do {
		if (!read_line(qemu->qmp, line, sizeof(line), deadline_ns))
			fail_msg("no answer from QEMU to %s", question);
		if (strstr(line, "\"error\""))
			fail_msg("QEMU to %s: %s", question, line);
	} while (!strstr(line, "\"return\""));
}

void qemu_monitor(struct qemu *qemu, const char *format, ...)
{
	char text[1024];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	assert_true(n < (int)sizeof(text));
	assert_true(send_all(qemu->qmp, text, (size_t)n));
	monitor_answer(qemu, text);
}

/* --- life ----------------------------------------------------------------------------------------- */

static void device_enable(struct qemu *qemu)
{
	uint32_t class = config_read(qemu, CONFIG_CLASS) >> 8;

	if (class != CLASS_NVME)
		fail_msg("QEMU did not start, or its device's class is %#x", class);
	config_write(qemu, CONFIG_BAR0, BAR_ADDRESS);
	config_write(qemu, CONFIG_BAR1, 0);
	config_write(qemu, CONFIG_CMD, CMD_MEMORY | CMD_MASTER);
}

struct qemu *qemu_start(const struct qemu_config *config)
{
	struct qemu *qemu = calloc(1, sizeof(*qemu));

	assert_non_null(qemu);
	assert_true(config->nnamespaces <= QEMU_NAMESPACES_MAX);
	pthread_mutex_init(&qemu->lock, NULL);
	if (shared_memory_create(&qemu->memory))
		fail_msg("%s", error_last()->text);
	spawn(qemu, config);
	device_enable(qemu);
	qemu_monitor(qemu, "{\"execute\": \"qmp_capabilities\"}");
	return qemu;
}

void qemu_wipe(struct qemu *qemu)
{
	for (uint32_t i = 0; i < qemu->nmedia; i++) {
		struct stat medium;

		if (fstat(qemu->media[i], &medium) ||
		    fallocate(qemu->media[i], FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			      medium.st_size))
			fail_msg("a medium cannot be wiped: %s", strerror(errno));
	}
}

void qemu_kill(struct qemu *qemu)
{
	if (qemu->pid <= 0)
		return;
	kill(qemu->pid, SIGKILL);
	waitpid(qemu->pid, NULL, 0);
	qemu->pid = 0;
}

void qemu_stop(struct qemu *qemu)
{
	if (!qemu)
		return;
	qemu_kill(qemu);
	close(qemu->qtest);
	close(qemu->qmp);
	for (uint32_t i = 0; i < qemu->nmedia; i++)
		close(qemu->media[i]);
	shared_memory_destroy(qemu->memory);
	pthread_mutex_destroy(&qemu->lock);
	free(qemu);
}
