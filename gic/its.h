/* SPDX-License-Identifier: MIT */
/*
 * Inside the ITS: its.c is the frame and the queue, itscmd.c the commands, itstab.c the tables.
 */
#ifndef GIC_ITS_H
#define GIC_ITS_H

#include "gic/internal.h"

#define ITS_N_BASERS 8

struct gic_its_state {
    uint32_t ctlr; /* Enabled */
    uint32_t statusr;
    uint32_t delay;         /* steps until the command at CREADR takes effect */
    uint32_t delay_chosen;  /* 1: `delay` belongs to that command */
    uint32_t quiesce_reads; /* reads of GITS_CTLR that will still see Quiescent = 0 */
    uint32_t list_form;     /* 1: the collection table is a list (itssave.c) */
    uint32_t vmovp;         /* ITS_VMOVP_* and the sequence number, while the queue is at a VMOVP */
    uint32_t reserved;
    uint64_t cbaser, cwriter, creadr;
    uint64_t umsir; /* DeviceID, EventID of the message that nothing is mapped for */
    uint64_t baser[ITS_N_BASERS];
    uint64_t hw_collections[256]; /* collection table entries */
};

struct gic_its {
    struct gic_its_state s;
    struct gic *gic;
    struct gic_its_config config;
    unsigned number; /* 0 for the first of the GIC */
    struct gic_its *next;
    uint64_t address; /* attr.h: the user's, no state */
};

#define CTLR_ENABLED (1u << 0)

/* GITS_STATUSR. Syndrome, bits 9:6, is 0: why a message went nowhere is for the trace to tell. */
#define STATUSR_RRD      (1u << 0)
#define STATUSR_WRD      (1u << 1)
#define STATUSR_RWOD     (1u << 2)
#define STATUSR_WROD     (1u << 3)
#define STATUSR_UMSI     (1u << 4)
#define STATUSR_OVERFLOW (1u << 5)

#define GITS_CTLR   0x0u
#define GITS_IIDR   0x4u
#define GITS_TYPER  0x8u
#define GITS_CBASER 0x80u
#define GITS_PIDR4  0xffd0u

/*
 * A row of the frame's table. A device attribute (attr.h) is read by `peek`, if it is there, else
 * by `read`, which then has no side effects; it is set by `poke`, if it is there, else by `write`.
 */
struct its_reg {
    const char *name;
    uint32_t offset;
    uint8_t count, width;
    uint64_t (*read)(struct gic_its *its, unsigned n);
    void (*write)(struct gic_its *its, unsigned n, uint64_t value, uint64_t mask);
    uint64_t (*peek)(struct gic_its *its, unsigned n);
    int (*poke)(struct gic_its *its, unsigned n, uint64_t value); /* 0 or -EINVAL */
};

struct its_reg_table {
    const struct its_reg *rows;
    size_t n_rows;
};

extern const struct its_reg_table gic_its_table;

/** its_statusr_bits - those that the configuration has. */
uint32_t its_statusr_bits(const struct gic_its *its);

/** its_reset - as at creation; ends what its_create() began. */
void its_reset(struct gic_its *its);

#define ITS_BASER_DEVICES     0
#define ITS_BASER_COLLECTIONS 1
#define ITS_BASER_VPES        2 /* GICv4 */
#define ITS_ENTRY_BYTES       8u

/* Entries as KVM's ABI revision 0 has them. */
struct its_device {
    bool valid;
    uint64_t itt; /* address */
    unsigned event_bits;
};

struct its_interrupt {
    uint32_t intid;      /* 0: not mapped */
    uint16_t collection; /* or the vPEID of a vLPI */
    bool is_virtual;
    uint32_t doorbell; /* of a vLPI; 1023: none */
};

/* A table of GITS_BASER<n> or GICR_VPROPBASER. */
struct gic_table {
    bool valid, indirect;
    uint64_t address, page_bytes, pages;
    unsigned entry_bytes;
};

