# SPDX-License-Identifier: GPL-2.0-or-later
"""A stream of frames without a machine, for tests of the page: as irqlab serve's, from emu/page/.

    with Synthetic(vcpus=64, interrupts=1000, per_second=20) as server:
        page.open(server.url)

Frames are a function of their number. server.commands: what the page has asked for. Odd data and
refusals are made with the `odd` and `refuse` arguments.
"""
import http.server
import json
import os
import threading
import time
import urllib.parse

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../emu/page')
TYPES = {'.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript'}
CSP = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
       "img-src 'self' data:; base-uri 'none'; form-action 'none'")
GATES = [('priority-mask', 'ICC_PMR_EL1', 'Priority', '>'),
         ('enabled', 'GICD_ISENABLER4', 'Set_enable_bit', '=='),
         ('distributor-group', 'GICD_CTLR', 'EnableGrp1', '=='),
         ('routed', 'GICD_IROUTER100', 'Affinity', '=='),
         ('running-priority', 'ICC_RPR_EL1', 'Priority', '>'), ('pstate', 'PSTATE', 'I', '==')]
# What a guest, a file or a bug might bring.
ODD = ['<img src=x onerror=alert(1)>', '</script><script>alert(1)</script>', '', None, -1, 1e300,
       {}, [], 'x' * 5000, '\u202e\0\ud800', '27@0', True]


def event(seq, at, vcpu, kind, intid, text=''):
    return {'seq': seq, 'instructions': at, 'ns': at * 2, 'vcpu': vcpu, 'kind': kind,
            'intid': intid, 'text': text, 'pc': '0x40080000', 'symbol': 'main+0x10',
            'masks': 'I' if kind == 'acknowledged' else '', 'pmr': 240,
            'running': 160 if kind == 'acknowledged' else 255, 'highest': 255}


