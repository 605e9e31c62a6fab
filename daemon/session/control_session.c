// SPDX-License-Identifier: BSD-2-Clause
/* flexctl's view of client sessions. */
#include "session/control.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *name_of(const struct session *session, char buf[16])
{
	snprintf(buf, 16, "va%u", session->id);
	return buf;
}

static bool is_address(const struct session *session, const struct fg_ip *ip)
{
	return (session->inner4 && ip_to4(ip) == session->inner4) ||
	       ip_equal(ip, &session->inner6) || ip_equal(ip, &session->peer.ip);
}

/* The session that has this number; NULL: there is none. */
static const struct session *by_name(const struct sessions *sessions, const char *name)
{
	const struct session *session = NULL;
	char text[16];

	if (strncmp(name, "va", 2) == 0)
		session = session_by_id(sessions, (uint32_t)strtoul(name + 2, NULL, 10));
	return session && strcmp(name, name_of(session, text)) == 0 ? session : NULL;
}

/* A client may call itself va7: who asks for va7 means the one that flexd calls so. */
bool ctl_means(const struct session *session, const char *name)
{
	const struct session *named = by_name(session->sessions, name);
	char text[CTL_IDENTITY_MAX];
	struct fg_ip ip;

	if (named)
		return session == named;
	if (ip_parse(name, &ip) && !ip_is_zero(&ip) && is_address(session, &ip))
		return true;
	conf_identity_text(session->id_type, session->identity, session->id_len, text,
			   sizeof(text));
	if (strcmp(name, text) == 0)
		return true;
	session_identity(session->id_type, session->identity, session->id_len, text, sizeof(text));
	return strcmp(name, text) == 0;
}

struct session *ctl_next_meant(const struct ctl_client *client, uint32_t after)
{
	const struct sessions *sessions = ctl_broker(client)->sessions;
	const char *name = ctl_text(client, "name");
	struct session *session = session_next(sessions, after);

	while (session && name && !ctl_means(session, name))
		session = session_next(sessions, session->id);
	return session;
}

static void fail_no_match(struct ctl_client *client)
{
	ctl_fail(client, "flexctl show session lists what there is",
		 "no session is called '%.200s', has this identity or this address",
		 ctl_text(client, "name"));
}

struct session *ctl_only_meant(struct ctl_client *client)
{
	struct session *session = ctl_next_meant(client, 0), *other;
	char name[16], other_name[16];

	if (!session) {
		fail_no_match(client);
		return NULL;
	}
	other = ctl_next_meant(client, session->id);
	if (!other)
		return session;
	ctl_fail(client, "flexctl show session lists them; name one",
		 "'%.200s' means more than one session: %s and %s", ctl_text(client, "name"),
		 name_of(session, name), name_of(other, other_name));
	return NULL;
}

static void no_more(struct ctl_client *client)
{
	if (ctl_text(client, "name") && !ctl_has_rows(client))
		fail_no_match(client);
	else
		ctl_ok(client);
}

/* --- show session --- */

