// SPDX-License-Identifier: GPL-2.0-or-later
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <yajl/yajl_gen.h>

#define PATIENCE_S	30
#define ANSWER_MAX	(64u << 20)	/* 4096 domains take about 2 MiB */

static const struct {
	const char *code;
	enum status status;
} codes[] = {
#define CODE_ROW(code, status, meaning)	{ #code, STATUS_##code },
	CONTROL_ERRORS(CODE_ROW)
#undef CODE_ROW
};

static void key(struct request *request, const char *name)
{
	yajl_gen_string(request->gen, (const unsigned char *)name, strlen(name));
}

void request_start(struct request *request, const char *command)
{
	request->gen = yajl_gen_alloc(NULL);
	if (!request->gen)
		abort();
	yajl_gen_map_open(request->gen);
	request_text(request, "command", command);
}

void request_text(struct request *request, const char *name, const char *value)
{
	key(request, name);
	yajl_gen_string(request->gen, (const unsigned char *)value, strlen(value));
}

void request_number(struct request *request, const char *name, int64_t value)
{
	key(request, name);
	yajl_gen_integer(request->gen, value);
}

void request_true(struct request *request, const char *name)
{
	key(request, name);
	yajl_gen_bool(request->gen, 1);
}

/* Whether this is a machine where a daemon could be running at all. */
static bool is_dom0(void)
{
	char text[64] = "";
	FILE *in = fopen("/proc/xen/capabilities", "re");

	if (!in)
		return false;
	if (!fgets(text, sizeof(text), in))
		text[0] = '\0';
	fclose(in);
	return strstr(text, "control_d") != NULL;
}

static const char *socket_path(void)
{
	const char *path = getenv(CONTROL_SOCKET_ENV);

	return path && *path ? path : CONTROL_SOCKET;
}

static bool connect_failed(struct answer *answer, const char *path, int error)
{
	answer->status = STATUS_no_daemon;
	if (error == EACCES || error == EPERM) {
		answer->status = STATUS_permission;
		snprintf(answer->message, sizeof(answer->message),
			 "no permission to open %s: run as root, or read as a member of group balloond",
			 path);
	} else if (!strcmp(path, CONTROL_SOCKET) && !is_dom0()) {
		snprintf(answer->message, sizeof(answer->message),
			 "this is no Xen dom0, so no balloond answers: run xlmem in dom0 of a Xen host");
	} else {
		snprintf(answer->message, sizeof(answer->message),
			 "no balloond at %s (%s): start it with `systemctl start balloond`",
			 path, strerror(error));
	}
	return false;
}

bool client_open(struct client *client, struct answer *answer)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = socket_path();

	*client = (struct client){ .fd = -1 };
	*answer = (struct answer){ 0 };
	if (strlen(path) >= sizeof(address.sun_path))
		return connect_failed(answer, path, ENAMETOOLONG);
	strcpy(address.sun_path, path);

	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		return connect_failed(answer, path, errno);
	if (connect(client->fd, (struct sockaddr *)&address, sizeof(address))) {
		int error = errno;

		client_close(client);
		return connect_failed(answer, path, error);
	}
	return true;
}

void client_close(struct client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	free(client->buffer);
	*client = (struct client){ .fd = -1 };
}

static bool send_all(int fd, const unsigned char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= n;
	}
	return true;
}

