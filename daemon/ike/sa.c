// SPDX-License-Identifier: BSD-2-Clause
#include "ike/sa.h"

#include "core/secret.h"
#include "crypto/dh.h"
#include "ike/core.h"
#include "ike/create.h"
#include "ike/fragment.h"
#include "ike/login.h"
#include "ike/task.h"

#include <stdio.h>
#include <stdlib.h>

_Static_assert(sizeof(((struct ike_opening *)0)->ke) >= DH_PUBLIC_MAX, "room for every group");

const char *ike_path_outside(const struct ike_core *core, const struct ike_path *path)
{
	const struct conf_gateway *gateway = &core->conf->gateway;

	return path->outside && path->outside <= gateway->outside_count
		       ? gateway->outside[path->outside - 1]
		       : NULL;
}

static uint64_t init_hash(const struct ike_core *core, uint64_t spi_i, const struct endpoint *peer)
{
	/* No padding in what is hashed. */
	uint64_t key[4] = { spi_i, peer->port };

	_Static_assert(sizeof(peer->ip) == 2 * sizeof(key[0]), "an address is two words");
	memcpy(&key[2], &peer->ip, sizeof(peer->ip));
	return table_hash(&core->by_init, key, sizeof(key));
}

static uint64_t identity_hash(const struct ike_core *core, const struct ikesa *sa)
{
	struct msg_identity id = sa->remote;

	conf_identity_fold(id.type, id.data, id.len);
	return table_hash(&core->by_identity, id.data, id.len) ^ id.type;
}

struct ikesa *ikesa_find(const struct ike_core *core, uint64_t own_spi)
{
	struct table_link *link = table_find(&core->by_spi, own_spi);

	return link ? container_of(link, struct ikesa, by_spi) : NULL;
}

struct ikesa *ikesa_find_handle(const struct ike_core *core, uint64_t handle)
{
	struct table_link *link = table_find(&core->by_handle, handle);

	return link ? container_of(link, struct ikesa, by_handle) : NULL;
}

void ikesa_take_handle(struct ike_core *core, struct ikesa *sa, uint64_t handle)
{
	struct ikesa *before = ikesa_find_handle(core, handle);

	if (before) {
		table_del(&core->by_handle, &before->by_handle);
		before->handle = 0;
	}
	table_add(&core->by_handle, &sa->by_handle, handle);
	sa->handle = handle;
}

struct ikesa *ikesa_find_init(const struct ike_core *core, uint64_t spi_i,
			      const struct endpoint *peer)
{
	struct table_link *link = table_find(&core->by_init, init_hash(core, spi_i, peer));

	/* The path may have moved since; the hash is of the address that began. */
	for (; link; link = table_more(link)) {
		struct ikesa *sa = container_of(link, struct ikesa, by_init);

		if (sa->spi_i == spi_i)
			return sa;
	}
	return NULL;
}

void ikesa_add_init(struct ike_core *core, struct ikesa *sa)
{
	table_add(&core->by_init, &sa->by_init, init_hash(core, sa->spi_i, &sa->path.peer));
}

void ikesa_add_identity(struct ike_core *core, struct ikesa *sa)
{
	table_add(&core->by_identity, &sa->by_identity, identity_hash(core, sa));
}

static bool same_client(const struct ikesa *a, const struct ikesa *b)
{
	struct msg_identity x = a->remote, y = b->remote;

	conf_identity_fold(x.type, x.data, x.len);
	conf_identity_fold(y.type, y.data, y.len);
	return x.type == y.type && x.len == y.len && memcmp(x.data, y.data, x.len) == 0 &&
	       strcmp(a->profile, b->profile) == 0;
}

struct ikesa *ikesa_twin(const struct ike_core *core, const struct ikesa *sa,
			 const struct ikesa *after)
{
	struct table_link *link = after ? table_more(&after->by_identity)
					: table_find(&core->by_identity, identity_hash(core, sa));

	for (; link; link = table_more(link)) {
		struct ikesa *other = container_of(link, struct ikesa, by_identity);

		if (other != sa && same_client(sa, other))
			return other;
	}
	return NULL;
}

/* One subscriber of IPv6 has a /64 at least. */
static struct fg_ip source_of(const struct fg_ip *peer)
{
	struct fg_ip ip = *peer;

	if (!ip_is4(&ip))
		ip.w[2] = ip.w[3] = 0;
	return ip;
}

static struct ike_source *source_find(const struct ike_core *core, const struct fg_ip *ip,
				      uint64_t hash)
{
	struct table_link *link = table_find(&core->sources, hash);

	for (; link; link = table_more(link)) {
		struct ike_source *source = container_of(link, struct ike_source, link);

		if (ip_equal(&source->ip, ip))
			return source;
	}
	return NULL;
}

/* Without memory the source goes uncounted; the whole budget still holds. */
static void source_count(struct ike_core *core, const struct fg_ip *ip, int by)
{
	uint64_t hash = table_hash(&core->sources, ip, sizeof(*ip));
	struct ike_source *source = source_find(core, ip, hash);

	if (!source && by > 0) {
		source = calloc(1, sizeof(*source));
		if (!source)
			return;
		source->ip = *ip;
		table_add(&core->sources, &source->link, hash);
	}
	if (!source)
		return;
	source->half_open += (uint32_t)by;
	if (source->half_open == 0) {
		table_del(&core->sources, &source->link);
		free(source);
	}
}

