/* SPDX-License-Identifier: BSD-3-Clause */
/* Closing over a file whose syncs fail, or do not return: the results of the calls, and that
 * everything else goes on. */
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

/* The library calls this function, too: a program's definition comes before the C library's.
 * io_uring makes no such call. */
static _Atomic int sync_fails; /* errno */
static _Atomic bool syncs_hang;
static _Atomic unsigned nhanging;
static sem_t let_go;

int fdatasync(int fd)
{
	if (syncs_hang) {
		nhanging++;
		while (sem_wait(&let_go) && errno == EINTR)
			;
	}
	if (sync_fails) {
		errno = sync_fails;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

static void syncs_hang_now(void)
{
	sem_init(&let_go, 0, 0);
	nhanging = 0;
	syncs_hang = true;
}

static void syncs_return(void)
{
	syncs_hang = false;
	for (unsigned i = 0; i < 64; i++)
		sem_post(&let_go);
}

/* How long a hanging sync is waited for: less than the second after which the controller itself sets its command aside,
 * and long enough for the controller's thread to answer on a busy machine. */
#define PATIENCE_MS "500 ms"
#define PATIENCE_NS 500000000u

struct image {
	char *path;
	char uri[256];
};

static void image_make(struct image *image, const char *mode)
{
	image->path = image_create(1 << 20);
	snprintf(image->uri, sizeof(image->uri), "soft:%s?engine=worker&mode=%s", image->path,
		 mode);
}

static upnvme_ctrlr *open_with(const char *uri, uint64_t admin_timeout_ns)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	upnvme_ctrlr *ctrlr = NULL;

	opts.admin_timeout_ns = admin_timeout_ns;
	OK(upnvme_open(&ctrlr, uri, &opts));
	return ctrlr;
}

static void rig_begin(struct rig *rig, const char *uri, uint64_t admin_timeout_ns)
{
	rig->ctrlr = open_with(uri, admin_timeout_ns);
	OK(upnvme_ns_get(&rig->ns, rig->ctrlr, 1));
	rig->qp = create_qpair(rig->ctrlr, 0, 0, 0);
	rig->block = upnvme_ns_block_size(rig->ns);
}

static uint32_t ndone;

static void count(void *arg, const struct upnvme_completion *done)
{
	ndone++;
	if (arg)
		*(struct upnvme_completion *)arg = *done;
}

/* A file that is set aside is locked as long as the system may write to it. */
static void wait_until_free(const char *uri)
{
	const struct timespec nap = { 0, 1000000 };
	upnvme_ctrlr *ctrlr;
	int rc = -EBUSY;

	for (int i = 0; i < 60000 && rc == -EBUSY; i++) {
		rc = upnvme_open(&ctrlr, uri, NULL);
		nanosleep(&nap, NULL);
	}
	OK(rc);
	OK(upnvme_close(ctrlr));
}

static void a_failed_flush_is_told(const char *mode)
{
	struct image image;
	struct rig rig;

	image_make(&image, mode);
	rig_begin(&rig, image.uri, 0);
	assert_int_equal(do_write(&rig, dma(rig.ctrlr, 4096), 0, 1), 0);
	OK(upnvme_qpair_close(rig.qp));
	sync_fails = ENOSPC;
	expect_error(upnvme_close(rig.ctrlr), -EIO, UPNVME_ERR_NOT_DURABLE, image.path,
		     strerror(ENOSPC), "may be lost", NULL);
	sync_fails = 0;
	wait_until_free(image.uri); /* all of it was freed, the lock too */
	image_remove(image.path);
}

static void a_flush_that_hangs_is_bounded(const char *mode)
{
	struct upnvme_completion done = { 0 };
	struct image image;
	upnvme_qpair *other;
	struct rig rig;

	image_make(&image, mode);
	rig_begin(&rig, image.uri, PATIENCE_NS);
	other = create_qpair(rig.ctrlr, 0, 0, 0);
	syncs_hang_now();
	ndone = 0;
	OK(upnvme_flush(rig.qp, rig.ns, count, &done));
	while (!nhanging)
		assert_int_equal(upnvme_poll(rig.qp, 0), 0);
	expect_error(upnvme_qpair_close(rig.qp), -ETIMEDOUT, UPNVME_ERR_CTRLR_TIMEOUT, image.path,
		     PATIENCE_MS, "set aside", NULL);
	assert_int_equal(ndone, 1);
	assert_true(done.flags & UPNVME_DONE_ABORTED);
	/* One file is slow, and the controller is not dead. */
	rig.qp = other;
	assert_int_equal(do_write(&rig, dma(rig.ctrlr, 4096), 0, 1), 0);
	OK(upnvme_qpair_close(other));
	expect_error(upnvme_close(rig.ctrlr), -ETIMEDOUT, UPNVME_ERR_NOT_DURABLE, image.path,
		     "may be lost", "set aside", NULL);
	/* Other controllers come and go. */
	OK(upnvme_close(open_uri("soft:ram?size=1MiB")));
	syncs_return();
	wait_until_free(image.uri);
	image_remove(image.path);
}

static void in_both_modes(void (*test)(const char *mode))
{
	test("inline");
	test("thread");
}

static void closing_says_that_a_flush_failed(void **state)
{
	in_both_modes(a_failed_flush_is_told);
}

static void closing_does_not_wait_for_ever(void **state)
{
	in_both_modes(a_flush_that_hangs_is_bounded);
}

/* With controllers set aside and threads within the system. */
static void the_process_can_end(void **state)
{
	struct image image;
	int status = -1;
	pid_t pid;

	image_make(&image, "thread");
	pid = fork();
	if (pid == 0) {
		struct rig rig;

		rig_begin(&rig, image.uri, PATIENCE_NS);
		syncs_hang_now();
		OK(upnvme_flush(rig.qp, rig.ns, count, NULL));
		while (!nhanging)
			upnvme_poll(rig.qp, 0);
		if (upnvme_qpair_close(rig.qp) != -ETIMEDOUT ||
		    upnvme_close(rig.ctrlr) != -ETIMEDOUT)
			_exit(3);
		exit(7);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	image_remove(image.path);
}

/* Handles are closed in any order, and each close has its own result. */
static void a_close_that_times_out_does_not_hinder_other_closes(void **state)
{
	struct image image;
	upnvme_ctrlr *ram = open_uri("soft:ram?size=1MiB");
	upnvme_qpair *ram_qp = create_qpair(ram, 0, 0, 0);
	struct rig rig;

	image_make(&image, "inline");
	rig_begin(&rig, image.uri, PATIENCE_NS);
	OK(upnvme_qpair_close(rig.qp));
	syncs_hang_now();
	expect_error(upnvme_close(rig.ctrlr), -ETIMEDOUT, UPNVME_ERR_NOT_DURABLE, image.path, NULL);
	OK(upnvme_qpair_close(ram_qp));
	OK(upnvme_close(ram));
	syncs_return();
	wait_until_free(image.uri);
	image_remove(image.path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closing_says_that_a_flush_failed),
		cmocka_unit_test(closing_does_not_wait_for_ever),
		cmocka_unit_test(the_process_can_end),
		cmocka_unit_test(a_close_that_times_out_does_not_hinder_other_closes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
