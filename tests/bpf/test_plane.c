// SPDX-License-Identifier: BSD-2-Clause
/*
 * The kernel side as a whole, in a network namespace of its own: opened over two veths, filled,
 * looked at from outside, closed, and nothing is left.
 */
#include "plane_lab.h"

#include "plane/internal.h"

#include <pthread.h>

static void test_open_close(void **state)
{
	struct plane_port_info port[FG_PORTS];
	struct msg_worker_start start;
	struct plane_info info;
	struct fixture f;
	struct plane *plane;
	struct link link;

	(void)state;
	make_conf(&f);
	plane = open_plane(&f);
	assert_true(program_on("to0") && program_on("ti0") && program_on("fgw0"));
	assert_int_equal(our_routes(), 4);
	assert_int_equal(plane_ports(plane, port, FG_PORTS), 3);
	assert_string_equal(port[0].role, "outside");
	assert_string_equal(port[1].role, "inside");
	assert_string_equal(port[2].role, "pair");
	assert_string_equal(port[2].name, "fgw0");
	assert_string_equal(port[0].mode, "native");
	plane_worker_start(plane, &start);
	assert_int_equal(start.workers, 2);
	assert_int_equal(start.sessions, SESSIONS);
	assert_int_equal(start.sas, 4 * SESSIONS);
	assert_int_equal(start.port_count, 3);
	assert_true(start.ports[2].pair && start.ports[2].queues == 2 && start.ports[2].native);
	plane_info(plane, &info);
	assert_int_equal(info.routes, 2);
	assert_true(info.fast_door);
	/* A packet as large as a device bears, sealed, passes the pair: the kernel fragments it. */
	assert_int_equal(link_read(netlink, "fgp0", &link), 0);
	assert_true(link.mtu >= 1500 + 100);
	plane_close(plane);
	assert_nothing_left();
}

static uint32_t host_entry(const char *map, const void *key)
{
	uint32_t id = 0;
	int fd = pinned(map);

	bpf_map_lookup_elem(fd, key, &id);
	close(fd);
	return id;
}

static void check_sa_rows(uint32_t session, __be32 spi, __be32 spi_out)
{
	static const uint8_t outer[] = { 0x45, 0, 0, 0, 0,   0,  0,   0, 64,   17,   0,    0,
					 192,  0, 2, 1, 198, 51, 100, 9, 0x11, 0x94, 0x9c, 0x40 };
	struct fg_session row;
	struct fg_sa in, out;

	read_pinned("fg_session", session, &row);
	read_pinned("fg_sa", row_of_spi(spi), &in);
	read_pinned("fg_sa", row.sa_out, &out);
	assert_int_equal(in.state, FG_SA_IN);
	assert_int_equal(out.state, FG_SA_OUT);
	assert_int_equal(in.spi, spi);
	assert_int_equal(out.spi, spi_out);
	assert_int_equal(in.session, session);
	assert_int_equal(in.flags, FG_SA_UDP | FG_SA_MOVES);
	assert_memory_equal(in.key, key_in.key, 16);
	assert_memory_equal(out.salt, key_out.salt, 4);
	/* GCM-128: no byte beyond what the suite uses. */
	assert_int_equal(in.key[16] | in.auth_key[0], 0);
	assert_int_equal(out.outer_len, 28);
	assert_memory_equal(out.outer, outer, sizeof(outer));
	assert_int_equal(out.seq, 0);
}

