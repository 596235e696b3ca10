/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who runs, for how long, and when time jumps.
 *
 * Ready vCPUs take turns in order. A turn ends when its quantum is used up, or when the vCPU waits
 * (WFI, WFE), hints that it waits (YIELD, WFE with the exclusive monitor set), or polls a counter.
 * Within a turn the vCPU runs to the next deadline at most, so that every timer fires, and every
 * WFIT ends, at its exact instruction.
 *
 * The waiting rule. A turn of at most IDLE_TURN_INSTRUCTIONS that ended by a hint or a poll is an
 * *idle turn*. Polling means POLLS_IN_A_ROW reads of a counter at most POLL_DISTANCE instructions
 * apart. While every ready vCPU's last turn was idle, nothing but time can end the waiting: after
 * each further idle turn, virtual time advances by an eighth of the time waited so far (at least
 * WAIT_STEP_MIN_NS, at most WAIT_STEP_MAX_NS), but never past the next deadline, nor past the next
 * event of the event stream of a vCPU that waits by a WFE (DDI 0487 D12.2.6). A vCPU for
 * which an interrupt line rises has news: its last turn no longer counts as idle, and the wait is
 * over. So it is, and another begins, when a vCPU's idle turn is longer or shorter than its last by
 * more than SAME_LOOP_INSTRUCTIONS: it has left one loop and gone to the next. So a wait of any
 * length costs about log(length) turns, and overshoots by an eighth at most. When no vCPU is ready
 * at all, time jumps to the next deadline. Both depend on the guest's instructions alone: they are
 * deterministic.
 */
#include "emu/machine.h"

#include <string.h>

#include "emu/actor.h"
#include "emu/trace.h"
#include "emu/vmm.h"

enum {
    IDLE_TURN_INSTRUCTIONS = 256,
    POLL_DISTANCE = 128,
    POLLS_IN_A_ROW = 8,
    WAIT_STEP_MIN_NS = 100,
    WAIT_STEP_MAX_NS = 1000000000,
    WAIT_STEP_FRACTION = 8,
    SAME_LOOP_INSTRUCTIONS = 16,
    ITS_STEPS_MAX = 32768 * 8,
};

static void stop_waiting(struct machine *m)
{
    m->waiting.active = false;
}

void sched_wake(struct machine *m, unsigned vcpu)
{
    m->vcpus[vcpu].idle_turn = false;
    stop_waiting(m);
    if (m->vcpus[vcpu].state == VCPU_WAITING)
        waits_end(m, vcpu);
}

/* A loop with a hint ends its turns there: time must not pass between its look and its WFE. */
static bool is_polling(const struct vcpu *v)
{
    return v->polls >= POLLS_IN_A_ROW && !v->hinted;
}

void sched_note_counter_read(struct machine *m, unsigned vcpu)
{
    struct vcpu *v = &m->vcpus[vcpu];
    uint64_t now = vcpu_instructions(m->engine, vcpu);

    v->polls = now - v->last_poll <= POLL_DISTANCE ? v->polls + 1 : 0;
    v->last_poll = now;
    v->polled = is_polling(v);
    if (v->polled)
        engine_request_exit(m->engine);
}

void sched_reset(struct machine *m)
{
    memset(m->vcpus, 0, m->config.n_vcpus * sizeof(*m->vcpus));
    m->waiting = (struct waiting){0};
    m->current = 0;
    waits_reset(m);
}

unsigned sched_threads(const struct machine *m)
{
    return m->config.n_vcpus + actors_count(m);
}

bool sched_is_ready(const struct machine *m, unsigned thread)
{
    unsigned n_vcpus = m->config.n_vcpus;

    if (thread >= n_vcpus)
        return actors_is_ready(m, thread - n_vcpus);
    return !m->vcpus[thread].held && !m->vcpus[thread].barred &&
           (m->vcpus[thread].state == VCPU_READY || m->vcpus[thread].state == VCPU_LEAVING);
}

/* The @n-th ready thread at or behind @first in order, or how many threads there are. */
static unsigned nth_ready(const struct machine *m, unsigned first, uint32_t n)
{
    unsigned n_threads = sched_threads(m);

    for (unsigned i = 0; i < n_threads; i++) {
        unsigned thread = (first + i) % n_threads;

        if (sched_is_ready(m, thread) && n-- == 0)
            return thread;
    }
    return n_threads;
}

