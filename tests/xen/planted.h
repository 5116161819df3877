/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A fault in the guest driver, included in all of its sources after selfballoon.h, by which `make
 * check-debug-kernel` shows that its kernels find such a one:
 *
 *	PLANTED_sleeps	memory is waited for under the driver's spinlock
 *	PLANTED_order	two locks are taken in either order
 *	PLANTED_freed	memory is read that was given back
 */
#include <linux/slab.h>
#include <linux/spinlock.h>

#ifdef PLANTED_sleeps
#undef raw_spin_unlock_irqrestore
#define raw_spin_unlock_irqrestore(lock, flags) do {				\
	kfree(kmalloc(1, GFP_KERNEL));						\
	_raw_spin_unlock_irqrestore(lock, flags);				\
} while (0)
#endif

#ifdef PLANTED_order
static __maybe_unused DEFINE_RAW_SPINLOCK(planted_lock);
static __maybe_unused unsigned int planted_turn;

#undef raw_spin_lock_irqsave
#define raw_spin_lock_irqsave(lock, flags) do {					\
	bool first = planted_turn++ % 2;					\
										\
	flags = first ? _raw_spin_lock_irqsave(&planted_lock) :			\
			_raw_spin_lock_irqsave(lock);				\
	_raw_spin_lock(first ? lock : &planted_lock);				\
} while (0)
#undef raw_spin_unlock_irqrestore
#define raw_spin_unlock_irqrestore(lock, flags) do {				\
	_raw_spin_unlock(&planted_lock);					\
	_raw_spin_unlock_irqrestore(lock, flags);				\
} while (0)
#endif

#ifdef PLANTED_freed
#define kfree(p) do {								\
	const char *planted_freed = (const char *)(p);				\
										\
	kfree(planted_freed);							\
	(void)READ_ONCE(*planted_freed);					\
} while (0)
#endif