/** gic_table_locate - where entry @id is. -ERANGE: beyond the table; -ENOENT: its second level is
 * not there; -EFAULT: memory. */
int gic_table_locate(struct gic *g, const struct gic_table *t, uint32_t id, uint64_t *address);
uint64_t gic_table_page_bytes(unsigned code);
/** gic_table_load, gic_table_store - 1 to 4 words. 0 or -EFAULT. */
int gic_table_load(struct gic *g, uint64_t address, uint64_t *words, unsigned n);
int gic_table_store(struct gic *g, uint64_t address, const uint64_t *words, unsigned n);
unsigned its_entry_bytes(const struct gic_its *its, unsigned which);
unsigned its_interrupt_bytes(const struct gic_its *its);

struct its_collection {
    bool valid;
    uint16_t target; /* vCPU */
};

/* 0, or -ERANGE: no such entry in the table; -EFAULT: memory; -ENOENT: not mapped (reads). */
int its_device_read(struct gic_its *its, uint32_t id, struct its_device *out);
int its_device_write(struct gic_its *its, uint32_t id, const struct its_device *device);
int its_interrupt_read(struct gic_its *its, const struct its_device *d, uint32_t event,
                       struct its_interrupt *out);
int its_interrupt_write(struct gic_its *its, const struct its_device *d, uint32_t event,
                        const struct its_interrupt *interrupt);
int its_collection_read(struct gic_its *its, uint32_t id, struct its_collection *out);
int its_collection_write(struct gic_its *its, uint32_t id, const struct its_collection *c);
bool its_collection_in_range(struct gic_its *its, uint32_t id);

/**
 * its_table_locate - where entry @id of GITS_BASER<which> is. 0; -ERANGE: beyond the table;
 * -ENOENT: its second level is not there; -EFAULT. its_table_entries - how many it can have.
 * its_table_page_entries - how many are in one page of it, and so in a row in memory.
 */
int its_table_locate(struct gic_its *its, unsigned which, uint32_t id, uint64_t *address);
uint64_t its_table_entries(struct gic_its *its, unsigned which);
uint64_t its_table_page_entries(struct gic_its *its, unsigned which);
int its_store(struct gic_its *its, uint64_t address, uint64_t value);

/**
 * its_abi - the form of saved tables: 0 is KVM's revision 0, which has no room for vLPIs; 1, with
 * GICv4, our own: as they are while the ITS works.
 */
uint32_t its_abi(const struct gic_its *its);
/** its_save_tables, its_restore_tables - KVM's ABI revision 0 (itssave.c). Errors as in attr.h. */
int its_save_tables(struct gic_its *its);
int its_restore_tables(struct gic_its *its);
/** its_end_list_form - after its_save_tables(): collections are indexed again. */
void its_end_list_form(struct gic_its *its);

int gic_address_set(uint64_t *address, uint64_t value);

/** its_execute - one command. 0, or the error's number (IHI 0069 5.3: 0x01 << 16 | opcode << 8 |
 * code), or ITS_WAIT: it has to be tried again. */
uint32_t its_execute(struct gic_its *its, const uint64_t command[4]);

#define ITS_DEVICE_OOR          0x01
#define ITS_ITTSIZE_OOR         0x02
#define ITS_PROCNUM_OOR         0x02
#define ITS_COLLECTION_OOR      0x03
#define ITS_UNMAPPED_DEVICE     0x04
#define ITS_ID_OOR              0x05
#define ITS_PHYSICALID_OOR      0x06
#define ITS_UNMAPPED_INTERRUPT  0x07
#define ITS_UNMAPPED_COLLECTION 0x09
#define ITS_MEMORY              0xfe /* table not in memory: our own number */
#define ITS_UNKNOWN_COMMAND     0xff /* likewise */

void gic_its_destroy_all(struct gic *g);
void gic_its_reset_all(struct gic *g);
void gic_its_mend_all(struct gic *g);
void gic_its_visit_all(struct gic *g,
                       void (*fn)(void *opaque, const char *name, void *data, size_t size_bytes),
                       void *opaque);

#endif
