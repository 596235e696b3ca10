// SPDX-License-Identifier: GPL-2.0-or-later
// The page: what is shown (state), who changes it, and one drawing of it for each animation frame.
'use strict';

const state = {
    machine: {}, frame: null, events: [], future: [], eventsVersion: 0,
    chosen: null, /* {key, intid, vcpu, virtual, kind} */
    answer: null, connection: 'connecting', connectionText: '', message: '',
    target: null, /* of the link that was opened: {command, argument} */
    shown: [],
};
const KEPT_EVENTS = 20000;
let source = null, scheduled = false;

/* -- The address: #insns=81234&intid=27&vcpu=0 ------------------------------------------------- */

function wholeNumber(text) {
    return /^\d{1,16}$/.test(text || '') ? Number(text) : null;
}

function readAddress() {
    const parts = new URLSearchParams(location.hash.slice(1));
    const insns = wholeNumber(parts.get('insns')), ns = wholeNumber(parts.get('ns'));
    const intid = wholeNumber(parts.get('intid'));

    if (insns !== null)
        state.target = {command: 'go', argument: insns};
    else if (ns !== null)
        state.target = {command: 'go-ns', argument: ns};
    if (intid !== null)
        choose({intid, vcpu: wholeNumber(parts.get('vcpu')) || 0,
            virtual: parts.get('virtual') === '1'});
}

function address() {
    const parts = new URLSearchParams();

    if (state.frame && state.frame.state !== 'running')
        parts.set('insns', state.frame.instructions);
    if (state.chosen) {
        parts.set('intid', state.chosen.intid);
        parts.set('vcpu', state.chosen.vcpu);
        if (state.chosen.virtual)
            parts.set('virtual', '1');
    }
    return parts.toString();
}

/* Kept up to date, so that a reload comes back to the same moment. */
function keepAddress() {
    const next = address();

    if (state.target || !state.frame || location.hash.slice(1) === next)
        return;
    history.replaceState(null, '', next ? `#${next}` : location.pathname + location.search);
}

async function copyLink() {
    const link = new URL(location.href), box = byId('link');

    link.hash = new URLSearchParams({insns: state.frame ? state.frame.instructions : 0,
        ...Object.fromEntries(new URLSearchParams(address()))});
    try {
        await navigator.clipboard.writeText(link.href);
        say('The link to this moment is copied.');
        notice('The link to this moment is copied.');
    } catch (error) {
        show(box, true);
        box.value = link.href;
        box.focus();
        box.select();
        notice('Copy the link that is selected.');
    }
}

/* -- Words ------------------------------------------------------------------------------------- */

/* For who does not see: the last thing that changed, not more than one in a second. */
const spoken = {queue: [], timer: null};

function say(text) {
    if (spoken.queue.includes(text))
        return;
    spoken.queue.push(text);
    if (spoken.queue.length > 3)
        spoken.queue.shift();
    if (!spoken.timer)
        spoken.timer = setTimeout(speak, 100);
}

function speak() {
    setText(byId('said'), spoken.queue.join(' '));
    spoken.queue.length = 0;
    spoken.timer = null;
}

let noticeTimer = null;

function notice(text) {
    setText(byId('message'), text);
    show(byId('message'), Boolean(text));
    clearTimeout(noticeTimer);
    noticeTimer = setTimeout(() => { state.message = ''; render(); }, 6000);
    state.message = text;
}

const STATES = {
    running: 'Running', paused: 'Paused', debugger: 'A debugger holds it', over: 'Run over',
};

function stateName() {
    const frame = state.frame;

    if (state.connection === 'lost' || state.connection === 'refused')
        return state.connection === 'lost' ? 'Connection lost' : 'Token wrong';
    if (!frame)
        return source && !source.live ? 'Empty report' : 'Connecting';
    if (!source.live)
        return `Report, moment ${frame.index + 1} of ${source.frames}`;
    if (frame.idle && frame.state !== 'debugger')
        return `${STATES[frame.state] || asText(frame.state)}, machine idle`;
    return STATES[frame.state] || asText(frame.state);
}

function stateKind() {
    if (state.connection === 'lost' || state.connection === 'refused')
        return 'lost';
    return state.frame ? source.live ? state.frame.state : 'report' : 'connecting';
}

