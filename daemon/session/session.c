// SPDX-License-Identifier: BSD-2-Clause
#include "session/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AREA "session"

int sessions_new(const struct sessions_setup *setup, struct sessions **out)
{
	struct sessions *s = calloc(1, sizeof(*s));
	struct lease_pools *pools = lease_pools_new(setup->conf);

	if (!s || !pools || table_init(&s->by_ike, 0))
		goto no_memory;
	s->setup = *setup;
	s->max = setup->conf->gateway.max_sessions;
	s->rows = calloc(s->max, sizeof(struct session *));
	s->free_ids = calloc(s->max, sizeof(*s->free_ids));
	if (!s->rows || !s->free_ids || leases_new(pools, &s->leases))
		goto no_memory;
	for (uint32_t id = 1; id < s->max; id++)
		s->free_ids[s->free_count++] = id;
	if (session_life_start(s)) {
		sessions_free(s); /* with the pools */
		return -ENOMEM;
	}
	*out = s;
	return 0;
no_memory:
	lease_pools_free(pools);
	if (s) {
		table_free(&s->by_ike);
		free(s->rows);
		free(s->free_ids);
	}
	free(s);
	return -ENOMEM;
}

void sessions_free(struct sessions *s)
{
	if (!s)
		return;
	sessions_end_all(s, FG_CAUSE_shutdown);
	if (s->life)
		event_free(s->life);
	leases_free(s->leases);
	table_free(&s->by_ike);
	free(s->rows);
	free(s->free_ids);
	free(s);
}

void sessions_set_conf(struct sessions *s, const struct conf *conf, struct lease_pools *pools)
{
	s->setup.conf = conf;
	leases_set_pools(s->leases, pools);
}

struct session *session_by_id(const struct sessions *s, uint32_t id)
{
	return id < s->max ? s->rows[id] : NULL;
}

struct session *session_by_ike(const struct sessions *s, uint64_t ike)
{
	struct table_link *link = table_find(&s->by_ike, ike);

	return link ? container_of(link, struct session, by_ike) : NULL;
}

struct session *session_next(const struct sessions *s, uint32_t after)
{
	for (uint32_t id = after + 1; id < s->max; id++)
		if (s->rows[id])
			return s->rows[id];
	return NULL;
}

uint32_t session_take_id(struct sessions *s)
{
	uint32_t id;

	if (s->free_count == 0)
		return 0;
	id = s->free_ids[s->free_at];
	s->free_at = (s->free_at + 1) % s->max;
	s->free_count--;
	return id;
}

void session_give_id(struct sessions *s, uint32_t id)
{
	s->free_ids[(s->free_at + s->free_count) % s->max] = id;
	s->free_count++;
}

/* --- states --- */

/* clang-format off */
static const bool allowed[SESSION_STATES][SESSION_STATES] = {
	[SESSION_NEW]    = { [SESSION_BEGUN] = true, [SESSION_ENDED] = true },
	[SESSION_BEGUN]  = { [SESSION_UP] = true, [SESSION_ENDING] = true, [SESSION_ENDED] = true },
	[SESSION_UP]     = { [SESSION_ENDING] = true, [SESSION_ENDED] = true },
	[SESSION_ENDING] = { [SESSION_ENDED] = true },
};
static const char *const state_words[SESSION_STATES] = {
	[SESSION_NEW] = "new", [SESSION_BEGUN] = "begun", [SESSION_UP] = "up",
	[SESSION_ENDING] = "ending", [SESSION_ENDED] = "ended",
};
/* clang-format on */

bool session_set_state(struct session *session, enum session_state next)
{
	if (!allowed[session->state][next])
		return false;
	log_debug(AREA, "va%u: %s -> %s", session->id, state_words[session->state],
		  state_words[next]);
	session->state = next;
	return true;
}

const char *session_state_text(enum session_state state)
{
	return (unsigned)state < SESSION_STATES ? state_words[state] : "unknown";
}

const char *session_cause_text(enum fg_cause cause)
{
	switch (cause) {
#define FG_CAUSE(number, name, text)                                                               \
	case FG_CAUSE_##name:                                                                      \
		return text;
#include <flexgate/cause.def>
	case FG_CAUSE_NONE:
		break;
	}
	return "no cause was given";
}

const char *session_identity(uint8_t type, const uint8_t *id, size_t len, char *buf, size_t cap)
{
	char *space;

	conf_identity_text(type, id, len, buf, cap);
	space = strchr(buf, ' ');
	if (space && space[1])
		memmove(buf, space + 1, strlen(space + 1) + 1);
	return buf;
}
