// SPDX-License-Identifier: BSD-2-Clause
/*
 * Certificate maps, IOS's `crypto pki certificate map`. A row looks at one field. IOS looks for the
 * text of `co` in the printed name; here it is looked for in the values of attributes, so that
 * nobody gets in by an organization called "x, OU=admin".
 */
#include "conf/dn.h"
#include "conf/match.h"
#include "conf/value.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { SERIAL_HEX_MAX = 2 * 64 + 1 };

/* --- reading a row --- */

static const struct conf_word ops[] = {
	{ "co", CONF_CERT_CO }, { "nc", CONF_CERT_NC }, { "eq", CONF_CERT_EQ },
	{ "ne", CONF_CERT_NE }, { "ge", CONF_CERT_GE }, { "lt", CONF_CERT_LT },
};

/* "OU=staff", or a text without the name of an attribute. */
static bool read_part(struct conf_cert_rule *rule, const char *text, struct conf_why *why)
{
	const char *equals = strchr(text, '='), *comma;
	size_t word = equals ? (size_t)(equals - text) : 0;

	while (word && text[word - 1] == ' ')
		word--;
	if (equals && !conf_dn_word(text, word))
		return conf_wrong(why, "names an attribute that is not known");
	for (comma = strchr(text, ','); comma; comma = strchr(comma + 1, ',')) {
		const char *next = comma + 1 + strspn(comma + 1, " ");

		if (next[strcspn(next, "=,")] == '=')
			return conf_wrong_whole(why, "names several attributes; write a row for "
						     "each, all of them must hold");
	}
	memcpy(rule->word, text, word); /* a known word fits */
	if (equals)
		text = equals + 1 + strspn(equals + 1, " ");
	rule->len = (uint16_t)strlen(text);
	memcpy(rule->value, text, rule->len);
	return rule->len || conf_wrong(why, "has no text behind the attribute");
}

static bool read_name(struct conf_cert_rule *rule, const char *text, struct conf_why *why)
{
	const char *wrong = "";
	size_t len;

	if (rule->op == CONF_CERT_CO || rule->op == CONF_CERT_NC)
		return read_part(rule, text, why);
	if (!conf_dn_read(text, rule->value, sizeof(rule->value), &len, &wrong))
		return conf_wrong(why, "%s", wrong);
	rule->len = (uint16_t)len;
	return true;
}

static bool read_text(struct conf_cert_rule *rule, const char *text)
{
	rule->len = (uint16_t)strlen(text); /* a line is shorter than value */
	memcpy(rule->value, text, rule->len);
	return true;
}

/* Colons and spaces between the digits are those of openssl(1) and of IOS. */
static bool read_serial(struct conf_cert_rule *rule, const char *text, struct conf_why *why)
{
	bool whole = rule->op == CONF_CERT_EQ || rule->op == CONF_CERT_NE;

	if (!strncmp(text, "0x", 2))
		text += 2;
	for (; *text; text++) {
		if (*text == ':' || *text == ' ')
			continue;
		if (!isxdigit((unsigned char)*text) || rule->len == SERIAL_HEX_MAX - 1)
			return conf_wrong(why, "is not a number in hex digits");
		if (whole && *text == '0' && !rule->len)
			continue; /* leading zeros mean nothing */
		rule->value[rule->len++] = (uint8_t)tolower((unsigned char)*text);
	}
	return rule->len || conf_wrong(why, "is not a number in hex digits");
}

static bool read_date(struct conf_cert_rule *rule, const char *text, struct conf_why *why)
{
	struct tm tm = { 0 }, again;
	const char *end = strptime(text, "%Y-%m-%d", &tm);
	time_t at;

	if (end && *end)
		end = strptime(end, " %H:%M:%S", &tm);
	again = tm;
	at = timegm(&again);
	/* timegm() takes a 31st of June for the 1st of July; "26" is a year of the Romans. */
	if (!end || *end || tm.tm_mday != again.tm_mday || tm.tm_year < 0)
		return conf_wrong(why, "has no such date");
	rule->time = at;
	return true;
}

static bool op_fits(const struct conf_cert_rule *rule)
{
	bool date = rule->field == CONF_CERT_VALID_START || rule->field == CONF_CERT_EXPIRES_ON;

	switch (rule->op) {
	case CONF_CERT_CO:
	case CONF_CERT_NC:
		return !date;
	case CONF_CERT_GE:
	case CONF_CERT_LT:
		return date;
	default:
		return true;
	}
}

bool conf_read_cert_rule(const struct conf_key *key, const char *text, void *out,
			 struct conf_why *why)
{
	struct conf_cert_rule *rule = out;
	size_t word = strcspn(text, " \t"), i = 0;
	const char *rest = text + word + strspn(text + word, " \t");

