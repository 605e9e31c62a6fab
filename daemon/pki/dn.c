// SPDX-License-Identifier: BSD-2-Clause
/* Distinguished names, RFC 5280 4.1.2.4. */
#include "core/log.h"
#include "pki/pki.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { DN_MAX = 4096, LABEL_MAX = 24, VALUE_MAX = 256 };

static const int field_nids[PKI_FIELDS] = {
	[PKI_COMMON_NAME] = NID_commonName,
	[PKI_ORGANIZATION] = NID_organizationName,
	[PKI_ORGANIZATION_UNIT] = NID_organizationalUnitName,
	[PKI_COUNTRY] = NID_countryName,
	[PKI_STATE] = NID_stateOrProvinceName,
	[PKI_LOCALITY] = NID_localityName,
	[PKI_DOMAIN_COMPONENT] = NID_domainComponent,
	[PKI_EMAIL] = NID_pkcs9_emailAddress,
	[PKI_SERIAL_NUMBER] = NID_serialNumber,
	[PKI_UNSTRUCTURED_NAME] = NID_pkcs9_unstructuredName,
	[PKI_UNSTRUCTURED_ADDRESS] = NID_pkcs9_unstructuredAddress,
	[PKI_TITLE] = NID_title,
	[PKI_GIVEN_NAME] = NID_givenName,
	[PKI_SURNAME] = NID_surname,
	[PKI_USER_ID] = NID_userId,
};

