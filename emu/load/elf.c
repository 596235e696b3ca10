/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ELF by libelf: segments and symbols. */
#include "emu/load/internal.h"
#include "emu/load/symbols_elf.h"

#include <errno.h>
#include <gelf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool load_is_elf(const struct load_buffer *file)
{
    return file->size >= SELFMAG && !memcmp(file->bytes, ELFMAG, SELFMAG);
}

static int check_header(Elf *elf, const char *path, GElf_Ehdr *header, struct error *err)
{
    if (gelf_getclass(elf) != ELFCLASS64)
        return error_bad_input(err, "-kernel %s: a 32-bit ELF; build it for aarch64", path);
    if (!gelf_getehdr(elf, header))
        return error_bad_input(err, "-kernel %s: the ELF header is truncated", path);
    if (header->e_ident[EI_DATA] != ELFDATA2LSB)
        return error_bad_input(err, "-kernel %s: a big-endian ELF; vCPUs start little-endian",
                               path);
    if (header->e_machine != EM_AARCH64)
        return error_bad_input(err,
                               "-kernel %s: ELF for machine %u, not AArch64 (%u); "
                               "cross-compile it with aarch64-linux-gnu-gcc",
                               path, header->e_machine, EM_AARCH64);
    if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
        return error_bad_input(err, "-kernel %s: ELF type %u is not executable; link it", path,
                               header->e_type);
    return 0;
}

static int add_segment(struct load_plan *plan, const char *path, const struct load_buffer *file,
                       const GElf_Phdr *p, size_t index, uint64_t bias, struct error *err)
{
    char name[160];

    if (p->p_offset > file->size || p->p_filesz > file->size - p->p_offset)
        return error_bad_input(
            err,
            "-kernel %s: truncated: segment %zu needs %" PRIu64 " bytes from offset %" PRIu64
            ", the file has %zu; copy or build it again",
            path, index, (uint64_t)p->p_filesz, (uint64_t)p->p_offset, file->size);
    if (p->p_memsz < p->p_filesz)
        return error_bad_input(err,
                               "-kernel %s: segment %zu is smaller in memory than in the file; "
                               "the ELF is damaged",
                               path, index);
    snprintf(name, sizeof(name), "%.120s segment %zu", path, index);
    return load_add_piece(plan, name, p->p_paddr + bias, file->bytes + p->p_offset, p->p_filesz,
                          p->p_memsz, err);
}

static int add_segments(struct load_plan *plan, Elf *elf, const char *path,
                        const struct load_buffer *file, uint64_t entry, uint64_t bias,
                        struct error *err)
{
    size_t n, loaded = 0;

    if (elf_getphdrnum(elf, &n))
        return error_bad_input(err, "-kernel %s: the program headers are truncated", path);
    for (size_t i = 0; i < n; i++) {
        GElf_Phdr p;
        int rc;

        if (!gelf_getphdr(elf, (int)i, &p))
            return error_bad_input(err, "-kernel %s: the program headers are truncated", path);
        if (p.p_type != PT_LOAD || !p.p_memsz)
            continue;
        rc = add_segment(plan, path, file, &p, i, bias, err);
        if (rc)
            return rc;
        loaded++;
        /* An entry by virtual address is where that segment's bytes are, as QEMU has it. */
        if (entry - p.p_vaddr < p.p_memsz)
            plan->entry = entry - p.p_vaddr + p.p_paddr + bias;
    }
    return loaded ? 0
                  : error_bad_input(err, "-kernel %s: the ELF has nothing to load; link it", path);
}

/* The kernel's pieces are the first of a plan. */
static int check_entry(const struct load_plan *plan, const char *path, struct error *err)
{
    for (size_t i = 0; i < plan->n_pieces; i++) {
        const struct load_piece *p = &plan->pieces[i];

        if (plan->entry - p->address < p->size_bytes && !(plan->entry & 3))
            return 0;
    }
    return error_bad_input(err,
                           "-kernel %s: the entry point 0x%" PRIx64
                           " is %s; link it with a physical entry address (ENTRY, -e)",
                           path, plan->entry,
                           plan->entry & 3 ? "not a multiple of 4" : "in no loaded segment");
}

int load_elf(struct load_plan *plan, const char *path, const struct load_buffer *file,
             struct error *err)
{
    GElf_Ehdr header;
    uint64_t bias;
    Elf *elf;
    int rc;

    if (elf_version(EV_CURRENT) == EV_NONE)
        return error_set(err, IRQLAB_EXIT_INTERNAL, -ENOSYS, "libelf is too old");
    elf = elf_memory((char *)file->bytes, file->size);
    if (!elf || elf_kind(elf) != ELF_K_ELF) {
        elf_end(elf);
        return error_bad_input(err, "-kernel %s: a damaged ELF file (%s)", path, elf_errmsg(-1));
    }
    rc = check_header(elf, path, &header, err);
    if (!rc) {
        bias = header.e_type == ET_DYN ? plan->request->ram_base + LOAD_FLAT_OFFSET : 0;
        plan->entry = header.e_entry + bias;
        rc = add_segments(plan, elf, path, file, header.e_entry, bias, err);
        rc = rc ? rc : check_entry(plan, path, err);
        if (!rc)
            symbols_add_elf(&plan->symbols, elf, bias);
    }
    elf_end(elf);
    return rc;
}
