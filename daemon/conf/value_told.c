// SPDX-License-Identifier: BSD-2-Clause
/* Values of what clients are told: texts, host names, domains, trust anchors. */
#include "conf/value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool conf_read_text(const struct conf_key *key, const char *text, void *out, struct conf_why *why)
{
	size_t len = strlen(text);

	if (len > key->high)
		return conf_wrong(why, "is longer than %u bytes", key->high);
	for (const char *p = text; *p; p++)
		if (iscntrl((unsigned char)*p))
			return conf_wrong(why, "has a control character in it");
	memcpy(out, text, len + 1);
	return true;
}

bool conf_read_domain(const struct conf_key *key, const char *text, void *out, struct conf_why *why)
{
	size_t len = strlen(text);

	(void)key;
	if (!conf_host_name_ok(text) || len >= CONF_TEXT_MAX)
		return conf_wrong(why, "is not the name of a domain");
	memcpy(out, text, len + 1);
	return true;
}

bool conf_read_host(const struct conf_key *key, const char *text, void *out, struct conf_why *why)
{
	size_t len = strlen(text);
	struct fg_ip ip;

	if (ip_parse(text, &ip) ? !conf_read_address(key, text, &ip, why)
				: !conf_host_name_ok(text) || len >= CONF_TEXT_MAX)
		return why->text[0] ? false : conf_wrong(why, "is no host name and no address");
	memcpy(out, text, len + 1);
	return true;
}

bool conf_read_address4(const struct conf_key *key, const char *text, void *out,
			struct conf_why *why)
{
	return conf_read_address(key, text, out, why) &&
	       (ip_is4(out) || conf_wrong(why, "is not an IPv4 address"));
}

/* A decimal number of at most max, with a space behind it. */
static bool number(const char **text, unsigned long max, unsigned long *n)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return false;
	*n = strtoul(*text, &end, 10);
	*text = end + strspn(end, " \t");
	return *n <= max && *text > end;
}

bool conf_read_trust_anchor(const struct conf_key *key, const char *text, void *out,
			    struct conf_why *why)
{
	struct conf_trust_anchor *anchor = out;
	size_t word = strcspn(text, " \t"), len;
	unsigned long tag, algorithm, digest_type;

	(void)key;
	memcpy(anchor->domain, text, word); /* a line is shorter */
	text += word + strspn(text + word, " \t");
	if (!conf_host_name_ok(anchor->domain))
		return conf_wrong(why, "does not begin with the name of a domain");
	if (!number(&text, UINT16_MAX, &tag) || !number(&text, UINT8_MAX, &algorithm) ||
	    !number(&text, UINT8_MAX, &digest_type))
		return conf_wrong(why, "has no three numbers behind the domain");
	if (!conf_hex(text, anchor->digest, sizeof(anchor->digest), &len) || !len)
		return conf_wrong(why, "has no digest in hex digits at its end");
	anchor->key_tag = (uint16_t)tag;
	anchor->algorithm = (uint8_t)algorithm;
	anchor->digest_type = (uint8_t)digest_type;
	anchor->len = (uint8_t)len;
	return true;
}