/* What people write for them; the first of a field is what we write. */
static const struct {
	const char *label;
	int nid;
} labels[] = {
	{ "CN", NID_commonName },
	{ "O", NID_organizationName },
	{ "OU", NID_organizationalUnitName },
	{ "C", NID_countryName },
	{ "ST", NID_stateOrProvinceName },
	{ "S", NID_stateOrProvinceName },
	{ "L", NID_localityName },
	{ "DC", NID_domainComponent },
	{ "E", NID_pkcs9_emailAddress },
	{ "emailAddress", NID_pkcs9_emailAddress },
	{ "serialNumber", NID_serialNumber },
	{ "unstructuredName", NID_pkcs9_unstructuredName },
	{ "unstructuredAddress", NID_pkcs9_unstructuredAddress },
	{ "T", NID_title },
	{ "title", NID_title },
	{ "GN", NID_givenName },
	{ "SN", NID_surname },
	{ "UID", NID_userId },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* NULL: not a name, or something stands behind it. */
static X509_NAME *parse(struct crypto_chunk dn)
{
	const uint8_t *p = dn.p;
	X509_NAME *name = dn.len && dn.len <= DN_MAX ? d2i_X509_NAME(NULL, &p, (long)dn.len) : NULL;

	if (name && p != (const uint8_t *)dn.p + dn.len) {
		X509_NAME_free(name);
		name = NULL;
	}
	ERR_clear_error();
	return name;
}

bool pki_dn_ok(struct crypto_chunk dn)
{
	X509_NAME *name = parse(dn);
	bool ok = name && X509_NAME_entry_count(name) > 0;

	X509_NAME_free(name);
	return ok;
}

bool pki_dn_equal(struct crypto_chunk a, struct crypto_chunk b)
{
	X509_NAME *left = parse(a), *right = parse(b);
	bool equal = left && right && X509_NAME_cmp(left, right) == 0;

	X509_NAME_free(left);
	X509_NAME_free(right);
	ERR_clear_error();
	return equal;
}

bool pki_dn_field(struct crypto_chunk dn, enum pki_field field, size_t i, char *buf, size_t cap)
{
	X509_NAME *name = parse(dn);
	unsigned char *utf8 = NULL;
	int at = -1, len = -1;

	buf[0] = '\0';
	if (!name)
		return false;
	do
		at = X509_NAME_get_index_by_NID(name, field_nids[field], at);
	while (at >= 0 && i--);
	if (at >= 0)
		len = ASN1_STRING_to_UTF8(&utf8,
					  X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (len > 0 && (size_t)len < cap && !memchr(utf8, '\0', (size_t)len)) {
		memcpy(buf, utf8, (size_t)len);
		buf[len] = '\0';
	}
	OPENSSL_free(utf8);
	X509_NAME_free(name);
	ERR_clear_error();
	return buf[0] != '\0';
}

/* --- as text --- */

static const char *label_of(const ASN1_OBJECT *object, char *buf, size_t cap)
{
	int nid = OBJ_obj2nid(object);

	for (size_t i = 0; i < COUNT(labels); i++)
		if (labels[i].nid == nid)
			return labels[i].label;
	OBJ_obj2txt(buf, (int)cap, object, 1);
	return buf;
}

/* "CN=alice" of one entry; what the text of a name gives a meaning to stands behind a backslash. */
static void entry_text(const X509_NAME_ENTRY *entry, char *buf, size_t cap)
{
	char oid[LABEL_MAX * 2] = "", safe[VALUE_MAX];
	unsigned char *utf8 = NULL;
	int len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
	size_t used;

	log_safe(len > 0 ? (char *)utf8 : "", len > 0 ? (size_t)len : 0, safe, sizeof(safe));
	used = (size_t)snprintf(
		buf, cap, "%s=", label_of(X509_NAME_ENTRY_get_object(entry), oid, sizeof(oid)));
	for (const char *p = safe; *p && used + 2 < cap; p++) {
		if (*p == ',' || *p == '+' || *p == '=')
			buf[used++] = '\\';
		buf[used++] = *p;
	}
	if (used < cap)
		buf[used] = '\0';
	OPENSSL_free(utf8);
}

const char *pki_dn_text(struct crypto_chunk dn, char *buf, size_t cap)
{
	X509_NAME *name = parse(dn);
	size_t used = 0;
	int set = -1;

	snprintf(buf, cap, "%s",
		 !name                         ? "(malformed name)"
		 : X509_NAME_entry_count(name) ? ""
					       : "(empty name)");
	for (int i = 0; name && i < X509_NAME_entry_count(name); i++) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
		char one[LABEL_MAX * 2 + VALUE_MAX * 2];
		const char *between = i == 0 ? "" : X509_NAME_ENTRY_set(entry) == set ? "+" : ", ";

		set = X509_NAME_ENTRY_set(entry);
		entry_text(entry, one, sizeof(one));
		if (used + strlen(between) + strlen(one) + 4 >= cap) {
			snprintf(buf + used, cap - used, "...");
			break;
		}
		used += (size_t)snprintf(buf + used, cap - used, "%s%s", between, one);
	}
	X509_NAME_free(name);
	ERR_clear_error();
	return buf;
}

/* --- from text --- */

static int nid_of(const char *label)
{
	for (size_t i = 0; i < COUNT(labels); i++)
		if (!strcasecmp(labels[i].label, label))
			return labels[i].nid;
	return NID_undef;
}

/* The characters up to one of `ends`, without spaces around them and with escapes taken off.
 * Returns what stands behind the end; NULL: too long. */
static const char *piece(const char *text, const char *ends, char *out, size_t cap)
{
	size_t len = 0, solid = 0; /* solid: up to the last that is no space to be cut off */

	text += strspn(text, " ");
	for (; *text && !strchr(ends, *text); text++) {
		bool escaped = *text == '\\' && text[1];

		if (escaped)
			text++;
		if (len + 1 >= cap)
			return NULL;
		out[len++] = *text;
		if (escaped || *text != ' ')
			solid = len;
	}
	out[solid] = '\0';
	return text;
}

static bool add_entry(X509_NAME *name, const char **text, const char **why)
{
	char label[LABEL_MAX], value[VALUE_MAX];
	const char *p = piece(*text, "=,", label, sizeof(label));
	int nid;

	if (!p || *p != '=') {
		*why = "has a part that is not TYPE=VALUE";
		return false;
	}
	nid = nid_of(label);
	if (nid == NID_undef) {
		*why = "has a type that is not known; CN, O, OU, C, ST, L, DC, E, serialNumber, "
		       "unstructuredName, T, GN, SN and UID are";
		return false;
	}
	p = piece(p + 1, ",", value, sizeof(value));
	if (!p || !value[0] ||
	    X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8, (const unsigned char *)value, -1,
				       -1, 0) != 1) {
		*why = "has a value that is empty, too long or not allowed for its type";
		return false;
	}
	*text = *p ? p + 1 : p;
	return true;
}

bool pki_dn_from_text(const char *text, uint8_t *der, size_t cap, size_t *len, const char **why)
{
	X509_NAME *name = X509_NAME_new();
	int size = -1;
	bool ok = name != NULL;

	*len = 0;
	*why = "is empty";
	text += strspn(text, " ");
	while (ok && *text)
		ok = add_entry(name, &text, why);
	if (ok && X509_NAME_entry_count(name) > 0) {
		*why = "is too long";
		size = i2d_X509_NAME(name, NULL);
		if (size > 0 && (size_t)size <= cap)
			*len = (size_t)i2d_X509_NAME(name, &der);
	}
	X509_NAME_free(name);
	ERR_clear_error();
	return *len > 0;
}
