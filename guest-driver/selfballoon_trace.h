/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace events: every decision, every report, every OOM call, with the numbers they
 * were made from. In tracefs, events/selfballoon/; one jump each while they are off.
 * Described in ABI-xen-selfballoon.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM selfballoon

#if !defined(SELFBALLOON_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define SELFBALLOON_TRACE_H

#include <linux/tracepoint.h>

#include "goal.h"
#include "record.h"

/* Why a report was due. */
#define SELFBALLOON_FIRST	1
#define SELFBALLOON_EPOCH	2
#define SELFBALLOON_URGENT	4
#define SELFBALLOON_SIZES	8

TRACE_DEFINE_ENUM(GOAL_TICK);
TRACE_DEFINE_ENUM(GOAL_RECLAIM);
TRACE_DEFINE_ENUM(GOAL_OOM);

/* foreign: somebody else sets a target; only the goal is made anew. */
TRACE_EVENT(selfballoon_decide,
	TP_PROTO(const struct goal_input *in, const struct goal_verdict *v, bool foreign),
	TP_ARGS(in, v, foreign),
	TP_STRUCT__entry(
		__field(u64, tot_kib)
		__field(u64, need_kib)
		__field(u64, want_kib)
		__field(u64, floor_kib)
		__field(u64, ceiling_kib)
		__field(u64, asked_kib)
		__field(u64, goal_kib)
		__field(u64, committed_kib)
		__field(u64, avail_kib)
		__field(unsigned int, events)
		__field(bool, directed)
		__field(bool, urgent)
		__field(bool, foreign)
	),
	TP_fast_assign(
		__entry->tot_kib = in->tot_kib;
		__entry->need_kib = v->need_kib;
		__entry->want_kib = v->want_kib;
		__entry->floor_kib = v->floor_kib;
		__entry->ceiling_kib = v->reach_kib;
		__entry->asked_kib = in->asked_kib;
		__entry->goal_kib = v->goal_kib;
		__entry->committed_kib = in->committed_kib;
		__entry->avail_kib = in->avail_kib;
		__entry->events = in->events;
		__entry->directed = in->directed;
		__entry->urgent = v->urgent;
		__entry->foreign = foreign;
	),
	TP_printk("%s tot=%llu need=%llu want=%llu floor=%llu ceiling=%llu asked=%llu goal=%llu committed=%llu avail=%llu events=%s%s%s",
		  __entry->directed ? "directed" : "alone", __entry->tot_kib,
		  __entry->need_kib, __entry->want_kib, __entry->floor_kib,
		  __entry->ceiling_kib, __entry->asked_kib, __entry->goal_kib,
		  __entry->committed_kib, __entry->avail_kib,
		  __print_flags(__entry->events, "|",
				{ GOAL_TICK, "tick" },
				{ GOAL_RECLAIM, "reclaim" },
				{ GOAL_OOM, "oom" }),
		  __entry->urgent ? " urgent" : "", __entry->foreign ? " foreign" : "")
);

TRACE_EVENT(selfballoon_report,
	TP_PROTO(const struct report *report, unsigned int why, int error),
	TP_ARGS(report, why, error),
	TP_STRUCT__entry(
		__field(u64, seq)
		__field(u64, epoch)
		__field(u64, need_kib)
		__field(u64, want_kib)
		__field(u64, floor_kib)
		__field(u64, limit_kib)
		__field(bool, urgent)
		__field(unsigned int, why)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->seq = report->seq;
		__entry->epoch = report->epoch;
		__entry->need_kib = report->need_kib;
		__entry->want_kib = report->want_kib;
		__entry->floor_kib = report->floor_kib;
		__entry->limit_kib = report->limit_kib;
		__entry->urgent = report->urgent;
		__entry->why = why;
		__entry->error = error;
	),
	TP_printk("seq=%llu epoch=%llu need=%llu want=%llu floor=%llu limit=%llu urgent=%d why=%s error=%d",
		  __entry->seq, __entry->epoch, __entry->need_kib, __entry->want_kib,
		  __entry->floor_kib, __entry->limit_kib, __entry->urgent,
		  __print_flags(__entry->why, "|",
				{ SELFBALLOON_FIRST, "first" },
				{ SELFBALLOON_EPOCH, "epoch" },
				{ SELFBALLOON_URGENT, "urgent" },
				{ SELFBALLOON_SIZES, "sizes" }),
		  __entry->error)
);

/* A call that the kernel made before it kills. */
TRACE_EVENT(selfballoon_oom,
	TP_PROTO(unsigned long grown, unsigned long claimed, u64 waited_ms, bool dom0),
	TP_ARGS(grown, claimed, waited_ms, dom0),
	TP_STRUCT__entry(
		__field(unsigned long, grown)
		__field(unsigned long, claimed)
		__field(u64, waited_ms)
		__field(bool, dom0)
	),
	TP_fast_assign(
		__entry->grown = grown;
		__entry->claimed = claimed;
		__entry->waited_ms = waited_ms;
		__entry->dom0 = dom0;
	),
	TP_printk("grown=%lu claimed=%lu waited_ms=%llu dom0=%d",
		  __entry->grown, __entry->claimed, __entry->waited_ms, __entry->dom0)
);

#endif

/* Found beside the sources: Kbuild says so for trace.c. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE selfballoon_trace
#include <trace/define_trace.h>