/* What differs between two frames, in words; of a running machine, blocked interrupts alone. */
function tellChanges(before, after) {
    if (!before || before.state !== after.state) {
        say(`${stateName()} at ${count(after.instructions)} instructions.`);
    } else if (after.state !== 'running' && before.instructions !== after.instructions) {
        say(`At ${count(after.instructions)} instructions, ${duration(after.ns)}.`);
    }
    if (before)
        tellVerdicts(new Map(before.interrupts.map((irq) => [keyOf(irq), irq])), after);
}

function tellVerdicts(before, after) {
    for (const irq of after.interrupts) {
        const old = before.get(keyOf(irq)), mine = state.chosen && state.chosen.key === keyOf(irq);
        const was = old ? old.verdict : 'idle';
        if (was === irq.verdict && (irq.verdict !== 'blocked' || old.gate === irq.gate))
            continue;
        if (irq.verdict === 'blocked' || mine || (after.state !== 'running' && was === 'blocked'))
            say(`${irqName(irq)}.`);
    }
}

/* -- Choosing an interrupt --------------------------------------------------------------------- */

function choose(question) {
    state.chosen = {...question, isNew: true, key: '', kind: question.virtual ? 'virtual' : ''};
    state.answer = null;
    identify();
    byId('ask-intid').value = question.intid;
    byId('ask-vcpu').value = question.vcpu;
    byId('ask-virtual').checked = question.virtual;
    askWhy();
    render();
}

function chooseIrq(irq) {
    const filter = byId('filter-vcpu').value;

    choose({intid: irq.intid, virtual: irq.kind === 'virtual',
        vcpu: vcpuOf(irq) ?? (filter === '' ? 0 : Number(filter))});
    revealLane();
}

function revealLane() {
    if (state.frame)
        parts.drawing.reveal(state.chosen.vcpu);
}

/* Which of the frame's interrupts it is: one that is shared has no vCPU of its own. */
function identify() {
    const c = state.chosen;
    const irq = state.frame && state.frame.interrupts.find((i) => i.intid === c.intid &&
        (i.kind === 'virtual') === c.virtual && (!isNumber(i.vcpu) || i.vcpu === c.vcpu));

    c.key = irq ? keyOf(irq) : `${c.virtual ? 'v' : ''}${c.intid}@${c.vcpu}`;
    c.kind = irq ? irq.kind : c.virtual ? 'virtual' : c.intid < 32 ? 'PPI'
        : c.intid >= 8192 ? 'LPI' : 'SPI';
}

function chosenName() {
    const c = state.chosen;
    return `${c.virtual ? 'virtual INTID' : 'INTID'} ${c.intid} at vCPU ${c.vcpu}`;
}

/* One question at a time, and one more when something has changed meanwhile. */
const asking = {busy: false, again: false};

async function askWhy() {
    if (!state.chosen || !source)
        return;
    if (asking.busy) {
        asking.again = true;
        return;
    }
    const asked = state.chosen;
    asking.busy = true;
    const answer = await source.why(asked.intid, asked.vcpu, asked.virtual);
    asking.busy = false;
    if (asked === state.chosen) {
        takeAnswer(answer);
        render();
    }
    if (asking.again) {
        asking.again = false;
        askWhy();
    }
}

function takeAnswer(answer) {
    state.answer = answer && typeof answer === 'object' ? answer : null;
    parts.gates.update(state.answer, `${state.chosen.key} ${state.chosen.vcpu}`, chosenName());
    if (state.chosen.isNew && state.answer)
        say(byId('verdict').textContent);
    state.chosen.isNew = false;
    const opened = parts.gates.opened();
    if (opened.length)
        say(`${chosenName()}: ${opened.join(', ')} is open now.`);
}

/* -- Commands ---------------------------------------------------------------------------------- */

const commands = {busy: false, next: null};

/* The last one counts: a slider that is dragged asks more often than a machine can go. */
async function command(name, argument = 0) {
    if (commands.busy) {
        commands.next = [name, argument];
        return;
    }
    commands.busy = true;
    const refused = await source.command(name, argument);
    commands.busy = false;
    if (refused)
        notice(refused);
    if (commands.next) {
        const next = commands.next;
        commands.next = null;
        command(...next);
    }
}

