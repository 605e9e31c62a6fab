// SPDX-License-Identifier: BSD-2-Clause
#include "ike/fsm.h"

#include "core/log.h"
#include "ike/core.h"
#include "ike/names.h"
#include "ike/sa.h"
#include "ike/trace.h"

/* clang-format off */
#define TO(state) IKE_IN(IKE_STATE_##state)
#define ENDS (TO(DELETING) | TO(FAILED) | TO(DELETED))

static const struct {
	const char *name;
	uint32_t to;
} states[IKE_STATES] = {
	[IKE_STATE_NEW]         = { "new",         TO(HALF_OPEN) | TO(ESTABLISHED) | TO(CHILDLESS) | TO(REKEYED) },
	[IKE_STATE_HALF_OPEN]   = { "half-open",   TO(VERIFYING) | TO(FAILED) },
	/* Back to waiting for a request when aaa died: the peer sends it again. We sign in the
	 * first round only. */
	[IKE_STATE_VERIFYING]   = { "verifying",   TO(SIGNING) | TO(BEGINNING) | TO(CHILDLESS) |
						   TO(HALF_OPEN) | TO(NEXT_ROUND) | TO(FAILED) },
	[IKE_STATE_SIGNING]     = { "signing",     TO(BEGINNING) | TO(CHILDLESS) | TO(HALF_OPEN) |
						   TO(NEXT_ROUND) | TO(FAILED) },
	[IKE_STATE_NEXT_ROUND]  = { "next-round",  TO(VERIFYING) | TO(FAILED) },
	[IKE_STATE_BEGINNING]   = { "beginning",   TO(INSTALLING) | TO(CHILDLESS) | TO(FAILED) },
	[IKE_STATE_INSTALLING]  = { "installing",  TO(ESTABLISHED) | TO(CHILDLESS) | TO(FAILED) },
	[IKE_STATE_ESTABLISHED] = { "established", TO(CHILDLESS) | TO(REKEYED) | ENDS },
	[IKE_STATE_CHILDLESS]   = { "childless",   TO(ESTABLISHED) | TO(REKEYED) | ENDS },
	/* Back in use when the peer deletes the one that had taken its place: succeed.h. */
	[IKE_STATE_REKEYED]     = { "rekeyed",     TO(ESTABLISHED) | TO(CHILDLESS) | ENDS },
	[IKE_STATE_DELETING]    = { "deleting",    TO(FAILED) | TO(DELETED) },
	[IKE_STATE_FAILED]      = { "failed",      0 },
	[IKE_STATE_DELETED]     = { "deleted",     0 },
};
/* clang-format on */

const char *ike_state_name(enum ike_state state)
{
	return (unsigned)state < IKE_STATES ? states[state].name : "no state";
}

bool ike_move_allowed(enum ike_state from, enum ike_state to)
{
	return (unsigned)from < IKE_STATES && (unsigned)to < IKE_STATES &&
	       (states[from].to & IKE_IN(to)) != 0;
}

bool ike_move(struct ike_core *core, struct ikesa *sa, enum ike_state to)
{
	char spi[IKE_SPI_TEXT_MAX];

	if (!ike_move_allowed(sa->state, to)) {
		log_error("ike", "%s: no move from %s to %s", ike_spi_text(ikesa_own_spi(sa), spi),
			  ike_state_name(sa->state), ike_state_name(to));
		return false;
	}
	log_debug("ike", "%s: %s -> %s", ike_spi_text(ikesa_own_spi(sa), spi),
		  ike_state_name(sa->state), ike_state_name(to));
	ike_trace_line(core, sa, "%s -> %s", ike_state_name(sa->state), ike_state_name(to));
	ikesa_count(core, sa, -1);
	sa->state = to;
	ikesa_count(core, sa, 1);
	return true;
}
