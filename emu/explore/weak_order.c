/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of a vCPU's accesses must be done before others (DDI 0487 B2.3: lwob without dependencies,
 * which are views, or an instruction's use of a register). */
#include "emu/explore/weak_internal.h"

struct weak_access weak_access_of(const struct weak_vcpu *v, const struct event *e)
{
    bool plain = v->insn.kind == WEAK_LOAD || v->insn.kind == WEAK_STORE;
    uint64_t size_bytes = e->end - e->pa;

    return (struct weak_access){
        .loads = v->insn.kind == WEAK_ATOMIC ? v->ordering.loads : !e->is_write,
        .stores = v->insn.kind == WEAK_ATOMIC ? v->ordering.stores : e->is_write,
        .acquire = v->ordering.acquire,
        .acquire_pc = v->ordering.acquire_pc,
        .release = v->ordering.release,
        .whole = !plain,
        .pa = e->pa,
        .size_bytes = v->insn.kind == WEAK_PAIR ? 2 * size_bytes : size_bytes,
        .epochs = v->epochs,
    };
}

/* @first is earlier in program order, and was put off; @then is to be done. */
static bool must_precede(const struct weak_access *first, const struct weak_access *then)
{
    bool same = weak_overlap(first->pa, first->size_bytes, then->pa, then->size_bytes);

    if (same && (then->whole || then->stores || first->loads))
        return true; /* coherence; a plain load is forwarded what was stored */
    if (then->release || (first->release && then->acquire))
        return true;
    if (first->epochs.full != then->epochs.full)
        return true;
    if (first->loads && first->epochs.loads != then->epochs.loads)
        return true;
    return first->stores && then->stores && first->epochs.stores != then->epochs.stores;
}

/* A barrier for no vCPU but its own orders nothing that others could see. */
static bool is_for_others(const struct barrier *b)
{
    return b->kind != BARRIER_NONE && b->domain != DOMAIN_NSH;
}

void weak_barrier(struct weak_vcpu *v, const struct barrier *b)
{
    if (!is_for_others(b))
        return;
    if (b->loads_before) {
        v->reads = weak_max(v->reads, v->read_all);
        v->epochs.loads++;
    }
    if (b->stores_before)
        v->epochs.stores++;
    if (b->loads_before && b->stores_before) {
        v->reads = weak_max(v->reads, v->written_all);
        v->epochs.full++;
    }
}

/* A DSB waits for the accesses of its kinds (B2.3, DSB). */
static bool dsb_waits_for(uint32_t opcode, const struct weak_access *a)
{
    struct barrier b = barrier_of(opcode);

    return b.kind == BARRIER_DSB && is_for_others(&b) &&
           ((b.loads_before && a->loads) || (b.stores_before && a->stores));
}

/* A load that is put off must come before who uses its registers, or takes the vCPU elsewhere. */
static bool uses(const struct weak *w, unsigned vcpu, const struct weak_item *item)
{
    const struct thread *t = &w->x->threads[vcpu];
    const struct weak_insn *now = &w->vcpus[vcpu].insn;

    if (!item->access.loads)
        return false;
    if (now->kind == WEAK_OTHER && !(t->has_next && t->next.kind == EVENT_SYSREG))
        return true;
    return (now->reads | now->writes) & item->insn.writes || now->writes & item->insn.address ||
           vcpu_takes_interrupt(w->x->m->engine, vcpu);
}

static bool is_due(struct weak *w, unsigned vcpu, const struct weak_item *item)
{
    const struct weak_vcpu *v = &w->vcpus[vcpu];

    return v->everything || v->insn.kind == WEAK_WAIT || uses(w, vcpu, item) ||
           (v->insn.kind == WEAK_BARRIER && dsb_waits_for(v->opcode, &item->access));
}

bool weak_is_forced(struct weak *w, unsigned vcpu)
{
    const struct weak_vcpu *v = &w->vcpus[vcpu];
    unsigned i = 0;

    while (i < v->n_items && !is_due(w, vcpu, &v->items[i]))
        i++;
    return i < v->n_items || v->n_items > w->bound;
}

bool weak_may_go(const struct weak *w, unsigned vcpu, int i)
{
    const struct weak_vcpu *v = &w->vcpus[vcpu];
    const struct event *e = &w->x->threads[vcpu].next;
    unsigned n = i == WEAK_OWN ? v->n_items : (unsigned)i;
    struct weak_access then;

    if (i == WEAK_OWN && e->kind != EVENT_RAM && e->kind != EVENT_DEVICE)
        return true; /* no memory access: only a DSB before it waited for any */
    then = i == WEAK_OWN ? weak_access_of(v, e) : v->items[i].access;
    for (unsigned before = 0; before < n; before++) {
        if (must_precede(&v->items[before].access, &then))
            return false;
    }
    return true;
}
