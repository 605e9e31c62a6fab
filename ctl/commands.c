// SPDX-License-Identifier: BSD-2-Clause
/* The table of commands and of what each shows. */
#include "command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct ctl_column session_columns[] = {
	/* field           title         format       width drop */
	{ "name",          "Name",       CTL_TEXT,        0, 0 },
	{ "identity",      "Identity",   CTL_TEXT,       18, 0 },
	{ "profile",       "Profile",    CTL_TEXT,        8, 5 },
	{ "inner4",        "IPv4",       CTL_TEXT,        0, 0 },
	{ "inner6",        "IPv6",       CTL_TEXT,        0, 4 },
	{ "peer",          "Peer",       CTL_TEXT,       16, 3 },
	{ "state",         "State",      CTL_TEXT,        0, 0 },
	{ "up_s",          "Up",         CTL_SECONDS,     0, 2 },
	{ "rx_bytes",      "From",       CTL_BYTES,       0, 0 },
	{ "tx_bytes",      "To",         CTL_BYTES,       0, 0 },
	{ NULL, NULL, CTL_TEXT, 0, 0 },
};

static const struct ctl_column session_detail_columns[] = {
	{ "name",          "Session",                CTL_TEXT,    0, 0 },
	{ "identity",      "Identity",               CTL_TEXT,    0, 0 },
	{ "profile",       "IKEv2 profile",          CTL_TEXT,    0, 0 },
	{ "state",         "State",                  CTL_TEXT,    0, 0 },
	{ "up_s",          "Up for",                 CTL_SECONDS, 0, 0 },
	{ "inner4",        "Client's IPv4 address",  CTL_TEXT,    0, 0 },
	{ "inner6",        "Client's IPv6 address",  CTL_TEXT,    0, 0 },
	{ "peer",          "Reached at",             CTL_TEXT,    0, 0 },
	{ "local",         "By our address",         CTL_TEXT,    0, 0 },
	{ "peer_behind_nat", "Client behind NAT",    CTL_BOOL,    0, 0 },
	{ "encapsulation", "Encapsulation",          CTL_TEXT,    0, 0 },
	{ "ike_suite",     "IKE suite",              CTL_TEXT,    0, 0 },
	{ "esp_suite",     "ESP suite",              CTL_TEXT,    0, 0 },
	{ "spi_in",        "SPI from the client",    CTL_TEXT,    0, 0 },
	{ "spi_out",       "SPI to the client",      CTL_TEXT,    0, 0 },
	{ "ts",            "Traffic selectors",      CTL_TEXT,    0, 0 },
	{ "rekeys",        "CHILD SAs rekeyed",      CTL_NUMBER,  0, 0 },
	{ "moves",         "Moves",                  CTL_NUMBER,  0, 0 },
	{ "sas",           "SAs",                    CTL_OBJECTS, 0, 0 },
	{ "template",      "Virtual-template",       CTL_TEXT,    0, 0 },
	{ "mtu",           "MTU",                    CTL_NUMBER,  0, 0 },
	{ "mss4",          "TCP MSS, IPv4",          CTL_NUMBER,  0, 0 },
	{ "mss6",          "TCP MSS, IPv6",          CTL_NUMBER,  0, 0 },
	{ "generation",    "Generation",             CTL_NUMBER,  0, 0 },
	{ "rx_packets",    "Packets from client",    CTL_NUMBER,  0, 0 },
	{ "rx_bytes",      "Bytes from client",      CTL_BYTES,   0, 0 },
	{ "tx_packets",    "Packets to client",      CTL_NUMBER,  0, 0 },
	{ "tx_bytes",      "Bytes to client",        CTL_BYTES,   0, 0 },
	{ "drops",         "Dropped",                CTL_COUNTS,  0, 0 },
	{ NULL, NULL, CTL_TEXT, 0, 0 },
};

