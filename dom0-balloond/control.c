// SPDX-License-Identifier: GPL-2.0-or-later
#include "control.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "balloond.h"
#include "command.h"
#include "json.h"

/* For what a command says that changes something, whatever memory there is by then. */
#define OUT_FIRST	16384
#define BACKLOG		16

struct client {
	uint32_t id;		/* 0: this slot is free */
	int fd;
	bool may_change;
	bool waits;		/* a reserve is not answered yet: read no further */
	bool ended;		/* it sends no more */
	bool skipping;		/* the rest of a line that was too long */
	char *in;		/* CONTROL_LINE_MAX + 1 bytes */
	size_t in_len;
	char *out;
	size_t out_len, out_size;
	uint64_t stuck_ms;	/* since when it doesn't read; 0: it does */
	uint64_t heard;		/* the more, the later anything came of it */
};

struct control {
	int fd;
	uint32_t last_id;
	uint64_t heard;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct client clients[CONTROL_CLIENTS_MAX];
};

/*
 * A group of this machine's own, without NSS: glibc's (2.36) crashes when malloc fails
 * while it is set up. @return its id, or -1
 */
static gid_t group_find(const char *name)
{
	FILE *in = fopen("/etc/group", "re");
	const struct group *group;
	gid_t gid = (gid_t)-1;

	while (in && (group = fgetgrent(in)))
		if (!strcmp(group->gr_name, name))
			gid = group->gr_gid;
	if (in)
		fclose(in);
	return gid;
}

