// SPDX-License-Identifier: GPL-2.0-or-later
// What irqlab serve sends, as text.
'use strict';

const token = new URLSearchParams(location.search).get('token') || sessionStorage.getItem('token');
if (token)
    sessionStorage.setItem('token', token);

function show(frame) {
    document.getElementById('state').textContent =
        `${frame.state}, ${frame.instructions} instructions, ${frame.ns} ns. ${frame.message}`;
    document.getElementById('interrupts').replaceChildren(...frame.interrupts.map((irq) => {
        const item = document.createElement('li');
        item.className = irq.verdict;
        item.textContent = `INTID ${irq.intid}: ${irq.verdict} ${irq.reason || ''}`;
        return item;
    }));
}

const stream = new EventSource('api/stream?token=' + encodeURIComponent(token));
stream.addEventListener('frame', (message) => show(JSON.parse(message.data)));
