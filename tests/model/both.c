/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/model/both.h"
#include "tests/guest_memory.h"

#define SCR_NS  1u
#define SCR_FIQ 4u

/* Guest memory of the one machine that a test has at a time. */
static uint8_t memory[MEMORY_BYTES];

uint8_t *both_memory(uint64_t address)
{
    return memory + address;
}

static int mem_read(void *opaque, uint64_t address, void *buffer, size_t size)
{
    (void)opaque;
    return guest_memory_read(memory, MEMORY_BYTES, address, buffer, size);
}

static int mem_write(void *opaque, uint64_t address, const void *buffer, size_t size)
{
    (void)opaque;
    return guest_memory_write(memory, MEMORY_BYTES, address, buffer, size);
}

static uint8_t config_byte(unsigned lpi)
{
    return memory[PROP_TABLE + lpi * M_LPI_STRIDE];
}

static uint8_t v_config_byte(unsigned vpe, unsigned vlpi)
{
    return memory[V_PROP_TABLE + vpe * 0x10000 + m_vlpi_intid(vlpi) - M_LPI_FIRST];
}

uint32_t both_dice(struct both *b, uint32_t n)
{
    b->seed = b->seed * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(b->seed >> 33) % n;
}

/* -- Registers -- */

static uint64_t get_as(struct both *b, unsigned cpu, const struct gic_pe_state *pe,
                       enum model_sysreg reg)
{
    rig_expect_eq(gic_sysreg_check(b->r->gic, cpu, b->reg[reg], pe, false), GIC_ACCESS_OK);
    return gic_sysreg_read(b->r->gic, cpu, b->reg[reg], pe);
}

static void set_as(struct both *b, unsigned cpu, const struct gic_pe_state *pe,
                   enum model_sysreg reg, uint64_t value)
{
    rig_expect_eq(gic_sysreg_check(b->r->gic, cpu, b->reg[reg], pe, true), GIC_ACCESS_OK);
    gic_sysreg_write(b->r->gic, cpu, b->reg[reg], pe, value);
}

/* An access implies the PE's state; afterwards it is again what it was. */
uint64_t both_get_as(struct both *b, unsigned cpu, const struct gic_pe_state *pe,
                     enum model_sysreg reg)
{
    uint64_t value = get_as(b, cpu, pe, reg);

    gic_pe_changed(b->r->gic, cpu, &b->r->pe[cpu]);
    return value;
}

void both_set_as(struct both *b, unsigned cpu, const struct gic_pe_state *pe, enum model_sysreg reg,
                 uint64_t value)
{
    set_as(b, cpu, pe, reg, value);
    gic_pe_changed(b->r->gic, cpu, &b->r->pe[cpu]);
}

uint64_t both_get(struct both *b, unsigned cpu, enum model_sysreg reg)
{
    return get_as(b, cpu, &b->r->pe[cpu], reg);
}

void both_set(struct both *b, unsigned cpu, enum model_sysreg reg, uint64_t value)
{
    set_as(b, cpu, &b->r->pe[cpu], reg, value);
}

/* SCR_EL3.FIQ sends what is about Group 0 to EL3 (IHI 0069 12.2, DDI 0487 SCR_EL3). */
bool both_may(struct both *b, unsigned cpu, enum model_sysreg reg)
{
    const struct m_vcpu *c = &b->m.vcpu[cpu];
    bool group0 =
        reg == R_IAR0 || reg == R_HPPIR0 || reg == R_EOIR0 || reg == R_BPR0 || reg == R_IGRPEN0;
    bool may = c->el == 3 || !c->fiq_to_el3 || !group0;
    bool is_write = reg == R_EOIR0 || reg == R_EOIR1 || reg == R_DIR;

    rig_expect_eq(gic_sysreg_check(b->r->gic, cpu, b->reg[reg], &b->r->pe[cpu], is_write),
                  may ? GIC_ACCESS_OK : GIC_ACCESS_TRAP_EL3);
    return may;
}

unsigned both_any_intid(struct both *b)
{
    unsigned n = both_dice(b, M_LOCAL + M_SHARED);

    return n < M_LOCAL ? m_local_intid(n) : m_shared_intid(n - M_LOCAL);
}

void both_command(struct both *b, uint64_t d0, uint64_t d1, uint64_t d2, uint64_t d3)
{
    uint64_t dw[4] = {d0, d1, d2, d3};

    memcpy(memory + QUEUE + b->cwriter, dw, sizeof(dw));
    b->cwriter = (b->cwriter + 32) % 0x1000;
    gic_its_write(b->its, 0, 0x88, 8, b->cwriter);
}

void both_virtual_changed(struct both *b, unsigned cpu)
{
    struct m_vcpu *c = &b->m.vcpu[cpu];

    rule_wire(&c->local[25], c->v_en && rule_v_misr(&b->m, c) != 0);
}

/* -- Creation: everything open, as a kernel that is up -- */

static void find_registers(struct both *b)
{
    static const char *const names[R_COUNT] = {
#define X(id, name) name,
        MODEL_SYSREGS(X)
#undef X
    };

    for (unsigned i = 0; i < R_COUNT; i++)
        b->reg[i] = rig_sysreg(names[i]);
}

