/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From INI text to an object, by the rows of table.h: sections and keys are looked up, values read,
 * defaults filled in, references resolved. It remembers which line gave each value, so that checks
 * across sections can point at it.
 */
#ifndef CONF_BUILD_H
#define CONF_BUILD_H

#include "conf/conf.h"
#include "conf/table.h"

/* A section that was written, or a default one that was not (line 0). */
struct conf_object {
	const struct conf_section *row;
	size_t index; /* in its array */
	unsigned line;
	conf_name name;
	size_t first_value, value_count;
	bool unread; /* a line of it could not be read: it may hold what is missing */
	bool bad;    /* an error was reported: what follows from it need not be */
};

/* One value that was written; of a list, one element. */
struct conf_value {
	const struct conf_key *key;
	unsigned line;
};

struct conf_ref {
	size_t object; /* whose key it is */
	const struct conf_key *key;
	size_t at; /* of the int in the object */
	unsigned line;
	conf_name name;
};

struct conf_build {
	const struct conf_section *sections;
	size_t section_count;
	void *root;
	bool secret;
	struct conf_errors *errors;
	struct conf_object *objects;
	struct conf_value *values;
	struct conf_ref *refs;
	size_t object_count, value_count, ref_count;
	size_t object_cap, value_cap, ref_cap;
	bool open;    /* the last object takes the keys that come */
	bool refused; /* a section was: what is missing may lie there */
	bool no_memory;
};

/* Read the whole file. Errors are in build->errors; the root may be half filled then. */
void conf_build_read(struct conf_build *build, FILE *in);
void conf_build_free(struct conf_build *build); /* not the root, not the errors */

/* The struct of an object. */
void *conf_build_struct(const struct conf_build *build, const struct conf_object *object);
/* The object that element `index` of a section's array was read from; NULL: none. */
struct conf_object *conf_build_find(const struct conf_build *build, const char *section,
				    size_t index);
/* The line that gave the nth value of a key, or that of its section. */
unsigned conf_build_line(const struct conf_build *build, const struct conf_object *object,
			 const char *key, size_t nth);
bool conf_build_given(const struct conf_build *build, const struct conf_object *object,
		      const char *key);

/* Report: "[SECTION] KEY: words" at the line of the nth value of the key. */
void conf_build_error(struct conf_build *build, struct conf_object *object, const char *key,
		      size_t nth, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* check_auth.c: how the sides of a profile prove themselves, and with what. */
void conf_check_auth(struct conf_build *build, const struct conf *conf,
		     const struct conf_profile *profile, struct conf_object *object);

/* At the end of a section: what was not given has its default or is missing. */
void conf_build_close(struct conf_build *build);

/* --- object.c --- */

/* Room for one more, zeroed, at the end of an array that doubles. NULL: no memory, reported once.
 */
void *conf_build_grow(struct conf_build *build, void *array, size_t count, size_t *cap,
		      size_t size);
/* The row of a section's word; NULL: there is none. */
const struct conf_section *conf_build_section(const struct conf_build *build, const char *name,
					      size_t len);
void conf_build_no_section(struct conf_build *build, unsigned line, const char *text,
			   size_t word_len);
/* Is this a name that such a section may have? Reports it if not. */
bool conf_build_name_ok(struct conf_build *build, unsigned line, const struct conf_section *row,
			const char *name);
const struct conf_object *conf_build_object(const struct conf_build *build,
					    const struct conf_section *row, const char *name);
/* A new section with a zeroed struct, its name set. NULL: no memory, reported. */
struct conf_object *conf_build_add(struct conf_build *build, const struct conf_section *row,
				   const char *name, unsigned line);
/* The nth value of a key that was written; NULL: not so many. */
const struct conf_value *conf_build_value(const struct conf_build *build,
					  const struct conf_object *object, const char *key,
					  size_t nth);
/* "[SECTION NAME] KEY: words" at this line; key may be NULL. */
void conf_build_report(struct conf_build *build, struct conf_object *object, const char *key,
		       unsigned line, const char *words);

/* --- refs.c --- */

/* Note that the int `at` in this object's struct is to become the index of a section. */
bool conf_build_refer(struct conf_build *build, size_t object, const struct conf_key *key,
		      size_t at, unsigned line, const char *name);
void conf_build_resolve(struct conf_build *build);

/* --- errors.c --- */

void conf_error(struct conf_errors *errors, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void conf_errors_sort(struct conf_errors *errors);
/* The nearest of `count` words if one is near enough to be meant, else NULL. word_at returns the
 * i-th. */
const char *conf_nearest(const char *word, size_t count,
			 const char *(*word_at)(const void *arg, size_t i), const void *arg);
/* "there are a, b and 7 more": as many words as fit. Returns buf. */
enum { CONF_CHOICES_MAX = 360 };
const char *conf_choices(char *buf, size_t cap, size_t count,
			 const char *(*word_at)(const void *arg, size_t i), const void *arg);

/* --- check.c: what one section says against another --- */

void conf_check(struct conf_build *build, struct conf *conf);

/* --- check_match.c: who a profile is for --- */

void conf_check_match(struct conf_build *build, const struct conf *conf, size_t index,
		      struct conf_object *object);
void conf_check_cert_map(struct conf_build *build, const struct conf_cert_map *map,
			 struct conf_object *object);

/* --- check_life.c: how long sessions live, where clients are sent --- */

/* Fills in what the profile has from [gateway]. */
void conf_check_life(struct conf_build *build, const struct conf *conf,
		     struct conf_profile *profile, struct conf_object *object);
void conf_check_redirect(struct conf_build *build, const struct conf_gateway *gateway,
			 const struct conf_redirect *redirect, struct conf_object *object);

/* --- legacy.c --- */

void conf_check_legacy(struct conf_build *b, const struct conf_proposal *proposal,
		       struct conf_object *object);
/* Before CONF_ESP_ESN is in the list. */
void conf_check_legacy_suites(struct conf_build *b, const struct conf_ipsec_profile *profile,
			      struct conf_object *object);

/* --- method.c --- */

/* Says what is wrong with additional-key-exchange-*, and expands auto. */
void conf_check_methods(struct conf_build *b, struct conf_additional *additional,
			struct conf_object *object);
/* Those of an ipsec-profile, which follow set-pfs. */
void conf_check_pfs_methods(struct conf_build *b, struct conf_ipsec_profile *profile,
			    struct conf_object *object);

#endif