static void test_session(void **state)
{
	struct plane_sa sa = an_sa(7, FG_ESP_AES_GCM_128);
	struct plane_session session = a_session();
	struct fg_session before, row;
	struct plane_error error;
	struct plane_info info;
	struct fixture f;
	struct plane *plane;
	__be32 spi, spare;

	(void)state;
	sa.moves = true;
	make_conf(&f);
	plane = open_plane(&f);
	assert_int_equal(plane_sa_add(plane, &sa, &spi, &error), -ENOENT);
	assert_int_equal(plane_session_add(plane, 0, &session, &error), -EINVAL);
	assert_int_equal(plane_session_add(plane, SESSIONS, &session, &error), -EINVAL);
	assert_int_equal(plane_session_add(plane, 7, &session, &error), 0);
	assert_int_equal(plane_session_add(plane, 7, &session, &error), -EEXIST);
	/* Another session may not take its address, and leaves no trace of trying. */
	assert_int_equal(plane_session_add(plane, 8, &session, &error), -EEXIST);
	read_pinned("fg_session", 8, &row);
	assert_int_equal(row.state | row.inner4 | row.mtu, 0);
	assert_int_equal(host_entry("fg_host4", &session.inner4), 7);
	assert_int_equal(host_entry("fg_host6", &session.inner6), 7);

	assert_int_equal(plane_sa_add(plane, &sa, &spi, &error), 0);
	check_sa_rows(7, spi, sa.spi_out);
	plane_info(plane, &info);
	assert_int_equal(info.sas_used, 2);
	sa.suite = FG_ESP_SUITE_MAX;
	assert_int_equal(plane_sa_add(plane, &sa, &spare, &error), -EINVAL);
	assert_int_equal(plane_spi_reserve(plane, 7, &spare), 0);

	read_pinned("fg_session", 7, &before);
	plane_session_del(plane, 7);
	plane_session_del(plane, 7);
	assert_wiped(row_of_spi(spi));
	assert_wiped(row_of_spi(spare));
	assert_wiped(before.sa_out);
	plane_info(plane, &info);
	assert_int_equal(info.sas_used, 0);
	read_pinned("fg_session", 7, &row);
	assert_int_equal(row.state, FG_SESSION_FREE);
	assert_int_equal(row.inner4 | row.sa_out, 0);
	assert_int_equal(host_entry("fg_host4", &session.inner4), 0);
	assert_int_equal(host_entry("fg_host6", &session.inner6), 0);
	assert_int_equal(plane_session_add(plane, 7, &session, &error), 0);
	read_pinned("fg_session", 7, &row);
	assert_int_equal(row.generation, before.generation + 1);
	plane_close(plane);
	assert_nothing_left();
}

/* What ike is told of, each time. */
static void count_locals(void *arg)
{
	(*(unsigned *)arg)++;
}

static void test_addresses_follow(void **state)
{
	unsigned told = 0;
	struct fg_conf conf;
	struct fixture f;
	struct plane *plane;
	struct fg_ip own = address("10.9.0.1");
	struct fg_route4_key key = { .prefixlen = 32, .addr = ip_to4(&own) };

	(void)state;
	make_conf(&f);
	plane = open_plane(&f);
	read_pinned("fg_conf", 0, &conf);
	assert_int_equal(conf.local_count, 1);
	plane_on_locals(plane, count_locals, &told);
	ip("addr", "add", "10.9.0.1/32", "dev", "lo");
	let_events_in();
	assert_int_equal(told, 0);
	ip("addr", "add", "192.0.2.2/24", "dev", "to0");
	let_events_in();
	assert_int_equal(told, 1);
	read_pinned("fg_conf", 0, &conf);
	assert_int_equal(conf.local_count, 2);
	assert_int_equal(host_entry("fg_route4", &key), FG_ROUTE_KERNEL);
	ip("addr", "del", "192.0.2.2/24", "dev", "to0");
	ip("addr", "del", "10.9.0.1/32", "dev", "lo");
	let_events_in();
	read_pinned("fg_conf", 0, &conf);
	assert_int_equal(conf.local_count, 1);
	assert_int_equal(told, 2);
	assert_int_equal(host_entry("fg_route4", &key), 0);
	plane_close(plane);
}

struct watch {
	int map;
	bool stop;
	unsigned looks, missed;
};

static void *watch_own(void *arg)
{
	struct fg_ip own = address("10.9.0.1");
	struct fg_route4_key key = { .prefixlen = 32, .addr = ip_to4(&own) };
	struct watch *w = arg;

	while (!__atomic_load_n(&w->stop, __ATOMIC_RELAXED)) {
		uint32_t id = 0;

		bpf_map_lookup_elem(w->map, &key, &id);
		w->missed += id != FG_ROUTE_KERNEL;
		w->looks++;
	}
	return NULL;
}

