// SPDX-License-Identifier: GPL-2.0-or-later
// The gates of the chosen interrupt: a row of doors, one of them told in full, all as a table.
'use strict';

const DOORS = {
    pass: {word: 'open', mark: '✓'},
    fail: {word: 'closed', mark: '✕'},
    shut: {word: 'closed', mark: '·'}, /* and nobody waits in front of it */
    none: {word: 'not applicable', mark: '–'},
};

/* A gate that is closed while nothing waits is no fault. */
function doorOf(gate, answer) {
    if (gate.result === 'fail')
        return answer.verdict === 'blocked' ? 'fail' : 'shut';
    return gate.result === 'pass' ? 'pass' : 'none';
}

function registerOf(gate) {
    const index = isNumber(gate.field_index) ? gate.field_index : '';
    const field = asText(gate.field);

    if (!gate.register)
        return field || '–';
    return field ? `${gate.register}.${field}${index}` : gate.register;
}

function wantedOf(gate) {
    if (gate.value === undefined)
        return '';
    return gate.relation === 'any' ? 'any' : `${asText(gate.relation)} ${asText(gate.wanted)}`;
}

function writerOf(gate) {
    const w = gate.written;

    if (w === undefined)
        return '';
    if (w === null)
        return 'never written: reset value';
    if (w.by === 'wire')
        return `its wire, at ${count(w.instructions)} instructions`;
    return `vCPU ${w.vcpu} at ${asText(w.symbol) || asText(w.pc)}` +
        `${w.symbol ? ` (pc ${asText(w.pc)})` : ''}, ${asText(w.register)} = ${asText(w.value)}, ` +
        `${count(w.instructions)} instructions`;
}

/* A leaf in its frame: across the way when closed, folded back when open. */
function doorPicture(kind) {
    const picture = svg('svg', {viewBox: '0 0 32 26', class: 'leaf', 'aria-hidden': 'true'});

    picture.append(svg('path', {d: 'M0 13H32', class: 'way'}),
        svg('path', {d: 'M16 1v4M16 21v4', class: 'post'}));
    if (kind === 'fail')
        picture.append(svg('path', {d: 'M16 4v18', class: 'bar'}));
    else if (kind === 'shut')
        picture.append(svg('path', {d: 'M16 5v16', class: 'bar'}));
    else if (kind === 'pass')
        picture.append(svg('path', {d: 'M16 5L27 1', class: 'bar'}));
    return picture;
}

