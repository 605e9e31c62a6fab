// SPDX-License-Identifier: BSD-2-Clause
#include "args.h"

#include <errno.h>
#include <flexgate/ctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_MAX = 32, WORDS_MAX = 64 };

/* clang-format off */
const struct ctl_option ctl_options[] = {
	{ "--json",   "",           "Print the same rows as a JSON array, numbers exact." },
	{ "--watch",  "[=SECONDS]", "Show again every SECONDS (2), until Ctrl-C." },
	{ "--socket", " PATH",      "Socket of flexd (" FG_RUN_DIRECTORY "/" FG_CTL_SOCKET ")." },
	{ "--help",   "",           "Show help, of the command if one is given." },
	{ "--version", "",          "Show the version of flexctl alone, without asking flexd." },
	{ "--generate-man", "",     "Print the manual page." },
	{ "--generate-completion", "", "Print the completion for bash." },
};
/* clang-format on */
const size_t ctl_option_count = sizeof(ctl_options) / sizeof(ctl_options[0]);

unsigned ctl_edits(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), i, j;
	unsigned d[WORD_MAX + 1][WORD_MAX + 1];

	if (la > WORD_MAX || lb > WORD_MAX)
		return CTL_EDITS_FAR;
	for (i = 0; i <= la; i++)
		for (j = 0; j <= lb; j++) {
			unsigned best;

			if (!i || !j) {
				d[i][j] = (unsigned)(i + j);
				continue;
			}
			best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	return d[la][lb];
}

/* Word number n of a command, NULL: it has fewer. */
static const char *word_of(const struct ctl_command *command, size_t n, char buf[WORD_MAX])
{
	const char *p = command->words;

	for (; n; n--) {
		p = strchr(p, ' ');
		if (!p)
			return NULL;
		p++;
	}
	snprintf(buf, WORD_MAX, "%.*s", (int)strcspn(p, " "), p);
	return buf;
}

/* The different words that the live commands have at a place: "session, ikev2, plane". */
static void list_words(const bool *live, size_t place, const char *prefix, char *buf, size_t cap)
{
	char word[WORD_MAX], earlier[WORD_MAX];
	size_t c, e, n = 0;

	*buf = '\0';
	for (c = 0; c < ctl_command_count; c++) {
		if (!live[c] || !word_of(&ctl_commands[c], place, word) ||
		    strncmp(word, prefix, strlen(prefix)) != 0)
			continue;
		for (e = 0; e < c; e++)
			if (live[e] && word_of(&ctl_commands[e], place, earlier) &&
			    strcmp(earlier, word) == 0)
				break;
		if (e == c && n < cap)
			n += (size_t)snprintf(buf + n, cap - n, "%s%s", n ? ", " : "", word);
	}
}

/* Keep the commands whose word at `place` is `given` or, failing that, begins with it. Returns how
 * many different words that is. */
static unsigned narrow(bool *live, size_t place, const char *given)
{
	char word[WORD_MAX], seen[WORD_MAX] = "";
	bool exact = false;
	unsigned different = 0;
	size_t c;

	for (c = 0; c < ctl_command_count; c++)
		exact |= live[c] && word_of(&ctl_commands[c], place, word) &&
			 strcmp(word, given) == 0;
	for (c = 0; c < ctl_command_count; c++) {
		if (!live[c])
			continue;
		live[c] = *given && word_of(&ctl_commands[c], place, word) &&
			  (exact ? strcmp(word, given) == 0
				 : strncmp(word, given, strlen(given)) == 0);
		if (live[c] && strcmp(word, seen) != 0) {
			different++;
			snprintf(seen, sizeof(seen), "%s", word);
		}
	}
	return different;
}

/* The word that was perhaps meant, "" if none is near. */
static void nearest(const bool *live, size_t place, const char *given, char best[WORD_MAX])
{
	char word[WORD_MAX];
	unsigned edits, least = 3;
	size_t c;

	*best = '\0';
	for (c = 0; c < ctl_command_count; c++) {
		if (!live[c] || !word_of(&ctl_commands[c], place, word))
			continue;
		edits = ctl_edits(given, word);
		if (edits < least && edits < strlen(word)) {
			least = edits;
			memcpy(best, word, WORD_MAX);
		}
	}
}

