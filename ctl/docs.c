// SPDX-License-Identifier: BSD-2-Clause
#include "docs.h"

#include "args.h"

#include <flexgate/ctl.h>
#include <string.h>

static const char *const exit_texts[] = {
	[CTL_OK] = "done",
	[CTL_REFUSED] = "flexd, or its check of a file, said no; or the output cannot be written",
	[CTL_USAGE] = "the command line is wrong",
	[CTL_UNREACHED] = "flexd did not answer",
};

enum { EXITS = sizeof(exit_texts) / sizeof(exit_texts[0]) };

/* Bytes of the first words, with the space behind them. */
static size_t length_of(const char *text, size_t words)
{
	const char *p = text;

	for (; words; words--)
		p += strcspn(p, " ") + 1;
	return (size_t)(p - text);
}

void ctl_docs_help(FILE *out, const struct ctl_command *begun, size_t words)
{
	size_t i, len = begun ? length_of(begun->words, words) : 0;
	char text[160];

	fputs("usage: flexctl [OPTION...] COMMAND\n\nCommands (words may be shortened):\n", out);
	for (i = 0; i < ctl_command_count; i++)
		if (!begun || strncmp(ctl_commands[i].words, begun->words, len) == 0)
			fprintf(out, "  %s\n      %s\n",
				ctl_synopsis(&ctl_commands[i], text, sizeof(text)),
				ctl_commands[i].help);
	fputs("\nOptions:\n", out);
	for (i = 0; i < ctl_option_count; i++) {
		snprintf(text, sizeof(text), "%s%s", ctl_options[i].name, ctl_options[i].value);
		fprintf(out, "  %-24s%s%s\n", text,
			strlen(text) > 23 ? "\n                          " : "",
			ctl_options[i].help);
	}
	fputs("\nExit status:\n", out);
	for (i = 0; i < EXITS; i++)
		fprintf(out, "  %zu  %s\n", i, exit_texts[i]);
}

/* The views of a command, its detail view last. NULL after the last. */
static const struct ctl_view *view_of(const struct ctl_command *command, size_t n)
{
	size_t i;

	for (i = 0; i < CTL_VIEWS_MAX && command->views[i].columns; i++)
		if (i == n)
			return &command->views[i];
	return n == i && command->detail.columns ? &command->detail : NULL;
}

void ctl_docs_command(FILE *out, const struct ctl_command *command)
{
	const struct ctl_column *column;
	const struct ctl_view *view;
	char text[160];
	size_t v;

	fprintf(out, "flexctl %s\n  %s\n", ctl_synopsis(command, text, sizeof(text)),
		command->help);
	for (v = 0; (view = view_of(command, v)); v++) {
		if (view == &command->detail)
			fputs("\nFields with detail:\n", out);
		else if (view->kind)
			fprintf(out, "\nFields of rows whose kind is \"%s\":\n", view->kind);
		else
			fputs("\nFields:\n", out);
		for (column = view->columns; column->field; column++)
			fprintf(out, "  %-15s %s\n", column->field, column->title);
	}
}

/* Text for roff: a dash is a minus, a backslash or a dot at the start is not a request. */
static void roff(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text; text++) {
		if (*text == '-')
			fputs("\\-", out);
		else if (*text == '\\')
			fputs("\\e", out);
		else
			fputc(*text, out);
	}
}

static void man_options(FILE *out)
{
	size_t i;

	fputs(".SH OPTIONS\n", out);
	for (i = 0; i < ctl_option_count; i++) {
		fputs(".TP\n.BR ", out);
		roff(out, ctl_options[i].name);
		if (*ctl_options[i].value) {
			fputs(" \"", out);
			roff(out, ctl_options[i].value);
			fputc('"', out);
		}
		fputc('\n', out);
		roff(out, ctl_options[i].help);
		fputc('\n', out);
	}
}

static void man_commands(FILE *out)
{
	const struct ctl_column *column;
	const struct ctl_view *view;
	char text[160];
	size_t i, v;

	fputs(".SH COMMANDS\nWords may be shortened as long as they stay unique.\n", out);
	for (i = 0; i < ctl_command_count; i++) {
		fputs(".TP\n.B ", out);
		roff(out, ctl_synopsis(&ctl_commands[i], text, sizeof(text)));
		fputc('\n', out);
		roff(out, ctl_commands[i].help);
		fputc('\n', out);
		for (v = 0; (view = view_of(&ctl_commands[i], v)); v++) {
			if (view->layout == CTL_LINES)
				continue;
			fputs(".IP\n", out);
			if (view == &ctl_commands[i].detail)
				fputs("With detail: ", out);
			else if (view->kind)
				fprintf(out, "Fields of kind \"%s\": ", view->kind);
			else
				fputs("Fields: ", out);
			for (column = view->columns; column->field; column++)
				fprintf(out, "%s%s", column->field, column[1].field ? ", " : ".\n");
		}
	}
}

