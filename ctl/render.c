// SPDX-License-Identifier: BSD-2-Clause
#include "render.h"

#include <stdlib.h>
#include <string.h>

enum { CELL_MAX = 2048, COLUMNS_MAX = 32, GAP = 2 };

static void bytes_text(json_int_t n, char *buf, size_t cap)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double v = (double)n;
	size_t u = 0;

	while (v >= 1024 && u + 1 < sizeof(units) / sizeof(units[0])) {
		v /= 1024;
		u++;
	}
	/* 1023.97 must not become "1024.0". */
	if (v >= 1023.95 && u && u + 1 < sizeof(units) / sizeof(units[0])) {
		v = 1;
		u++;
	}
	snprintf(buf, cap, u ? "%.1f %s" : "%.0f %s", v, units[u]);
}

static void count_text(json_int_t n, char *buf, size_t cap)
{
	static const char units[] = { 'k', 'M', 'G', 'T', 'P', 'E' };
	double v = (double)n;
	size_t u = 0;

	if (n < 100000) {
		snprintf(buf, cap, "%lld", (long long)n);
		return;
	}
	for (v /= 1000; v >= 999.95 && u + 1 < sizeof(units); u++)
		v /= 1000;
	snprintf(buf, cap, "%.1f%c", v, units[u]);
}

static void seconds_text(json_int_t n, char *buf, size_t cap)
{
	long long s = (long long)n;

	if (s < 60)
		snprintf(buf, cap, "%llds", s);
	else if (s < 3600)
		snprintf(buf, cap, "%lldm%02llds", s / 60, s % 60);
	else if (s < 86400)
		snprintf(buf, cap, "%lldh%02lldm", s / 3600, s / 60 % 60);
	else
		snprintf(buf, cap, "%lldd%02lldh", s / 86400, s / 3600 % 24);
}

static void counts_text(const json_t *value, char *buf, size_t cap)
{
	const char *key;
	json_t *item;
	size_t n = 0;

	snprintf(buf, cap, "nothing");
	json_object_foreach((json_t *)value, key, item)
	{
		if (json_integer_value(item) == 0 || n >= cap)
			continue;
		n += (size_t)snprintf(buf + n, cap - n, "%s%s %lld", n ? ", " : "", key,
				      (long long)json_integer_value(item));
	}
}