static const struct ctl_column ike_sa_columns[] = {
	{ "spi_r",         "Our SPI",    CTL_TEXT,        0, 0 },
	{ "spi_i",         "Peer's SPI", CTL_TEXT,        0, 7 },
	{ "identity",      "Identity",   CTL_TEXT,       16, 0 },
	{ "peer",          "Peer",       CTL_TEXT,       16, 0 },
	{ "local",         "Local",      CTL_TEXT,       16, 8 },
	{ "state",         "State",      CTL_TEXT,        0, 0 },
	{ "session",       "Session",    CTL_TEXT,        0, 0 },
	{ "age_s",         "Age",        CTL_SECONDS,     0, 2 },
	{ "nat",           "NAT",        CTL_TEXT,        0, 3 },
	{ "profile",       "Profile",    CTL_TEXT,        8, 5 },
	{ "suite",         "Suite",      CTL_TEXT,       12, 6 },
	{ NULL, NULL, CTL_TEXT, 0, 0 },
};

static const struct ctl_column ike_sa_detail_columns[] = {
	{ "spi_r",         "Responder SPI",          CTL_TEXT,    0, 0 },
	{ "spi_i",         "Initiator SPI",          CTL_TEXT,    0, 0 },
	{ "state",         "State",                  CTL_TEXT,    0, 0 },
	{ "session",       "Session",                CTL_TEXT,    0, 0 },
	{ "profile",       "IKEv2 profile",          CTL_TEXT,    0, 0 },
	{ "identity",      "Identity",               CTL_TEXT,    0, 0 },
	{ "ours",          "Our identity",           CTL_TEXT,    0, 0 },
	{ "proof",         "Authentication",         CTL_TEXT,    0, 0 },
	{ "peer",          "Reached at",             CTL_TEXT,    0, 0 },
	{ "local",         "By our address",         CTL_TEXT,    0, 0 },
	{ "nat",           "NAT",                    CTL_TEXT,    0, 0 },
	{ "suite",         "Suite",                  CTL_TEXT,    0, 0 },
	{ "agreed",        "Extensions",             CTL_TEXT,    0, 0 },
	{ "client",        "Client software",        CTL_TEXT,    0, 0 },
	{ "vendors",       "Vendor IDs",             CTL_TEXT,    0, 0 },
	{ "moves",         "Moves (MOBIKE)",         CTL_NUMBER,  0, 0 },
	{ "login_s",       "Logged in for",          CTL_SECONDS, 0, 0 },
	{ "rekeys",        "Rekeyed",                CTL_NUMBER,  0, 0 },
	{ "age_s",         "Age",                    CTL_SECONDS, 0, 0 },
	{ "rekey_s",       "Rekeyed by us in",       CTL_SECONDS, 0, 0 },
	{ "ends_s",        "Ends in",                CTL_SECONDS, 0, 0 },
	{ "children",      "CHILD SAs",              CTL_NUMBER,  0, 0 },
	{ "heard_s",       "Heard before",           CTL_SECONDS, 0, 0 },
	{ "next_in",       "Its next message ID",    CTL_NUMBER,  0, 0 },
	{ "next_out",      "Our next message ID",    CTL_NUMBER,  0, 0 },
	{ "asking",        "It owes an answer to",   CTL_TEXT,    0, 0 },
	{ NULL, NULL, CTL_TEXT, 0, 0 },
};

static const struct ctl_column line_columns[] = {
	{ "line",          "Line",       CTL_TEXT,        0, 0 },
	{ NULL, NULL, CTL_TEXT, 0, 0 },
};

static const struct ctl_column ike_stats_columns[] = {
#define FG_IKE_STAT(name, title) { #name, title, CTL_NUMBER, 0, 0 },
#include <flexgate/ikestat.def>
	{ NULL, NULL, CTL_TEXT, 0, 0 },
};

static const struct ctl_column exchange_columns[] = {
	{ "exchange",      "Exchange",            CTL_TEXT,   0, 0 },
	{ "requests_in",   "Requests from peers", CTL_NUMBER, 0, 0 },
	{ "answers_out",   "answered",            CTL_NUMBER, 0, 0 },
	{ "requests_out",  "Requests of ours",    CTL_NUMBER, 0, 0 },
	{ "answers_in",    "answered",            CTL_NUMBER, 0, 0 },
	{ NULL, NULL, CTL_TEXT, 0, 0 },
};

static const struct ctl_column notify_columns[] = {
	{ "notify",        "Notify",     CTL_TEXT,        0, 0 },
	{ "received",      "Received",   CTL_NUMBER,      0, 0 },
	{ "sent",          "Sent",       CTL_NUMBER,      0, 0 },
	{ NULL, NULL, CTL_TEXT, 0, 0 },
};

