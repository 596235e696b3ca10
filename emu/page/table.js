// SPDX-License-Identifier: GPL-2.0-or-later
// Tables of which only the rows in sight are there: a real <table>, with two empty rows for what is
// above and below. One row holds the Tab key's place; arrows, Page Up/Down, Home and End move it.
'use strict';

/**
 * makeTable - into @table inside the scrolling box @scroller.
 * columns: [{title, cls, fill(cell, item)}]; the first is a button if there is onPick(item).
 * key(item): unique; name(item): what a screen reader hears of the button; rowClass(item).
 * The returned object's update(items) shows them.
 */
function makeTable(table, scroller, options) {
    const {columns, key, rowHeight} = options;
    const above = element('tr', {'aria-hidden': 'true', class: 'space'}, element('td'));
    const below = element('tr', {'aria-hidden': 'true', class: 'space'}, element('td'));
    const body = element('tbody');
    const rows = [];
    let items = [], place = 0, placeKey = null, scheduled = false;
    let stop = 0; /* the row that Tab comes to: `place`, or one in sight */

    table.append(element('thead', {}, element('tr', {'aria-rowindex': '1'},
        ...columns.map((c) => element('th', {scope: 'col', class: c.cls || ''}, c.title)))), body);
    body.append(above, below);
    for (const space of [above, below])
        space.firstChild.colSpan = columns.length;

    function pick(row) {
        place = row.index;
        placeKey = row.key;
        options.onPick(row.item);
        draw();
    }

    function makeRow() {
        const row = {tr: element('tr'), cells: [], button: null, item: null, key: null, index: -1};

        for (const [i, column] of columns.entries()) {
            const cell = element(i ? 'td' : 'th', {class: column.cls || ''});
            if (!i)
                cell.setAttribute('scope', 'row');
            if (!i && options.onPick) {
                row.button = element('button', {type: 'button', tabindex: '-1'});
                cell.append(row.button);
            }
            row.cells.push(row.button && !i ? row.button : cell);
            row.tr.append(cell);
        }
        if (row.button)
            row.tr.addEventListener('click', () => row.item && pick(row));
        body.insertBefore(row.tr, below);
        return row;
    }

    function fill(row, index) {
        const item = items[index];

        row.index = index;
        row.item = item;
        row.key = key(item);
        setAttr(row.tr, 'aria-rowindex', index + 2);
        setAttr(row.tr, 'class', options.rowClass ? options.rowClass(item) : '');
        for (const [i, column] of columns.entries())
            column.fill(row.cells[i], item);
        if (!row.button)
            return;
        setAttr(row.button, 'aria-label', options.name(item));
        setAttr(row.button, 'tabindex', index === stop ? 0 : -1);
        if (options.isChosen)
            setAttr(row.button, 'aria-pressed', options.isChosen(item));
    }

    function inSight() {
        const height = scroller.clientHeight || 300;
        const first = Math.max(0, Math.floor(scroller.scrollTop / rowHeight) - 3);
        const n = Math.min(items.length - first, Math.ceil(height / rowHeight) + 6);
        return [first, Math.max(0, n)];
    }

    function draw() {
        const focused = rows.find((row) => row.button && row.button === document.activeElement);
        const [first, n] = inSight();

        setAttr(table, 'aria-rowcount', items.length + 1);
        while (rows.length < n)
            rows.push(makeRow());
        while (rows.length > n)
            rows.pop().tr.remove();
        stop = Math.max(first, Math.min(place, first + n - 1));
        rows.forEach((row, i) => fill(row, first + i));
        above.firstChild.style.height = `${first * rowHeight}px`;
        below.firstChild.style.height = `${(items.length - first - n) * rowHeight}px`;
        show(above, first > 0);
        show(below, items.length - first - n > 0);
        if (focused)
            keepFocus();
    }

    function keepFocus() {
        const row = rows.find((r) => r.index === place);
        if (row && row.button !== document.activeElement)
            row.button.focus({preventScroll: true});
    }

    /* The item at which the Tab key was stays it, wherever it is sorted to. */
    function findPlace() {
        const found = placeKey === null ? -1 : items.findIndex((item) => key(item) === placeKey);

        place = found >= 0 ? found : Math.max(0, Math.min(place, items.length - 1));
    }

    function reveal(index) {
        const top = index * rowHeight, head = table.tHead.offsetHeight;

        if (top < scroller.scrollTop)
            scroller.scrollTop = top;
        else if (top + rowHeight + head > scroller.scrollTop + scroller.clientHeight)
            scroller.scrollTop = top + rowHeight + head - scroller.clientHeight;
    }

    function moveTo(index) {
        place = Math.max(0, Math.min(index, items.length - 1));
        placeKey = items.length ? key(items[place]) : null;
        reveal(place);
        draw();
        keepFocus();
    }

    const page = () => Math.max(1, Math.floor(scroller.clientHeight / rowHeight) - 1);
    const moves = {
        ArrowDown: () => place + 1, ArrowUp: () => place - 1,
        PageDown: () => place + page(), PageUp: () => place - page(),
        Home: () => 0, End: () => items.length - 1,
    };
    body.addEventListener('keydown', (event) => {
        if (!moves[event.key] || event.ctrlKey || event.altKey || event.metaKey)
            return;
        event.preventDefault();
        moveTo(moves[event.key]());
    });
    body.addEventListener('focusin', (event) => {
        const row = rows.find((r) => r.tr.contains(event.target));
        if (row) {
            place = row.index;
            placeKey = row.key;
        }
    });
    function redraw() {
        if (!scheduled)
            requestAnimationFrame(() => { scheduled = false; draw(); });
        scheduled = true;
    }
    scroller.addEventListener('scroll', redraw, {passive: true});
    new ResizeObserver(redraw).observe(scroller);

    return {
        update(next) {
            items = next;
            findPlace();
            draw();
        },
        reveal(itemKey) {
            const index = items.findIndex((item) => key(item) === itemKey);
            if (index >= 0)
                reveal(index);
        },
        toEnd() {
            scroller.scrollTop = scroller.scrollHeight;
            draw();
        },
    };
}
