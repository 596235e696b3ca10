/* SPDX-License-Identifier: MIT */
/*
 * ITS commands (IHI 0069 5.3): a table by opcode, one short function each.
 *
 * Fields of a command's four doublewords that most share:
 *   0: opcode [7:0], DeviceID [63:32]     1: EventID [31:0], pINTID [63:32]
 *   2: ICID [15:0], RDbase [50:16], Valid [63]
 */
#include <errno.h>

#include "gic/itscmd.h"
#include "gic/lpi.h"

static uint32_t collection_id(const uint64_t *c)
{
    return c[2] & 0xffff;
}

/* -- Lookups -- */

uint32_t its_find_device(struct gic_its *its, uint32_t id, struct its_device *out)
{
    switch (its_device_read(its, id, out)) {
    case 0:
        return 0;
    case -ERANGE:
        return ITS_DEVICE_OOR;
    case -EFAULT:
        return ITS_MEMORY;
    default:
        return ITS_UNMAPPED_DEVICE;
    }
}

static uint32_t find_interrupt(struct gic_its *its, const struct its_device *d, uint32_t event,
                               struct its_interrupt *out)
{
    switch (its_interrupt_read(its, d, event, out)) {
    case 0:
        return 0;
    case -ERANGE:
        return ITS_ID_OOR;
    case -EFAULT:
        return ITS_MEMORY;
    default:
        return ITS_UNMAPPED_INTERRUPT;
    }
}

/* Memory is the guest's: a target that no vCPU has counts as not mapped. */
static uint32_t find_target(struct gic_its *its, uint32_t id, struct gic_vcpu **out)
{
    struct its_collection c;
    int err = its_collection_read(its, id, &c);

    if (err != 0)
        return err == -ERANGE ? ITS_COLLECTION_OOR
                              : (err == -EFAULT ? ITS_MEMORY : ITS_UNMAPPED_COLLECTION);
    if (c.target >= its->gic->config.n_vcpus)
        return ITS_UNMAPPED_COLLECTION;
    *out = &its->gic->vcpus[c.target];
    return 0;
}

uint32_t its_translate(struct gic_its *its, uint32_t device, uint32_t event,
                       struct its_translation *out)
{
    uint32_t error = its_find_device(its, device, &out->device);

    if (error == 0)
        error = find_interrupt(its, &out->device, event, &out->interrupt);
    if (error == 0 && out->interrupt.is_virtual)
        return its_find_vpe(its, out->interrupt.collection, &out->vpe);
    if (error == 0)
        error = find_target(its, out->interrupt.collection, &out->target);
    return error;
}

void its_set_pending(struct its_translation *t, bool pending)
{
    const struct its_interrupt *i = &t->interrupt;

    if (i->is_virtual)
        gic_vlpi_set_pending(&t->vpe, i->intid, i->doorbell, pending);
    else
        gic_lpi_set_pending(t->target, i->intid, pending);
}

static uint32_t translate(struct gic_its *its, const uint64_t *c, struct its_translation *t)
{
    return its_translate(its, its_device_id(c), its_event_id(c), t);
}

static uint32_t stored(int err)
{
    return err != 0 ? ITS_MEMORY : 0;
}

/* -- Mapping -- */

/* Size [4:0] of doubleword 1, the table's address [51:8] of doubleword 2. */
static uint32_t do_mapd(struct gic_its *its, const uint64_t *c)
{
    struct its_device d = {
        .valid = its_valid(c), .itt = c[2] & 0xfffffffffff00ull, .event_bits = (c[1] & 0x1f) + 1};
    int err;

    if (d.valid && d.event_bits > its->config.event_id_bits)
        return ITS_ITTSIZE_OOR;
    err = its_device_write(its, its_device_id(c), &d);
    return err == -ERANGE || err == -ENOENT ? ITS_DEVICE_OOR : stored(err);
}

/* With Valid 0 RDbase is ignored. */
static uint32_t do_mapc(struct gic_its *its, const uint64_t *c)
{
    struct its_collection collection = {.valid = its_valid(c)};

    if (!its_collection_in_range(its, collection_id(c)))
        return ITS_COLLECTION_OOR;
    if (collection.valid && its_rdbase(c[2]) >= its->gic->config.n_vcpus)
        return ITS_PROCNUM_OOR;
    if (collection.valid)
        collection.target = (uint16_t)its_rdbase(c[2]);
    return stored(its_collection_write(its, collection_id(c), &collection));
}

static uint32_t map_interrupt(struct gic_its *its, const uint64_t *c, uint32_t intid)
{
    struct its_interrupt i = {.intid = intid, .collection = (uint16_t)collection_id(c)};
    struct its_device d;
    uint32_t error = its_find_device(its, its_device_id(c), &d);

    if (error != 0)
        return error;
    if (!its_collection_in_range(its, collection_id(c)))
        return ITS_COLLECTION_OOR;
    if ((uint64_t)its_event_id(c) >> d.event_bits != 0)
        return ITS_ID_OOR;
    if (intid < GIC_INTID_LPI || intid >> its->gic->config.lpi_id_bits != 0)
        return ITS_PHYSICALID_OOR;
    return stored(its_interrupt_write(its, &d, its_event_id(c), &i));
}

