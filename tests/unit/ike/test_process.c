// SPDX-License-Identifier: BSD-2-Clause
/*
 * The whole process against a flexd that is played here: start and confinement, peers over the
 * loopback device, a list of IKE SAs that flexd is slow to read, a channel to aaa that breaks.
 * Needs root, as the process gives its rights up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/process.h"
#include "pki/bundle.h"

#include "core/ipc.h"
#include "core/proc.h"
#include "ike/proposal.h"
#include "ike/wire/build.h"
#include "msg.h"
#include "support/unheard.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	WAIT_MS = 20000,
	AT_ONCE = 32, /* requests on their way, so that no socket buffer overflows */
	/* More rows than a channel keeps for a reader who does not come. */
	MANY = IPC_QUEUE_MAX / sizeof(struct msg_ike_sa_row) + 1000,
};

#define CONF_BODY                                                                                  \
	"outside = eth0\nuser-ike = nobody\nhalf-open-limit = 131072\nhalf-open-timeout = 600\n"   \
	"[pool v4]\nprefix = 10.0.0.0/24\n[ikev2-authorization-policy p]\npool = v4\n"             \
	"[virtual-template 1]\n[ikev2-keyring k]\npsk = k\n[ikev2-profile any]\n"                  \
	"match-identity-remote = any\nidentity-local = fqdn gw.example.org\n"                      \
	"authentication-local = pre-share\nauthentication-remote = pre-share\n"                    \
	"keyring-local = k\naaa-authorization-group = p\nvirtual-template = 1\n"

struct play {
	char directory[64], conf[96], empty[96];
	struct event_base *base;
	struct ipc *flexd; /* our end */
	pid_t pid;
	int peer; /* UDP, connected to the gateway */
	unsigned rows;
	bool prepared, counted, broken;
};

static int on_nothing(void *arg, const struct ipc_message *message)
{
	(void)arg;
	(void)message;
	return 0;
}

static int on_prepared(void *arg, const struct ipc_message *message)
{
	const struct msg_conf_prepared *answer = message->body;

	((struct play *)arg)->prepared = answer->ok;
	return 0;
}

static int on_row(void *arg, const struct ipc_message *message)
{
	(void)message;
	((struct play *)arg)->rows++;
	return 0;
}

static int on_stats(void *arg, const struct ipc_message *message)
{
	const struct msg_ike_stats *stats = message->body;

	((struct play *)arg)->counted = stats->half_open == MANY;
	return 0;
}

static void on_broken(void *arg, const char *why)
{
	print_message("%s\n", why);
	((struct play *)arg)->broken = true;
}

/* clang-format off */
static const struct ipc_rule rules[] = {
	{ MSG_HELLO, "HELLO", 0, 0, on_nothing, false },
	{ MSG_READY, "READY", 0, 0, on_nothing, false },
	{ MSG_CONF_PREPARED, "CONF_PREPARED", sizeof(struct msg_conf_prepared),
	  sizeof(struct msg_conf_prepared), on_prepared, false },
	{ MSG_IKE_SA_ROW, "IKE_SA_ROW", sizeof(struct msg_ike_sa_row),
	  sizeof(struct msg_ike_sa_row), on_row, false },
	{ MSG_IKE_STATS, "IKE_STATS", sizeof(struct msg_ike_stats),
	  sizeof(struct msg_ike_stats), on_stats, false },
	{ MSG_AAA_LOST, "AAA_LOST", 0, 0, on_nothing, false },
};
/* clang-format on */

static void spawn(struct play *p)
{
	const struct ipc_events events = { .rules = rules,
					   .rule_count = sizeof(rules) / sizeof(rules[0]),
					   .arg = p,
					   .broken = on_broken };
	int pair[2];

	assert_int_equal(ipc_pair(pair), 0);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0) {
		dup2(pair[1], PROC_CHANNEL_FD);
		close_range(PROC_CHANNEL_FD + 1, ~0U, 0);
		_exit(ike_main());
	}
	close(pair[1]);
	p->base = event_base_new();
	assert_int_equal(ipc_new(p->base, pair[0], &events, &p->flexd), 0);
	assert_int_equal(ipc_wait(p->flexd, MSG_HELLO, WAIT_MS), 0);
}

/* A socket for the process, bound to the loopback device; the peer is connected to it. */
static void give_socket(struct play *p)
{
	struct msg_socket say = { .local.port = 0 };
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	say.local.ip = ip_from4(at.sin_addr.s_addr);
	say.local.port = at.sin_port;
	assert_int_equal(ipc_send(p->flexd, MSG_SOCKET, &say, sizeof(say), NULL, 0, fd), 0);
	close(fd);
	p->peer = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(p->peer, (struct sockaddr *)&at, sizeof(at)), 0);
}

