/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the vCPUs see at each physical address; the dirty-page log. */
#include "engine.h"

static MemoryRegion *any_mapping(struct uc_struct *uc, uint64_t address)
{
    return &engine_of(uc)->any_region;
}

static MemTxResult mmio_read(struct uc_struct *uc, void *opaque, hwaddr offset, uint64_t *value,
                             unsigned size_bytes, MemTxAttrs attrs)
{
    struct cpu_engine *e = engine_of(uc);
    struct mapping *m = opaque;
    int rc;

    *value = 0;
    e->access_at = uc->cpu->mem_io_pc;
    rc = m->window->read(m->window->opaque, uc->cpu->cpu_index, attrs.secure, offset, size_bytes,
                         value);
    e->access_at = 0;
    return rc ? MEMTX_ERROR : MEMTX_OK;
}

static MemTxResult mmio_write(struct uc_struct *uc, void *opaque, hwaddr offset, uint64_t value,
                              unsigned size_bytes, MemTxAttrs attrs)
{
    struct cpu_engine *e = engine_of(uc);
    struct mapping *m = opaque;
    int rc;

    e->access_at = uc->cpu->mem_io_pc;
    rc = m->window->write(m->window->opaque, uc->cpu->cpu_index, attrs.secure, offset, size_bytes,
                          value);
    e->access_at = 0;
    return rc ? MEMTX_ERROR : MEMTX_OK;
}

void set_up_memory(struct cpu_engine *e)
{
    /* The bus decides who answers; Unicorn's permission bits play no part (perms: all). */
    e->any_region.perms = UC_PROT_ALL;
    e->uc->memory_mapping = any_mapping;
    e->mmio_ops = (MemoryRegionOps){
        .read_with_attrs = mmio_read,
        .write_with_attrs = mmio_write,
        .endianness = DEVICE_LITTLE_ENDIAN,
        .valid = {.min_access_size = 1, .max_access_size = 8, .unaligned = true},
        .impl = {.min_access_size = 1, .max_access_size = 8, .unaligned = true},
    };
}

/* -- Memory ---------------------------------------------------------------------------------- */

void flush_all_tlbs(struct cpu_engine *e)
{
    for (unsigned i = 0; i < e->n_vcpus; i++)
        tlb_flush(state_of(e, i));
}

static struct mapping *new_mapping(struct cpu_engine *e, uint64_t base, uint64_t size_bytes)
{
    struct mapping *m;

    if (e->n_mappings == MAX_MAPPINGS || base % PAGE_4K || size_bytes % PAGE_4K || !size_bytes)
        return NULL;
    m = &e->mappings[e->n_mappings++];
    *m = (struct mapping){.base = base, .size_bytes = size_bytes, .engine = e, .visible = true};
    return m;
}

int engine_map_ram(struct cpu_engine *e, uint64_t base, uint64_t size_bytes, void *host,
                   bool read_only)
{
    struct mapping *m = new_mapping(e, base, size_bytes);

    if (!m)
        return -EINVAL;
    m->host = host;
    m->region = memory_map_ptr(e->uc, base, size_bytes, UC_PROT_ALL, host);
    if (!m->region)
        return -ENOMEM;
    if (read_only)
        memory_region_set_readonly(m->region, true);
    flush_all_tlbs(e);
    return 0;
}

int engine_map_mmio(struct cpu_engine *e, uint64_t base, uint64_t size_bytes,
                    const struct cpu_mmio *window)
{
    struct mapping *m = new_mapping(e, base, size_bytes);

    if (!m)
        return -EINVAL;
    m->window = window;
    m->region = g_malloc0(sizeof(*m->region));
    memory_region_init_io(e->uc, m->region, &e->mmio_ops, m, size_bytes);
    memory_region_add_subregion(e->uc->system_memory, base, m->region);
    flush_all_tlbs(e);
    return 0;
}

static void show(struct cpu_engine *e, struct mapping *m, bool visible)
{
    if (m->visible == visible)
        return;
    if (visible)
        memory_region_add_subregion(e->uc->system_memory, m->base, m->region);
    else
        memory_region_del_subregion(e->uc->system_memory, m->region);
    m->visible = visible;
}

int engine_map_rom_device(struct cpu_engine *e, uint64_t base, uint64_t size_bytes, void *host,
                          const struct cpu_mmio *window)
{
    unsigned first = e->n_mappings;
    struct mapping *rom, *device;
    int rc = engine_map_ram(e, base, size_bytes, host, true);

    if (rc)
        return rc;
    rom = &e->mappings[first];
    rom->window = window;
    rom->region->ops = &e->mmio_ops;
    rom->region->opaque = rom;
    show(e, rom, false);
    rc = engine_map_mmio(e, base, size_bytes, window);
    if (rc)
        return rc;
    device = &e->mappings[first + 1];
    show(e, device, false);
    show(e, rom, true);
    flush_all_tlbs(e);
    return 0;
}

void engine_rom_device_mode(struct cpu_engine *e, uint64_t base, bool as_memory)
{
    for (int pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < e->n_mappings; i++) {
            struct mapping *m = &e->mappings[i];
            bool visible = (m->host != NULL) == as_memory;

            /* First hide, then show: the two must not overlap. */
            if (m->base == base && m->window && visible == (pass == 1))
                show(e, m, visible);
        }
    }
    flush_all_tlbs(e);
}

static struct mapping *ram_at(struct cpu_engine *e, uint64_t address)
{
    for (unsigned i = 0; i < e->n_mappings; i++) {
        struct mapping *m = &e->mappings[i];

        if (m->host && address - m->base < m->size_bytes)
            return m;
    }
    return NULL;
}

const uint8_t *ram_host(struct cpu_engine *e, uint64_t address)
{
    struct mapping *m = ram_at(e, address);

    return m ? m->host + (address - m->base) : NULL;
}

