// SPDX-License-Identifier: BSD-2-Clause
/* Identities, RFC 7296 3.5, and their words in the configuration. match.c compares them. */
#include "conf/dn.h"
#include "conf/value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

/* If text begins with this word and a space, the text behind them; else NULL. */
static const char *after_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(text, word, len) || (text[len] != ' ' && text[len] != '\t'))
		return NULL;
	for (text += len; *text == ' ' || *text == '\t'; text++)
		;
	return text;
}

bool conf_host_name_ok(const char *text)
{
	if (!*text || *text == '.')
		return false;
	for (const char *p = text; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr(".-_", *p))
			return false;
		if (*p == '.' && p[1] == '.')
			return false;
	}
	return true;
}

static void keep_text(struct conf_identity *id, enum conf_id_type type, const char *text)
{
	id->type = type;
	id->len = (uint16_t)strlen(text); /* a line is shorter than data */
	memcpy(id->data, text, id->len);
}

static bool read_fqdn(struct conf_identity *id, const char *text, struct conf_why *why)
{
	if (!conf_host_name_ok(text))
		return conf_wrong(why, "has no host name behind the word");
	keep_text(id, CONF_ID_FQDN, text);
	return true;
}

static bool read_email(struct conf_identity *id, const char *text, struct conf_why *why)
{
	const char *at = strrchr(text, '@');

	if (!at || at == text || !conf_host_name_ok(at + 1))
		return conf_wrong(why, "has no mail address behind the word");
	for (const char *p = text; *p; p++) {
		if (!isgraph((unsigned char)*p))
			return conf_wrong(why, "has a space or control character in the address");
	}
	keep_text(id, CONF_ID_EMAIL, text);
	return true;
}

static bool keep_address(struct conf_identity *id, const struct fg_ip *ip)
{
	__be32 v4 = ip_to4(ip);

	if (ip_is4(ip)) {
		id->type = CONF_ID_IPV4;
		id->len = sizeof(v4);
		memcpy(id->data, &v4, sizeof(v4));
	} else {
		id->type = CONF_ID_IPV6;
		id->len = sizeof(ip->w);
		memcpy(id->data, ip->w, sizeof(ip->w));
	}
	return true;
}

static bool read_key_id(struct conf_identity *id, const char *text, struct conf_why *why)
{
	size_t len;

	if (!*text)
		return conf_wrong(why, "has nothing behind the word");
	if (!conf_octets(text, id->data, sizeof(id->data), &len, why))
		return false;
	id->type = CONF_ID_KEY_ID;
	id->len = (uint16_t)len;
	return true;
}

static bool keep_name(struct conf_identity *id, const char *text, struct conf_why *why)
{
	const char *wrong = "";
	size_t len;

	if (!conf_dn_read(text, id->data, sizeof(id->data), &len, &wrong))
		return conf_wrong(why, "%s", wrong);
	id->type = CONF_ID_DN;
	id->len = (uint16_t)len;
	return true;
}

/* Values that are "*". */
static bool has_star(const struct conf_identity *id)
{
	struct conf_dn dn = conf_dn_of(id->data, id->len);
	struct conf_dn_attr attr;

	while (conf_dn_next(&dn, &attr))
		if (attr.len == 1 && attr.value[0] == '*')
			return true;
	return false;
}

static bool read_name(struct conf_identity *id, const char *text, struct conf_why *why)
{
	if (!keep_name(id, text, why))
		return false;
	return !has_star(id) || conf_wrong(why, "has '*' for a value, and is to be one name");
}

bool conf_read_identity(const struct conf_key *key, const char *text, void *out,
			struct conf_why *why)
{
	struct conf_identity *id = out;
	struct fg_ip ip;
	const char *rest;

	if ((rest = after_word(text, "fqdn")))
		return read_fqdn(id, rest, why);
	if ((rest = after_word(text, "email")))
		return read_email(id, rest, why);
	if ((rest = after_word(text, "key-id")))
		return read_key_id(id, rest, why);
	if ((rest = after_word(text, "dn")))
		return read_name(id, rest, why);
	if (!strcmp(text, "dn")) {
		id->type = CONF_ID_DN; /* of the certificate */
		return true;
	}
	rest = after_word(text, "address");
	if (!rest)
		return conf_wrong(why, "does not begin with the kind of identity");
	return conf_read_address(key, rest, &ip, why) && keep_address(id, &ip);
}

/* INIT address A, AUTH fqdn NAME, ...: what RFC 5685 6 can carry. */
bool conf_read_redirect(const struct conf_key *key, const char *text, void *out,
			struct conf_why *why)
{
	struct conf_redirect *redirect = out;
	const struct conf_word *word = key->words;

