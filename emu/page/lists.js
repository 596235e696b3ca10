// SPDX-License-Identifier: GPL-2.0-or-later
// The tables: interrupts, vCPUs, events.
'use strict';

/* -- Interrupts -------------------------------------------------------------------------------- */

/* Blocked ones first; the rest by number alone, so that a running machine's rows stay in place. */
function sortInterrupts(list) {
    const rank = (irq) => irq.verdict === 'blocked' ? 0 : 1;

    return list.slice().sort((a, b) => rank(a) - rank(b) || a.intid - b.intid ||
        (a.vcpu === b.vcpu ? 0 : (a.vcpu ?? -1) - (b.vcpu ?? -1)));
}

function fillVerdict(cell, irq) {
    const verdict = verdictOf(irq);

    setText(cell, `${VERDICTS[verdict].mark} ${VERDICTS[verdict].word}`);
    setAttr(cell, 'class', `verdict ${verdict}`);
}

function gateText(irq) {
    if (irq.verdict === 'blocked')
        return asText(irq.gate);
    return irq.last ? asText(irq.last.kind) : '';
}

function irqName(irq) {
    const at = targetText(irq), where = at === 'none' ? 'routed nowhere' : `vCPU ${at}`;
    const why = irq.verdict === 'blocked' ? ` at ${asText(irq.gate)}, ${asText(irq.reason)}` : '';

    return `${asText(irq.kind)} ${irq.intid}, ${where}, ${verdictOf(irq)}${why}`;
}

const shortReason = (irq) => irq.verdict === 'blocked' ? asText(irq.reason) : '';

function irqColumns() {
    return [
        {title: 'INTID', cls: 'number', fill: (c, i) =>
            setText(c, i.kind === 'virtual' ? `v${i.intid}` : `${asText(i.kind)} ${i.intid}`)},
        {title: 'Stands', cls: 'verdict', fill: fillVerdict},
        {title: 'Gate, last event', cls: 'gate', fill: (c, i) => {
            setText(c, gateText(i));
            setAttr(c, 'class', `gate ${verdictOf(i)}`);
            setAttr(c, 'title', shortReason(i));
        }},
        {title: 'vCPU', cls: 'number', fill: (c, i) => setText(c, targetText(i))},
        {title: 'Prio', cls: 'code', fill: (c, i) => setText(c, priority(i.priority))},
        {title: 'Grp', cls: 'code', fill: (c, i) => setText(c, asText(i.group))},
        {title: 'State', cls: 'code', fill: (c, i) => {
            setText(c, letters(i));
            setAttr(c, 'title', 'Pending, Line up, Active, Enabled, Configured as edge');
        }},
        {title: 'Taken', cls: 'number', fill: (c, i) => setText(c, count(i.deliveries))},
    ];
}

/* -- vCPUs ------------------------------------------------------------------------------------- */

/* Three bars, as far from the left as the priority's number; none when nothing runs or waits. */
function fillBars(cell, vcpu) {
    if (!cell.firstChild) {
        const bars = svg('svg', {viewBox: '0 0 100 18', preserveAspectRatio: 'none',
            class: 'bars', 'aria-hidden': 'true'});
        for (const [i, name] of ['pmr', 'running', 'highest'].entries())
            bars.append(svg('rect', {x: 0, y: 1 + i * 6, height: 4, class: `bar-${name}`}));
        cell.append(bars);
    }
    ['pmr', 'running', 'highest'].forEach((name, i) => setAttr(
        cell.firstChild.childNodes[i], 'width',
        isNumber(vcpu[name]) && (i === 0 || vcpu[name] !== 255)
            ? ((vcpu[name] & 0xff) / 255 * 100).toFixed(1) : 0));
}

function highestText(vcpu) {
    return isNumber(vcpu.highest_intid) ? `${priority(vcpu.highest)} (${vcpu.highest_intid})`
        : '–';
}

const words = (list) => asList(list).join(' ') || '–';
const idleText = (value) => value === 255 ? '–' : priority(value);

