// SPDX-License-Identifier: BSD-2-Clause
#include "ike/ts.h"

#include "conf/value.h"

#include <stdio.h>

enum { PORT_MAX = 65535 };

_Static_assert((int)CONF_NETS_MAX <= (int)IKE_SELECTORS_MAX, "room for every route-set-remote");

static bool any_ports(const struct ike_selector *s)
{
	return s->port_first == 0 && s->port_last == PORT_MAX;
}

static bool opaque_ports(const struct ike_selector *s)
{
	return s->port_first == PORT_MAX && s->port_last == 0;
}

/* Does a allow everything that b allows? */
static bool covers(const struct ike_selector *a, const struct ike_selector *b)
{
	if (ip_is4(&a->first) != ip_is4(&b->first) || ip_compare(&a->first, &b->first) > 0 ||
	    ip_compare(&a->last, &b->last) < 0)
		return false;
	if (a->protocol != 0 && a->protocol != b->protocol)
		return false;
	if (any_ports(a))
		return true;
	if (opaque_ports(a) || opaque_ports(b))
		return opaque_ports(a) && opaque_ports(b);
	return a->port_first <= b->port_first && a->port_last >= b->port_last;
}

/* Without repeating what is there: a peer names the packet that woke it before the whole range. */
static bool add(struct ike_ts *ts, const struct ike_selector *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < ts->count; i++)
		if (covers(&ts->selector[i], s))
			return true;
	for (size_t i = 0; i < ts->count; i++)
		if (!covers(s, &ts->selector[i]))
			ts->selector[kept++] = ts->selector[i];
	ts->count = (uint16_t)kept;
	if (kept == IKE_SELECTORS_MAX)
		return false;
	ts->selector[ts->count++] = *s;
	return true;
}

/* The part of `ask` inside first-last; the policy leaves protocol and ports as asked. */
static void add_cut(struct ike_ts *ts, const struct ike_selector *ask, const struct fg_ip *first,
		    const struct fg_ip *last)
{
	struct ike_selector s = *ask;

	if (ip_is4(&ask->first) != ip_is4(first))
		return;
	if (ip_compare(&s.first, first) < 0)
		s.first = *first;
	if (ip_compare(&s.last, last) > 0)
		s.last = *last;
	if (ip_compare(&s.first, &s.last) <= 0)
		add(ts, &s);
}

static void add_cut_net(struct ike_ts *ts, const struct ike_selector *ask,
			const struct conf_net *net)
{
	struct fg_ip last = conf_net_last(net);

	add_cut(ts, ask, &net->ip, &last);
}

/* Everything of the family of `like`. */
static void add_family(struct ike_ts *ts, const struct ike_selector *ask, const struct fg_ip *like)
{
	struct conf_net all = { .len = 0 };

	if (ip_is4(like))
		all.ip = ip_from4(0);
	add_cut_net(ts, ask, &all);
}

static void narrow_i(const struct ike_ts *ask, const struct ike_ts_policy *policy,
		     struct ike_ts *out)
{
	const struct fg_ip inner[] = { ip_from4(policy->inner4), policy->inner6 };
	const bool leased[] = { policy->inner4 != 0, !ip_is_zero(&policy->inner6) };

	for (size_t i = 0; i < ask->count; i++) {
		for (size_t k = 0; k < 2; k++) {
			if (leased[k] && policy->whole_i)
				add_family(out, &ask->selector[i], &inner[k]);
			else if (leased[k])
				add_cut(out, &ask->selector[i], &inner[k], &inner[k]);
		}
	}
}

static void narrow_r(const struct ike_ts *ask, const struct ike_ts_policy *policy,
		     struct ike_ts *out)
{
	for (size_t i = 0; i < ask->count; i++) {
		for (size_t k = 0; k < policy->subnet_count; k++)
			add_cut_net(out, &ask->selector[i], &policy->subnets[k]);
		if (!policy->subnet_count)
			add_family(out, &ask->selector[i], &ask->selector[i].first);
	}
}

static bool has_family(const struct ike_ts *ts, bool is4)
{
	for (size_t i = 0; i < ts->count; i++)
		if (ip_is4(&ts->selector[i].first) == is4)
			return true;
	return false;
}

static void keep_common(struct ike_ts *ts, const struct ike_ts *other)
{
	uint16_t kept = 0;

	for (size_t i = 0; i < ts->count; i++)
		if (has_family(other, ip_is4(&ts->selector[i].first)))
			ts->selector[kept++] = ts->selector[i];
	ts->count = kept;
}

bool ike_ts_narrow(const struct ike_ts *ask_i, const struct ike_ts *ask_r,
		   const struct ike_ts_policy *policy, struct ike_ts *ts_i, struct ike_ts *ts_r)
{
	memset(ts_i, 0, sizeof(*ts_i));
	memset(ts_r, 0, sizeof(*ts_r));
	narrow_i(ask_i, policy, ts_i);
	narrow_r(ask_r, policy, ts_r);
	keep_common(ts_i, ts_r);
	keep_common(ts_r, ts_i);
	return ts_i->count > 0 && ts_r->count > 0;
}

static bool common_ports(const struct ike_selector *a, const struct ike_selector *b,
			 struct ike_selector *out)
{
	const struct ike_selector *narrow = any_ports(a) ? b : a;

	out->port_first = narrow->port_first;
	out->port_last = narrow->port_last;
	if (any_ports(a) || any_ports(b))
		return true;
	if (opaque_ports(a) || opaque_ports(b))
		return opaque_ports(a) && opaque_ports(b);
	if (b->port_first > out->port_first)
		out->port_first = b->port_first;
	if (b->port_last < out->port_last)
		out->port_last = b->port_last;
	return out->port_first <= out->port_last;
}

bool ike_ts_common(const struct ike_ts *a, const struct ike_ts *b, struct ike_ts *common)
{
	*common = (struct ike_ts){ 0 };
	for (size_t i = 0; i < a->count; i++)
		for (size_t k = 0; k < b->count; k++) {
			const struct ike_selector *x = &a->selector[i], *y = &b->selector[k];
			struct ike_selector both = { .protocol = x->protocol ? x->protocol
									     : y->protocol };

			if (x->protocol && y->protocol && x->protocol != y->protocol)
				continue;
			if (common_ports(x, y, &both)) {
				both.first = x->first;
				both.last = x->last;
				add_cut(common, &both, &y->first, &y->last);
			}
		}
	return common->count > 0;
}

bool ike_ts_within(const struct ike_ts *ts, const struct ike_ts *bound)
{
	for (size_t i = 0; i < ts->count; i++) {
		size_t k = 0;

		while (k < bound->count && !covers(&bound->selector[k], &ts->selector[i]))
			k++;
		if (k == bound->count)
			return false;
	}
	return ts->count > 0;
}

bool ike_ts_add_net(struct ike_ts *ts, const struct conf_net *net)
{
	struct ike_selector s = { .first = net->ip,
				  .last = conf_net_last(net),
				  .port_last = PORT_MAX };

	return add(ts, &s);
}

bool ike_ts_add_host(struct ike_ts *ts, const struct fg_ip *ip)
{
	struct ike_selector s = { .first = *ip, .last = *ip, .port_last = PORT_MAX };

	return add(ts, &s);
}
