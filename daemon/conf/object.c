// SPDX-License-Identifier: BSD-2-Clause
/* The sections that were read: found by name, added to the root, pointed at by messages. */
#include "conf/build.h"

#include "conf/value.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { QUOTED_MAX = 100 }; /* bytes of outside text in a message */

/* Room for one more at the end of an array that doubles. NULL: no memory, reported once. */
void *conf_build_grow(struct conf_build *b, void *array, size_t count, size_t *cap, size_t size)
{
	char *bigger = array;

	if (count == *cap) {
		size_t more = *cap ? *cap * 2 : 16;

		bigger = reallocarray(array, more, size);
		if (!bigger) {
			if (!b->no_memory)
				conf_error(b->errors, 0, "out of memory");
			b->no_memory = true;
			return NULL;
		}
		*cap = more;
	}
	memset(bigger + count * size, 0, size);
	return bigger;
}

void *conf_build_struct(const struct conf_build *b, const struct conf_object *object)
{
	char *at = (char *)b->root + object->row->at;

	if (object->row->naming == CONF_UNNAMED)
		return at;
	return *(char **)at + object->index * object->row->size;
}

struct conf_object *conf_build_find(const struct conf_build *b, const char *section, size_t index)
{
	for (size_t i = 0; i < b->object_count; i++) {
		if (b->objects[i].index == index && !strcmp(b->objects[i].row->name, section))
			return &b->objects[i];
	}
	return NULL;
}

const struct conf_value *conf_build_value(const struct conf_build *b,
					  const struct conf_object *object, const char *key,
					  size_t nth)
{
	for (size_t i = 0; i < object->value_count; i++) {
		const struct conf_value *value = &b->values[object->first_value + i];

		if (!strcmp(value->key->name, key) && nth-- == 0)
			return value;
	}
	return NULL;
}

unsigned conf_build_line(const struct conf_build *b, const struct conf_object *object,
			 const char *key, size_t nth)
{
	const struct conf_value *value = key ? conf_build_value(b, object, key, nth) : NULL;

	return value ? value->line : object->line;
}

bool conf_build_given(const struct conf_build *b, const struct conf_object *object, const char *key)
{
	return conf_build_value(b, object, key, 0) != NULL;
}

/* "[pool a] range" or "[pool a]". Returns buf. */
static const char *place(const struct conf_object *object, const char *key, char *buf, size_t cap)
{
	snprintf(buf, cap, "[%s%s%s]%s%s", object->row->name, object->name[0] ? " " : "",
		 object->name, key ? " " : "", key ? key : "");
	return buf;
}

void conf_build_report(struct conf_build *b, struct conf_object *object, const char *key,
		       unsigned line, const char *words)
{
	char at[256];

	object->bad = true;
	conf_error(b->errors, line, "%s: %s", place(object, key, at, sizeof(at)), words);
}

void conf_build_error(struct conf_build *b, struct conf_object *object, const char *key, size_t nth,
		      const char *format, ...)
{
	char words[400];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	conf_build_report(b, object, key, conf_build_line(b, object, key, nth), words);
}

const char *conf_expected(const struct conf_key *key, char *buf, size_t cap)
{
	const struct conf_word *w = key->words;
	size_t used = 0;

	if (key->expected) {
		snprintf(buf, cap, "%s", key->expected);
		return buf;
	}
	if (key->section) {
		snprintf(buf, cap, "the name of an existing [%s]", key->section);
		return buf;
	}
	buf[0] = '\0';
	for (; w && w->word && used < cap; w++) {
		const char *join = w == key->words ? "" : w[1].word || key->high ? ", " : " or ";

		used += (size_t)snprintf(buf + used, cap - used, "%s%s", join, w->word);
	}
	if (key->high && used < cap)
		snprintf(buf + used, cap - used, "%sa number from %u to %u", used ? " or " : "",
			 key->low, key->high);
	return buf;
}

/* --- sections --- */

static const char *section_at(const void *arg, size_t i)
{
	return ((const struct conf_build *)arg)->sections[i].name;
}

static const struct conf_section *find(const struct conf_section *sections, size_t count,
				       const char *name, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(sections[i].name) == len && !memcmp(sections[i].name, name, len))
			return &sections[i];
	return NULL;
}

const struct conf_section *conf_build_section(const struct conf_build *b, const char *name,
					      size_t len)
{
	return find(b->sections, b->section_count, name, len);
}

/* The same in the file that this one is not. */
static bool is_elsewhere(const struct conf_build *b, const char *name, size_t len)
{
	if (b->secret)
		return find(conf_public_sections, conf_public_section_count, name, len) != NULL;
	return find(conf_secret_sections, conf_secret_section_count, name, len) != NULL;
}

