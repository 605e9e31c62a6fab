// SPDX-License-Identifier: BSD-2-Clause
#include "ike/succeed.h"

#include "ike/close.h"
#include "ike/create.h"
#include "ike/life.h"
#include "ike/liveness.h"
#include "ike/names.h"
#include "ike/task.h"

/* Deadlines of the login, not of the IKE SA. */
static const enum ike_due of_login[] = { IKE_DUE_CHILD, IKE_DUE_SESSION, IKE_DUE_DPD,
					 IKE_DUE_KEEPALIVE };
/* Requests about the client, which are then asked again there. */
static const enum ike_task about_client[] = { IKE_TASK_ROUTABILITY, IKE_TASK_ADDRESSES,
					      IKE_TASK_DPD };

struct ikesa *ike_heir_new(struct ike_core *core, const struct ikesa *sa,
			   const struct ike_create *create, bool ours)
{
	const struct ike_ingredients from = ike_create_ingredients(create);
	struct ikesa *heir = ours ? ikesa_new(core, true, create->spi, create->peer_spi, &sa->path)
				  : ikesa_new(core, false, create->peer_spi, create->spi,
					      &sa->path);

	if (!heir)
		return NULL;
	heir->replaces = ikesa_own_spi(sa);
	if (ike_keys_rekey(&sa->keys, &create->suite, &from, heir->spi_i, heir->spi_r,
			   &heir->keys)) {
		heir->sk_in = ike_keys_sk(&heir->keys, !ours);
		heir->sk_out = ike_keys_sk(&heir->keys, ours);
	}
	if (heir->sk_in && heir->sk_out) {
		heir->keyed = true;
		return heir;
	}
	ikesa_free(core, heir);
	return NULL;
}

/* Requests about the IKE SA itself; a series of key exchanges goes on where it began. */
static const uint32_t of_ike = IKE_WANT(IKE_TASK_REKEY_IKE) | IKE_WANT(IKE_TASK_DELETE_IKE) |
			       IKE_WANT(IKE_TASK_FOLLOWUP) | IKE_WANT(IKE_TASK_LIFETIME);

/* The answer to our DELETE of a CHILD SA would not find it here any more: it is asked again there.
 */
static void delete_again(struct ikesa *sa, const struct ikesa *heir)
{
	struct ike_child *child = ike_child_in(heir, sa->own_child);

	if (!child || !ike_asking(sa, IKE_TASK_DELETE_CHILD, child->spi_in))
		return;
	child->wanted |= IKE_WANT(IKE_TASK_DELETE_CHILD);
	sa->own_task = IKE_TASKS;
}

/* Whatever a field of struct ikesa says about the client and its session belongs here. */
static void hand_over(struct ike_core *core, struct ikesa *sa, struct ikesa *heir)
{
	heir->login_ms = sa->login_ms;
	heir->rekeys = sa->rekeys + 1;
	heir->path = sa->path;
	heir->source = sa->source;
	heir->peer_nat = sa->peer_nat;
	heir->local_nat = sa->local_nat;
	heir->fragment_mtu = sa->fragment_mtu;
	heir->remote = sa->remote;
	heir->peer_method = sa->peer_method;
	heir->own_method = sa->own_method;
	memcpy(heir->profile, sa->profile, sizeof(heir->profile));
	heir->client = sa->client;
	heir->vendors = sa->vendors;
	heir->signs = sa->signs;
	heir->child_cause = sa->child_cause;
	heir->mobike = sa->mobike;
	heir->session = sa->session;
	heir->child = sa->child;
	heir->grant = sa->grant;
	heir->wanted |= sa->wanted & ~of_ike;
	sa->mobike = NULL;
	sa->session = 0;
	sa->child = NULL;
	sa->grant = NULL;
	delete_again(sa, heir);
	sa->wanted &= IKE_WANT(IKE_TASK_FOLLOWUP);
	for (size_t i = 0; i < sizeof(about_client) / sizeof(about_client[0]); i++)
		if (ike_asking(sa, about_client[i], 0)) {
			heir->wanted |= IKE_WANT(about_client[i]);
			sa->own_task = IKE_TASKS;
		}
	for (size_t i = 0; i < sizeof(of_login) / sizeof(of_login[0]); i++) {
		ike_due_at(core, heir, of_login[i], sa->due_ms[of_login[i]]);
		ike_due_at(core, sa, of_login[i], IKE_NEVER);
	}
}

bool ike_succeed(struct ike_core *core, struct ikesa *sa, struct ikesa *heir)
{
	char before[IKE_SPI_TEXT_MAX], after[IKE_SPI_TEXT_MAX], who[IKESA_TEXT_MAX];
	enum ike_state state = sa->state;

	ikesa_take_handle(core, heir, sa->handle);
	hand_over(core, sa, heir);
	sa->heir = ikesa_own_spi(heir);
	heir->heir = 0;
	table_del(&core->by_identity, &sa->by_identity);
	ikesa_add_identity(core, heir);
	if (!ike_move(core, heir, state) || !ike_move(core, sa, IKE_STATE_REKEYED))
		return false;
	if (state == IKE_STATE_CHILDLESS)
		ike_due_at(core, heir, IKE_DUE_STATE, sa->due_ms[IKE_DUE_STATE]);
	ike_life_ike(core, heir);
	ike_liveness_begin(core, heir);
	ike_due_at(core, sa, IKE_DUE_REKEY, IKE_NEVER);
	ike_due_at(core, sa, IKE_DUE_EXPIRE, IKE_NEVER);
	ike_due_at(core, sa, IKE_DUE_STATE, ike_now(core) + IKE_LEFT_MS);
	log_debug("ike", "%s: IKE SA %s takes the place of %s", ikesa_text(heir, who),
		  ike_spi_text(ikesa_own_spi(heir), after),
		  ike_spi_text(ikesa_own_spi(sa), before));
	return true;
}

void ike_disown(struct ike_core *core, struct ikesa *heir)
{
	if (ike_move(core, heir, IKE_STATE_REKEYED))
		ike_close(core, heir, FG_CAUSE_replaced);
	else
		ikesa_free(core, heir);
}

bool ike_give_back(struct ike_core *core, struct ikesa *heir)
{
	struct ikesa *sa = heir->replaces ? ikesa_find(core, heir->replaces) : NULL;

	if (!sa || sa->state != IKE_STATE_REKEYED || !sa->create || !sa->create->ike ||
	    sa->create->rival.ike != ikesa_own_spi(heir) || !ike_state_in(heir->state, IKE_IN_USE))
		return false;
	sa->create->rival.ike = 0;
	ike_due_at(core, sa, IKE_DUE_STATE, IKE_NEVER);
	return ike_succeed(core, heir, sa);
}
