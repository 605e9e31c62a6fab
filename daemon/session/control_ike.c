// SPDX-License-Identifier: BSD-2-Clause
/* flexctl's view of ike: IKE SAs, statistics, traces. */
#include "session/control.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* --- show ikev2 sa --- */

static const char *nat_text(const struct msg_ike_sa_row *sa)
{
	if (sa->peer_behind_nat)
		return sa->local_behind_nat ? "both" : "client";
	return sa->local_behind_nat ? "gateway" : NULL;
}

static const char *identity_text(const struct msg_identity *id, char *buf, size_t cap)
{
	return id->len ? session_identity(id->type, id->data, id->len, buf, cap) : "";
}

/* Does the question mean this SA? By what its session is called, identity, or outer address. */
static bool meant(const struct ctl_client *client, const struct msg_ike_sa_row *sa)
{
	const char *name = ctl_text(client, "name");
	const struct session *session = session_by_id(ctl_broker(client)->sessions, sa->session);
	char text[CTL_IDENTITY_MAX];
	struct fg_ip ip;

	return !name || (session && ctl_means(session, name)) ||
	       (ip_parse(name, &ip) && ip_equal(&ip, &sa->peer.ip)) ||
	       strcmp(name, identity_text(&sa->remote, text, sizeof(text))) == 0;
}

static void set_detail(json_t *row, const struct msg_ike_sa_row *sa)
{
	const struct {
		const char *key, *text;
	} texts[] = {
		{ "client", sa->client }, { "vendors", sa->vendors }, { "proof", sa->proof },
		{ "agreed", sa->agreed }, { "asking", sa->asking },
	};
	char text[CTL_IDENTITY_MAX];

	ctl_set_text(row, "ours", identity_text(&sa->ours, text, sizeof(text)));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ctl_set_text(row, texts[i].key, texts[i].text);
	ctl_set_number(row, "login_s", sa->login_s);
	ctl_set_number(row, "rekeys", sa->rekeys);
	ctl_set_number(row, "children", sa->children);
	if (sa->rekey_s)
		ctl_set_number(row, "rekey_s", sa->rekey_s);
	if (sa->ends_s)
		ctl_set_number(row, "ends_s", sa->ends_s);
	if (sa->mobike)
		ctl_set_number(row, "moves", sa->moves);
	ctl_set_number(row, "heard_s", sa->heard_s);
	ctl_set_number(row, "next_in", sa->next_in);
	ctl_set_number(row, "next_out", sa->next_out);
}

static void ike_row(struct ctl_client *client, const void *body)
{
	const struct msg_ike_sa_row *sa = body;
	json_t *row = meant(client, sa) ? json_object() : NULL;
	char text[CTL_IDENTITY_MAX];

	if (!row)
		return;
	snprintf(text, sizeof(text), "%016" PRIx64, sa->spi_i);
	ctl_set_text(row, "spi_i", text);
	snprintf(text, sizeof(text), "%016" PRIx64, sa->spi_r);
	ctl_set_text(row, "spi_r", text);
	ctl_set_text(row, "peer", endpoint_text(&sa->peer, text));
	ctl_set_text(row, "local", endpoint_text(&sa->local, text));
	ctl_set_text(row, "identity", identity_text(&sa->remote, text, sizeof(text)));
	ctl_set_text(row, "state", sa->state);
	ctl_set_text(row, "profile", sa->profile);
	ctl_set_text(row, "suite", sa->suite);
	if (sa->session) {
		snprintf(text, sizeof(text), "va%u", sa->session);
		ctl_set_text(row, "session", text);
	}
	ctl_set_number(row, "age_s", sa->age_s);
	ctl_set_text(row, "nat", nat_text(sa));
	if (ctl_flag(client, "detail"))
		set_detail(row, sa);
	ctl_row(client, row);
}