static uint32_t do_mapti(struct gic_its *its, const uint64_t *c)
{
    return map_interrupt(its, c, (uint32_t)(c[1] >> 32));
}

static uint32_t do_mapi(struct gic_its *its, const uint64_t *c)
{
    return map_interrupt(its, c, its_event_id(c));
}

/* A pending interrupt stays pending and goes along. */
static uint32_t do_movi(struct gic_its *its, const uint64_t *c)
{
    struct its_translation t;
    struct gic_vcpu *to;
    uint32_t error = translate(its, c, &t);

    if (error == 0 && t.interrupt.is_virtual)
        error = ITS_NOT_PHYSICAL;
    if (error == 0)
        error = find_target(its, collection_id(c), &to);
    if (error != 0)
        return error;
    t.interrupt.collection = (uint16_t)collection_id(c);
    if (its_interrupt_write(its, &t.device, its_event_id(c), &t.interrupt) != 0)
        return ITS_MEMORY;
    gic_lpi_move(t.target, to, t.interrupt.intid);
    return 0;
}

/* RDbase of doublewords 2 and 3. */
static uint32_t do_movall(struct gic_its *its, const uint64_t *c)
{
    uint64_t from = its_rdbase(c[2]), to = its_rdbase(c[3]);

    if (from >= its->gic->config.n_vcpus || to >= its->gic->config.n_vcpus)
        return ITS_PROCNUM_OOR;
    gic_lpi_move_all(&its->gic->vcpus[from], &its->gic->vcpus[to]);
    return 0;
}

/* Also takes the pending state away. */
static uint32_t do_discard(struct gic_its *its, const uint64_t *c)
{
    struct its_translation t;
    struct its_interrupt none = {0};
    uint32_t error = translate(its, c, &t);

    if (error != 0)
        return error;
    its_set_pending(&t, false);
    return stored(its_interrupt_write(its, &t.device, its_event_id(c), &none));
}

/* -- Pending and configuration -- */

static uint32_t do_int(struct gic_its *its, const uint64_t *c)
{
    struct its_translation t;
    uint32_t error = translate(its, c, &t);

    if (error == 0)
        its_set_pending(&t, true);
    return error;
}

static uint32_t do_clear(struct gic_its *its, const uint64_t *c)
{
    struct its_translation t;
    uint32_t error = translate(its, c, &t);

    if (error == 0)
        its_set_pending(&t, false);
    return error;
}

static uint32_t do_inv(struct gic_its *its, const uint64_t *c)
{
    struct its_translation t;
    uint32_t error = translate(its, c, &t);

    if (error == 0 && t.interrupt.is_virtual)
        gic_vlpi_invalidate(&t.vpe, t.interrupt.intid);
    else if (error == 0)
        gic_lpi_invalidate(t.target, t.interrupt.intid);
    return error;
}

static uint32_t do_invall(struct gic_its *its, const uint64_t *c)
{
    struct gic_vcpu *target;
    uint32_t error = find_target(its, collection_id(c), &target);

    if (error == 0)
        gic_lpi_invalidate_all(target);
    return error;
}

/* Commands take full effect in order, one after another: nothing is left to wait for. */
static uint32_t do_sync(struct gic_its *its, const uint64_t *c)
{
    return its_rdbase(c[2]) < its->gic->config.n_vcpus ? 0 : ITS_PROCNUM_OOR;
}

/* -- The table; GICv4's are in itsvcmd.c -- */

static its_execute_fn *const commands[] = {
    [0x01] = do_movi, [0x03] = do_int,    [0x04] = do_clear,  [0x05] = do_sync,
    [0x08] = do_mapd, [0x09] = do_mapc,   [0x0a] = do_mapti,  [0x0b] = do_mapi,
    [0x0c] = do_inv,  [0x0d] = do_invall, [0x0e] = do_movall, [0x0f] = do_discard,
};

static its_execute_fn *find_command(const struct gic *g, unsigned opcode)
{
    if (opcode < sizeof(commands) / sizeof(commands[0]))
        return commands[opcode];
    return its_virtual_command(g, opcode);
}

uint32_t its_execute(struct gic_its *its, const uint64_t command[4])
{
    uint32_t opcode = command[0] & 0xff;
    its_execute_fn *execute = find_command(its->gic, opcode);
    uint32_t code = execute != NULL ? execute(its, command) : ITS_UNKNOWN_COMMAND;

    if (code == ITS_WAIT)
        return code;
    return code == 0 ? 0 : 0x010000u | opcode << 8 | code;
}
