/* SPDX-License-Identifier: MIT */
/*
 * ITS commands of GICv4.0 and GICv4.1 (IHI 0069 5.3), opcodes 0x21 to 0x2e.
 *
 * Fields of a command's four doublewords that most share:
 *   0: opcode [7:0], DeviceID [63:32]     1: EventID [31:0], vPEID [47:32]
 *   2: vINTID [31:0], Dbell_pINTID [63:32]; or RDbase [50:16], V [63]
 */
#include <errno.h>

#include "gic/itscmd.h"
#include "gic/lpi.h"

static unsigned vpe_id(const uint64_t *c)
{
    return c[1] >> 32 & 0xffff;
}

/* What the accesses of vpe.c and vsgi.c return, as a command's error. */
static uint32_t vpe_error(int err)
{
    switch (err) {
    case 0:
        return 0;
    case -ERANGE:
        return ITS_VPE_OOR;
    case -ENOENT:
        return ITS_UNMAPPED_VPE;
    default:
        return ITS_MEMORY;
    }
}

uint32_t its_find_vpe(struct gic_its *its, unsigned id, struct gic_vpe *out)
{
    return vpe_error(gic_vpe_find(its, id, out));
}

/* 1023 is for none; GICv4.1 may do without individual ones (GITS_TYPER.nID). */
static uint32_t doorbell(const struct gic_its *its, const uint64_t *c)
{
    uint32_t intid = (uint32_t)(c[2] >> 32);

    return its->config.no_individual_doorbells && gic_is_v41(its->gic) ? GIC_INTID_SPURIOUS : intid;
}

static bool is_lpi(const struct gic_its *its, uint32_t intid)
{
    return intid >= GIC_INTID_LPI && intid >> its->gic->config.lpi_id_bits == 0;
}

static bool is_doorbell(const struct gic_its *its, uint32_t intid)
{
    return intid == GIC_INTID_SPURIOUS || is_lpi(its, intid);
}

/* -- Mapping vLPIs -- */

/* The vPE itself may be mapped later. */
static uint32_t map_virtual(struct gic_its *its, const uint64_t *c, uint32_t vintid)
{
    struct its_interrupt i = {.intid = vintid,
                              .collection = (uint16_t)vpe_id(c),
                              .is_virtual = true,
                              .doorbell = doorbell(its, c)};
    struct its_device d;
    uint32_t error = its_find_device(its, its_device_id(c), &d);
    uint64_t address;

    if (error != 0)
        return error;
    if (!gic_vpe_id_valid(its->gic, vpe_id(c)) ||
        its_table_locate(its, ITS_BASER_VPES, vpe_id(c), &address) == -ERANGE)
        return ITS_VPE_OOR;
    if ((uint64_t)its_event_id(c) >> d.event_bits != 0)
        return ITS_ID_OOR;
    if (!is_lpi(its, vintid))
        return ITS_VIRTUALID_OOR;
    if (!is_doorbell(its, i.doorbell))
        return ITS_PHYSICALID_OOR;
    return its_interrupt_write(its, &d, its_event_id(c), &i) != 0 ? ITS_MEMORY : 0;
}

static uint32_t do_vmapti(struct gic_its *its, const uint64_t *c)
{
    return map_virtual(its, c, (uint32_t)c[2]);
}

static uint32_t do_vmapi(struct gic_its *its, const uint64_t *c)
{
    return map_virtual(its, c, its_event_id(c));
}