static const struct ctl_column crypto_columns[] = {
	{ "kind",          "Kind",       CTL_TEXT,        0, 0 },
	{ "name",          "Algorithm",  CTL_TEXT,        0, 0 },
	{ "library",       "By",         CTL_TEXT,       14, 2 },
	{ "offered",       "Offered in", CTL_TEXT,       16, 0 },
	{ NULL, NULL, CTL_TEXT, 0, 0 },
};

static const struct ctl_column trace_columns[] = {
	{ "at",            "Time",       CTL_TEXT,        0, 0 },
	{ "line",          "Event",      CTL_TEXT,        0, 0 },
	{ NULL, NULL, CTL_TEXT, 0, 0 },
};

static const struct ctl_column guard_columns[] = {
	{ "cookies_demanded", "Cookies demanded now", CTL_BOOL,   0, 0 },
	{ "requests",         "IKE_SA_INIT seen",     CTL_NUMBER, 0, 0 },
	{ "cookies_sent",     "Cookies sent",         CTL_NUMBER, 0, 0 },
	{ "cookies_accepted", "Cookies accepted",     CTL_NUMBER, 0, 0 },
	{ "cookies_wrong",    "Cookies wrong or old", CTL_NUMBER, 0, 0 },
	{ NULL, NULL, CTL_TEXT, 0, 0 },
};

static const struct ctl_column plane_columns[] = {
	{ "plane",         "Plane",                  CTL_TEXT,    0, 0 },
	{ "reason",        "Because",                CTL_TEXT,    0, 0 },
	{ "abi",           "Map ABI",                CTL_NUMBER,  0, 0 },
	{ "pin_directory", "Maps pinned in",         CTL_TEXT,    0, 0 },
	{ "fast_door",     "Fast door",              CTL_BOOL,    0, 0 },
	{ "sessions_used", "Sessions",               CTL_NUMBER,  0, 0 },
	{ "sessions_max",  "Sessions at most",       CTL_NUMBER,  0, 0 },
	{ "sas_used",      "SAs",                    CTL_NUMBER,  0, 0 },
	{ "sas_max",       "SAs at most",            CTL_NUMBER,  0, 0 },
	{ "hops_used",     "Next hops known",        CTL_NUMBER,  0, 0 },
	{ "routes",        "Pool routes",            CTL_NUMBER,  0, 0 },
	{ NULL, NULL, CTL_TEXT, 0, 0 },
};

static const struct ctl_column port_columns[] = {
	{ "name",          "Port",       CTL_TEXT,        0, 0 },
	{ "role",          "Role",       CTL_TEXT,        0, 0 },
	{ "mode",          "XDP mode",   CTL_TEXT,        0, 0 },
	{ "guard",         "Guard",      CTL_TEXT,        0, 4 },
	{ "zero_copy",     "Zero copy",  CTL_BOOL,        0, 0 },
	{ "queues",        "Queues",     CTL_NUMBER,      0, 0 },
	{ "mtu",           "MTU",        CTL_NUMBER,      0, 0 },
	{ "port",          "Number",     CTL_NUMBER,      0, 2 },
	{ "ifindex",       "Ifindex",    CTL_NUMBER,      0, 3 },
	{ NULL, NULL, CTL_TEXT, 0, 0 },
};

static const struct ctl_column worker_columns[] = {
	{ "workers",       "Workers",    CTL_NUMBER,      0, 0 },
	{ "crypto",        "Crypto",     CTL_TEXT,        0, 0 },
	{ "frames",        "Frames",     CTL_NUMBER,      0, 0 },
	{ NULL, NULL, CTL_TEXT, 0, 0 },
};

static const struct ctl_column process_columns[] = {
	{ "name",          "Process",    CTL_TEXT,        0, 0 },
	{ "pid",           "PID",        CTL_NUMBER,      0, 0 },
	{ "state",         "State",      CTL_TEXT,        0, 0 },
	{ "up_s",          "Up",         CTL_SECONDS,     0, 0 },
	{ "restarts",      "Restarts",   CTL_NUMBER,      0, 0 },
	{ NULL, NULL, CTL_TEXT, 0, 0 },
};

static const struct ctl_column drop_columns[] = {
	{ "packets",       "Packets",    CTL_COUNT,       0, 0 },
	{ "plane",         "Where",      CTL_TEXT,        0, 0 },
	{ "reason",        "Reason",     CTL_TEXT,        0, 0 },
	{ "text",          "Meaning",    CTL_TEXT,       24, 0 },
	{ NULL, NULL, CTL_TEXT, 0, 0 },
};