static void end_of_rows(struct ctl_client *client, const struct msg_ike_stats *stats)
{
	const char *name = ctl_text(client, "name");

	(void)stats;
	if (name && !ctl_has_rows(client))
		ctl_fail(client, "flexctl show ikev2 sa lists what there is",
			 "no IKE SA belongs to '%.200s'", name);
	else
		ctl_ok(client);
}

void ctl_show_ikev2_sa(struct ctl_client *client)
{
	static const struct ctl_ike ask = { .what = MSG_SHOW_SAS,
					    .row = ike_row,
					    .stats = end_of_rows };

	ctl_ask_ike(client, &ask);
}

/* --- show ikev2 stats --- */

static void tally_row(struct ctl_client *client, const void *body)
{
	const struct msg_ike_tally *tally = body;
	json_t *row = json_object();

	if (tally->kind == MSG_TALLY_NOTIFY) {
		ctl_set_text(row, "kind", "notify");
		ctl_set_text(row, "notify", tally->name);
		ctl_set_number(row, "received", tally->requests_in);
		ctl_set_number(row, "sent", tally->requests_out);
	} else {
		ctl_set_text(row, "kind", "exchange");
		ctl_set_text(row, "exchange", tally->name);
		ctl_set_number(row, "requests_in", tally->requests_in);
		ctl_set_number(row, "answers_out", tally->answers_out);
		ctl_set_number(row, "requests_out", tally->requests_out);
		ctl_set_number(row, "answers_in", tally->answers_in);
	}
	ctl_row(client, row);
}

/* What XDP did before a datagram came to ike. */
static void guard_row(struct ctl_client *client)
{
	json_t *row = json_object();
	struct plane_guard guard;

	plane_guard(ctl_broker(client)->plane, &guard);
	ctl_set_text(row, "kind", "guard");
	json_object_set_new(row, "cookies_demanded", json_boolean(guard.demanded));
	ctl_set_number(row, "requests", guard.requests);
	ctl_set_number(row, "cookies_sent", guard.cookies_sent);
	ctl_set_number(row, "cookies_accepted", guard.cookies_accepted);
	ctl_set_number(row, "cookies_wrong", guard.cookies_wrong);
	ctl_row(client, row);
}

static void stats_row(struct ctl_client *client, const struct msg_ike_stats *stats)
{
	json_t *row = json_object();

	ctl_set_text(row, "kind", "total");
#define FG_IKE_STAT(name, title) ctl_set_number(row, #name, stats->name);
#include <flexgate/ikestat.def>
	ctl_row(client, row);
	guard_row(client);
	ctl_ok(client);
}

void ctl_show_ikev2_stats(struct ctl_client *client)
{
	static const struct ctl_ike ask = { .what = MSG_SHOW_TALLIES,
					    .row = tally_row,
					    .stats = stats_row };

	ctl_ask_ike(client, &ask);
}

/* --- trace ike --- */

void ctl_trace_ike(struct ctl_client *client)
{
	const char *whom = ctl_text(client, "whom");
	struct msg_ike_trace trace = { 0 };

	if (!whom || !whom[0] || strlen(whom) >= sizeof(trace.whom)) {
		ctl_fail(client,
			 "flexctl trace ike alice@example.org, or: flexctl trace ike 192.0.2.7",
			 "say whom to follow: an identity or an outer address");
		return;
	}
	snprintf(trace.whom, sizeof(trace.whom), "%s", whom);
	ctl_trace(client, &trace);
}

void ctl_trace_row(struct ctl_client *client, const char *text)
{
	char at[16];
	struct timespec now;
	struct tm tm;
	json_t *row = json_object();

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	snprintf(at, sizeof(at), "%02d:%02d:%02d.%03d", tm.tm_hour, tm.tm_min, tm.tm_sec,
		 (int)(now.tv_nsec / 1000000));
	ctl_set_text(row, "at", at);
	ctl_set_text(row, "line", text);
	ctl_row(client, row);
}