/* While the list is made anew, what stays on it is never off it: a packet would be dropped. */
static void test_own_stays(void **state)
{
	struct watch w = { .stop = false };
	struct plane_error error;
	struct fixture f;
	struct plane *plane;
	pthread_t thread;

	(void)state;
	make_conf(&f);
	ip("addr", "add", "10.9.0.1/32", "dev", "lo");
	plane = open_plane(&f);
	w.map = pinned("fg_route4");
	assert_int_equal(pthread_create(&thread, NULL, watch_own, &w), 0);
	for (int i = 0; i < 300; i++)
		assert_int_equal(plane_set_conf(plane, &f.conf, &error), 0);
	__atomic_store_n(&w.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	close(w.map);
	assert_true(w.looks > 0);
	assert_int_equal(w.missed, 0);
	ip("addr", "del", "10.9.0.1/32", "dev", "lo");
	plane_close(plane);
	assert_nothing_left();
}

static void test_set_conf_routes(void **state)
{
	struct plane_error error;
	struct fixture f, g;
	struct plane *plane;

	(void)state;
	make_conf(&f);
	make_conf(&g);
	g.conf.pool_count = 1;
	g.policy.pool6 = CONF_NONE;
	g.template.mtu = 1300;
	plane = open_plane(&f);
	ip("route", "show", "10.9.0.0/24");
	assert_true(output_has("mtu 1380") && output_has("src 10.1.0.1") &&
		    output_has("blackhole"));
	assert_int_equal(plane_set_conf(plane, &g.conf, &error), 0);
	assert_int_equal(our_routes(), 2);
	ip("route", "show", "10.9.0.0/24");
	assert_true(output_has("mtu 1300"));
	plane_close(plane);
	assert_nothing_left();
}

/*
 * Memory for the gateway's addresses, or the kernel's answer, may be missing. A configuration that
 * is refused is freed, so this one, which is in force by then, must not be.
 */
static void test_set_conf_without_addresses(void **state)
{
	int fd, kept, nobody = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct plane_error error;
	struct fixture f, g;
	struct plane *plane;

	(void)state;
	make_conf(&f);
	f.conf.pool_count = 0; /* no routes to set on the way */
	g = f;
	plane = open_plane(&f);
	fd = nl_socket_get_fd(plane->netlink);
	kept = dup(fd);
	assert_int_equal(dup2(nobody, fd), fd);
	assert_int_equal(plane_set_conf(plane, &g.conf, &error), 0);
	assert_ptr_equal(plane->conf, &g.conf);
	assert_int_equal(dup2(kept, fd), fd);
	close(kept);
	close(nobody);
	plane_close(plane);
	assert_nothing_left();
}

/* A route that somebody else made to exactly a pool's prefix is told of, and stays. */
static void test_foreign_route(void **state)
{
	struct plane_error error;
	struct fixture f, g;
	struct plane *plane;

	(void)state;
	make_conf(&f);
	ip("route", "add", "10.9.0.0/24", "dev", "ti0");
	assert_int_equal(plane_open(base, &f.conf, &plane, &error), -EEXIST);
	assert_non_null(strstr(error.why, "pool prefix 10.9.0.0/24 has another route already"));
	ip("route", "show", "10.9.0.0/24");
	assert_true(output_has("dev ti0"));
	ip("route", "del", "10.9.0.0/24");
	assert_nothing_left();

	/* The same in a reload: what was in force stays. */
	make_conf(&g);
	g.conf.pool_count = 1;
	g.policy.pool6 = CONF_NONE;
	f.template.mtu = 1300;
	plane = open_plane(&g);
	ip("-6", "route", "add", "2001:db8:9::/64", "dev", "ti0");
	assert_int_equal(plane_set_conf(plane, &f.conf, &error), -EEXIST);
	ip("route", "show", "10.9.0.0/24");
	assert_true(output_has("mtu 1380"));
	assert_non_null(strstr(error.why, "pool prefix 2001:db8:9::/64 has another route"));
	assert_int_equal(our_routes(), 2);
	ip("-6", "route", "show", "2001:db8:9::/64");
	assert_true(output_has("dev ti0") && !output_has("blackhole"));
	ip("-6", "route", "del", "2001:db8:9::/64");
	plane_close(plane);
	assert_nothing_left();
}

/* The kernel forgets a route whose source goes, or whose device is set down. */
static void test_routes_return(void **state)
{
	struct fixture f;
	struct plane *plane;

	(void)state;
	make_conf(&f);
	plane = open_plane(&f);
	/* Back before anybody looks, as by a restart of the network's scripts. */
	ip("addr", "del", "10.1.0.1/24", "dev", "ti0");
	ip("addr", "del", "2001:db8:1::1/64", "dev", "ti0");
	ip("addr", "add", "10.1.0.1/24", "dev", "ti0");
	ip("addr", "add", "2001:db8:1::1/64", "dev", "ti0", "nodad");
	let_events_in();
	assert_int_equal(our_routes(), 4);
	ip("route", "show", "10.9.0.0/24");
	assert_true(output_has("src 10.1.0.1"));
	ip("-6", "route", "show", "2001:db8:9::/64");
	assert_true(output_has("src 2001:db8:1::1"));
	ip("link", "set", "fgp0", "down");
	ip("link", "set", "fgp0", "up");
	let_events_in();
	assert_int_equal(our_routes(), 4);
	plane_close(plane);
	assert_nothing_left();
}

/* What the kernel routes to clients meets the program on fgw0; what is too big does not get there.
 */
static void test_traffic_to_nobody(void **state)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), probe = IP_PMTUDISC_DO;
	char payload[1500] = "";
	struct fg_drop drops;
	struct fixture f;
	struct plane *plane;

	(void)state;
	make_conf(&f);
	plane = open_plane(&f);
	inet_pton(AF_INET, "10.9.0.77", &to.sin_addr);
	assert_int_equal(sendto(fd, payload, 100, 0, (void *)&to, sizeof(to)), 100);
	setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof(probe));
	assert_int_equal(sendto(fd, payload, 1380 - 28, 0, (void *)&to, sizeof(to)), 1380 - 28);
	assert_int_equal(sendto(fd, payload, 1380 - 27, 0, (void *)&to, sizeof(to)), -1);
	assert_int_equal(errno, EMSGSIZE);
	let_events_in();
	plane_drops(plane, 0, &drops);
	assert_int_equal(drops.no_session, 2);
	/* The pair gone, flexd not: the blackhole below the route keeps the prefix. */
	ip("link", "del", "fgp0");
	assert_int_equal(sendto(fd, payload, 100, 0, (void *)&to, sizeof(to)), -1);
	assert_int_equal(errno, EINVAL); /* what a blackhole says to a local sender */
	close(fd);
	plane_close(plane);
	assert_nothing_left();
}

