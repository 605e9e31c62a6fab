// SPDX-License-Identifier: BSD-2-Clause
/* Keys that name another section: noted while reading, resolved to indices at the end. */
#include "conf/build.h"

#include <stdlib.h>
#include <string.h>

bool conf_build_refer(struct conf_build *b, size_t object, const struct conf_key *key, size_t at,
		      unsigned line, const char *name)
{
	struct conf_ref *refs = conf_build_grow(b, b->refs, b->ref_count, &b->ref_cap,
						sizeof(*refs));

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

static const char *object_at(const void *arg, size_t i)
{
	return ((const struct conf_build *)arg)->objects[i].name;
}

static void dangling(struct conf_build *b, const struct conf_ref *ref)
{
	struct conf_build same = { 0 }; /* the objects of the section that is meant */
	char words[CONF_CHOICES_MAX + 2 * CONF_NAME_MAX + 32], all[CONF_CHOICES_MAX];
	const char *near;

	for (size_t i = 0; i < b->object_count; i++) {
		struct conf_object *objects;

		if (strcmp(b->objects[i].row->name, ref->key->section))
			continue;
		objects = conf_build_grow(b, same.objects, same.object_count, &same.object_cap,
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
		snprintf(words, sizeof(words), "there is no [%s %s]; %s", ref->key->section,
			 ref->name,
			 same.object_count ? conf_choices(all, sizeof(all), same.object_count,
							  object_at, &same)
					   : "write that section");
	free(same.objects);
	conf_build_report(b, &b->objects[ref->object], ref->key->name, ref->line, words);
}

/* Element `at` of a list of references names the same section as an element before it. */
static bool is_repeated(const struct conf_build *b, const struct conf_ref *ref, int index)
{
	const struct conf_object *object = &b->objects[ref->object];
	const char *from = (const char *)conf_build_struct(b, object) + ref->key->at;
	int other;

	for (size_t at = ref->key->at; ref->key->max && at < ref->at; at += ref->key->size) {
		memcpy(&other, from + (at - ref->key->at), sizeof(other));
		if (other == index)
			return true;
	}
	return false;
}

static void resolve(struct conf_build *b, const struct conf_ref *ref)
{
	const struct conf_section *row = conf_build_section(b, ref->key->section,
							    strlen(ref->key->section));
	const struct conf_object *target = conf_build_object(b, row, ref->name);
	int index;

	if (!target && row->has_default && !strcmp(ref->name, "default")) {
		target = conf_build_add(b, row, "default", 0);
		b->open = target != NULL;
		conf_build_close(b);
	}
	if (!target) {
		if (!b->no_memory)
			dangling(b, ref);
		return;
	}
	index = (int)target->index;
	if (is_repeated(b, ref, index)) {
		conf_build_report(b, &b->objects[ref->object], ref->key->name, ref->line,
				  "names one section twice");
		return;
	}
	memcpy((char *)conf_build_struct(b, &b->objects[ref->object]) + ref->at, &index,
	       sizeof(index));
}

void conf_build_resolve(struct conf_build *b)
{
	for (size_t i = 0; i < b->ref_count; i++) {
		struct conf_ref ref = b->refs[i]; /* a default section may move the array */

		resolve(b, &ref);
	}
}
