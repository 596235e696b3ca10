// SPDX-License-Identifier: GPL-2.0-or-later
// All vCPUs over time, on a canvas: handlers as blocks, the taller the more urgent they are, the mask ICC_PMR_EL1 as a line that an interrupt must stand above, PSTATE.I as a strip below.
'use strict';

/* What events say of each vCPU, in order: steps {x, pmr, running, masked, waits}, handlers
 * {from, to, intid, running}, pended marks. x is instructions and ns, so that both axes work. */
function lanesOf(events, nVcpus) {
    const lanes = Array.from({length: nVcpus}, () =>
        ({steps: [], handlers: [], open: [], pended: [], waits: false, off: false}));

    for (const event of events) {
        const lane = lanes[event.vcpu];
        if (lane)
            takeEvent(lane, event);
    }
    return lanes;
}

function takeEvent(lane, event) {
    const at = {instructions: event.instructions, ns: event.ns};

    if (event.kind === 'vcpu') {
        lane.waits = /wait/.test(asText(event.text));
        lane.off = /off/.test(asText(event.text));
    } else if (event.kind === 'acknowledged') {
        lane.open.push({from: at, to: null, intid: event.intid, running: event.running});
        lane.handlers.push(lane.open[lane.open.length - 1]);
    } else if (event.kind === 'priority drop' || event.kind === 'deactivated') {
        const i = lane.open.map((h) => h.intid).lastIndexOf(event.intid);
        if (i >= 0)
            lane.open.splice(i, 1)[0].to = at;
    } else if (event.kind === 'pended') {
        lane.pended.push({...at, intid: event.intid});
    }
    /* Its end may have been missed, of a machine that is faster than who looks. */
    if (event.running === 255 && event.kind !== 'acknowledged')
        lane.open.splice(0).forEach((handler) => { handler.to = at; });
    lane.steps.push({...at, pmr: event.pmr, running: event.running,
        masked: asText(event.masks).includes('I'), waits: lane.waits, off: lane.off});
}

/* 1, 2 or 5 times a power of ten, for about @n marks. */
function tickStep(span, n) {
    const raw = Math.max(span / n, 1), power = 10 ** Math.floor(Math.log10(raw));

    return [1, 2, 5, 10].map((k) => k * power).find((step) => step >= raw);
}

