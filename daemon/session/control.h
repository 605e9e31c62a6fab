/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket of include/flexgate/ctl.h: one request per connection, an answer in rows. A
 * command writes its rows in small steps, as fast as the caller reads.
 */
#ifndef SESSION_CONTROL_H
#define SESSION_CONTROL_H

#include "session/broker.h"

#include <jansson.h>

struct control;

/* Returns 0, or -errno with a sentence logged. */
int control_open(struct broker *broker, struct control **out);
/* Everybody who waits is told; what is written already is sent off. Harmless with NULL, as are the
 * others. */
void control_close(struct control *control);
/* A caller on a connected socket, which is taken: for the listener and for tests. 0 or -errno. */
int control_take(struct control *control, int fd);
size_t control_clients(const struct control *control);

/* Rows, statistics and lines of a trace. 0, or -EPROTO: nobody asked, or a text does not end. */
int control_from_ike(struct control *control, uint32_t type, const void *body);
void control_ike_lost(struct control *control);

/* --- for the commands --- */

struct ctl_client;

struct ctl_command {
	const char *name;
	/* Look at the arguments; then rows come from step, or later from somebody else. */
	void (*run)(struct ctl_client *client);
	/* Argument names, NULL-terminated, and the JSON type of each. */
	const char *arguments[3];
	json_type types[3];
};
extern const struct ctl_command ctl_commands[];
extern const size_t ctl_command_count;

struct broker *ctl_broker(const struct ctl_client *client);
const char *ctl_text(const struct ctl_client *client, const char *argument); /* NULL: not given */
bool ctl_flag(const struct ctl_client *client, const char *argument);

enum { CTL_IDENTITY_MAX = 4 * MSG_IDENTITY_MAX + 32 };

/* A field of a row; an empty text is left out. What came from outside has been escaped by who read
 * it; whatever another process says, a field stays one line of ASCII. */
void ctl_set_text(json_t *row, const char *key, const char *text);
void ctl_set_number(json_t *row, const char *key, uint64_t number);
/* "aes-gcm-256"; NULL: no such suite. */
const char *ctl_esp_suite_text(uint16_t suite);
/* Write a row; it is taken. */
void ctl_row(struct ctl_client *client, json_t *row);
bool ctl_has_rows(const struct ctl_client *client); /* one at least has been written */
/* The answer is complete. */
void ctl_ok(struct ctl_client *client);
void ctl_fail(struct ctl_client *client, const char *hint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Called while there is room until it has called ctl_ok() or ctl_fail(). *cursor starts at 0. */
typedef void ctl_step(struct ctl_client *client, uint32_t *cursor);
void ctl_steps(struct ctl_client *client, ctl_step *step);
/* Ask ike; these are called with what it says, in the order of the askers. */
struct ctl_ike {
	enum msg_ike_what what;
	/* A message of the kind that answers `what`; with MSG_SHOW_STATS there is none. */
	void (*row)(struct ctl_client *client, const void *body);
	/* Ends the answer; NULL: ctl_ok() does. */
	void (*stats)(struct ctl_client *client, const struct msg_ike_stats *stats);
};
void ctl_ask_ike(struct ctl_client *client, const struct ctl_ike *ask);
/* Lines of ike, by ctl_trace_row(), until the caller goes or ike ends; slot and serial are set. */
void ctl_trace(struct ctl_client *client, struct msg_ike_trace *trace);
void ctl_trace_row(struct ctl_client *client, const char *text);

/* --- the commands: control_session.c, control_ike.c, control_pki.c and so on --- */

void ctl_show_session(struct ctl_client *client);
void ctl_show_ikev2_sa(struct ctl_client *client);
void ctl_show_ikev2_stats(struct ctl_client *client);
void ctl_trace_ike(struct ctl_client *client);
void ctl_show_pki(struct ctl_client *client);
void ctl_show_crypto(struct ctl_client *client);
void ctl_show_derived_config(struct ctl_client *client);
void ctl_clear_session(struct ctl_client *client);
void ctl_show_plane(struct ctl_client *client);
void ctl_show_drop(struct ctl_client *client);
void ctl_show_config(struct ctl_client *client);
void ctl_config_reload(struct ctl_client *client);
void ctl_version(struct ctl_client *client);

/* --- control_session.c, for them --- */

/* The next session behind `after` that the argument "name" means: by va<N>, an identity, an inner
 * address or the outer one; without it every session. NULL: there is none. */
struct session *ctl_next_meant(const struct ctl_client *client, uint32_t after);
bool ctl_means(const struct session *session, const char *name);
/* The one that it means; NULL, and the caller has been told: none, or several. */
struct session *ctl_only_meant(struct ctl_client *client);

#endif
