/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * INI text as a row of events with their line numbers, read by libinih. What libinih does not tell
 * is decided here:
 *   - a line is at most as long as libinih's buffer (197 bytes in Debian's build); a longer one is
 *     an error, a longer comment is not;
 *   - a line that says something is UTF-8, but for secrets, which may be any bytes;
 *   - lines may be indented; there are no continuation lines, a list is a repeated key;
 *   - a byte order mark at the start of the file is skipped;
 *   - a comment begins with ';' or '#' at the start of a line, or with ';' after a space;
 *   - a section exists also when it is empty, and its name may have any length.
 */
#ifndef CONF_INI_H
#define CONF_INI_H

#include <stdbool.h>
#include <stdio.h>

struct conf_ini {
	FILE *in;
	/* A file of secrets: every buffer that held a line is wiped, no message quotes one, and a
	 * comment stands on a line of its own, so that none can cut a key short. */
	bool secret;
	void *arg;
	/* Texts are borrowed until return. name: what stands between the brackets; NULL after an
	 * error in such a line, whose keys belong nowhere. */
	void (*section)(void *arg, unsigned line, const char *name);
	void (*key)(void *arg, unsigned line, const char *name, const char *value);
	void (*error)(void *arg, unsigned line, const char *why);
};

/* Read to the end of the file, whatever is wrong with single lines. */
void conf_ini_read(const struct conf_ini *ini);

#endif
