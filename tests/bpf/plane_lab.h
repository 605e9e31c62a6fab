/* SPDX-License-Identifier: BSD-2-Clause */
/* A network namespace with two veths, a configuration for them, and what may be left: nothing. */
#ifndef TESTS_BPF_PLANE_LAB_H
#define TESTS_BPF_PLANE_LAB_H

#include "core/log.h"
#include "plane/link.h"
#include "plane/plane.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define UNUSED __attribute__((unused))

enum { SESSIONS = 64, OUR_PROTOCOL = 246 };

static char directory[64]; /* of the test */
static struct nl_sock *netlink;
static struct event_base *base;

/* Runs a program, its output to <directory>/out. Returns its exit status. */
UNUSED static int command(const char *first, ...)
{
	const char *argv[24] = { first };
	char path[96];
	va_list args;
	int n = 1, status, fd;
	pid_t pid;

	va_start(args, first);
	while (n < 23 && (argv[n] = va_arg(args, const char *)))
		n++;
	va_end(args);
	snprintf(path, sizeof(path), "%s/out", directory);
	pid = fork();
	if (pid == 0) {
		fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
		dup2(fd, 1);
		dup2(fd, 2);
		execvp(first, (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define ip(...) assert_int_equal(command("ip", __VA_ARGS__, NULL), 0)

UNUSED static bool output_has(const char *text)
{
	static char buf[256 * 1024];
	char path[96];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "%s/out", directory);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	got = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[got > 0 ? got : 0] = '\0';
	return strstr(buf, text) != NULL;
}

UNUSED static struct fg_ip address(const char *text)
{
	struct fg_ip a;

	assert_true(ip_parse(text, &a));
	return a;
}

UNUSED static int setup(void **state)
{
	(void)state;
	log_open("test", LOG_LEVEL_ERROR);
	assert_int_equal(unshare(CLONE_NEWNET | CLONE_NEWNS), 0);
	assert_int_equal(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	snprintf(directory, sizeof(directory), "/tmp/flexgate-test-XXXXXX");
	assert_non_null(mkdtemp(directory));
	/* Else addresses become usable a second later, in the middle of some test. */
	sysctl_write("net/ipv6/conf/default/accept_dad", "0");
	sysctl_write("net/ipv6/conf/all/accept_dad", "0");
	ip("link", "set", "lo", "up");
	ip("link", "add", "to0", "type", "veth", "peer", "name", "to1");
	ip("link", "add", "ti0", "type", "veth", "peer", "name", "ti1");
	ip("addr", "add", "192.0.2.1/24", "dev", "to0");
	ip("addr", "add", "10.1.0.1/24", "dev", "ti0");
	ip("addr", "add", "2001:db8:1::1/64", "dev", "ti0", "nodad");
	ip("link", "set", "to1", "up");
	ip("link", "set", "ti1", "up");
	ip("link", "set", "to0", "up");
	ip("link", "set", "ti0", "up");
	assert_int_equal(netlink_open(&netlink), 0);
	base = event_base_new();
	assert_non_null(base);
	return 0;
}

UNUSED static int teardown(void **state)
{
	char path[96];

	(void)state;
	event_base_free(base);
	nl_socket_free(netlink);
	snprintf(path, sizeof(path), "%s/out", directory);
	unlink(path);
	return rmdir(directory);
}

struct fixture {
	struct conf conf;
	struct conf_pool pools[2];
	struct conf_authorization_policy policy;
	struct conf_virtual_template template;
	struct conf_profile profile;
};

UNUSED static void make_conf(struct fixture *f)
{
	struct conf_gateway *g = &f->conf.gateway;

	memset(f, 0, sizeof(*f));
	snprintf(g->outside[0], sizeof(g->outside[0]), "to0");
	snprintf(g->inside[0], sizeof(g->inside[0]), "ti0");
	g->outside_count = g->inside_count = 1;
	g->max_sessions = SESSIONS;
	g->workers = 2;
	g->fast_door = true;
	snprintf(g->bpf_directory, sizeof(g->bpf_directory), "%s/bpf", directory);
	f->pools[0].net = (struct conf_net){ .ip = address("10.9.0.0"), .len = 24 };
	f->pools[1].net = (struct conf_net){ .ip = address("2001:db8:9::"), .len = 64 };
	f->policy.pool = 0;
	f->policy.pool6 = 1;
	f->template.mtu = 1380;
	snprintf(f->template.unnumbered, sizeof(f->template.unnumbered), "ti0");
	f->conf.pools = f->pools;
	f->conf.pool_count = 2;
	f->conf.policies = &f->policy;
	f->conf.policy_count = 1;
	f->conf.templates = &f->template;
	f->conf.template_count = 1;
	f->conf.profiles = &f->profile;
	f->conf.profile_count = 1;
}

UNUSED static struct plane *open_plane(struct fixture *f)
{
	struct plane_error error;
	struct plane *plane;

	if (plane_open(base, &f->conf, &plane, &error))
		fail_msg("%s", error.why);
	return plane;
}

/* The kernel's events of what was just done, through the loop. */
UNUSED static void let_events_in(void)
{
	const struct timeval soon = { .tv_usec = 50 * 1000 };

	event_base_loopexit(base, &soon);
	event_base_dispatch(base);
}

UNUSED static void count_route(void *arg, struct nlmsghdr *row)
{
	const struct rtmsg *head = nlmsg_data(row);

	if (row->nlmsg_type == RTM_NEWROUTE && head->rtm_protocol == OUR_PROTOCOL)
		(*(int *)arg)++;
}

UNUSED static int our_routes(void)
{
	struct rtmsg head = { .rtm_family = AF_UNSPEC };
	struct nl_msg *msg = netlink_request(RTM_GETROUTE, NLM_F_DUMP, &head, sizeof(head));
	int n = 0;

	assert_int_equal(netlink_do(netlink, msg, 0, count_route, &n), 0);
	return n;
}

UNUSED static uint32_t program_on(const char *device)
{
	struct link link;
	uint32_t id = 0;

	assert_int_equal(link_read(netlink, device, &link), 0);
	assert_int_equal(bpf_xdp_query_id((int)link.ifindex, 0, &id), 0);
	return id;
}

UNUSED static void assert_nothing_left(void)
{
	char path[96];
	struct link link;
	struct stat st;

	assert_int_equal(link_read(netlink, "fgp0", &link), -ENODEV);
	assert_int_equal(link_read(netlink, "fgw0", &link), -ENODEV);
	assert_int_equal(our_routes(), 0);
	assert_int_equal(program_on("to0"), 0);
	assert_int_equal(program_on("ti0"), 0);
	snprintf(path, sizeof(path), "%s/bpf", directory);
	assert_int_not_equal(stat(path, &st) == 0 && rmdir(path) != 0, 1);
}

UNUSED static int pinned(const char *map)
{
	char path[160];
	int fd;

	snprintf(path, sizeof(path), "%s/bpf/v%d/%s", directory, FG_ABI, map);
	fd = bpf_obj_get(path);
	assert_true(fd >= 0);
	return fd;
}

UNUSED static void read_pinned(const char *map, uint32_t row, void *value)
{
	int fd = pinned(map);

	assert_int_equal(bpf_map_lookup_elem(fd, &row, value), 0);
	close(fd);
}

UNUSED static const struct msg_esp_key key_in = { .key = "in: 32 bytes of encryption key.",
						  .salt = "sal",
						  .auth_key = "in: 32 bytes integrity key" };
UNUSED static const struct msg_esp_key key_out = { .key = "out: 32 bytes of encryption key",
						   .salt = "tal",
						   .auth_key = "out: 32 bytes integrity" };

UNUSED static struct plane_session a_session(void)
{
	struct fg_ip four = address("10.9.0.5");

	return (struct plane_session){
		.inner4 = ip_to4(&four),
		.inner6 = address("2001:db8:9::5"),
		.mtu = 1380,
		.mss4 = 1340,
		.mss6 = 1320,
		.peer = { .ip = address("198.51.100.9"), .port = htons(40000) },
		.local = { .ip = address("192.0.2.1"), .port = htons(4500) },
	};
}

/* Of a_session(), which may reach everything. */
UNUSED static struct plane_sa an_sa(uint32_t session, uint16_t suite)
{
	static struct msg_selector client[2], net[2];

	client[0] = net[0] = (struct msg_selector){ .first = ip_from4(0),
						    .last = ip_from4(~0u),
						    .port_last = 65535 };
	client[1] = net[1] = (struct msg_selector){ .last = { { ~0u, ~0u, ~0u, ~0u } },
						    .port_last = 65535 };
	return (struct plane_sa){ .session = session,
				  .suite = suite,
				  .udp = true,
				  .use_now = true,
				  .spi_out = htonl(0xabcdef01),
				  .in = &key_in,
				  .out = &key_out,
				  .client = client,
				  .net = net,
				  .client_count = 2,
				  .net_count = 2 };
}

UNUSED static uint32_t row_of_spi(__be32 spi)
{
	return ntohl(spi) & (4 * SESSIONS - 1);
}

UNUSED static void assert_wiped(uint32_t row)
{
	struct fg_sa sa, zero;

	read_pinned("fg_sa", row, &sa);
	memset(&zero, 0, sizeof(zero));
	zero.generation = sa.generation;
	zero.outer_version = sa.outer_version;
	assert_memory_equal(&sa, &zero, sizeof(sa));
	assert_true(sa.generation > 0);
}

#endif