/* root changes, members of group balloond read, others can't connect. */
static int socket_open(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	gid_t gid;
	mode_t mask;
	int fd, r;

	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	unlink(path);	/* of a balloond that was killed: the lock says it is gone */
	mask = umask(0177);
	r = bind(fd, (struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (r || listen(fd, BACKLOG)) {
		r = -errno;
		close(fd);
		return r;
	}
	gid = group_find("balloond");
	if (gid != (gid_t)-1 && !chown(path, (uid_t)-1, gid) && chmod(path, 0660))
		log_warn("%s: %s", path, strerror(errno));
	return fd;
}

int control_open(struct balloond *b)
{
	const char *path = getenv(CONTROL_SOCKET_ENV);
	struct control *control;
	int fd;

	if (!path || !*path)
		path = CONTROL_SOCKET;
	control = calloc(1, sizeof(*control));
	if (!control)
		return -ENOMEM;
	if (strlen(path) >= sizeof(control->path)) {
		free(control);
		return -ENAMETOOLONG;
	}
	strcpy(control->path, path);
	fd = socket_open(path);
	if (fd < 0) {
		free(control);
		return fd;
	}
	control->fd = fd;
	b->control = control;
	return 0;
}

static void client_close(struct balloond *b, struct client *client)
{
	uint32_t id = client->id;

	close(client->fd);
	free(client->in);
	free(client->out);
	*client = (struct client){ 0 };
	command_client_gone(b, id);
}

void control_close(struct balloond *b)
{
	if (!b->control)
		return;
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (b->control->clients[i].id)
			close(b->control->clients[i].fd);
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		free(b->control->clients[i].in);
		free(b->control->clients[i].out);
	}
	close(b->control->fd);
	unlink(b->control->path);
	free(b->control);
	b->control = NULL;
}

static void client_drop(struct balloond *b, struct client *client, const char *why)
{
	b->counters.clients_dropped++;
	log_info("control client %u dropped: %s", client->id, why);
	client_close(b, client);
}

/* @return false: the client is closed */
static bool flush(struct balloond *b, struct client *client)
{
	ssize_t n;

	while (client->out_len) {
		n = send(client->fd, client->out, client->out_len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			if (!client->stuck_ms)
				client->stuck_ms = b->now_ms;
			if (b->now_ms - client->stuck_ms < CONTROL_SLOW_MS)
				return true;
			client_drop(b, client, "it doesn't read its answers");
			return false;
		}
		if (n < 0) {
			client_close(b, client);
			return false;
		}
		client->out_len -= (size_t)n;
		memmove(client->out, client->out + n, client->out_len);
		client->stuck_ms = 0;
	}
	if (client->ended && !client->waits && !client->in_len) {
		client_close(b, client);
		return false;
	}
	return true;
}

/* @return false: too much is unread, the client is to be dropped */
static bool put(struct client *client, struct json *json)
{
	size_t len, size;
	const char *text = json_text(json, &len);
	char *bigger;

	if (client->out_len + len + 1 > client->out_size) {
		size = client->out_len + len + 1;
		bigger = size > CONTROL_OUT_MAX ? NULL : realloc(client->out, size);
		if (!bigger)
			return false;
		client->out = bigger;
		client->out_size = size;
	}
	memcpy(client->out + client->out_len, text, len);
	client->out[client->out_len + len] = '\n';
	client->out_len += len + 1;
	return true;
}

bool control_send(struct balloond *b, uint32_t id, struct json *answer, bool last)
{
	for (int i = 0; id && b->control && i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &b->control->clients[i];

		if (client->id != id)
			continue;
		if (last)
			client->waits = false;
		/* Never closed from here: that would end reservations while they are
		   walked over. Who doesn't read is found by the loop's next round. */
		if (put(client, answer))
			return true;
		shutdown(client->fd, SHUT_RDWR);	/* better no answer than none ever */
		return false;
	}
	return true;
}

static bool answer(struct balloond *b, struct client *client, const char *line)
{
	uint32_t id = client->id;
	struct json *json;
	bool ok;

	client->waits = true;
	b->counters.requests++;
	json = command_run(b, id, client->may_change, line);
	if (!json)
		return true;
	client->waits = false;
	ok = put(client, json);
	json_free(json);
	if (!ok)
		client_drop(b, client, "too much of its answers is unread");
	return ok;
}

/*
 * The next whole line, one a round: nobody who asks much holds up the turns, or
 * the others. @return false: the client is closed
 */
static bool lines_run(struct balloond *b, struct client *client)
{
	bool ran = false;

	while (!client->waits && !ran) {
		char *end = memchr(client->in, '\n', client->in_len);
		size_t len;

		if (!end && client->ended && client->in_len && !client->skipping) {
			client->in[client->in_len++] = '\n';	/* the last needs none */
			continue;
		}
		if (!end && client->in_len == CONTROL_LINE_MAX) {
			if (!client->skipping) {
				struct json *json = command_error(ERROR_usage,
								  "the line is too long");

				put(client, json);
				json_free(json);
			}
			client->skipping = true;
			client->in_len = 0;
			return true;
		}
		if (!end) {
			if (client->ended)
				client->in_len = 0;
			return true;
		}
		*end = '\0';
		len = (size_t)(end - client->in);
		/* JSON has no NUL; what comes after one must not pass unread. */
		for (char *nul; (nul = memchr(client->in, '\0', len)); )
			*nul = '\1';
		ran = !client->skipping && len != strspn(client->in, " \t\r");
		if (ran && !answer(b, client, client->in))
			return false;
		client->skipping = false;
		client->in_len -= len + 1;
		memmove(client->in, end + 1, client->in_len);
	}
	return true;
}

static void client_serve(struct balloond *b, struct client *client, short events)
{
	ssize_t n;

	if (events & (POLLERR | POLLHUP | POLLNVAL) && !(events & POLLIN)) {
		client_close(b, client);
		return;
	}
	if (events & POLLIN && !client->ended && client->in_len < CONTROL_LINE_MAX) {
		n = recv(client->fd, client->in + client->in_len,
			 CONTROL_LINE_MAX - client->in_len, MSG_DONTWAIT);
		client->heard = ++b->control->heard;
		if (n > 0)
			client->in_len += (size_t)n;
		else if (n == 0)
			client->ended = true;
		else if (errno != EAGAIN && errno != EINTR) {
			client_close(b, client);
			return;
		}
	}
	if (lines_run(b, client))
		flush(b, client);
}

static bool has_line(const struct client *client)
{
	return client->in_len && (client->ended || memchr(client->in, '\n', client->in_len));
}

/*
 * A place for one more. Who only reads gets none of the last ones: however many they are,
 * there is one for root. Where none is left the longest idle reader goes, but nobody who
 * waits for an answer. @return NULL: there is none
 */
static struct client *slot_find(struct balloond *b, bool may_change)
{
	struct client *place = NULL, *idle = NULL;
	int readers = 0;

	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &b->control->clients[i];

		if (!client->id && !place)
			place = client;
		if (!client->id || client->may_change)
			continue;
		readers++;
		if (!client->waits && !client->out_len && !has_line(client) &&
		    (!idle || client->heard < idle->heard))
			idle = client;
	}
	if (place && (may_change || readers < CONTROL_READERS_MAX || !MECHANISM(control_kept)))
		return place;
	if (!idle || !MECHANISM(control_idle))
		return NULL;
	b->counters.clients_dropped++;
	log_debug("control client %u dropped: another needs its place", idle->id);
	client_close(b, idle);
	return idle;
}

