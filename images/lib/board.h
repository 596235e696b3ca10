/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The board: QEMU's `virt` with gic-version=3 or 4, which irqlab models, and irqlab's 4.1.
 *
 *   0x00000000 flash 0        0x09000000 PL011, SPI 1      0x40000000 RAM (device tree here, or
 *   0x08000000 GICD           0x09010000 PL031, SPI 2                 where x0 points)
 *   0x08080000 GITS           0x0a000000 virtio-mmio       0x40080000 the image
 *   0x080a0000 GICR           0x0b000000 nothing           0x4000000000 GICR, second region
 *   0x10000000 PCI memory     0x4010000000 PCI configuration          (above 123 vCPUs)
 */
#ifndef IMAGES_LIB_BOARD_H
#define IMAGES_LIB_BOARD_H

#define BOARD_GICD       0x08000000ull
#define BOARD_GITS       0x08080000ull
#define BOARD_GICR       0x080a0000ull
#define BOARD_GICR_V41   0x080c0000ull
#define BOARD_GICR_END   0x09000000ull
#define BOARD_GICR_COUNT 123 /* with GICv3 */
#define BOARD_GICR_HIGH  0x4000000000ull
#define BOARD_PL011      0x09000000ull
#define BOARD_PL031      0x09010000ull
#define BOARD_PCI_MMIO   0x10000000ull
#define BOARD_PCI_ECAM   0x4010000000ull
#define BOARD_HOLE       0x0b000000ull /* no device answers here */
#define BOARD_RAM        0x40000000ull
#define BOARD_IMAGE      0x40080000ull

#define INTID_PL011  (32 + 1)
#define INTID_PL031  (32 + 2)
#define INTID_CNTHPS 20
#define INTID_CNTHP  26
#define INTID_CNTV   27
#define INTID_CNTHV  28
#define INTID_CNTPS  29
#define INTID_CNTP   30

/* SPIs that no device of the board drives: free for ISPENDR. */
#define INTID_FREE_SPI 60

#endif