static uint32_t count_ready(const struct machine *m)
{
    uint32_t ready = 0;

    for (unsigned i = 0; i < sched_threads(m); i++)
        ready += sched_is_ready(m, i);
    return ready;
}

unsigned sched_next(const struct machine *m)
{
    unsigned thread = nth_ready(m, m->current, 0), n_vcpus = m->config.n_vcpus;

    if (thread >= n_vcpus || (m->chooser.policy && !m->vcpus[thread].turn_left))
        return n_vcpus;
    return thread;
}

void sched_stop(struct machine *m)
{
    m->until_instructions = 0;
    engine_request_exit(m->engine);
}

static bool is_in_turn(const struct machine *m, unsigned thread)
{
    if (thread < m->config.n_vcpus)
        return m->vcpus[thread].turn_left;
    return m->actors->in_turn && thread == m->current;
}

/* Within its turn a thread goes on; at a turn's end the chooser says who is next. */
static unsigned pick_thread(struct machine *m)
{
    unsigned thread = nth_ready(m, m->current, 0);

    if (thread == sched_threads(m) || is_in_turn(m, thread) || !m->chooser.policy)
        return thread;
    return nth_ready(m, m->current, choose(&m->chooser, CHOICE_NEXT_VCPU, thread, count_ready(m)));
}

static uint64_t turn_length(struct machine *m, unsigned vcpu)
{
    uint64_t quantum = m->config.quantum_instructions;
    uint32_t options = quantum < UINT32_MAX ? (uint32_t)quantum : UINT32_MAX;
    uint32_t chosen = choose(&m->chooser, CHOICE_TURN, vcpu, options);

    return chosen ? chosen : quantum;
}

static void start_turn(struct machine *m, unsigned vcpu)
{
    if (vcpu >= m->config.n_vcpus) {
        m->actors->in_turn = 1;
        return;
    }
    m->vcpus[vcpu].turn_left = m->vcpus[vcpu].turn = turn_length(m, vcpu);
}

static bool everybody_waits(const struct machine *m)
{
    for (unsigned i = 0; i < m->config.n_vcpus; i++) {
        if (sched_is_ready(m, i) && !m->vcpus[i].idle_turn)
            return false;
    }
    for (unsigned i = m->config.n_vcpus; i < sched_threads(m); i++) {
        if (sched_is_ready(m, i))
            return false;
    }
    return true;
}

static uint64_t next_deadline_ns(const struct machine *m)
{
    uint64_t next_ns = timers_next_deadline_ns(m->timers), actors_ns = actors_deadline_ns(m);

    if (m->devices_deadline_ns < next_ns)
        next_ns = m->devices_deadline_ns;
    if (actors_ns < next_ns)
        next_ns = actors_ns;
    if (m->wake_ns < next_ns)
        next_ns = m->wake_ns;
    return m->config.max_ns && m->config.max_ns < next_ns ? m->config.max_ns : next_ns;
}

bool sched_is_idle(const struct machine *m)
{
    for (unsigned i = 0; i < sched_threads(m); i++) {
        if (sched_is_ready(m, i))
            return false;
    }
    return next_deadline_ns(m) == UINT64_MAX && !(m->its && gic_its_busy(m->its));
}

static void fire_deadlines(struct machine *m)
{
    uint64_t now_ns = clock_now_ns(m);

    m->deadlines_moved = false;
    if (timers_next_deadline_ns(m->timers) <= now_ns)
        timers_advance(m->timers, now_ns);
    if (m->devices_deadline_ns <= now_ns)
        bus_fire_deadlines(m, now_ns);
    waits_fire(m, now_ns);
}

void sched_settle(struct machine *m)
{
    fire_deadlines(m);
}

/* The next event of all streams that a WFE waits for now; UINT64_MAX: none. */
static uint64_t next_event_ns(const struct machine *m)
{
    uint64_t next_ns = UINT64_MAX;

    for (unsigned i = 0; i < m->config.n_vcpus; i++) {
        uint64_t event_ns = UINT64_MAX;

        if (sched_is_ready(m, i) && m->vcpus[i].hinted)
            event_ns = waits_next_ns(m, i);
        next_ns = event_ns < next_ns ? event_ns : next_ns;
    }
    return next_ns;
}