/* Finish the request's text, send it as one line, free it. */
static bool request_send(struct client *client, struct request *request)
{
	const unsigned char *text;
	size_t len;
	bool ok;

	yajl_gen_map_close(request->gen);
	ok = yajl_gen_get_buf(request->gen, &text, &len) == yajl_gen_status_ok &&
	     send_all(client->fd, text, len) &&
	     send_all(client->fd, (const unsigned char *)"\n", 1);
	yajl_gen_free(request->gen);
	request->gen = NULL;
	return ok;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* More bytes from the daemon before `deadline_ms`; 0 or a negative errno. */
static int fill(struct client *client, int64_t deadline_ms)
{
	struct pollfd poll_fd = { .fd = client->fd, .events = POLLIN };
	int64_t left_ms;
	ssize_t n;

	if (client->len + 4096 > client->size) {
		size_t size = client->size ? client->size * 2 : 65536;
		char *bigger = size > ANSWER_MAX ? NULL : realloc(client->buffer, size);

		if (!bigger)
			return -EMSGSIZE;
		client->buffer = bigger;
		client->size = size;
	}
	do {
		left_ms = deadline_ms - now_ms();
		if (left_ms <= 0)
			return -ETIMEDOUT;
	} while (poll(&poll_fd, 1, left_ms > 60000 ? 60000 : (int)left_ms) <= 0);
	n = recv(client->fd, client->buffer + client->len,
		 client->size - client->len, 0);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (n == 0)
		return -ECONNRESET;
	client->len += n;
	return 0;
}

/* The next line, NUL-terminated and owned by the caller; NULL: *rc says why. */
static char *next_line(struct client *client, int64_t deadline_ms, int *rc)
{
	size_t seen = 0;
	char *end, *line;

	*rc = 0;
	for (;;) {
		end = client->len > seen ?
			memchr(client->buffer + seen, '\n', client->len - seen) : NULL;
		if (end)
			break;
		seen = client->len;
		*rc = fill(client, deadline_ms);
		if (*rc)
			return NULL;
	}
	line = strndup(client->buffer, end - client->buffer);
	client->len -= end + 1 - client->buffer;
	memmove(client->buffer, end + 1, client->len);
	return line;
}

static enum status lost(struct answer *answer, int rc)
{
	answer->status = STATUS_daemon_lost;
	snprintf(answer->message, sizeof(answer->message),
		 "balloond went away before it answered (%s): see its log, `journalctl -u balloond`",
		 strerror(-rc));
	return answer->status;
}

static enum status judge(struct answer *answer)
{
	yajl_val ok = field(answer->tree, "ok");
	yajl_val error = field(answer->tree, "error");
	const char *code = field_text(error, "code");
	const char *message = field_text(error, "message");
	size_t i;

	if (YAJL_IS_TRUE(ok))
		return answer->status = STATUS_DONE;
	answer->status = STATUS_failed;
	for (i = 0; code && i < sizeof(codes) / sizeof(codes[0]); i++)
		if (!strcmp(code, codes[i].code))
			answer->status = codes[i].status;
	snprintf(answer->message, sizeof(answer->message), "%s",
		 message ? message : "balloond refused and gave no reason");
	return answer->status;
}

enum status client_ask(struct client *client, struct request *request,
		       int patience_s, void (*event)(const struct answer *event, void *data),
		       void *data, struct answer *answer)
{
	int64_t deadline_ms = now_ms() + patience_s * 1000LL;
	char why[128];
	int rc = 0;

	*answer = (struct answer){ 0 };
	/* A refused connection answers, then closes: read even if sending failed. */
	request_send(client, request);
	for (;;) {
		answer->line = next_line(client, deadline_ms, &rc);
		if (!answer->line)
			return lost(answer, rc);
		answer->tree = yajl_tree_parse(answer->line, why, sizeof(why));
		if (!YAJL_IS_OBJECT(answer->tree))
			return lost(answer, -EPROTO);
		if (!field(answer->tree, "event"))
			return judge(answer);
		if (event)
			event(answer, data);
		answer_finish(answer);
	}
}

void answer_finish(struct answer *answer)
{
	yajl_tree_free(answer->tree);
	free(answer->line);
	answer->tree = NULL;
	answer->line = NULL;
}

enum status answer_show(const struct args *args, const struct answer *answer)
{
	if (args->json && answer->line)
		puts(answer->line);
	else if (answer->status != STATUS_DONE)
		complain(args, answer->status, "%s", answer->message);
	return answer->status;
}

enum status ask_once(const struct args *args, struct request *request,
		     struct answer *answer)
{
	struct client client;

	if (client_open(&client, answer)) {
		client_ask(&client, request, PATIENCE_S, NULL, NULL, answer);
		client_close(&client);
	} else {
		yajl_gen_free(request->gen);
	}
	return answer_show(args, answer);
}

yajl_val field(yajl_val object, const char *name)
{
	const char *path[] = { name, NULL };

	return object ? yajl_tree_get(object, path, yajl_t_any) : NULL;
}

const char *field_text(yajl_val object, const char *name)
{
	return YAJL_GET_STRING(field(object, name));
}

int64_t field_number(yajl_val object, const char *name)
{
	yajl_val value = field(object, name);

	return YAJL_IS_INTEGER(value) ? YAJL_GET_INTEGER(value) : FIELD_NONE;
}
