// SPDX-License-Identifier: GPL-2.0-or-later
// The GIC as a drawing: a lane for each vCPU, from sources through the distributor (shared by all
// lanes), the vCPU's redistributor and CPU interface to the vCPU. Gates stand across the lanes in
// the order of `irqlab why`; an interrupt stands in front of the gate that is closed. SPIs have a
// lane of their own up to the gate that routes them.
'use strict';

const STAGES = [
    {id: 'source', title: 'Sources', slots: ['source', 'trigger']},
    {id: 'dist', title: 'Distributor',
        slots: ['pending', 'not-active', 'enabled', 'group', 'distributor-group', 'routed']},
    {id: 'redist', title: 'Redistributor',
        slots: ['pending', 'not-active', 'enabled', 'group', 'awake']},
    {id: 'cpu', title: 'CPU interface',
        slots: ['system-registers', 'cpu-group', 'highest', 'priority-mask', 'running-priority']},
    {id: 'pe', title: 'vCPU', slots: ['power', 'target', 'pstate', 'vector']},
];
const SLOT_WORDS = {
    'not-active': 'not active', 'distributor-group': 'group on', 'system-registers': 'SRE',
    'cpu-group': 'group on', 'priority-mask': 'mask', 'running-priority': 'running',
    'pstate': 'PSTATE',
};
/* Gates that have no slot of their own stand at another's. */
const SLOT_OF = {
    'implemented': 'pending', 'lpis-enabled': 'pending', 'lpi-configuration': 'enabled',
    'listed': 'pending', 'virtual-interface': 'system-registers', 'virtual-group': 'cpu-group',
    'priority': 'priority-mask', 'acknowledge': 'pstate', 'held': 'power', 'resident': 'awake',
};
/* By an interrupt's home: a private one's bits are in the redistributor, a shared one's in the
 * distributor; a virtual one's are list registers. */
const AT_HOME = new Set(['pending', 'not-active', 'enabled', 'group']);

function placeOf(gate, kind) {
    const slot = SLOT_OF[gate] || gate;

    if (AT_HOME.has(slot)) {
        if (kind === 'virtual')
            return {stage: 'cpu', slot: 'system-registers'};
        return {stage: kind === 'SPI' ? 'dist' : 'redist', slot};
    }
    const stage = STAGES.find((s) => s.slots.includes(slot));
    return stage ? {stage: stage.id, slot} : {stage: 'source', slot: 'source'};
}

/* Columns for a width in px; a narrow drawing has one place for each stage's gates. */
function layOut(width) {
    const narrow = width < 720, shares = narrow ? [0.8, 1.1, 1.2, 1.1, 1.3]
        : [2.2, 6.2, 5.3, 5.4, 8.6];
    const sum = shares.reduce((a, b) => a + b), gap = narrow ? 5 : 10;
    const unit = (width - gap * (shares.length - 1)) / sum;
    const columns = {};
    let x = 0;

    STAGES.forEach((stage, i) => {
        const w = shares[i] * unit, slots = {};
        const label = !narrow && stage.id === 'pe' ? 0.54 : 0;
        const room = w * (1 - label) - 8, n = narrow ? 1 : stage.slots.length;
        stage.slots.forEach((slot, k) => {
            slots[slot] = narrow ? x + w * 0.82
                : x + 4 + room * (k + 0.62) / n;
        });
        columns[stage.id] = {x, w, slots, title: stage.title, labelAt: x + w * (1 - label) + 2};
        x += w + gap;
    });
    return {narrow, columns, width, head: narrow ? 22 : 50};
}

