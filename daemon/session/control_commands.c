// SPDX-License-Identifier: BSD-2-Clause
/* The table of commands; what each does lies in control_*.c. */
#include "session/control.h"

/* clang-format off */
const struct ctl_command ctl_commands[] = {
	{ "show session",        ctl_show_session,        { "detail", "name" }, { JSON_TRUE, JSON_STRING } },
	{ "show ikev2 sa",       ctl_show_ikev2_sa,       { "detail", "name" }, { JSON_TRUE, JSON_STRING } },
	{ "show ikev2 stats",    ctl_show_ikev2_stats,    { NULL },             { JSON_NULL } },
	{ "show pki trustpoints", ctl_show_pki,           { NULL },             { JSON_NULL } },
	{ "show crypto",         ctl_show_crypto,         { NULL },             { JSON_NULL } },
	{ "trace ike",           ctl_trace_ike,           { "whom" },           { JSON_STRING } },
	{ "show derived-config", ctl_show_derived_config, { "name" },           { JSON_STRING } },
	{ "show plane",          ctl_show_plane,          { NULL },             { JSON_NULL } },
	{ "show drop",           ctl_show_drop,           { "name", "samples" }, { JSON_STRING, JSON_TRUE } },
	{ "show config",         ctl_show_config,         { NULL },             { JSON_NULL } },
	{ "clear session",       ctl_clear_session,       { "all", "name" },    { JSON_TRUE, JSON_STRING } },
	{ "config reload",       ctl_config_reload,       { NULL },             { JSON_NULL } },
	{ "version",             ctl_version,             { NULL },             { JSON_NULL } },
};
/* clang-format on */
const size_t ctl_command_count = sizeof(ctl_commands) / sizeof(ctl_commands[0]);

void ctl_version(struct ctl_client *client)
{
	ctl_row(client, json_pack("{s:s, s:s, s:i}", "name", "flexd", "version", FG_VERSION, "abi",
				  FG_ABI));
	ctl_ok(client);
}
