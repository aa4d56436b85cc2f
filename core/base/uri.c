/* SPDX-License-Identifier: BSD-3-Clause */
/* Takes a controller's URI apart, and reads the values in it. */
#include "base/uri.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/util.h"

#define URI_BYTES_MAX 4096u
#define URI_KEYS_MAX  32u

struct uri_pair {
	const char *key;
	const char *value;
};

/* The strings point into `parts`, the text cut into pieces and decoded in place. */
struct uri {
	const char *scheme;
	const char *path;
	struct uri_pair pairs[URI_KEYS_MAX];
	size_t npairs;
	char *text;
	char parts[];
};

static bool is_word(const char *text)
{
	if (!islower((unsigned char)*text))
		return false;
	for (; *text; text++)
		if (!islower((unsigned char)*text) && !isdigit((unsigned char)*text) &&
		    !strchr("_+.-", *text))
			return false;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decodes in place, since decoding makes no text longer. %00 is refused: it would cut the string short. */
static int decode(const struct uri *uri, char *part)
{
	char *to = part;

	for (const char *from = part; *from; from++) {
		int high, low;

		if (*from != '%') {
			*to++ = *from;
			continue;
		}
		high = hex_digit(from[1]);
		low = high < 0 ? -1 : hex_digit(from[2]);
		if (low < 0 || (high == 0 && low == 0))
			return error_set(
				-EINVAL, UPNVME_ERR_URI,
				"URI \"%s\": \"%.*s\" is no percent-encoded byte: write "
				"two hexadecimal digits after %%, or %%25 for a percent sign",
				uri->text, text_fit(from, 3), from);
		*to++ = (char)(high << 4 | low);
		from += 2;
	}
	*to = '\0';
	return 0;
}

static const struct uri_pair *pair_find(const struct uri *uri, const char *key)
{
	for (size_t i = 0; i < uri->npairs; i++)
		if (!strcmp(uri->pairs[i].key, key))
			return &uri->pairs[i];
	return NULL;
}

static int add_pair(struct uri *uri, char *pair)
{
	char *equals = strchr(pair, '=');

	if (!equals || equals == pair)
		return error_set(-EINVAL, UPNVME_ERR_URI,
				 "URI \"%s\": \"%s\" is not of the form key=value", uri->text,
				 pair);
	*equals = '\0';
	if (!is_word(pair))
		return error_set(-EINVAL, UPNVME_ERR_URI_KEY,
				 "URI \"%s\": \"%s\" cannot be a key: keys are lower-case words",
				 uri->text, pair);
	if (pair_find(uri, pair))
		return error_set(-EINVAL, UPNVME_ERR_URI_KEY,
				 "URI \"%s\": the key \"%s\" is given twice: give it once",
				 uri->text, pair);
	if (uri->npairs == URI_KEYS_MAX)
		return error_set(-EINVAL, UPNVME_ERR_URI_KEY,
				 "URI \"%s\": more than %u keys: leave some out", uri->text,
				 URI_KEYS_MAX);
	uri->pairs[uri->npairs++] = (struct uri_pair){ pair, equals + 1 };
	return decode(uri, equals + 1);
}

static int parse_query(struct uri *uri, char *query)
{
	int rc = 0;

	while (!rc && query) {
		char *pair = strsep(&query, "&");

		rc = add_pair(uri, pair);
	}
	return rc;
}

static int parse_parts(struct uri *uri)
{
	char *colon = strchr(uri->parts, ':'), *path, *query;
	int rc;

	if (colon)
		*colon = '\0';
	if (!colon || !is_word(uri->parts))
		return error_set(-EINVAL, UPNVME_ERR_URI,
				 "URI \"%s\" is not of the form scheme:path?key=value, for example "
				 "soft:ram?size=64MiB or soft:/path/disk.img",
				 uri->text);
	path = colon + 1;
	query = strchr(path, '?');
	if (query)
		*query++ = '\0';
	if (!*path)
		return error_set(-EINVAL, UPNVME_ERR_URI,
				 "URI \"%s\" has no path after \"%s:\": say what to open",
				 uri->text, uri->parts);
	uri->scheme = uri->parts;
	uri->path = path;
	rc = decode(uri, path);
	return rc || !query ? rc : parse_query(uri, query);
}

int uri_parse(struct uri **uri, const char *text)
{
	size_t bytes = strnlen(text, URI_BYTES_MAX) + 1;
	struct uri *parsed;
	int rc;

	if (bytes > URI_BYTES_MAX)
		return error_set(-EINVAL, UPNVME_ERR_URI,
				 "the URI \"%.*s...\" is longer than %u bytes: shorten its path",
				 text_fit(text, 40), text, URI_BYTES_MAX - 1);
	parsed = calloc(1, sizeof(*parsed) + 2 * bytes);
	if (!parsed)
		return error_no_memory("a URI", 2 * bytes);
	memcpy(parsed->parts, text, bytes);
	parsed->text = parsed->parts + bytes;
	memcpy(parsed->text, text, bytes);
	rc = parse_parts(parsed);
	if (rc)
		free(parsed);
	else
		*uri = parsed;
	return rc;
}

void uri_free(struct uri *uri)
{
	free(uri);
}

const char *uri_text(const struct uri *uri)
{
	return uri->text;
}

const char *uri_scheme(const struct uri *uri)
{
	return uri->scheme;
}

const char *uri_path(const struct uri *uri)
{
	return uri->path;
}

bool uri_has(const struct uri *uri, const char *key)
{
	return pair_find(uri, key) != NULL;
}

/* Lists the words, as in "a, b, c"; the list is cut where the room ends. */
static const char *join(char *room, size_t bytes, const char *const *words, size_t n)
{
	size_t used = 0;

	room[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		size_t length = strlen(words[i]);

		if (used + length + 3 > bytes)
			break;
		if (i) {
			memcpy(room + used, ", ", 2);
			used += 2;
		}
		memcpy(room + used, words[i], length + 1);
		used += length;
	}
	return room;
}

int uri_expect(const struct uri *uri, const char *const *known, size_t n)
{
	char list[256];

	for (size_t i = 0; i < uri->npairs; i++) {
		size_t k = 0;

		while (k < n && strcmp(uri->pairs[i].key, known[k]))
			k++;
		if (k == n)
			return error_set(-EINVAL, UPNVME_ERR_URI_KEY,
					 "URI \"%s\": unknown key \"%s\"; \"%s:%s\" takes: %s",
					 uri->text, uri->pairs[i].key, uri->scheme, uri->path,
					 join(list, sizeof(list), known, n));
	}
	return 0;
}

int uri_get_string(const struct uri *uri, const char *key, const char **value)
{
	const struct uri_pair *pair = pair_find(uri, key);

	if (pair)
		*value = pair->value;
	return 0;
}

static int bad_value(const struct uri_pair *pair, const char *wanted)
{
	return error_set(-EINVAL, UPNVME_ERR_URI_VALUE, "%s=%s in the URI is not %s", pair->key,
			 pair->value, wanted);
}

/* Reads the digits at *text, and moves *text behind them. False if there is no digit, or the number needs
 * more than 64 bits. */
static bool scan_digits(const char **text, uint64_t *value)
{
	const char *digit = *text;
	uint64_t sum = 0;

	if (!isdigit((unsigned char)*digit))
		return false;
	for (; isdigit((unsigned char)*digit); digit++) {
		if (__builtin_mul_overflow(sum, 10u, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)(*digit - '0'), &sum))
			return false;
	}
	*text = digit;
	*value = sum;
	return true;
}