function stride() {
    const value = wholeNumber(byId('stride').value);
    return value ? value : 1;
}

function press(button) {
    const name = button.dataset.command;

    if (name === 'run')
        command(state.frame && state.frame.state === 'running' ? 'pause' : 'run');
    else
        command(name, name === 'step' || name === 'back' ? stride() : 0);
}

function goTo() {
    const value = wholeNumber(byId('go-to').value.replace(/[,\s_]/g, ''));

    show(byId('go-error'), value === null);
    setText(byId('go-error'), value === null ? 'Go to: a whole number is needed, of instructions ' +
        'or nanoseconds.' : '');
    setAttr(byId('go-to'), 'aria-invalid', value === null);
    if (value !== null)
        command(byId('go-unit').value, value);
}

const slider = {held: false};

function slide() {
    command(source.live ? 'go' : 'frame', Number(byId('slider').value));
}

/* -- Showing it -------------------------------------------------------------------------------- */

const parts = {};

function render() {
    if (!scheduled)
        requestAnimationFrame(draw);
    scheduled = true;
}

function drawHead() {
    const frame = state.frame;
    const held = !frame || frame.state === 'debugger' || state.connection === 'lost' ||
        state.connection === 'refused';
    const running = Boolean(frame) && frame.state === 'running';

    setText(byId('state-text'), stateName());
    setAttr(byId('state'), 'data-state', stateKind());
    setText(byId('clock-insns'), frame ? count(frame.instructions) : '–');
    setText(byId('clock-ns'), frame ? duration(frame.ns) : '');
    setText(byId('run-text'), running ? 'Pause' : source.live ? 'Run' : 'Play');
    setAttr(byId('run'), 'class', running ? 'running' : 'paused');
    for (const control of document.querySelectorAll('#controls button, #go button[type=submit], ' +
        '#slider')) {
        if (control.disabled !== held)
            control.disabled = held;
    }
    drawNotice();
}

function drawNotice() {
    const frame = state.frame;
    const text = state.connectionText || (frame && frame.state === 'debugger'
        ? 'A debugger is attached and decides when the machine runs.' : '');
    const message = state.message || (frame ? asText(frame.message) : '');

    setText(byId('notice'), text);
    show(byId('notice'), Boolean(text));
    setText(byId('message'), message);
    show(byId('message'), Boolean(message));
}

function drawSlider() {
    const frame = state.frame, box = byId('slider');
    const end = Math.max(frame.reached || 0, frame.end || 0, frame.instructions);

    setAttr(box, 'min', source.live ? frame.begin || 0 : 0);
    setAttr(box, 'max', source.live ? end : source.frames - 1);
    if (!slider.held)
        box.value = source.live ? frame.instructions : frame.index;
    setAttr(box, 'aria-valuetext', `${count(frame.instructions)} of ${count(end)} instructions, ` +
        duration(frame.ns));
    setText(byId('slider-begin'), count(frame.begin));
    setText(byId('slider-end'), `${count(end)}${frame.end ? ', end of the recording' : ''}`);
}

function filtered(frame) {
    const intid = intidFilter(byId('filter-intid').value), vcpu = byId('filter-vcpu').value;
    const wanted = byId('filter-show').value;

    setAttr(byId('filter-intid'), 'aria-invalid', intid === null);
    return frame.interrupts.filter((irq) => (!intid || intid(irq.intid)) &&
        (vcpu === '' || irq.target === 'any' || vcpuOf(irq) === Number(vcpu)) &&
        (wanted === 'all' || irq.verdict === 'blocked' ||
            (wanted === 'busy' && irq.verdict !== 'idle')));
}

function drawInterrupts() {
    const all = state.frame.interrupts, blocked = all.filter((i) => i.verdict === 'blocked').length;

    state.shown = filtered(state.frame);
    parts.irqs.update(sortInterrupts(state.shown));
    setText(byId('interrupts-title'), `Interrupts: ${state.shown.length}` +
        `${state.shown.length < all.length ? ` of ${all.length}` : ''}, ${blocked} blocked`);
    show(byId('irq-empty'), !state.shown.length);
    setText(byId('irq-empty'), all.length ? 'No interrupt that the filter lets through.'
        : 'No interrupt is enabled, pending or active.');
}

