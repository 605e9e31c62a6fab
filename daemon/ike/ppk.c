// SPDX-License-Identifier: BSD-2-Clause
#include "ike/ppk.h"

#include "core/secret.h"
#include "ike/login.h"
#include "ike/trace.h"
#include "ike/wire/build.h"

#include <stdlib.h>

enum { PPK_ID_FIXED = 2 }; /* RFC 8784 5.1 */

_Static_assert((int)IKE_KEY_MAX == 64, "the keys of msg_ppk_mix");

void ike_ppk_announce(const struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
		      struct ike_writer *w)
{
	if (!ike_find_notify(m, IKE_NOTIFY_USE_PPK))
		return;
	for (size_t i = 0; i < core->conf->profile_count; i++)
		sa->opening->ppk.agreed |= core->conf->profiles[i].ppk_count > 0;
	if (sa->opening->ppk.agreed)
		ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_USE_PPK, NULL, 0);
}

/* RFC 8784 3, the table: without a PPK that both have it is a matter of policy. */
static enum ike_ppk_answer do_without(const struct conf_profile *profile,
				      const struct ike_message *m, bool named, const char **why)
{
	*why = "its profile needs a post-quantum pre-shared key, and it has none of them";
	if (profile->ppk_required)
		return IKE_PPK_REFUSED;
	if (!named)
		return IKE_PPK_GO_ON;
	*why = "it insists on a post-quantum pre-shared key that its profile does not have";
	return ike_find_notify(m, IKE_NOTIFY_NO_PPK_AUTH) ? IKE_PPK_WITHOUT : IKE_PPK_REFUSED;
}

/* The message waits for aaa: its payloads are kept. */
static bool keep(struct ike_login *login, const struct ike_message *m)
{
	login->waits = malloc(m->inner.len ? m->inner.len : 1);
	if (!login->waits)
		return false;
	memcpy(login->waits, m->inner.p, m->inner.len);
	login->waits_len = m->inner.len;
	login->waits_first = m->sk_first;
	return true;
}

enum ike_ppk_answer ike_ppk_ask(struct ike_core *core, struct ikesa *sa,
				const struct conf_profile *profile, const struct ike_message *m,
				const char **why)
{
	const struct ike_notify *id = ike_find_notify(m, IKE_NOTIFY_PPK_IDENTITY);
	struct msg_ppk_mix mix = {
		.ike = sa->handle,
		.prf = sa->keys.suite.prf,
		.key_len = sa->keys.prf_len,
	};
	struct rd rd = rd_of(id ? id->data.p : NULL, id ? id->data.len : 0);
	uint8_t type = 0;
	int error;

	if (!profile)
		return IKE_PPK_GO_ON;
	if (!sa->opening->ppk.agreed)
		id = NULL;
	if (!id || profile->ppk_count == 0 || !rd_u8(&rd, &type) || type != PPK_ID_FIXED ||
	    rd.left > sizeof(mix.id))
		return do_without(profile, m, id != NULL, why);
	if (!keep(sa->login, m))
		return IKE_PPK_LATER;
	memcpy(mix.profile, profile->name, sizeof(mix.profile));
	mix.id_len = (uint16_t)rd.left;
	rd_copy(&rd, mix.id, rd.left);
	memcpy(mix.d, sa->keys.d, sizeof(mix.d));
	memcpy(mix.p_i, sa->keys.p_i, sizeof(mix.p_i));
	memcpy(mix.p_r, sa->keys.p_r, sizeof(mix.p_r));
	error = core->env.to_aaa(core->env.arg, MSG_PPK_MIX, &mix, sizeof(mix), NULL, 0);
	wipe(&mix, sizeof(mix));
	return error < 0 ? IKE_PPK_LATER : IKE_PPK_ASKED;
}

static void use(struct ikesa *sa, const struct msg_ppk_mixed *mixed)
{
	struct ike_ppk *ppk = &sa->opening->ppk;

	memcpy(ppk->d, sa->keys.d, sizeof(ppk->d));
	memcpy(ppk->p_i, sa->keys.p_i, sizeof(ppk->p_i));
	memcpy(ppk->p_r, sa->keys.p_r, sizeof(ppk->p_r));
	memcpy(sa->keys.d, mixed->d, sizeof(sa->keys.d));
	memcpy(sa->keys.p_i, mixed->p_i, sizeof(sa->keys.p_i));
	memcpy(sa->keys.p_r, mixed->p_r, sizeof(sa->keys.p_r));
	ppk->used = true;
}

void ike_ppk_undo(struct ikesa *sa)
{
	struct ike_ppk *ppk = &sa->opening->ppk;

	if (!ppk->used)
		return;
	memcpy(sa->keys.d, ppk->d, sizeof(ppk->d));
	memcpy(sa->keys.p_i, ppk->p_i, sizeof(ppk->p_i));
	memcpy(sa->keys.p_r, ppk->p_r, sizeof(ppk->p_r));
	ppk->used = false;
}

enum ike_ppk_answer ike_ppk_mixed(struct ikesa *sa, const struct conf_profile *profile,
				  const struct msg_ppk_mixed *mixed, struct ike_message *m,
				  const char **why)
{
	struct ike_login *login = sa->login;

	memset(m, 0, sizeof(*m));
	m->header.exchange = IKE_EXCHANGE_IKE_AUTH;
	m->header.message_id = sa->request_next;
	m->sk_first = login->waits_first;
	/* It was read once already. */
	if (ike_parse_inner(m->sk_first, login->waits, login->waits_len, m) != IKE_DROP_NONE)
		return IKE_PPK_LATER;
	if (!mixed->ok)
		return do_without(profile, m, true, why);
	use(sa, mixed);
	return IKE_PPK_GO_ON;
}

void ike_ppk_without(struct ike_message *m)
{
	m->auth.data = ike_find_notify(m, IKE_NOTIFY_NO_PPK_AUTH)->data;
}

void ike_ppk_put(const struct ikesa *sa, struct ike_writer *w)
{
	if (sa->opening->ppk.used)
		ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_PPK_IDENTITY, NULL, 0);
}