/* The waiting rule's step; see the top of the file. */
static void step_while_waiting(struct machine *m)
{
    uint64_t now_ns = clock_now_ns(m), deadline_ns = next_deadline_ns(m), step_ns;
    uint64_t event_ns = next_event_ns(m);

    deadline_ns = event_ns < deadline_ns ? event_ns : deadline_ns;

    if (!m->waiting.active) {
        m->waiting.active = true;
        m->waiting.since_ns = now_ns;
    }
    step_ns = (now_ns - m->waiting.since_ns) / WAIT_STEP_FRACTION;
    if (step_ns < WAIT_STEP_MIN_NS)
        step_ns = WAIT_STEP_MIN_NS;
    if (step_ns > WAIT_STEP_MAX_NS)
        step_ns = WAIT_STEP_MAX_NS;
    m->statistics.waiting_steps++;
    clock_skip_to(m, deadline_ns - now_ns < step_ns ? deadline_ns : now_ns + step_ns);
}

static void end_turn(struct machine *m, unsigned vcpu, bool idle, bool hint)
{
    struct vcpu *v = &m->vcpus[vcpu];
    uint64_t used = v->turn - v->turn_left;
    uint64_t change = used > v->idle_length ? used - v->idle_length : v->idle_length - used;

    v->idle_turn = idle && used <= IDLE_TURN_INSTRUCTIONS + POLL_DISTANCE * POLLS_IN_A_ROW;
    v->idle_length = used;
    v->turn_left = 0;
    m->current = (vcpu + 1) % sched_threads(m);
    if (!v->idle_turn || change > SAME_LOOP_INSTRUCTIONS) {
        stop_waiting(m);
        v->hinted = false;
    }
    v->hinted |= hint;
    if (!v->idle_turn)
        return;
    if (v->state == VCPU_READY && everybody_waits(m))
        step_while_waiting(m);
}

/* @thread stands before what others may notice: it goes on, or another's turn begins. */
static void preempt(struct machine *m, unsigned thread)
{
    uint32_t other = choose(&m->chooser, CHOICE_PREEMPT, thread, count_ready(m));

    if (!other)
        return;
    if (thread < m->config.n_vcpus)
        end_turn(m, thread, false, false);
    else
        m->actors->in_turn = 0;
    m->current = nth_ready(m, (thread + 1) % sched_threads(m), other - 1);
    start_turn(m, m->current);
}

/* -- Threads of a VMM (emu/actor.h), and vCPUs that call it ------------------------------------ */

void sched_leave(struct machine *m, unsigned vcpu)
{
    if (!actors_count(m)) {
        vmm_forward(m, vcpu);
        return;
    }
    m->vcpus[vcpu].state = VCPU_LEAVING;
    if (m->explorer)
        m->explorer->stands(m->explorer->opaque, vcpu);
    preempt(m, vcpu);
}

static void leave(struct machine *m, unsigned vcpu)
{
    if (m->explorer)
        m->explorer->acts(m->explorer->opaque, vcpu);
    m->vcpus[vcpu].state = VCPU_READY;
    vmm_forward(m, vcpu);
    end_turn(m, vcpu, false, false);
}

static void run_actor(struct machine *m, unsigned thread)
{
    unsigned actor = thread - m->config.n_vcpus;

    m->current = thread;
    m->actors->in_turn = 1;
    if (m->explorer)
        m->explorer->acts(m->explorer->opaque, thread);
    if (m->stop != MACHINE_RUNNING)
        return;
    actors_step(m, actor);
    stop_waiting(m);
    if (m->stop != MACHINE_RUNNING)
        return;
    if (actors_is_ready(m, actor)) {
        if (m->explorer)
            m->explorer->stands(m->explorer->opaque, thread);
        preempt(m, thread);
        return;
    }
    m->actors->in_turn = 0;
    m->current = (thread + 1) % sched_threads(m);
}

/*
 * A store that clears the monitor is an event, but stores are not watched: a WFE with the monitor
 * set only lets the others run, and looks again. So does one that ends without an event, as any
 * may.
 */
static void wait_for_event(struct machine *m, unsigned vcpu)
{
    struct vcpu *v = &m->vcpus[vcpu];
    bool looks_again = v->wait.monitored || choose(&m->chooser, CHOICE_WFE, vcpu, 2);

    if (!looks_again)
        waits_begin(m, vcpu, &v->wait);
    end_turn(m, vcpu, true, looks_again);
}