static const struct ctl_column sample_columns[] = {
	{ "age_s",         "Age",        CTL_SECONDS,     0, 0 },
	{ "reason",        "Reason",     CTL_TEXT,        0, 0 },
	{ "session",       "Session",    CTL_TEXT,        0, 0 },
	{ "port",          "Port",       CTL_TEXT,        6, 0 },
	{ "length",        "Length",     CTL_NUMBER,      0, 1 },
	{ "outer",         "Packet",     CTL_TEXT,       24, 0 },
	{ "text",          "Meaning",    CTL_TEXT,       24, 2 },
	{ NULL, NULL, CTL_TEXT, 0, 0 },
};

static const struct ctl_column config_columns[] = {
	{ "section",       "Section",    CTL_TEXT,        0, 0 },
	{ "key",           "Key",        CTL_TEXT,        0, 0 },
	{ "value",         "Value",      CTL_TEXT,        0, 0 },
	{ NULL, NULL, CTL_TEXT, 0, 0 },
};

static const struct ctl_column cleared_columns[] = {
	{ "name",          "Cleared",    CTL_TEXT,        0, 0 },
	{ "identity",      "Identity",   CTL_TEXT,       20, 0 },
	{ NULL, NULL, CTL_TEXT, 0, 0 },
};

static const struct ctl_column version_columns[] = {
	{ "name",          "Program",    CTL_TEXT,        0, 0 },
	{ "version",       "Version",    CTL_TEXT,        0, 0 },
	{ "abi",           "Map ABI",    CTL_NUMBER,      0, 0 },
	{ NULL, NULL, CTL_TEXT, 0, 0 },
};

static const struct ctl_column pki_columns[] = {
	{ "trustpoint",    "Trustpoint", CTL_TEXT,        0, 0 },
	{ "what",          "What",       CTL_TEXT,        0, 0 },
	{ "subject",       "Subject",    CTL_TEXT,       24, 0 },
	{ "issuer",        "Issuer",     CTL_TEXT,       16, 2 },
	{ "key",           "Key",        CTL_TEXT,        0, 1 },
	{ "from",          "From",       CTL_TEXT,        0, 2 },
	{ "until",         "Until",      CTL_TEXT,        0, 0 },
	{ "status",        "Status",     CTL_TEXT,        0, 0 },
	{ NULL, NULL, CTL_TEXT, 0, 0 },
};

#define TABLE(columns)  { { NULL, NULL, CTL_TABLE, columns } }
#define RECORD(columns) { NULL, NULL, CTL_RECORD, columns }
#define LINES           { { NULL, NULL, CTL_LINES, line_columns } }