static void set_drops(const struct ctl_client *client, json_t *row, uint32_t id)
{
	json_t *drops = json_object();
	struct fg_drop drop;

	plane_drops(ctl_broker(client)->plane, id, &drop);
#define FG_DROP(number, name, text)                                                                \
	if (drop.name)                                                                             \
		ctl_set_number(drops, #name, drop.name);
#include <flexgate/drop.def>
	json_object_set_new(row, "drops", drops);
}

const char *ctl_esp_suite_text(uint16_t suite)
{
	static const char *const words[FG_ESP_SUITE_MAX] = {
		[FG_ESP_AES_GCM_128] = "aes-gcm-128",
		[FG_ESP_AES_GCM_256] = "aes-gcm-256",
		[FG_ESP_CHACHA20_POLY1305] = "chacha20-poly1305",
		[FG_ESP_AES_CBC_128_SHA256] = "aes-cbc-128 hmac-sha2-256-128",
		[FG_ESP_AES_CBC_256_SHA256] = "aes-cbc-256 hmac-sha2-256-128",
		[FG_ESP_AES_CBC_128_SHA1] = "aes-cbc-128 hmac-sha1-96",
		[FG_ESP_AES_CBC_256_SHA1] = "aes-cbc-256 hmac-sha1-96",
	};

	return suite < FG_ESP_SUITE_MAX ? words[suite] : NULL;
}

static void set_spi(json_t *row, const char *key, __be32 spi)
{
	char text[16];

	if (!spi)
		return;
	snprintf(text, sizeof(text), "0x%08x", (unsigned)ntohl(spi));
	ctl_set_text(row, key, text);
}

static const char *sa_state_text(const struct session_sa *sa, bool in_use)
{
	switch (sa->state) {
	case SESSION_SA_RESERVED:
		return "reserved";
	case SESSION_SA_UP:
		return in_use ? "in use" : "standby";
	case SESSION_SA_DRAINING:
		return "draining";
	case SESSION_SA_EXPIRED:
		return "expired";
	}
	return NULL;
}

static json_t *sa_row(const struct session_sa *sa, const struct plane_sa_state *now)
{
	json_t *row = json_object();

	set_spi(row, "spi_in", sa->spi_in);
	set_spi(row, "spi_out", sa->spi_out);
	ctl_set_text(row, "state", sa_state_text(sa, now->in_use));
	ctl_set_text(row, "suite", ctl_esp_suite_text(sa->suite));
	if (sa->suite)
		ctl_set_text(row, "sequence", sa->esn ? "esn" : "32 bits");
	ctl_set_number(row, "age_s", (clock_ms() - sa->made_ms) / 1000);
	ctl_set_number(row, "rekeys", sa->rekeys);
	ctl_set_number(row, "rx_packets", now->in_packets);
	ctl_set_number(row, "rx_bytes", now->in_bytes);
	ctl_set_number(row, "tx_packets", now->out_seq);
	ctl_set_number(row, "tx_bytes", now->out_bytes);
	if (sa->life_bytes)
		ctl_set_number(row, "life_bytes", sa->life_bytes);
	if (sa->life_packets)
		ctl_set_number(row, "life_packets", sa->life_packets);
	ctl_set_text(row, "ts", sa->ts);
	return row;
}

/* Every SA; of the one that carries what goes to the client the most important stands in the row
 * itself, too. */
static void set_sas(json_t *row, const struct session *session)
{
	const struct session_sa *shown = NULL;
	json_t *sas = json_array();
	struct plane_sa_state now;

	for (const struct session_sa *sa = session->sas; sa; sa = sa->next) {
		session_sa_now(sa, &now);
		if (now.in_use || (!shown && sa->state == SESSION_SA_UP))
			shown = sa;
		json_array_append_new(sas, sa_row(sa, &now));
	}
	if (shown) {
		ctl_set_text(row, "esp_suite", ctl_esp_suite_text(shown->suite));
		set_spi(row, "spi_in", shown->spi_in);
		set_spi(row, "spi_out", shown->spi_out);
		ctl_set_text(row, "encapsulation", session->udp ? "udp" : "esp");
		ctl_set_text(row, "ts", shown->ts);
	}
	json_object_set_new(row, "sas", sas);
}

static void set_detail(const struct ctl_client *client, json_t *row, const struct session *session)
{
	char text[32];

	ctl_set_text(row, "ike_suite", session->ike_suite);
	set_sas(row, session);
	ctl_set_number(row, "rekeys", session->rekeys);
	ctl_set_number(row, "moves", session->moves);
	snprintf(text, sizeof(text), "%u", session->access.template_number);
	ctl_set_text(row, "template", text);
	ctl_set_number(row, "mtu", session->access.mtu);
	if (session->access.mss4)
		ctl_set_number(row, "mss4", session->access.mss4);
	if (session->access.mss6)
		ctl_set_number(row, "mss6", session->access.mss6);
	json_object_set_new(row, "peer_behind_nat", json_boolean(session->peer_behind_nat));
	ctl_set_number(row, "generation", plane_generation(ctl_broker(client)->plane, session->id));
	set_drops(client, row, session->id);
}

static json_t *session_row(const struct ctl_client *client, const struct session *session)
{
	json_t *row = json_object();
	char text[CTL_IDENTITY_MAX];
	struct fg_ip ip = ip_from4(session->inner4);
	struct fg_count count;

	plane_count(ctl_broker(client)->plane, session->id, &count);
	ctl_set_text(row, "name", name_of(session, text));
	ctl_set_text(row, "identity",
		     session_identity(session->id_type, session->identity, session->id_len, text,
				      sizeof(text)));
	ctl_set_text(row, "profile", session->profile);
	if (session->inner4)
		ctl_set_text(row, "inner4", ip_text(&ip, text));
	if (!ip_is_zero(&session->inner6))
		ctl_set_text(row, "inner6", ip_text(&session->inner6, text));
	ctl_set_text(row, "peer", endpoint_text(&session->peer, text));
	ctl_set_text(row, "local", endpoint_text(&session->local, text));
	ctl_set_text(row, "state", session_state_text(session->state));
	ctl_set_number(row, "up_s", (clock_ms() - session->begun_ms) / 1000);
	ctl_set_number(row, "rx_packets", count.rx_packets);
	ctl_set_number(row, "rx_bytes", count.rx_bytes);
	ctl_set_number(row, "tx_packets", count.tx_packets);
	ctl_set_number(row, "tx_bytes", count.tx_bytes);
	if (ctl_flag(client, "detail"))
		set_detail(client, row, session);
	return row;
}

static void session_step(struct ctl_client *client, uint32_t *cursor)
{
	struct session *session = ctl_next_meant(client, *cursor);

	if (!session) {
		no_more(client);
		return;
	}
	*cursor = session->id;
	ctl_row(client, session_row(client, session));
}

void ctl_show_session(struct ctl_client *client)
{
	ctl_steps(client, session_step);
}

/* --- show derived-config --- */

void ctl_show_derived_config(struct ctl_client *client)
{
	struct session *session;
	const char *line, *end;

	if (!ctl_text(client, "name")) {
		ctl_fail(client, "flexctl show derived-config va1", "the session is not named");
		return;
	}
	session = ctl_only_meant(client);
	if (!session)
		return;
	for (line = session->derived; line && *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			break;
		ctl_row(client, json_pack("{s:s%}", "line", line, (size_t)(end - line)));
	}
	ctl_ok(client);
}

/* --- clear session --- */

/* All: also those who are about to log in. Without ike there are none. */
static void clear_rest(const struct ctl_client *client)
{
	if (ctl_flag(client, "all"))
		supervise_to_ike(ctl_broker(client), MSG_CLEAR_REST, NULL, 0);
}

static void clear_step(struct ctl_client *client, uint32_t *cursor)
{
	struct session *session = ctl_next_meant(client, *cursor);
	char name[16], identity[CTL_IDENTITY_MAX];

	if (!session) {
		clear_rest(client);
		no_more(client);
		return;
	}
	*cursor = session->id;
	ctl_row(client, json_pack("{s:s, s:s}", "name", name_of(session, name), "identity",
				  session_identity(session->id_type, session->identity,
						   session->id_len, identity, sizeof(identity))));
	session_clear(ctl_broker(client)->sessions, session, FG_CAUSE_operator_clear);
}

void ctl_clear_session(struct ctl_client *client)
{
	if (ctl_flag(client, "all") == (ctl_text(client, "name") != NULL)) {
		ctl_fail(client, "flexctl clear session va1, or: flexctl clear session all",
			 "name one session, or say all");
		return;
	}
	ctl_steps(client, clear_step);
}
