/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page through which a guest asks the VMM: 32-bit writes. Guest and VMM include this. */
#ifndef IRQLAB_IMAGES_VMM_DOOR_H
#define IRQLAB_IMAGES_VMM_DOOR_H

enum door_offset {
    DOOR_RAISE = 0x0, /* the line of this SPI (0: INTID 32) goes up */
    DOOR_LOWER = 0x4,
    DOOR_MSI = 0x8,  /* DeviceID at 31:16, EventID at 15:0, to the ITS */
    DOOR_EXIT = 0xc, /* the VMM ends with this code */
};

#endif
