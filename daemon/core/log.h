/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line per event: time, level, process, area, words. To stderr; under systemd with a priority
 * prefix instead of the time. errno survives every call. Never a secret, and outside text only
 * through log_safe().
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

void log_open(const char *process, enum log_level max);
void log_set_level(enum log_level max);
void log_at(enum log_level level, const char *area, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Are lines of this level written? Before work that only a line would need. */
bool log_wanted(enum log_level level);

#define log_error(area, ...) log_at(LOG_LEVEL_ERROR, area, __VA_ARGS__)
#define log_warn(area, ...)  log_at(LOG_LEVEL_WARN, area, __VA_ARGS__)
#define log_info(area, ...)  log_at(LOG_LEVEL_INFO, area, __VA_ARGS__)
#define log_debug(area, ...) log_at(LOG_LEVEL_DEBUG, area, __VA_ARGS__)

/* For lines that a stranger can cause: at most `burst` at once and `per_second` afterwards. */
struct log_limit {
	uint32_t burst, per_second;
	double tokens;
	uint64_t last_ms;
	uint64_t suppressed; /* said in a line of its own before the next one that passes */
};
/* now_ms: CLOCK_MONOTONIC. */
bool log_allowed(struct log_limit *limit, uint64_t now_ms);

/* Text from outside made harmless for one line: backslashes and bytes outside printable ASCII as
 * \xNN, "..." at the end of what is cut. Returns buf. */
const char *log_safe(const void *text, size_t len, char *buf, size_t cap);

#endif
