/* SPDX-License-Identifier: BSD-3-Clause */
/* Writing and checking the pattern of --verify. */
#include "pattern.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "random.h"

#define HEAD_WORDS 3u

struct pattern {
	uint64_t head[HEAD_WORDS]; /* LBA, seed, generation */
	uint64_t base;
};

static struct pattern pattern_of(uint64_t lba, uint64_t seed, uint64_t generation)
{
	return (struct pattern){ .head = { lba, seed, generation },
				 .base = random_mix(lba + random_mix(seed + RANDOM_STEP)) };
}

static uint64_t pattern_word(const struct pattern *pattern, uint32_t i)
{
	return i < HEAD_WORDS ? pattern->head[i] :
				pattern->base + i * RANDOM_STEP + pattern->head[2];
}

void pattern_fill(void *block, uint32_t block_bytes, uint64_t lba, uint64_t seed,
		  uint64_t generation)
{
	struct pattern pattern = pattern_of(lba, seed, generation);
	uint64_t *words = block;

	for (uint32_t i = 0; i < block_bytes / sizeof(*words); i++)
		words[i] = pattern_word(&pattern, i);
}

/* The generation that two of words 2 to 4 agree on, so that a wrong byte in one of the three is found at its place. */
static uint64_t generation_of(const uint64_t *words, const struct pattern *pattern)
{
	uint64_t said = words[2];
	uint64_t third = words[3] - pattern->base - 3 * RANDOM_STEP;
	uint64_t fourth = words[4] - pattern->base - 4 * RANDOM_STEP;

	return third == fourth ? third : said;
}

/* The index of the first word that differs from the pattern, or `nwords`. */
static uint32_t first_difference(const uint64_t *words, uint32_t nwords,
				 const struct pattern *pattern)
{
	uint32_t i = 0;

	while (i < nwords && words[i] == pattern_word(pattern, i))
		i++;
	return i;
}

static bool is_zero(const uint64_t *words, uint32_t nwords)
{
	uint32_t i = 0;

	while (i < nwords && !words[i])
		i++;
	return i == nwords;
}

/* Guesses what the block holds instead, which often tells what went wrong. */
static void guess(char *hint, size_t bytes, const uint64_t *words, uint32_t nwords)
{
	struct pattern claimed = pattern_of(words[0], words[1], 0);

	claimed.head[2] = generation_of(words, &claimed);
	if (is_zero(words, nwords))
		snprintf(hint, bytes, "the block is all zeroes");
	else if (first_difference(words, nwords, &claimed) == nwords)
		snprintf(hint, bytes,
			 "the block is LBA %" PRIu64 " of seed %" PRIu64 ", generation %" PRIu64,
			 claimed.head[0], claimed.head[1], claimed.head[2]);
	else
		hint[0] = '\0';
}

static void describe(struct pattern_mismatch *mismatch, const uint64_t *words, uint32_t nwords,
		     uint32_t word, const struct pattern *pattern)
{
	uint64_t expected[2] = { pattern_word(pattern, word), pattern_word(pattern, word + 1) };
	uint64_t left = (nwords - word) * sizeof(*words);
	const uint8_t *found = (const uint8_t *)&words[word];
	/* The lowest bit that differs is in the first byte that differs: words are little-endian. */
	uint32_t skip = (uint32_t)__builtin_ctzll(expected[0] ^ words[word]) / 8;

	left -= skip;
	mismatch->lba = pattern->head[0];
	mismatch->offset = word * (uint32_t)sizeof(*words) + skip;
	mismatch->nbytes = left < PATTERN_SHOWN ? (uint32_t)left : PATTERN_SHOWN;
	memcpy(mismatch->expected, (const uint8_t *)expected + skip, mismatch->nbytes);
	memcpy(mismatch->found, found + skip, mismatch->nbytes);
	guess(mismatch->hint, sizeof(mismatch->hint), words, nwords);
}

bool pattern_check(const void *block, uint32_t block_bytes, uint64_t lba, uint64_t seed,
		   uint64_t generation, struct pattern_mismatch *mismatch)
{
	struct pattern pattern = pattern_of(lba, seed, generation);
	const uint64_t *words = block;
	uint32_t nwords = block_bytes / (uint32_t)sizeof(*words), word;

	if (!generation)
		pattern.head[2] = generation_of(words, &pattern);
	word = first_difference(words, nwords, &pattern);
	if (word == nwords)
		return true;
	describe(mismatch, words, nwords, word, &pattern);
	return false;
}
