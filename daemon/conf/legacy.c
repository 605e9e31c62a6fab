// SPDX-License-Identifier: BSD-2-Clause
/* Algorithms that an [ikev2-proposal] may name only with legacy = yes. */
#include "conf/build.h"

#include <stdio.h>

/* Transform types, RFC 7296 3.3.2. */
enum { PRF = 2, INTEG = 3, DH = 4 };

static const struct row {
	uint8_t type;
	uint16_t id;
	const char *key, *word;
} rows[] = {
	{ PRF, 2, "prf", "sha1" },
	{ INTEG, 2, "integrity", "sha1" },
	{ DH, 2, "group", "modp1024" },
	{ DH, 5, "group", "modp1536" },
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

const char *conf_legacy_text(const struct conf_proposal *proposal, char buf[CONF_LEGACY_TEXT_MAX])
{
	struct list list[LISTS];
	size_t at = 0;

	buf[0] = '\0';
	lists_of(proposal, list);
	for (size_t k = 0; k < LISTS; k++)
		for (size_t i = 0; i < list[k].count; i++) {
			const struct row *row = find(list[k].type, list[k].id[i]);

			if (row && at < CONF_LEGACY_TEXT_MAX)
				at += (size_t)snprintf(buf + at, CONF_LEGACY_TEXT_MAX - at,
						       "%s%s %s", at ? ", " : "", row->key,
						       row->word);
		}
	return buf;
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
		else
			append(proposal->group, &proposal->group_count, rows[i].id);
	}
}

void conf_check_legacy(struct conf_build *b, const struct conf_proposal *proposal,
		       struct conf_object *object)
{
	struct list list[LISTS];

	if (proposal->legacy)
		return;
	lists_of(proposal, list);
	for (size_t k = 0; k < LISTS; k++)
		for (size_t i = 0; i < list[k].count; i++) {
			const struct row *row = find(list[k].type, list[k].id[i]);

			if (row)
				conf_build_error(b, object, row->key, i,
						 "%s is too weak for new clients; a proposal that "
						 "must have it says legacy = yes",
						 row->word);
		}
}
