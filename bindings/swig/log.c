/* SPDX-License-Identifier: BSD-3-Clause */
/* The library's log, on its way to Python's. A message may come while the library holds a lock of its own, on any
 * thread: it is noted, and handed on by the main thread. */
#include "glue.h"

#include <stdio.h>

#define MESSAGES   64u
#define TEXT_BYTES 512u /* the longest text of the library's */

struct message {
	uint32_t level;
	char text[TEXT_BYTES];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct message ring[MESSAGES];
static unsigned first, end, lost;
static bool scheduled;

static bool take_message(struct message *message)
{
	bool there;

	pthread_mutex_lock(&lock);
	there = first != end;
	if (there)
		*message = ring[first++ % MESSAGES];
	else
		scheduled = false;
	pthread_mutex_unlock(&lock);
	return there;
}

/* A Ctrl-C that comes meanwhile does not concern the log: it goes on to the caller, after the other
 * messages. */
static int hand_on(void *arg)
{
	PyObject *type = NULL, *value = NULL, *traceback = NULL, *result;
	struct message message;

	(void)arg;
	while (take_message(&message)) {
		result = hooks.log ? PyObject_CallFunction(hooks.log, "IN", message.level,
							   glue_text(message.text)) :
				     NULL;
		if (!result && !type && PyErr_ExceptionMatches(PyExc_KeyboardInterrupt))
			PyErr_Fetch(&type, &value, &traceback);
		else if (!result)
			PyErr_WriteUnraisable(hooks.log);
		Py_XDECREF(result);
	}
	if (!type)
		return 0;
	PyErr_Restore(type, value, traceback);
	return -1;
}

static void note(void *arg, uint32_t level, const char *text)
{
	bool schedule;

	(void)arg;
	pthread_mutex_lock(&lock);
	if (end - first == MESSAGES) {
		first++;
		lost++;
	}
	ring[end % MESSAGES].level = level;
	snprintf(ring[end++ % MESSAGES].text, TEXT_BYTES, "%s", text);
	schedule = !scheduled;
	scheduled = true;
	pthread_mutex_unlock(&lock);
	if (schedule && Py_AddPendingCall(hand_on, NULL) < 0)
		__atomic_store_n(&scheduled, false, __ATOMIC_RELAXED);
}

/* A thread of the parent's may have held the lock; the parent hands its messages on. */
void log_in_child(void)
{
	pthread_mutex_init(&lock, NULL);
	first = end = lost = 0;
	scheduled = false;
}

/* Level 0 stops the log. */
PyObject *log_start(uint32_t level)
{
	int rc = upnvme_log_set(level ? note : NULL, NULL, level);

	if (rc == 0)
		Py_RETURN_NONE;
	glue_raise(rc);
	return NULL;
}

PyObject *log_drain(void)
{
	hand_on(NULL);
	Py_RETURN_NONE;
}
