// SPDX-License-Identifier: BSD-2-Clause
#include "conf/build.h"

#include "conf/ini.h"
#include "conf/value.h"
#include "core/secret.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
	ELEMENT_MAX = 1024, /* bytes of the largest value that a row describes */
	QUOTED_MAX = 100,   /* of outside text in a message */
};

static struct conf_object *current(struct conf_build *b)
{
	return b->open ? &b->objects[b->object_count - 1] : NULL;
}

/* "'7' is out of range; expected a number from 2 to 16" */
static void bad_value(struct conf_build *b, struct conf_object *object, const struct conf_key *key,
		      unsigned line, const char *text, const struct conf_why *why)
{
	char quoted[QUOTED_MAX], expected[256], words[400];
	bool quiet = key->flags & CONF_QUIET;

	/* No copy of a secret, which nobody would wipe. */
	log_safe(text, quiet ? 0 : strlen(text), quoted, sizeof(quoted));
	snprintf(words, sizeof(words), "%s%s%s %s%s%s%s", quiet ? "" : "'",
		 quiet ? "the value" : quoted, quiet ? "" : "'", why->text,
		 why->whole ? "" : "; expected ",
		 why->whole ? "" : conf_expected(key, expected, sizeof(expected)),
		 !quiet && strstr(text, " #") ? " (a comment behind a value begins with ' ;')"
					      : "");
	conf_build_report(b, object, key->name, line, words);
}

/*
 * A reference: the name of a section, and where the key has words perhaps one of them behind it.
 * The value is an int, the index, and behind it the uint32_t of the word; without one all words
 * hold (they are bits).
 */
static bool read_reference(const struct conf_key *key, const char *text, conf_name name,
			   char *value, struct conf_why *why)
{
	size_t len = key->words ? strcspn(text, " \t") : strlen(text);
	const char *behind = text + len + strspn(text + len, " \t");
	int none = CONF_NONE;
	uint32_t use = 0;

	snprintf(name, sizeof(conf_name), "%.*s", (int)len, text);
	if (len >= sizeof(conf_name) || !conf_name_ok(name))
		return conf_wrong(why, "is not a name");
	memcpy(value, &none, sizeof(none));
	for (const struct conf_word *w = key->words; w && w->word; w++)
		if (!*behind || !strcmp(behind, w->word))
			use |= w->value;
	if (key->words && !use)
		return conf_wrong(why, "has '%.40s' behind the name", behind);
	if (key->words)
		memcpy(value + sizeof(none), &use, sizeof(use));
	return true;
}

static bool is_among(const struct conf_key *key, const char *list, size_t count, const char *value)
{
	for (size_t i = 0; i < count; i++)
		if (!memcmp(list + i * key->size, value, key->size))
			return true;
	return false;
}

/* Read text into a zeroed temporary and move it to its place only when it is right. */
static void read_element(struct conf_build *b, struct conf_object *object,
			 const struct conf_key *key, unsigned line, const char *text)
{
	_Alignas(16) char value[ELEMENT_MAX] = { 0 };
	char *target = (char *)conf_build_struct(b, object) + key->at;
	size_t *count = (size_t *)((char *)conf_build_struct(b, object) + key->count_at);
	struct conf_why why = { 0 };

	if (key->max && *count >= key->max) {
		conf_wrong_whole(&why, "is one too many; there may be %zu", key->max);
		bad_value(b, object, key, line, text, &why);
		return;
	}
	if (key->max)
		target += *count * key->size;
	if (key->section) {
		conf_name name;

		if (!read_reference(key, text, name, value, &why)) {
			bad_value(b, object, key, line, text, &why);
			return;
		}
		if (!conf_build_refer(b, (size_t)(object - b->objects), key,
				      (size_t)(target - (char *)conf_build_struct(b, object)), line,
				      name))
			return;
	} else if (!key->parse(key, text, value, &why)) {
		bad_value(b, object, key, line, text, &why);
		return;
	}
	if (key->max && !key->section && !(key->flags & CONF_TWICE) &&
	    is_among(key, target - *count * key->size, *count, value)) {
		conf_wrong_whole(&why, "is given twice");
		bad_value(b, object, key, line, text, &why);
		return;
	}
	memcpy(target, value, key->size);
	if (key->max)
		++*count;
}

static void note_value(struct conf_build *b, struct conf_object *object, const struct conf_key *key,
		       unsigned line)
{
	struct conf_value *values = conf_build_grow(b, b->values, b->value_count, &b->value_cap,
						    sizeof(*values));

	if (!values)
		return;
	b->values = values;
	values[b->value_count].key = key;
	values[b->value_count].line = line;
	b->value_count++;
	object->value_count++;
}

/* The elements of one line, or its one value. line 0: the default of a key that was not given. */
static void read_values(struct conf_build *b, struct conf_object *object,
			const struct conf_key *key, unsigned line, const char *text)
{
	const char *ends = key->flags & CONF_SPACES ? ", \t" : key->flags & CONF_COMMAS ? "," : "";
	char element[CONF_TEXT_MAX];

	while (*text) {
		size_t len = strcspn(text, ends), next = len;

		if (text[len])
			next++;
		while (len && (*text == ' ' || *text == '\t')) {
			text++;
			len--;
			next--;
		}
		while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
			len--;
		if (len && len < sizeof(element)) {
			memcpy(element, text, len);
			element[len] = '\0';
			if (line)
				note_value(b, object, key, line);
			read_element(b, object, key, line ? line : object->line, element);
		}
		text += next;
	}
	wipe(element, sizeof(element));
}