static uint64_t newest_sample(const struct plane *plane)
{
	struct fg_event event[PLANE_SAMPLES];

	assert_int_equal(plane_samples(plane, event, PLANE_SAMPLES), PLANE_SAMPLES);
	for (int i = 0; i < PLANE_SAMPLES; i++) {
		assert_int_equal(event[i].reason, FG_DROP_no_session);
		assert_int_equal(event[i].length, 14 + 20 + 8 + 9);
		assert_int_equal(event[i].captured, 0); /* clear text of somebody */
		assert_true(i == 0 || event[i].at_ns <= event[i - 1].at_ns);
	}
	return event[0].at_ns;
}

/* More samples than are kept come in turns of the loop, the newest stay. */
static void test_samples(void **state)
{
	const int packets = 2 * PLANE_SAMPLES * 1024;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct fg_event event[PLANE_SAMPLES];
	struct fg_drop drops;
	struct fixture f;
	struct plane *plane;
	uint64_t first, second;

	(void)state;
	make_conf(&f);
	plane = open_plane(&f);
	assert_int_equal(plane_samples(plane, event, PLANE_SAMPLES), 0);
	inet_pton(AF_INET, "10.9.0.77", &to.sin_addr);
	for (int i = 0; i < packets; i++)
		assert_int_equal(sendto(fd, "a drop...", 9, 0, (void *)&to, sizeof(to)), 9);
	close(fd);
	plane_drops(plane, 0, &drops);
	assert_in_range(drops.no_session, packets * 3 / 4, packets);
	event_base_loop(base, EVLOOP_ONCE);
	first = newest_sample(plane);
	event_base_loop(base, EVLOOP_ONCE);
	second = newest_sample(plane);
	assert_true(second > first);
	assert_int_equal(plane_samples(plane, event, 2), 2);
	assert_true(event[1].at_ns > first); /* a turn is more than one */
	let_events_in();
	assert_true(newest_sample(plane) >= second);
	assert_int_equal(plane_samples(plane, event, 3), 3);
	assert_int_equal(event[0].at_ns, newest_sample(plane));
	plane_close(plane);
	assert_nothing_left();
}

