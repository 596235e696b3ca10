/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/load/lines.h"

#include <elfutils/libdw.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct lines {
    int fd;
    Dwarf *dwarf;
    Dwarf_Die unit; /* that the last pc was in */
    bool has_unit;
};

struct lines *lines_open(const char *path)
{
    struct lines *l = calloc(1, sizeof(*l));

    if (!l)
        return NULL;
    l->fd = open(path, O_RDONLY | O_CLOEXEC);
    l->dwarf = l->fd < 0 ? NULL : dwarf_begin(l->fd, DWARF_C_READ);
    if (l->dwarf)
        return l;
    lines_close(l);
    return NULL;
}

void lines_close(struct lines *l)
{
    if (!l)
        return;
    dwarf_end(l->dwarf);
    if (l->fd >= 0)
        close(l->fd);
    free(l);
}

/* Not by .debug_aranges: clang makes none, and units of assembler are often left out. */
static bool find_unit(struct lines *l, uint64_t pc)
{
    Dwarf_CU *cu = NULL;

    if (l->has_unit && dwarf_haspc(&l->unit, pc) > 0)
        return true;
    l->has_unit = false;
    while (!l->has_unit && !dwarf_get_units(l->dwarf, cu, &cu, NULL, NULL, &l->unit, NULL))
        l->has_unit = dwarf_haspc(&l->unit, pc) > 0;
    return l->has_unit;
}

/* Compilers are often given ./file.c. */
static const char *plain(const char *file)
{
    while (!strncmp(file, "./", 2))
        file += 2;
    return file;
}

bool lines_at(struct lines *l, uint64_t pc, const char **file, unsigned *line)
{
    Dwarf_Line *row;
    int number = 0;

    if (!l || !find_unit(l, pc))
        return false;
    row = dwarf_getsrc_die(&l->unit, pc);
    if (!row || dwarf_lineno(row, &number) || number <= 0)
        return false;
    *file = dwarf_linesrc(row, NULL, NULL);
    *line = (unsigned)number;
    if (*file)
        *file = plain(*file);
    return *file != NULL;
}