/* The timer of @vcpu that fires first, of those that are enabled. */
function nextTimer(frame, vcpu) {
    const mine = asList(frame.timers).filter((t) => t.vcpu === vcpu.vcpu);
    const due = (t) => isNumber(t.deadline_ns) ? t.deadline_ns : Infinity;
    const timer = mine.reduce((a, b) => !a || due(b) < due(a) ? b : a, null);

    if (!timer)
        return '–';
    const when = timer.level ? 'output is up' : timer.condition ? 'has fired'
        : isNumber(timer.deadline_ns) ? `in ${duration(timer.deadline_ns - frame.ns)}` : 'never';
    return `${asText(timer.timer)} (${asText(timer.intid)}) ${when}` +
        (timer.masked ? ', masked' : '');
}

/* frame(): the one that is shown. */
function vcpuColumns(frame) {
    return [
        {title: 'vCPU', cls: 'number', fill: (c, v) => setText(c, v.vcpu)},
        {title: 'State', cls: '', fill: (c, v) => {
            setText(c, asText(v.state) + (v.asleep ? ', redistributor asleep' : ''));
            setAttr(c, 'class', `vcpu-state ${v.asleep ? 'asleep' : ''}`);
        }},
        {title: 'EL', cls: 'number', fill: (c, v) => setText(c, asText(v.el))},
        {title: 'Masks', cls: 'code', fill: (c, v) => setText(c, asText(v.masks) || '–')},
        {title: 'PMR', cls: 'code', fill: (c, v) => setText(c, priority(v.pmr))},
        {title: 'Running', cls: 'code', fill: (c, v) => setText(c, idleText(v.running))},
        {title: 'Highest', cls: 'code', fill: (c, v) => setText(c, highestText(v))},
        {title: 'Priorities', cls: 'bar', fill: fillBars},
        {title: 'Groups', cls: 'code', fill: (c, v) => setText(c, words(v.groups))},
        {title: 'Lines', cls: 'code', fill: (c, v) => setText(c, words(v.lines))},
        {title: 'Next timer', cls: '', fill: (c, v) => setText(c, nextTimer(frame(), v))},
        {title: 'At', cls: 'place', fill: (c, v) => {
            setText(c, asText(v.symbol) || asText(v.pc));
            setAttr(c, 'title', asText(v.pc));
        }},
    ];
}

/* -- Events ------------------------------------------------------------------------------------ */

function eventColumns() {
    return [
        {title: 'Instructions', cls: 'number', fill: (c, e) => setText(c, count(e.instructions))},
        {title: 'Time', cls: 'number', fill: (c, e) => setText(c, duration(e.ns))},
        {title: 'vCPU', cls: 'number', fill: (c, e) => setText(c, asText(e.vcpu) || '–')},
        {title: 'INTID', cls: 'number', fill: (c, e) => setText(c, asText(e.intid) || '–')},
        {title: 'Event', cls: 'text', fill: (c, e) => {
            const text = [asText(e.kind), asText(e.text)].filter(Boolean).join(': ');
            setText(c, text);
            setAttr(c, 'title', text);
        }},
        {title: 'At', cls: 'place', fill: (c, e) => {
            setText(c, asText(e.symbol) || asText(e.pc));
            setAttr(c, 'title', asText(e.pc));
        }},
    ];
}

function eventName(event) {
    const who = event.vcpu === null || event.vcpu === undefined ? '' : `vCPU ${event.vcpu}, `;
    const what = isNumber(event.intid) ? ` INTID ${event.intid}` : '';

    return `${count(event.instructions)} instructions, ${who}${asText(event.kind)}${what} ` +
        `${asText(event.text)}: go there`;
}

/* -- Events that are known --------------------------------------------------------------------- */

/** addEvent - to @list, in order: those that were numbered later are not so any more. */
function addEvent(list, event) {
    while (list.length && list[list.length - 1].seq >= event.seq)
        list.pop();
    list.push(event);
}
