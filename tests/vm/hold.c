/* SPDX-License-Identifier: BSD-3-Clause */
/* Tries to open each controller, says "open" or the error's name and text, and holds those that are open until the
 * standard input ends. With a user other than 0 it first becomes that user. */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <upnvme.h>

#define MOST 4

static int become(uid_t user)
{
	return user && (setgroups(0, NULL) || setgid(user) || setuid(user)) ? -errno : 0;
}

/* Whether the controller is open. */
static int attempt(upnvme_ctrlr **ctrlr, const char *uri)
{
	struct upnvme_error error;

	if (!upnvme_open(ctrlr, uri, NULL)) {
		puts("open");
		return 1;
	}
	*ctrlr = NULL;
	upnvme_error_get(&error);
	printf("%s: %s\n", upnvme_error_name(error.code), error.text);
	return 0;
}

int main(int argc, char **argv)
{
	upnvme_ctrlr *ctrlrs[MOST] = { 0 };
	int n = argc - 2, nopen = 0;

	if (n < 1 || n > MOST || become((uid_t)atoi(argv[1]))) {
		fprintf(stderr, "usage: hold USER URI...\n");
		return 2;
	}
	for (int i = 0; i < n; i++)
		nopen += attempt(&ctrlrs[i], argv[2 + i]);
	fflush(stdout);
	while (nopen && getchar() != EOF)
		;
	for (int i = 0; i < n; i++)
		if (ctrlrs[i] && upnvme_close(ctrlrs[i]))
			return 1;
	return nopen == n ? 0 : 1;
}