/* GICR_WAKER: a request for power ends the wait too, as a power controller does. */
static void wait_for_interrupt(struct machine *m, unsigned vcpu)
{
    if (vcpu_has_work(m->engine, vcpu) || gic_line_level(m->gic, vcpu, GIC_LINE_WAKE))
        return;
    waits_begin(m, vcpu, &m->vcpus[vcpu].wait);
    end_turn(m, vcpu, true, false);
}

static void after_run(struct machine *m, unsigned vcpu, enum cpu_stop stop)
{
    struct vcpu *v = &m->vcpus[vcpu];
    bool polls = v->polled;

    m->statistics.stops[stop]++;
    switch (stop) {
    case CPU_STOP_BUDGET:
    case CPU_STOP_REQUESTED:
        if (polls)
            v->polls = 0;
        if (polls || !v->turn_left)
            end_turn(m, vcpu, polls, false);
        break;
    case CPU_STOP_WFI:
        if (m->explorer && m->explorer->waits(m->explorer->opaque, vcpu, false))
            break;
        wait_for_interrupt(m, vcpu);
        break;
    case CPU_STOP_WFE:
        if (m->explorer && m->explorer->waits(m->explorer->opaque, vcpu, false))
            break;
        wait_for_event(m, vcpu);
        break;
    case CPU_STOP_HINT:
        if (m->explorer)
            m->explorer->waits(m->explorer->opaque, vcpu, true);
        end_turn(m, vcpu, true, true);
        break;
    case CPU_STOP_CALL:
        power_call(m, vcpu);
        break;
    case CPU_STOP_SEMIHOSTING:
        semihosting_call(m, vcpu);
        break;
    case CPU_STOP_ACCESS:
        if (!m->debugger || m->explorer)
            preempt(m, vcpu);
        break;
    case CPU_STOP_BREAK:
        break;
    case CPU_STOP_WILD:
        machine_shut_down(m, IRQLAB_EXIT_GUEST_WILD,
                          "vCPU %u left what the CPU model implements, at pc 0x%llx", vcpu,
                          (unsigned long long)vcpu_get_pc(m->engine, vcpu));
        break;
    }
}

static bool is_stepped(const struct machine *m)
{
    return m->explorer && m->explorer->before;
}

static uint64_t budget(struct machine *m, struct vcpu *v)
{
    uint64_t instructions = v->turn_left, limit = m->config.max_instructions;
    uint64_t now = engine_instructions(m->engine), door = door_next_instructions(m);
    uint64_t renew = renew_next_instructions(m), point = points_next_instructions(m);
    uint64_t deadline_ns = next_deadline_ns(m);

    if (m->until_ns && m->until_ns < deadline_ns)
        deadline_ns = m->until_ns;
    if (deadline_ns != UINT64_MAX) {
        uint64_t until = clock_instructions_until(m, deadline_ns);

        if (until < instructions)
            instructions = until;
    }
    if (limit && limit - now < instructions)
        instructions = limit - now;
    if (door > now && door - now < instructions)
        instructions = door - now;
    if (renew - now < instructions)
        instructions = renew - now;
    if (point - now < instructions)
        instructions = point - now;
    if (m->explorer && m->explorer->until_instructions - now < instructions)
        instructions = m->explorer->until_instructions - now;
    if (m->until_instructions - now < instructions)
        instructions = m->until_instructions - now;
    return v->stepped || is_stepped(m) ? 1 : instructions;
}

/*
 * Commands that take time (CHOICE_ITS_COMMAND) get on with every turn, and all of them while nobody
 * runs, however many there are: a queue is full with 32768, of 8 steps at most.
 */
static void step_its(struct machine *m, unsigned steps)
{
    while (m->its && steps-- != 0 && gic_its_busy(m->its))
        gic_its_step(m->its);
}

/* False: @vcpu does something else now than an instruction. */
static bool is_to_run(struct machine *m, unsigned vcpu)
{
    enum machine_step step = MACHINE_STEP_RUN;

    if (is_stepped(m))
        step = m->explorer->before(m->explorer->opaque, vcpu);
    if (step == MACHINE_STEP_PARK)
        preempt(m, vcpu);
    return step == MACHINE_STEP_RUN;
}

