// SPDX-License-Identifier: BSD-2-Clause
#include "core/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024, NAME_MAX_BYTES = 32 };

static const struct {
	const char *word;
	int priority; /* of syslog, which journald reads as a "<N>" prefix */
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", 3 },
	[LOG_LEVEL_WARN] = { "warn", 4 },
	[LOG_LEVEL_INFO] = { "info", 6 },
	[LOG_LEVEL_DEBUG] = { "debug", 7 },
};

static struct {
	char process[NAME_MAX_BYTES];
	enum log_level max;
	bool journal;
} state = { .process = "flexgate", .max = LOG_LEVEL_INFO };

void log_open(const char *process, enum log_level max)
{
	snprintf(state.process, sizeof(state.process), "%s", process);
	state.max = max;
	state.journal = getenv("JOURNAL_STREAM") != NULL;
	tzset(); /* reads files; a confined process cannot any more */
}

void log_set_level(enum log_level max)
{
	state.max = max;
}

bool log_wanted(enum log_level level)
{
	return level <= state.max;
}

static size_t put_prefix(char *line, size_t cap, enum log_level level, const char *area)
{
	struct timespec now;
	struct tm tm;
	int n;

	if (state.journal) {
		n = snprintf(line, cap, "<%d>%s: %s: ", levels[level].priority, state.process,
			     area);
	} else {
		clock_gettime(CLOCK_REALTIME, &now);
		gmtime_r(&now.tv_sec, &tm);
		n = snprintf(line, cap,
			     "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %s %s: %s: ", tm.tm_year + 1900,
			     tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
			     now.tv_nsec / 1000000, levels[level].word, state.process, area);
	}
	return n < 0 ? 0 : (size_t)n < cap ? (size_t)n : cap - 1;
}

void log_at(enum log_level level, const char *area, const char *format, ...)
{
	static const char cut[] = "...";
	int saved = errno;
	char line[LINE_MAX_BYTES];
	size_t cap = sizeof(line) - 1, len; /* one byte for the newline */
	va_list args;
	int n;

	if (level > state.max)
		return;
	len = put_prefix(line, cap, level, area);
	errno = saved; /* for %m */
	va_start(args, format);
	n = vsnprintf(line + len, cap - len, format, args);
	va_end(args);
	if (n > 0 && (size_t)n >= cap - len) {
		len = cap - 1;
		memcpy(line + len - strlen(cut), cut, strlen(cut));
	} else if (n > 0) {
		len += (size_t)n;
	}
	/* One event is one line, whatever a caller forgot to pass through log_safe(). */
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[len++] = '\n';
	/* One write: lines of several processes do not mix. Nothing can be done when it fails. */
	if (write(STDERR_FILENO, line, len) < 0)
		errno = saved;
	errno = saved;
}

bool log_allowed(struct log_limit *limit, uint64_t now_ms)
{
	if (limit->last_ms == 0) {
		limit->tokens = limit->burst;
	} else if (now_ms > limit->last_ms) {
		limit->tokens += (double)(now_ms - limit->last_ms) * limit->per_second / 1000;
		if (limit->tokens > limit->burst)
			limit->tokens = limit->burst;
	}
	if (now_ms > limit->last_ms)
		limit->last_ms = now_ms;
	if (limit->tokens < 1) {
		limit->suppressed++;
		return false;
	}
	limit->tokens -= 1;
	if (limit->suppressed) {
		log_info("log", "%llu lines like the next one were left out",
			 (unsigned long long)limit->suppressed);
		limit->suppressed = 0;
	}
	return true;
}

static bool plain(unsigned char c)
{
	return c >= ' ' && c < 0x7f && c != '\\';
}

const char *log_safe(const void *text, size_t len, char *buf, size_t cap)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *p = text;
	size_t whole = 1, at = 0, end;

	if (cap == 0)
		return buf;
	for (size_t i = 0; i < len; i++)
		whole += plain(p[i]) ? 1 : 4;
	/* What does not fit ends with dots; an escape comes out whole or not at all. */
	end = whole <= cap ? cap - 1 : cap > 4 ? cap - 4 : 0;
	for (size_t i = 0; i < len && at + (plain(p[i]) ? 1 : 4) <= end; i++) {
		if (plain(p[i])) {
			buf[at++] = (char)p[i];
			continue;
		}
		buf[at++] = '\\';
		buf[at++] = 'x';
		buf[at++] = hex[p[i] >> 4];
		buf[at++] = hex[p[i] & 15];
	}
	if (whole > cap)
		for (int dots = 0; dots < 3 && at + 1 < cap; dots++)
			buf[at++] = '.';
	buf[at] = '\0';
	return buf;
}
