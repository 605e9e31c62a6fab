/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration as rows: a section has keys, a key has a parser, a place in the section's
 * struct, a range and one sentence of help. Errors, defaults and help come from these rows; a new
 * key is a new row.
 */
#ifndef CONF_TABLE_H
#define CONF_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf_word {
	const char *word; /* NULL ends the list */
	uint32_t value;
};

/* What is wrong with a value: the predicate of a sentence whose subject is the value. */
struct conf_why {
	char text[192];
	bool whole; /* says itself what is right: no "expected ..." behind it */
};

struct conf_key;

/* Reads one value (of a list: one element) into out, which is zeroed. */
typedef bool conf_parser(const struct conf_key *key, const char *text, void *out,
			 struct conf_why *why);

enum conf_key_flag {
	CONF_REQUIRED = 1,
	CONF_COMMAS = 2, /* one line may hold several elements, "a, b" */
	CONF_SPACES = 4, /* also "a b" */
	CONF_QUIET = 8,  /* a secret: messages do not quote the value */
	CONF_TWICE = 16, /* elements of the list may be the same */
};

struct conf_key {
	const char *name;
	conf_parser *parse; /* NULL: a reference, see section */
	size_t at;          /* of the field, or of the first element of a list */
	size_t size;        /* of the field, or of one element */
	size_t max;         /* elements a list has room for; 0: not a list */
	size_t count_at;    /* of the list's size_t count */
	unsigned flags;
	uint32_t low, high; /* numbers: range; texts: high is the most bytes */
	const struct conf_word *words;
	/* The field is an int, the index of the section so named; with words a uint32_t of those
	 * that stand behind the name follows, all of them when none does. */
	const char *section;
	const char *fallback; /* the value when the key is not given; NULL: zero */
	const char *expected; /* what is allowed; NULL: made from words and range */
	const char *help;
};

/* Of one section, and of one file; rows.c sees to it. */
enum { CONF_KEYS_MAX = 64, CONF_SECTIONS_MAX = 16 };

enum conf_naming { CONF_UNNAMED, CONF_NAMED, CONF_NUMBERED };

struct conf_section {
	const char *name;
	enum conf_naming naming;
	size_t at;       /* in the root: the struct (UNNAMED) or a pointer to the array */
	size_t count_at; /* in the root: size_t count of the array */
	size_t size;     /* of the struct; it begins with its conf_name or uint32_t number */
	const struct conf_key *keys;
	size_t key_count;
	bool has_default; /* [SECTION default] exists unless it is written */
	bool required;    /* at least one must be written */
	const char *help;
};

/* The public file (root: struct conf) and the secrets file (root: struct conf_secrets). */
extern const struct conf_section conf_public_sections[];
extern const size_t conf_public_section_count;
extern const struct conf_section conf_secret_sections[];
extern const size_t conf_secret_section_count;

/* "fast or stack", "auto or a number from 1 to 16", "the name of a [pool]". Returns buf. */
const char *conf_expected(const struct conf_key *key, char *buf, size_t cap);

#endif
