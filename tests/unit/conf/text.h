/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small valid configuration in parts. A case puts the section it is about first, so that its
 * line numbers are those of the case, and the parts it does not write itself behind it.
 */
#ifndef TESTS_CONF_TEXT_H
#define TESTS_CONF_TEXT_H

#include "conf/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define GATEWAY  "[gateway]\noutside = eth0\ninside = eth1\n"
#define POOLS    "[pool v4]\nprefix = 10.10.0.0/24\n[pool v6]\nprefix = 2001:db8:10::/64\n"
#define POLICY   "[ikev2-authorization-policy pol]\npool = v4\nipv6-pool = v6\n"
#define TEMPLATE "[virtual-template 1]\n"
#define KEYRING  "[ikev2-keyring ring]\npsk = all\n"
#define PROFILE_REST                                                                               \
	"authentication-local = pre-share\nauthentication-remote = pre-share\n"                    \
	"keyring-local = ring\naaa-authorization-group = pol\nvirtual-template = 1\n"
#define PROFILE_BODY "identity-local = fqdn gw.example.org\n" PROFILE_REST
#define PROFILE      "[ikev2-profile prof]\nmatch-identity-remote = any\n" PROFILE_BODY

#define NO_GATEWAY  POOLS POLICY TEMPLATE KEYRING PROFILE
#define NO_POOLS    GATEWAY POLICY TEMPLATE KEYRING PROFILE
#define NO_POLICY   GATEWAY POOLS TEMPLATE KEYRING PROFILE
#define NO_TEMPLATE GATEWAY POOLS POLICY KEYRING PROFILE
#define NO_KEYRING  GATEWAY POOLS POLICY TEMPLATE PROFILE
#define NO_PROFILE  GATEWAY POOLS POLICY TEMPLATE KEYRING
#define ALL         GATEWAY POOLS POLICY TEMPLATE KEYRING PROFILE

static inline struct conf *parse_text(const char *text, struct conf_errors *errors)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	struct conf *conf;

	assert_non_null(in);
	conf = conf_parse(in, "t.conf", errors);
	fclose(in);
	return conf;
}

/* Of text that must be right. */
static inline struct conf *parse_good(const char *text)
{
	struct conf_errors errors;
	struct conf *conf = parse_text(text, &errors);

	if (!conf)
		fail_msg("refused: %s\nin:\n%s", errors.first[0].text, text);
	assert_int_equal(errors.count, 0);
	return conf;
}

/* One mistake: the text is refused with exactly this sentence at this line. */
struct bad_row {
	const char *text;
	unsigned line;
	const char *words;
};

/* Says what differs and returns false, so that one run tells of every row. */
static inline bool bad_row_holds(const struct bad_row *row, const struct conf_errors *errors,
				 const char *file)
{
	char expected[600];

	if (row->line)
		snprintf(expected, sizeof(expected), "%s:%u: %s", file, row->line, row->words);
	else
		snprintf(expected, sizeof(expected), "%s: %s", file, row->words);
	if (errors->count == 1 && !strcmp(errors->first[0].text, expected) &&
	    errors->first[0].line == row->line)
		return true;
	print_error("%zu errors\n  got:      %s\n  expected: %s\n  of: %.60s\n", errors->count,
		    errors->first[0].text, expected, row->text);
	return false;
}

#endif
