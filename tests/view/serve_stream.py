#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What irqlab serve tells those who listen, and what commands do. Usage: as serve.py."""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from served import Failed, Served, expect, run_tests

# -- The stream ------------------------------------------------------------------------------------

NUMBER, TEXT, BOOL = int, str, bool
MAYBE_NUMBER, MAYBE_TEXT = (int, type(None)), (str, type(None))
EVENT = {'seq': NUMBER, 'instructions': NUMBER, 'ns': NUMBER, 'vcpu': MAYBE_NUMBER, 'kind': TEXT,
         'intid': MAYBE_NUMBER, 'text': TEXT, 'pc': MAYBE_TEXT, 'symbol': MAYBE_TEXT,
         'masks': TEXT, 'pmr': NUMBER, 'running': NUMBER, 'highest': NUMBER}
VCPU = {'vcpu': NUMBER, 'state': TEXT, 'pc': TEXT, 'symbol': MAYBE_TEXT, 'el': NUMBER,
        'masks': TEXT, 'pmr': NUMBER, 'running': NUMBER, 'highest': NUMBER,
        'highest_intid': MAYBE_NUMBER, 'groups': list, 'asleep': BOOL, 'lines': list,
        'instructions': NUMBER}
IRQ = {'intid': NUMBER, 'kind': TEXT, 'vcpu': MAYBE_NUMBER, 'target': (int, str, type(None)),
       'pending': BOOL, 'level': BOOL, 'active': BOOL, 'enabled': BOOL, 'edge': BOOL, 'hw': BOOL,
       'group': TEXT, 'priority': NUMBER, 'deliveries': NUMBER, 'verdict': TEXT,
       'gate': MAYBE_TEXT, 'reason': MAYBE_TEXT, 'advice': MAYBE_TEXT, 'section': MAYBE_TEXT,
       'last': (dict, type(None))}
TIMER = {'vcpu': NUMBER, 'timer': TEXT, 'intid': NUMBER, 'enabled': BOOL, 'masked': BOOL,
         'condition': BOOL, 'level': BOOL, 'deadline_ns': MAYBE_NUMBER}
FRAME = {'n': NUMBER, 'state': TEXT, 'idle': BOOL, 'instructions': NUMBER, 'ns': NUMBER,
         'begin': NUMBER, 'reached': NUMBER, 'end': MAYBE_NUMBER, 'end_ns': MAYBE_NUMBER,
         'message': TEXT, 'last_seq': NUMBER, 'vcpus': list, 'interrupts': list, 'timers': list}
WORDS = {'state': {'running', 'paused', 'debugger', 'over', 'ready', 'WFI', 'WFE', 'off', 'VMM'},
         'verdict': {'idle', 'active', 'coming', 'blocked'}, 'group': {'0', '1S', '1NS'}}


def check(what, schema, where):
    expect(set(what) == set(schema), f'{where}: has {sorted(what)}, not {sorted(schema)}')
    for key, kinds in schema.items():
        value = what[key]
        fits = isinstance(value, kinds) and (kinds is not int or not isinstance(value, bool))
        expect(fits, f'{where}.{key}: {value!r}')
        if key in WORDS and isinstance(value, str):
            expect(value in WORDS[key], f'{where}.{key}: {value!r}')


def check_frame(frame):
    check(frame, FRAME, 'frame')
    for vcpu in frame['vcpus']:
        check(vcpu, VCPU, 'vcpu')
    for irq in frame['interrupts']:
        check(irq, IRQ, 'irq')
        if irq['last']:
            check(irq['last'], EVENT, 'last')
        expect((irq['verdict'] == 'blocked') == (irq['gate'] is not None), irq)
    for timer in frame['timers']:
        check(timer, TIMER, 'timer')


def check_order(stream):
    """Events come in order, and none is of later than the frame."""
    events = [stream.events[seq] for seq in sorted(stream.events)]
    for event in events:
        check(event, EVENT, 'event')
    for a, b in zip(events, events[1:]):
        expect(a['instructions'] <= b['instructions'] and a['ns'] <= b['ns'],
               f'events out of order: {a} {b}')
    if stream.frame and events:
        expect(events[-1]['seq'] == stream.frame['last_seq'],
               f'last_seq {stream.frame["last_seq"]}, but the last event is {events[-1]["seq"]}')


