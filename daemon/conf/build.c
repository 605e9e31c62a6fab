// SPDX-License-Identifier: BSD-2-Clause
#include "conf/build.h"

#include "conf/ini.h"
#include "conf/value.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
	ELEMENT_MAX = 1024, /* bytes of the largest value that a row describes */
	QUOTED_MAX = 100,   /* of outside text in a message */
};

/* Room for one more at the end of an array that doubles. NULL: no memory, reported once. */
static void *grow(struct conf_build *b, void *array, size_t count, size_t *cap, size_t size)
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

static struct conf_object *current(struct conf_build *b)
{
	return b->open ? &b->objects[b->object_count - 1] : NULL;
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

static const struct conf_value *find_value(const struct conf_build *b,
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
	const struct conf_value *value = key ? find_value(b, object, key, nth) : NULL;

	return value ? value->line : object->line;
}

bool conf_build_given(const struct conf_build *b, const struct conf_object *object, const char *key)
{
	return find_value(b, object, key, 0) != NULL;
}

/* "[pool a] range" or "[pool a]". Returns buf. */
static const char *place(const struct conf_object *object, const char *key, char *buf, size_t cap)
{
	snprintf(buf, cap, "[%s%s%s]%s%s", object->row->name, object->name[0] ? " " : "",
		 object->name, key ? " " : "", key ? key : "");
	return buf;
}

static void report(struct conf_build *b, struct conf_object *object, const char *key, unsigned line,
		   const char *words)
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
	report(b, object, key, conf_build_line(b, object, key, nth), words);
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

/* --- sections ----------------------------------------------------------------------------------
 */

static const char *section_at(const void *arg, size_t i)
{
	return ((const struct conf_build *)arg)->sections[i].name;
}

static const struct conf_section *find_section(const struct conf_build *b, const char *name,
					       size_t len)
{
	for (size_t i = 0; i < b->section_count; i++) {
		if (strlen(b->sections[i].name) == len && !memcmp(b->sections[i].name, name, len))
			return &b->sections[i];
	}
	return NULL;
}

static void unknown_section(struct conf_build *b, unsigned line, const char *text, size_t word_len)
{
	char word[CONF_NAME_MAX] = "", quoted[QUOTED_MAX], all[256];
	const char *near;
	size_t used = 0;

	if (word_len < sizeof(word))
		memcpy(word, text, word_len);
	near = conf_nearest(word, b->section_count, section_at, b);
	log_safe(text, strlen(text), quoted, sizeof(quoted));
	if (near) {
		conf_error(b->errors, line, "[%s]: no such section; did you mean [%s]?", quoted,
			   near);
		return;
	}
	for (size_t i = 0; i < b->section_count && used < sizeof(all); i++)
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s", i ? ", " : "",
					 b->sections[i].name);
	conf_error(b->errors, line, "[%s]: no such section; there are %s", quoted, all);
}

