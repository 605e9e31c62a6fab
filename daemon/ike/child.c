// SPDX-License-Identifier: BSD-2-Clause
#include "ike/child.h"

#include "core/secret.h"
#include "ike/core.h"
#include "ike/create.h"
#include "ike/life.h"
#include "ike/nat.h"
#include "ike/ts.h"

#include <errno.h>
#include <stdlib.h>

_Static_assert((int)MSG_SELECTORS_MAX >= (int)IKE_SELECTORS_MAX, "every selector has room");

struct ike_child *ike_child_in(const struct ikesa *sa, __be32 spi_in)
{
	struct ike_child *child = sa->child;

	while (child && child->spi_in != spi_in)
		child = child->next;
	return spi_in ? child : NULL;
}

struct ike_child *ike_child_out(const struct ikesa *sa, __be32 spi_out)
{
	struct ike_child *child = sa->child;

	while (child && child->spi_out != spi_out)
		child = child->next;
	return child;
}

size_t ike_child_count(const struct ikesa *sa)
{
	size_t count = 0;

	for (const struct ike_child *child = sa->child; child; child = child->next)
		count += child->state != IKE_CHILD_DELETING && !child->redundant &&
			 !ike_child_in(sa, child->heir);
	return count;
}

struct ike_child *ike_child_new(struct ike_core *core, struct ikesa *sa,
				const struct ike_esp_choice *choice, __be32 spi_in,
				const struct ike_ts *client, const struct ike_ts *net)
{
	size_t count = (size_t)client->count + net->count;
	struct ike_child *child = calloc(1, sizeof(*child) + count * sizeof(child->selector[0]));

	if (!child)
		return NULL;
	child->next = sa->child;
	child->state = IKE_CHILD_INSTALLED;
	child->spi_in = spi_in;
	child->spi_out = choice->spi;
	child->suite = choice->suite;
	child->group = choice->group;
	memcpy(child->additional, choice->additional.method, sizeof(child->additional));
	child->made_ms = ike_now(core);
	child->client_count = client->count;
	child->net_count = net->count;
	memcpy(child->selector, client->selector, client->count * sizeof(child->selector[0]));
	memcpy(child->selector + client->count, net->selector,
	       net->count * sizeof(child->selector[0]));
	for (int i = 0; i < IKE_CHILD_DUES; i++)
		child->due_ms[i] = IKE_NEVER;
	sa->child = child;
	return child;
}

/* Is our request for another one in its place still out? */
static bool asking(const struct ikesa *sa, const struct ike_child *child)
{
	return sa->create && !sa->create->ike && sa->create->old_in == child->spi_in;
}

void ike_child_free(struct ike_core *core, struct ikesa *sa, struct ike_child *child)
{
	struct ike_child **at = &sa->child;

	while (*at != child)
		at = &(*at)->next;
	*at = child->next;
	for (struct ike_child *other = sa->child; other; other = other->next)
		if (other->heir == child->spi_in) {
			other->heir = 0;
			other->due_ms[IKE_CHILD_LEFT] = IKE_NEVER;
			if (other->state == IKE_CHILD_REPLACED ||
			    (other->state == IKE_CHILD_REKEYING && !asking(sa, other)))
				ike_life_again(core, other);
		}
	if (child->spare)
		ike_child_stop(core, sa, child->spare, 0);
	free(child);
	ike_child_rearm(core, sa);
}

void ike_child_free_all(struct ikesa *sa)
{
	while (sa->child) {
		struct ike_child *next = sa->child->next;

		free(sa->child);
		sa->child = next;
	}
}

void ike_child_selectors(const struct ike_child *child, struct ike_ts *client, struct ike_ts *net)
{
	*client = (struct ike_ts){ .count = child->client_count };
	*net = (struct ike_ts){ .count = child->net_count };
	memcpy(client->selector, child->selector, client->count * sizeof(client->selector[0]));
	memcpy(net->selector, child->selector + client->count,
	       net->count * sizeof(net->selector[0]));
}

void ike_child_rearm(struct ike_core *core, struct ikesa *sa)
{
	uint64_t at_ms = IKE_NEVER;

	for (const struct ike_child *child = sa->child; child; child = child->next)
		for (int i = 0; i < IKE_CHILD_DUES; i++)
			if (child->due_ms[i] < at_ms)
				at_ms = child->due_ms[i];
	ike_due_at(core, sa, IKE_DUE_CHILD, at_ms);
}

void ike_child_due_at(struct ike_core *core, struct ikesa *sa, struct ike_child *child,
		      enum ike_child_due due, uint64_t at_ms)
{
	child->due_ms[due] = at_ms;
	ike_child_rearm(core, sa);
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

int ike_child_install(struct ike_core *core, const struct ikesa *sa, const struct ike_install *i)
{
	struct msg_sa_add add = {
		.ike = sa->handle,
		.session = sa->session,
		.spi_in = i->spi_in,
		.spi_out = i->esp->spi,
		.replaces = i->replaces,
		.suite = i->esp->suite,
		.esn = i->esp->esn,
		.udp = ike_nat_udp(sa),
		.use_now = i->use_now,
	};
	int error = -EINVAL;

	ike_life_volume(core, sa, &add);
	add.client_count = put_selectors(i->client, add.client);
	add.net_count = put_selectors(i->net, add.net);
	ike_ts_text(i->client, i->net, add.ts, sizeof(add.ts));
	/* What the initiator of the exchange sends has the first keys. */
	if (ike_child_keys(&sa->keys, &i->from, i->esp->suite, i->ours ? &add.out : &add.in,
			   i->ours ? &add.in : &add.out))
		error = core->env.to_broker(core->env.arg, MSG_SA_ADD, &add, sizeof(add));
	wipe(&add, sizeof(add));
	return error;
}

void ike_child_use(struct ike_core *core, const struct ikesa *sa, const struct ike_child *child)
{
	const struct msg_sa_use use = {
		.ike = sa->handle,
		.session = sa->session,
		.spi_in = child->spi_in,
	};

	core->env.to_broker(core->env.arg, MSG_SA_USE, &use, sizeof(use));
}

void ike_child_stop(struct ike_core *core, const struct ikesa *sa, __be32 spi_in, uint32_t drain_ms)
{
	const struct msg_sa_del del = {
		.ike = sa->handle,
		.session = sa->session,
		.spi_in = spi_in,
		.drain_ms = drain_ms,
	};

	core->env.to_broker(core->env.arg, MSG_SA_DEL, &del, sizeof(del));
}
