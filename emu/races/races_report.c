/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Races as a person reads them, and as JSON. */
#include <inttypes.h>
#include <string.h>

#include "emu/explore/event.h"
#include "emu/races/races_internal.h"

enum { NAME_BYTES = 80 };

/* -- Names ------------------------------------------------------------------------------------- */

static void name_context(const struct races *r, const struct race_access *a, char *text,
                         size_t size)
{
    struct spot p;
    bool known = spots_at(r->spots, a->place, &p);

    if (!known || p.handler == ~0u)
        snprintf(text, size, "vCPU %u", a->vcpu);
    else if (p.handler == 1023)
        snprintf(text, size, "vCPU %u's interrupt handler", a->vcpu);
    else
        snprintf(text, size, "vCPU %u's handler of INTID %u", a->vcpu, p.handler);
}

static void name_place(const struct machine *m, uint64_t place, char *text, size_t size)
{
    struct spot p;
    bool known = spots_at(m->races->spots, place, &p);

    if (known)
        event_place(m, p.pc, text, size);
    else
        snprintf(text, size, "an unknown place");
}

void races_line(const struct machine *m, const struct race *race, char *text, size_t size)
{
    char what[NAME_BYTES], first[NAME_BYTES], second[NAME_BYTES];

    event_place(m, race->va, what, sizeof(what));
    name_place(m, race->first.place, first, sizeof(first));
    name_place(m, race->second.place, second, sizeof(second));
    if (race->kind == RACE_LOST_UPDATE)
        snprintf(text, size, "race: an update of %s at %.48s is lost by a handler's at %.48s", what,
                 first, second);
    else
        snprintf(text, size, "race on %s: %.48s against %.48s", what, first, second);
}

/* -- For a person ------------------------------------------------------------------------------ */

static void print_side(const struct machine *m, const struct race_access *a, FILE *to)
{
    struct spot p;
    char who[NAME_BYTES], where[NAME_BYTES];

    spots_at(m->races->spots, a->place, &p);
    name_context(m->races, a, who, sizeof(who));
    name_place(m, a->place, where, sizeof(where));
    fprintf(to, "  %s %s 0x%" PRIx64 " at %s (pc 0x%" PRIx64 ")\n", who,
            a->is_write ? "writes" : "reads", a->value, where, p.pc);
    for (unsigned i = 0; i < p.n_callers; i++) {
        event_place(m, p.callers[i], where, sizeof(where));
        fprintf(to, "      called from %s\n", where);
    }
}

static const char *advice(const struct race *race)
{
    if (race->kind == RACE_LOST_UPDATE)
        return "mask the interrupt (PSTATE.I, or ICC_PMR_EL1) from the read to the store, or make "
               "both updates atomic";
    if (race->sgi_without_dsb)
        return "the SGI that the handler took was written behind the first access, but without a "
               "DSB between them: DSB ISHST";
    return "order them: STLR (or DMB and a store) behind the first, read by LDAR (or a load and "
           "DMB) ahead of the second; or one lock around each";
}

static void print_race(const struct machine *m, const struct race *race, size_t number, FILE *to)
{
    char what[NAME_BYTES], read[NAME_BYTES];

    event_place(m, race->va, what, sizeof(what));
    fprintf(to, "race %zu: %s of %s (0x%" PRIx64 ", %u bytes)\n", number,
            race->kind == RACE_LOST_UPDATE
                ? race->happened ? "a lost update" : "an update that can be lost,"
                : "unordered accesses",
            what, race->pa, race->size_bytes);
    if (race->kind == RACE_LOST_UPDATE) {
        name_place(m, race->read_place, read, sizeof(read));
        fprintf(to, "  what was read at %s is changed and stored:\n", read);
    }
    print_side(m, &race->first, to);
    if (race->kind == RACE_LOST_UPDATE)
        fprintf(to, "  %s between the two:\n",
                race->happened ? "an interrupt came" : "an interrupt can come");
    print_side(m, &race->second, to);
    fprintf(to, "  what would do: %s\n", advice(race));
}

void races_print(const struct machine *m, FILE *to)
{
    for (size_t i = 0; i < m->races->n_found; i++)
        print_race(m, &m->races->found[i], i + 1, to);
    if (m->races->n_found == MAX_RACES)
        fprintf(to, "and more: only the first %d are kept\n", MAX_RACES);
}

/* -- JSON -------------------------------------------------------------------------------------- */

static json_t *hex(uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "0x%" PRIx64, value);
    return json_string(text);
}

static json_t *stack_json(const struct machine *m, const struct spot *p)
{
    json_t *list = json_array();
    char where[NAME_BYTES];

    for (unsigned i = 0; i < p->n_callers; i++) {
        event_place(m, p->callers[i], where, sizeof(where));
        json_array_append_new(list, json_string(where));
    }
    return list;
}

static json_t *side_json(const struct machine *m, const struct race_access *a)
{
    struct spot p;
    char where[NAME_BYTES];
    json_t *side;

    spots_at(m->races->spots, a->place, &p);
    name_place(m, a->place, where, sizeof(where));
    side = json_pack("{s:i, s:s, s:o, s:s, s:o, s:o}", "vcpu", (int)a->vcpu, "access",
                     a->is_write ? "write" : "read", "value", hex(a->value), "place", where, "pc",
                     hex(p.pc), "callers", stack_json(m, &p));
    if (p.handler != ~0u)
        json_object_set_new(side, "handler",
                            p.handler == 1023 ? json_null() : json_integer(p.handler));
    return side;
}

static json_t *race_json(const struct machine *m, const struct race *race)
{
    char what[NAME_BYTES], read[NAME_BYTES];
    json_t *one;

    event_place(m, race->va, what, sizeof(what));
    one = json_pack("{s:s, s:s, s:o, s:i, s:o, s:o, s:s}", "kind",
                    race->kind == RACE_LOST_UPDATE ? "lost-update" : "unordered", "object", what,
                    "address", hex(race->pa), "bytes", (int)race->size_bytes, "first",
                    side_json(m, &race->first), "second", side_json(m, &race->second), "advice",
                    advice(race));
    if (race->kind != RACE_LOST_UPDATE)
        return one;
    name_place(m, race->read_place, read, sizeof(read));
    json_object_set_new(one, "read_at", json_string(read));
    json_object_set_new(one, "happened", json_boolean(race->happened));
    return one;
}

json_t *races_json(const struct machine *m)
{
    json_t *list = json_array();

    for (size_t i = 0; list && i < m->races->n_found; i++)
        json_array_append_new(list, race_json(m, &m->races->found[i]));
    return list;
}
