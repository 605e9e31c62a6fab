// SPDX-License-Identifier: BSD-2-Clause
/* What an [ikev2-proposal] or [ipsec-profile] may name only with legacy = yes. */
#include "conf/build.h"

#include <stdio.h>

/* Transform types, RFC 7296 3.3.2, and one of ours: a suite of ESP. */
enum { SUITE = 0, PRF = 2, INTEG = 3, DH = 4 };

static const struct row {
	uint8_t type;
	uint16_t id;
	const char *key, *word;
} rows[] = {
	{ DH, 2, "group", "modp1024" },
	{ DH, 5, "group", "modp1536" },
	{ INTEG, 2, "integrity", "sha1" },
	{ PRF, 2, "prf", "sha1" },
	{ SUITE, FG_ESP_AES_CBC_256_SHA1, "transform", "esp-cbc-256-sha1" },
	{ SUITE, FG_ESP_AES_CBC_128_SHA1, "transform", "esp-cbc-128-sha1" },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct row *find(uint8_t type, uint16_t id)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].type == type && rows[i].id == id)
			return &rows[i];
	return NULL;
}

bool conf_legacy(uint8_t type, uint16_t id)
{
	return find(type, id) != NULL;
}

bool conf_legacy_suite(uint16_t suite)
{
	return find(SUITE, suite & (uint16_t)~CONF_ESP_ESN) != NULL;
}

struct list {
	uint8_t type;
	const uint16_t *id;
	size_t count;
};

enum { LISTS = 3 };

static void lists_of(const struct conf_proposal *p, struct list list[LISTS])
{
	list[0] = (struct list){ DH, p->group, p->group_count };
	list[1] = (struct list){ INTEG, p->integrity, p->integrity_count };
	list[2] = (struct list){ PRF, p->prf, p->prf_count };
}

static bool holds(const struct list *list, size_t count, const struct row *row)
{
	for (size_t k = 0; k < count; k++)
		for (size_t i = 0; i < list[k].count; i++)
			if (list[k].type == row->type && list[k].id[i] == row->id)
				return true;
	return false;
}

static const char *text_of(const struct list *list, size_t count, char buf[CONF_LEGACY_TEXT_MAX])
{
	size_t at = 0;

	buf[0] = '\0';
	for (const struct row *row = rows; row < rows + ROWS; row++)
		if (holds(list, count, row) && at < CONF_LEGACY_TEXT_MAX)
			at += (size_t)snprintf(buf + at, CONF_LEGACY_TEXT_MAX - at, "%s%s %s",
					       at ? ", " : "", row->key, row->word);
	return buf;
}

const char *conf_legacy_text(const struct conf_proposal *proposal, char buf[CONF_LEGACY_TEXT_MAX])
{
	struct list list[LISTS];

	lists_of(proposal, list);
	return text_of(list, LISTS, buf);
}

const char *conf_legacy_suites_text(const struct conf_ipsec_profile *profile,
				    char buf[CONF_LEGACY_TEXT_MAX])
{
	uint16_t plain[2 * FG_ESP_SUITE_MAX];
	const struct list list = { SUITE, plain, profile->suite_count };

	for (size_t i = 0; i < profile->suite_count; i++)
		plain[i] = profile->suite[i] & (uint16_t)~CONF_ESP_ESN;
	return text_of(&list, 1, buf);
}

static void append(uint16_t *list, size_t *count, uint16_t id)
{
	if (*count < CONF_LIST_MAX)
		list[(*count)++] = id;
}

void conf_legacy_widen(struct conf_proposal *proposal)
{
	if (proposal->legacy)
		return;
	proposal->legacy = true;
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].type == PRF)
			append(proposal->prf, &proposal->prf_count, rows[i].id);
		else if (rows[i].type == INTEG)
			append(proposal->integrity, &proposal->integrity_count, rows[i].id);
		else if (rows[i].type == DH)
			append(proposal->group, &proposal->group_count, rows[i].id);
	}
}

static void refuse(struct conf_build *b, struct conf_object *object, const struct list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct row *row = find(list->type, list->id[i]);

		if (row)
			conf_build_error(b, object, row->key, i,
					 "%s is too weak for new clients; a%s that must have it "
					 "says legacy = yes",
					 row->word,
					 row->type == SUITE ? "n ipsec-profile" : " proposal");
	}
}

void conf_check_legacy(struct conf_build *b, const struct conf_proposal *proposal,
		       struct conf_object *object)
{
	struct list list[LISTS];

	lists_of(proposal, list);
	for (size_t k = 0; k < LISTS && !proposal->legacy; k++)
		refuse(b, object, &list[k]);
}

void conf_check_legacy_suites(struct conf_build *b, const struct conf_ipsec_profile *profile,
			      struct conf_object *object)
{
	const struct list list = { SUITE, profile->suite, profile->suite_count };

	if (!profile->legacy)
		refuse(b, object, &list);
}
