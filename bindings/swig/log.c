/* SPDX-License-Identifier: BSD-3-Clause */
/* Hands the library's log on to Python. A message may come on any thread, and while the library holds
 * a lock of its own: so it is noted, and the interpreter's main thread hands it on. */
#include "glue.h"

#include <stdio.h>

#define MESSAGES   64u
#define TEXT_BYTES 512u /* the longest text of a message of the library, with its end */

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

/* Hands on all noted messages. A KeyboardInterrupt in between is kept, and raised after the last
 * message, since it is not the log's; other errors of the log's receiver are only reported. */
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

/* Makes the log anew in the child of a fork: a thread of the parent may have held the lock, and the
 * parent hands on the messages that were noted before. */
void log_in_child(void)
{
	pthread_mutex_init(&lock, NULL);
	first = end = lost = 0;
	scheduled = false;
}

/* Starts the log with messages up to a level; level 0 stops it. */
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