/* The name behind the section's word, checked. */
static bool name_ok(struct conf_build *b, unsigned line, const struct conf_section *row,
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

static const struct conf_object *find_object(const struct conf_build *b,
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

static struct conf_object *add_object(struct conf_build *b, const struct conf_section *row,
				      const char *name, unsigned line)
{
	struct conf_object *objects = grow(b, b->objects, b->object_count, &b->object_cap,
					   sizeof(*objects));
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

/* --- values --------------------------------------------------------------------------------------
 */

static bool add_ref(struct conf_build *b, size_t object, const struct conf_key *key, size_t at,
		    unsigned line, const char *name)
{
	struct conf_ref *refs = grow(b, b->refs, b->ref_count, &b->ref_cap, sizeof(*refs));

	if (!refs)
		return false;
	b->refs = refs;
	refs += b->ref_count++;
	refs->object = object;
	refs->key = key;
	refs->at = at;
	refs->line = line;
	memcpy(refs->name, name, strlen(name) + 1);
	return true;
}

/* "'7' is out of range; expected a number from 2 to 16" */
static void bad_value(struct conf_build *b, struct conf_object *object, const struct conf_key *key,
		      unsigned line, const char *text, const struct conf_why *why)
{
	char quoted[QUOTED_MAX], expected[256], words[400];
	bool quiet = key->flags & CONF_QUIET;

	log_safe(text, strlen(text), quoted, sizeof(quoted));
	snprintf(words, sizeof(words), "%s%s%s %s%s%s%s", quiet ? "" : "'",
		 quiet ? "the value" : quoted, quiet ? "" : "'", why->text,
		 why->whole ? "" : "; expected ",
		 why->whole ? "" : conf_expected(key, expected, sizeof(expected)),
		 !quiet && strstr(text, " #") ? " (a comment behind a value begins with ' ;')"
					      : "");
	report(b, object, key->name, line, words);
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
		int none = CONF_NONE;

		if (!conf_name_ok(text)) {
			conf_wrong(&why, "is not a name");
			bad_value(b, object, key, line, text, &why);
			return;
		}
		memcpy(value, &none, sizeof(none));
		if (!add_ref(b, (size_t)(object - b->objects), key,
			     (size_t)(target - (char *)conf_build_struct(b, object)), line, text))
			return;
	} else if (!key->parse(key, text, value, &why)) {
		bad_value(b, object, key, line, text, &why);
		return;
	}
	for (size_t i = 0; !key->section && key->max && i < *count; i++) {
		if (!memcmp(target - (*count - i) * key->size, value, key->size)) {
			conf_wrong_whole(&why, "is given twice");
			bad_value(b, object, key, line, text, &why);
			return;
		}
	}
	memcpy(target, value, key->size);
	if (key->max)
		++*count;
}

static void note_value(struct conf_build *b, struct conf_object *object, const struct conf_key *key,
		       unsigned line)
{
	struct conf_value *values = grow(b, b->values, b->value_count, &b->value_cap,
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
static void close_object(struct conf_build *b)
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

/* --- events of the file ------------------------------------------------------------------------
 */

static void on_section(void *arg, unsigned line, const char *text)
{
	struct conf_build *b = arg;
	const struct conf_section *row;
	const struct conf_object *twin;
	const char *name;
	bool had_refused = b->refused;
	size_t word;

	close_object(b);
	b->refused = true;
	if (!text || b->no_memory)
		return; /* reported */
	word = strcspn(text, " \t");
	name = text + word + strspn(text + word, " \t");
	row = find_section(b, text, word);
	if (!row) {
		unknown_section(b, line, text, word);
		return;
	}
	if (!name_ok(b, line, row, name))
		return;
	twin = find_object(b, row, name);
	if (twin) {
		conf_error(b->errors, line, "[%s]: this section is already in line %u; write one",
			   text, twin->line);
		return;
	}
	b->refused = had_refused;
	b->open = add_object(b, row, name, line) != NULL;
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
	char quoted[QUOTED_MAX], words[400];
	int used;

	log_safe(name, strlen(name), quoted, sizeof(quoted));
	used = b->secret ? snprintf(words, sizeof(words), "no such key")
			 : snprintf(words, sizeof(words), "no such key '%s'", quoted);
	if (near) {
		snprintf(words + used, sizeof(words) - (size_t)used, "; did you mean '%s'?", near);
		report(b, object, NULL, line, words);
		return;
	}
	for (size_t i = 0; i < b->section_count; i++) {
		if (find_key(&b->sections[i], name)) {
			snprintf(words + used, sizeof(words) - (size_t)used,
				 " here; it belongs to [%s]", b->sections[i].name);
			report(b, object, NULL, line, words);
			return;
		}
	}
	for (size_t i = 0; i < row->key_count && (size_t)used < sizeof(words); i++)
		used += snprintf(words + used, sizeof(words) - (size_t)used, "%s%s",
				 i ? ", " : "; there are ", row->keys[i].name);
	report(b, object, NULL, line, words);
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
	before = find_value(b, object, key->name, 0);
	if (before && !key->max) {
		unsigned first = before->line;

		note_value(b, object, key, line);
		conf_build_error(b, object, key->name, 1, "is already in line %u; it has one value",
				 first);
		return;
	}
	if (!value[strspn(value, key->flags & CONF_COMMAS ? ", \t" : "")]) {
		note_value(b, object, key, line);
		report(b, object, key->name, line, "has no value");
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

/* --- references ----------------------------------------------------------------------------------
 */

static const char *object_at(const void *arg, size_t i)
{
	return ((const struct conf_build *)arg)->objects[i].name;
}

static void dangling(struct conf_build *b, const struct conf_ref *ref)
{
	struct conf_build same = { 0 }; /* the objects of the section that is meant */
	char words[400];
	const char *near;

	for (size_t i = 0; i < b->object_count; i++) {
		struct conf_object *objects;

		if (strcmp(b->objects[i].row->name, ref->key->section))
			continue;
		objects = grow(b, same.objects, same.object_count, &same.object_cap,
			       sizeof(*objects));
		if (!objects)
			break;
		same.objects = objects;
		same.objects[same.object_count++] = b->objects[i];
	}
	near = conf_nearest(ref->name, same.object_count, object_at, &same);
	if (near)
		snprintf(words, sizeof(words), "there is no [%s %s]; did you mean '%s'?",
			 ref->key->section, ref->name, near);
	else
		snprintf(words, sizeof(words), "there is no [%s %s]; write that section",
			 ref->key->section, ref->name);
	free(same.objects);
	report(b, &b->objects[ref->object], ref->key->name, ref->line, words);
}

/* Element `at` of a list of references names the same section as an element before it. */
static bool is_repeated(const struct conf_build *b, const struct conf_ref *ref, int index)
{
	const struct conf_object *object = &b->objects[ref->object];
	const char *from = (const char *)conf_build_struct(b, object) + ref->key->at;
	int other;

	for (size_t at = ref->key->at; ref->key->max && at < ref->at; at += sizeof(other)) {
		memcpy(&other, from + (at - ref->key->at), sizeof(other));
		if (other == index)
			return true;
	}
	return false;
}

static void resolve(struct conf_build *b, const struct conf_ref *ref)
{
	const struct conf_section *row = find_section(b, ref->key->section,
						      strlen(ref->key->section));
	const struct conf_object *target = find_object(b, row, ref->name);
	int index;

	if (!target && row->has_default && !strcmp(ref->name, "default")) {
		target = add_object(b, row, "default", 0);
		b->open = target != NULL;
		close_object(b);
	}
	if (!target) {
		if (!b->no_memory)
			dangling(b, ref);
		return;
	}
	index = (int)target->index;
	if (is_repeated(b, ref, index)) {
		report(b, &b->objects[ref->object], ref->key->name, ref->line,
		       "names one section twice");
		return;
	}
	memcpy((char *)conf_build_struct(b, &b->objects[ref->object]) + ref->at, &index,
	       sizeof(index));
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
	close_object(b);
	for (size_t i = 0; i < b->ref_count; i++) {
		struct conf_ref ref = b->refs[i]; /* a default section may move the array */

		resolve(b, &ref);
	}
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