/* D, bit 0 of doubleword 2: there is a new doorbell. What is pending goes along. */
static uint32_t do_vmovi(struct gic_its *its, const uint64_t *c)
{
    struct its_translation t;
    struct gic_vpe to;
    uint32_t error = its_translate(its, its_device_id(c), its_event_id(c), &t);

    if (error == 0 && !t.interrupt.is_virtual)
        error = ITS_NOT_VIRTUAL;
    if (error == 0)
        error = its_find_vpe(its, vpe_id(c), &to);
    if (error == 0 && (c[2] & 1) && !is_doorbell(its, doorbell(its, c)))
        error = ITS_PHYSICALID_OOR;
    if (error != 0)
        return error;
    if (c[2] & 1)
        t.interrupt.doorbell = doorbell(its, c);
    t.interrupt.collection = (uint16_t)vpe_id(c);
    if (its_interrupt_write(its, &t.device, its_event_id(c), &t.interrupt) != 0)
        return ITS_MEMORY;
    if (to.id != t.vpe.id &&
        gic_vlpi_set_pending(&t.vpe, t.interrupt.intid, GIC_INTID_SPURIOUS, false) &&
        its_find_vpe(its, vpe_id(c), &to) == 0)
        gic_vlpi_set_pending(&to, t.interrupt.intid, t.interrupt.doorbell, true);
    return 0;
}

/* -- Mapping vPEs -- */

/*
 * Doubleword 0, GICv4.1: ALLOC [8], PTZ [9], the configuration table [51:16]. 1: default doorbell
 * [31:0]. 3: VPT_size [4:0], the pending table [51:16].
 */
static uint32_t do_vmapp(struct gic_its *its, const uint64_t *c)
{
    struct gic_vpe_mapping m = {
        .id = (uint16_t)vpe_id(c),
        .pending_table = c[3] & VPENDBASER_ADDRESS,
        .config_table = c[0] & VPENDBASER_ADDRESS,
        .id_bits = (c[3] & 0x1f) + 1,
        .alloc = c[0] >> 8 & 1,
        .zeroed = c[0] >> 9 & 1,
        .doorbell = (uint32_t)c[1],
    };

    if (!its_valid(c))
        return vpe_error(gic_vpe_unmap(its, m.id, m.alloc));
    if (its_rdbase(c[2]) >= its->gic->config.n_vcpus)
        return ITS_PROCNUM_OOR;
    if (m.id_bits < 14 || m.id_bits > its->gic->config.lpi_id_bits)
        return ITS_VPTSIZE_OOR;
    if (gic_is_v41(its->gic) && m.alloc && !is_doorbell(its, m.doorbell))
        return ITS_PHYSICALID_OOR;
    m.target = &its->gic->vcpus[its_rdbase(c[2])];
    return vpe_error(gic_vpe_map(its, &m));
}

/*
 * With GITS_TYPER.VMOVP 0 software gives each ITS of ITSList the command with one sequence number,
 * and none goes on before all have come to it.
 */
static bool waits_too(const struct gic_its *its, uint32_t sequence)
{
    return (its->s.vmovp & ~ITS_VMOVP_DONE) == (ITS_VMOVP_WAITS | sequence);
}

static bool must_wait(struct gic_its *its, const uint64_t *c)
{
    uint32_t sequence = c[0] >> 32 & 0xffff;
    unsigned list = c[1] & 0xffff;

    if (its->s.vmovp & ITS_VMOVP_DONE) {
        its->s.vmovp = 0;
        return false;
    }
    its->s.vmovp = ITS_VMOVP_WAITS | sequence;
    for (const struct gic_its *i = its->gic->itss; i != NULL; i = i->next)
        if (gic_bit(list, its_list_number(i)) && !waits_too(i, sequence))
            return true;
    for (struct gic_its *i = its->gic->itss; i != NULL; i = i->next)
        if (i != its && gic_bit(list, its_list_number(i)))
            i->s.vmovp |= ITS_VMOVP_DONE;
    its->s.vmovp = 0;
    return false;
}

/* On one ITS for all: those that have the vPE mapped. */
static uint32_t move_everywhere(struct gic_its *its, const struct gic_vpe_mapping *m)
{
    for (struct gic_its *i = its->gic->itss; i != NULL; i = i->next) {
        int err = i != its ? gic_vpe_move(i, m) : 0;
        if (err == -EFAULT)
            return ITS_MEMORY;
    }
    return 0;
}