static void run_one(struct machine *m, unsigned vcpu)
{
    struct vcpu *v = &m->vcpus[vcpu];
    enum cpu_stop stop;
    uint64_t executed;

    if (!m->sealed)
        vmm_first_run(m);
    if (v->state == VCPU_LEAVING) {
        leave(m, vcpu);
        return;
    }
    if (!v->turn_left)
        start_turn(m, vcpu);
    m->current = vcpu;
    v->polled = false;
    wires_set_events(m);
    if (!is_to_run(m, vcpu))
        return;
    if (m->trace)
        trace_turn(m, vcpu);
    stop = vcpu_run(m->engine, vcpu, budget(m, v), &executed);
    if (m->trace)
        trace_turn(m, vcpu);
    if (is_stepped(m))
        m->explorer->after(m->explorer->opaque, vcpu, executed);
    v->turn_left -= executed < v->turn_left ? executed : v->turn_left;
    vcpu_get_wait(m->engine, vcpu, &v->wait); /* nothing, unless a WFI or WFE stopped it */
    after_run(m, vcpu, stop);
    if (!v->turn_left)
        step_its(m, 1);
    if (m->debugger)
        m->debugger->ran(m->debugger->opaque, vcpu, executed, stop);
}

/*
 * Nobody is ready: jump to the next deadline, or wait for the outside, or it is over. A client
 * that has a call to answer takes no virtual time.
 */
static void idle(struct machine *m)
{
    bool asked = m->control && vmm_waits_for_answer(m);
    uint64_t deadline_ns = asked ? UINT64_MAX : next_deadline_ns(m);

    if (m->debugger && m->debugger->stuck(m->debugger->opaque))
        return;
    m->statistics.idle_jumps++;
    stop_waiting(m);
    if (m->its && gic_its_busy(m->its)) {
        step_its(m, ITS_STEPS_MAX);
        if (nth_ready(m, m->current, 0) < sched_threads(m))
            return;
    }
    if (door_wait(m, deadline_ns))
        return;
    if (deadline_ns == UINT64_MAX && vmm_waits_for_answer(m)) {
        machine_shut_down(m, IRQLAB_EXIT_LOCKUP,
                          "a call waits for an answer, and nobody is there to give it");
        return;
    }
    if (deadline_ns == UINT64_MAX) {
        machine_shut_down(m, IRQLAB_EXIT_LOCKUP,
                          "every vCPU waits for an interrupt or event, and nothing is left that "
                          "could send one; --trace=irq shows what came before");
        return;
    }
    /* Half of a jump is no other jump. The waiting rule's steps are not cut: the next one depends
     * on where the last one led. */
    clock_skip_to(m, m->until_ns && m->until_ns < deadline_ns ? m->until_ns : deadline_ns);
}

static bool limit_reached(struct machine *m)
{
    uint64_t limit = m->config.max_instructions;

    if (limit && engine_instructions(m->engine) >= limit)
        machine_shut_down(m, IRQLAB_EXIT_LIMIT, "--max-insns %llu reached",
                          (unsigned long long)limit);
    if (m->config.max_ns && clock_now_ns(m) >= m->config.max_ns)
        machine_shut_down(m, IRQLAB_EXIT_LIMIT, "%llu ns of virtual time reached",
                          (unsigned long long)m->config.max_ns);
    return m->stop != MACHINE_RUNNING;
}

/* What is to be done at this instruction comes first, also at the last one. */
static bool goes_on(struct machine *m)
{
    renew_due(m);
    points_due(m);
    if (m->explorer && engine_instructions(m->engine) >= m->explorer->until_instructions)
        m->explorer->due(m->explorer->opaque);
    if (m->until_ns && clock_now_ns(m) >= m->until_ns)
        return false;
    return m->stop == MACHINE_RUNNING && !limit_reached(m) &&
           engine_instructions(m->engine) < m->until_instructions;
}

void sched_run(struct machine *m)
{
    while (m->stop == MACHINE_RUNNING && goes_on(m)) {
        unsigned thread;

        fire_deadlines(m);
        door_poll(m);
        if (m->stop != MACHINE_RUNNING)
            break;
        thread = pick_thread(m);
        if (thread == sched_threads(m))
            idle(m);
        else if (thread >= m->config.n_vcpus)
            run_actor(m, thread);
        else
            run_one(m, thread);
    }
}