/* @return false: nobody was there */
static bool client_accept(struct balloond *b)
{
	struct control *control = b->control;
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(peer);
	struct client *client = NULL;
	bool may_change;
	int fd;

	fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return false;
	may_change = !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) &&
		     (!peer.uid || peer.uid == geteuid());
	client = slot_find(b, may_change);
	if (!client) {
		static const char full[] = "{\"ok\":false,\"error\":{\"code\":\"failed\","
			"\"message\":\"too many control connections\"}}\n";

		b->counters.clients_dropped++;
		if (send(fd, full, sizeof(full) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			log_debug("control client refused");
		close(fd);
		return true;
	}
	*client = (struct client){ .fd = fd, .may_change = may_change, .heard = ++control->heard };
	client->in = malloc(CONTROL_LINE_MAX + 1);
	client->out = malloc(OUT_FIRST);
	client->out_size = OUT_FIRST;
	if (!client->in || !client->out) {
		free(client->in);
		free(client->out);
		*client = (struct client){ 0 };
		close(fd);
		return true;
	}
	client->id = ++control->last_id ? control->last_id : ++control->last_id;
	return true;
}

bool control_waiting(const struct balloond *b)
{
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		const struct client *client = &b->control->clients[i];

		if (client->id && !client->waits && has_line(client))
			return true;
	}
	return false;
}

uint32_t control_poll(struct balloond *b, struct pollfd *fds)
{
	struct control *control = b->control;

	fds[0] = (struct pollfd){ .fd = control->fd, .events = POLLIN };
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		const struct client *client = &control->clients[i];

		/* A slot that is free has fd -1, which poll(2) skips. */
		fds[1 + i] = (struct pollfd){ .fd = client->id ? client->fd : -1 };
		if (!client->waits && !client->ended)
			fds[1 + i].events |= POLLIN;
		if (client->out_len)
			fds[1 + i].events |= POLLOUT;
	}
	return 1 + CONTROL_CLIENTS_MAX;
}

void control_serve(struct balloond *b, const struct pollfd *fds, uint32_t n)
{
	struct control *control = b->control;

	for (uint32_t i = 1; i < n; i++) {
		struct client *client = &control->clients[i - 1];

		if (!client->id || client->fd != fds[i].fd)
			continue;
		/* Also without an event: a put-off answer may have come, or lines
		   wait behind one, or it has been slow for too long. */
		if (fds[i].revents || client->out_len || client->in_len)
			client_serve(b, client, fds[i].revents);
	}
	for (int k = 0; fds[0].revents && k < BACKLOG; k++)
		if (!client_accept(b))
			return;
}
