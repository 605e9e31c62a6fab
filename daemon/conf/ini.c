// SPDX-License-Identifier: BSD-2-Clause
#include "conf/ini.h"

#include "core/secret.h"

#include <ini.h>
#include <stdint.h>
#include <string.h>

enum {
	LINES_MAX = 65536,
	BLOCK = 4096,
	TEXT_MAX = 255,   /* longest line with a key, if libinih takes so much */
	LINE_ROOM = 1024, /* longest section line */
};

struct reader {
	const struct conf_ini *ini;
	unsigned line;   /* of the line that libinih holds */
	bool awaits_key; /* libinih holds a line that must call on_key() */
	bool stopped;
	size_t at, filled;
	char block[BLOCK]; /* of the file */
	char text[LINE_ROOM];
};

static void complain(struct reader *r, const char *why)
{
	r->ini->error(r->ini->arg, r->line, why);
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static int next_byte(struct reader *r)
{
	if (r->at == r->filled) {
		r->at = 0;
		r->filled = fread(r->block, 1, sizeof(r->block), r->ini->in);
		if (!r->filled)
			return EOF;
	}
	return (unsigned char)r->block[r->at++];
}

struct line {
	size_t len; /* bytes kept in reader.text */
	bool cut;   /* there were more */
	bool nul;
};

/* The next line into r->text, without its end and the spaces around it. False at the end. */
static bool next_line(struct reader *r, struct line *line)
{
	int c = next_byte(r);

	*line = (struct line){ 0 };
	if (c == EOF)
		return false;
	for (; c != EOF && c != '\n'; c = next_byte(r)) {
		if (c == '\0')
			line->nul = true;
		if (line->len == 0 && is_space((char)c))
			continue;
		if (line->len < sizeof(r->text) - 1)
			r->text[line->len++] = (char)c;
		else
			line->cut = true;
	}
	while (line->len && is_space(r->text[line->len - 1]))
		line->len--;
	r->text[line->len] = '\0';
	r->line++;
	if (r->line == 1 && !strncmp(r->text, "\xef\xbb\xbf", 3)) {
		size_t skip = 3;

		while (is_space(r->text[skip]))
			skip++;
		memmove(r->text, r->text + skip, line->len + 1 - skip);
		line->len -= skip;
	}
	return true;
}

/* "[NAME]", perhaps with a comment behind it. */
static void read_section(struct reader *r, const struct line *line)
{
	char *end = strchr(r->text, ']');
	char *name = r->text + 1;
	const char *rest;

	if (line->cut || !end) {
		complain(r, "this section has no ']'; expected [SECTION] or [SECTION NAME]");
		r->ini->section(r->ini->arg, r->line, NULL);
		return;
	}
	for (rest = end + 1; is_space(*rest); rest++)
		;
	if (*rest && *rest != ';' && *rest != '#')
		complain(r, "text after the ']' of a section; write keys on lines of their own");
	while (is_space(*name))
		name++;
	while (end > name && is_space(end[-1]))
		end--;
	*end = '\0';
	r->ini->section(r->ini->arg, r->line, name);
}

static bool has_inline_comment(const char *text)
{
	for (const char *p = strchr(text, ';'); p; p = strchr(p + 1, ';')) {
		if (p > text && is_space(p[-1]))
			return true;
	}
	return false;
}

/* Is it text as everybody who reads it takes it: JSON, names in certificates, terminals? */
static bool is_utf8(const char *text)
{
	static const struct {
		uint8_t mask, lead;
		uint32_t least; /* what a shorter form can say is said by that */
	} forms[] = {
		{ 0x80, 0, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 }
	};
	const uint8_t *p = (const uint8_t *)text;

	while (*p) {
		size_t more = 0;
		uint32_t c;

		while (more < 4 && (*p & forms[more].mask) != forms[more].lead)
			more++;
		if (more == 4)
			return false;
		c = *p++ & (uint8_t)~forms[more].mask;
		for (size_t i = 0; i < more; i++, p++) {
			if ((*p & 0xc0) != 0x80)
				return false;
			c = c << 6 | (*p & 0x3f);
		}
		if (c < forms[more].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return false;
	}
	return true;
}

/* Is this line one that libinih shall split? Everything else is dealt with here. */
static bool is_for_libinih(struct reader *r, const struct line *line, size_t room)
{
	if (line->nul) {
		complain(r, "this line holds a NUL byte; the file must be text");
		return false;
	}
	if (line->len == 0 || r->text[0] == ';' || r->text[0] == '#')
		return false;
	/* A key may be any bytes. */
	if (!r->ini->secret && !line->cut && !is_utf8(r->text)) {
		complain(r, "this line is not UTF-8; save the file in that encoding");
		return false;
	}
	if (r->text[0] == '[') {
		read_section(r, line);
		return false;
	}
	if (line->cut || line->len > room) {
		char why[128];

		snprintf(why, sizeof(why),
			 "this line is longer than %zu bytes; repeat the key to write a long list",
			 room);
		complain(r, why);
		return false;
	}
	if (r->ini->secret && has_inline_comment(r->text)) {
		complain(r, "';' after a space would begin a comment and cut the value short; put "
			    "comments on lines of their own and write such a key as 0x...");
		return false;
	}
	return true;
}

static void check_last_line(struct reader *r)
{
	if (r->awaits_key)
		complain(r, "expected 'key = value', [SECTION] or a comment");
	r->awaits_key = false;
}

/* The fgets() of libinih. Its buffer is the same at every call, so each call wipes what the last
 * one left there, and the one that finds the end leaves nothing. */
static char *read_line(char *str, int num, void *stream)
{
	struct reader *r = stream;
	/* libinih wants space for "\r\n" and NUL */
	size_t room = num - 3 > TEXT_MAX ? TEXT_MAX : (size_t)num - 3;
	struct line line;

	check_last_line(r);
	wipe(str, (size_t)num);
	if (r->stopped || !next_line(r, &line))
		return NULL;
	if (r->line > LINES_MAX) {
		complain(r, "the file has more than 65536 lines");
		r->stopped = true;
		return NULL;
	}
	if (is_for_libinih(r, &line, room)) {
		memcpy(str, r->text, line.len + 1);
		r->awaits_key = true;
	} else {
		memcpy(str, "\n", 2);
	}
	return str;
}

static int on_key(void *user, const char *section, const char *name, const char *value)
{
	struct reader *r = user;

	(void)section; /* cut at 49 bytes by libinih; read_section() told the whole name */
	r->awaits_key = false;
	if (!*name)
		complain(r, "expected a key before the '='");
	else
		r->ini->key(r->ini->arg, r->line, name, value);
	return 1;
}

void conf_ini_read(const struct conf_ini *ini)
{
	struct reader r = { .ini = ini };

	/* No copy of a secret in stdio's own buffer. */
	if (ini->secret)
		setvbuf(ini->in, NULL, _IONBF, 0);
	/* Its return value names the first bad line only; check_last_line() found each. */
	if (ini_parse_stream(read_line, &r, on_key, &r) < 0)
		complain(&r, "out of memory while reading");
	if (ferror(ini->in)) {
		r.line = 0;
		complain(&r, "the file could not be read to its end");
	}
	wipe(&r, sizeof(r));
}