def the_stream_is_as_documented(context):
    with Served(context.irqlab, '-smp', '2', *context.masked()) as served, served.stream() as stream:
        expect(stream.answer.headers['Content-Type'] == 'text/event-stream', 'its type')
        expect(stream.message()[0] == 'machine', 'the machine comes first')
        expect(stream.machine == served.json('/api/machine'), 'the same machine')
        numbers = []
        for _ in range(10):
            check_frame(stream.wait_frame())
            check_order(stream)
            numbers.append(stream.frame['n'])
        expect(sorted(set(numbers)) == numbers, f'frames again, or out of order: {numbers}')
        blocked = stream.wait_frame(lambda f: f['interrupts']
                                    and f['interrupts'][0]['verdict'] == 'blocked')
        irq = blocked['interrupts'][0]
        expect(irq['intid'] == 27 and irq['gate'] == 'priority-mask'
               and irq['reason'].startswith('ICC_PMR_EL1'), irq)
        served.do('pause')
        stream.wait_frame(lambda f: f['state'] == 'paused')
        comments, begin = stream.comments, time.monotonic()
        while stream.comments < comments + 2:
            line = stream.answer.readline()
            stream.comments += line.startswith(b':')
            expect(not line.startswith(b'event: frame'), 'a frame though nothing changes')
        expect(time.monotonic() - begin > 1, 'comments come more often than once a second')
        expect(b'5 ticks' in served.request(served.path('/api/console'))[2], 'the console')


def two_listen_at_once_and_one_reads_nothing(context):
    with Served(context.irqlab, *context.masked()) as served:
        deaf = [socket.create_connection((served.host, served.port)) for _ in range(3)]
        for s in deaf:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.sendall(f'GET {served.path("/api/stream")} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'
                      .encode())
        with served.stream() as a, served.stream() as b:
            begin, slowest = time.monotonic(), 0
            while time.monotonic() - begin < 3:
                before = time.monotonic()
                a.wait_frame()
                b.wait_frame()
                slowest = max(slowest, time.monotonic() - before)
            expect(slowest < 2, f'a frame took {slowest:.1f} s')
            served.do('pause')
            frames = [s.wait_frame(lambda f: f['state'] == 'paused') for s in (a, b)]
            expect(frames[0] == frames[1] and a.events == b.events, 'both see the same')
            served.do('step', 1000)
            after = [s.wait_frame(lambda f: f['instructions'] == frames[0]['instructions'] + 1000)
                     for s in (a, b)]
            expect(after[0] == after[1], 'both see the step of one')
        for s in deaf:
            s.close()


def no_more_than_sixteen_listen(context):
    with Served(context.irqlab, *context.masked()) as served:
        streams = [served.stream() for _ in range(16)]
        expect(all(s.status == 200 for s in streams), 'sixteen listen')
        with served.stream() as one_more:
            expect(one_more.status == 503 and b'too many' in one_more.answer.read(), 'one more')
        streams.pop().close()
        end = time.monotonic() + 20
        while time.monotonic() < end:  # that one hung up is seen with the next message
            with served.stream() as another:
                if another.status == 200:
                    another.wait_frame()
                    break
            time.sleep(0.2)
        else:
            raise Failed('the place of one that hung up is not free again')
        for s in streams:
            s.wait_frame()
            s.close()


# -- Commands --------------------------------------------------------------------------------------

def steps_go_back_and_forth(context):
    with Served(context.irqlab, '--paused', *context.masked()) as served, served.stream() as stream:
        frame = stream.wait_frame()
        expect(frame['state'] == 'paused' and frame['instructions'] == 0, frame)
        served.do('step')
        stream.wait_frame(lambda f: f['instructions'] == 1)
        served.do('go-ns', 2500000)
        frame = stream.wait_frame(lambda f: f['ns'] >= 2500000 and f['state'] == 'paused')
        at, known = frame['instructions'], dict(stream.events)
        check_order(stream)
        taken = [e for e in known.values() if e['kind'] == 'acknowledged']
        expect(len(taken) == 2, f'two ticks, at 1 and 2 ms: {taken}')
        served.do('back', 1000000)
        frame = stream.wait_frame(lambda f: f['instructions'] == at - 1000000)
        check_order(stream)
        expect(max(stream.events) == frame['last_seq'] < max(known), 'later events are forgotten')
        while not stream.future:
            stream.message()
        expect([e['seq'] for e in stream.future]
               == [seq for seq in sorted(known) if seq > frame['last_seq']],
               'what is known to come')
        served.do('go', at)
        stream.wait_frame(lambda f: f['instructions'] == at)
        while stream.future:
            stream.message()
        check_order(stream)
        bare = [{k: v for k, v in e.items() if k != 'seq'} for _, e in sorted(known.items())]
        again = [{k: v for k, v in e.items() if k != 'seq'}
                 for _, e in sorted(stream.events.items())]
        expect(bare == again, 'the same came again')
        served.do('back-event')
        stream.wait_frame(lambda f: f['instructions'] < at)
        served.do('run')
        stream.wait_frame(lambda f: f['state'] == 'running')
        served.do('go', (1 << 63) - 1)
        served.do('pause')
        stream.wait_frame(lambda f: f['state'] == 'paused')


