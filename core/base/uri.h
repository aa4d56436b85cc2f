/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * URIs that name a controller: `scheme:path?key=value&key=value`.
 *
 * The scheme and the keys are lower-case words. Path and values may be percent-encoded; '?' in the
 * path, '&' in a value, and '%' must be. A doubled key is refused when the URI is parsed, an unknown
 * key by uri_expect. The getters leave *value alone when the key is absent, so that it holds the
 * default.
 */
#ifndef UPNVME_BASE_URI_H
#define UPNVME_BASE_URI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uri;

int uri_parse(struct uri **uri, const char *text);
void uri_free(struct uri *uri);

const char *uri_text(const struct uri *uri);
const char *uri_scheme(const struct uri *uri);
const char *uri_path(const struct uri *uri);
bool uri_has(const struct uri *uri, const char *key);

/* Refuses every key that is not among the `n` known ones, naming it and listing them. */
int uri_expect(const struct uri *uri, const char *const *known, size_t n);

int uri_get_string(const struct uri *uri, const char *key, const char **value);
/* Reads a number of bytes: decimal digits, then nothing, K, M, G, T, P or E, or the same with "iB"; all
 * are powers of 1024. Units of 1000 (kB, MB) are refused, not guessed at. */
int uri_get_size(const struct uri *uri, const char *key, uint64_t *value);
/* Reads a plain decimal number from `min` to `max`. */
int uri_get_number(const struct uri *uri, const char *key, uint64_t min, uint64_t max,
		   uint64_t *value);
/* Reads one of the words 1, 0, yes, no, true, false, on, off. */
int uri_get_bool(const struct uri *uri, const char *key, bool *value);
/* Sets *value to the index of the value among `n` words. */
int uri_get_choice(const struct uri *uri, const char *key, const char *const *words, size_t n,
		   size_t *value);

#endif