/* At the end of a section: what was not given has its default or is missing. */
void conf_build_close(struct conf_build *b)
{
	struct conf_object *object = current(b);
	char expected[256];

	b->open = false;
	for (size_t i = 0; object && i < object->row->key_count; i++) {
		const struct conf_key *key = &object->row->keys[i];

		if (conf_build_given(b, object, key->name))
			continue;
		if (key->fallback)
			read_values(b, object, key, 0, key->fallback);
		else if (key->flags & CONF_REQUIRED && !object->unread)
			conf_build_error(b, object, key->name, 0, "is missing; expected %s",
					 conf_expected(key, expected, sizeof(expected)));
	}
}

/* --- events of the file --- */

static void on_section(void *arg, unsigned line, const char *text)
{
	struct conf_build *b = arg;
	const struct conf_section *row;
	const struct conf_object *twin;
	const char *name;
	bool had_refused = b->refused;
	size_t word;

	conf_build_close(b);
	b->refused = true;
	if (!text || b->no_memory)
		return; /* reported */
	word = strcspn(text, " \t");
	name = text + word + strspn(text + word, " \t");
	row = conf_build_section(b, text, word);
	if (!row) {
		conf_build_no_section(b, line, text, word);
		return;
	}
	if (!conf_build_name_ok(b, line, row, name))
		return;
	twin = conf_build_object(b, row, name);
	if (twin) {
		conf_error(b->errors, line, "[%s]: this section is already in line %u; write one",
			   text, twin->line);
		return;
	}
	b->refused = had_refused;
	b->open = conf_build_add(b, row, name, line) != NULL;
}

static const char *key_at(const void *arg, size_t i)
{
	return ((const struct conf_section *)arg)->keys[i].name;
}

static const struct conf_key *find_key(const struct conf_section *row, const char *name)
{
	for (size_t i = 0; i < row->key_count; i++) {
		if (!strcmp(row->keys[i].name, name))
			return &row->keys[i];
	}
	return NULL;
}

static void unknown_key(struct conf_build *b, struct conf_object *object, unsigned line,
			const char *name)
{
	const struct conf_section *row = object->row;
	const char *near = conf_nearest(name, row->key_count, key_at, row);
	char quoted[QUOTED_MAX], words[CONF_CHOICES_MAX + QUOTED_MAX], all[CONF_CHOICES_MAX];
	int used;

	log_safe(name, strlen(name), quoted, sizeof(quoted));
	used = b->secret ? snprintf(words, sizeof(words), "no such key")
			 : snprintf(words, sizeof(words), "no such key '%s'", quoted);
	if (near) {
		snprintf(words + used, sizeof(words) - (size_t)used, "; did you mean '%s'?", near);
		conf_build_report(b, object, NULL, line, words);
		return;
	}
	for (size_t i = 0; i < b->section_count; i++) {
		if (find_key(&b->sections[i], name)) {
			snprintf(words + used, sizeof(words) - (size_t)used,
				 " here; it belongs to [%s]", b->sections[i].name);
			conf_build_report(b, object, NULL, line, words);
			return;
		}
	}
	snprintf(words + used, sizeof(words) - (size_t)used, "; %s",
		 conf_choices(all, sizeof(all), row->key_count, key_at, row));
	conf_build_report(b, object, NULL, line, words);
}

static void on_key(void *arg, unsigned line, const char *name, const char *value)
{
	struct conf_build *b = arg;
	struct conf_object *object = current(b);
	const struct conf_key *key;
	const struct conf_value *before;

	if (b->no_memory)
		return;
	if (!object) {
		if (!b->object_count && !b->refused)
			conf_error(b->errors, line, "a key before the first [SECTION]");
		b->refused = true; /* said once; and the keys of a refused section go with it */
		return;
	}
	key = find_key(object->row, name);
	if (!key) {
		unknown_key(b, object, line, name);
		return;
	}
	before = conf_build_value(b, object, key->name, 0);
	if (before && !key->max) {
		unsigned first = before->line;

		note_value(b, object, key, line);
		conf_build_error(b, object, key->name, 1, "is already in line %u; it has one value",
				 first);
		return;
	}
	if (!value[strspn(value, key->flags & CONF_COMMAS ? ", \t" : "")]) {
		note_value(b, object, key, line);
		conf_build_report(b, object, key->name, line, "has no value");
		return;
	}
	read_values(b, object, key, line, value);
}

static void on_error(void *arg, unsigned line, const char *why)
{
	struct conf_build *b = arg;
	struct conf_object *object = current(b);

	if (object)
		object->unread = object->bad = true;
	conf_error(b->errors, line, "%s", why);
}

static bool is_written(const struct conf_build *b, const struct conf_section *row)
{
	for (size_t i = 0; i < b->object_count; i++) {
		if (b->objects[i].row == row)
			return true;
	}
	return false;
}

void conf_build_read(struct conf_build *b, FILE *in)
{
	struct conf_ini ini = { .in = in,
				.secret = b->secret,
				.arg = b,
				.section = on_section,
				.key = on_key,
				.error = on_error };

	conf_ini_read(&ini);
	conf_build_close(b);
	conf_build_resolve(b);
	for (size_t i = 0; i < b->section_count && !b->no_memory; i++) {
		const struct conf_section *row = &b->sections[i];

		if (row->required && !b->refused && !is_written(b, row))
			conf_error(b->errors, 0, "[%s%s] is missing: %s", row->name,
				   row->naming == CONF_UNNAMED ? "" : " NAME", row->help);
	}
}

void conf_build_free(struct conf_build *b)
{
	free(b->objects);
	free(b->values);
	free(b->refs);
}