static void unknown_word(const bool *live, size_t place, const char *given, struct ctl_error *error)
{
	char known[256], meant[WORD_MAX], hint[sizeof(error->hint)];

	list_words(live, place, "", known, sizeof(known));
	nearest(live, place, given, meant);
	if (*meant)
		snprintf(hint, sizeof(hint), "did you mean \"%s\"? known here: %s", meant, known);
	else
		snprintf(hint, sizeof(hint), "known here: %s", known);
	ctl_fail(error, hint, "unknown word \"%.64s\"", given);
}

const struct ctl_command *ctl_find(const char *const *words, size_t count, size_t *used,
				   const struct ctl_command **begun, struct ctl_error *error)
{
	bool live[WORDS_MAX], before[WORDS_MAX];
	char list[256], word[WORD_MAX];
	size_t place, c;

	*begun = NULL;
	for (c = 0; c < ctl_command_count; c++)
		live[c] = true;
	for (place = 0;; place++) {
		/* No command's words are the beginning of another's: the first that ends is it. */
		for (c = 0; place > 0 && c < ctl_command_count; c++)
			if (live[c] && !word_of(&ctl_commands[c], place, word)) {
				*used = place;
				return &ctl_commands[c];
			}
		if (place == count)
			break;
		memcpy(before, live, sizeof(before));
		switch (narrow(live, place, words[place])) {
		case 0:
			unknown_word(before, place, words[place], error);
			return NULL;
		case 1:
			continue;
		default:
			list_words(before, place, words[place], list, sizeof(list));
			ctl_fail(error, NULL, "\"%s\" may be any of: %s", words[place], list);
			return NULL;
		}
	}
	for (c = ctl_command_count; c--;)
		if (live[c])
			*begun = &ctl_commands[c];
	*used = count;
	list_words(live, place, "", list, sizeof(list));
	ctl_fail(error, "flexctl help shows every command", "a word is missing; known here: %s",
		 list);
	return NULL;
}

/* Value of an option "--name VALUE" or "--name=VALUE"; NULL with error set when there is none. */
static const char *option_value(int argc, char *const *argv, int *i, const char *equals,
				struct ctl_error *error)
{
	if (equals)
		return equals + 1;
	if (*i + 1 < argc)
		return argv[++*i];
	ctl_fail(error, NULL, "%s needs a value", argv[*i]);
	return NULL;
}

static bool watch_seconds(const char *equals, unsigned *seconds, struct ctl_error *error)
{
	char *end;
	unsigned long n;

	*seconds = CTL_WATCH_DEFAULT_S;
	if (!equals)
		return true;
	errno = 0;
	n = strtoul(equals + 1, &end, 10);
	if (equals[1] < '0' || equals[1] > '9' || *end || errno || n < 1 || n > CTL_WATCH_MAX_S) {
		ctl_fail(error, NULL, "--watch takes 1 to %d seconds, not \"%.32s\"",
			 CTL_WATCH_MAX_S, equals + 1);
		return false;
	}
	*seconds = (unsigned)n;
	return true;
}

static bool unknown_option(const char *given, const char *equals, struct ctl_error *error)
{
	char name[WORD_MAX], hint[64] = "flexctl --help shows every option";
	size_t o;

	snprintf(name, sizeof(name), "%.*s", equals ? (int)(equals - given) : (int)strlen(given),
		 given);
	for (o = 0; o < ctl_option_count; o++)
		if (ctl_edits(name, ctl_options[o].name) < 3)
			snprintf(hint, sizeof(hint), "did you mean %s?", ctl_options[o].name);
	ctl_fail(error, hint, "unknown option %.64s", name);
	return false;
}

static bool parse_option(int argc, char *const *argv, int *i, struct ctl_call *call,
			 struct ctl_error *error)
{
	const char *given = argv[*i], *equals = strchr(given, '=');
	size_t len = equals ? (size_t)(equals - given) : strlen(given);
	struct {
		const char *name;
		bool *flag;
	} flags[] = {
		{ "--json", &call->json },
		{ "--help", &call->help },
		{ "-h", &call->help },
		{ "--version", &call->version },
		{ "-V", &call->version },
		{ "--generate-man", &call->generate_man },
		{ "--generate-completion", &call->generate_completion },
	};
	size_t f;

