// SPDX-License-Identifier: GPL-2.0-only
/*
 * An experiment, and no part of the guest driver: can a module beside Linux's balloon
 * driver give memory back to Xen in extents of 2 MiB? DESIGN.md says what came of it,
 * scenarios/superpages.scn shows it.
 *
 * parameters/extents	so many are out; write a number to have as many out. The stock
 *			driver's balloon_stats and the kernel's managed pages go with it.
 * parameters/refused	extents that Xen didn't give back
 * parameters/broken	2 MiB that the kernel had not in one piece
 *
 * PVH only: a PV guest would have its p2m and its direct map to see to as well.
 */
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>

#include <xen/balloon.h>
#include <xen/interface/xen.h>
#include <xen/interface/memory.h>
#include <xen/page.h>
#include <xen/xen.h>

#include <asm/xen/hypercall.h>

#define ORDER	9
#define PAGES	(1UL << ORDER)

static DEFINE_MUTEX(lock);
static LIST_HEAD(out);
static unsigned int extents, refused, broken;

static int exchange(unsigned int op, struct page *page)
{
	xen_pfn_t frame = page_to_pfn(page);
	struct xen_memory_reservation reservation = {
		.nr_extents = 1,
		.extent_order = ORDER,
		.domid = DOMID_SELF,
	};

	set_xen_guest_handle(reservation.extent_start, &frame);
	return HYPERVISOR_memory_op(op, &reservation) == 1 ? 0 : -EBUSY;
}

static void account(struct page *page, long pages)
{
	adjust_managed_page_count(page, pages);
	/* Under no lock of the stock driver's: its own is static. */
	balloon_stats.current_pages += pages;
}

static int give(void)
{
	struct page *page = alloc_pages(GFP_HIGHUSER | __GFP_NORETRY | __GFP_NOWARN, ORDER);

	if (!page) {
		broken++;
		return -ENOMEM;
	}
	if (exchange(XENMEM_decrease_reservation, page)) {
		__free_pages(page, ORDER);
		return -EBUSY;
	}
	account(page, -(long)PAGES);
	list_add(&page->lru, &out);
	extents++;
	return 0;
}

static int take(void)
{
	struct page *page = list_first_entry(&out, struct page, lru);

	if (exchange(XENMEM_populate_physmap, page)) {
		refused++;
		return -EBUSY;
	}
	list_del(&page->lru);
	account(page, PAGES);
	__free_pages(page, ORDER);
	extents--;
	return 0;
}

static int extents_set(const char *val, const struct kernel_param *kp)
{
	unsigned int n;
	int err = kstrtouint(val, 10, &n);

	if (err)
		return err;
	mutex_lock(&lock);
	while (!err && extents < n)
		err = give();
	while (!err && extents > n)
		err = take();
	mutex_unlock(&lock);
	return err;
}

static const struct kernel_param_ops extents_ops = {
	.set = extents_set,
	.get = param_get_uint,
};
module_param_cb(extents, &extents_ops, &extents, 0644);
module_param(refused, uint, 0444);
module_param(broken, uint, 0444);

static int __init superpages_init(void)
{
	return xen_hvm_domain() ? 0 : -ENODEV;
}
module_init(superpages_init);

/* No exit: what is out would be lost. */

MODULE_DESCRIPTION("An experiment with 2 MiB extents beside Xen's balloon driver");
MODULE_LICENSE("GPL");