static void test_bpftool(void **state)
{
	struct plane_session session = a_session();
	struct plane_error error;
	struct fixture f;
	struct plane *plane;
	char path[160];

	(void)state;
	make_conf(&f);
	plane = open_plane(&f);
	assert_int_equal(plane_session_add(plane, 7, &session, &error), 0);
	snprintf(path, sizeof(path), "%s/bpf/v%d/fg_session", directory, FG_ABI);
	assert_int_equal(command("/usr/sbin/bpftool", "map", "dump", "pinned", path, NULL), 0);
	assert_true(output_has("\"mtu\": 1380") && output_has("\"mss6\": 1320"));
	snprintf(path, sizeof(path), "%s/bpf/v%d/fg_drop", directory, FG_ABI);
	assert_int_equal(command("/usr/sbin/bpftool", "map", "dump", "pinned", path, NULL), 0);
	assert_true(output_has("\"unknown_spi\": 0"));
	plane_close(plane);
}

static void test_generic(void **state)
{
	struct plane_port_info port[FG_PORTS];
	struct fixture f;
	struct plane *plane;

	(void)state;
	make_conf(&f);
	f.conf.gateway.xdp_mode = CONF_XDP_GENERIC;
	plane = open_plane(&f);
	plane_ports(plane, port, FG_PORTS);
	assert_string_equal(port[0].mode, "generic");
	assert_string_equal(port[2].mode, "native"); /* the pair is ours */
	plane_close(plane);
	assert_nothing_left();
}

/* An ifb has no XDP of its own: auto falls back and says so, native is refused. */
static void test_driver_without_xdp(void **state)
{
	struct plane_port_info port[FG_PORTS];
	struct plane_error error;
	struct fixture f;
	struct plane *plane;

	(void)state;
	if (command("ip", "link", "add", "tf0", "type", "ifb", NULL))
		skip(); /* this kernel has none */
	ip("link", "set", "tf0", "up");
	make_conf(&f);
	snprintf(f.conf.gateway.inside[0], sizeof(conf_name), "tf0");
	plane = open_plane(&f);
	assert_int_equal(plane_ports(plane, port, FG_PORTS), 3);
	assert_string_equal(port[0].mode, "native");
	assert_string_equal(port[1].name, "tf0");
	assert_string_equal(port[1].mode, "generic");
	plane_close(plane);
	assert_nothing_left();
	f.conf.gateway.xdp_mode = CONF_XDP_NATIVE;
	assert_int_equal(plane_open(base, &f.conf, &plane, &error), -EOPNOTSUPP);
	assert_non_null(strstr(error.why, "tf0: its driver has no XDP"));
	assert_nothing_left();
	ip("link", "del", "tf0");
}

/* Somebody opens a plane, with a session unless that is NULL, and exits without a word. */
static void crash(struct fixture *f, const struct plane_session *session)
{
	struct plane_error error;
	struct plane *plane;
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(plane_open(event_base_new(), &f->conf, &plane, &error) ||
		      (session && plane_session_add(plane, 7, session, &error)));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* The bpffs that the one that crashed has mounted stays for whoever comes next. */
static void unmount_of_the_dead(void)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/bpf", directory);
	umount2(path, MNT_DETACH);
}