	rule->field = (enum conf_cert_field)key->low;
	while (i < sizeof(ops) / sizeof(ops[0]) &&
	       (strlen(ops[i].word) != word || strncmp(ops[i].word, text, word) != 0))
		i++;
	if (i == sizeof(ops) / sizeof(ops[0]))
		return conf_wrong(why, "does not begin with how to compare");
	rule->op = (enum conf_cert_op)ops[i].value;
	if (!op_fits(rule))
		return conf_wrong(why, "cannot be compared like this");
	if (!*rest)
		return conf_wrong(why, "has nothing to compare with");
	switch (rule->field) {
	case CONF_CERT_SUBJECT:
	case CONF_CERT_ISSUER:
		return read_name(rule, rest, why);
	case CONF_CERT_ALT_NAME:
	case CONF_CERT_UNSTRUCTURED:
		return read_text(rule, rest);
	case CONF_CERT_SERIAL:
		return read_serial(rule, rest, why);
	case CONF_CERT_VALID_START:
	case CONF_CERT_EXPIRES_ON:
		return read_date(rule, rest, why);
	}
	return false;
}

/* --- looking at a certificate --- */

/* Does one value satisfy co or eq? nc and ne are their opposites over all values. */
static bool value_fits(const struct conf_cert_rule *rule, const uint8_t *value, size_t len)
{
	if (rule->op == CONF_CERT_CO || rule->op == CONF_CERT_NC)
		return conf_dn_value_holds(value, len, rule->value, rule->len);
	return conf_dn_value_equal(value, len, rule->value, rule->len);
}

static bool some_attr(const struct conf_cert_rule *rule, const char *word, const uint8_t *der,
		      size_t len)
{
	struct conf_dn dn = conf_dn_of(der, len);
	struct conf_dn_attr attr;

	while (conf_dn_next(&dn, &attr))
		if ((!word[0] || conf_dn_is(&attr, word)) && value_fits(rule, attr.value, attr.len))
			return true;
	return false;
}

static bool name_fits(const struct conf_cert_rule *rule, const uint8_t *der, size_t len)
{
	if (rule->op == CONF_CERT_EQ || rule->op == CONF_CERT_NE)
		return conf_dn_match(rule->value, rule->len, der, len, NULL);
	return some_attr(rule, rule->word, der, len);
}

static bool alt_name_fits(const struct conf_cert_rule *rule, const struct conf_cert_fields *cert)
{
	for (size_t i = 0; i < cert->alt_name_count; i++)
		if (value_fits(rule, (const uint8_t *)cert->alt_name[i],
			       strnlen(cert->alt_name[i], sizeof(cert->alt_name[i]))))
			return true;
	return false;
}

static bool serial_fits(const struct conf_cert_rule *rule, const struct conf_cert_fields *cert)
{
	bool whole = rule->op == CONF_CERT_EQ || rule->op == CONF_CERT_NE;
	uint8_t hex[SERIAL_HEX_MAX];
	size_t used = 0;

	if (cert->serial_len > sizeof(hex) / 2)
		return false; /* RFC 5280 4.1.2.2 allows 20 octets */
	for (size_t i = 0; i < 2 * cert->serial_len; i++) {
		uint8_t digit = cert->serial[i / 2] >> (i % 2 ? 0 : 4) & 0xf;

		if (digit || used || !whole)
			hex[used++] = (uint8_t) "0123456789abcdef"[digit];
	}
	if (whole)
		return used == rule->len && !memcmp(hex, rule->value, used);
	return memmem(hex, used, rule->value, rule->len) != NULL;
}

static bool date_fits(const struct conf_cert_rule *rule, int64_t date)
{
	switch (rule->op) {
	case CONF_CERT_GE:
		return date >= rule->time;
	case CONF_CERT_LT:
		return date < rule->time;
	default:
		return date == rule->time;
	}
}

static bool field_fits(const struct conf_cert_rule *rule, const struct conf_cert_fields *cert)
{
	switch (rule->field) {
	case CONF_CERT_SUBJECT:
		return name_fits(rule, cert->subject, cert->subject_len);
	case CONF_CERT_ISSUER:
		return name_fits(rule, cert->issuer, cert->issuer_len);
	case CONF_CERT_ALT_NAME:
		return alt_name_fits(rule, cert);
	case CONF_CERT_UNSTRUCTURED:
		return some_attr(rule, "unstructuredName", cert->subject, cert->subject_len);
	case CONF_CERT_SERIAL:
		return serial_fits(rule, cert);
	case CONF_CERT_VALID_START:
		return date_fits(rule, cert->not_before);
	case CONF_CERT_EXPIRES_ON:
		return date_fits(rule, cert->not_after);
	}
	return false;
}

bool conf_cert_map_fits(const struct conf_cert_map *map, const struct conf_cert_fields *cert)
{
	for (size_t i = 0; i < map->rule_count; i++) {
		const struct conf_cert_rule *rule = &map->rule[i];
		bool negated = rule->op == CONF_CERT_NC || rule->op == CONF_CERT_NE;

		if (field_fits(rule, cert) == negated)
			return false;
	}
	return map->rule_count > 0;
}
