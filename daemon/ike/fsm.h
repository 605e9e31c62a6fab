/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * States of an IKE SA. One setter, which logs the move and keeps the gauges.
 */
#ifndef IKE_FSM_H
#define IKE_FSM_H

#include <stdbool.h>
#include <stdint.h>

enum ike_state {
	IKE_STATE_NEW,         /* in the making, not in any table's answer */
	IKE_STATE_HALF_OPEN,   /* IKE_SA_INIT answered, waits for IKE_AUTH */
	IKE_STATE_VERIFYING,   /* aaa judges the peer's AUTH */
	IKE_STATE_SIGNING,     /* aaa makes ours */
	IKE_STATE_NEXT_ROUND,  /* a round of IKE_AUTH is answered, waits for the next one */
	IKE_STATE_BEGINNING,   /* flexd begins the session */
	IKE_STATE_INSTALLING,  /* flexd installs the CHILD SA */
	IKE_STATE_ESTABLISHED, /* authenticated, with a CHILD SA */
	IKE_STATE_CHILDLESS,   /* authenticated, without one: ends soon */
	IKE_STATE_REKEYED,     /* another IKE SA took its place; waits for the peer's DELETE */
	IKE_STATE_DELETING,    /* our DELETE is out */
	IKE_STATE_FAILED,      /* refused; only its last answer is left */
	IKE_STATE_DELETED,     /* the peer's DELETE is answered; only the answer is left */
	IKE_STATES,
};

#define IKE_IN(state) (1u << (state))

enum {
	/* Counted against the budget: memory that a stranger can take. */
	IKE_IN_BUDGET = IKE_IN(IKE_STATE_HALF_OPEN) | IKE_IN(IKE_STATE_VERIFYING) |
			IKE_IN(IKE_STATE_SIGNING) | IKE_IN(IKE_STATE_NEXT_ROUND) |
			IKE_IN(IKE_STATE_BEGINNING) | IKE_IN(IKE_STATE_INSTALLING) |
			IKE_IN(IKE_STATE_FAILED),
	/* The setup is not finished, the half-open timer runs. */
	IKE_IN_SETUP = IKE_IN_BUDGET & ~IKE_IN(IKE_STATE_FAILED),
	/* It has the client's login; with REKEYED, it had. */
	IKE_IN_USE = IKE_IN(IKE_STATE_ESTABLISHED) | IKE_IN(IKE_STATE_CHILDLESS),
	IKE_AUTHENTICATED = IKE_IN_USE | IKE_IN(IKE_STATE_REKEYED),
	IKE_OVER = IKE_IN(IKE_STATE_FAILED) | IKE_IN(IKE_STATE_DELETED),
};

struct ike_core;
struct ikesa;

static inline bool ike_state_in(enum ike_state state, uint32_t set)
{
	return (IKE_IN(state) & set) != 0;
}

/* "half-open". */
const char *ike_state_name(enum ike_state state);
bool ike_move_allowed(enum ike_state from, enum ike_state to);
/* False: no such move; nothing changed, and the SA should end. */
bool ike_move(struct ike_core *core, struct ikesa *sa, enum ike_state to);

#endif
