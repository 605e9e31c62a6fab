// SPDX-License-Identifier: BSD-2-Clause
/*
 * From an identity to the name of its group, IOS's `crypto ikev2 name-mangler`. Only what the peer
 * has proven comes here; a name that no section can have is none.
 */
#include "conf/dn.h"
#include "conf/match.h"
#include "conf/value.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char *word;
	enum conf_mangle how;
	const char *attribute;
} attributes[] = {
	{ "common-name", CONF_MANGLE_COMMON_NAME, "CN" },
	{ "country", CONF_MANGLE_COUNTRY, "C" },
	{ "domain", CONF_MANGLE_DOMAIN_COMPONENT, "DC" },
	{ "locality", CONF_MANGLE_LOCALITY, "L" },
	{ "organization", CONF_MANGLE_ORGANIZATION, "O" },
	{ "organization-unit", CONF_MANGLE_ORGANIZATION_UNIT, "OU" },
	{ "state", CONF_MANGLE_STATE, "ST" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A backslash, too: IOS writes "slash", and Windows means the other one. */
static const char delimiters[] = ".@/\\";

bool conf_read_mangle_eap(const struct conf_key *key, const char *text, void *out,
			  struct conf_why *why)
{
	struct conf_mangle_eap *eap = out;
	bool prefix = !strncmp(text, "prefix delimiter ", 17);

	(void)key;
	if (!strcmp(text, "all")) {
		eap->how = CONF_MANGLE_ALL;
		return true;
	}
	for (size_t i = 0; !strncmp(text, "dn ", 3) && i < COUNT(attributes); i++)
		if (!strcmp(text + 3, attributes[i].word)) {
			eap->how = attributes[i].how;
			return true;
		}
	if (!prefix && strncmp(text, "suffix delimiter ", 17))
		return conf_wrong(why, "is not known here");
	if (!text[17] || text[18] || !strchr(delimiters, text[17]))
		return conf_wrong(why, "has no such delimiter");
	eap->how = prefix ? CONF_MANGLE_PREFIX : CONF_MANGLE_SUFFIX;
	eap->delimiter = text[17];
	return true;
}

/* The bytes as a name, if they can be one. */
static bool keep(const uint8_t *data, size_t len, conf_name name)
{
	memset(name, 0, sizeof(conf_name));
	if (!len || len >= sizeof(conf_name) || memchr(data, '\0', len))
		return false;
	memcpy(name, data, len);
	return conf_name_ok(name);
}

/* Before or behind the first delimiter; without one there is no such part. */
static bool part(const uint8_t *data, size_t len, char delimiter, bool before, conf_name name)
{
	const uint8_t *at = memchr(data, delimiter, len);

	if (!at)
		return false;
	return before ? keep(data, (size_t)(at - data), name)
		      : keep(at + 1, len - (size_t)(at + 1 - data), name);
}

/* The most specific value of the attribute. */
static bool attribute(enum conf_mangle how, const uint8_t *der, size_t len, conf_name name)
{
	struct conf_dn dn = conf_dn_of(der, len);
	struct conf_dn_attr attr, last = { 0 };
	const char *word = "";

	for (size_t i = 0; i < COUNT(attributes); i++)
		if (attributes[i].how == how)
			word = attributes[i].attribute;
	while (conf_dn_next(&dn, &attr))
		if (conf_dn_is(&attr, word))
			last = attr;
	return !dn.wrong && last.value && keep(last.value, last.len, name);
}

bool conf_mangle(const struct conf_mangler *mangler, uint8_t type, const uint8_t *data, size_t len,
		 conf_name name)
{
	memset(name, 0, sizeof(conf_name));
	switch (type) {
	case CONF_ID_FQDN:
		if (mangler->fqdn == CONF_MANGLE_ALL)
			return keep(data, len, name);
		return mangler->fqdn &&
		       part(data, len, '.', mangler->fqdn == CONF_MANGLE_HOSTNAME, name);
	case CONF_ID_EMAIL:
		if (mangler->email == CONF_MANGLE_ALL)
			return keep(data, len, name);
		return mangler->email &&
		       part(data, len, '@', mangler->email == CONF_MANGLE_USERNAME, name);
	case CONF_ID_DN:
		return mangler->dn && attribute(mangler->dn, data, len, name);
	default:
		return false;
	}
}

bool conf_mangle_eap(const struct conf_mangler *mangler, const uint8_t *data, size_t len,
		     conf_name name)
{
	const struct conf_mangle_eap *eap = &mangler->eap;

	memset(name, 0, sizeof(conf_name));
	switch (eap->how) {
	case CONF_MANGLE_NONE:
		return false;
	case CONF_MANGLE_ALL:
		return keep(data, len, name);
	case CONF_MANGLE_PREFIX:
	case CONF_MANGLE_SUFFIX:
		return part(data, len, eap->delimiter, eap->how == CONF_MANGLE_PREFIX, name);
	default:
		return attribute(eap->how, data, len, name);
	}
}

const struct conf_authorization_policy *conf_authorize(const struct conf *conf,
						       const struct conf_profile *profile,
						       uint8_t type, const uint8_t *data,
						       size_t len)
{
	conf_name name;

	if (profile->mangler != CONF_NONE &&
	    conf_mangle(&conf->manglers[profile->mangler], type, data, len, name))
		for (size_t i = 0; i < conf->policy_count; i++)
			if (!strcasecmp(conf->policies[i].name, name))
				return &conf->policies[i];
	return &conf->policies[profile->authorization_policy];
}

bool conf_may_authorize(const struct conf_profile *profile, size_t policy)
{
	return profile->mangler != CONF_NONE || (size_t)profile->authorization_policy == policy;
}