	if (!strcmp(text, "off"))
		return true;
	for (; word->word; word++) {
		const char *rest = after_word(text, word->word);

		if (!rest)
			continue;
		redirect->mode = word->value;
		if (!conf_read_identity(key, rest, &redirect->to, why))
			return false;
		return redirect->to.type == CONF_ID_FQDN || redirect->to.type == CONF_ID_IPV4 ||
		       redirect->to.type == CONF_ID_IPV6 ||
		       conf_wrong(why, "names no address and no fqdn");
	}
	return conf_wrong(why, "does not begin with %s", key->words[0].word);
}

size_t conf_caseless_from(uint8_t type, const uint8_t *data, size_t len)
{
	if (type == CONF_ID_FQDN)
		return 0;
	if (type != CONF_ID_EMAIL)
		return len;
	while (len && data[len - 1] != '@')
		len--;
	return len;
}

void conf_identity_fold(uint8_t type, uint8_t *data, size_t len)
{
	for (size_t i = conf_caseless_from(type, data, len); i < len; i++)
		data[i] = (uint8_t)tolower(data[i]);
}

static bool read_domain(struct conf_match *match, enum conf_id_type type, const char *text,
			struct conf_why *why)
{
	if (!conf_host_name_ok(text))
		return conf_wrong(why, "has no domain behind the word");
	match->kind = CONF_MATCH_DOMAIN;
	keep_text(&match->identity, type, text);
	conf_identity_fold((uint8_t)type, match->identity.data, match->identity.len);
	return true;
}

bool conf_read_match(const struct conf_key *key, const char *text, void *out, struct conf_why *why)
{
	struct conf_match *match = out;
	const char *rest, *domain;

	if (!strcmp(text, "any")) {
		match->kind = CONF_MATCH_ANY;
		return true;
	}
	rest = after_word(text, "fqdn");
	if (rest && (domain = after_word(rest, "domain")))
		return read_domain(match, CONF_ID_FQDN, domain, why);
	rest = after_word(text, "email");
	if (rest && (domain = after_word(rest, "domain")))
		return read_domain(match, CONF_ID_EMAIL, domain, why);
	rest = after_word(text, "address");
	if (rest && strchr(rest, '/')) {
		match->kind = CONF_MATCH_NET;
		return conf_net_parse(rest, &match->net, why);
	}
	rest = after_word(text, "dn");
	if (rest) {
		if (!keep_name(&match->identity, rest, why))
			return false;
		match->kind = has_star(&match->identity) ? CONF_MATCH_DOMAIN : CONF_MATCH_EXACT;
		return true;
	}
	if (!strcmp(text, "dn"))
		return conf_wrong(why, "has no name behind the word");
	match->kind = CONF_MATCH_EXACT;
	if (!conf_read_identity(key, text, &match->identity, why))
		return false;
	conf_identity_fold((uint8_t)match->identity.type, match->identity.data,
			   match->identity.len);
	return true;
}

const char *conf_identity_text(uint8_t type, const uint8_t *data, size_t len, char *buf, size_t cap)
{
	static const struct {
		uint8_t type;
		const char *word;
	} words[] = {
		{ CONF_ID_FQDN, "fqdn" },     { CONF_ID_EMAIL, "email" },
		{ CONF_ID_KEY_ID, "key-id" }, { CONF_ID_ANYCONNECT, "key-id" },
		{ CONF_ID_DN, "asn1-dn" },    { 10, "asn1-gn" },
	};
	char ip[INET6_ADDRSTRLEN];
	int used = -1;

	if (!cap)
		return buf;
	if ((type == CONF_ID_IPV4 && len == 4) || (type == CONF_ID_IPV6 && len == 16)) {
		inet_ntop(type == CONF_ID_IPV4 ? AF_INET : AF_INET6, data, ip, sizeof(ip));
		snprintf(buf, cap, "address %s", ip);
		return buf;
	}
	if (type == CONF_ID_DN && conf_dn_ok(data, len)) {
		used = snprintf(buf, cap, "dn ");
		if ((size_t)used < cap)
			conf_dn_text(data, len, buf + used, cap - (size_t)used);
		return buf;
	}
	for (size_t i = 0; used < 0 && i < sizeof(words) / sizeof(words[0]); i++) {
		if (words[i].type == type)
			used = snprintf(buf, cap, "%s ", words[i].word);
	}
	if (used < 0)
		used = snprintf(buf, cap, "type-%u ", type);
	if (used > 0 && (size_t)used < cap)
		log_safe(data, len, buf + used, cap - (size_t)used);
	return buf;
}