def interrupt(i, n, vcpus):
    verdict = ('idle', 'blocked', 'active', 'coming')[(i * 7 + n // (1 + i % 5)) % 4]
    gate, reg, field, relation = GATES[i % len(GATES)]
    blocked = verdict == 'blocked'
    private = i < 32
    return {'intid': i, 'kind': 'SGI' if i < 16 else 'PPI' if i < 32 else 'SPI',
            'vcpu': i % vcpus if private else None,
            'target': i % vcpus if private or i % 9 else 'any',
            'pending': verdict in ('blocked', 'coming'), 'level': i % 2 == 0,
            'active': verdict == 'active', 'enabled': gate != 'enabled', 'edge': i % 3 == 0, 'hw': False,
            'group': '1NS', 'priority': 0x80 + i % 16 * 8, 'deliveries': n // 3,
            'verdict': verdict, 'gate': gate if blocked else None,
            'reason': f'{reg}.{field} = 0x70 (wanted {relation} 0xa0)' if blocked else None,
            'advice': 'write a larger value' if blocked else None,
            'section': 'IHI 0069 4.8.6' if blocked else None,
            'last': event(n * 10 + 1, n * 1000, i % vcpus, 'pended', i, 'priority 0xa0')}


def vcpu(v, n):
    return {'vcpu': v, 'state': ('running', 'ready', 'WFI')[(v + n) % 3], 'pc': hex(0x40080000 + n),
            'symbol': f'handle_irq+0x{n % 64 * 4:x}', 'el': 1, 'masks': 'I' if (v + n) % 2 else '',
            'pmr': 240, 'running': 160 if (v + n) % 4 == 0 else 255, 'highest': 128 + v % 100,
            'highest_intid': 32 + v, 'groups': ['1NS'], 'asleep': v == 5, 'lines': ['IRQ'],
            'instructions': n * 100}


def frame(n, vcpus, interrupts, now=None):
    return {'n': n, 'state': 'running', 'idle': False, 'instructions': n * 1000 if now is None
            else now, 'ns': n * 2000, 'begin': 0, 'reached': n * 1000, 'end': None, 'end_ns': None,
            'message': '', 'last_seq': n * 10, 'vcpus': [vcpu(v, n) for v in range(vcpus)],
            'interrupts': [interrupt(i, n, vcpus) for i in range(interrupts)], 'timers': []}


def events_of(n, vcpus):
    kinds = ('pended', 'acknowledged', 'priority drop', 'deactivated', 'vcpu')
    return [event(n * 10 + k, n * 1000 + k * 100, (n + k // 5) % vcpus, kinds[k % 5],
                  32 + (n + k // 5) % 100, 'waits' if k % 5 == 4 else 'priority 0xa0')
            for k in range(10)]


def twist(value, n):
    """Every third leaf becomes something odd."""
    if isinstance(value, dict):
        return {k: twist(v, n + i * 5 + 1) for i, (k, v) in enumerate(value.items())}
    if isinstance(value, list):
        return [twist(v, n + i * 3 + 1) for i, v in enumerate(value)]
    return ODD[n % len(ODD)] if n % 3 == 0 else value


def gates(n):
    return {'format': 1, 'instructions': n * 1000, 'verdict': 'blocked',
            'first_failed': 'priority-mask', 'mend': 'write a larger value', 'delivered': 3,
            'line': 'IRQ', 'gates': [
                {'gate': name, 'result': 'fail' if name == 'priority-mask' else 'pass',
                 'register': reg, 'field': field, 'section': 'IHI 0069 4.8.6', 'mend': 'do it',
                 'note': '', 'value': '0x70', 'relation': relation, 'wanted': '0xa0',
                 'written': None} for name, reg, field, relation in GATES]}


KEPT = 40  # messages


def as_message(name, value):
    return f'event: {name}\ndata: {json.dumps(value)}\n\n'.encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def reply(self, status, kind, body):
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(body)))
        self.send_header('Content-Security-Policy', CSP)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = urllib.parse.urlsplit(self.path).path
        name = 'index.html' if path == '/' else path.lstrip('/')
        if path.startswith('/api/') and self.server.options.refuse:
            return self.reply(403, 'text/plain', b'wrong token')
        if path == '/api/stream':
            return self.stream()
        if path == '/api/why':
            return self.reply(200, 'application/json',
                              json.dumps(self.server.options.why()).encode())
        if path == '/api/console':
            return self.reply(200, 'text/plain', b'Hello from the guest\n<b>not bold</b>\n')
        file = os.path.join(PAGE, os.path.basename(name))
        if not os.path.exists(file):
            return self.reply(404, 'text/plain', b'no such file')
        with open(file, 'rb') as source:
            return self.reply(200, TYPES[os.path.splitext(file)[1]], source.read())

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        self.server.options.commands.append(json.loads(body))
        self.reply(200, 'application/json', b'{}')

    def send(self, message):
        self.wfile.write(message)
        self.wfile.flush()

    def stream(self):
        self.send_response(200)
        self.send_header('Content-Type', 'text/event-stream')
        self.send_header('Connection', 'close')
        self.end_headers()
        try:
            for message in self.server.options.messages():
                self.send(message)
        except (BrokenPipeError, ConnectionResetError):
            pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


class Synthetic:
    def __init__(self, vcpus=4, interrupts=40, per_second=10, odd=False, refuse=False):
        self.vcpus, self.interrupts, self.per_second = vcpus, interrupts, per_second
        self.odd, self.refuse = odd, refuse
        self.commands, self.known, self.sent, self.over = [], [], 0, threading.Event()
        self.server = Server(('127.0.0.1', 0), Handler)
        self.server.options = self
        self.url = f'http://127.0.0.1:{self.server.server_address[1]}/?token=t'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    def why(self):
        return twist(gates(self.sent), self.sent) if self.odd else gates(self.sent)

    def made(self, n):
        parts = [('events', events_of(n, self.vcpus)),
                 ('frame', frame(n, self.vcpus, self.interrupts))]
        if self.odd:
            parts += [('future', events_of(n + 1, self.vcpus)), ('frame', ODD[n % len(ODD)]),
                      ('machine', ODD[n % len(ODD)]), ('events', ODD)]
            parts = [(name, twist(value, n)) for name, value in parts]
        return b''.join(as_message(name, value) for name, value in parts)

    def messages(self):
        """Made once, and again and again: making them takes longer than drawing them."""
        yield as_message('machine', {'vcpus': self.vcpus, 'kernel': 'synthetic',
                                     'recording': None})
        n = 0
        while not self.over.wait(1 / self.per_second):
            if len(self.known) <= n % KEPT:
                self.known.append(self.made(n + 1))
            yield self.known[n % KEPT]
            n += 1
            self.sent = n
