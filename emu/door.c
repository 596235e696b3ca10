/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one door for the outside (design.md, contract 4): console bytes, the power key, and with
 * --clock=host the host's time. What comes in is stamped with the instruction count and virtual
 * time, delivered, and written to the recording; a replay takes it from the recording instead.
 *
 * Hosts are asked every POLL_INSTRUCTIONS, and when nobody runs. The asking itself changes nothing
 * that a guest can see.
 */
#include "emu/machine.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "emu/control.h"
#include "emu/dev/chardev.h"
#include "emu/journal.h"
#include "emu/trace.h"
#include "emu/vmm.h"

#define PROGRESS_NS 2000000000ull

enum { POLL_INSTRUCTIONS = 1000000, HOST_WAIT_MAX_MS = 100 };

/* -- Delivery, live or replayed ---------------------------------------------------------------- */

static void deliver(struct machine *m, const struct journal_event *event)
{
    struct dev *dev;
    uint64_t skip_ns;

    if (event->source == JOURNAL_SOURCE_TIME && event->data_bytes == sizeof(skip_ns)) {
        memcpy(&skip_ns, event->data, sizeof(skip_ns));
        m->clock.skipped_ns += skip_ns;
        return;
    }
    if (event->source == JOURNAL_SOURCE_POWER_KEY) {
        trace_line(m, TRACE_INPUT, -1, "power key");
        for (unsigned i = 0; i < m->n_slots; i++) {
            if (m->slots[i].dev->ops->power_key)
                m->slots[i].dev->ops->power_key(m->slots[i].dev);
        }
        return;
    }
    if (event->source == JOURNAL_SOURCE_RENEW_GIC) { /* it failed then if it fails now */
        struct error ignored;

        machine_renew_gic(m, &ignored);
        return;
    }
    if (event->source == JOURNAL_SOURCE_QUIT && event->data_bytes != 0) {
        machine_shut_down(m, event->data[0], "%.*s", (int)event->data_bytes - 1,
                          (const char *)event->data + 1);
        return;
    }
    if (event->source == JOURNAL_SOURCE_SET_TIME) {
        set_time_apply(m, event->data, event->data_bytes);
        return;
    }
    if (event->source == JOURNAL_SOURCE_VMM) {
        vmm_apply(m, event->data, event->data_bytes);
        return;
    }
    if (event->source >= m->n_slots)
        return;
    dev = m->slots[event->source].dev;
    trace_line(m, TRACE_INPUT, -1, "%zu bytes for %s", event->data_bytes, dev->ops->name);
    if (dev->ops->receive && dev->ops->receive_room(dev) >= event->data_bytes)
        dev->ops->receive(dev, event->data, event->data_bytes);
}

/* Stamps, writes down. */
static struct journal_event note(struct machine *m, uint32_t source, const void *data,
                                 size_t data_bytes)
{
    struct journal_event event = {
        .instructions = machine_instructions(m),
        .now_ns = machine_now_ns(m),
        .source = source,
        .data_bytes = data_bytes,
    };
    struct error err;

    memcpy(event.data, data, data_bytes);
    if ((m->record && journal_append(m->record, &event, &err)) ||
        (m->inputs && journal_log_append(m->inputs, &event, &err)))
        machine_shut_down(m, IRQLAB_EXIT_HOST, "%s", err.text);
    return event;
}

static void take_in(struct machine *m, uint32_t source, const void *data, size_t data_bytes)
{
    struct journal_event event = note(m, source, data, data_bytes);

    deliver(m, &event);
}

int door_renew_gic(struct machine *m, struct error *err)
{
    note(m, JOURNAL_SOURCE_RENEW_GIC, "", 0);
    return machine_renew_gic(m, err);
}

void door_quit(struct machine *m, int exit_code, const char *why)
{
    uint8_t data[128] = {(uint8_t)exit_code};
    size_t length = strnlen(why, sizeof(data) - 1);

    memcpy(data + 1, why, length);
    take_in(m, JOURNAL_SOURCE_QUIT, data, 1 + length);
}

void door_set_time(struct machine *m, const void *change, size_t size_bytes)
{
    take_in(m, JOURNAL_SOURCE_SET_TIME, change, size_bytes);
}

void door_note_vmm(struct machine *m, const void *change, size_t size_bytes)
{
    note(m, JOURNAL_SOURCE_VMM, change, size_bytes);
}

/* -- Live -------------------------------------------------------------------------------------- */

static uint64_t host_now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

