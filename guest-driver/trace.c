// SPDX-License-Identifier: GPL-2.0-only
/* The trace events themselves, once. */
#include "selfballoon.h"

#define CREATE_TRACE_POINTS
#include "selfballoon_trace.h"
