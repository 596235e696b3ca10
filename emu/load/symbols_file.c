/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Symbols out of files: an ELF's tables, and text as in System.map and /proc/kallsyms. */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/load/symbols_elf.h"

enum { MAX_SYMBOLS = 1 << 22 };

/* -- ELF --------------------------------------------------------------------------------------- */

static void add_section(struct symbols *s, Elf *elf, Elf_Scn *section, uint64_t bias)
{
    Elf_Data *data = elf_getdata(section, NULL);
    GElf_Shdr header;
    GElf_Sym symbol;

    if (!data || !gelf_getshdr(section, &header))
        return;
    /* gelf_getsym() knows where the section ends. */
    for (int i = 0; i < MAX_SYMBOLS && gelf_getsym(data, i, &symbol); i++) {
        const char *name;

        if (symbol.st_shndx == SHN_UNDEF)
            continue;
        name = elf_strptr(elf, header.sh_link, symbol.st_name);
        /* $x and $d mark code and data inside functions (AAELF64); they are nobody's name. */
        if (name && *name && *name != '$' && GELF_ST_TYPE(symbol.st_info) <= STT_FUNC)
            symbols_add(s, name, symbol.st_value + bias, symbol.st_size);
    }
}

void symbols_add_elf(struct symbols *s, Elf *elf, uint64_t bias)
{
    GElf_Shdr header;

    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB)
            add_section(s, elf, section, bias);
    }
    symbols_sort(s);
}

static int read_elf(struct symbols *s, int fd, const char *path, struct error *err)
{
    Elf *elf;

    if (elf_version(EV_CURRENT) == EV_NONE)
        return error_set(err, IRQLAB_EXIT_INTERNAL, -ENOSYS, "libelf is too old");
    elf = elf_begin(fd, ELF_C_READ, NULL);
    if (!elf || elf_kind(elf) != ELF_K_ELF) {
        elf_end(elf);
        return error_bad_input(err, "--symbols %s: a damaged ELF file (%s)", path, elf_errmsg(-1));
    }
    symbols_add_elf(s, elf, 0);
    elf_end(elf);
    return 0;
}

/* -- Text -------------------------------------------------------------------------------------- */

/* "ffff800008010000 T _stext [module]"; types as nm's: code and data, in both cases. */
static int read_line(struct symbols *s, const char *line)
{
    char type, name[256];
    uint64_t address;

    if (sscanf(line, "%" SCNx64 " %c %255s", &address, &type, name) != 3)
        return -EINVAL;
    if (!strchr("tTwWaAbBdDrRvV", type) || name[0] == '$')
        return 0;
    return symbols_add(s, name, address, 0);
}

static int read_text(struct symbols *s, FILE *file, const char *path, struct error *err)
{
    char *line = NULL;
    size_t room = 0;
    int rc = 0;

    for (unsigned number = 1; !rc && getline(&line, &room, file) > 0; number++) {
        rc = read_line(s, line);
        if (rc == -EINVAL)
            rc = error_bad_input(err,
                                 "--symbols %s:%u: not ADDRESS TYPE NAME; give an ELF with symbols "
                                 "(vmlinux), a System.map or a copy of /proc/kallsyms",
                                 path, number);
        else if (rc)
            rc = error_set(err, IRQLAB_EXIT_HOST, rc, "out of memory for symbols");
    }
    free(line);
    symbols_sort(s);
    return rc;
}

static int check_added(const struct symbols *s, size_t before, const char *path, struct error *err)
{
    if (s->count == before)
        return error_bad_input(err, "--symbols %s: has no symbols", path);
    if (s->items[s->count - 1].address == 0)
        return error_bad_input(err,
                               "--symbols %s: its addresses are 0; copy /proc/kallsyms as root, "
                               "with kernel.kptr_restrict=0",
                               path);
    return 0;
}

int symbols_read(struct symbols *s, const char *path, struct error *err)
{
    FILE *file = fopen(path, "rb");
    size_t before = s->count;
    char magic[4] = "";
    int rc;

    if (!file)
        return error_bad_input(err, "--symbols %s: cannot be opened: %s", path, strerror(errno));
    if (fread(magic, 1, sizeof(magic), file) == sizeof(magic) &&
        !memcmp(magic, "\177ELF", sizeof(magic))) {
        rc = read_elf(s, fileno(file), path, err);
    } else {
        rewind(file);
        rc = read_text(s, file, path, err);
    }
    fclose(file);
    return rc ? rc : check_added(s, before, path, err);
}
