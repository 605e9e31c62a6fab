// SPDX-License-Identifier: BSD-2-Clause
/* plane_open() acquires in the order in which plane_close() gives back, reversed. */
#include "plane/plane.h"

#include "core/log.h"
#include "plane/internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int plane_fail(struct plane_error *error, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->why, sizeof(error->why), format, args);
	va_end(args);
	return code < 0 ? code : -EIO;
}

/* What the libraries have to say is for those who look for trouble; errors are said by us. */
static void debug_line(const char *area, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
static void debug_line(const char *area, const char *format, va_list args)
{
	char line[512];
	size_t len;

	vsnprintf(line, sizeof(line), format, args);
	len = strlen(line);
	if (len && line[len - 1] == '\n')
		line[len - 1] = '\0';
	log_debug(area, "%s", line);
}

static int libbpf_line(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level <= LIBBPF_INFO)
		debug_line("libbpf", format, args);
	return 0;
}

static int libxdp_line(enum libxdp_print_level level, const char *format, va_list args)
{
	if (level <= LIBXDP_INFO)
		debug_line("libxdp", format, args);
	return 0;
}

static uint32_t power_of_two(uint32_t at_least)
{
	uint32_t n = 16;

	while (n < at_least)
		n *= 2;
	return n;
}

/* In the order in which a packet could meet it: the programs first. */
static void remove_stale(struct plane *plane)
{
	attach_remove_stale(plane);
	pair_remove_stale(plane);
	routes_remove_stale(plane);
}

static void write_conf(struct plane *plane)
{
	struct fg_conf *conf = plane_fg_conf(plane);

	conf->abi = FG_ABI;
	conf->flags = plane->conf->gateway.fast_door ? FG_CONF_FAST_DOOR : 0;
	guard_write_conf(plane);
}

static int attach_ports(struct plane *plane, struct plane_error *error)
{
	int code = 0;

	/* plane->ports counts the pair, which is attached already. */
	for (uint32_t i = 0; !code && i < plane->ports; i++) {
		if (!plane->port[i].pair)
			code = attach_port(plane, &plane->port[i], error);
	}
	return code;
}

static int open_steps(struct plane *plane, struct plane_error *error)
{
	int code = netlink_open(&plane->netlink);

	if (code)
		return plane_fail(error, code, "cannot speak rtnetlink: %s", strerror(-code));
	code = ports_find(plane, error);
	if (!code)
		code = pins_open(plane, error);
	if (code)
		return code;
	remove_stale(plane);
	code = sas_open(plane, error);
	if (!code)
		code = selectors_open(plane, error);
	if (!code)
		code = load_maps(plane, error);
	if (!code)
		code = samples_open(plane, error);
	if (code)
		return code;
	write_conf(plane);
	code = pair_make(plane, error);
	if (!code)
		code = routes_apply(plane, plane->conf, error);
	if (!code)
		code = hops_open(plane, error);
	if (!code && (code = local_refresh(plane)))
		plane_fail(error, code, "cannot read the gateway's addresses: %s", strerror(-code));
	return code ? code : attach_ports(plane, error);
}

int plane_open(struct event_base *base, const struct conf *conf, struct plane **out,
	       struct plane_error *error)
{
	struct plane *plane = calloc(1, sizeof(*plane));
	int code;

	error->why[0] = '\0';
	if (!plane)
		return plane_fail(error, -ENOMEM, "no memory for the plane");
	libbpf_set_print(libbpf_line);
	libxdp_set_print(libxdp_line);
	plane->base = base;
	plane->conf = conf;
	plane->lock_fd = -1;
	plane->sessions = conf->gateway.max_sessions > 1 ? conf->gateway.max_sessions : 2;
	plane->sas = power_of_two(4 * plane->sessions);
	plane->selectors = 2 * plane->sessions + 64;
	plane->cpus = libbpf_num_possible_cpus();
	code = open_steps(plane, error);
	if (code) {
		plane_close(plane);
		return code;
	}
	*out = plane;
	return 0;
}

void plane_close(struct plane *plane)
{
	if (!plane)
		return;
	for (uint32_t i = 0; i < plane->ports; i++)
		attach_end(&plane->port[i]);
	hops_close(plane);
	if (plane->netlink) {
		routes_remove(plane);
		pair_remove(plane);
	}
	samples_close(plane);
	if (plane->maps)
		load_close(plane);
	pins_close(plane);
	selectors_close(plane);
	sas_close(plane);
	nl_socket_free(plane->netlink);
	free(plane);
}

int plane_set_conf(struct plane *plane, const struct conf *conf, struct plane_error *error)
{
	int code = routes_apply(plane, conf, error);

	if (code)
		return code;
	plane->conf = conf;
	write_conf(plane);
	/* Rows that fast or stack forwarding made wrong are asked for again. */
	hops_void(plane);
	local_follow(plane);
	return 0;
}
