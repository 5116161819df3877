/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest wishes of the slack, the most urgent last: order of raises. */
#ifndef BALLOOND_CORE_ACTIONS_H
#define BALLOOND_CORE_ACTIONS_H

#include "host.h"

enum wish {
	WISH_NONE,
	WISH_ROOM,	/* wants, headroom */
	WISH_NEED,	/* part of its need lies above its ceiling */
	WISH_URGENT,	/* the same, and it stalls until then */
};

enum wish action_wish(const struct host *host, const struct dom *dom);

#endif