/* The exponent of the power of two that a unit stands for, or -1. */
static int unit_shift(const char *unit)
{
	static const char letters[] = "KMGTPE";
	const char *letter;

	if (!*unit)
		return 0;
	letter = strchr(letters, *unit);
	if (!letter || (unit[1] && strcmp(unit + 1, "iB")))
		return -1;
	return 10 * (int)(letter - letters + 1);
}

int uri_get_size(const struct uri *uri, const char *key, uint64_t *value)
{
	const struct uri_pair *pair = pair_find(uri, key);
	const char *text;
	uint64_t number;
	int shift;

	if (!pair)
		return 0;
	text = pair->value;
	if (!scan_digits(&text, &number))
		return bad_value(pair, "a size: write a number and a unit, for example 512, 64MiB "
				       "or 1TiB, below 16EiB");
	shift = unit_shift(text);
	if (shift < 0)
		return bad_value(pair, "a size: the units are K, M, G, T, P, E and KiB, MiB, GiB, "
				       "TiB, PiB, EiB, all powers of 1024");
	if (number > UINT64_MAX >> shift)
		return bad_value(pair, "a size below 16EiB: make it smaller");
	*value = number << shift;
	return 0;
}

int uri_get_number(const struct uri *uri, const char *key, uint64_t min, uint64_t max,
		   uint64_t *value)
{
	const struct uri_pair *pair = pair_find(uri, key);
	const char *text;
	uint64_t number;

	if (!pair)
		return 0;
	text = pair->value;
	if (!scan_digits(&text, &number) || *text || number < min || number > max)
		return error_set(-EINVAL, UPNVME_ERR_URI_VALUE,
				 "%s=%s in the URI is not a number from %llu to %llu", key,
				 pair->value, (unsigned long long)min, (unsigned long long)max);
	*value = number;
	return 0;
}

int uri_get_choice(const struct uri *uri, const char *key, const char *const *words, size_t n,
		   size_t *value)
{
	const struct uri_pair *pair = pair_find(uri, key);
	char list[128];

	if (!pair)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(pair->value, words[i])) {
			*value = i;
			return 0;
		}
	}
	return error_set(-EINVAL, UPNVME_ERR_URI_VALUE, "%s=%s in the URI is not one of: %s", key,
			 pair->value, join(list, sizeof(list), words, n));
}

int uri_get_bool(const struct uri *uri, const char *key, bool *value)
{
	static const char *const words[] = { "0", "1", "no", "yes", "false", "true", "off", "on" };
	size_t index = *value;
	int rc = uri_get_choice(uri, key, words, ARRAY_SIZE(words), &index);

	if (!rc)
		*value = index & 1;
	return rc;
}