/* kill -9 is an exit without a word: the next start finds everything and takes it away. */
static void test_after_a_crash(void **state)
{
	struct plane_session session = a_session();
	struct plane_error error;
	struct fixture f;
	struct plane *plane;

	(void)state;
	make_conf(&f);
	crash(&f, &session);
	assert_int_equal(our_routes(), 4);
	assert_true(program_on("to0"));
	plane = open_plane(&f);
	assert_int_equal(our_routes(), 4);
	assert_int_equal(plane_session_add(plane, 7, &session, &error), 0);
	plane_close(plane);
	unmount_of_the_dead();
	assert_nothing_left();
}

/* The next start may be with another configuration: no device keeps a program of the dead. */
static void test_crash_other_devices(void **state)
{
	struct fixture f;
	struct plane *plane;

	(void)state;
	make_conf(&f);
	crash(&f, NULL);
	assert_true(program_on("to0") && program_on("ti0"));
	f.conf.gateway.inside_count = 0;
	plane = open_plane(&f);
	assert_true(program_on("to0") != 0);
	assert_int_equal(program_on("ti0"), 0);
	plane_close(plane);
	unmount_of_the_dead();
	assert_nothing_left();
}

static void assert_refused(struct fixture *f, const char *words)
{
	struct plane_error error;
	struct plane *plane = NULL;

	assert_true(plane_open(base, &f->conf, &plane, &error) < 0);
	assert_null(plane);
	if (!strstr(error.why, words))
		fail_msg("\"%s\" does not say \"%s\"", error.why, words);
}

static void test_refused(void **state)
{
	/* r0 = XDP_PASS; exit */
	static const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct fixture f;
	struct plane *plane;
	struct link link;
	int foreign;

	(void)state;
	make_conf(&f);
	snprintf(f.conf.gateway.inside[0], sizeof(conf_name), "nix0");
	assert_refused(&f, "there is no device nix0 (inside in [gateway])");
	make_conf(&f);
	snprintf(f.conf.gateway.inside[0], sizeof(conf_name), "lo");
	assert_refused(&f, "lo is not an Ethernet device");
	make_conf(&f);
	ip("link", "set", "ti0", "mtu", "9000");
	assert_refused(&f, "ti0 has MTU 9000, but an AF_XDP frame takes 3498 at most");
	ip("link", "set", "ti0", "mtu", "1500");
	assert_nothing_left();

	/* A program of someone else, attached without a dispatcher, stays where it is. */
	assert_int_equal(link_read(netlink, "ti0", &link), 0);
	foreign = bpf_prog_load(BPF_PROG_TYPE_XDP, "somebody", "GPL", pass, 2, NULL);
	assert_true(foreign >= 0);
	assert_int_equal(bpf_xdp_attach((int)link.ifindex, foreign, 0, NULL), 0);
	assert_refused(&f, "ti0 already runs the XDP program \"somebody\"");
	assert_true(program_on("ti0"));
	assert_int_equal(bpf_xdp_detach((int)link.ifindex, 0, NULL), 0);
	close(foreign);

	plane = open_plane(&f);
	assert_refused(&f, "another flexd uses bpf-directory");
	assert_refused(&f, "a second one needs a network namespace and a bpf-directory of its own");
	assert_true(program_on("to0"));
	plane_close(plane);
	assert_nothing_left();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_close),
		cmocka_unit_test(test_session),
		cmocka_unit_test(test_addresses_follow),
		cmocka_unit_test(test_own_stays),
		cmocka_unit_test(test_set_conf_routes),
		cmocka_unit_test(test_set_conf_without_addresses),
		cmocka_unit_test(test_foreign_route),
		cmocka_unit_test(test_routes_return),
		cmocka_unit_test(test_traffic_to_nobody),
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_bpftool),
		cmocka_unit_test(test_generic),
		cmocka_unit_test(test_driver_without_xdp),
		cmocka_unit_test(test_after_a_crash),
		cmocka_unit_test(test_crash_other_devices),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
