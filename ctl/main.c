// SPDX-License-Identifier: BSD-2-Clause
/* flexctl: understand, run, print; again with --watch. */
#include "args.h"
#include "docs.h"
#include "render.h"

#include <flexgate/plane.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

/* Columns of the terminal on standard output, 0: it is none. */
static unsigned terminal_width(void)
{
	struct winsize size = { 0 };
	const char *columns = getenv("COLUMNS");

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	return columns && atoi(columns) > 0 ? (unsigned)atoi(columns) : 80;
}

static void complain(const struct ctl_error *error)
{
	if (*error->text)
		fprintf(stderr, "flexctl: %s\n", error->text);
	if (*error->hint)
		fprintf(stderr, "  %s\n", error->hint);
}

/* Rows that came before an error are printed too: they are what happened. */
static enum ctl_exit once(const struct ctl_call *call)
{
	struct ctl_error error = { 0 };
	json_t *rows = json_array();
	enum ctl_exit result = call->command->run(call, rows, &error);

	/* No answer is not an empty one: "[]" would say that there is nothing. */
	if (call->command->live || (result != CTL_OK && !json_array_size(rows)))
		; /* printed as they came, or there is nothing to print */
	else if (call->json)
		ctl_render_json(stdout, rows);
	else
		ctl_render_text(stdout, call, rows, terminal_width());
	json_decref(rows);
	fflush(stdout);
	if (result != CTL_OK && !stop)
		complain(&error);
	return result;
}

static enum ctl_exit watch(const struct ctl_call *call)
{
	struct sigaction action = { .sa_handler = on_signal };
	bool screen = isatty(STDOUT_FILENO) && !call->json;
	enum ctl_exit result;
	char clock[16];
	time_t now;

	/* No SA_RESTART: the sleep and a pending answer end at once. */
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	do {
		now = time(NULL);
		strftime(clock, sizeof(clock), "%H:%M:%S", localtime(&now));
		if (screen)
			printf("\033[H\033[2J%s  every %us: %s\n\n", clock, call->watch,
			       call->command->words);
		result = once(call);
		if (!screen && !call->json)
			putchar('\n');
		if (fflush(stdout))
			return CTL_OK; /* main() says so */
		if (stop)
			break;
		/* What never worked will not begin to. */
		if (result == CTL_USAGE || (result != CTL_OK && !screen))
			return result;
		sleep(call->watch);
	} while (!stop);
	if (screen)
		putchar('\n');
	return CTL_OK;
}

int main(int argc, char **argv)
{
	struct ctl_error error = { 0 };
	enum ctl_exit result = CTL_OK;
	struct ctl_call call;

	if (argc < 2) {
		ctl_docs_help(stderr, NULL, 0);
		return CTL_USAGE;
	}
	if (!ctl_parse(argc, argv, &call, &error)) {
		complain(&error);
		return CTL_USAGE;
	}
	if (call.version)
		printf("flexctl %s (map ABI %d)\n", FG_VERSION, FG_ABI);
	else if (call.generate_man)
		ctl_docs_man(stdout);
	else if (call.generate_completion)
		ctl_docs_completion(stdout);
	else if (call.help && call.command)
		ctl_docs_command(stdout, call.command);
	else if (call.help)
		ctl_docs_help(stdout, call.begun, call.begun_words);
	else
		result = call.watch ? watch(&call) : once(&call);
	ctl_call_free(&call);
	return (int)ctl_written(result);
}
