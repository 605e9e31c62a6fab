// SPDX-License-Identifier: BSD-2-Clause
/* flexctl's view of the data plane, of what was dropped, and of the processes. */
#include "session/control.h"

#include "plane/sample_text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NUMBER(value) ((json_int_t)(value))

static void plane_row(struct ctl_client *client)
{
	const struct broker *broker = ctl_broker(client);
	struct plane_info info;

	plane_info(broker->plane, &info);
	ctl_row(client,
		json_pack("{s:s, s:s, s:s, s:I, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I}", "kind",
			  "plane", "plane", "afxdp", "reason", info.reason, "abi", NUMBER(info.abi),
			  "pin_directory", info.pin_directory, "fast_door", (int)info.fast_door,
			  "sessions_used", NUMBER(broker->sessions->count), "sessions_max",
			  NUMBER(info.sessions_max), "sas_used", NUMBER(info.sas_used), "sas_max",
			  NUMBER(info.sas_max), "hops_used", NUMBER(info.hops_used), "routes",
			  NUMBER(info.routes)));
}

static void port_rows(struct ctl_client *client)
{
	const struct broker *broker = ctl_broker(client);
	struct plane_port_info ports[FG_PORTS];
	size_t count = plane_ports(broker->plane, ports, FG_PORTS);

	for (size_t i = 0; i < count; i++)
		ctl_row(client,
			json_pack("{s:s, s:s, s:s, s:s, s:s*, s:b, s:I, s:I, s:I, s:I}", "kind",
				  "port", "name", ports[i].name, "role", ports[i].role, "mode",
				  ports[i].mode, "guard", ports[i].guard, "zero_copy",
				  (int)(broker->worker_info.zero_copy >> ports[i].port & 1),
				  "queues", NUMBER(ports[i].queues), "mtu", NUMBER(ports[i].mtu),
				  "port", NUMBER(ports[i].port), "ifindex",
				  NUMBER(ports[i].ifindex)));
}

static void worker_row(struct ctl_client *client)
{
	const struct msg_worker_info *info = &ctl_broker(client)->worker_info;

	ctl_row(client, json_pack("{s:s, s:I, s:s, s:I}", "kind", "worker", "workers",
				  NUMBER(info->workers), "crypto", info->crypto, "frames",
				  NUMBER(info->frames)));
}

static const char *stage_text(const struct child *child)
{
	switch (child->stage) {
	case CHILD_READY:
		return "ready";
	case CHILD_DOWN:
		return child->proc.pid ? "ending" : "waits to be started again";
	default:
		return "starting";
	}
}

static void process_rows(struct ctl_client *client)
{
	const struct broker *broker = ctl_broker(client);
	uint64_t now = clock_ms();

	ctl_row(client,
		json_pack("{s:s, s:s, s:s, s:I, s:i, s:I}", "kind", "process", "name", "flexd",
			  "state", "ready", "restarts", NUMBER(0), "pid", (int)getpid(), "up_s",
			  NUMBER((now - broker->started_ms) / 1000)));
	for (int i = 0; i < CHILDREN; i++) {
		const struct child *child = &broker->child[i];
		json_t *row = json_pack("{s:s, s:s, s:s, s:I}", "kind", "process", "name",
					child_name(child), "state", stage_text(child), "restarts",
					NUMBER(child->proc.restarts));

		if (child->proc.pid) {
			json_object_set_new(row, "pid", json_integer(child->proc.pid));
			json_object_set_new(
				row, "up_s",
				json_integer(NUMBER((now - child->proc.started_ms) / 1000)));
		}
		ctl_row(client, row);
	}
}

void ctl_show_plane(struct ctl_client *client)
{
	plane_row(client);
	port_rows(client);
	worker_row(client);
	process_rows(client);
	ctl_ok(client);
}

/* --- show drop --- */

static void drop_row(struct ctl_client *client, const char *plane, const char *reason,
		     const char *text, uint64_t packets)
{
	if (packets)
		ctl_row(client,
			json_pack("{s:s, s:s, s:s, s:s, s:I}", "kind", "count", "plane", plane,
				  "reason", reason, "text", text, "packets", NUMBER(packets)));
}

static void data_drops(struct ctl_client *client, uint32_t id)
{
	struct fg_drop drop;

	plane_drops(ctl_broker(client)->plane, id, &drop);
#define FG_DROP(number, name, text) drop_row(client, "data", #name, text, drop.name);
#include <flexgate/drop.def>
}

static void ike_drops(struct ctl_client *client, const struct msg_ike_stats *stats)
{
#define FG_IKE_DROP(number, name, text)                                                            \
	_Static_assert(number < MSG_IKE_DROPS, "room for drop " #name);                            \
	drop_row(client, "ike", #name, text, stats->drop[number]);
#include <flexgate/drop.def>
	ctl_ok(client);
}

static const struct {
	const char *name, *text;
} reasons[FG_DROP_ROWS] = {
#define FG_DROP(number, name, text) [number] = { #name, text },
#include <flexgate/drop.def>
};

static const char *port_name(const struct plane_port_info *ports, size_t count, uint32_t number)
{
	for (size_t i = 0; i < count; i++)
		if (ports[i].port == number)
			return ports[i].name;
	return NULL;
}

/* *: a field without a value is left out. */
static json_t *sample_row(const struct fg_event *event, uint64_t age_ms, const char *port)
{
	bool known = event->reason < FG_DROP_ROWS && reasons[event->reason].name;
	char outer[SAMPLE_TEXT_MAX], session[16] = "";

	if (event->session)
		snprintf(session, sizeof(session), "va%u", event->session);
	sample_text(event, outer);
	return json_pack("{s:s, s:I, s:s, s:s*, s:s*, s:s*, s:I, s:s*}", "kind", "sample", "age_s",
			 NUMBER(age_ms / 1000), "reason", known ? reasons[event->reason].name : "?",
			 "text", known ? reasons[event->reason].text : NULL, "session",
			 session[0] ? session : NULL, "port", port, "length", NUMBER(event->length),
			 "outer", outer[0] ? outer : NULL);
}

/* session NULL: of all. */
static void sample_rows(struct ctl_client *client, const struct session *session)
{
	const struct plane *plane = ctl_broker(client)->plane;
	struct plane_port_info ports[FG_PORTS];
	size_t port_count = plane_ports(plane, ports, FG_PORTS);
	struct fg_event event[PLANE_SAMPLES];
	size_t count = plane_samples(plane, event, PLANE_SAMPLES);
	uint64_t now, at, age;
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	now = (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
	for (size_t i = 0; i < count; i++) {
		at = event[i].at_ns / 1000000;
		age = at < now ? now - at : 0;
		/* What is older than the session was another's of the same number. */
		if (session &&
		    (event[i].session != session->id || age > clock_ms() - session->begun_ms))
			continue;
		ctl_row(client,
			sample_row(&event[i], age, port_name(ports, port_count, event[i].port)));
	}
	ctl_ok(client);
}

void ctl_show_drop(struct ctl_client *client)
{
	static const struct ctl_ike ask = { .stats = ike_drops };
	bool one = ctl_text(client, "name") != NULL;
	const struct session *session = one ? ctl_only_meant(client) : NULL;

	if (one && !session)
		return;
	if (ctl_flag(client, "samples")) {
		sample_rows(client, session);
	} else if (one) {
		data_drops(client, session->id);
		ctl_ok(client);
	} else {
		data_drops(client, 0);
		ctl_ask_ike(client, &ask);
	}
}