static int play_open(void **state)
{
	struct play *p = calloc(1, sizeof(*p));
	FILE *out;
	int fd;

	assert_int_equal(geteuid(), 0);
	snprintf(p->directory, sizeof(p->directory), "/tmp/ike-test.XXXXXX");
	assert_non_null(mkdtemp(p->directory));
	chmod(p->directory, 0755);
	snprintf(p->conf, sizeof(p->conf), "%s/flexgate.conf", p->directory);
	snprintf(p->empty, sizeof(p->empty), "%s/empty", p->directory);
	assert_int_equal(mkdir(p->empty, 0755), 0);
	out = fopen(p->conf, "w");
	assert_non_null(out);
	fprintf(out, "[gateway]\nrun-directory = %s\n%s", p->directory, CONF_BODY);
	fclose(out);
	spawn(p);
	fd = open(p->conf, O_RDONLY | O_CLOEXEC);
	assert_int_equal(ipc_send(p->flexd, MSG_CONF_PREPARE, NULL, 0, NULL, 0, fd), 0);
	close(fd);
	fd = pki_bundle_new();
	assert_int_equal(ipc_send(p->flexd, MSG_PKI_PREPARE, NULL, 0, NULL, 0, fd), 0);
	close(fd);
	assert_int_equal(ipc_wait(p->flexd, MSG_CONF_PREPARED, WAIT_MS), 0);
	assert_true(p->prepared);
	assert_int_equal(ipc_send(p->flexd, MSG_CONF_COMMIT, NULL, 0, NULL, 0, -1), 0);
	give_socket(p);
	assert_int_equal(ipc_send(p->flexd, MSG_START, NULL, 0, NULL, 0, -1), 0);
	assert_int_equal(ipc_wait(p->flexd, MSG_READY, WAIT_MS), 0);
	*state = p;
	return 0;
}

static int play_open_unheard(void **state)
{
	return unheard(play_open, state);
}

static int play_close(void **state)
{
	struct play *p = *state;
	int status = -1;

	ipc_free(p->flexd);
	close(p->peer);
	assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
	assert_int_equal(status, 0);
	event_base_free(p->base);
	unlink(p->conf);
	rmdir(p->empty);
	rmdir(p->directory);
	free(p);
	return 0;
}

/* IKE_SA_INIT with a public value that nobody has to be able to use. */
static size_t opening(uint8_t *bytes, size_t cap)
{
	const struct ike_header header = { .spi_i = 1,
					   .version = IKE_VERSION,
					   .exchange = IKE_EXCHANGE_IKE_SA_INIT,
					   .flags = IKE_FLAG_INITIATOR };
	const struct conf_proposal ours = { .encryption = { { IKE_ENCR_AES_GCM_16, 256 } },
					    .encryption_count = 1,
					    .prf = { IKE_PRF_HMAC_SHA2_256 },
					    .prf_count = 1,
					    .group = { IKE_GROUP_X25519 },
					    .group_count = 1 };
	const struct conf_proposal *list = &ours;
	uint8_t value[32] = { 9 };
	struct ike_sa offer;
	struct ike_writer w;

	ike_offer_sa(&list, 1, NULL, &offer);
	ike_begin(&w, bytes, cap, &header);
	ike_put_sa(&w, &offer);
	ike_put_ke(&w, IKE_GROUP_X25519, value, sizeof(value));
	ike_put_nonce(&w, value, sizeof(value));
	return ike_finish(&w);
}

static void make_half_open(struct play *p, uint32_t count)
{
	uint8_t message[512], answer[1024];
	size_t len = opening(message, sizeof(message));

	assert_true(len > 0);
	for (uint32_t i = 0; i < count; i++) {
		struct pollfd readable = { .fd = p->peer, .events = POLLIN };
		uint32_t spi = htonl(i);

		memcpy(message, &spi, sizeof(spi));
		assert_int_equal(send(p->peer, message, len, 0), (ssize_t)len);
		if (i % AT_ONCE != AT_ONCE - 1 && i != count - 1)
			continue;
		for (uint32_t k = 0; k <= i % AT_ONCE; k++) {
			assert_int_equal(poll(&readable, 1, WAIT_MS), 1);
			assert_true(recv(p->peer, answer, sizeof(answer), 0) > 0);
		}
	}
}

/* flexd has other things to do: the list waits, and nothing ends because of it. */
static void test_slow_reader_of_a_long_list(void **state)
{
	const struct msg_ike_show show = { .what = MSG_SHOW_SAS };
	struct play *p = *state;

	make_half_open(p, MANY);
	assert_int_equal(ipc_send(p->flexd, MSG_IKE_SHOW, &show, sizeof(show), NULL, 0, -1), 0);
	usleep(500 * 1000);
	for (int i = 0; i < WAIT_MS && !p->counted && !p->broken; i++) {
		event_base_loop(p->base, EVLOOP_NONBLOCK);
		usleep(1000);
	}
	assert_false(p->broken);
	assert_true(p->counted);
	assert_int_equal(p->rows, MANY);
}

/* Nonsense from aaa, then its end: flexd hears of each, as it may not see them itself. */
static void test_channel_to_aaa_breaks(void **state)
{
	struct play *p = *state;

	for (int i = 0; i < 2; i++) {
		int pair[2];

		assert_int_equal(ipc_pair(pair), 0);
		assert_int_equal(ipc_send(p->flexd, MSG_AAA_CHANNEL, NULL, 0, NULL, 0, pair[0]), 0);
		close(pair[0]);
		if (i == 0)
			assert_int_equal(send(pair[1], "nonsense", 8, 0), 8);
		else
			close(pair[1]);
		assert_int_equal(ipc_wait(p->flexd, MSG_AAA_LOST, WAIT_MS), 0);
		if (i == 0)
			close(pair[1]);
	}
}

/* Sockets come before the process gives up the right to prepare them. */
static void test_socket_too_late(void **state)
{
	struct play *p = *state;

	close(p->peer);
	give_socket(p);
	assert_int_equal(ipc_wait(p->flexd, MSG_AAA_LOST, WAIT_MS), -EPIPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_slow_reader_of_a_long_list, play_open,
						play_close),
		cmocka_unit_test_setup_teardown(test_socket_too_late, play_open, play_close),
		cmocka_unit_test_setup_teardown(test_channel_to_aaa_breaks, play_open, play_close),
		cmocka_unit_test_setup_teardown(test_channel_to_aaa_breaks, play_open_unheard,
						play_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
