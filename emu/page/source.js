// SPDX-License-Identifier: GPL-2.0-or-later
// Where frames come from: irqlab serve (server-sent events), or a report's own data. Both have
//     command(name, argument)         as emu/view/view.h's view_command_of()
//     why(intid, vcpu, virtual)       what `irqlab why --json` says, or {error: "..."}
//     console()                       the guest's last output
// and tell @on: machine(m), frame(f), events(list), back({last_seq}), future(list),
// connection(state, text).
'use strict';

/* -- Live -------------------------------------------------------------------------------------- */

function liveSource(on) {
    const token = new URLSearchParams(location.search).get('token') || '';
    const at = (path, query = {}) =>
        `api/${path}?${new URLSearchParams({...query, token})}`;
    let stream = null;

    function parsed(message) {
        try {
            return JSON.parse(message.data);
        } catch (error) {
            return null;
        }
    }

    function hear(name, isIt, tell) {
        stream.addEventListener(name, (message) => {
            const value = parsed(message);
            if (isIt(value))
                tell(value);
        });
    }

    /* A stream that was refused is not tried again by the browser: why was it? */
    async function closed() {
        let status = 0;

        try {
            status = (await fetch(at('console'))).status;
        } catch (error) {
            status = 0;
        }
        if (status === 401 || status === 403) {
            on.connection('refused', 'The token in this address is not that of this irqlab. ' +
                'Open the address that irqlab serve has printed.');
            return;
        }
        on.connection('lost', 'The connection to irqlab is lost: it has ended, or was stopped. ' +
            'What is shown is the last that was seen. Trying again.');
        setTimeout(connect, 1500);
    }

    const isObject = (value) => value !== null && typeof value === 'object';

    function connect() {
        stream = new EventSource(at('stream'));
        stream.addEventListener('open', () => on.connection('open', ''));
        stream.addEventListener('error', () => {
            if (stream.readyState === EventSource.CLOSED)
                closed();
            else
                on.connection('lost', 'The connection to irqlab is lost. Trying again.');
        });
        hear('machine', isObject, on.machine);
        hear('frame', isObject, on.frame);
        hear('back', isObject, on.back);
        hear('events', Array.isArray, on.events);
        hear('future', Array.isArray, on.future);
        stream.addEventListener('end', () => {
            stream.close(); // another irqlab has another token
            on.connection('lost', 'irqlab has ended. What is shown is the last that was seen.');
        });
    }

    async function asked(path, query) {
        const reply = await fetch(at(path, query));
        return {ok: reply.ok, text: await reply.text()};
    }

    connect();
    return {
        live: true,
        async command(name, argument = 0) {
            try {
                const reply = await fetch(at('command'), {
                    method: 'POST',
                    headers: {'Content-Type': 'application/json', 'X-Irqlab-Token': token},
                    body: JSON.stringify({command: name, argument}),
                });
                return reply.ok ? '' : `irqlab refuses: ${(await reply.text()).slice(0, 300)}`;
            } catch (error) {
                return 'irqlab does not answer.';
            }
        },
        async why(intid, vcpu, isVirtual) {
            const query = {intid, vcpu, ...(isVirtual ? {virtual: 1} : {})};
            try {
                const reply = await asked('why', query);
                return reply.ok ? JSON.parse(reply.text) : {error: errorOf(reply.text)};
            } catch (error) {
                return {error: 'irqlab does not answer.'};
            }
        },
        async console() {
            if (stream.readyState !== EventSource.OPEN)
                return null; // nobody is there to ask
            try {
                const reply = await asked('console', {});
                return reply.ok ? reply.text : null;
            } catch (error) {
                return null;
            }
        },
    };
}

/* An error is JSON or plain text. */
function errorOf(text) {
    try {
        const value = JSON.parse(text);
        return asText(value.error) || text;
    } catch (error) {
        return text.slice(0, 300) || 'refused';
    }
}

/* -- A report ---------------------------------------------------------------------------------- */

/* Each frame has what has changed since the one before (emu/report/report.h). */
function wholeFrames(deltas) {
    const vcpus = [], interrupts = new Map();
    let timers = [];

    return asList(deltas).map((delta) => {
        for (const vcpu of asList(delta.vcpus))
            vcpus[vcpu.vcpu] = vcpu;
        for (const key of asList(delta.gone))
            interrupts.delete(key);
        for (const irq of asList(delta.interrupts))
            interrupts.set(keyOf(irq), irq);
        timers = Array.isArray(delta.timers) ? delta.timers : timers;
        return {...delta, vcpus: vcpus.slice(), timers, interrupts: [...interrupts.values()]};
    });
}

function reportSource(data, on) {
    const frames = wholeFrames(data.frames);
    const keys = asList(data.event_keys);
    const events = asList(data.events).map((row) =>
        Object.fromEntries(keys.map((key, i) => [key, row[i]])));
    let index = 0, timer = null;

    function tell() {
        const frame = frames[index], last = frame.last_seq;

        on.events(events.filter((event) => event.seq <= last), true);
        on.future(events.filter((event) => event.seq > last));
        on.frame({...frame, n: index + 1, state: timer ? 'running' : 'paused', index,
            begin: frames[0].instructions, reached: frames[frames.length - 1].instructions});
    }

    function to(next) {
        index = Math.max(0, Math.min(frames.length - 1, next));
        if (index === frames.length - 1)
            pause();
        tell();
    }

    function pause() {
        clearInterval(timer);
        timer = null;
    }

    /* The last frame at or before it. */
    function at(field, value) {
        const next = frames.findIndex((frame) => frame[field] > value);
        return next < 0 ? frames.length - 1 : next - 1;
    }

    const commands = {
        'run': () => {
            pause();
            if (index === frames.length - 1)
                index = 0;
            timer = setInterval(() => to(index + 1), 250);
            tell();
        },
        'pause': () => { pause(); tell(); },
        'step': (n) => { pause(); to(index + n); },
        'back': (n) => { pause(); to(index - n); },
        'step-event': () => { pause(); to(index + 1); },
        'back-event': () => { pause(); to(index - 1); },
        'go': (n) => { pause(); to(at('instructions', n)); },
        'go-ns': (n) => { pause(); to(at('ns', n)); },
        'frame': (n) => { pause(); to(n); },
    };

    setTimeout(() => {
        on.machine(data.machine || {});
        on.connection('report', '');
        if (frames.length)
            tell();
    }, 0);
    return {
        live: false,
        frames: frames.length,
        name: asText(data.name),
        async command(name, argument = 0) {
            if (commands[name] && frames.length)
                commands[name](argument);
            return '';
        },
        async why(intid, vcpu, isVirtual) {
            const answers = frames.length && frames[index].why || {};
            const answer = asList(data.answers)[answers[`${isVirtual ? 'v' : ''}${intid}/${vcpu}`]];
            return answer ? {...answer, instructions: frames[index].instructions,
                gates: asList(answer.gates).map((place) => asList(data.gates)[place])}
                : {error: 'The report has no gates of it here: it is idle at this moment.'};
        },
        async console() {
            const bytes = new TextEncoder().encode(asText(data.console));
            const end = (frames[index]?.console_bytes ?? 0) - (Number(data.console_start) || 0);
            return new TextDecoder().decode(bytes.slice(0, Math.max(end, 0)));
        },
    };
}

/** openSource - the report's data if the page has some, else irqlab serve. */
function openSource(on) {
    const data = byId('report-data');

    return data ? reportSource(JSON.parse(data.textContent), on) : liveSource(on);
}
