/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory map and the interrupt numbers, as on QEMU's virt with gic-version=3 or 4; qemu has no
 * gic-version=4.1.
 *
 *     0x0000_0000  flash bank 0 (firmware), 64 MiB      0x0a00_0000  virtio-mmio 0..31, 0x200 each
 *     0x0400_0000  flash bank 1 (variables), 64 MiB     0x4000_0000  RAM, up to 64 GiB (room to
 *     0x0800_0000  GICD, 64 KiB                                      255 GiB before 0x40_0000_0000)
 *     0x0801_0000  GICC, 8 KiB, with -gic legacy=on
 *     0x0808_0000  GITS, 128 KiB; with GICv4.1 256 KiB
 *     0x080a_0000  GICR of vCPUs 0..122, 128 KiB each   0x40_0000_0000  GICR of the other vCPUs
 *                  with GICv4 of vCPUs 0..60, 256 KiB each; with GICv4.1 from 0x080c_0000 on
 *     0x0900_0000  PL011       0x0901_0000  PL031       0x0b00_0000  memory-mapped timers, 0x10000
 *     0x0902_0000  fw_cfg      0x0903_0000  PL061                    each, with
 * memory-mapped-timer=on 0x1000_0000  PCIe memory, to 0x3eff_0000          0x40_1000_0000  PCIe
 * ECAM, 256 MiB 0x3eff_0000  PCIe ports, 64 KiB                   0x80_0000_0000  PCIe memory, 512
 * GiB
 */
#ifndef IRQLAB_EMU_BOARD_H
#define IRQLAB_EMU_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#define BOARD_FLASH_BYTES   0x04000000ull
#define BOARD_GICD_BASE     0x08000000ull
#define BOARD_GICC_BASE     0x08010000ull
#define BOARD_GICC_BYTES    0x2000ull
#define BOARD_ITS_BASE      0x08080000ull
#define BOARD_GICR2_BASE    0x4000000000ull
#define BOARD_GICR_END      0x09000000ull
#define BOARD_UART_BASE     0x09000000ull
#define BOARD_RTC_BASE      0x09010000ull
#define BOARD_FW_CFG_BASE   0x09020000ull
#define BOARD_GPIO_BASE     0x09030000ull
#define BOARD_VIRTIO_BASE   0x0a000000ull
#define BOARD_VIRTIO_STRIDE 0x200u
#define BOARD_VIRTIO_COUNT  32u
/* CNTCTLBase, CNTControlBase, CNTReadBase, then CNTBaseN and CNTEL0BaseN of each frame. */
#define BOARD_TIMER_BASE      0x0b000000ull
#define BOARD_TIMER_STRIDE    0x10000ull
#define BOARD_TIMER_FRAMES    2
#define BOARD_TIMER_VIRTUAL   1 /* bit n: frame n has a virtual timer */
#define BOARD_TIMER_EL0       1 /* likewise an EL0 view */
#define BOARD_PCIE_MMIO_BASE  0x10000000ull
#define BOARD_PCIE_MMIO_BYTES 0x2eff0000ull
#define BOARD_PCIE_PIO_BASE   0x3eff0000ull
#define BOARD_PCIE_PIO_BYTES  0x10000ull
#define BOARD_RAM_BASE        0x40000000ull
#define BOARD_PCIE_ECAM_BASE  0x4010000000ull
#define BOARD_PCIE_ECAM_BYTES 0x10000000ull
#define BOARD_PCIE_HIGH_BASE  0x8000000000ull
#define BOARD_PCIE_HIGH_BYTES 0x8000000000ull

/* INTIDs: 32 + the SPI number that a device tree gives. */
#define BOARD_UART_INTID          33u
#define BOARD_RTC_INTID           34u
#define BOARD_PCIE_INTID          35u /* INTA to INTD */
#define BOARD_GPIO_INTID          39u
#define BOARD_TIMER_INTID         42u /* frame 0 physical, virtual, frame 1 physical, virtual */
#define BOARD_VIRTIO_INTID        48u
#define BOARD_GPIO_POWER_KEY_LINE 3u

#define BOARD_MAX_VCPUS 512u

/* Who answers PSCI: firmware of the guest's own, or irqlab by HVC or SMC. */
enum board_conduit { BOARD_CONDUIT_NONE, BOARD_CONDUIT_HVC, BOARD_CONDUIT_SMC };

struct board_description {
    unsigned n_vcpus, n_spis;
    const uint64_t *mpidr; /* [n_vcpus], not owned */
    uint64_t ram_bytes;
    bool has_el2, has_vhe, has_its, has_gicc, has_mmio_timers;
    unsigned gic_version; /* enum gic_version of gic/gic.h */
    uint64_t gicd_base, its_base;
    uint64_t gicr_base, gicr_bytes; /* of the first redistributor; of each */
    uint64_t gicr_end;              /* how far the first region could go */
    uint64_t its_bytes;
    unsigned gicr_first; /* how many are in the first region */
    enum board_conduit conduit;
    const char *cpu_compatible; /* device tree */
    uint64_t virtio_base, virtio_stride;
};

/** board_has_ecv - whether vCPUs of that model have FEAT_ECV. */
bool board_has_ecv(const char *cpu_model);
/** board_has_sel2 - likewise of Secure EL2 and its timers (FEAT_SEL2). */
bool board_has_sel2(const char *cpu_model, bool has_el2, bool has_el3);
/** board_has_nmi - likewise of FEAT_NMI, with a GIC that has superpriority (-gic nmi). */
bool board_has_nmi(const char *cpu_model, bool gic_nmi);

/** board_mpidr - affinity of vCPU @i as QEMU lays it out: Aff0 0..15, then Aff1, Aff2. */
uint64_t board_mpidr(unsigned i);
/** board_vcpu_of - whose it is, if it is anybody's: board_mpidr() tells. */
unsigned board_vcpu_of(uint64_t affinity);

/** board_place_gic - where the frames of a GIC of that version are. */
void board_place_gic(struct board_description *b, unsigned gic_version);

/**
 * board_takes_frame - whether a frame can be at @base: a multiple of 64 KiB between
 * BOARD_GICD_BASE and BOARD_GICR_END; 0 stands for the usual place.
 * board_move_gic - after board_place_gic(): frames are elsewhere. Redistributors fill what is free
 * behind theirs. False: they overlap (also with GICC, which is where it is).
 */
bool board_takes_frame(uint64_t base);
bool board_move_gic(struct board_description *b, uint64_t gicd, uint64_t gicr, uint64_t its);

void board_describe(struct board_description *b, unsigned n_vcpus, const uint64_t *mpidr,
                    uint64_t ram_bytes, bool has_el2, bool has_el3, const char *cpu_model);

#endif
