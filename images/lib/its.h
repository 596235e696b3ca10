/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LPIs and the ITS (Arm IHI 0069, chapter 5): tables, the command queue, one function per command.
 *
 * Each command has taken effect when its function returns. An ITS may stop at a command that it
 * finds wrong or skip it: in both cases the function returns false or true, and the queue goes on.
 * A mapped collection n means vCPU n after its_init(). Functions are not locked.
 */
#ifndef IMAGES_LIB_ITS_H
#define IMAGES_LIB_ITS_H

#include "images/lib/gic.h"

enum gits_offset {
    GITS_CTLR = 0x0000,
    GITS_IIDR = 0x0004,
    GITS_TYPER = 0x0008,
    GITS_STATUSR = 0x0040,
    GITS_CBASER = 0x0080,
    GITS_CWRITER = 0x0088,
    GITS_CREADR = 0x0090,
    GITS_BASER = 0x0100, /* eight of 8 bytes */
    GITS_PIDR2 = 0xffe8,
    GITS_TRANSLATER = 0x10040,
};

enum gicr_lpi_offset {
    GICR_SETLPIR = 0x0040,
    GICR_CLRLPIR = 0x0048,
    GICR_PROPBASER = 0x0070,
    GICR_PENDBASER = 0x0078,
    GICR_INVLPIR = 0x00a0,
    GICR_INVALLR = 0x00b0,
    GICR_SYNCR = 0x00c0,
};

#define GICR_CTLR_ENABLE_LPIS BIT(0)
#define GICR_CTLR_CES         BIT(1) /* EnableLPIs can be cleared again */
#define GICR_CTLR_LPI_RWP     BIT(3)
#define GICR_PENDBASER_PTZ    BIT(62)

#define GITS_CTLR_ENABLED    BIT(0)
#define GITS_CTLR_QUIESCENT  BIT(31)
#define GITS_CREADR_STALLED  BIT(0)
#define GITS_CWRITER_RETRY   BIT(0)
#define GITS_BASER_VALID     BIT(63)
#define GITS_BASER_INDIRECT  BIT(62)
#define GITS_BASER_TYPE(b)   ((unsigned)((b) >> 56) & 7)
#define GITS_BASER_ENTRY(b)  (((unsigned)((b) >> 48) & 31) + 1) /* bytes of an entry */
#define GITS_BASER_DEVICE    1
#define GITS_BASER_VPE       2
#define GITS_BASER_COLLECT   4
#define GITS_BASER_PAGE_64K  (2ull << 8)
#define GITS_BASER_PAGE_MASK (3ull << 8)

#define INTID_LPI         8192u
#define LPI_ID_BITS       14u /* of the library's tables */
#define LPI_END           (1u << LPI_ID_BITS)
#define ITS_QUEUE_BYTES   4096u
#define ITS_COMMAND_BYTES 32u
#define ITS_CPU_MAX       8 /* vCPUs that the library has pending tables for */
#define ITS_TABLE_BYTES   0x10000u

enum its_opcode {
    ITS_MOVI = 0x01,
    ITS_INT = 0x03,
    ITS_CLEAR = 0x04,
    ITS_SYNC = 0x05,
    ITS_MAPD = 0x08,
    ITS_MAPC = 0x09,
    ITS_MAPTI = 0x0a,
    ITS_MAPI = 0x0b,
    ITS_INV = 0x0c,
    ITS_INVALL = 0x0d,
    ITS_MOVALL = 0x0e,
    ITS_DISCARD = 0x0f,
    ITS_VMOVI = 0x21,
    ITS_VMOVP = 0x22,
    ITS_VSGI = 0x23,
    ITS_VSYNC = 0x25,
    ITS_VMAPP = 0x29,
    ITS_VMAPTI = 0x2a,
    ITS_VMAPI = 0x2b,
    ITS_VINVALL = 0x2d,
    ITS_INVDB = 0x2e,
};

struct its_command {
    u64 word[4];
};

/** its_present - GICD_TYPER.LPIS, and an ITS answers at BOARD_GITS. */
bool its_present(void);

/** its_init - device and collection tables, an empty queue, ITS on. No vCPU has LPIs yet. */
void its_init(void);

/** lpi_cpu_init - this vCPU's tables and EnableLPIs; collection of its number mapped to it. */
void lpi_cpu_init(void);

/** lpi_cpu_tables - the tables alone: nothing pending, LPIs off. */
void lpi_cpu_tables(void);
/** lpi_cpu_enable - GICR_CTLR.EnableLPIs of this vCPU; waits for RWP. */
void lpi_cpu_enable(bool on);
/** lpi_pending_table - @cpu's, one bit per INTID. */
u8 *lpi_pending_table(unsigned cpu);

/** lpi_configure - the configuration byte (5.1.1). What is cached needs an invalidation. */
void lpi_configure(u32 intid, u8 priority, bool enabled);

/** its_enable - GITS_CTLR.Enabled; off waits for Quiescent. */
void its_enable(bool on);

/** its_queue_set - GITS_CBASER with the library's queue: an empty one. ITS off. */
void its_queue_set(void);
/** its_queue_put - in the queue, not yet announced; its_queue_go() announces all and waits. */
void its_queue_put(struct its_command command);
bool its_queue_go(void);
/** its_queue_announce - GITS_CWRITER, without waiting. */
void its_queue_announce(void);

/** its_send - any command. True: taken; false: the ITS stopped at it, and it was removed. */
bool its_send(struct its_command command);

/** its_rdbase - how commands name vCPU @cpu (GITS_TYPER.PTA), in bits 50:16. */
u64 its_rdbase(unsigned cpu);

/** its_mapd - events 0 .. 2^@event_bits - 1, in a fresh, zeroed table. */
bool its_mapd(u32 device, unsigned event_bits);
bool its_unmapd(u32 device);
bool its_mapc(u32 collection, unsigned cpu);
bool its_unmapc(u32 collection);
bool its_mapti(u32 device, u32 event, u32 intid, u32 collection);
bool its_mapi(u32 device, u32 intid, u32 collection);
bool its_movi(u32 device, u32 event, u32 collection);
bool its_movall(unsigned from_cpu, unsigned to_cpu);
bool its_discard(u32 device, u32 event);
bool its_int(u32 device, u32 event);
bool its_clear(u32 device, u32 event);
bool its_inv(u32 device, u32 event);
bool its_invall(u32 collection);
bool its_sync(unsigned cpu);

/** its_baser - offset of the GITS_BASER<n> of a type, 0 if there is none. */
u32 its_baser(unsigned type);

#endif