void ikesa_count(struct ike_core *core, const struct ikesa *sa, int by)
{
	core->gauge[sa->state] += (uint32_t)by;
	if (!ike_state_in(sa->state, IKE_IN_BUDGET))
		return;
	core->half_open += (uint32_t)by;
	source_count(core, &sa->source, by);
}

static uint32_t half_open_of(const struct ike_core *core, const struct fg_ip *peer)
{
	struct fg_ip ip = source_of(peer);
	const struct ike_source *source = source_find(core, &ip,
						      table_hash(&core->sources, &ip, sizeof(ip)));

	return source ? source->half_open : 0;
}

static uint32_t share_of_source(const struct ike_core *core)
{
	uint32_t share = core->conf->gateway.half_open_limit / IKE_SOURCE_SHARE;

	return share < IKE_SOURCE_MIN ? IKE_SOURCE_MIN : share;
}

bool ikesa_budget(const struct ike_core *core, const struct fg_ip *peer)
{
	return core->half_open < core->conf->gateway.half_open_limit &&
	       half_open_of(core, peer) < share_of_source(core);
}

bool ikesa_crowded(const struct ike_core *core, const struct fg_ip *peer)
{
	return half_open_of(core, peer) >= share_of_source(core) / 2;
}

uint64_t ikesa_new_spi(const struct ike_core *core)
{
	uint64_t spi;

	for (int i = 0; i < 16; i++) {
		if (!core->env.random(core->env.arg, &spi, sizeof(spi)))
			return 0;
		if (spi != 0 && !ikesa_find(core, spi) && !ikesa_find_handle(core, spi))
			return spi;
	}
	return 0;
}

struct ikesa *ikesa_new(struct ike_core *core, bool initiator, uint64_t spi_i, uint64_t spi_r,
			const struct ike_path *path)
{
	uint64_t given = initiator ? spi_i : spi_r;
	uint64_t own = given ? given : ikesa_new_spi(core);
	struct ikesa *sa;

	if (!own || ikesa_find(core, own))
		return NULL;
	sa = calloc(1, sizeof(*sa));
	if (!sa)
		return NULL;
	sa->initiator = initiator;
	sa->spi_i = initiator ? own : spi_i;
	sa->spi_r = initiator ? spi_r : own;
	sa->path = *path;
	sa->source = source_of(&path->peer.ip);
	sa->made_ms = sa->login_ms = ike_now(core);
	sa->own_task = IKE_TASKS;
	for (int i = 0; i < IKE_DUES; i++)
		sa->due_ms[i] = IKE_NEVER;
	if (!ike_timers_reserve(&core->timers, core->by_spi.count + 1)) {
		free(sa);
		return NULL;
	}
	table_add(&core->by_spi, &sa->by_spi, own);
	ikesa_count(core, sa, 1);
	return sa;
}

void ikesa_forget_setup(struct ikesa *sa)
{
	ike_login_free(sa->login);
	sa->login = NULL;
	if (!sa->opening)
		return;
	sa->first_behind_login = sa->request_next;
	dh_free(sa->opening->dh);
	ike_packet_free(sa->opening->request);
	ike_packet_free(sa->opening->answer);
	wipe(sa->opening, sizeof(*sa->opening));
	free(sa->opening);
	sa->opening = NULL;
}

void ikesa_forget_before(struct ikesa *sa)
{
	crypto_sk_free(sa->sk_in_before);
	crypto_sk_free(sa->sk_out_before);
	sa->sk_in_before = sa->sk_out_before = NULL;
}

void ikesa_forget_keys(struct ikesa *sa)
{
	ikesa_forget_setup(sa);
	for (int i = 0; i < 2; i++)
		ike_fragments_forget(&sa->arriving[i]);
	crypto_sk_free(sa->sk_in);
	crypto_sk_free(sa->sk_out);
	sa->sk_in = sa->sk_out = NULL;
	ikesa_forget_before(sa);
	sa->keyed = false;
	wipe(&sa->keys, sizeof(sa->keys));
}

void ikesa_free(struct ike_core *core, struct ikesa *sa)
{
	ike_timer_set(&core->timers, &sa->timer, IKE_NEVER);
	table_del(&core->by_spi, &sa->by_spi);
	table_del(&core->by_init, &sa->by_init);
	table_del(&core->by_identity, &sa->by_identity);
	table_del(&core->by_handle, &sa->by_handle);
	ikesa_count(core, sa, -1);
	ikesa_forget_keys(sa);
	ike_child_free_all(sa);
	ike_create_free(sa->create);
	ike_create_free(sa->asked);
	free(sa->grant);
	ike_packet_free(sa->answer);
	ike_packet_free(sa->own);
	free(sa->mobike);
	wipe(sa, sizeof(*sa));
	free(sa);
}

const char *ikesa_text(const struct ikesa *sa, char buf[IKESA_TEXT_MAX])
{
	char who[300] = "unknown", where[IP_TEXT_MAX];

	if (sa->remote.len > 0)
		conf_identity_text(sa->remote.type, sa->remote.data, sa->remote.len, who,
				   sizeof(who));
	snprintf(buf, IKESA_TEXT_MAX, "%s at %s", who, endpoint_text(&sa->path.peer, where));
	return buf;
}
