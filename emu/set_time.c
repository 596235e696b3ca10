/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A control client changes the guest's time, as a VMM does when it saves, restores or migrates: the
 * system counter, a counter (which sets its offset, until offsets were given), both offsets, or one
 * timer's on one vCPU. Each change is one event of the door.
 */
#include <errno.h>
#include <string.h>

#include "emu/journal.h"
#include "emu/machine.h"

enum what { SYSTEM_COUNTER, VIRTUAL_COUNTER, PHYSICAL_COUNTER, OFFSETS, VCPU_OFFSET };

/* What the journal has of it: three words in the host's order, which is little endian. */
struct time_change {
    uint64_t what; /* enum what; VCPU_OFFSET: | vcpu << 8 | timer << 32 */
    uint64_t first, second;
};

_Static_assert(sizeof(struct time_change) <= JOURNAL_MAX_DATA, "one event holds it");

void set_time_apply(struct machine *m, const void *data, size_t size_bytes)
{
    struct time_change c;
    unsigned vcpu, timer;

    if (size_bytes != sizeof(c))
        return;
    memcpy(&c, data, sizeof(c));
    vcpu = c.what >> 8 & 0xffff;
    timer = c.what >> 32 & 0xff;
    switch (c.what & 0xff) {
    case SYSTEM_COUNTER:
        timers_set_system_counter(m->timers, c.first);
        break;
    case VIRTUAL_COUNTER:
        timers_write_counter(m->timers, TIMERS_VIRTUAL, c.first);
        break;
    case PHYSICAL_COUNTER:
        timers_write_counter(m->timers, TIMERS_PHYSICAL, c.first);
        break;
    case OFFSETS:
        timers_set_offsets(m->timers, c.first, c.second);
        break;
    case VCPU_OFFSET:
        if (vcpu < m->config.n_vcpus && timer < TIMER_COUNT)
            timers_set_vcpu_offset(m->timers, vcpu, (enum timer_id)timer, c.first);
        break;
    }
    waits_time_changed(m);
}

/* Ticks are all 64-bit numbers; a negative one is its two's complement. */
static int ticks_of(const json_t *arguments, const char *key, uint64_t *value, struct error *err)
{
    const json_t *given = json_object_get(arguments, key);

    *value = (uint64_t)json_integer_value(given);
    return json_is_integer(given) ? 0
                                  : error_bad_input(err, "\"%s\" must be a number of ticks", key);
}

static int word_of(const json_t *arguments, const char *key, const char *const *words, unsigned n,
                   uint64_t *index, struct error *err)
{
    const char *given = json_string_value(json_object_get(arguments, key));

    for (*index = 0; given && *index < n; ++*index) {
        if (!strcmp(words[*index], given))
            return 0;
    }
    return error_bad_input(err, "\"%s\" must be one of %s, %s, ...", key, words[0], words[1]);
}

int set_time_counter(struct machine *m, const json_t *arguments, struct error *err)
{
    static const char *const counters[] = {"system", "virtual", "physical"};
    struct time_change c = {.what = SYSTEM_COUNTER};
    int rc = ticks_of(arguments, "ticks", &c.first, err);

    if (!rc && json_object_get(arguments, "counter"))
        rc = word_of(arguments, "counter", counters, 3, &c.what, err);
    if (!rc && c.what != SYSTEM_COUNTER && timers_offsets_fixed(m->timers))
        rc = error_bad_input(err, "set-offsets was used: a counter sets its offset no more");
    if (!rc)
        door_set_time(m, &c, sizeof(c));
    return rc;
}

int set_time_offsets(struct machine *m, const json_t *arguments, struct error *err)
{
    struct time_change c = {.what = OFFSETS};
    int rc = ticks_of(arguments, "virtual", &c.first, err);

    rc = rc ? rc : ticks_of(arguments, "physical", &c.second, err);
    if (!rc)
        door_set_time(m, &c, sizeof(c));
    return rc;
}

int set_time_vcpu_offset(struct machine *m, const json_t *arguments, struct error *err)
{
    static const char *const timers[TIMER_COUNT] = {
        [TIMER_EL1_PHYS] = "CNTP",      [TIMER_EL1_VIRT] = "CNTV",
        [TIMER_EL2_PHYS] = "CNTHP",     [TIMER_EL2_VIRT] = "CNTHV",
        [TIMER_SEC_EL1_PHYS] = "CNTPS", [TIMER_SEC_EL2_PHYS] = "CNTHPS",
        [TIMER_SEC_EL2_VIRT] = "CNTHVS"};
    struct time_change c = {0};
    uint64_t vcpu, timer;
    int rc = ticks_of(arguments, "ticks", &c.first, err);

    rc = rc ? rc : ticks_of(arguments, "vcpu", &vcpu, err);
    rc = rc ? rc : word_of(arguments, "timer", timers, TIMER_COUNT, &timer, err);
    if (rc)
        return rc;
    if (vcpu >= m->config.n_vcpus)
        return error_bad_input(err, "\"vcpu\" must be a number from 0 to %u",
                               m->config.n_vcpus - 1);
    c.what = VCPU_OFFSET | vcpu << 8 | timer << 32;
    door_set_time(m, &c, sizeof(c));
    return 0;
}