function makeTimeline(root, canvas, onPick) {
    const context = canvas.getContext('2d');
    const rest = element('div'); /* as tall as what is not in sight */
    let state = null, lanes = [], version = -1, axis = 'instructions', zoom = 1, colours = null;
    let scheduled = false, plan = {left: 60};

    /* -- Where things are ---------------------------------------------------------------------- */

    function range() {
        const now = state.frame[axis], all = state.events.concat(state.future);
        const first = all.length ? all[0][axis] : 0;
        const last = all.length ? all[all.length - 1][axis] : now;
        const ahead = axis === 'instructions' && state.live ? state.frame.reached : 0;
        const whole = {from: Math.min(first, now), to: Math.max(last, now, ahead, first + 1)};

        if (zoom === 1)
            return whole;
        const span = (whole.to - whole.from) / zoom;
        const from = Math.max(whole.from, Math.min(now - span * 0.6, whole.to - span));
        return {from, to: from + span};
    }

    function measure() {
        const width = Math.max(280, root.clientWidth), n = state.frame.vcpus.length;
        const row = n > 16 ? 26 : n > 4 ? 32 : 44, head = 18;
        const first = Math.max(0, Math.floor((root.scrollTop - head) / row));
        const height = root.clientHeight || 160;

        plan = {left: width < 500 ? 34 : 60, right: width - 6, width, row, head, n,
            view: Math.min(height, head + n * row + 4), first,
            last: Math.min(n - 1, first + Math.ceil(height / row)), ...range()};
    }

    const xOf = (at) => plan.left +
        (at[axis] - plan.from) / (plan.to - plan.from) * (plan.right - plan.left);

    /* The canvas is as large as what is in sight, and stays there while its box scrolls. */
    function resize() {
        const scale = window.devicePixelRatio || 1;
        const width = Math.round(plan.width * scale), height = Math.round(plan.view * scale);

        if (canvas.width !== width || canvas.height !== height) {
            canvas.width = width;
            canvas.height = height;
            canvas.style.width = `${plan.width}px`;
            canvas.style.height = `${plan.view}px`;
        }
        rest.style.height = `${Math.max(0, plan.head + plan.n * plan.row + 4 - plan.view)}px`;
        context.setTransform(scale, 0, 0, scale, 0, 0);
    }

    function readColours() {
        const style = getComputedStyle(document.documentElement);
        const names = ['text', 'quiet', 'line', 'panel', 'active', 'active-soft', 'blocked',
            'coming', 'masked', 'waits', 'pmr'];

        colours = Object.fromEntries(names.map((n) =>
            [n, style.getPropertyValue(`--${n}`).trim()]));
    }

    /* -- Drawing ------------------------------------------------------------------------------- */

    function text(words, x, y, colour, align = 'left') {
        context.fillStyle = colour;
        context.textAlign = align;
        context.fillText(words, x, y);
    }

    function ticks(tell) {
        const step = tickStep(plan.to - plan.from, (plan.right - plan.left) / 110);

        for (let at = Math.ceil(plan.from / step) * step; at <= plan.to; at += step)
            tell(at, Math.round(xOf({[axis]: at})) + 0.5);
    }

    function drawGrid() {
        context.fillStyle = colours.line;
        ticks((at, x) => context.fillRect(x, plan.head - 4, 1, plan.view));
    }

    /* Over what is scrolled below it. */
    function drawAxis() {
        const name = axis === 'ns' ? duration : count;
        let free = 0;

        context.fillStyle = colours.panel;
        context.fillRect(0, 0, plan.width, plan.head - 4);
        ticks((at, x) => {
            const words = name(at), wide = context.measureText(words).width;
            if (x - wide / 2 > free && x + wide / 2 < plan.width) {
                text(words, x, 10, colours.quiet, 'center');
                free = x + wide / 2 + 8;
            }
        });
    }

    /* From one event to the next. Masks are known at events alone: between two that are masked. */
    function drawSteps(lane, top, bottom) {
        const tall = bottom - top, end = xOf({[axis]: plan.to});
        const now = xOf(state.frame);

        lane.steps.forEach((step, i) => {
            const next = lane.steps[i + 1];
            const from = Math.max(plan.left, xOf(step));
            const to = Math.min(end, next ? xOf(next) : Math.max(now, xOf(step)));
            if (to < plan.left || from > end)
                return;
            const wide = Math.max(to - from, 0.5);
            if (step.waits || step.off) {
                context.fillStyle = colours.waits;
                context.fillRect(from, top, wide, tall);
            }
            if (step.masked && !step.off && (next ? next.masked : lane.maskedNow)) {
                context.fillStyle = colours.masked;
                context.fillRect(from, bottom + 1, wide, 3);
            }
            context.fillStyle = step.off ? colours.waits : colours.pmr;
            context.fillRect(from, heightOf(step.pmr, top, bottom) - 0.75, wide, 1.5);
        });
    }

    const heightOf = (p, top, bottom) => bottom - (255 - (isNumber(p) ? p : 255)) / 255 *
        (bottom - top);

    function drawHandlers(lane, top, bottom, chosen) {
        for (const handler of lane.handlers) {
            const to = handler.to || state.frame;
            const from = Math.max(plan.left, xOf(handler.from));
            const wide = Math.max(Math.min(xOf(to), plan.right) - from, 1.5);
            if (xOf(to) < plan.left || from > plan.right)
                continue;
            const y = Math.min(heightOf(handler.running, top, bottom), bottom - 8);
            const is = chosen && chosen.intid === handler.intid;
            context.fillStyle = is ? colours.active : colours['active-soft'];
            context.fillRect(from, y, wide, bottom - y);
            context.fillStyle = colours.active;
            context.fillRect(from, y, wide, 1.5);
            context.fillRect(from, y, 1, bottom - y);
            const words = String(handler.intid);
            if (wide > context.measureText(words).width + 6)
                text(words, from + 4, bottom - 3, is ? colours.panel : colours.text);
        }
    }

    function drawPended(lane, bottom, chosen) {
        for (const mark of lane.pended) {
            const x = xOf(mark);
            if (x < plan.left || x > plan.right)
                continue;
            context.fillStyle = chosen && chosen.intid === mark.intid ? colours.coming
                : colours.quiet;
            context.beginPath();
            context.moveTo(x - 3, bottom + 6);
            context.lineTo(x + 3, bottom + 6);
            context.lineTo(x, bottom + 1);
            context.fill();
        }
    }

    function drawLane(index) {
        const y = plan.head + index * plan.row - root.scrollTop, lane = lanes[index];
        const top = y + 3, bottom = y + plan.row - 8;

        text(plan.left < 60 ? String(index) : `vCPU ${index}`, 2, y + plan.row / 2 + 2,
            colours.text);
        context.save();
        context.beginPath();
        context.rect(plan.left, plan.head - 4, plan.right - plan.left, plan.view);
        context.clip();
        drawSteps(lane, top, bottom);
        drawHandlers(lane, top, bottom, state.chosen);
        drawPended(lane, bottom, state.chosen);
        context.restore();
        context.fillStyle = colours.line;
        context.fillRect(plan.left, bottom, plan.right - plan.left, 1);
    }

    function drawNow() {
        const x = Math.round(xOf(state.frame));

        if (x < plan.left - 1 || x > plan.right + 1)
            return;
        context.fillStyle = colours.text;
        context.fillRect(x - 0.5, 12, 1.5, plan.view);
        context.beginPath();
        context.moveTo(x - 5, 12);
        context.lineTo(x + 5, 12);
        context.lineTo(x, 18);
        context.fill();
    }

    function draw() {
        if (!state || !state.frame)
            return;
        if (!colours)
            readColours();
        if (version !== state.version) {
            lanes = lanesOf(state.events.concat(state.future), state.frame.vcpus.length);
            version = state.version;
        }
        lanes.forEach((lane, i) => {
            const now = state.frame.vcpus[i];
            lane.maskedNow = Boolean(now) && asText(now.masks).includes('I');
        });
        measure();
        resize();
        context.font = '11px system-ui, sans-serif';
        context.clearRect(0, 0, plan.width, plan.view);
        drawGrid();
        for (let i = plan.first; i <= plan.last && i < lanes.length; i++)
            drawLane(i);
        drawAxis();
        drawNow();
        setAttr(canvas, 'aria-label', `Timeline of ${plan.n} vCPUs from ` +
            `${axis === 'ns' ? duration(plan.from) : count(plan.from)} to ` +
            `${axis === 'ns' ? duration(plan.to) : count(plan.to)}${axis === 'ns' ? ''
                : ' instructions'}; the events are a table below`);
    }

    function redraw() {
        if (!scheduled)
            requestAnimationFrame(() => { scheduled = false; draw(); });
        scheduled = true;
    }

    root.append(rest);
    canvas.addEventListener('click', (event) => {
        const part = (event.offsetX - plan.left) / (plan.right - plan.left);
        if (state && part >= 0)
            onPick(axis, Math.max(0, Math.round(plan.from + part * (plan.to - plan.from))));
    });
    root.addEventListener('scroll', redraw, {passive: true});
    new ResizeObserver(redraw).observe(root);
    window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
        colours = null;
        redraw();
    });

    return {
        update(next) { state = next; draw(); },
        axis(name) { axis = name; redraw(); },
        zoom(factor) {
            zoom = factor ? Math.max(1, Math.min(1 << 20, zoom * factor)) : 1;
            redraw();
        },
    };
}