void ctl_docs_man(FILE *out)
{
	size_t i;

	fputs(".TH FLEXCTL 8 \"\" \"FlexGate " FG_VERSION "\" \"System administration\"\n"
	      ".SH NAME\nflexctl \\- look at and steer a running FlexGate\n"
	      ".SH SYNOPSIS\n.B flexctl\n.RI [ OPTION ...]\n.I COMMAND\n"
	      ".SH DESCRIPTION\n"
	      "Ask\n.B flexd\nover its control socket and print the answer, as a table or,\n"
	      "with\n.BR \\-\\-json ,\n"
	      "as a JSON array of the same rows under the field names listed below.\n"
	      "A value that is not there is left out. On a terminal a table is fitted to the width:\n"
	      "columns are left out or cut, a cut text ends in ~. In a pipe nothing is cut.\n"
	      "Standard output stays empty when there is no answer.\n",
	      out);
	man_options(out);
	man_commands(out);
	fputs(".SH EXIT STATUS\n", out);
	for (i = 0; i < EXITS; i++)
		fprintf(out, ".TP\n.B %zu\n%s\n", i, exit_texts[i]);
	fputs(".SH FILES\n.TP\n.I " FG_RUN_DIRECTORY "/" FG_CTL_SOCKET
	      "\nthe control socket of flexd\n"
	      ".TP\n.I /etc/flexgate/flexgate.conf\n"
	      "the configuration that config check reads; its comments explain every key\n"
	      ".SH SEE ALSO\n.BR bpftool (8);\n.B flexd \\-h\n",
	      out);
}

static bool takes_file(const char *words)
{
	const struct ctl_argument *a;
	size_t i;

	for (i = 0; i < ctl_command_count; i++)
		if (strcmp(ctl_commands[i].words, words) == 0)
			for (a = ctl_commands[i].arguments; a->key; a++)
				if (strcmp(a->key, "file") == 0)
					return true;
	return false;
}

/* What may follow: the next words of all commands that begin with these. */
static void completion_case(FILE *out, const char *words)
{
	const struct ctl_argument *a;
	const char *last = "";
	size_t i, len = strlen(words);

	if (takes_file(words)) {
		fprintf(out, "\t\"%s\") compopt -o default ;;\n", words);
		return;
	}
	fprintf(out, "\t\"%s\") list=\"", words);
	for (i = 0; i < ctl_command_count; i++) {
		const char *w = ctl_commands[i].words;

		if (strcmp(w, words) == 0) {
			for (a = ctl_commands[i].arguments; a->key; a++)
				if (a->kind == CTL_FLAG)
					fprintf(out, "%s ", a->text);
				else if (strcmp(a->key, "name") == 0)
					fputs("$(_flexctl_names) ", out);
		} else if (strncmp(w, words, len) == 0 && (!len || w[len] == ' ')) {
			w += len ? len + 1 : 0;
			if (strncmp(w, last, strcspn(w, " ") + 1) != 0)
				fprintf(out, "%.*s ", (int)strcspn(w, " "), w);
			last = w;
		}
	}
	fputs("\" ;;\n", out);
}

/* Before the table: names of sessions, and the words typed so far without options and their values.
 */
static const char completion_head[] =
	"# SPDX-License-Identifier: BSD-2-Clause\n"
	"# bash completion of flexctl, made by flexctl --generate-completion\n"
	"_flexctl_names()\n{\n"
	"\tflexctl --json show session 2>/dev/null |\n"
	"\t\tsed -n 's/^ *\"name\": \"\\(va[0-9]*\\)\".*/\\1/p'\n}\n\n"
	"_flexctl()\n{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} list= words= option= value= w\n"
	"\tCOMPREPLY=()\n"
	"\tfor w in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
	"\t\tcase $w in\n"
	"\t\t--socket) option=$w value=1 ;;\n"
	"\t\t=) value=1 ;;\n"
	"\t\t-*) option=$w value= ;;\n"
	"\t\tdetail | samples | all | va[0-9]*) ;;\n"
	"\t\t*) [[ $value ]] || words+=${words:+ }$w; value= ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\t[[ $cur == = ]] && cur= value=1\n"
	"\tif [[ $value ]]; then\n"
	"\t\t[[ $option == --socket ]] && compopt -o default\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tcase $words in help) words= ;; \"help \"*) words=${words#help } ;; esac\n"
	"\tcase $words in\n";

void ctl_docs_completion(FILE *out)
{
	size_t i, n, e;

	fputs(completion_head, out);
	completion_case(out, "");
	for (i = 0; i < ctl_command_count; i++)
		for (n = 1; n <= strlen(ctl_commands[i].words); n++) {
			char words[64];

			if (ctl_commands[i].words[n] != ' ' && ctl_commands[i].words[n])
				continue;
			snprintf(words, sizeof(words), "%.*s", (int)n, ctl_commands[i].words);
			for (e = 0; e < i; e++)
				if (strncmp(ctl_commands[e].words, words, n) == 0 &&
				    (ctl_commands[e].words[n] == ' ' || !ctl_commands[e].words[n]))
					break;
			if (e == i)
				completion_case(out, words);
		}
	fputs("\tesac\n\tcase $cur in -*) list=\"", out);
	for (i = 0; i < ctl_option_count; i++)
		fprintf(out, "%s%s", i ? " " : "", ctl_options[i].name);
	fputs("\" ;; esac\n\tCOMPREPLY=($(compgen -W \"$list\" -- \"$cur\"))\n}\n"
	      "complete -F _flexctl flexctl\n",
	      out);
}
