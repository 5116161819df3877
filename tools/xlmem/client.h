/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other end of balloond's control socket: one JSON object a line each way.
 */
#ifndef XLMEM_CLIENT_H
#define XLMEM_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yajl/yajl_tree.h>

#include "xlmem.h"

struct client {
	int fd;			/* -1: closed; close-on-exec, because what a
				   connection owns must end with xlmem */
	char *buffer;
	size_t len, size;	/* bytes read and not yet taken */
};

struct answer {
	enum status status;
	yajl_val tree;		/* NULL when the daemon gave none */
	char *line;		/* as received */
	char message[512];	/* one sentence when status isn't done */
};

/* A request being written; start and finish it around the fields. */
struct request {
	void *gen;
};

void request_start(struct request *request, const char *command);
void request_text(struct request *request, const char *name, const char *value);
void request_number(struct request *request, const char *name, int64_t value);
void request_true(struct request *request, const char *name);

/* Connect; otherwise answer->status and message say why not. */
bool client_open(struct client *client, struct answer *answer);
void client_close(struct client *client);

/*
 * Send the request (which is freed) and wait for its answer, at most
 * `patience_s`. Events before it go to `event`, if any.
 * The answer is released by answer_finish() whatever it says.
 */
enum status client_ask(struct client *client, struct request *request,
		       int patience_s, void (*event)(const struct answer *event, void *data),
		       void *data, struct answer *answer);
void answer_finish(struct answer *answer);

/*
 * Connect, ask, disconnect. A refusal is printed; with --json the answer is
 * printed, whatever it says.
 */
enum status ask_once(const struct args *args, struct request *request,
		     struct answer *answer);
/* Print an answer that is no success, or any with --json. */
enum status answer_show(const struct args *args, const struct answer *answer);

/* Fields of an answer: NULL or `none` when absent or of another type. */
#define FIELD_NONE	INT64_MIN
yajl_val field(yajl_val object, const char *name);
const char *field_text(yajl_val object, const char *name);
int64_t field_number(yajl_val object, const char *name);

#endif
