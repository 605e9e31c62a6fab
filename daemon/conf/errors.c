// SPDX-License-Identifier: BSD-2-Clause
/* One sentence for each mistake in a file, in the order of the lines. */
#include "conf/build.h"

#include <stdarg.h>
#include <string.h>

#define KEPT(errors) (sizeof((errors)->first) / sizeof((errors)->first[0]))

void conf_error(struct conf_errors *errors, unsigned line, const char *format, ...)
{
	struct conf_error *error;
	va_list args;
	int used;

	if (errors->count++ >= KEPT(errors))
		return;
	error = &errors->first[errors->count - 1];
	error->line = line;
	if (line)
		used = snprintf(error->text, sizeof(error->text), "%.200s:%u: ", errors->file,
				line);
	else
		used = snprintf(error->text, sizeof(error->text), "%.200s: ", errors->file);
	va_start(args, format);
	vsnprintf(error->text + used, sizeof(error->text) - (size_t)used, format, args);
	va_end(args);
}

/* By line, those of one line in the order in which they were found. */
void conf_errors_sort(struct conf_errors *errors)
{
	size_t kept = errors->count < KEPT(errors) ? errors->count : KEPT(errors);

	for (size_t i = 1; i < kept; i++) {
		struct conf_error moved = errors->first[i];
		size_t at = i;

		for (; at && errors->first[at - 1].line > moved.line; at--)
			errors->first[at] = errors->first[at - 1];
		errors->first[at] = moved;
	}
}

void conf_errors_text(const struct conf_errors *errors, char *text, size_t cap)
{
	if (errors->count > 1)
		snprintf(text, cap, "%.440s (and %zu more: flexd -n shows them)",
			 errors->first[0].text, errors->count - 1);
	else
		snprintf(text, cap, "%s", errors->first[0].text);
}

/* Levenshtein's distance of two words shorter than CONF_NAME_MAX. */
static size_t distance(const char *a, const char *b)
{
	size_t row[CONF_NAME_MAX + 1], b_len = strlen(b);

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; *a; a++, i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t swap = diagonal + (*a != b[j - 1]);

			diagonal = row[j];
			row[j] = swap;
			if (row[j - 1] + 1 < row[j])
				row[j] = row[j - 1] + 1;
			if (diagonal + 1 < row[j])
				row[j] = diagonal + 1;
		}
	}
	return row[b_len];
}

const char *conf_choices(char *buf, size_t cap, size_t count,
			 const char *(*word_at)(const void *arg, size_t i), const void *arg)
{
	size_t used = (size_t)snprintf(buf, cap, "there %s ", count == 1 ? "is" : "are");

	for (size_t i = 0; i < count && used < cap; i++) {
		const char *word = word_at(arg, i);

		/* What does not fit is counted; no word is cut. */
		if (used + strlen(word) + sizeof(" and 4294967295 more") > cap) {
			snprintf(buf + used, cap - used, " and %zu more", count - i);
			break;
		}
		used += (size_t)snprintf(buf + used, cap - used, "%s%s", i ? ", " : "", word);
	}
	return buf;
}

const char *conf_nearest(const char *word, size_t count,
			 const char *(*word_at)(const void *arg, size_t i), const void *arg)
{
	const char *best = NULL;
	size_t len = strlen(word), best_distance = len / 3 + 1;

	if (len >= CONF_NAME_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const char *candidate = word_at(arg, i);
		size_t d;

		if (strlen(candidate) >= CONF_NAME_MAX)
			continue;
		d = distance(word, candidate);
		if (d <= best_distance && (!best || d < best_distance)) {
			best = candidate;
			best_distance = d;
		}
	}
	return best;
}
