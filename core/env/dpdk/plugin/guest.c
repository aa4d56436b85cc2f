/* SPDX-License-Identifier: BSD-3-Clause */
/* Starts EAL as a guest of the application, whose affinity, standard output and system log stay as they are. */
#include "env/dpdk/plugin/internal.h"

#include <errno.h>
#include <pthread.h>
#include <rte_log.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

static char last_words[256];

int plugin_error(int err, uint32_t code, const char *format, ...)
{
	char sentence[sizeof(((struct upnvme_error *)0)->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	return plugin_host->error(err, code, sentence);
}

/* --- the log ---------------------------------------------------------------------------------- */

/* The log's level for a message of EAL, whose warnings and notes rarely concern the caller. */
static uint32_t level_of(uint32_t rte_level)
{
	if (rte_level <= RTE_LOG_ERR)
		return UPNVME_LOG_ERROR;
	return rte_level == RTE_LOG_WARNING ? UPNVME_LOG_INFO : UPNVME_LOG_DEBUG;
}

static ssize_t log_line(void *cookie, const char *text, size_t bytes)
{
	uint32_t level = level_of((uint32_t)rte_log_cur_msg_loglevel());
	char message[sizeof(last_words)];
	size_t length = MIN(bytes, sizeof(message) - 1);

	(void)cookie;
	memcpy(message, text, length);
	while (length && message[length - 1] == '\n')
		length--;
	message[length] = '\0';
	if (level <= UPNVME_LOG_INFO)
		memcpy(last_words, message, length + 1);
	plugin_host->log(level, message);
	return (ssize_t)bytes;
}

int guest_log(void)
{
	static const cookie_io_functions_t functions = { .write = log_line };
	static FILE *stream;

	if (stream)
		return 0;
	stream = fopencookie(NULL, "w", functions);
	if (!stream)
		return -errno;
	setvbuf(stream, NULL, _IOLBF, BUFSIZ);
	return rte_openlog_stream(stream);
}

const char *guest_last_words(void)
{
	return last_words;
}

/* --- the process ------------------------------------------------------------------------------ */

/* The linker puts these functions in the place of the C library's (--wrap), for DPDK's code within
 * this plug-in. The identity in the system log is the application's, and must stay; an EAL that
 * keeps no files needs no folder below /var/run. */
void __wrap_openlog(const char *identity, int option, int facility);
void __wrap_closelog(void);
int __wrap_mkdir(const char *path, mode_t mode);

void __wrap_openlog(const char *identity, int option, int facility)
{
	(void)identity;
	(void)option;
	(void)facility;
}

void __wrap_closelog(void)
{
}

int __wrap_mkdir(const char *path, mode_t mode)
{
	(void)path;
	(void)mode;
	return 0;
}

/* --- the thread ------------------------------------------------------------------------------- */

/* EAL's threads inherit the signals that this thread blocks: the application's signals are not for
 * them. The signals of a fault stay, since EAL learns by SIGBUS that a huge page is missing. */
static void signals_to_block(sigset_t *signals)
{
	static const int faults[] = { SIGBUS, SIGSEGV, SIGFPE, SIGILL };

	sigfillset(signals);
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		sigdelset(signals, faults[i]);
}

int guest_run(void *(*start)(void *arg), void *arg)
{
	sigset_t blocked, before;
	pthread_t thread;
	int rc;

	signals_to_block(&blocked);
	pthread_sigmask(SIG_BLOCK, &blocked, &before);
	rc = pthread_create(&thread, NULL, start, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!rc)
		rc = pthread_join(thread, NULL);
	return -rc;
}
