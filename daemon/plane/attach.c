// SPDX-License-Identifier: BSD-2-Clause
/*
 * XDP programs on devices, by libxdp: behind its dispatcher where the kernel can replace functions,
 * alone otherwise. Only what is ours is ever detached.
 */
#include "core/log.h"
#include "inside.skel.h"
#include "outside.skel.h"
#include "plane/internal.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

static const char *const our_names[] = { "fg_outside", "fg_inside" };

static bool is_ours(const struct xdp_program *program)
{
	const char *name = program ? xdp_program__name(program) : NULL;

	for (size_t i = 0; name && i < sizeof(our_names) / sizeof(our_names[0]); i++) {
		if (strcmp(name, our_names[i]) == 0)
			return true;
	}
	return false;
}

/* What runs on a device now; NULL: nothing. */
static struct xdp_multiprog *programs_on(const struct link *link)
{
	struct xdp_multiprog *on = xdp_multiprog__get_from_ifindex((int)link->ifindex);

	return libxdp_get_error(on) ? NULL : on;
}

static void remove_stale(const struct link *link)
{
	struct xdp_multiprog *on = programs_on(link);
	struct xdp_program *program = NULL;
	int code = 0;

	if (!on)
		return;
	if (xdp_multiprog__is_legacy(on)) {
		if (is_ours(xdp_multiprog__main_prog(on))) {
			code = xdp_multiprog__detach(on);
			log_info("plane", "%s: removed the XDP program of an earlier flexd%s%s",
				 link->name, code ? ": " : "", code ? strerror(-code) : "");
		}
		xdp_multiprog__close(on);
		return;
	}
	while ((program = xdp_multiprog__next_prog(program, on))) {
		if (!is_ours(program))
			continue;
		code = xdp_program__detach(program, (int)link->ifindex,
					   xdp_multiprog__attach_mode(on), 0);
		log_info("plane", "%s: removed the XDP program of an earlier flexd%s%s", link->name,
			 code ? ": " : "", code ? strerror(-code) : "");
		break; /* the list is no longer what it was */
	}
	xdp_multiprog__close(on);
}

static void stale_row(void *arg, struct nlmsghdr *row)
{
	struct link link;

	(void)arg;
	if (link_parse(row, &link) && link.xdp)
		remove_stale(&link);
}

void attach_remove_stale(struct plane *plane)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC };

	netlink_do(plane->netlink, netlink_request(RTM_GETLINK, NLM_F_DUMP, &info, sizeof(info)), 0,
		   stale_row, NULL);
}

/* A program that knows no dispatcher leaves no room for another. */
static int check_free(const struct link *link, struct plane_error *error)
{
	struct xdp_multiprog *on = programs_on(link);
	struct xdp_program *main;
	int code = 0;

	if (!on)
		return 0;
	main = xdp_multiprog__is_legacy(on) ? xdp_multiprog__main_prog(on) : NULL;
	if (main)
		code = plane_fail(error, -EBUSY,
				  "%s already runs the XDP program \"%s\" (id %u), which does not "
				  "share the device: detach it, or give flexd another device",
				  link->name, xdp_program__name(main), xdp_program__id(main));
	xdp_multiprog__close(on);
	return code;
}

static int attach_error(const struct plane_port *port, enum xdp_attach_mode mode, int code,
			struct plane_error *error)
{
	const char *name = port->link.name;

	switch (-code) {
	case EPERM:
	case EACCES:
		return plane_fail(error, code,
				  "%s: the kernel refuses the XDP program: flexd needs CAP_BPF, "
				  "CAP_NET_ADMIN and CAP_SYS_ADMIN at the start: start it as root",
				  name);
	case EBUSY:
	case EEXIST:
		return plane_fail(error, code, "%s: another XDP program is attached: detach it",
				  name);
	case EOPNOTSUPP:
		return plane_fail(error, code,
				  "%s: its driver has no XDP: with xdp-mode = generic it works "
				  "slowly",
				  name);
	case ERANGE:
	case EINVAL:
	case EMSGSIZE:
	case ENOSPC:
		return plane_fail(
			error, code,
			"%s: its driver refuses XDP in %s mode (%s): MTU %u may be too "
			"large for the driver, or its receive and transmit queues too few",
			name, mode == XDP_MODE_SKB ? "generic" : "native", strerror(-code),
			port->link.mtu);
	default:
		return plane_fail(error, code, "%s: cannot attach the XDP program: %s", name,
				  strerror(-code));
	}
}

int attach_port(struct plane *plane, struct plane_port *port, struct plane_error *error)
{
	const char *name = port->link.name;
	bool may_be_generic = plane->conf->gateway.xdp_mode == CONF_XDP_AUTO;
	enum xdp_attach_mode mode = XDP_MODE_NATIVE;
	int code = check_free(&port->link, error);

	if (code)
		return code;
	code = load_program(plane, port, error);
	if (code)
		return code;
	/* The pair is ours and a veth: it always has native mode. */
	if (plane->conf->gateway.xdp_mode == CONF_XDP_GENERIC && !port->pair) {
		log_warn("plane",
			 "%s: xdp-mode = generic is much slower than the XDP mode of a driver",
			 name);
		mode = XDP_MODE_SKB;
	}
	code = xdp_program__attach(port->program, (int)port->link.ifindex, mode, 0);
	if (code == -EOPNOTSUPP && mode == XDP_MODE_NATIVE && may_be_generic) {
		log_warn("plane",
			 "%s: its driver has no XDP mode, so generic mode is used, which "
			 "is much slower",
			 name);
		mode = XDP_MODE_SKB;
		code = xdp_program__attach(port->program, (int)port->link.ifindex, mode, 0);
	}
	if (code)
		return attach_error(port, mode, code, error);
	port->mode = mode;
	return 0;
}

void attach_end(struct plane_port *port)
{
	uint32_t flags = port->mode == XDP_MODE_SKB ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
	int code = 0;

	if (port->mode != XDP_MODE_UNSPEC) {
		LIBBPF_OPTS(bpf_xdp_attach_opts, opts,
			    .old_prog_fd = xdp_program__fd(port->program));

		/* Alone on the device: the kernel compares, and no right beyond CAP_NET_ADMIN is
		 * needed. Behind the dispatcher libxdp must do it. */
		code = bpf_xdp_detach((int)port->link.ifindex, flags, &opts);
		if (code)
			code = xdp_program__detach(port->program, (int)port->link.ifindex,
						   port->mode, 0);
	}
	if (code && code != -ENODEV && code != -ENOENT)
		log_warn("plane", "%s: cannot detach the XDP program: %s", port->link.name,
			 strerror(-code));
	port->mode = XDP_MODE_UNSPEC;
	xdp_program__close(port->program);
	port->program = NULL;
	fg_outside__destroy(port->outside_program);
	fg_inside__destroy(port->inside_program);
	port->outside_program = NULL;
	port->inside_program = NULL;
}
