/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/load/lines.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <limits.h>
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

/* The outermost inlined call around @pc, in the function that has the symbol. */
static bool find_call(Dwarf_Die *scope, uint64_t pc, Dwarf_Die *call)
{
    Dwarf_Die child;
    int more = dwarf_child(scope, &child);

    for (; !more; more = dwarf_siblingof(&child, &child)) {
        int tag = dwarf_tag(&child);

        if ((tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block &&
             tag != DW_TAG_subprogram) ||
            dwarf_haspc(&child, pc) <= 0)
            continue;
        if (tag == DW_TAG_inlined_subroutine) {
            *call = child;
            return true;
        }
        return find_call(&child, pc, call);
    }
    return false;
}

static bool number_of(Dwarf_Die *die, unsigned name, Dwarf_Word *value)
{
    Dwarf_Attribute attribute;

    return dwarf_attr(die, name, &attribute) && !dwarf_formudata(&attribute, value);
}

static const char *line_of_call(struct lines *l, uint64_t pc, unsigned *line)
{
    Dwarf_Word file, number;
    Dwarf_Files *files;
    Dwarf_Die call;
    size_t n;

    if (!find_call(&l->unit, pc, &call) || !number_of(&call, DW_AT_call_line, &number) ||
        !number_of(&call, DW_AT_call_file, &file) || dwarf_getsrcfiles(&l->unit, &files, &n) ||
        file >= n || !number || number > INT_MAX)
        return NULL;
    *line = (unsigned)number;
    return dwarf_filesrc(files, file, NULL, NULL);
}

static const char *line_of_row(struct lines *l, uint64_t pc, unsigned *line)
{
    Dwarf_Line *row = dwarf_getsrc_die(&l->unit, pc);
    int number = 0;

    if (!row || dwarf_lineno(row, &number) || number <= 0)
        return NULL;
    *line = (unsigned)number;
    return dwarf_linesrc(row, NULL, NULL);
}

bool lines_at(struct lines *l, uint64_t pc, const char **file, unsigned *line)
{
    if (!l || !find_unit(l, pc))
        return false;
    *file = line_of_call(l, pc, line);
    if (!*file)
        *file = line_of_row(l, pc, line);
    if (*file)
        *file = plain(*file);
    return *file != NULL;
}
