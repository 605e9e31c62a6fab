// SPDX-License-Identifier: BSD-2-Clause
#include "conf/value.h"

#include "conf/secrets.h"

#include <ctype.h>
#include <net/if.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

/* As in IOS. */
enum {
	CONF_DPD_MIN_S = 10,
	CONF_DPD_MAX_S = 3600,
	CONF_DPD_RETRY_MIN_S = 2,
	CONF_DPD_RETRY_MAX_S = 60,
};

bool conf_wrong(struct conf_why *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	return false;
}

bool conf_wrong_whole(struct conf_why *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	why->whole = true;
	return false;
}

static const struct conf_word *find_word(const struct conf_key *key, const char *text)
{
	for (const struct conf_word *w = key->words; w && w->word; w++) {
		if (!strcmp(w->word, text))
			return w;
	}
	return NULL;
}

static void store(const struct conf_key *key, void *out, uint32_t value)
{
	uint8_t v8 = (uint8_t)value;
	uint16_t v16 = (uint16_t)value;

	switch (key->size) {
	case sizeof(v8):
		memcpy(out, &v8, sizeof(v8));
		break;
	case sizeof(v16):
		memcpy(out, &v16, sizeof(v16));
		break;
	case sizeof(value):
		memcpy(out, &value, sizeof(value));
		break;
	}
}

bool conf_read_number(const struct conf_key *key, const char *text, void *out, struct conf_why *why)
{
	const struct conf_word *word = find_word(key, text);
	uint64_t n = 0;

	if (word) {
		store(key, out, word->value);
		return true;
	}
	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9')
			return conf_wrong(why, "is not a number");
		n = n * 10 + (uint64_t)(*p - '0');
		if (n > UINT32_MAX)
			return conf_wrong(why, "is too large");
	}
	if (n < key->low || n > key->high)
		return conf_wrong(why, "is out of range");
	store(key, out, (uint32_t)n);
	return true;
}

/* One number of a value that has several; *text moves behind it and the spaces after it. */
static bool next_number(const char **text, uint32_t low, uint32_t high, uint16_t *out)
{
	uint32_t n = 0;
	const char *p = *text;

	for (; *p >= '0' && *p <= '9' && n <= high; p++)
		n = n * 10 + (uint32_t)(*p - '0');
	if (p == *text || (*p != ' ' && *p != '\t') || n < low || n > high)
		return false;
	*text = p + strspn(p, " \t");
	*out = (uint16_t)n;
	return true;
}

bool conf_read_dpd(const struct conf_key *key, const char *text, void *out, struct conf_why *why)
{
	struct conf_dpd *dpd = out;

	(void)key;
	if (!strcmp(text, "off"))
		return true;
	if (!next_number(&text, CONF_DPD_MIN_S, CONF_DPD_MAX_S, &dpd->interval_s))
		return conf_wrong(why, "has no seconds from %d to %d in front", CONF_DPD_MIN_S,
				  CONF_DPD_MAX_S);
	if (!next_number(&text, CONF_DPD_RETRY_MIN_S, CONF_DPD_RETRY_MAX_S, &dpd->retry_s))
		return conf_wrong(why, "has no seconds between retries, %d to %d, in the middle",
				  CONF_DPD_RETRY_MIN_S, CONF_DPD_RETRY_MAX_S);
	dpd->on_demand = !strcmp(text, "on-demand");
	return dpd->on_demand || !strcmp(text, "periodic") ||
	       conf_wrong(why, "does not end with on-demand or periodic");
}

bool conf_read_word(const struct conf_key *key, const char *text, void *out, struct conf_why *why)
{
	const struct conf_word *word = find_word(key, text);

	if (!word)
		return conf_wrong(why, "is not known here");
	store(key, out, word->value);
	return true;
}

/* The words of a cipher carry its transform id above its key length in bits. */
bool conf_read_cipher(const struct conf_key *key, const char *text, void *out, struct conf_why *why)
{
	const struct conf_word *word = find_word(key, text);
	uint16_t cipher[2];

	if (!word)
		return conf_wrong(why, "is not known here");
	cipher[0] = (uint16_t)(word->value >> 16);
	cipher[1] = (uint16_t)word->value;
	memcpy(out, cipher, sizeof(cipher));
	return true;
}