function drawEvents() {
    const only = byId('events-chosen').checked && state.chosen;
    const version = [state.eventsVersion, Boolean(only), state.chosen && state.chosen.key,
        state.frame.state === 'running' || state.frame.instructions].join(' ');

    if (parts.eventsShown === version)
        return;
    const box = byId('event-scroll');
    const atEnd = box.scrollTop + box.clientHeight > box.scrollHeight - 40;
    const list = state.events.concat(state.future)
        .filter((event) => !only || event.intid === state.chosen.intid);
    parts.eventsShown = version;
    parts.events.update(list);
    show(byId('events-empty'), !list.length);
    if (state.frame.state === 'running' && source.live) {
        if (atEnd)
            parts.events.toEnd();
    } else if (state.events.length && !box.contains(document.activeElement)) {
        parts.events.reveal(state.events[state.events.length - 1].seq);
    }
}

function draw() {
    scheduled = false;
    drawHead();
    if (!state.frame)
        return;
    drawSlider();
    drawInterrupts();
    parts.vcpus.update(state.frame.vcpus);
    parts.drawing.update(state.frame, state.shown, state.chosen, state.answer);
    parts.timeline.update({frame: state.frame, events: state.events, future: state.future,
        version: state.eventsVersion, chosen: state.chosen, live: source.live});
    drawEvents();
    keepAddress();
    drawn.frames++;
}

/* For tests: how many times the page was drawn. */
const drawn = {frames: 0};

/* -- What comes in ----------------------------------------------------------------------------- */

/* Odd data is shown as far as it goes. */
function usable(frame) {
    const whole = (list) => asList(list).filter((x) => x !== null && typeof x === 'object');

    return {...frame, vcpus: whole(frame.vcpus), interrupts: whole(frame.interrupts),
        timers: whole(frame.timers)};
}

function followAddress() {
    const target = state.target;

    state.target = null;
    if (target)
        command(target.command, target.argument);
    return Boolean(target);
}

const incoming = {
    machine(machine) {
        const box = byId('filter-vcpu'), n = Math.min(Number(machine.vcpus) || 0, 512);

        state.machine = machine;
        for (let i = box.options.length - 1; i < n; i++)
            box.append(element('option', {value: i}, String(i)));
        const name = asText(machine.recording) || asText(machine.kernel);
        const short = name.slice(name.lastIndexOf('/') + 1);
        document.title = ['irqlab', short].filter(Boolean).join(': ');
        setText(byId('time-title'), ['Time', short].filter(Boolean).join(': '));
        render();
    },
    frame(frame) {
        const before = state.frame;

        state.frame = usable(frame);
        state.connection = 'open';
        if (followAddress())
            say('Going to the moment of the link.');
        if (state.chosen) {
            identify();
            askWhy();
        }
        tellChanges(before, state.frame);
        if (!source.live)
            readConsole();
        render();
    },
    events(list, all = false) {
        if (all)
            state.events = [];
        for (const event of list) {
            if (event !== null && typeof event === 'object' && isNumber(event.seq) &&
                isNumber(event.instructions))
                addEvent(state.events, event);
        }
        if (source && source.live)
            state.events.splice(0, Math.max(0, state.events.length - KEPT_EVENTS));
        state.eventsVersion++;
        render();
    },
    /* The machine has gone back: what came later has not happened. */
    back(where) {
        while (state.events.length && state.events[state.events.length - 1].seq > where.last_seq)
            state.events.pop();
        state.eventsVersion++;
    },
    future(list) {
        state.future = list.filter((event) => event !== null && typeof event === 'object' &&
            isNumber(event.instructions));
        state.eventsVersion++;
        render();
    },
    connection(kind, text) {
        if (state.connection !== kind && text)
            say(text);
        state.connection = kind;
        state.connectionText = text;
        render();
    },
};

/* -- Setting up -------------------------------------------------------------------------------- */

