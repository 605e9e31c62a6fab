// SPDX-License-Identifier: BSD-2-Clause
#include "ike/unique.h"

#include "ike/close.h"

/* The client has no other SA with us, whatever we believe: nobody is there to be told. */
static void end_all(struct ike_core *core, const struct ikesa *sa)
{
	char who[IKESA_TEXT_MAX];
	struct ikesa *twin;

	while ((twin = ikesa_twin(core, sa, NULL)) != NULL) {
		log_info("login", "%s: replaced by a new login", ikesa_text(twin, who));
		ike_destroy(core, twin, FG_CAUSE_replaced);
	}
}

/* One that got no session, and waits to be closed, is none. */
static bool counts(const struct ikesa *sa)
{
	return sa->state != IKE_STATE_CHILDLESS || sa->session != 0;
}

static uint32_t count(const struct ike_core *core, const struct ikesa *sa, struct ikesa **oldest)
{
	uint32_t n = 0;

	*oldest = NULL;
	for (struct ikesa *twin = NULL; (twin = ikesa_twin(core, sa, twin)) != NULL;) {
		if (!counts(twin))
			continue;
		n++;
		if (!*oldest || twin->login_ms < (*oldest)->login_ms)
			*oldest = twin;
	}
	return n;
}

/* This one may be in use: it is told. */
static void make_room(struct ike_core *core, struct ikesa *oldest, uint32_t limit)
{
	char who[IKESA_TEXT_MAX];

	log_info("login", "%s: makes room for a new login, session-limit is %u",
		 ikesa_text(oldest, who), limit);
	ike_close(core, oldest, FG_CAUSE_replaced);
}

bool ike_unique(struct ike_core *core, struct ikesa *sa, bool initial_contact)
{
	const struct conf_profile *profile = ike_profile_of(core, sa);
	uint32_t limit = profile ? profile->session_limit : 0;
	struct ikesa *oldest;

	if (profile && profile->uniqueness != CONF_UNIQUE_KEEP && initial_contact)
		end_all(core, sa);
	while (limit && count(core, sa, &oldest) >= limit) {
		if (profile->uniqueness != CONF_UNIQUE_REPLACE)
			return false;
		make_room(core, oldest, limit);
	}
	ikesa_add_identity(core, sa);
	return true;
}