void conf_build_no_section(struct conf_build *b, unsigned line, const char *text, size_t word_len)
{
	char word[CONF_NAME_MAX] = "", quoted[QUOTED_MAX], all[CONF_CHOICES_MAX];
	const char *near;

	if (word_len < sizeof(word))
		memcpy(word, text, word_len);
	near = conf_nearest(word, b->section_count, section_at, b);
	log_safe(text, strlen(text), quoted, sizeof(quoted));
	if (is_elsewhere(b, text, word_len))
		conf_error(b->errors, line, "[%s]: no such section here; it belongs to %s", quoted,
			   b->secret ? "flexgate.conf" : "the secrets file");
	else if (near)
		conf_error(b->errors, line, "[%s]: no such section; did you mean [%s]?", quoted,
			   near);
	else
		conf_error(b->errors, line, "[%s]: no such section; %s", quoted,
			   conf_choices(all, sizeof(all), b->section_count, section_at, b));
}

/* The name behind the section's word, checked. */
bool conf_build_name_ok(struct conf_build *b, unsigned line, const struct conf_section *row,
			const char *name)
{
	char quoted[QUOTED_MAX];
	size_t digits = strspn(name, "0123456789");

	log_safe(name, strlen(name), quoted, sizeof(quoted));
	if (row->naming == CONF_UNNAMED && *name) {
		conf_error(b->errors, line, "[%s %s]: this section has no name; write [%s]",
			   row->name, quoted, row->name);
	} else if (row->naming == CONF_NAMED && !*name) {
		conf_error(b->errors, line, "[%s]: the name is missing; write [%s NAME]", row->name,
			   row->name);
	} else if (row->naming == CONF_NAMED && !conf_name_ok(name)) {
		conf_error(b->errors, line,
			   "[%s %s]: a name has at most 63 letters, digits, '.', '_', '@' or '-'",
			   row->name, quoted);
	} else if (row->naming == CONF_NUMBERED &&
		   (!digits || name[digits] || digits > 4 || *name == '0' || atoi(name) > 4096)) {
		conf_error(b->errors, line,
			   "[%s%s%s]: expected [%s N] with a number from 1 to 4096", row->name,
			   *name ? " " : "", quoted, row->name);
	} else {
		return true;
	}
	return false;
}

const struct conf_object *conf_build_object(const struct conf_build *b,
					    const struct conf_section *row, const char *name)
{
	for (size_t i = 0; i < b->object_count; i++) {
		if (b->objects[i].row == row && !strcmp(b->objects[i].name, name))
			return &b->objects[i];
	}
	return NULL;
}

/* A zeroed struct at the end of the section's array, its name or number set. */
static bool add_struct(struct conf_build *b, const struct conf_section *row, const char *name,
		       size_t *index)
{
	char **array = (char **)((char *)b->root + row->at);
	size_t *count = (size_t *)((char *)b->root + row->count_at);
	size_t cap = *count; /* grows by one: these arrays are short */
	char *bigger;
	uint32_t number;

	bigger = reallocarray(*array, cap + 1, row->size);
	if (!bigger) {
		if (!b->no_memory)
			conf_error(b->errors, 0, "out of memory");
		b->no_memory = true;
		return false;
	}
	*array = bigger;
	*index = *count;
	memset(bigger + *index * row->size, 0, row->size);
	if (row->naming == CONF_NUMBERED) {
		number = (uint32_t)atoi(name);
		memcpy(bigger + *index * row->size, &number, sizeof(number));
	} else {
		memcpy(bigger + *index * row->size, name, strlen(name) + 1);
	}
	++*count;
	return true;
}

struct conf_object *conf_build_add(struct conf_build *b, const struct conf_section *row,
				   const char *name, unsigned line)
{
	struct conf_object *objects = conf_build_grow(b, b->objects, b->object_count,
						      &b->object_cap, sizeof(*objects));
	struct conf_object *object;

	if (!objects)
		return NULL;
	b->objects = objects;
	object = &objects[b->object_count];
	object->row = row;
	object->line = line;
	object->first_value = b->value_count;
	memcpy(object->name, name, strlen(name) + 1);
	if (row->naming != CONF_UNNAMED && !add_struct(b, row, name, &object->index))
		return NULL;
	b->object_count++;
	for (size_t i = 0; i < row->key_count; i++) {
		int none = CONF_NONE;

		if (row->keys[i].section && !row->keys[i].max)
			memcpy((char *)conf_build_struct(b, object) + row->keys[i].at, &none,
			       sizeof(none));
	}
	return object;
}