/* Doubleword 0: SequenceNumber [47:32]. 1: ITSList [15:0]. 2: DB [63]. 3: the doorbell [31:0]. */
static uint32_t do_vmovp(struct gic_its *its, const uint64_t *c)
{
    struct gic_vpe_mapping m = {
        .id = (uint16_t)vpe_id(c),
        .new_doorbell = gic_is_v41(its->gic) && its_valid(c),
        .doorbell = (uint32_t)c[3],
    };
    bool once = its->config.vmovp_once;

    if (its_rdbase(c[2]) >= its->gic->config.n_vcpus)
        return ITS_PROCNUM_OOR;
    if (m.new_doorbell && !is_doorbell(its, m.doorbell))
        return ITS_PHYSICALID_OOR;
    if (!once && must_wait(its, c))
        return ITS_WAIT;
    m.target = &its->gic->vcpus[its_rdbase(c[2])];
    uint32_t error = vpe_error(gic_vpe_move(its, &m));
    return error == 0 && once ? move_everywhere(its, &m) : error;
}

/* -- Caches -- */

static uint32_t do_vsync(struct gic_its *its, const uint64_t *c)
{
    struct gic_vpe p;

    return its_find_vpe(its, vpe_id(c), &p);
}

static uint32_t do_vinvall(struct gic_its *its, const uint64_t *c)
{
    struct gic_vpe p;
    uint32_t error = its_find_vpe(its, vpe_id(c), &p);

    if (error == 0)
        gic_vlpi_invalidate_all(&p);
    return error;
}

/* GICv4.1: the configuration of the default doorbell. */
static uint32_t do_invdb(struct gic_its *its, const uint64_t *c)
{
    struct gic_vpe p;
    uint32_t error = its_find_vpe(its, vpe_id(c), &p);

    if (error == 0)
        gic_lpi_invalidate(p.home, p.s->doorbell);
    return error;
}

/* -- vSGIs, GICv4.1 -- */

/* Doubleword 0: Enable [8], Clear [9], Group [10], Priority [23:20], vINTID [35:32]. */
static uint32_t do_vsgi(struct gic_its *its, const uint64_t *c)
{
    struct gic_vsgi_config config = {
        .enable = c[0] >> 8 & 1, .group1 = c[0] >> 10 & 1, .priority = (c[0] >> 20 & 0xf) << 4};
    unsigned n = c[0] >> 32 & 0xf;
    struct gic_vpe p;
    uint32_t error = its_find_vpe(its, vpe_id(c), &p);

    if (error != 0)
        return error;
    if (c[0] >> 9 & 1) /* the configuration stays as it is */
        return vpe_error(gic_vsgi_set_pending(&p, n, false));
    return vpe_error(gic_vsgi_configure(&p, n, &config));
}

void its_send_vsgi(struct gic_its *its, unsigned id, unsigned n)
{
    struct gic_vpe p;
    uint32_t error = its_find_vpe(its, id, &p);

    if (error == 0)
        error = vpe_error(gic_vsgi_set_pending(&p, n, true));
    if (error != 0)
        gic_event(its->gic, GIC_EVENT_GUEST_ERROR, NULL, n, error);
}

/* -- The table -- */

static const struct {
    its_execute_fn *execute;
    enum gic_version since;
} commands[16] = {
    [0x1] = {do_vmovi, GIC_VERSION_4_0}, [0x2] = {do_vmovp, GIC_VERSION_4_0},
    [0x3] = {do_vsgi, GIC_VERSION_4_1},  [0x5] = {do_vsync, GIC_VERSION_4_0},
    [0x9] = {do_vmapp, GIC_VERSION_4_0}, [0xa] = {do_vmapti, GIC_VERSION_4_0},
    [0xb] = {do_vmapi, GIC_VERSION_4_0}, [0xd] = {do_vinvall, GIC_VERSION_4_0},
    [0xe] = {do_invdb, GIC_VERSION_4_1},
};

its_execute_fn *its_virtual_command(const struct gic *g, unsigned opcode)
{
    if (opcode >> 4 != 2 || g->config.version < commands[opcode & 0xf].since)
        return NULL;
    return commands[opcode & 0xf].execute;
}
