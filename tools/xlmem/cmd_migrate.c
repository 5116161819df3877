// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * migrate: hold the domain still, and let the other side reserve what is coming
 * before it says that it is ready. `xl migrate -s ''` takes the host's name for the
 * command that reaches the other side, instead of "ssh HOST xl migrate-receive"; so
 * ours goes there. When it refuses, it ends before xl's banner, and xl ends with
 * the domain running here as if nothing had been.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "hold.h"
#include "saved.h"

/* What xl's own options say, as far as the other side must be told. */
struct sending {
	const char *ssh;	/* "": HOST is a command by itself */
	bool has_ssh;
	bool waits, debug, paused;	/* -e, -d and -p of migrate-receive */
	char **rest;		/* the others, for xl here */
	int n;
};

static void rest_add(struct sending *sending, const char *word, size_t len)
{
	char *copy = strndup(word, len);

	if (!copy)
		abort();
	sending->rest[sending->n++] = copy;
}

/* One word of xl's options, which may be several letters; an argument may be the next one. @return how many it took */
static int take_option(struct sending *sending, char *const *word)
{
	const char *at = word[0];

	if (!strncmp(at, "--", 2)) {
		sending->debug |= !strcmp(at, "--debug");
		rest_add(sending, word[0], strlen(word[0]));
		return 1;
	}
	for (at++; *at; at++) {
		bool last = !at[1];

		sending->waits |= *at == 'e' || *at == 'F';
		sending->paused |= *at == 'p';
		if (*at == 's') {
			if (at > word[0] + 1)	/* what stands before it: -es */
				rest_add(sending, word[0], (size_t)(at - word[0]));
			sending->has_ssh = true;
			sending->ssh = last ? word[1] ? word[1] : "" : at + 1;
			return last && word[1] ? 2 : 1;
		}
		if (*at == 'C') {
			rest_add(sending, word[0], strlen(word[0]));
			if (last && word[1])
				rest_add(sending, word[1], strlen(word[1]));
			return last && word[1] ? 2 : 1;
		}
	}
	rest_add(sending, word[0], strlen(word[0]));
	return 1;
}

static void options_take(struct sending *sending, const struct args *args)
{
	*sending = (struct sending){ .ssh = "ssh", .rest = calloc((size_t)args->n + 1,
								   sizeof(char *)) };
	if (!sending->rest)
		abort();
	for (int i = 2; i < args->n; )
		i += take_option(sending, args->word + i);
}

/* For a shell: in single quotes, in which nothing but they mean anything. */
static void put_quoted(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else
			fputc(*text, out);
	}
	fputc('\'', out);
}

/* What the other side's shell runs. */
static char *remote(const struct sending *sending, const struct vmcfg *cfg, const char *host)
{
	const char *options[] = { sending->waits ? " -e" : "", sending->debug ? " -d" : "",
				  sending->paused ? " -p" : "" };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		abort();
	fputs("if command -v xlmem >/dev/null 2>&1 && xlmem migrate-receive --help >/dev/null 2>&1; "
	      "then exec xlmem migrate-receive ", out);
	put_quoted(out, cfg->name);
	fprintf(out, " %" PRId64 "k%s%s%s; else echo ", vmcfg_need_kib(cfg), options[0], options[1],
		options[2]);
	fputs("\"xlmem: no xlmem on \"", out);
	put_quoted(out, host);
	fprintf(out, "\": going on without a reservation there\" >&2; exec xl migrate-receive%s%s%s; fi",
		options[0], options[1], options[2]);
	fclose(out);
	return text;
}

/* What xl's shell runs here, in place of "ssh HOST xl migrate-receive". */
static char *rune(const struct sending *sending, const struct vmcfg *cfg, const char *host)
{
	char *there = remote(sending, cfg, host), *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		abort();
	fprintf(out, "exec %s %s ", sending->ssh, host);
	put_quoted(out, there);
	fclose(out);
	free(there);
	return text;
}

/* @return xl's exit status */
static int send_away(const struct args *args)
{
	char *domain = args->word[0], *host = args->word[1], why[512], *command, **argv;
	struct sending sending;
	struct vmcfg cfg;
	int exit_status, n = 2;

	options_take(&sending, args);
	if ((sending.has_ssh && !*sending.ssh) ||
	    running_read(domain, &cfg, why, sizeof(why))) {
		warn("going on without a reservation on the other side: %s",
		     sending.has_ssh && !*sending.ssh ?
		     "with -s '' the host is a command of your own" : why);
		argv = child_argv("migrate", args->word, args->n);
		exit_status = child_run(argv);
	} else {
		command = rune(&sending, &cfg, host);
		argv = child_argv("migrate", sending.rest, sending.n);
		n += sending.n;
		argv[n++] = (char *)"-s";
		argv[n++] = (char *)"";
		argv[n++] = domain;
		argv[n++] = command;
		exit_status = child_run(argv);
		free(command);
	}
	free(argv);
	for (int i = 0; i < sending.n; i++)
		free(sending.rest[i]);
	free(sending.rest);
	return exit_status;
}

enum status cmd_migrate(const struct args *args)
{
	const char *domain = args->word[0];
	enum status status;
	struct client client;

	status = hold_begin(args, &client, domain);
	if (status != STATUS_DONE)
		return status;
	return hold_end(args, &client, domain, "migrate", send_away(args));
}
