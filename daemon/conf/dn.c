// SPDX-License-Identifier: BSD-2-Clause
#include "conf/dn.h"

#include "core/wr.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

enum {
	ATTRS_MAX = 32, /* of one name; a longer one matches nothing */
	TAG_OID = 0x06,
	TAG_UTF8 = 0x0c,
	TAG_PRINTABLE = 0x13,
	TAG_IA5 = 0x16,
	TAG_SEQUENCE = 0x30,
	TAG_SET = 0x31,
};

/* Attribute types: the word that we write first, then others that people use. OID in DER. */
static const struct type_row {
	const char *word, *oid;
	size_t oid_len;
	uint8_t tag; /* what openssl(1) makes of a value */
} types[] = {
#define OID(bytes) bytes, sizeof(bytes) - 1
	{ "CN", OID("\x55\x04\x03"), TAG_UTF8 },
	{ "O", OID("\x55\x04\x0a"), TAG_UTF8 },
	{ "OU", OID("\x55\x04\x0b"), TAG_UTF8 },
	{ "C", OID("\x55\x04\x06"), TAG_PRINTABLE },
	{ "ST", OID("\x55\x04\x08"), TAG_UTF8 },
	{ "S", OID("\x55\x04\x08"), TAG_UTF8 },
	{ "L", OID("\x55\x04\x07"), TAG_UTF8 },
	{ "DC", OID("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19"), TAG_IA5 },
	{ "UID", OID("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01"), TAG_UTF8 },
	{ "E", OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"), TAG_IA5 },
	{ "emailAddress", OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"), TAG_IA5 },
	{ "serialNumber", OID("\x55\x04\x05"), TAG_PRINTABLE },
	{ "unstructuredName", OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x02"), TAG_UTF8 },
	{ "unstructuredAddress", OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x08"), TAG_UTF8 },
	{ "T", OID("\x55\x04\x0c"), TAG_UTF8 },
	{ "title", OID("\x55\x04\x0c"), TAG_UTF8 },
	{ "GN", OID("\x55\x04\x2a"), TAG_UTF8 },
	{ "SN", OID("\x55\x04\x04"), TAG_UTF8 },
	{ "street", OID("\x55\x04\x09"), TAG_UTF8 },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- reading DER --- */

/* A TLV of this tag; a length in one, two or three octets, which is as long as a message can be. */
static bool tlv(struct rd *rd, uint8_t tag, struct rd *body)
{
	uint16_t len16;
	uint8_t got, len;

	if (!rd_u8(rd, &got) || got != tag || !rd_u8(rd, &len))
		return false;
	if (len < 0x80)
		return rd_sub(rd, body, len);
	if (len == 0x81)
		return rd_u8(rd, &len) && len >= 0x80 && rd_sub(rd, body, len);
	return len == 0x82 && rd_be16(rd, &len16) && len16 > 0xff && rd_sub(rd, body, len16);
}

/* A string of whatever kind: its tag is not looked at. */
static bool any_tlv(struct rd *rd, struct rd *body)
{
	return rd->left > 0 && tlv(rd, rd->p[0], body);
}

struct conf_dn conf_dn_of(const uint8_t *der, size_t len)
{
	struct rd rd = rd_of(der, len);
	struct conf_dn dn = { 0 };

	dn.wrong = !tlv(&rd, TAG_SEQUENCE, &dn.rdns) || !rd_end(&rd);
	return dn;
}

bool conf_dn_next(struct conf_dn *dn, struct conf_dn_attr *attr)
{
	struct rd pair, oid, value;

	if (dn->wrong || (!dn->inside && dn->rdns.left == 0))
		return false;
	attr->joined = dn->inside;
	dn->wrong = (!dn->inside && !tlv(&dn->rdns, TAG_SET, &dn->set)) ||
		    !tlv(&dn->set, TAG_SEQUENCE, &pair) || !tlv(&pair, TAG_OID, &oid) ||
		    oid.left == 0 || !any_tlv(&pair, &value) || !rd_end(&pair);
	if (dn->wrong)
		return false;
	dn->inside = dn->set.left > 0;
	attr->oid = oid.p;
	attr->oid_len = oid.left;
	attr->value = value.p;
	attr->len = value.left;
	return true;
}

struct attrs {
	struct conf_dn_attr at[ATTRS_MAX];
	size_t count;
};

static bool collect(const uint8_t *der, size_t len, struct attrs *attrs)
{
	struct conf_dn dn = conf_dn_of(der, len);
	struct conf_dn_attr attr;

	attrs->count = 0;
	while (conf_dn_next(&dn, &attr)) {
		if (attrs->count == ATTRS_MAX)
			return false;
		attrs->at[attrs->count++] = attr;
	}
	return !dn.wrong && attrs->count > 0;
}

bool conf_dn_ok(const uint8_t *der, size_t len)
{
	struct attrs attrs;

	return collect(der, len, &attrs);
}

/* --- types and values --- */

static const struct type_row *type_of_word(const char *word, size_t len)
{
	for (size_t i = 0; i < COUNT(types); i++)
		if (strlen(types[i].word) == len && !strncasecmp(types[i].word, word, len))
			return &types[i];
	return NULL;
}

static bool has_type(const struct conf_dn_attr *attr, const struct type_row *type)
{
	return attr->oid_len == type->oid_len && !memcmp(attr->oid, type->oid, attr->oid_len);
}

bool conf_dn_word(const char *word, size_t len)
{
	return type_of_word(word, len) != NULL;
}

bool conf_dn_is(const struct conf_dn_attr *attr, const char *word)
{
	const struct type_row *type = type_of_word(word, strlen(word));

	return type && has_type(attr, type);
}

/* A value as it is compared: lower case, spaces between words one, none around it. RFC 5280 7.1. */
struct folded {
	const uint8_t *p, *end;
	bool begun;
};

static struct folded fold(const uint8_t *p, size_t len)
{
	return (struct folded){ .p = p, .end = p + len };
}

/* The next octet, -1 behind the last. */
static int fold_next(struct folded *f)
{
	bool space = false;

	for (; f->p < f->end && *f->p == ' '; f->p++)
		space = true;
	if (f->p == f->end)
		return -1;
	if (space && f->begun) {
		f->p--; /* stands for all of them */
		f->begun = false;
		return ' ';
	}
	f->begun = true;
	return *f->p < 0x80 ? tolower(*f->p++) : *f->p++;
}

bool conf_dn_value_equal(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	struct folded fa = fold(a, a_len), fb = fold(b, b_len);
	int ca, cb;

	do {
		ca = fold_next(&fa);
		cb = fold_next(&fb);
		if (ca != cb)
			return false;
	} while (ca >= 0);
	return true;
}

static bool begins(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	struct folded fa = fold(a, a_len), fb = fold(b, b_len);
	int cb;

	while ((cb = fold_next(&fb)) >= 0)
		if (fold_next(&fa) != cb)
			return false;
	return true;
}

bool conf_dn_value_holds(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	for (size_t i = 0; i <= a_len; i++)
		if (begins(a + i, a_len - i, b, b_len))
			return true;
	return false;
}

static bool is_star(const struct conf_dn_attr *attr)
{
	return attr->len == 1 && attr->value[0] == '*';
}

static bool same_type(const struct conf_dn_attr *a, const struct conf_dn_attr *b)
{
	return a->oid_len == b->oid_len && !memcmp(a->oid, b->oid, a->oid_len);
}

static bool match_all(const struct attrs *pattern, const struct attrs *name, bool reverse)
{
	for (size_t i = 0; i < pattern->count; i++) {
		const struct conf_dn_attr *want = &pattern->at[i];
		const struct conf_dn_attr *have = &name->at[reverse ? pattern->count - 1 - i : i];

		if (!same_type(want, have) ||
		    (!is_star(want) &&
		     !conf_dn_value_equal(want->value, want->len, have->value, have->len)))
			return false;
	}
	return true;
}

bool conf_dn_match(const uint8_t *pattern, size_t pattern_len, const uint8_t *der, size_t len,
		   unsigned *exact)
{
	struct attrs want, have;

	if (!collect(pattern, pattern_len, &want) || !collect(der, len, &have) ||
	    want.count != have.count ||
	    (!match_all(&want, &have, false) && !match_all(&want, &have, true)))
		return false;
	for (size_t i = 0; exact && i < want.count; i++)
		*exact += !is_star(&want.at[i]);
	return true;
}

/* --- from text --- */

static bool wrong(const char **why, const char *text)
{
	*why = text;
	return false;
}

static void put_tlv(struct wr *wr, uint8_t tag, const uint8_t *body, size_t len)
{
	wr_u8(wr, tag);
	if (len >= 0x80)
		wr_u8(wr, len > 0xff ? 0x82 : 0x81);
	if (len > 0xff)
		wr_be16(wr, (uint16_t)len);
	else
		wr_u8(wr, (uint8_t)len);
	wr_bytes(wr, body, len);
}

enum { VALUE_MAX = 200, PAIR_MAX = VALUE_MAX + 32, NAME_MAX_BYTES = 1024 };

static void put_rdn(struct wr *wr, const struct type_row *type, const uint8_t *value, size_t len)
{
	uint8_t pair_bytes[PAIR_MAX], set_bytes[PAIR_MAX];
	struct wr pair = wr_of(pair_bytes, sizeof(pair_bytes));
	struct wr set = wr_of(set_bytes, sizeof(set_bytes));

	put_tlv(&pair, TAG_OID, (const uint8_t *)type->oid, type->oid_len);
	put_tlv(&pair, type->tag, value, len);
	put_tlv(&set, TAG_SEQUENCE, pair.p, pair.len);
	put_tlv(wr, TAG_SET, set.p, set.len);
	wr->failed |= pair.failed || set.failed;
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c)    ? c - '0'
	       : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
					    : -1;
}

/* One octet of a value: as it stands, or behind a backslash as it is or as two hex digits. */
static uint8_t value_octet(const char **text)
{
	const char *p = *text;

	if (*p == '\\' && p[1]) {
		p++;
		if (hex_digit(p[0]) >= 0 && hex_digit(p[1]) >= 0) {
			*text = p + 2;
			return (uint8_t)(hex_digit(p[0]) << 4 | hex_digit(p[1]));
		}
	}
	*text = p + 1;
	return (uint8_t)*p;
}

/* "CN=alice" up to the comma or the end. */
static bool read_pair(const char **text, struct wr *wr, const char **why)
{
	const char *p = *text + strspn(*text, " \t");
	size_t word = strcspn(p, "=,"), used = word, len = 0, kept = 0;
	const struct type_row *type;
	uint8_t value[VALUE_MAX];

	while (used && (p[used - 1] == ' ' || p[used - 1] == '\t'))
		used--;
	type = p[word] == '=' ? type_of_word(p, used) : NULL;
	if (!type)
		return wrong(why, "has a part that is not ATTRIBUTE=VALUE with an attribute like "
				  "CN, OU, O, C, ST, L, DC, E or UID");
	for (p += word + 1; *p == ' ' || *p == '\t'; p++)
		;
	while (*p && *p != ',') {
		bool plain = *p != '\\';

		if (*p == '+')
			return wrong(why, "has a '+' without a backslash before it");
		if (len == sizeof(value))
			return wrong(why, "has a value that is too long");
		value[len++] = value_octet(&p);
		if (!plain || value[len - 1] != ' ')
			kept = len; /* trailing spaces count only when they are escaped */
	}
	if (!kept)
		return wrong(why, "has an attribute without a value");
	put_rdn(wr, type, value, kept);
	*text = p;
	return true;
}

bool conf_dn_read(const char *text, uint8_t *der, size_t cap, size_t *len, const char **why)
{
	uint8_t rdns[NAME_MAX_BYTES], turned[NAME_MAX_BYTES];
	struct wr wr = wr_of(rdns, sizeof(rdns)), out = wr_of(der, cap);
	size_t begins_at[ATTRS_MAX + 1], count = 0, at = 0;

	do {
		if (count == ATTRS_MAX)
			return wrong(why, "has too many parts");
		begins_at[count++] = wr.len;
		if (!read_pair(&text, &wr, why))
			return false;
	} while (*text++ == ',');
	begins_at[count] = wr.len;
	if (wr.failed)
		return wrong(why, "is too long for a name");
	/* The DER begins with the least specific. */
	for (size_t i = count; i-- > 0;) {
		memcpy(turned + at, rdns + begins_at[i], begins_at[i + 1] - begins_at[i]);
		at += begins_at[i + 1] - begins_at[i];
	}
	put_tlv(&out, TAG_SEQUENCE, turned, at);
	*len = out.len;
	return out.failed ? wrong(why, "is too long for a name") : true;
}

/* --- to text --- */

/* What is cut ends with "...". */
struct text {
	char *buf;
	size_t cap, used;
	bool cut;
};

static void put_text(struct text *t, const char *s)
{
	size_t len = strlen(s);

	if (t->cut || t->used + len >= t->cap) {
		t->cut = true;
		return;
	}
	memcpy(t->buf + t->used, s, len + 1);
	t->used += len;
}

static void put_oid(struct text *t, const struct conf_dn_attr *attr)
{
	char number[16];
	uint32_t n = 0;

	for (size_t i = 0; i < COUNT(types); i++) {
		if (has_type(attr, &types[i])) {
			put_text(t, types[i].word);
			return;
		}
	}
	for (size_t i = 0; i < attr->oid_len; i++) {
		n = n << 7 | (attr->oid[i] & 0x7f);
		if (attr->oid[i] & 0x80)
			continue;
		if (i == 0)
			snprintf(number, sizeof(number), "%u.%u", n / 40, n % 40);
		else
			snprintf(number, sizeof(number), ".%u", n);
		put_text(t, number);
		n = 0;
	}
}

static void put_value(struct text *t, const struct conf_dn_attr *attr)
{
	for (size_t i = 0; i < attr->len; i++) {
		char octet[4] = { (char)attr->value[i], '\0' };

		if (!isprint(attr->value[i]))
			snprintf(octet, sizeof(octet), "\\%02x", attr->value[i]);
		else if (strchr(",+\\", octet[0]))
			snprintf(octet, sizeof(octet), "\\%c", attr->value[i]);
		put_text(t, octet);
	}
}

const char *conf_dn_text(const uint8_t *der, size_t len, char *buf, size_t cap)
{
	struct text t = { .buf = buf, .cap = cap };
	struct attrs attrs;

	if (cap)
		buf[0] = '\0';
	if (!cap || !collect(der, len, &attrs))
		return buf;
	for (size_t i = attrs.count; i-- > 0;) {
		put_oid(&t, &attrs.at[i]);
		put_text(&t, "=");
		put_value(&t, &attrs.at[i]);
		if (i)
			put_text(&t, attrs.at[i].joined ? "+" : ", ");
	}
	if (t.cut && cap > 3)
		memcpy(buf + (t.used + 3 < cap ? t.used : cap - 4), "...", 4);
	return buf;
}