/* For a person at a terminal, from two seconds on; reads the host's clock, changes nothing. */
static void show_progress(struct machine *m)
{
    uint64_t now_ns;

    if (!m->config.progress)
        return;
    now_ns = host_now_ns();
    if (!m->progress_host_ns)
        m->progress_host_ns = now_ns;
    if (now_ns - m->progress_host_ns < PROGRESS_NS)
        return;
    m->progress_host_ns = now_ns;
    fprintf(stderr, "\r%llu million instructions, %.3f s of virtual time ",
            (unsigned long long)(machine_instructions(m) / 1000000),
            (double)machine_now_ns(m) / 1e9);
}

static void follow_host_clock(struct machine *m)
{
    uint64_t now_ns = machine_now_ns(m), host_ns = host_now_ns();

    if (!m->clock.host_start_ns)
        m->clock.host_start_ns = host_ns - now_ns; /* a restored machine's time goes on */
    host_ns -= m->clock.host_start_ns;
    if (host_ns > now_ns) {
        uint64_t skip_ns = host_ns - now_ns;

        take_in(m, JOURNAL_SOURCE_TIME, &skip_ns, sizeof(skip_ns));
    }
}

static bool poll_console(struct machine *m, unsigned index)
{
    struct slot *slot = &m->slots[index];
    uint8_t buffer[JOURNAL_MAX_DATA];
    size_t room, n;
    enum chardev_event event;

    if (!slot->console || !slot->dev->ops->receive)
        return false;
    room = slot->dev->ops->receive_room(slot->dev);
    n = chardev_poll(slot->console, buffer, room < sizeof(buffer) ? room : sizeof(buffer));
    if (n)
        take_in(m, index, buffer, n);
    event = chardev_take_event(slot->console);
    if (event == CHARDEV_QUIT)
        door_quit(m, IRQLAB_EXIT_OK, "the person at the console quit");
    else if (event == CHARDEV_POWER_KEY)
        take_in(m, JOURNAL_SOURCE_POWER_KEY, buffer, 0);
    return n || event != CHARDEV_NO_EVENT;
}

static bool poll_consoles(struct machine *m)
{
    bool any = false;

    for (unsigned i = 0; i < m->n_slots; i++)
        any |= poll_console(m, i);
    return any;
}

/* SIGINT and SIGTERM are blocked while a machine runs; a pending one ends the run in good order. */
bool door_signalled(void)
{
    sigset_t set;

    return !sigpending(&set) && (sigismember(&set, SIGINT) || sigismember(&set, SIGTERM));
}

/* A replay that is stopped is not a recording: it just ends. */
static void look_for_signals(struct machine *m)
{
    if (!door_signalled())
        return;
    if (m->replay)
        machine_shut_down(m, IRQLAB_EXIT_LIMIT, "stopped by a signal");
    else
        door_quit(m, IRQLAB_EXIT_LIMIT, "stopped by a signal");
}

