// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the operator sees of the core.
 */
#include "ike/client.h"
#include "ike/core.h"
#include "ike/mobike.h"
#include "ike/task.h"

#include <stdio.h>

void ike_stats(const struct ike_core *core, struct msg_ike_stats *stats)
{
	*stats = core->stats;
	stats->half_open = core->half_open;
	stats->established = core->gauge[IKE_STATE_ESTABLISHED];
}

/* A word more in a list, as long as there is room. */
static void add_word(char *list, size_t cap, const char *word)
{
	size_t used = strlen(list);

	if (used + strlen(word) + 2 < cap)
		snprintf(list + used, cap - used, "%s%s", used ? " " : "", word);
}

static void fill_agreed(const struct ikesa *sa, char *list, size_t cap)
{
	char mtu[32];

	snprintf(mtu, sizeof(mtu), "fragmentation-%u", sa->fragment_mtu);
	if (sa->fragment_mtu)
		add_word(list, cap, mtu);
	if (sa->mobike)
		add_word(list, cap, "mobike");
}

static void fill_proof(const struct ikesa *sa, char *text, size_t cap)
{
	struct ike_name theirs, ours;

	snprintf(text, cap, "client by %s, gateway by %s",
		 ike_auth_method_name(sa->peer_method, &theirs),
		 ike_auth_method_name(sa->own_method, &ours));
}

/* Seconds from now, 0: never. */
static uint32_t left_s(const struct ike_core *core, uint64_t at_ms)
{
	uint64_t now = ike_now(core);

	return at_ms == IKE_NEVER ? 0 : at_ms > now ? (uint32_t)((at_ms - now + 999) / 1000) : 1;
}

static void fill_life(const struct ike_core *core, const struct ikesa *sa,
		      struct msg_ike_sa_row *row)
{
	uint64_t expire = sa->due_ms[IKE_DUE_EXPIRE], session = sa->due_ms[IKE_DUE_SESSION];

	row->login_s = (uint32_t)((ike_now(core) - sa->login_ms) / 1000);
	row->rekeys = sa->rekeys;
	row->rekey_s = left_s(core, sa->due_ms[IKE_DUE_REKEY]);
	row->ends_s = left_s(core, expire < session ? expire : session);
	row->children = (uint32_t)ike_child_count(sa);
}

static void fill_detail(const struct ike_core *core, const struct ikesa *sa,
			struct msg_ike_sa_row *row)
{
	const struct conf_profile *profile = ike_profile_of(core, sa);

	snprintf(row->client, sizeof(row->client), "%s", ike_client_name(sa));
	for (enum ike_vendor vendor = 0; vendor < IKE_VENDORS; vendor++)
		if (ike_client_sent(sa, vendor))
			add_word(row->vendors, sizeof(row->vendors), ike_vendor_name(vendor));
	fill_agreed(sa, row->agreed, sizeof(row->agreed));
	fill_life(core, sa, row);
	row->mobike = sa->mobike != NULL;
	row->moves = sa->mobike ? sa->mobike->moves : 0;
	if (profile) {
		row->ours = (struct msg_identity){ .type = (uint8_t)profile->local.type,
						   .len = profile->local.len };
		memcpy(row->ours.data, profile->local.data, profile->local.len);
	}
	if (sa->own)
		snprintf(row->asking, sizeof(row->asking), "%s", ike_task_name(sa->own_task));
	row->heard_s = (uint32_t)((ike_now(core) - sa->heard_ms) / 1000);
	row->next_in = sa->request_next;
	row->next_out = sa->own_next;
}

static void fill(const struct ike_core *core, const struct ikesa *sa, struct msg_ike_sa_row *row)
{
	*row = (struct msg_ike_sa_row){
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.peer = sa->path.peer,
		.local = sa->path.local,
		.session = sa->session,
		.age_s = (uint32_t)((ike_now(core) - sa->made_ms) / 1000),
		.peer_behind_nat = sa->peer_nat,
		.local_behind_nat = sa->local_nat,
	};
	snprintf(row->state, sizeof(row->state), "%s", ike_state_name(sa->state));
	if (sa->keyed)
		ike_suite_text(&sa->keys.suite, row->suite);
	else if (sa->opening)
		ike_suite_text(&sa->opening->suite, row->suite);
	fill_detail(core, sa, row);
	/* Before that it is only what somebody says. */
	if (ike_state_in(sa->state, IKE_AUTHENTICATED | IKE_IN(IKE_STATE_DELETING))) {
		row->remote = sa->remote;
		memcpy(row->profile, sa->profile, sizeof(row->profile));
		fill_proof(sa, row->proof, sizeof(row->proof));
	}
}

bool ike_rows(const struct ike_core *core, size_t *slot, size_t count,
	      void (*row)(void *arg, const struct msg_ike_sa_row *row), void *arg)
{
	size_t given = 0;

	for (; *slot < core->by_spi.cap; (*slot)++) {
		if (given >= count)
			return false;
		for (struct table_link *link = core->by_spi.slots[*slot]; link; link = link->next) {
			const struct ikesa *sa = container_of(link, struct ikesa, by_spi);
			struct msg_ike_sa_row one;

			if (ike_state_in(sa->state, IKE_OVER | IKE_IN(IKE_STATE_NEW)))
				continue;
			fill(core, sa, &one);
			row(arg, &one);
			given++;
		}
	}
	return true;
}