function makeDrawing(root, onPick) {
    const picture = svg('svg', {class: 'gic', role: 'img',
        'aria-labelledby': 'drawing-title drawing-desc'});
    const title = svg('title', {id: 'drawing-title'}, 'The GIC, from sources to vCPUs');
    const desc = svg('desc', {id: 'drawing-desc'}, '');
    const back = svg('g', {'aria-hidden': 'true'}), lanes = svg('g', {'aria-hidden': 'true'});
    const trails = svg('g', {'aria-hidden': 'true'}), tokens = svg('g', {'aria-hidden': 'true'});
    const rowNodes = new Map(), tokenNodes = new Map();
    let plan = null, rowHeight = 62, last = null, scheduled = false;

    const headings = svg('svg', {class: 'gic heads', 'aria-hidden': 'true'});

    picture.append(title, desc, back, lanes, trails, tokens);
    root.append(headings, picture);

    /* -- The still parts ----------------------------------------------------------------------- */

    function boxes(nRows) {
        const height = nRows * rowHeight, dist = plan.columns.dist;
        const parts = [];

        for (const stage of STAGES) {
            const c = plan.columns[stage.id];
            const words = plan.narrow && stage.id === 'redist' ? 'Redist.'
                : plan.narrow && stage.id === 'dist' ? 'Distrib.'
                : plan.narrow && stage.id === 'cpu' ? 'CPU if.' : c.title;
            parts.push(svg('text', {x: c.x + (stage.id === 'source' ? 0 : 4), y: 14,
                class: 'stage'}, words));
            if (!plan.narrow)
                parts.push(...slotWords(stage, c));
        }
        headings.replaceChildren(...parts);
        back.replaceChildren(svg('rect', {x: dist.x, y: 1, width: dist.w, height: height - 8,
            rx: 3, class: 'box'}));
        setAttr(headings, 'width', plan.width);
        setAttr(headings, 'height', plan.head);
        setAttr(picture, 'width', plan.width);
        setAttr(picture, 'height', height);
    }

    function slotWords(stage, c) {
        return stage.slots.map((slot, k) => svg('text', {x: c.slots[slot],
            y: k % 2 ? 43 : 31, class: 'slot'}, SLOT_WORDS[slot] || slot));
    }

    /* Row 0 is that of the SPIs. */
    const rowTop = (row) => row * rowHeight;
    const laneY = (row) => rowTop(row) + 26;

    function makeRow(row) {
        const g = svg('g'), node = {g, doors: new Map(), texts: {}};
        const stages = row ? ['source', 'dist', 'redist', 'cpu', 'pe'] : ['source', 'dist'];
        const end = row ? plan.columns.pe.labelAt - 6 : plan.columns.dist.slots.routed;

        for (const id of stages.slice(2))
            g.append(svg('rect', {x: plan.columns[id].x, y: rowTop(row) + 2,
                width: plan.columns[id].w, height: rowHeight - 10, rx: 3, class: 'box'}));
        g.append(svg('path', {d: `M${plan.columns.source.x + 4} ${laneY(row)}H${end}`,
            class: 'lane'}));
        for (const id of stages) {
            for (const slot of slotsOn(row, id)) {
                const door = svg('path', {class: 'gate'});
                node.doors.set(`${id} ${slot}`, {door, x: plan.columns[id].slots[slot]});
                g.append(door);
            }
        }
        addTexts(row, node);
        lanes.append(g);
        return node;
    }

    function slotsOn(row, id) {
        const slots = STAGES.find((stage) => stage.id === id).slots;

        if (plan.narrow)
            return id === 'dist' && row ? [slots[4]] : [slots[0]];
        return id === 'dist' && row ? ['distributor-group'] : slots;
    }

    function addTexts(row, node) {
        const words = (x, y, cls) => {
            const text = svg('text', {x, y, class: cls});
            node.g.append(text);
            return text;
        };
        const source = plan.columns.source, pe = plan.columns.pe, y = laneY(row);

        setText(words(source.x, y + (plan.narrow && row ? -13 : 22), 'kind'), row ? plan.narrow ? 'vCPU ' + (row - 1)
            : 'SGI PPI LPI' : 'SPI');
        node.texts.why = words(0, y + 22, 'why');
        if (!row)
            return;
        if (!plan.narrow) {
            const name = words(pe.labelAt, y - 12, 'vcpu');
            node.texts.does = svg('tspan', {class: 'state'});
            name.append(`vCPU ${row - 1} `, node.texts.does);
        }
        node.texts.state = words(plan.narrow ? pe.x + 4 : pe.labelAt, y + (plan.narrow ? -13 : 20),
            plan.narrow ? 'state' : 'place');
    }

    /* -- What moves ---------------------------------------------------------------------------- */

    function laneOf(irq) {
        const vcpu = vcpuOf(irq);
        const at = irq.gate ? placeOf(irq.gate, irq.kind) : null;

        if (irq.kind === 'SPI' && (vcpu === null || (irq.verdict === 'blocked' && at &&
            (at.stage === 'source' || at.stage === 'dist'))))
            return 0;
        return vcpu === null ? 0 : vcpu + 1;
    }

    /* Where it stands: {row, x, at}. */
    function standing(irq) {
        const row = laneOf(irq), pe = plan.columns.pe;

        if (irq.verdict === 'blocked') {
            const at = placeOf(asText(irq.gate), irq.kind);
            const node = slotX(at, row);
            return {row, x: node - 5, at: `${at.stage} ${at.slot}`};
        }
        if (!row)
            return {row, x: plan.columns.dist.slots.routed - 5, at: 'dist routed'};
        if (irq.verdict === 'coming')
            return {row, x: plan.narrow ? pe.x + pe.w * 0.6 : pe.slots.vector + 16, at: 'coming'};
        return {row, x: plan.narrow ? pe.x + pe.w - 2 : pe.x + pe.w - 6, at: 'active'};
    }

    function slotX(at, row) {
        const column = plan.columns[at.stage];
        return column ? column.slots[at.slot] : plan.columns.source.x + 30;
    }

    /* One token for all that stand at one place; the chosen one, or the most urgent, is named. */
    function gather(state) {
        const places = new Map();

        for (const irq of state.shown) {
            if (irq.verdict === 'idle' || !VERDICTS[irq.verdict])
                continue;
            const stand = standing(irq), id = `${stand.row} ${stand.at}`;
            const there = places.get(id);
            if (!there)
                places.set(id, {...stand, irq, n: 1});
            else {
                there.n++;
                if (isAhead(irq, there.irq, state.chosenKey))
                    there.irq = irq;
            }
        }
        return places;
    }

    function isAhead(a, b, chosenKey) {
        if (keyOf(a) === chosenKey || keyOf(b) === chosenKey)
            return keyOf(a) === chosenKey;
        return a.priority < b.priority;
    }

    /* It comes from its source: a new token starts there and travels. */
    function makeToken(key, place) {
        const g = svg('g', {class: 'token'}), shape = svg('path'), text = svg('text', {y: 4});
        const node = {g, shape, text, x: null, y: null, irq: place.irq};

        g.append(shape, text);
        g.style.transform = `translate(${plan.columns.source.x + 30}px, ${laneY(place.row)}px)`;
        g.addEventListener('click', () => onPick(node.irq));
        tokens.append(g);
        tokenNodes.set(key, node);
        return node;
    }

    const SHAPES = {
        blocked: (w) => `M${-w} -9H0V9H${-w}z`,
        coming: (w) => `M${-w} -9H-6L0 0L-6 9H${-w}z`,
        active: (w) => `M${9 - w} -9H-9A9 9 0 0 1 -9 9H${9 - w}A9 9 0 0 1 ${9 - w} -9z`,
    };

    function drawToken(node, place, chosen) {
        const {irq} = place, verdict = verdictOf(irq), w = widthOf(place);

        node.irq = irq;
        setText(node.text, labelOf(place));
        setAttr(node.text, 'x', -w / 2 - (verdict === 'coming' ? 2 : 0));
        setAttr(node.shape, 'd', SHAPES[verdict](w));
        setAttr(node.g, 'class', `token ${verdict}${chosen ? ' chosen' : ''}`);
        moveToken(node, Math.max(place.x, w), laneY(place.row));
    }

    function moveToken(node, x, y) {
        if (node.x === x && node.y === y)
            return;
        node.x = x;
        node.y = y;
        node.g.style.transform = `translate(${x}px, ${y}px)`;
    }

    const labelOf = ({irq, n}) => `${VERDICTS[verdictOf(irq)].mark} ` +
        `${irq.kind === 'virtual' ? 'v' : ''}${irq.intid}${n > 1 ? ` +${n - 1}` : ''}`;
    const widthOf = (place) => 14 + labelOf(place).length * 6.6;

    /* From right to left, so that those behind give way. */
    function queue(places) {
        const free = new Map();

        return [...places.values()].sort((a, b) => b.x - a.x).map((place) => {
            const x = Math.min(place.x, free.get(place.row) ?? Infinity);
            free.set(place.row, x - widthOf(place) - 1);
            return {...place, x};
        });
    }

    function drawTokens(places, state) {
        const seen = new Set(), old = tokenNodes.size;
        const inSight = queue(places).filter((p) => p.row >= state.first && p.row <= state.last);

        for (const place of inSight) {
            const key = keyOf(place.irq);
            seen.add(key);
            if (!tokenNodes.has(key))
                makeToken(key, place);
        }
        if (tokenNodes.size > old)
            tokens.getBoundingClientRect(); /* where they start counts */
        for (const place of inSight) {
            const key = keyOf(place.irq);
            drawToken(tokenNodes.get(key), place, key === state.chosenKey);
        }
        for (const [key, node] of tokenNodes) {
            if (!seen.has(key)) {
                node.g.remove();
                tokenNodes.delete(key);
            }
        }
    }

    function trailOf(place) {
        const {row, x, irq} = place, y = laneY(row);
        const from = irq.kind === 'virtual' ? plan.columns.cpu.x + 2 : plan.columns.source.x + 4;
        const turn = plan.narrow ? plan.columns.redist.x - 3 : plan.columns.dist.slots.routed + 8;

        if (irq.kind === 'SPI' && row)
            return `M${from} ${laneY(0)}H${turn}V${y}H${x}`;
        return `M${from} ${y}H${x}`;
    }

    function drawTrails(places, state) {
        const wanted = [...places.values()].filter((p) => p.row >= state.first &&
            p.row <= state.last);
        const rank = (place) => ['active', 'coming', 'blocked'].indexOf(place.irq.verdict);

        wanted.sort((a, b) => rank(a) - rank(b)); /* what is blocked is on top */

        while (trails.childNodes.length > wanted.length)
            trails.lastChild.remove();
        wanted.forEach((place, i) => {
            if (!trails.childNodes[i])
                trails.append(svg('path'));
            setAttr(trails.childNodes[i], 'd', trailOf(place));
            setAttr(trails.childNodes[i], 'class', `trail ${verdictOf(place.irq)}` +
                (keyOf(place.irq) === state.chosenKey ? ' chosen' : ''));
        });
    }

    /* -- Gates and words of a row -------------------------------------------------------------- */

    const GATES = {
        neutral: (x, y) => `M${x} ${y - 12}v7M${x} ${y + 5}v7`,
        pass: (x, y) => `M${x} ${y - 12}v7M${x} ${y + 5}v7`,
        fail: (x, y) => `M${x} ${y - 13}v26`,
        shut: (x, y) => `M${x} ${y - 11}v22`,
        none: (x, y) => `M${x} ${y - 12}v3M${x} ${y + 9}v3`,
    };

    /* Results of the chosen interrupt's gates by place; a closed one hides open ones. */
    function answered(state) {
        const byPlace = new Map();

        if (!state.answer || !state.chosen)
            return byPlace;
        for (const gate of asList(state.answer.gates)) {
            const at = placeOf(asText(gate.gate), state.chosen.kind);
            const row = state.chosen.kind === 'SPI' && (at.stage === 'source' ||
                at.stage === 'dist') ? 0 : state.chosen.vcpu + 1;
            const id = `${row} ${placeName(at, row)}`, kind = doorOf(gate, state.answer);
            if (!byPlace.has(id) || kind === 'fail' || byPlace.get(id) === 'none')
                byPlace.set(id, byPlace.get(id) === 'fail' ? 'fail' : kind);
        }
        return byPlace;
    }

    function placeName(at, row) {
        if (!plan.narrow)
            return `${at.stage} ${at.slot}`;
        return `${at.stage} ${slotsOn(row, at.stage)[0]}`;
    }

    function drawDoors(row, node, state) {
        const y = laneY(row);

        for (const [id, {door, x}] of node.doors) {
            const closed = state.closed.has(`${row} ${id}`);
            const kind = closed ? 'fail' : state.answered.get(`${row} ${id}`) || 'neutral';
            setAttr(door, 'd', GATES[kind](x, y));
            setAttr(door, 'class', `gate ${kind}`);
        }
    }

    /* Behind the gate if there is room up to the vCPU's words, else before it. */
    function whyAt(x, wide) {
        const left = plan.narrow ? 0 : plan.columns.source.x + 66;
        const right = plan.narrow ? plan.width : plan.columns.pe.labelAt - 6;

        if (x - 30 + wide <= right)
            return {at: x - 30, room: wide};
        if (x + 8 - wide >= left)
            return {at: x + 8 - wide, room: wide};
        return {at: Math.max(left, right - wide), room: Math.min(wide, right - left)};
    }

    function drawWhy(row, node, state) {
        const place = state.told.get(row), why = node.texts.why, letter = 7;

        if (!place) {
            setText(why, '');
            return;
        }
        const {irq} = place;
        const text = `✕ ${plan.narrow ? '' : `${irq.intid} `}${asText(irq.gate)}: ` +
            asText(irq.reason);
        const {at, room} = whyAt(place.x, text.length * letter);
        setText(why, clip(text, Math.floor(room / letter)));
        setAttr(why, 'x', at);
        setAttr(why, 'y', laneY(row) + 22);
    }

    function drawRow(row, state) {
        const node = rowNodes.get(row) || makeRow(row), vcpu = state.frame.vcpus[row - 1];

        rowNodes.set(row, node);
        setAttr(node.g, 'class', row === state.chosenRow ? 'row chosen' : 'row');
        drawDoors(row, node, state);
        drawWhy(row, node, state);
        if (!row || !vcpu)
            return;
        const pe = plan.columns.pe, room = Math.floor((pe.x + pe.w - pe.labelAt - 4) / 6.4);
        const masks = asText(vcpu.masks), symbol = asText(vcpu.symbol) || asText(vcpu.pc);
        setText(node.texts.state, plan.narrow ? asText(vcpu.state)
            : clip(masks ? `${masks} ${symbol}` : symbol, room));
        if (node.texts.does)
            setText(node.texts.does, clip(`${asText(vcpu.state)} EL${asText(vcpu.el)}`, 16));
    }

    const clip = (text, room) => text.length > room ? text.slice(0, room - 1) + '…' : text;

    /* -- All of it ----------------------------------------------------------------------------- */

    function plainRows(nVcpus) {
        const width = Math.max(300, root.clientWidth - 2);
        const height = nVcpus > 8 ? 58 : 62;

        if (plan && plan.width === width && rowHeight === height && plan.rows === nVcpus + 1)
            return;
        rowHeight = height;
        plan = layOut(width);
        plan.rows = nVcpus + 1;
        for (const node of rowNodes.values())
            node.g.remove();
        rowNodes.clear();
        boxes(plan.rows);
    }

    function inSight() {
        const first = Math.max(0, Math.floor(root.scrollTop / rowHeight) - 1);
        const n = Math.ceil((root.clientHeight || 300) / rowHeight) + 2;
        return {first, last: Math.min(plan.rows - 1, first + n)};
    }

    /* What is closed to somebody, and whose reason is told in each row. */
    function judge(state, places) {
        state.closed = new Set();
        state.told = new Map();
        for (const place of places.values()) {
            if (place.irq.verdict !== 'blocked')
                continue;
            const at = placeOf(asText(place.irq.gate), place.irq.kind);
            const told = state.told.get(place.row);
            state.closed.add(`${place.row} ${placeName(at, place.row)}`);
            if (!told || isAhead(place.irq, told.irq, state.chosenKey))
                state.told.set(place.row, place);
        }
    }

    function describe(state) {
        const blocked = state.shown.filter((irq) => irq.verdict === 'blocked');
        const words = blocked.slice(0, 5).map((irq) => `INTID ${irq.intid} is blocked at ` +
            `${asText(irq.gate)}, ${asText(irq.reason)}.`);

        setText(desc, blocked.length ? `${blocked.length} blocked. ${words.join(' ')}`
            : 'Nothing that is pending is blocked.');
    }

    function draw() {
        if (!last || !last.frame)
            return;
        plainRows(last.frame.vcpus.length);
        const state = {...last, ...inSight()};
        /* Of a machine that runs, the next frame comes before a long way is over. */
        setAttr(picture, 'class', `gic${last.frame.state === 'running' ? ' runs' : ''}`);
        const places = gather(state);
        state.answered = answered(state);
        judge(state, places);
        for (const [row, node] of rowNodes) {
            if (row < state.first || row > state.last) {
                node.g.remove();
                rowNodes.delete(row);
            }
        }
        for (let row = state.first; row <= state.last; row++)
            drawRow(row, state);
        drawTrails(places, state);
        drawTokens(places, state);
        describe(state);
    }

    function redraw() {
        if (!scheduled)
            requestAnimationFrame(() => { scheduled = false; draw(); });
        scheduled = true;
    }
    root.addEventListener('scroll', redraw, {passive: true});
    new ResizeObserver(redraw).observe(root);

    return {
        /** update - @shown: the frame's interrupts that the filter lets through. */
        update(frame, shown, chosen, answer) {
            const irq = chosen && shown.find((i) => keyOf(i) === chosen.key);
            last = {frame, shown, chosen, answer, chosenKey: chosen ? chosen.key : null,
                chosenRow: irq && plan ? laneOf(irq) : chosen ? chosen.vcpu + 1 : -1};
            draw();
        },
        reveal(vcpu) {
            if (plan)
                root.scrollTop = Math.max(0, rowTop(vcpu + 1) - root.clientHeight / 2);
        },
    };
}
