/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command table: one row per command, from which come parsing, help, "did you mean", the bash
 * completion, the man page, and both forms of output (text and JSON).
 */
#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* What flexctl's exit status says. */
enum ctl_exit {
	CTL_OK = 0,
	CTL_REFUSED = 1,   /* flexd said no, or standard output takes no more */
	CTL_USAGE = 2,     /* the command line is wrong */
	CTL_UNREACHED = 3, /* no answer from flexd */
};

/* How a field is written for people. JSON always carries it as it came. */
enum ctl_format {
	CTL_TEXT,
	CTL_NUMBER,  /* exact */
	CTL_COUNT,   /* packets: 12345, 1.2M */
	CTL_BYTES,   /* 812 B, 1.4 GiB */
	CTL_SECONDS, /* 42s, 3m12s, 5d04h */
	CTL_BOOL,    /* yes, no */
	CTL_COUNTS,  /* an object of counters: "spoofed 3, too_big 1" */
	CTL_OBJECTS, /* an array of objects, in a record a line each: "state up, age_s 3" */
};

struct ctl_column {
	const char *field; /* JSON name; NULL ends a list */
	const char *title;
	enum ctl_format format;
	unsigned width; /* columns it may be cut down to on a narrow terminal, 0: never cut */
	unsigned drop;  /* left out on a narrow terminal, highest first; 0: never */
};

enum ctl_layout {
	CTL_TABLE,  /* a line per row */
	CTL_RECORD, /* a block per row, a line per field */
	CTL_LINES,  /* only the first column, without a title */
	CTL_FILE,   /* section, key, value: as a configuration file has them */
};

/* One way to print rows: those whose field "kind" is `kind`, or all. */
struct ctl_view {
	const char *kind;
	const char *heading; /* printed before, NULL: nothing */
	enum ctl_layout layout;
	const struct ctl_column *columns;
};

enum ctl_argument_kind {
	CTL_FLAG,     /* a fixed word that may be there */
	CTL_REQUIRED, /* a value */
	CTL_OPTIONAL, /* a value that may be left out */
	CTL_REST,     /* all words that follow */
};

struct ctl_argument {
	const char *key;  /* in the request's args; NULL ends a list */
	const char *text; /* in the synopsis: "NAME|IDENTITY|ADDRESS", or the word of a flag */
	enum ctl_argument_kind kind;
};

struct ctl_error {
	char text[512]; /* one sentence: what went wrong */
	char hint[512]; /* what to do, may be empty */
};

struct ctl_command;

/* A parsed command line. args belongs to it. */
struct ctl_call {
	const struct ctl_command *command; /* NULL: only an option such as --help */
	const struct ctl_command
		*begun; /* then the first that `begun_words` words begin, or NULL */
	size_t begun_words;
	json_t *args;
	const char *socket;
	bool json, help, version, generate_man, generate_completion;
	unsigned watch; /* seconds, 0: once */
};

enum { CTL_ARGUMENTS_MAX = 3, CTL_VIEWS_MAX = 5 };

struct ctl_command {
	const char *words;
	struct ctl_argument arguments[CTL_ARGUMENTS_MAX + 1];
	bool one_of;                          /* exactly one of the arguments */
	bool live;                            /* rows are printed as they come */
	struct ctl_view views[CTL_VIEWS_MAX]; /* layout by kind of row */
	struct ctl_view detail;               /* instead of views when the flag "detail" is given */
	const char *nothing; /* said to people when there is no row, NULL: nothing */
	const char *help;    /* a sentence */
	/* Append the rows of the answer. */
	enum ctl_exit (*run)(const struct ctl_call *call, json_t *rows, struct ctl_error *error);
};

extern const struct ctl_command ctl_commands[];
extern const size_t ctl_command_count;

/* "show session [detail] [NAME|IDENTITY|ADDRESS]" */
const char *ctl_synopsis(const struct ctl_command *command, char *buf, size_t cap);

void ctl_fail(struct ctl_error *error, const char *hint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The functions of the table's last column. */
enum ctl_exit ctl_run_ask(const struct ctl_call *call, json_t *rows, struct ctl_error *error);
/* Print each row as it comes. */
enum ctl_exit ctl_run_live(const struct ctl_call *call, json_t *rows, struct ctl_error *error);
enum ctl_exit ctl_run_check(const struct ctl_call *call, json_t *rows, struct ctl_error *error);
enum ctl_exit ctl_run_version(const struct ctl_call *call, json_t *rows, struct ctl_error *error);
enum ctl_exit ctl_run_help(const struct ctl_call *call, json_t *rows, struct ctl_error *error);

/* At the end: a full disk must not look like a short answer. Returns result, or says why not. */
enum ctl_exit ctl_written(enum ctl_exit result);

#endif