static void plain_text(const json_t *value, char *buf, size_t cap)
{
	char *p, *dump;

	if (json_is_string(value)) {
		snprintf(buf, cap, "%s", json_string_value(value));
	} else if (json_is_integer(value)) {
		snprintf(buf, cap, "%lld", (long long)json_integer_value(value));
	} else if (json_is_boolean(value)) {
		snprintf(buf, cap, "%s", json_is_true(value) ? "yes" : "no");
	} else {
		dump = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		snprintf(buf, cap, "%s", dump ? dump : "");
		free(dump);
	}
	for (p = buf; *p; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
			*p = '?';
}

const char *ctl_value_text(const json_t *value, enum ctl_format format, bool exact, char *buf,
			   size_t cap)
{
	json_int_t n = json_integer_value(value);
	size_t len;

	if (format == CTL_COUNTS && json_is_object(value)) {
		counts_text(value, buf, cap);
		return buf;
	}
	if (!json_is_integer(value) || n < 0 || format == CTL_TEXT || format == CTL_NUMBER) {
		plain_text(value, buf, cap);
		return buf;
	}
	switch (format) {
	case CTL_BYTES:
		bytes_text(n, buf, cap);
		exact &= n >= 1024;
		break;
	case CTL_COUNT:
		count_text(n, buf, cap);
		exact &= n >= 100000;
		break;
	case CTL_SECONDS:
		seconds_text(n, buf, cap);
		exact = false;
		break;
	default:
		snprintf(buf, cap, "%s", n ? "yes" : "no");
		exact = false;
		break;
	}
	len = strlen(buf);
	if (exact && len < cap)
		snprintf(buf + len, cap - len, " (%lld)", (long long)n);
	return buf;
}

static void object_text(const json_t *value, char *buf, size_t cap)
{
	char cell[CELL_MAX];
	const char *key;
	json_t *item;
	size_t n = 0;

	buf[0] = '\0';
	json_object_foreach((json_t *)value, key, item)
	{
		plain_text(item, cell, sizeof(cell));
		if (n < cap)
			n += (size_t)snprintf(buf + n, cap - n, "%s%s %s", n ? ", " : "", key,
					      cell);
	}
}

static bool right_aligned(enum ctl_format format)
{
	return format == CTL_NUMBER || format == CTL_COUNT || format == CTL_BYTES ||
	       format == CTL_SECONDS;
}

static bool row_is(const json_t *row, const char *kind)
{
	const char *is = json_string_value(json_object_get(row, "kind"));

	return !kind || (is && strcmp(is, kind) == 0);
}

/* A table's columns as they will be printed: width 0 is left out. */
struct fit {
	size_t count;
	unsigned width[COLUMNS_MAX];
};

static unsigned total(const struct fit *fit)
{
	unsigned sum = 0;
	size_t c;

	for (c = 0; c < fit->count; c++)
		if (fit->width[c])
			sum += fit->width[c] + (sum ? GAP : 0);
	return sum;
}

/* What the cells need. A column that no row fills is left out. */
static void measure(struct fit *fit, const struct ctl_view *view, const json_t *rows)
{
	char cell[CELL_MAX];
	json_t *row, *value;
	size_t i, c;

	*fit = (struct fit){ 0 };
	for (c = 0; view->columns[c].field && c < COLUMNS_MAX; c++) {
		const struct ctl_column *column = &view->columns[c];
		size_t widest = 0;

		json_array_foreach(rows, i, row)
		{
			value = json_object_get(row, column->field);
			if (!value || !row_is(row, view->kind))
				continue;
			ctl_value_text(value, column->format, false, cell, sizeof(cell));
			if (strlen(cell) > widest)
				widest = strlen(cell);
		}
		if (widest && strlen(column->title) > widest)
			widest = strlen(column->title);
		fit->width[c] = (unsigned)widest;
	}
	fit->count = c;
}

/* Cut what may be cut, widest first, down to its least width. */
static void cut(struct fit *fit, const struct ctl_column *columns, unsigned width)
{
	while (total(fit) > width) {
		size_t c, widest = fit->count;

		for (c = 0; c < fit->count; c++)
			if (columns[c].width && fit->width[c] > columns[c].width &&
			    (widest == fit->count || fit->width[c] > fit->width[widest]))
				widest = c;
		if (widest == fit->count)
			return;
		fit->width[widest]--;
	}
}

static void fit_columns(struct fit *fit, const struct ctl_column *columns, unsigned width)
{
	for (;;) {
		struct fit shorter = *fit;
		size_t c, first = fit->count;

		cut(&shorter, columns, width);
		for (c = 0; c < fit->count; c++)
			if (fit->width[c] && columns[c].drop &&
			    (first == fit->count || columns[c].drop > columns[first].drop))
				first = c;
		if (total(&shorter) <= width || first == fit->count) {
			*fit = shorter;
			return;
		}
		fit->width[first] = 0;
	}
}

static void put_cell(FILE *out, const char *text, unsigned width, bool right, bool last)
{
	size_t len = strlen(text);

	if (len > width)
		fprintf(out, "%.*s~", (int)(width - 1), text);
	else if (right)
		fprintf(out, "%*s", (int)width, text);
	else if (last)
		fputs(text, out);
	else
		fprintf(out, "%-*s", (int)width, text);
}

static void put_line(FILE *out, const struct ctl_view *view, const struct fit *fit,
		     const json_t *row)
{
	char cell[CELL_MAX];
	size_t c, last = 0;
	bool first = true;

	for (c = 0; c < fit->count; c++)
		if (fit->width[c])
			last = c;
	for (c = 0; c < fit->count; c++) {
		const struct ctl_column *column = &view->columns[c];
		json_t *value = json_object_get(row, column->field);

		if (!fit->width[c])
			continue;
		snprintf(cell, sizeof(cell), "%s", row ? "" : column->title);
		if (value)
			ctl_value_text(value, column->format, false, cell, sizeof(cell));
		fprintf(out, "%*s", first ? 0 : GAP, "");
		put_cell(out, cell, fit->width[c], right_aligned(column->format), c == last);
		first = false;
	}
	fputc('\n', out);
}

static void put_table(FILE *out, const struct ctl_view *view, const json_t *rows, unsigned width)
{
	struct fit fit;
	json_t *row;
	size_t i;

	measure(&fit, view, rows);
	if (width)
		fit_columns(&fit, view->columns, width);
	put_line(out, view, &fit, NULL);
	json_array_foreach(rows, i, row) if (row_is(row, view->kind))
		put_line(out, view, &fit, row);
}

/* From column `indent` on; what passes the edge of the terminal goes on below, from a space on. */
static void put_wrapped(FILE *out, const char *text, size_t indent, unsigned width)
{
	size_t room = width > indent ? width - indent : 0;

	while (room && strlen(text) > room) {
		size_t n = room;

		while (n && text[n] != ' ')
			n--;
		if (!n)
			n = strcspn(text, " ");
		if (!text[n])
			break;
		fprintf(out, "%.*s\n%*s", (int)n, text, (int)indent, "");
		text += n + 1;
	}
	fprintf(out, "%s\n", text);
}

/* The first beside the title, the others below it. */
static void put_objects(FILE *out, const json_t *array, size_t indent, unsigned width)
{
	char cell[CELL_MAX];
	json_t *object;
	size_t i;

	json_array_foreach(array, i, object)
	{
		object_text(object, cell, sizeof(cell));
		fprintf(out, "%*s", (int)(i ? indent : 0), "");
		put_wrapped(out, cell, indent, width);
	}
	if (json_array_size(array) == 0)
		fputs("none\n", out);
}

static void put_record(FILE *out, const struct ctl_column *columns, const json_t *row,
		       unsigned width)
{
	char cell[CELL_MAX];
	const struct ctl_column *column;
	size_t widest = 0;

	for (column = columns; column->field; column++)
		if (json_object_get(row, column->field) && strlen(column->title) > widest)
			widest = strlen(column->title);
	for (column = columns; column->field; column++) {
		json_t *value = json_object_get(row, column->field);

		if (!value)
			continue;
		fprintf(out, "%s%-*s  ", column == columns ? "" : "  ",
			(int)(column == columns ? widest + 2 : widest), column->title);
		if (column->format == CTL_OBJECTS && json_is_array(value))
			put_objects(out, value, widest + 4, width);
		else
			put_wrapped(out,
				    ctl_value_text(value, column->format, true, cell, sizeof(cell)),
				    widest + 4, width);
	}
}

/* A value that is cut is of no use: it may run over the edge, as in the file. */
static void put_file(FILE *out, const struct ctl_column *columns, const json_t *rows)
{
	char section[CELL_MAX] = "", cell[CELL_MAX];
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		plain_text(json_object_get(row, columns[0].field), cell, sizeof(cell));
		if (strcmp(cell, section) != 0)
			fprintf(out, "%s[%s]\n", i ? "\n" : "", cell);
		memcpy(section, cell, sizeof(section));
		plain_text(json_object_get(row, columns[1].field), cell, sizeof(cell));
		fprintf(out, "%s = ", cell);
		plain_text(json_object_get(row, columns[2].field), cell, sizeof(cell));
		fprintf(out, "%s\n", cell);
	}
}

