// SPDX-License-Identifier: BSD-2-Clause
#include "ike/trace.h"

#include "ike/names.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* Lines of SAs whose owner is not known yet, newest over oldest. */
struct ike_backlog {
	struct {
		uint64_t handle;
		char text[MSG_TRACE_MAX];
	} line[IKE_TRACE_BACKLOG];
	size_t next;
};

bool ike_trace_begin(struct ike_core *core, uint32_t slot, const char *whom)
{
	struct ike_trace *trace = slot < IKE_TRACES ? &core->trace[slot] : NULL;

	if (!trace)
		return false;
	ike_trace_end(core, slot);
	if (!ip_parse(whom, &trace->ip)) {
		trace->ip = (struct fg_ip){ 0 };
		if (!core->backlog)
			core->backlog = calloc(1, sizeof(*core->backlog));
		if (!core->backlog)
			return false;
	}
	snprintf(trace->whom, sizeof(trace->whom), "%s", whom);
	core->traces++;
	return true;
}

void ike_trace_end(struct ike_core *core, uint32_t slot)
{
	if (slot >= IKE_TRACES || !core->trace[slot].whom[0])
		return;
	core->trace[slot] = (struct ike_trace){ 0 };
	core->traces--;
	if (core->traces == 0)
		ike_trace_free(core);
}

void ike_trace_free(struct ike_core *core)
{
	free(core->backlog);
	core->backlog = NULL;
}

static bool means_identity(const struct ike_trace *trace, const struct ikesa *sa)
{
	char text[CONF_TEXT_MAX + 32];
	const char *bare;

	if (!sa || sa->remote.len == 0 || !ip_is_zero(&trace->ip))
		return false;
	conf_identity_text(sa->remote.type, sa->remote.data, sa->remote.len, text, sizeof(text));
	bare = strchr(text, ' ');
	return strcasecmp(text, trace->whom) == 0 ||
	       (bare && strcasecmp(bare + 1, trace->whom) == 0);
}

static bool means(const struct ike_trace *trace, const struct ikesa *sa, const struct fg_ip *peer)
{
	if (!trace->whom[0])
		return false;
	return ip_is_zero(&trace->ip) ? means_identity(trace, sa) : ip_equal(&trace->ip, peer);
}

static void say(const struct ike_core *core, uint32_t slot, const char *text)
{
	if (core->env.trace)
		core->env.trace(core->env.arg, slot, text);
}

static void keep(struct ike_backlog *backlog, uint64_t handle, const char *text)
{
	size_t at = backlog->next++ % IKE_TRACE_BACKLOG;

	backlog->line[at].handle = handle;
	snprintf(backlog->line[at].text, sizeof(backlog->line[at].text), "%s", text);
}

static void tell(struct ike_core *core, const struct ikesa *sa, const struct ike_path *path,
		 const char *format, va_list args)
{
	char text[MSG_TRACE_MAX], where[IP_TEXT_MAX];
	int n = snprintf(text, sizeof(text), "%s ", endpoint_text(&path->peer, where));

	if (sa && sa->session)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "va%u ", sa->session);
	vsnprintf(text + n, sizeof(text) - (size_t)n, format, args);
	for (uint32_t i = 0; i < IKE_TRACES; i++)
		if (means(&core->trace[i], sa, &path->peer.ip))
			say(core, i, text);
	if (sa && core->backlog && sa->remote.len == 0)
		keep(core->backlog, sa->handle, text);
}

void ike_trace_line(struct ike_core *core, const struct ikesa *sa, const char *format, ...)
{
	va_list args;

	if (core->traces == 0)
		return;
	va_start(args, format);
	tell(core, sa, &sa->path, format, args);
	va_end(args);
}

void ike_trace_stranger(struct ike_core *core, const struct ike_path *path, const char *format, ...)
{
	va_list args;

	if (core->traces == 0)
		return;
	va_start(args, format);
	tell(core, NULL, path, format, args);
	va_end(args);
}

void ike_trace_received(struct ike_core *core, const struct ikesa *sa, const struct ike_path *path,
			const struct ike_message *m)
{
	char payloads[IKE_PAYLOADS_TEXT_MAX];
	struct ike_name room;
	const char *exchange = ike_exchange_name(m->header.exchange, &room);
	const char *kind = m->header.flags & IKE_FLAG_RESPONSE ? "answer" : "request";

	if (core->traces == 0)
		return;
	ike_payloads_text(m, payloads);
	if (sa)
		ike_trace_line(core, sa, "<- %s %s %u: %s", exchange, kind, m->header.message_id,
			       payloads);
	else
		ike_trace_stranger(core, path, "<- %s %s: %s", exchange, kind, payloads);
}

void ike_trace_sent(struct ike_core *core, const struct ikesa *sa, const struct ike_header *header,
		    uint8_t first, const uint8_t *bytes, size_t len)
{
	struct ike_message *m = core->traces ? calloc(1, sizeof(*m)) : NULL;
	char payloads[IKE_PAYLOADS_TEXT_MAX];
	struct ike_name room;

	if (!m)
		return;
	m->header = *header;
	ike_parse_inner(first, bytes, len, m);
	ike_trace_line(core, sa, "-> %s %s %u: %s", ike_exchange_name(header->exchange, &room),
		       header->flags & IKE_FLAG_RESPONSE ? "answer" : "request", header->message_id,
		       ike_payloads_text(m, payloads));
	free(m);
}

void ike_trace_identified(struct ike_core *core, const struct ikesa *sa)
{
	const struct ike_backlog *backlog = core->backlog;

	if (!backlog)
		return;
	for (uint32_t slot = 0; slot < IKE_TRACES; slot++) {
		if (!core->trace[slot].whom[0] || !means_identity(&core->trace[slot], sa))
			continue;
		for (size_t i = 0; i < IKE_TRACE_BACKLOG; i++) {
			size_t at = (backlog->next + i) % IKE_TRACE_BACKLOG;

			if (backlog->line[at].handle == sa->handle && backlog->line[at].text[0])
				say(core, slot, backlog->line[at].text);
		}
	}
}
