// SPDX-License-Identifier: BSD-2-Clause
#include "ike/followup.h"

#include "core/secret.h"
#include "ike/child_answer.h"
#include "ike/child_ask.h"
#include "ike/child_delete.h"
#include "ike/close.h"
#include "ike/exchange.h"
#include "ike/rekey_answer.h"
#include "ike/rekey_ask.h"
#include "ike/task.h"

#include <stdlib.h>

static uint16_t next_method(struct ike_series *series)
{
	return ike_additional_next(series->method, &series->at);
}

bool ike_series_more(struct ike_create *create)
{
	return next_method(&create->series) != IKE_GROUP_NONE;
}

static void forget_answer(struct ike_series *series)
{
	if (series->answer)
		wipe(series->answer, sizeof(*series->answer));
	free(series->answer);
	series->answer = NULL;
}

void ike_series_end(struct ike_series *series)
{
	free(series->link);
	series->link = NULL;
	ke_free(series->ke);
	series->ke = NULL;
	forget_answer(series);
	wipe(series->secret, sizeof(series->secret));
	series->secret_len = 0;
}

static void keep_secret(struct ike_series *series, const uint8_t *secret, size_t len)
{
	memcpy(series->secret + series->secret_len, secret, len);
	series->secret_len += len;
	series->at++;
}

/* --- the peer asks --- */

bool ike_followup_expect(struct ike_core *core, struct ikesa *sa, struct ike_create *create)
{
	struct ike_series *series = &create->series;
	bool more = ike_series_more(create);

	series->begun = true;
	free(series->link);
	series->link = more ? malloc(IKE_LINK_LEN) : NULL;
	series->link_len = IKE_LINK_LEN;
	ike_due_at(core, sa, IKE_DUE_FOLLOWUP, more ? ike_now(core) + IKE_FOLLOWUP_MS : IKE_NEVER);
	return !more ||
	       (series->link && core->env.random(core->env.arg, series->link, IKE_LINK_LEN));
}

static void put_link(const struct ike_series *series, struct ike_writer *w)
{
	ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_ADDITIONAL_KEY_EXCHANGE,
		       series->link, series->link_len);
}

void ike_followup_put(struct ike_create *create, struct ike_writer *w)
{
	struct ike_series *series = &create->series;

	if (series->answer)
		ike_put_ke(w, series->answer_method, series->answer->value,
			   series->answer->value_len);
	if (series->link)
		put_link(series, w);
}

/* Another link than the last one, or none at all, belongs to a series that is over. */
static bool links(const struct ike_series *series, const struct ike_message *m)
{
	const struct ike_notify *link = ike_find_notify(m, IKE_NOTIFY_ADDITIONAL_KEY_EXCHANGE);

	return series->link && link && link->data.len == series->link_len &&
	       ct_equal(link->data.p, series->link, series->link_len);
}

static bool respond(struct ike_series *series, const struct ike_message *m)
{
	uint16_t method = next_method(series);

	forget_answer(series);
	series->answer = calloc(1, sizeof(*series->answer));
	if (!series->answer || m->ke.group != method ||
	    !ke_respond(method, m->ke.value.p, m->ke.value.len, series->answer))
		return false;
	series->answer_method = method;
	keep_secret(series, series->answer->secret, series->answer->secret_len);
	return true;
}

static void answer(struct ike_core *core, struct ikesa *sa)
{
	struct ike_draft draft;

	ike_draft_begin(&draft);
	ike_followup_put(sa->asked, &draft.w);
	if (!ike_answer(core, sa, &draft))
		ike_destroy(core, sa, FG_CAUSE_setup_abandoned);
}

void ike_followup_request(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
			  const struct ike_arrival *from)
{
	struct ike_create *create = sa->asked;

	(void)from;
	if (!create || !links(&create->series, m)) {
		ike_count_drop(core, IKE_DROP_no_series);
		ike_create_refuse(core, sa, IKE_NOTIFY_STATE_NOT_FOUND);
	} else if (!respond(&create->series, m)) {
		ike_count_drop(core, IKE_DROP_bad_key);
		ike_fail(core, sa, IKE_NOTIFY_INVALID_SYNTAX, FG_CAUSE_malformed);
	} else if (!ike_followup_expect(core, sa, create)) {
		ike_destroy(core, sa, FG_CAUSE_setup_abandoned);
	} else if (ike_series_more(create)) {
		answer(core, sa);
	} else if (create->ike) {
		ike_rekey_answer_last(core, sa);
	} else {
		ike_child_answer_last(core, sa);
	}
}

void ike_followup_over(struct ike_core *core, struct ikesa *sa)
{
	ike_create_abandon(core, sa);
	ike_child_gone(core, sa);
}

/* --- we ask --- */

static bool finish(struct ike_series *series, const struct ike_message *m)
{
	uint8_t secret[KE_SECRET_MAX];
	size_t len = 0;
	bool ok = series->ke && ike_count(m, IKE_PAYLOAD_KE) &&
		  m->ke.group == ke_method(series->ke) &&
		  ke_finish(series->ke, m->ke.value.p, m->ke.value.len, secret, &len);

	if (ok)
		keep_secret(series, secret, len);
	wipe(secret, sizeof(secret));
	ke_free(series->ke);
	series->ke = NULL;
	return ok;
}

/* The link to the next one, and its key pair. */
static bool prepare(struct ike_series *series, const struct ike_message *m)
{
	const struct ike_notify *link = ike_find_notify(m, IKE_NOTIFY_ADDITIONAL_KEY_EXCHANGE);

	free(series->link);
	series->link = NULL;
	if (!link || link->data.len > IKE_LINK_MAX)
		return false;
	series->link = malloc(link->data.len + 1);
	if (!series->link)
		return false;
	memcpy(series->link, link->data.p, link->data.len);
	series->link_len = link->data.len;
	return ke_begin(next_method(series), &series->ke) == 0;
}

enum ike_progress ike_followup_take(struct ike_create *create, const struct ike_message *m)
{
	struct ike_series *series = &create->series;

	if (series->begun && !finish(series, m))
		return IKE_PROGRESS_WRONG;
	series->begun = true;
	if (!ike_series_more(create))
		return IKE_PROGRESS_DONE;
	return prepare(series, m) ? IKE_PROGRESS_NEXT : IKE_PROGRESS_WRONG;
}

void ike_followup_want(struct ikesa *sa, struct ike_create *create)
{
	sa->create = create;
	sa->wanted |= IKE_WANT(IKE_TASK_FOLLOWUP);
}

bool ike_followup_build(struct ike_core *core, struct ikesa *sa, struct ike_writer *w)
{
	struct ike_series *series = sa->create ? &sa->create->series : NULL;

	(void)core;
	if (!series || !series->ke)
		return false;
	ike_put_ke(w, ke_method(series->ke), ke_value(series->ke),
		   ke_value_len(ke_method(series->ke), true));
	put_link(series, w);
	return true;
}

bool ike_followup_answered(struct ike_core *core, struct ikesa *sa, const struct ike_message *m)
{
	return sa->create && sa->create->ike ? ike_rekey_ask_answered(core, sa, m)
					     : ike_child_ask_answered(core, sa, m);
}