def ctrl_c_ends_streams_and_all(context):
    for how in (signal.SIGINT, signal.SIGTERM, 'quit'):
        with Served(context.irqlab, *context.masked()) as served, served.stream() as stream:
            stream.wait_frame()
            if how == 'quit':
                served.do('quit')
                expect(served.process.wait(20) == 0, f'quit: {served.log()}')
            else:
                expect(served.end(how) == 0, f'{how}: {served.log()}')
            last = None
            while (message := stream.message())[0]:
                last = message
            expect(last == ('end', {}), f'the stream says that it is over: {last}')


def a_recording_goes_to_any_time(context):
    with tempfile.TemporaryDirectory(prefix='irqlab-serve-') as folder:
        path = os.path.join(folder, 'recording')
        subprocess.run([context.irqlab, 'run', *context.masked(), '-serial', 'null', '--record',
                        path, '--max-insns', '8000000'], check=False, capture_output=True)
        with Served(context.irqlab, '--recording', path) as served, served.stream() as stream:
            frame = stream.wait_frame(lambda f: f['state'] in ('over', 'paused'))
            expect(frame['end'] == 8000000, f'end {frame["end"]}')
            for ns, ticks in ((1500000, 1), (4500000, 4), (2000, 0), (7000000, 5)):
                served.do('go-ns', ns)
                frame = stream.wait_frame(lambda f: f['state'] == 'paused'
                                          and abs(f['ns'] - ns) < 2000)
                check_frame(frame)
                check_order(stream)
                taken = [e for e in stream.events.values() if e['kind'] == 'acknowledged']
                expect(len(taken) == ticks, f'{len(taken)} ticks in {ns} ns')
            irq = frame['interrupts'][0]
            expect(irq['intid'] == 27 and irq['gate'] == 'priority-mask', irq)


def names_may_be_any_bytes(context):
    with tempfile.TemporaryDirectory(prefix='irqlab-serve-') as folder:
        kernel = os.path.join(os.fsencode(folder), b'a\xff\x1b"<kernel>')
        names = os.path.join(folder, 'System.map')
        with open(context.masked()[1], 'rb') as image, open(kernel, 'wb') as copy:
            copy.write(image.read())
        with open(names, 'wb') as file:
            for address in range(0x40080000, 0x40084000, 4):
                file.write(b'%x T z\xff\x1b[2J"\n' % address)
        with Served(context.irqlab, '--symbols', names, '-kernel', kernel) as served, \
                served.stream() as stream:
            frame = stream.wait_frame(lambda f: f['interrupts']
                                      and f['interrupts'][0]['verdict'] == 'blocked')
            check_frame(frame)
            expect(len(frame['vcpus']) == 1, frame['vcpus'])
            symbols = {e['symbol'] for e in stream.events.values()}
            expect('z??[2J"+0x0' in symbols, symbols)
            expect(stream.machine['kernel'].endswith('/a?\x1b"<kernel>'), stream.machine['kernel'])
            expect(served.json('/api/why', intid=27, vcpu=0)['gates'], 'why')


def looking_leaves_no_trace(context):
    """What is looked at, stopped and stepped while it is recorded runs as the replay does."""
    with tempfile.TemporaryDirectory(prefix='irqlab-serve-') as folder:
        path = os.path.join(folder, 'recording')
        with Served(context.irqlab, '--record', path, *context.masked()) as served, \
                served.stream() as stream:
            for n in range(20):
                served.json('/api/why', intid=27, vcpu=0)
                served.do(('pause', 'step', 'run', 'step-event')[n % 4])
                stream.wait_frame()
            served.do('back')
            stream.wait_frame(lambda f: 'no way back' in f['message'])
        run = subprocess.run([context.irqlab, 'replay', path], capture_output=True, text=True,
                             timeout=120, check=False)
        # 103 would be another end; 110: the recording, too, was stopped by a signal.
        expect(run.returncode in (0, 110), f'the replay: {run.returncode} {run.stderr}')


# -- With others -----------------------------------------------------------------------------------