void engine_ram_written(struct cpu_engine *e, uint64_t address, uint64_t size_bytes)
{
    struct mapping *m = ram_at(e, address);
    ram_addr_t start;

    if (!m || !size_bytes)
        return;
    size_bytes = MIN(size_bytes, m->size_bytes - (address - m->base));
    start = memory_region_get_ram_addr(m->region) + (address - m->base);
    tb_invalidate_phys_range(e->uc, start, start + size_bytes);
    if (e->uc->ram_dirty_log) {
        for (ram_addr_t page = start / PAGE_4K; page <= (start + size_bytes - 1) / PAGE_4K; page++)
            set_bit(page, e->uc->ram_dirty_log);
    }
}

size_t ram_pages(const struct cpu_engine *e)
{
    uint64_t end = 0;

    for (unsigned i = 0; i < e->n_mappings; i++) {
        const struct mapping *m = &e->mappings[i];

        if (m->host)
            end = MAX(end, memory_region_get_ram_addr(m->region) + m->size_bytes);
    }
    return end / PAGE_4K;
}

int ram_page_of(struct cpu_engine *e, uint64_t address, ram_addr_t *page)
{
    struct mapping *m = ram_at(e, address);

    if (!m)
        return -EFAULT;
    *page = (memory_region_get_ram_addr(m->region) + (address - m->base)) / PAGE_4K;
    return 0;
}

int engine_dirty_log_start(struct cpu_engine *e)
{
    e->dirty_log_bits = ram_pages(e);
    free(e->dirty_log);
    e->dirty_log = calloc(BITS_TO_LONGS(e->dirty_log_bits), sizeof(unsigned long));
    if (!e->dirty_log)
        return -ENOMEM;
    e->uc->ram_dirty_log = e->dirty_log;
    flush_all_tlbs(e);
    return 0;
}

static void report_dirty(struct cpu_engine *e, size_t page,
                         void (*fn)(void *opaque, uint64_t address), void *opaque)
{
    uint64_t ram_address = page * PAGE_4K;

    for (unsigned i = 0; i < e->n_mappings; i++) {
        const struct mapping *m = &e->mappings[i];
        uint64_t first = m->host ? memory_region_get_ram_addr(m->region) : 0;

        if (m->host && ram_address - first < m->size_bytes)
            fn(opaque, m->base + (ram_address - first));
    }
}

void engine_dirty_log_drain(struct cpu_engine *e, void (*page)(void *opaque, uint64_t address),
                            void *opaque)
{
    for (size_t word = 0; e->dirty_log && word < BITS_TO_LONGS(e->dirty_log_bits); word++) {
        unsigned long bits = e->dirty_log[word];

        e->dirty_log[word] = 0;
        for (; bits; bits &= bits - 1)
            report_dirty(e, word * BITS_PER_LONG + ctzl(bits), page, opaque);
    }
}

void engine_dirty_log_collect(struct cpu_engine *e, void (*page)(void *opaque, uint64_t address),
                              void *opaque)
{
    engine_dirty_log_drain(e, page, opaque);
    flush_all_tlbs(e);
}

void engine_dirty_log_stop(struct cpu_engine *e)
{
    e->uc->ram_dirty_log = NULL;
    free(e->dirty_log);
    e->dirty_log = NULL;
    flush_all_tlbs(e);
}

/* Translated code is dropped line by line: a page's data may change beside its code. */
enum { CODE_LINE = 64 };

static void drop_changed_code(struct cpu_engine *e, ram_addr_t start, const uint8_t *now,
                              const uint8_t *then)
{
    for (unsigned at = 0; at < PAGE_4K; at += CODE_LINE) {
        if (memcmp(now + at, then + at, CODE_LINE))
            tb_invalidate_phys_range(e->uc, start + at, start + at + CODE_LINE);
    }
}

void engine_page_put(struct cpu_engine *e, uint64_t address, const void *bytes)
{
    struct mapping *m = ram_at(e, address);
    ram_addr_t start;

    if (!m || address % PAGE_4K)
        return;
    start = memory_region_get_ram_addr(m->region) + (address - m->base);
    if (tb_page_has_code(e->uc, start))
        drop_changed_code(e, start, m->host + (address - m->base), bytes);
    memcpy(m->host + (address - m->base), bytes, PAGE_4K);
}

int vcpu_translate(struct cpu_engine *e, unsigned vcpu, uint64_t va, uint64_t *pa)
{
    MemTxAttrs attrs = {0};
    hwaddr page = cpu_get_phys_page_attrs_debug(state_of(e, vcpu), va & ~(PAGE_4K - 1), &attrs);

    if (page == (hwaddr)-1)
        return -EFAULT;
    *pa = page + (va & (PAGE_4K - 1));
    return 0;
}

bool vcpu_fetched(struct cpu_engine *e, unsigned vcpu, uint64_t pc, uint32_t *instruction)
{
    CPUARMState *env = env_of(e, vcpu);
    struct uc_struct *uc = e->uc;
    const CPUTLBEntry *entry = tlb_entry(env, cpu_mmu_index(env, true), pc);

    if (pc & 3 || !tlb_hit(uc, entry->addr_code, pc) || entry->addr_code & ~TARGET_PAGE_MASK)
        return false;
    *instruction = ldl_le_p((const void *)((uintptr_t)pc + entry->addend));
    return true;
}

/* The engine frees what is in its tree; a hidden region is not. */
void free_hidden_mappings(struct cpu_engine *e)
{
    for (unsigned i = 0; i < e->n_mappings; i++) {
        struct mapping *m = &e->mappings[i];

        if (m->visible || !m->region)
            continue;
        m->region->destructor(m->region);
        g_free(m->region);
    }
}
