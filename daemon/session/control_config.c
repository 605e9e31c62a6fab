// SPDX-License-Identifier: BSD-2-Clause
/* flexctl's view of the configuration in force, and another one in its place. */
#include "session/control.h"

#include "conf/ini.h"
#include "conf/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_COLUMNS = 79 }; /* of a default that we write */

/* --- config reload --- */

static void reloaded(void *arg, bool ok, const char *text)
{
	struct ctl_client *client = arg;

	if (!ok) {
		ctl_fail(client,
			 "nothing changed; flexctl config check shows every error of the files",
			 "%s", text);
		return;
	}
	ctl_row(client, json_pack("{s:s}", "line", text));
	ctl_ok(client);
}

void ctl_config_reload(struct ctl_client *client)
{
	reload_start(ctl_broker(client), reloaded, client);
}

/* --- show config --- */

/*
 * The text in force, which has been checked as a whole: what it says, and what it leaves to the
 * defaults. It is the public file; secrets are in another one, which flexd does not read.
 */
struct config_rows {
	struct ctl_client *client;
	char title[CONF_NAME_MAX + 64];
	const struct conf_section *section;  /* NULL: before the first */
	bool given[CONF_KEYS_MAX];           /* of it */
	bool has_default[CONF_SECTIONS_MAX]; /* [SECTION default] was written */
};

static void put(struct config_rows *rows, const char *key, const char *value)
{
	ctl_row(rows->client, json_pack("{s:s, s:s, s:s+}", "section", rows->title, "key", key,
					"value", value, ""));
}

/* A long list takes several lines, as it would be written: a key that is repeated goes on. */
static void put_default(struct config_rows *rows, const struct conf_key *key)
{
	const char *value = key->fallback;
	char part[LINE_MAX_COLUMNS];
	size_t room = LINE_MAX_COLUMNS - strlen(key->name) - strlen(" = "), n;

	while (key->max && strlen(value) > room) {
		for (n = room; n && value[n] != ' '; n--)
			;
		if (!n)
			break;
		snprintf(part, sizeof(part), "%.*s", (int)n, value);
		put(rows, key->name, part);
		value += n + 1;
	}
	put(rows, key->name, value);
}

/* What the section that ends here did not say. */
static void put_defaults(struct config_rows *rows)
{
	const struct conf_section *section = rows->section;

	for (size_t i = 0; section && i < section->key_count; i++)
		if (!rows->given[i] && section->keys[i].fallback)
			put_default(rows, &section->keys[i]);
}

static void on_section(void *arg, unsigned line, const char *name)
{
	struct config_rows *rows = arg;

	(void)line;
	put_defaults(rows);
	memset(rows->given, 0, sizeof(rows->given));
	rows->section = NULL;
	snprintf(rows->title, sizeof(rows->title), "%s", name ? name : "");
	for (size_t i = 0; i < conf_public_section_count; i++) {
		const struct conf_section *section = &conf_public_sections[i];
		size_t len = strlen(section->name);

		if (strncmp(rows->title, section->name, len) != 0 ||
		    (rows->title[len] != '\0' && rows->title[len] != ' '))
			continue;
		rows->section = section;
		if (strcmp(rows->title + len, " default") == 0)
			rows->has_default[i] = true;
	}
}

static void on_key(void *arg, unsigned line, const char *name, const char *value)
{
	struct config_rows *rows = arg;

	(void)line;
	for (size_t i = 0; rows->section && i < rows->section->key_count; i++)
		if (strcmp(rows->section->keys[i].name, name) == 0)
			rows->given[i] = true;
	put(rows, name, value);
}

static void on_error(void *arg, unsigned line, const char *why)
{
	(void)arg;
	log_error("control", "the configuration in force cannot be read: line %u: %s", line, why);
}

/* [ikev2-proposal default] exists although nobody wrote it. */
static void put_unwritten(struct config_rows *rows)
{
	for (size_t i = 0; i < conf_public_section_count; i++) {
		if (!conf_public_sections[i].has_default || rows->has_default[i])
			continue;
		rows->section = &conf_public_sections[i];
		memset(rows->given, 0, sizeof(rows->given));
		snprintf(rows->title, sizeof(rows->title), "%s default", rows->section->name);
		put_defaults(rows);
	}
}

void ctl_show_config(struct ctl_client *client)
{
	struct config_rows rows = { .client = client };
	struct conf_ini ini = {
		.arg = &rows, .section = on_section, .key = on_key, .error = on_error
	};
	int fd = file_reopen(ctl_broker(client)->files.conf);

	ini.in = fd >= 0 ? fdopen(fd, "r") : NULL;
	if (!ini.in) {
		if (fd >= 0)
			close(fd);
		ctl_fail(client, NULL, "the configuration in force cannot be read");
		return;
	}
	conf_ini_read(&ini);
	put_defaults(&rows);
	fclose(ini.in);
	put_unwritten(&rows);
	ctl_ok(client);
}