bool conf_name_ok(const char *name)
{
	size_t len = strlen(name);

	if (!len || len >= CONF_NAME_MAX)
		return false;
	for (const char *p = name; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr("._@-", *p))
			return false;
	}
	return true;
}

bool conf_read_name(const struct conf_key *key, const char *text, void *out, struct conf_why *why)
{
	(void)key;
	if (!conf_name_ok(text))
		return conf_wrong(why, "is not a name");
	memcpy(out, text, strlen(text) + 1);
	return true;
}

bool conf_read_device(const struct conf_key *key, const char *text, void *out, struct conf_why *why)
{
	size_t len = strlen(text);

	(void)key;
	/* A list is cut at its spaces: what was meant as a comment would become devices. */
	if (text[0] == '#')
		return conf_wrong(why, "is no device; a comment behind a value begins with ' ;'");
	if (len >= IFNAMSIZ)
		return conf_wrong(why, "is longer than a device name can be (15 characters)");
	for (const char *p = text; *p; p++) {
		if (*p == '/' || *p == ':' || !isgraph((unsigned char)*p))
			return conf_wrong(why, "is not a device name");
	}
	if (!strcmp(text, ".") || !strcmp(text, ".."))
		return conf_wrong(why, "is not a device name");
	memcpy(out, text, len + 1);
	return true;
}

bool conf_read_user(const struct conf_key *key, const char *text, void *out, struct conf_why *why)
{
	size_t len = strlen(text);

	(void)key;
	if (!strcmp(text, "root") || !strcmp(text, "0"))
		return conf_wrong(why, "must not be the superuser");
	if (len > 32)
		return conf_wrong(why, "is longer than a user name can be (32 characters)");
	for (const char *p = text; *p; p++) {
		if (!isalnum((unsigned char)*p) && (p == text || !strchr("-.", *p)) && *p != '_')
			return conf_wrong(why, "is not a user name");
	}
	memcpy(out, text, len + 1);
	return true;
}

bool conf_read_path(const struct conf_key *key, const char *text, void *out, struct conf_why *why)
{
	size_t len = strlen(text);

	if (text[0] != '/' || len < 2)
		return conf_wrong(why, "is not an absolute path");
	if (len > key->high)
		return conf_wrong(why, "is longer than %u bytes", key->high);
	for (const char *p = text; *p; p++) {
		if (iscntrl((unsigned char)*p))
			return conf_wrong(why, "has a control character in it");
	}
	memcpy(out, text, len + 1);
	return true;
}

bool conf_hex(const char *digits, uint8_t *out, size_t cap, size_t *len)
{
	size_t n = strlen(digits);

	if (n % 2 || n / 2 > cap)
		return false;
	for (size_t i = 0; i < n; i++) {
		int c = tolower((unsigned char)digits[i]);

		if (!isxdigit(c))
			return false;
		c = c <= '9' ? c - '0' : c - 'a' + 10;
		out[i / 2] = (uint8_t)(i % 2 ? out[i / 2] | c : c << 4);
	}
	*len = n / 2;
	return true;
}

bool conf_octets(const char *text, uint8_t *out, size_t cap, size_t *len, struct conf_why *why)
{
	bool hex = !strncasecmp(text, "0x", 2);

	*len = strlen(text);
	if (hex ? *len / 2 - 1 > cap : *len > cap)
		return conf_wrong(why, "is too long");
	if (hex)
		return (conf_hex(text + 2, out, cap, len) && *len) ||
		       conf_wrong(why, "begins with 0x and is not pairs of hex digits");
	memcpy(out, text, *len);
	return true;
}

bool conf_read_ppk_id(const struct conf_key *key, const char *text, void *out, struct conf_why *why)
{
	struct conf_ppk_id id = { 0 };
	size_t len;

	(void)key;
	if (!conf_octets(text, id.data, sizeof(id.data), &len, why))
		return false;
	id.len = (uint16_t)len;
	memcpy(out, &id, sizeof(id));
	return true;
}

bool conf_read_secret(const struct conf_key *key, const char *text, void *out, struct conf_why *why)
{
	uint8_t bytes[CONF_TEXT_MAX];
	size_t len;
	bool ok = conf_octets(text, bytes, sizeof(bytes), &len, why);

	(void)key;
	if (ok && secret_set(out, bytes, len))
		ok = conf_wrong_whole(why, "found no memory to be kept in");
	wipe(bytes, sizeof(bytes));
	return ok;
}
