/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One guest test, run again and again under different schedules.
 *
 * The machine is opened once and run to where the guest says that its test begins
 * (images/lib/race.h, or the start); a snapshot is taken there, and each run starts from it. In a
 * run, every vCPU is stopped before each of its events (event.h), and the chooser asks who goes on:
 * a strategy answers, or a schedule that was found before. A run ends where the guest says so, or
 * fails.
 *
 * A vCPU that reads the same again in the same state, while nobody has changed anything, spins: it
 * is no option until something happens (unless all spin, who wait for time to pass).
 *
 * Threads: all on the thread of the machine. Errors: negative errno, and @err has text and exit
 * code.
 */
#ifndef IRQLAB_EMU_EXPLORE_EXPLORER_H
#define IRQLAB_EMU_EXPLORE_EXPLORER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/chooser.h"
#include "emu/error.h"
#include "emu/explore/event.h"
#include "emu/explore/observed.h"
#include "emu/explore/places.h"
#include "emu/explore/strategy.h"
#include "emu/options.h"

enum { EXPLORER_MAX_INVARIANTS = 16 };

struct explorer;
struct machine;

/* An answer that is not option 0; where it was given says which point of a run it is for. */
struct deviation {
    enum choice choice;
    unsigned vcpu; /* who stood before its event `index`, at `pc`, or was behind the one before */
    uint64_t index, pc;
    unsigned again; /* how many questions had the same choice, vcpu and index before */
    unsigned to;    /* CHOICE_PREEMPT, CHOICE_NEXT_VCPU: the vCPU that went on; else the answer */
    /* For another build of the image; no place: not known. Of CHOICE_IRQ_DELAY: how many interrupts
     * the vCPU had taken, and before what it took this one. */
    struct anchor at, until;
    unsigned interrupt;
};

struct schedule {
    struct deviation *items;
    size_t count, capacity;
};

/** schedule_add - 0 or -ENOMEM. schedule_clear - and its memory is gone. */
int schedule_add(struct schedule *s, const struct deviation *d);
void schedule_clear(struct schedule *s);

/* How a run ended. */
struct outcome {
    int exit_code;  /* 0: passed; IRQLAB_EXIT_* or the guest's own */
    char text[192]; /* why, where it failed */
    uint64_t instructions, events, points;
    uint64_t state_hash; /* only when asked for */
    bool abandoned;      /* the strategy gave up a run that shows nothing new */
    bool diverged;       /* a schedule: some deviation found no point of its own; see `missed` */
    size_t missed;       /* the first of these; explorer_mismatch() tells more */
};

struct explorer_options {
    uint64_t max_events;       /* a run with more makes no progress: IRQLAB_EXIT_NO_PROGRESS */
    uint64_t max_instructions; /* likewise */
    uint64_t stxr_fails;       /* so many store-exclusives of a run may fail without a reason */
    bool devices, sysregs;     /* accesses to these are events */
    uint64_t weak;             /* weak memory, put off so far at most (weak.h); 0: none */
    /* Failures: a symbol that is not to be reached (NULL: none); an interrupt that is not taken for
     * so many instructions (0: never mind); ends of interrupts that fit no acknowledge, or are
     * missing at the test's end; `[end:]SYMBOL==N`. Texts stay the caller's. */
    const char *panic;
    uint64_t lost;
    bool eoi;
    const char *invariants[EXPLORER_MAX_INVARIANTS];
    unsigned n_invariants;
};

/** explorer_open - machine, begin, snapshot, and what is shared by two profiling runs. */
int explorer_open(const struct run_options *run, const struct explorer_options *options,
                  struct explorer **out, struct error *err);
void explorer_close(struct explorer *x);

struct machine *explorer_machine(struct explorer *x);
/** explorer_profile - what a plain run had: for strategies. Valid until the explorer is closed. */
void explorer_profile(const struct explorer *x, struct strategy_parameters *p);
/**
 * explorer_follow - as explorer_replay(), but a deviation that finds no place is left out, and one
 * whose pc is 0 fits any. @taken: those that were followed. @happened: hears of all events; NULL.
 */
struct explorer_follow {
    const struct schedule *schedule;
    bool by_place; /* deviations are found by their anchors; none needs a pc */
    bool anchors;  /* `taken` gets anchors; with by_place it does anyway */
    struct schedule *taken;
    void (*happened)(void *opaque, const struct event *e);
    void *opaque;
};
int explorer_follow(struct explorer *x, const struct explorer_follow *f, struct outcome *out,
                    struct error *err);

/**
 * explorer_rewind - to the beginning, now: the next run has nothing to restore. For processes that
 * are forked for a run each: what would be restored is then shared with their parent.
 */
int explorer_rewind(struct explorer *x, struct error *err);
/** explorer_observed - what the last run showed (observed.h); empty if it came to no end. */
void explorer_observed(const struct explorer *x, char text[OBSERVED_BYTES]);
/** explorer_abandon - from `pick`, `answer` or `happened`: this run ends, see outcome.abandoned. */
void explorer_abandon(struct explorer *x);
/** explorer_shared_words - how many words of RAM have events. */
size_t explorer_shared_words(const struct explorer *x);

/**
 * explorer_run - one run. @pick answers (option 0 when NULL); @taken: gets its deviations.
 * explorer_replay - one run by @schedule; @want_hash: fills outcome.state_hash.
 */
struct explorer_picks {
    void *opaque;
    uint64_t seed; /* of the run's chance in answers */
    unsigned (*pick)(void *opaque, const struct point *point);
    uint32_t (*answer)(void *opaque, const struct question *q); /* NULL: always 0 */
    void (*happened)(void *opaque, const struct event *e);      /* may be NULL */
    bool asks_again; /* a delayed interrupt is asked about again when its time has come */
};
int explorer_run(struct explorer *x, const struct explorer_picks *picks, struct schedule *taken,
                 struct outcome *out, struct error *err);
int explorer_replay(struct explorer *x, const struct schedule *schedule, bool want_hash,
                    struct outcome *out, struct error *err);
/**
 * explorer_learn_to - so many runs by chance, since the explorer was opened, in which all accesses
 * are looked at: more may be shared, and have events. What is known then depends on @runs alone.
 */
int explorer_learn_to(struct explorer *x, unsigned runs, struct error *err);

/*
 * A replay that can do more. A deviation that finds no point of its own ends the run with
 * IRQLAB_EXIT_DIVERGENCE as soon as that is certain, unless `goes_on`.
 */
struct explorer_replay {
    const struct schedule *schedule;
    bool by_place;          /* the image is another: deviations are found by their anchors */
    bool want_hash;         /* fills outcome.state_hash */
    bool goes_on;           /* behind the schedule, or from the first mismatch on, by chance */
    uint64_t seed;          /* of that chance */
    struct schedule *taken; /* NULL, or gets the deviations, with anchors; see explorer_places() */
    struct gdb_server *debugger; /* NULL; or the run waits for it at its beginning */
    /* Hears of all events, with their anchors; may be NULL. */
    void (*happened)(void *opaque, const struct event *e, const struct anchor *at);
    void *opaque;
};
int explorer_replay_with(struct explorer *x, const struct explorer_replay *r, struct outcome *out,
                         struct error *err);

/** explorer_mismatch - of the last replay that diverged: several lines, what was expected and
 * found, and what comes nearest. Valid until the next run. */
const char *explorer_mismatch(const struct explorer *x);

#endif