static void put_view(FILE *out, const struct ctl_view *view, const json_t *rows, unsigned width,
		     bool *first)
{
	char cell[CELL_MAX];
	json_t *row;
	size_t i, indent;
	bool any = false;

	json_array_foreach(rows, i, row)
	{
		if (!row_is(row, view->kind))
			continue;
		if (!any && view->heading)
			fprintf(out, "%s%s\n", *first ? "" : "\n", view->heading);
		if (view->layout == CTL_TABLE || view->layout == CTL_FILE) {
			if (view->layout == CTL_TABLE)
				put_table(out, view, rows, width);
			else
				put_file(out, view->columns, rows);
			*first = false;
			return;
		}
		if (view->layout == CTL_RECORD) {
			if (any)
				fputc('\n', out);
			put_record(out, view->columns, row, width);
		} else if (json_object_get(row, view->columns->field)) {
			ctl_value_text(json_object_get(row, view->columns->field),
				       view->columns->format, false, cell, sizeof(cell));
			indent = strspn(cell, " ");
			fprintf(out, "%*s", (int)indent, "");
			put_wrapped(out, cell + indent, indent, width);
		}
		any = true;
		*first = false;
	}
}

void ctl_render_text(FILE *out, const struct ctl_call *call, const json_t *rows, unsigned width)
{
	const struct ctl_command *command = call->command;
	bool detail = command->detail.columns && json_object_get(call->args, "detail");
	bool first = true;
	size_t v;

	if (json_array_size(rows) == 0) {
		if (command->nothing)
			fprintf(out, "%s\n", command->nothing);
		return;
	}
	if (detail) {
		put_view(out, &command->detail, rows, width, &first);
		return;
	}
	for (v = 0; v < CTL_VIEWS_MAX && command->views[v].columns; v++)
		put_view(out, &command->views[v], rows, width, &first);
}

void ctl_render_json(FILE *out, const json_t *rows)
{
	json_dumpf(rows, out, JSON_INDENT(2));
	fputc('\n', out);
}
