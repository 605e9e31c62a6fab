/* SPDX-License-Identifier: BSD-2-Clause */
/* A broker whose children are this test: it holds the other ends of their channels. */
#ifndef TESTS_SESSION_PLAY_H
#define TESTS_SESSION_PLAY_H

#include "session/broker.h"
#include "session/control.h"
#include "setup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct play {
	struct broker broker;
	char directory[64], path[96], secrets[96], text[8192];
	int end[CHILDREN]; /* ours */
	bool broken[CHILDREN];
};

/* As core/ipc.c writes it. */
struct play_packet {
	uint32_t type, len;
	char body[IPC_MESSAGE_MAX];
};

static void play_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* The configuration file, with its own directory in it. */
static void play_conf(struct play *p, const char *pools, const char *rest)
{
	snprintf(p->text, sizeof(p->text), "%srun-directory = %s\nsecrets-file = %s\n%s%s",
		 CONF_HEAD("4096"), p->directory, p->secrets, pools, rest);
	play_write(p->path, p->text);
}

static void play_on_broken(void *arg, const char *why)
{
	struct child *child = arg;
	struct play *p = (struct play *)(void *)((char *)child->broker -
						 offsetof(struct play, broker));

	(void)why;
	p->broken[child->role] = true;
	child_disown(child);
}

/* A new life of a child. */
static void play_child(struct play *p, enum child_role role)
{
	static const struct ipc_rule *const rules[] = { child_worker_rules, child_aaa_rules,
							child_ike_rules };
	const size_t counts[] = { child_worker_rule_count, child_aaa_rule_count,
				  child_ike_rule_count };
	struct child *child = &p->broker.child[role];
	struct ipc_events events = { .rules = rules[role],
				     .rule_count = counts[role],
				     .arg = child,
				     .broken = play_on_broken };
	int pair[2];

	if (p->end[role] >= 0)
		close(p->end[role]);
	assert_int_equal(ipc_pair(pair), 0);
	assert_int_equal(ipc_new(p->broker.base, pair[0], &events, &child->ipc), 0);
	p->end[role] = pair[1];
	p->broken[role] = false;
	child_set_stage(child, CHILD_HELLO);
}

static struct play *play_new(void)
{
	struct play *p = calloc(1, sizeof(*p));
	struct conf_errors errors;
	struct sessions_setup setup;

	assert_non_null(p);
	snprintf(p->directory, sizeof(p->directory), "/tmp/session-test.XXXXXX");
	assert_non_null(mkdtemp(p->directory));
	snprintf(p->path, sizeof(p->path), "%s/flexgate.conf", p->directory);
	snprintf(p->secrets, sizeof(p->secrets), "%s/secrets.conf", p->directory);
	play_write(p->secrets, "[psk all]\nidentity = any\nkey = a long secret\n");
	play_conf(p, CONF_POOLS, CONF_REST);
	p->broker = (struct broker){ .answer_ms = 1000,
				     .conf_path = p->path,
				     .base = event_base_new(),
				     .plane = calloc(1, sizeof(struct plane)),
				     .run.lock = -1 };
	p->broker.conf = conf_files_read(p->path, &p->broker.files, &errors);
	assert_non_null(p->broker.conf);
	assert_int_equal(run_directory_enter(&p->broker.run, p->directory), 0);
	setup = (struct sessions_setup){ .base = p->broker.base,
					 .conf = p->broker.conf,
					 .plane = p->broker.plane,
					 .to_ike = supervise_to_ike,
					 .arg = &p->broker,
					 .clear_timeout_ms = 30 };
	assert_int_equal(sessions_new(&setup, &p->broker.sessions), 0);
	for (int i = 0; i < CHILDREN; i++) {
		p->end[i] = -1;
		assert_int_equal(child_init(&p->broker.child[i], &p->broker, (enum child_role)i),
				 0);
		play_child(p, (enum child_role)i);
	}
	return p;
}

static void play_free(struct play *p)
{
	reload_abort(&p->broker, "the test ends");
	control_close(p->broker.control);
	for (int i = 0; i < CHILDREN; i++) {
		child_free(&p->broker.child[i]);
		close(p->end[i]);
	}
	sessions_free(p->broker.sessions);
	assert_int_equal(p->broker.plane->rows, 0);
	run_directory_leave(&p->broker.run);
	conf_files_close(&p->broker.files);
	conf_free(p->broker.conf);
	free(p->broker.plane);
	event_base_free(p->broker.base);
	unlink(p->path);
	unlink(p->secrets);
	assert_int_equal(rmdir(p->directory), 0);
	free(p);
}

/* Let everything happen that can. */
static void play_turn(struct play *p)
{
	for (int i = 0; i < 8; i++)
		event_base_loop(p->broker.base, EVLOOP_NONBLOCK);
}

static void play_say(struct play *p, enum child_role role, uint32_t type, const void *body,
		     size_t len)
{
	struct play_packet packet = { .type = type, .len = (uint32_t)len };

	if (len)
		memcpy(packet.body, body, len);
	assert_int_equal(send(p->end[role], &packet, 8 + len, 0), (ssize_t)(8 + len));
	play_turn(p);
}

/* The last message that play_hear() took. */
static struct play_packet play_heard;

/* The type of the next message, 0: none. *fd: whether a descriptor came (closed). */
static uint32_t play_hear(struct play *p, enum child_role role, bool *fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { &play_heard, sizeof(play_heard) };
	struct msghdr msg = { .msg_iov = &part,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *c;
	bool came;

	play_turn(p);
	if (recvmsg(p->end[role], &msg, MSG_DONTWAIT) <= 0)
		return 0;
	c = CMSG_FIRSTHDR(&msg);
	came = c && c->cmsg_type == SCM_RIGHTS;
	if (came) {
		int got;

		memcpy(&got, CMSG_DATA(c), sizeof(got));
		close(got);
	}
	if (fd)
		*fd = came;
	return play_heard.type;
}

#define play_expect(p, role, wanted, with_fd)                                                      \
	do {                                                                                       \
		bool fd_ = false;                                                                  \
		assert_int_equal(play_hear(p, role, &fd_), wanted);                                \
		assert_int_equal(fd_, with_fd);                                                    \
	} while (0)

static void play_prepared(struct play *p, enum child_role role, bool ok, const char *why)
{
	struct msg_conf_prepared m = { .ok = ok };

	snprintf(m.why, sizeof(m.why), "%s", why);
	play_say(p, role, MSG_CONF_PREPARED, &m, sizeof(m));
}

/* The whole start, without a look at the order. */
static void play_start(struct play *p)
{
	struct msg_worker_info info = { .crypto = "none", .workers = 1 };

	for (int i = 0; i < CHILDREN; i++)
		play_say(p, (enum child_role)i, MSG_HELLO, NULL, 0);
	play_say(p, CHILD_WORKER, MSG_WORKER_INFO, &info, sizeof(info));
	play_say(p, CHILD_WORKER, MSG_READY, NULL, 0);
	play_prepared(p, CHILD_AAA, true, "");
	play_prepared(p, CHILD_IKE, true, "");
	play_say(p, CHILD_AAA, MSG_READY, NULL, 0);
	play_say(p, CHILD_IKE, MSG_READY, NULL, 0);
	for (int i = 0; i < CHILDREN; i++)
		while (play_hear(p, (enum child_role)i, NULL))
			;
	assert_int_equal(p->broker.phase, BROKER_RUNNING);
	assert_non_null(p->broker.control);
}

#endif
