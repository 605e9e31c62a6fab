// SPDX-License-Identifier: BSD-2-Clause
/* show crypto: the algorithms of IKE as ike has them, those of ESP as the workers do. */
#include "session/control.h"

#include <string.h>

static void put(struct ctl_client *client, const char *kind, const char *name, const char *library,
		const char *offered)
{
	json_t *row = json_object();

	ctl_set_text(row, "kind", kind);
	ctl_set_text(row, "name", name);
	ctl_set_text(row, "library", library);
	ctl_set_text(row, "offered", offered);
	ctl_row(client, row);
}

static void ike_algorithm(struct ctl_client *client, const void *body)
{
	const struct msg_algorithm_row *row = body;

	put(client, row->kind, row->name, row->library, row->offered);
}

static bool has_suite(const struct conf_ipsec_profile *profile, uint16_t suite)
{
	for (size_t i = 0; i < profile->suite_count; i++)
		if ((profile->suite[i] & ~CONF_ESP_ESN) == suite)
			return true;
	return false;
}

/* Which [ipsec-profile]s have this suite. */
static const char *offered_by(const struct conf *conf, uint16_t suite, char *buf, size_t cap)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < conf->ipsec_profile_count; i++) {
		const struct conf_ipsec_profile *profile = &conf->ipsec_profiles[i];

		if (has_suite(profile, suite) && used + strlen(profile->name) + 2 < cap)
			used += (size_t)snprintf(buf + used, cap - used, "%s%s", used ? " " : "",
						 profile->name);
	}
	return buf;
}

static void esp_rows(struct ctl_client *client, const struct msg_ike_stats *stats)
{
	const struct broker *broker = ctl_broker(client);
	char offered[256];

	(void)stats;
	for (uint16_t suite = 1; suite < FG_ESP_SUITE_MAX; suite++)
		put(client, "esp", ctl_esp_suite_text(suite), broker->worker_info.crypto,
		    offered_by(broker->conf, suite, offered, sizeof(offered)));
	ctl_ok(client);
}

void ctl_show_crypto(struct ctl_client *client)
{
	static const struct ctl_ike ask = { .what = MSG_SHOW_CRYPTO,
					    .row = ike_algorithm,
					    .stats = esp_rows };

	ctl_ask_ike(client, &ask);
}