function makeParts() {
    const keyIs = (irq) => Boolean(state.chosen) && keyOf(irq) === state.chosen.key;

    parts.gates = makeGates();
    parts.gates.update(null);
    parts.drawing = makeDrawing(byId('drawing'), chooseIrq);
    parts.timeline = makeTimeline(byId('timeline'), byId('timeline-canvas'), (axis, value) =>
        command(axis === 'ns' ? 'go-ns' : 'go', value));
    parts.irqs = makeTable(byId('irq-table'), byId('irq-scroll'), {columns: irqColumns(),
        rowHeight: 26, key: keyOf, name: irqName, onPick: chooseIrq, isChosen: keyIs,
        rowClass: (irq) => `${verdictOf(irq)}${keyIs(irq) ? ' chosen' : ''}`});
    parts.vcpus = makeTable(byId('vcpu-table'), byId('vcpu-scroll'), {
        columns: vcpuColumns(() => state.frame), rowHeight: 26, key: (vcpu) => vcpu.vcpu});
    parts.events = makeTable(byId('event-table'), byId('event-scroll'), {columns: eventColumns(),
        rowHeight: 26, key: (event) => event.seq, name: eventName,
        /* What an instruction does is done when it has retired. */
        onPick: (event) => command('go', event.instructions + (event.pc ? 1 : 0)),
        rowClass: (event) => (state.frame && event.instructions > state.frame.instructions
            ? 'future' : '') + (state.chosen && event.intid === state.chosen.intid
            ? ' chosen' : '')});
}

function listenControls() {
    const on = (id, type, run) => byId(id).addEventListener(type, run);

    for (const button of document.querySelectorAll('#controls button'))
        button.addEventListener('click', () => press(button));
    on('go', 'submit', (event) => { event.preventDefault(); goTo(); });
    on('copy', 'click', copyLink);
    on('slider', 'input', slide);
    on('slider', 'pointerdown', () => { slider.held = true; });
    for (const type of ['pointerup', 'pointercancel', 'change'])
        on('slider', type, () => { slider.held = false; });
    on('axis', 'change', () => parts.timeline.axis(byId('axis').value));
    on('zoom-in', 'click', () => parts.timeline.zoom(2));
    on('zoom-out', 'click', () => parts.timeline.zoom(0.5));
    on('zoom-all', 'click', () => parts.timeline.zoom(0));
}

function listenForms() {
    byId('filter').addEventListener('input', render);
    byId('filter').addEventListener('submit', (event) => event.preventDefault());
    byId('events-chosen').addEventListener('change', render);
    byId('ask').addEventListener('submit', (event) => {
        const intid = wholeNumber(byId('ask-intid').value);
        const vcpu = wholeNumber(byId('ask-vcpu').value);

        event.preventDefault();
        if (intid === null || vcpu === null)
            notice('Ask: an INTID and a vCPU, as numbers.');
        else
            choose({intid, vcpu, virtual: byId('ask-virtual').checked});
    });
    window.addEventListener('hashchange', () => {
        readAddress();
        if (state.frame)
            followAddress();
    });
}

async function readConsole() {
    const text = await source.console(), box = byId('console-text');

    if (text !== null && box.textContent !== text) {
        const atEnd = box.scrollTop + box.clientHeight > box.scrollHeight - 30;
        box.textContent = text;
        if (atEnd)
            box.scrollTop = box.scrollHeight;
    }
    if (text !== null)
        setText(byId('console-title'), text ? 'Console' : 'Console: nothing yet');
    if (source.live)
        setTimeout(readConsole, 1000);
}

/* A report has moments, not instructions, to step over. */
function asReport() {
    for (const id of ['stride-label', 'back', 'step'])
        show(byId(id), false);
    for (const [id, words] of [['back-event', 'Before'], ['step-event', 'Next']]) {
        const button = byId(id), icon = button.querySelector('svg');
        button.replaceChildren(...(id === 'step-event' ? [words, icon] : [icon, words]));
    }
}

function begin() {
    makeParts();
    listenControls();
    listenForms();
    source = openSource(incoming);
    document.body.classList.toggle('report', !source.live);
    if (!source.live)
        asReport();
    readAddress();
    render();
    if (source.live)
        readConsole();
}

begin();