function makeGates() {
    const list = byId('doors'), detail = byId('door'), rows = byId('gate-rows');
    const buttons = [];
    let gates = [], told = {}, chosen = null, shownKey = '', before = new Map();

    function choose(index, focus) {
        chosen = gates[index] ? gates[index].gate : null;
        draw();
        if (focus && buttons[index])
            buttons[index].focus();
    }

    list.addEventListener('keydown', (event) => {
        const at = buttons.indexOf(document.activeElement);
        const next = {ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1,
            Home: 0, End: gates.length - 1}[event.key];
        if (at < 0 || next === undefined || event.ctrlKey || event.altKey || event.metaKey)
            return;
        event.preventDefault();
        choose(Math.max(0, Math.min(next, gates.length - 1)), true);
    });

    function makeButton(index) {
        const button = element('button', {type: 'button'});

        button.addEventListener('click', () => choose(index, false));
        list.append(element('li', {}, button));
        buttons.push(button);
    }

    function fillButton(button, gate) {
        const kind = doorOf(gate, told), name = asText(gate.gate), index = buttons.indexOf(button);
        const key = `${kind} ${name}`;

        if (button.dataset.key !== key) {
            button.dataset.key = key;
            button.replaceChildren(doorPicture(kind), element('span', {class: 'name'}, name),
                element('span', {class: 'word'}, `${DOORS[kind].mark} ${DOORS[kind].word}`));
        }
        setAttr(button, 'class', `door ${kind}${changed(gate) ? ' changed' : ''}`);
        setAttr(button, 'aria-pressed', name === chosen);
        setAttr(button, 'tabindex', index === place() ? 0 : -1);
    }

    const place = () => Math.max(0, gates.findIndex((gate) => gate.gate === chosen));
    const changed = (gate) => before.has(gate.gate) && before.get(gate.gate) !== doorOf(gate, told);

    function fillDetail(gate) {
        const kind = doorOf(gate, told), parts = [], key = kind + JSON.stringify(gate);

        if (detail.dataset.key === key)
            return;
        detail.dataset.key = key;
        const term = (name, text, cls = '') => text && parts.push(
            element('dt', {}, name), element('dd', {class: cls}, text));
        term('Register', registerOf(gate), 'code');
        if (gate.value !== undefined)
            term('Value', `${gate.value}, wanted ${wantedOf(gate)}`, 'code');
        term('Written by', writerOf(gate), 'code');
        term('Note', asText(gate.note));
        if (kind === 'fail')
            term('To open it', asText(gate.mend), 'advice');
        term('Section', asText(gate.section));
        detail.replaceChildren(
            element('h3', {class: kind}, `${DOORS[kind].mark} ${asText(gate.gate)}: `,
                element('span', {}, DOORS[kind].word)), element('dl', {}, ...parts));
        detail.className = kind;
    }

    function fillTable() {
        rows.replaceChildren(...gates.map((gate) => {
            const kind = doorOf(gate, told);
            return element('tr', {class: kind},
                element('th', {scope: 'row'}, asText(gate.gate)),
                element('td', {class: 'verdict'}, `${DOORS[kind].mark} ${DOORS[kind].word}`),
                element('td', {class: 'code'}, registerOf(gate)),
                element('td', {class: 'code'}, asText(gate.value)),
                element('td', {class: 'code'}, wantedOf(gate)),
                element('td', {class: 'code'}, writerOf(gate) +
                    (gate.note ? ` (${gate.note})` : '')),
                element('td', {}, asText(gate.section)));
        }));
    }

    function draw() {
        while (buttons.length < gates.length)
            makeButton(buttons.length);
        while (buttons.length > gates.length)
            buttons.pop().parentNode.remove();
        buttons.forEach((button, i) => fillButton(button, gates[i]));
        show(list, gates.length > 0);
        show(detail, gates.length > 0);
        show(byId('gate-list'), gates.length > 0);
        if (gates.length)
            fillDetail(gates[place()]);
        if (byId('gate-list').open)
            fillTable();
    }

    byId('gate-list').addEventListener('toggle', () => fillTable());

    function verdictText(answer, name) {
        const where = `at ${count(answer.instructions)} instructions`;

        if (answer.verdict === 'blocked')
            return `${name} is blocked at ${asText(answer.first_failed)}. To open it: ` +
                `${asText(answer.mend)}.`;
        if (answer.verdict === 'deliverable')
            return `${name}: every gate is open, the vCPU takes it as ${asText(answer.line)}.`;
        if (answer.verdict === 'delivered')
            return `${name} was delivered ${answer.delivered === 1 ? 'once'
                : `${count(answer.delivered)} times`}, and nothing of it waits now.`;
        return `${name}, ${where}`;
    }

    /* The door that is told in full is the first closed one, until another is chosen. */
    function answerFor(answer, key) {
        const first = asText(answer.first_failed);

        before = new Map(key === shownKey ? gates.map((g) => [g.gate, doorOf(g, told)]) : []);
        told = answer;
        gates = asList(answer.gates).filter((g) => g !== null && typeof g === 'object');
        if (key !== shownKey || !gates.some((g) => g.gate === chosen))
            chosen = first || (gates.length ? gates[gates.length - 1].gate : null);
        else if (first && before.get(first) === 'pass')
            chosen = first;
        shownKey = key;
    }

    return {
        /** update - @answer: of the interrupt @key, called @name; null: none is chosen. */
        update(answer, key, name) {
            const verdict = byId('verdict');

            show(byId('gates-empty'), !answer);
            show(verdict, Boolean(answer));
            setText(byId('gates-title'), answer ? `Gates of ${name}` : 'Gates');
            if (!answer || answer.error) {
                gates = [];
                shownKey = '';
                setText(verdict, answer ? asText(answer.error) : '');
                setAttr(verdict, 'class', '');
                draw();
                return;
            }
            answerFor(answer, key);
            setText(verdict, verdictText(answer, name));
            setAttr(verdict, 'class', answer.verdict === 'blocked' ? 'fail' : 'pass');
            draw();
        },
        /** opened - names of the gates that were closed in the answer before. */
        opened() {
            return gates.filter((g) => before.get(g.gate) === 'fail' && doorOf(g, told) === 'pass')
                .map((g) => g.gate);
        },
    };
}
