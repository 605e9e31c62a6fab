/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Distinguished names (RFC 5280 4.1.2.4) as the configuration needs them: written as text, compared
 * with what a peer sent, taken apart for a name mangler. The crypto library has no part in it; a
 * name from outside is walked with a cursor and never copied.
 *
 * Text is "CN=alice, OU=staff, O=Example, C=DE": the most specific first, which is the reverse of
 * the DER. A comma, plus or backslash in a value stands behind a backslash.
 */
#ifndef CONF_DN_H
#define CONF_DN_H

#include "core/rd.h"

/* One attribute of a name. Borrowed from the DER. */
struct conf_dn_attr {
	const uint8_t *oid, *value;
	size_t oid_len, len;
	bool joined; /* in one RDN with the attribute before it */
};

/* A walk through the DER, the least specific attribute first. */
struct conf_dn {
	struct rd rdns, set; /* what is left of the name, and of the RDN */
	bool inside;
	bool wrong; /* it is no name */
};

struct conf_dn conf_dn_of(const uint8_t *der, size_t len);
/* False: that was the last, or the name is wrong. */
bool conf_dn_next(struct conf_dn *dn, struct conf_dn_attr *attr);
/* Well-formed to its end, and not empty? */
bool conf_dn_ok(const uint8_t *der, size_t len);

/*
 * The DER of a text; what openssl(1) makes of the same name. A value "*" is written as it is.
 * False: *why is the predicate of a sentence about the text.
 */
bool conf_dn_read(const char *text, uint8_t *der, size_t cap, size_t *len, const char **why);
/* The text, outside bytes escaped, cut with "...". Returns buf; "" for what is no name. */
const char *conf_dn_text(const uint8_t *der, size_t len, char *buf, size_t cap);

/*
 * Is the name the one of the pattern? Attributes are compared in their order, or all of them in the
 * reverse order: people write names both ways. Values are equal without regard to case and repeated
 * spaces; "*" in the pattern is any value. *exact: how many of them were not "*"; may be NULL.
 */
bool conf_dn_match(const uint8_t *pattern, size_t pattern_len, const uint8_t *der, size_t len,
		   unsigned *exact);

/* Is this the attribute type of the word ("CN", "OU", "emailAddress", ...)? */
bool conf_dn_is(const struct conf_dn_attr *attr, const char *word);
bool conf_dn_word(const char *word, size_t len); /* do we know it? */

/* Equal, or b within a: without regard to case and to repeated, leading and trailing spaces. */
bool conf_dn_value_equal(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len);
bool conf_dn_value_holds(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len);

#endif
