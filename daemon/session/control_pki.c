// SPDX-License-Identifier: BSD-2-Clause
/* show pki trustpoints: ike holds the certificates and says what it has. */
#include "session/control.h"

#include <string.h>
#include <time.h>

/* "2027-01-15 08:00:00Z". */
static const char *time_text(int64_t seconds, char *buf, size_t cap)
{
	time_t time = (time_t)seconds;
	struct tm tm;

	if (seconds == INT64_MAX || !gmtime_r(&time, &tm) ||
	    !strftime(buf, cap, "%Y-%m-%d %H:%M:%SZ", &tm))
		return NULL;
	return buf;
}

static void pki_row(struct ctl_client *client, const void *body)
{
	const struct msg_pki_row *pki = body;
	json_t *row = json_object();
	char text[32];

	ctl_set_text(row, "trustpoint", pki->trustpoint);
	ctl_set_text(row, "what", pki->what);
	ctl_set_text(row, "subject", pki->subject);
	ctl_set_text(row, "issuer", pki->issuer);
	ctl_set_text(row, "key", pki->key);
	if (pki->until) {
		ctl_set_text(row, "from", time_text(pki->from, text, sizeof(text)));
		ctl_set_text(row, "until", time_text(pki->until, text, sizeof(text)));
	}
	if (!strcmp(pki->what, "crl"))
		json_object_set_new(
			row, "age_s",
			json_integer((json_int_t)((uint64_t)time(NULL) - (uint64_t)pki->from)));
	ctl_set_text(row, "status", pki->status);
	ctl_row(client, row);
}

void ctl_show_pki(struct ctl_client *client)
{
	static const struct ctl_ike ask = { .what = MSG_SHOW_PKI, .row = pki_row };

	ctl_ask_ike(client, &ask);
}
