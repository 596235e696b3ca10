/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "gic/gic.h"
#include "tests/unit/suite.h"

static const struct named {
    enum gic_frame frame;
    uint32_t offset;
    const char *name; /* NULL: there is no register */
} names[] = {
    {GIC_FRAME_DIST, 0x0, "GICD_CTLR"},
    {GIC_FRAME_DIST, 0x104, "GICD_ISENABLER1"},
    {GIC_FRAME_DIST, 0x440, "GICD_IPRIORITYR16"},
    {GIC_FRAME_DIST, 0x443, "GICD_IPRIORITYR16+3"},
    {GIC_FRAME_DIST, 0xc10, "GICD_ICFGR4"},
    {GIC_FRAME_DIST, 0x1200, "GICD_ISENABLER0E"},
    {GIC_FRAME_DIST, 0x6100, "GICD_IROUTER32"},
    {GIC_FRAME_DIST, 0x6200, "GICD_IROUTER64"},
    {GIC_FRAME_DIST, 0x6204, "GICD_IROUTER64+4"},
    {GIC_FRAME_DIST, 0x8008, "GICD_IROUTER1E"},
    {GIC_FRAME_DIST, 0x4000, NULL},
    {GIC_FRAME_DIST, 0x10000, NULL},
    {GIC_FRAME_REDIST, 0x14, "GICR_WAKER"},
    {GIC_FRAME_REDIST, 0x7c, "GICR_PENDBASER+4"},
    {GIC_FRAME_REDIST, 0x10100, "GICR_ISENABLER0"},
    {GIC_FRAME_REDIST, 0x10c04, "GICR_ICFGR1"},
    {GIC_FRAME_REDIST, 0x20078, "GICR_VPENDBASER"},
    {GIC_FRAME_REDIST, 0x10000, NULL},
    {GIC_FRAME_REDIST, 0x30000, NULL},
    {GIC_FRAME_REDIST, UINT32_MAX, NULL},
};

START_TEST(a_place_in_a_frame_has_the_specification_s_name)
{
    const struct named *n = &names[_i];
    char text[64] = "as before";
    bool found = gic_register_name(n->frame, n->offset, text, sizeof(text));

    ck_assert_int_eq(found, n->name != NULL);
    ck_assert_str_eq(text, n->name ? n->name : "as before");
}
END_TEST

START_TEST(a_name_is_cut_where_there_is_no_room)
{
    char text[8];

    ck_assert(gic_register_name(GIC_FRAME_DIST, 0x443, text, sizeof(text)));
    ck_assert_str_eq(text, "GICD_IP");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("gic names");

    tcase_add_loop_test(tc, a_place_in_a_frame_has_the_specification_s_name, 0,
                        sizeof(names) / sizeof(names[0]));
    tcase_add_test(tc, a_name_is_cut_where_there_is_no_room);
    return suite_run_case("gic names", tc);
}
