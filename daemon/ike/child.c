// SPDX-License-Identifier: BSD-2-Clause
#include "ike/child.h"

#include "core/secret.h"
#include "ike/nat.h"
#include "ike/sa.h"
#include "ike/ts.h"

#include <stdlib.h>

_Static_assert((int)MSG_SELECTORS_MAX >= (int)IKE_SELECTORS_MAX, "every selector has room");

bool ike_child_request(const struct ikesa *sa, const struct ike_esp_choice *choice,
		       struct ike_bytes ni, struct ike_bytes nr, struct msg_sa_add *add)
{
	*add = (struct msg_sa_add){
		.ike = sa->handle,
		.session = sa->session,
		.spi_out = choice->spi,
		.suite = choice->suite,
		.esn = choice->esn,
		.udp = ike_nat_udp(sa),
		.use_now = true,
	};
	/* The client is the initiator of this exchange: what it sends comes in. */
	if (ike_child_keys(&sa->keys, ni, nr, choice->suite, &add->in, &add->out))
		return true;
	wipe(add, sizeof(*add));
	return false;
}

static uint32_t put_selectors(const struct ike_ts *ts, struct msg_selector to[MSG_SELECTORS_MAX])
{
	for (size_t i = 0; i < ts->count; i++) {
		const struct ike_selector *s = &ts->selector[i];

		to[i] = (struct msg_selector){ .first = s->first,
					       .last = s->last,
					       .port_first = s->port_first,
					       .port_last = s->port_last,
					       .protocol = s->protocol };
	}
	return ts->count;
}

void ike_child_selectors(const struct ike_ts *client, const struct ike_ts *net,
			 struct msg_sa_add *add)
{
	add->client_count = put_selectors(client, add->client);
	add->net_count = put_selectors(net, add->net);
	ike_ts_text(client, net, add->ts, sizeof(add->ts));
}

bool ike_child_add(struct ikesa *sa, const struct ike_esp_choice *choice, __be32 spi_in)
{
	struct ike_child *child = malloc(sizeof(*child));

	if (!child)
		return false;
	*child = (struct ike_child){
		.next = sa->child,
		.spi_in = spi_in,
		.spi_out = choice->spi,
		.suite = choice->suite,
	};
	sa->child = child;
	return true;
}

bool ike_child_del(struct ikesa *sa, __be32 spi_out, __be32 *spi_in)
{
	for (struct ike_child **at = &sa->child; *at; at = &(*at)->next) {
		struct ike_child *child = *at;

		if (child->spi_out != spi_out)
			continue;
		*spi_in = child->spi_in;
		*at = child->next;
		free(child);
		return true;
	}
	return false;
}

void ike_child_free_all(struct ikesa *sa)
{
	while (sa->child) {
		struct ike_child *next = sa->child->next;

		free(sa->child);
		sa->child = next;
	}
}