/* Commands with the same first word stand together: help and completion read them in this order. */
const struct ctl_command ctl_commands[] = {
	{ .words = "show session",
	  .arguments = { { "detail", "detail", CTL_FLAG }, { "name", "NAME|IDENTITY|ADDRESS", CTL_OPTIONAL } },
	  .views = TABLE(session_columns), .detail = RECORD(session_detail_columns),
	  .nothing = "no client session",
	  .help = "List client sessions, all of them or one, with what they carried.",
	  .run = ctl_run_ask },
	{ .words = "show ikev2 sa",
	  .arguments = { { "detail", "detail", CTL_FLAG }, { "name", "NAME|IDENTITY|ADDRESS", CTL_OPTIONAL } },
	  .views = TABLE(ike_sa_columns), .detail = RECORD(ike_sa_detail_columns),
	  .nothing = "no IKE SA",
	  .help = "List IKE SAs, half-open ones too, all of them or those of a client.",
	  .run = ctl_run_ask },
	{ .words = "show ikev2 stats",
	  .views = { { "total", NULL, CTL_RECORD, ike_stats_columns },
		     { "guard", "Before ike, in XDP", CTL_RECORD, guard_columns },
		     { "exchange", "Exchanges", CTL_TABLE, exchange_columns },
		     { "notify", "Notifies", CTL_TABLE, notify_columns } },
	  .help = "Count logins, refusals, messages and IKE SAs since ike started.",
	  .run = ctl_run_ask },
	{ .words = "show pki trustpoints",
	  .views = TABLE(pki_columns), .nothing = "no trustpoint",
	  .help = "List certificates and CRLs of the trustpoints, and what is wrong.",
	  .run = ctl_run_ask },
	{ .words = "show crypto",
	  .views = TABLE(crypto_columns),
	  .help = "List the algorithms of IKE and ESP, whose code it is, what offers them.",
	  .run = ctl_run_ask },
	{ .words = "show derived-config",
	  .arguments = { { "name", "vaN", CTL_REQUIRED } },
	  .views = LINES,
	  .help = "Show the configuration of a virtual-access: template and login.",
	  .run = ctl_run_ask },
	{ .words = "show plane",
	  .views = { { "plane", NULL, CTL_RECORD, plane_columns },
		     { "port", "Ports", CTL_TABLE, port_columns },
		     { "worker", "Workers", CTL_TABLE, worker_columns },
		     { "process", "Processes", CTL_TABLE, process_columns } },
	  .help = "Show the data plane: programs, ports, workers, crypto, and the processes.",
	  .run = ctl_run_ask },
	{ .words = "show drop",
	  .arguments = { { "samples", "samples", CTL_FLAG }, { "name", "vaN", CTL_OPTIONAL } },
	  .views = { { "count", NULL, CTL_TABLE, drop_columns },
		     { "sample", NULL, CTL_TABLE, sample_columns } },
	  .nothing = "no drop to show",
	  .help = "Count drops by reason, of the gateway or a session; or list samples.",
	  .run = ctl_run_ask },
	{ .words = "show config",
	  .views = { { NULL, NULL, CTL_FILE, config_columns } },
	  .help = "Show the configuration in force, with defaults, as it would be written.",
	  .run = ctl_run_ask },
	{ .words = "trace ike",
	  .arguments = { { "whom", "IDENTITY|ADDRESS", CTL_REQUIRED } },
	  .views = TABLE(trace_columns), .live = true,
	  .help = "Follow the IKE messages of a client, without secrets, until Ctrl-C.",
	  .run = ctl_run_live },
	{ .words = "clear session",
	  .arguments = { { "all", "all", CTL_FLAG }, { "name", "NAME|IDENTITY|ADDRESS", CTL_OPTIONAL } },
	  .one_of = true,
	  .views = TABLE(cleared_columns), .nothing = "no client session",
	  .help = "End sessions: the client is told. all: also logins that are under way.",
	  .run = ctl_run_ask },
	{ .words = "config check",
	  .arguments = { { "file", "FILE", CTL_OPTIONAL } },
	  .views = LINES,
	  .help = "Check a configuration file, and the secrets it names, without using it.",
	  .run = ctl_run_check },
	{ .words = "config reload",
	  .views = LINES,
	  .help = "Read the configuration again. Sessions stay; a wrong file changes nothing.",
	  .run = ctl_run_ask },
	{ .words = "version",
	  .views = TABLE(version_columns),
	  .help = "Show the versions of flexctl and of the running flexd.",
	  .run = ctl_run_version },
	{ .words = "help",
	  .arguments = { { "words", "COMMAND", CTL_REST } },
	  .views = LINES,
	  .help = "Show all commands, or one with its arguments and fields.",
	  .run = ctl_run_help },
};
/* clang-format on */

const size_t ctl_command_count = sizeof(ctl_commands) / sizeof(ctl_commands[0]);

const char *ctl_synopsis(const struct ctl_command *command, char *buf, size_t cap)
{
	const struct ctl_argument *a;
	size_t n = (size_t)snprintf(buf, cap, "%s", command->words);

	for (a = command->arguments; a->key && n < cap; a++) {
		const char *open = "[", *close = "]";

		if (command->one_of) {
			open = a == command->arguments ? "(" : "|";
			close = a[1].key ? "" : ")";
		} else if (a->kind == CTL_REQUIRED) {
			open = close = "";
		}
		n += (size_t)snprintf(buf + n, cap - n, "%s%s%s%s", *open == '|' ? "" : " ", open,
				      a->text, close);
	}
	return buf;
}

void ctl_fail(struct ctl_error *error, const char *hint, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(error->text, sizeof(error->text), format, ap);
	va_end(ap);
	snprintf(error->hint, sizeof(error->hint), "%s", hint ? hint : "");
}