def mend(context, folder):
    """How long it takes until a page hears that what a debugger has mended is delivered, in s."""
    door = os.path.join(folder, 'gdb')
    with Served(context.irqlab, '-gdb', f'unix:{door}', *context.masked()) as served, \
            served.stream() as stream:
        irq = stream.wait_frame(lambda f: f['interrupts']
                                and f['interrupts'][0]['verdict'] == 'blocked')['interrupts'][0]
        expect(irq['gate'] == 'priority-mask', irq)
        debugger = subprocess.Popen(
            ['gdb-multiarch', '-q', '-nx', '-batch', '-ex', 'set confirm off',
             '-ex', 'set architecture aarch64', '-ex', f'target remote {door}',
             '-ex', 'set $ICC_PMR_EL1 = 0xff', '-ex', f'shell touch {door}.mended',
             '-ex', 'detach'], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        end = time.monotonic() + 60
        while not os.path.exists(door + '.mended') and time.monotonic() < end:
            time.sleep(0.01)
        mended = time.monotonic()
        stream.wait_frame(lambda f: any(i['intid'] == 27 and i['verdict'] != 'blocked'
                                        and i['deliveries'] > irq['deliveries']
                                        for i in f['interrupts']))
        took = time.monotonic() - mended
        debugger.communicate(timeout=60)
        return took


def mending_in_the_debugger_turns_it_green_within_a_second(context):
    took = []
    while min(took, default=1) >= 1 and len(took) < 4:  # others use this machine, too
        with tempfile.TemporaryDirectory(prefix='irqlab-serve-') as folder:
            took.append(mend(context, folder))
    expect(min(took) < 1, f'green after {took} s')


def machine_seconds(served):
    """What the machine's thread has had of the host's processors so far."""
    with open(f'/proc/{served.process.pid}/task/{served.process.pid}/schedstat',
              encoding='ascii') as file:
        return int(file.read().split()[0]) / 1e9


def count_frames(served, seconds):
    """How many come a second to somebody who does nothing but receive. On a host that others use,
    too, a second is one that the machine has run, as it always does on one that it has alone."""
    with socket.create_connection((served.host, served.port), timeout=60) as s:
        s.sendall(f'GET {served.path("/api/stream")} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.encode())
        n, rest, begin, ran = 0, b'', time.monotonic(), machine_seconds(served)
        while time.monotonic() < begin + seconds:
            rest += s.recv(1 << 20)
            n += rest.count(b'event: frame\n')
            rest = rest[-13:] if not rest.endswith(b'event: frame\n') else b''
        return n / (time.monotonic() - begin), n / (machine_seconds(served) - ran)


def a_crowd_comes_at_ten_frames_a_second(context):
    options = ('-smp', '64', '-gic', 'spis=988', '-kernel',
               os.path.join(context.images, 'view-crowd.elf'))
    with Served(context.irqlab, *options) as served:
        with served.stream() as stream:
            frame = stream.wait_frame(lambda f: len(f['interrupts']) >= 988, 120)
            expect(len(frame['vcpus']) == 64, frame['vcpus'])
            check_frame(frame)
        rates = []
        while not any(max(rate) >= 10 for rate in rates) and len(rates) < 8:
            rates.append(count_frames(served, 2))
        text = ', '.join(f'{rate:.1f} ({own:.1f} of its own)' for rate, own in rates)
        print(f'{text} frames a second, {len(json.dumps(frame)) // 1024} KiB each')
        expect(any(max(rate) >= 10 for rate in rates), f'{text} frames a second')


def many_ask_at_once(context):
    """Asks of all kinds from many threads while it runs, steps and goes back: each is answered."""
    problems = []

    def ask(served, n):
        try:
            for i in range(15):
                kind = (n + i) % 4
                if kind == 0:
                    served.json('/api/why', intid=27, vcpu=0)
                elif kind == 1:
                    served.request(served.path('/api/console'))
                elif kind == 2:
                    served.do(('run', 'pause', 'step', 'back')[(n + i) // 4 % 4])
                else:
                    with served.stream() as stream:
                        if stream.status == 200:  # else sixteen are there, some of them gone
                            check_frame(stream.wait_frame())
        except Exception as e:  # pylint: disable=broad-except
            problems.append(repr(e))

    with Served(context.irqlab, *context.masked()) as served:
        threads = [threading.Thread(target=ask, args=(served, n)) for n in range(12)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        expect(not problems, problems[:3])


if __name__ == '__main__':  # no sanitizer keeps up with a crowd
    sys.exit(run_tests(globals(), slow=('a_crowd_comes_at_ten_frames_a_second',)))