static void reset_vcpu(struct model *m, struct m_vcpu *c)
{
    unsigned least = rule_v_least_bpr(m, 0);

    for (unsigned i = 0; i < 16; i++)
        c->local[i].edge = true;
    c->pmr = 0xff & 0xffu << (8 - m->priority_bits);
    c->bpr[G0] = c->bpr[G1S] = least;
    c->bpr[G1NS] = least + 1;
    c->v_bpr[0] = least;
    c->v_bpr[1] = least + 1;
    c->igrpen[G0] = c->igrpen[G1NS] = true;
    c->igrpen[G1S] = m->two_states;
    c->el = m->two_states ? 3 : 1;
    c->secure = m->two_states;
    c->lpis_enabled = true;
}

static void reset_model(struct model *m, const struct both_config *config)
{
    memset(m, 0, sizeof(*m));
    m->two_states = config->two_states;
    m->has_nmi = config->nmi;
    m->priority_bits = config->priority_bits;
    m->has_v4 = config->version != GIC_VERSION_3;
    m->has_v41 = config->version == GIC_VERSION_4_1;
    m->n_lrs = config->list_registers ? config->list_registers : 4;
    m->config_byte = config_byte;
    m->v_config_byte = v_config_byte;
    for (unsigned i = 0; i < M_VPES; i++)
        m->vpe[i] = (struct m_vpe){.resident = -1,
                                   .doorbell = m->has_v41 ? (int)i : -1,
                                   .forwarded = {!m->has_v41, !m->has_v41}};
    m->ds = !config->two_states;
    m->enable[G0] = m->enable[G1NS] = true;
    m->enable[G1S] = config->two_states;
    for (unsigned i = 0; i < M_SHARED; i++) {
        m->shared[i].target = 0;
        m->shared[i].chosen = -1;
    }
    for (unsigned cpu = 0; cpu < M_VCPUS; cpu++)
        reset_vcpu(m, &m->vcpu[cpu]);
}

static void open_vcpu(struct both *b, unsigned cpu)
{
    if (b->m.two_states)
        b->r->pe[cpu] = (struct gic_pe_state){.el = 3, .secure = true};
    gic_pe_changed(b->r->gic, cpu, &b->r->pe[cpu]);
    rig_redist_set(b->r, cpu, true, 0x14, 4, 0);
    rig_redist_set(b->r, cpu, true, 0x70, 8, PROP_TABLE | 13);
    rig_redist_set(b->r, cpu, true, 0x78, 8, PEND_TABLE + cpu * 0x10000);
    rig_redist_set(b->r, cpu, true, 0, 4, 1);
    both_set(b, cpu, R_PMR, 0xff);
    both_set(b, cpu, R_IGRPEN0, 1);
    if (b->m.two_states)
        both_set(b, cpu, R_IGRPEN1_3, 3);
    else
        both_set(b, cpu, R_IGRPEN1, 1);
}

/* All vPEs are mapped, to redistributor 0; with GICv4.1 LPI i is their default doorbell. */
static void open_vpes(struct both *b)
{
    for (unsigned cpu = 0; cpu < M_VCPUS && b->m.has_v41; cpu++)
        rig_redist_set(b->r, cpu, true, 0x20070, 8, 1ull << 63 | VPE_TABLE);
    for (uint64_t i = 0; i < M_VPES; i++) {
        uint64_t new_41 = 1u << 8 | 1u << 9 | (V_PROP_TABLE + i * 0x10000); /* ALLOC, PTZ */
        uint64_t doorbell = M_LPI_FIRST + i * M_LPI_STRIDE;
        both_command(b, 0x29 | (b->m.has_v41 ? new_41 : 0), i << 32 | (b->m.has_v41 ? doorbell : 0),
                     1ull << 63, (V_PEND_TABLE + i * 0x10000) | 13);
    }
}

void both_create(struct both *b, const struct both_config *config)
{
    struct gic_config c = rig_config();
    const char *why = "";

    c.n_spis = 64;
    c.n_espis = 32;
    c.n_eppis = 32;
    c.priority_bits = config->priority_bits;
    c.list_registers = config->list_registers;
    c.has_nmi = config->nmi;
    c.has_one_of_n = config->one_of_n;
    c.waker_gates = true;
    c.has_el3 = c.two_security_states = config->two_states;
    c.lpi_id_bits = 14;
    c.version = config->version;
    c.memory_read = mem_read;
    c.memory_write = mem_write;
    memset(b, 0, sizeof(*b));
    memset(memory, 0, sizeof(memory));
    b->seed = config->seed;
    b->one_of_n = config->one_of_n;
    b->r = rig_create(c);
    find_registers(b);
    reset_model(&b->m, config);
    ck_assert_msg(gic_its_create(b->r->gic, &(struct gic_its_config){0}, &b->its, &why) == 0, "%s",
                  why);
    rig_dist_set(b->r, true, 0, 4, config->two_states ? 7 : 3);
    for (unsigned cpu = 0; cpu < M_VCPUS; cpu++)
        open_vcpu(b, cpu);
    gic_its_write(b->its, 0, 0x100, 8, 1ull << 63 | DEVICE_TABLE);
    gic_its_write(b->its, 0, 0x108, 8, 1ull << 63 | COLLECTION_TABLE);
    gic_its_write(b->its, 0, 0x110, 8, 1ull << 63 | ITS_VPE_TABLE);
    gic_its_write(b->its, 0, 0x80, 8, 1ull << 63 | QUEUE);
    gic_its_write(b->its, 0, 0, 4, 1);
    if (b->m.has_v4)
        open_vpes(b);
}

void both_destroy(struct both *b)
{
    rig_destroy(b->r);
}