	for (f = 0; f < sizeof(flags) / sizeof(flags[0]); f++)
		if (strcmp(given, flags[f].name) == 0)
			return *flags[f].flag = true;
	if (len == strlen("--watch") && strncmp(given, "--watch", len) == 0)
		return watch_seconds(equals, &call->watch, error);
	if (len == strlen("--socket") && strncmp(given, "--socket", len) == 0)
		return (call->socket = option_value(argc, argv, i, equals, error)) != NULL;
	return unknown_option(given, equals, error);
}

/* The argument of the command that a word fills, NULL: none is left. */
static const struct ctl_argument *argument_for(const struct ctl_call *call, const char *word)
{
	const struct ctl_argument *a;

	for (a = call->command->arguments; a->key; a++)
		if (a->kind == CTL_FLAG && strcmp(word, a->text) == 0)
			return json_object_get(call->args, a->key) ? NULL : a;
	for (a = call->command->arguments; a->key; a++)
		if (a->kind == CTL_REST ||
		    (a->kind != CTL_FLAG && !json_object_get(call->args, a->key)))
			return a;
	return NULL;
}

static bool set_argument(struct ctl_call *call, const struct ctl_argument *a, const char *word,
			 struct ctl_error *error)
{
	json_t *value = a->kind == CTL_FLAG ? json_true() : json_string(word);
	json_t *list = json_object_get(call->args, a->key);

	if (!value) {
		ctl_fail(error, NULL, "%s: not valid UTF-8", a->text);
		return false;
	}
	if (a->kind != CTL_REST)
		return json_object_set_new(call->args, a->key, value) == 0;
	if (!list) {
		list = json_array();
		json_object_set_new(call->args, a->key, list);
	}
	return json_array_append_new(list, value) == 0;
}

static bool parse_arguments(struct ctl_call *call, const char *const *words, size_t count,
			    struct ctl_error *error)
{
	const struct ctl_argument *a;
	char synopsis[160], hint[192];
	size_t i;

	snprintf(hint, sizeof(hint), "usage: flexctl %s",
		 ctl_synopsis(call->command, synopsis, sizeof(synopsis)));
	for (i = 0; i < count; i++) {
		a = argument_for(call, words[i]);
		if (!a) {
			ctl_fail(error, hint, "\"%.64s\" is one word too many", words[i]);
			return false;
		}
		if (!set_argument(call, a, words[i], error))
			return false;
	}
	for (a = call->command->arguments; a->key; a++)
		if (a->kind == CTL_REQUIRED && !json_object_get(call->args, a->key)) {
			ctl_fail(error, hint, "%s is missing", a->text);
			return false;
		}
	if (call->command->one_of && json_object_size(call->args) != 1) {
		ctl_fail(error, hint, "%s wants one of its arguments", call->command->words);
		return false;
	}
	return true;
}

static bool parse_words(struct ctl_call *call, const char *const *words, size_t count,
			struct ctl_error *error)
{
	size_t used = 0;

	call->command = ctl_find(words, count, &used, &call->begun, error);
	call->begun_words = used;
	if (!call->command)
		return call->help && call->begun;
	if (call->help)
		return true;
	if (!parse_arguments(call, words + used, count - used, error))
		return false;
	if (call->watch && strncmp(call->command->words, "show ", 5) != 0) {
		ctl_fail(error, NULL, "--watch goes only with show");
		return false;
	}
	return true;
}

bool ctl_parse(int argc, char *const *argv, struct ctl_call *call, struct ctl_error *error)
{
	const char *words[WORDS_MAX];
	size_t count = 0;
	bool options = true;
	int i;

	*call = (struct ctl_call){ .socket = FG_RUN_DIRECTORY "/" FG_CTL_SOCKET,
				   .args = json_object() };
	for (i = 1; i < argc; i++) {
		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
		} else if (options && argv[i][0] == '-' && argv[i][1]) {
			if (!parse_option(argc, argv, &i, call, error))
				goto fail;
		} else if (count == WORDS_MAX) {
			ctl_fail(error, NULL, "more than %d words", WORDS_MAX);
			goto fail;
		} else {
			words[count++] = argv[i];
		}
	}
	if (count == 0 &&
	    (call->help || call->version || call->generate_man || call->generate_completion))
		return true;
	if (parse_words(call, words, count, error))
		return true;
fail:
	ctl_call_free(call);
	return false;
}

void ctl_call_free(struct ctl_call *call)
{
	json_decref(call->args);
	call->args = NULL;
}