/* Sleeps until the outside has something, or @timeout_ms are over (-1: for ever). */
static void wait_for_outside(struct machine *m, int timeout_ms)
{
    struct pollfd fds[MACHINE_MAX_DEVICES + CONTROL_MAX_CLIENTS + 3];
    int clients[CONTROL_MAX_CLIENTS + 1];
    size_t n_clients = m->control ? control_fds(m->control, clients) : 0;
    nfds_t n = 0;

    for (unsigned i = 0; i < m->n_slots; i++) {
        int fd = m->slots[i].console ? chardev_fd(m->slots[i].console) : -1;

        if (m->slots[i].console)
            chardev_flush(m->slots[i].console);
        if (fd >= 0)
            fds[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
    for (size_t i = 0; i < n_clients; i++)
        fds[n++] = (struct pollfd){.fd = clients[i], .events = POLLIN};
    if (m->debugger && m->debugger->fd >= 0)
        fds[n++] = (struct pollfd){.fd = m->debugger->fd, .events = POLLIN};
    if (m->viewer && m->viewer->fd >= 0)
        fds[n++] = (struct pollfd){.fd = m->viewer->fd, .events = POLLIN};
    poll(fds, n, timeout_ms);
}

static void poll_viewer(struct machine *m)
{
    if (m->viewer && !m->deaf)
        m->viewer->look(m->viewer->opaque);
}

/* Until a client lets it go on; a signal ends the run meanwhile. */
static void wait_while_paused(struct machine *m)
{
    while (control_paused(m->control) && m->stop == MACHINE_RUNNING &&
           (m->until_instructions || !m->viewer)) { /* who watches may want something else */
        wait_for_outside(m, HOST_WAIT_MAX_MS);
        look_for_signals(m);
        poll_viewer(m);
        control_poll(m->control, m);
    }
}

static bool poll_control(struct machine *m)
{
    bool any = m->control && control_poll(m->control, m);

    if (m->control)
        wait_while_paused(m);
    return any;
}

/* -- Replay, and ground that was covered before -------------------------------------------------
 */

/* Where the next event comes from: a recording; a log, which ends where the outside begins. */
static struct journal_reader *source_of(const struct machine *m)
{
    return m->replay ? m->replay : m->inputs;
}

static const struct journal_event *next_event(const struct machine *m)
{
    const struct journal_reader *r = source_of(m);

    return r ? journal_peek(r) : NULL;
}

/* Nobody outside is asked: what they say is known. */
bool door_is_replay(const struct machine *m)
{
    return m->replay || m->deaf || next_event(m);
}

static bool due(const struct machine *m, const struct journal_event *event)
{
    return event && event->instructions <= machine_instructions(m) &&
           event->now_ns <= machine_now_ns(m);
}

static void replay_due(struct machine *m)
{
    while (due(m, next_event(m))) {
        deliver(m, next_event(m));
        journal_next(source_of(m));
    }
}

/* -- For the scheduler ------------------------------------------------------------------------- */

static void poll_debugger(struct machine *m)
{
    if (m->debugger)
        m->debugger->outside(m->debugger->opaque);
}

bool door_rest(struct machine *m, int timeout_ms)
{
    wait_for_outside(m, timeout_ms);
    look_for_signals(m);
    if (m->control && !m->replay)
        poll_control(m);
    poll_debugger(m);
    poll_viewer(m);
    return door_signalled();
}

void door_poll(struct machine *m)
{
    uint64_t now = machine_instructions(m);

    replay_due(m);
    if (now < m->next_poll_instructions)
        return;
    m->next_poll_instructions = now + POLL_INSTRUCTIONS;
    look_for_signals(m);
    show_progress(m);
    poll_debugger(m);
    poll_viewer(m);
    if (m->replay || m->deaf)
        return;
    if (m->clock.host && !door_is_replay(m))
        follow_host_clock(m);
    if (!door_is_replay(m))
        poll_consoles(m);
    poll_control(m);
}

/* Whoever restores often, and runs little, is not asked each time. */
void door_after_restore(struct machine *m)
{
    uint64_t next = machine_instructions(m) + POLL_INSTRUCTIONS;

    if (m->next_poll_instructions > next)
        m->next_poll_instructions = next;
}

/* At which instruction count the door wants to be asked again. */
uint64_t door_next_instructions(const struct machine *m)
{
    const struct journal_event *event = next_event(m);
    uint64_t now = machine_instructions(m);

    if (event && event->instructions > now && event->instructions < m->next_poll_instructions)
        return event->instructions;
    return m->next_poll_instructions;
}

static bool somebody_may_type(const struct machine *m)
{
    if (m->control || m->viewer) /* a debugger can attach to what is watched */
        return true;
    for (unsigned i = 0; i < m->n_slots; i++) {
        if (m->slots[i].console && chardev_fd(m->slots[i].console) >= 0)
            return true;
    }
    return false;
}

/* Nobody is ready. Returns whether the outside has changed that, or has moved time itself. */
bool door_wait(struct machine *m, uint64_t deadline_ns)
{
    const struct journal_event *event;
    uint64_t now_ns = machine_now_ns(m);

    if (door_is_replay(m)) {
        event = next_event(m);
        if (!event || event->instructions > machine_instructions(m) || event->now_ns > deadline_ns)
            return false;
        clock_skip_to(m, event->now_ns);
        replay_due(m);
        return true;
    }
    bool typed = poll_consoles(m);
    poll_debugger(m);
    poll_viewer(m);
    if (poll_control(m) || typed || !m->until_instructions)
        return true;
    if (m->clock.host && deadline_ns > now_ns) {
        uint64_t left_ms = (deadline_ns - now_ns) / 1000000;

        follow_host_clock(m);
        if (machine_now_ns(m) >= deadline_ns)
            return true;
        if (deadline_ns == UINT64_MAX && !somebody_may_type(m))
            return false;
        wait_for_outside(m, left_ms < HOST_WAIT_MAX_MS ? (int)left_ms + 1 : HOST_WAIT_MAX_MS);
        look_for_signals(m);
        return true;
    }
    if (deadline_ns != UINT64_MAX || !somebody_may_type(m))
        return false;
    wait_for_outside(m, HOST_WAIT_MAX_MS);
    look_for_signals(m);
    return true;
}
