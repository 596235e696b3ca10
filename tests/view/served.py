# SPDX-License-Identifier: GPL-2.0-or-later
"""An `irqlab serve` for tests: started, asked, commanded, listened to, ended.

    with Served(irqlab, '-kernel', image) as served:
        browser_page.open(served.url)
        status, answer = served.command('step', 100)
        with served.stream() as stream:
            frame = stream.wait_frame(lambda f: f['state'] == 'paused')
"""
import http.client
import inspect
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

START_SECONDS = 30
END_SECONDS = 20


class Failed(Exception):
    """A sentence that does not hold."""


def expect(condition, sentence):
    if not condition:
        raise Failed(sentence)


class Served:
    def __init__(self, irqlab, *options):
        self.folder = tempfile.TemporaryDirectory(prefix='irqlab-serve-')
        self.url_file = os.path.join(self.folder.name, 'url')
        self.log_path = os.path.join(self.folder.name, 'log')
        with open(self.log_path, 'wb') as log:
            self.process = subprocess.Popen(
                [irqlab, 'serve', '--url-file', self.url_file, *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + START_SECONDS
        while not os.path.exists(self.url_file):
            if self.process.poll() is not None or time.monotonic() > end:
                self.process.kill()
                raise Failed(f'irqlab serve {options} does not start: {self.log()}')
            time.sleep(0.02)
        with open(self.url_file, encoding='ascii') as file:
            self.url = file.read().strip()
        parts = urllib.parse.urlsplit(self.url)
        self.host, self.port = parts.hostname, parts.port
        self.token = urllib.parse.parse_qs(parts.query)['token'][0]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            code = self.end()
            if kind is None and code:
                raise Failed(f'irqlab serve ended with {code}: {self.log()}')
        self.folder.cleanup()

    def log(self):
        with open(self.log_path, encoding='utf-8', errors='replace') as log:
            return log.read()

    def end(self, how=signal.SIGINT):
        """As Ctrl-C; the exit code."""
        self.process.send_signal(how)
        try:
            return self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed(f'irqlab serve does not end: {self.log()}') from None

    # -- Requests ------------------------------------------------------------------------------

    def path(self, path, token=None, **query):
        """A path with the token (another one, '' for none) and a query behind it."""
        token = self.token if token is None else token
        query = {**query, **({'token': token} if token else {})}
        return path + ('?' + urllib.parse.urlencode(query) if query else '')

    def request(self, path, method='GET', headers=None, body=None):
        """(status, headers, body) of a request as it is given."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def json(self, path, **query):
        status, _, body = self.request(self.path(path, **query))
        expect(status == 200, f'{path} {query}: {status} {body}')
        return json.loads(body)

    def post(self, body, headers=None):
        """(status, JSON) of a command, its body as it is given."""
        status, _, answer = self.request('/api/command', 'POST', {
            'X-Irqlab-Token': self.token, **(headers or {})}, body)
        return status, json.loads(answer)

    def command(self, name, argument=None):
        command = {'command': name, **({} if argument is None else {'argument': argument})}
        return self.post(json.dumps(command))

    def do(self, name, argument=None):
        """A command that must be taken."""
        status, answer = self.command(name, argument)
        expect((status, answer) == (200, {'ok': True}), f'{name} {argument}: {status} {answer}')

    def raw(self, data, seconds=60):
        """What comes back for these bytes, until it is hung up."""
        with socket.create_connection((self.host, self.port), timeout=seconds) as s:
            s.sendall(data)
            answer = b''
            while part := s.recv(1 << 16):
                answer += part
            return answer

    def stream(self):
        return Stream(self)


class Stream:
    """Server-sent events, as a page has them."""

    def __init__(self, served):
        self.connection = http.client.HTTPConnection(served.host, served.port, timeout=60)
        self.connection.request('GET', served.path('/api/stream'))
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        self.comments = 0
        self.events = {}  # by seq: what a page knows
        self.frame, self.future, self.machine = None, [], None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.answer.close()
        self.connection.close()

    def message(self):
        """The next (event, data); (None, None): the stream is at its end."""
        event = data = None
        while line := self.answer.readline():
            line = line.rstrip(b'\n')
            if line.startswith(b':'):
                self.comments += 1
            elif line.startswith(b'event: '):
                event = line[7:].decode()
            elif line.startswith(b'data: '):
                data = json.loads(line[6:])
            elif not line and event:
                self.take(event, data)
                return event, data
            elif line:
                raise Failed(f'a line that is none of the format: {line[:80]}')
        return None, None

    def take(self, event, data):
        if event == 'machine':
            self.machine, self.events = data, {}
        elif event == 'back':
            self.events = {seq: e for seq, e in self.events.items() if seq <= data['last_seq']}
        elif event == 'events':
            self.events.update({e['seq']: e for e in data})
        elif event == 'frame':
            self.frame = data
        elif event == 'future':
            self.future = data

    def wait_frame(self, condition=lambda frame: True, seconds=30):
        """The first frame from now on of which that is true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            event, data = self.message()
            expect(event, 'the stream ended')
            if event == 'frame' and condition(data):
                return data
        raise Failed(f'no such frame in {seconds} s; the last one: {json.dumps(self.frame)[:2000]}')


# -- Tests that are functions, named by their sentences ---------------------------------------------

class Context:
    def __init__(self, irqlab, images, page):
        self.irqlab, self.images, self.page = irqlab, images, page

    def masked(self):
        """Options of a guest whose timer is blocked by the mask after five ticks."""
        return '-kernel', os.path.join(self.images, 'view-masked.elf')


def run_tests(functions, slow=()):
    """IRQLAB IMAGES PAGE [TEST...]: those named, else all but @slow; the exit code."""
    irqlab, images, page, *names = sys.argv[1:]
    context = Context(irqlab, images, page)
    tests = {name: fn for name, fn in functions.items()
             if inspect.isfunction(fn) and list(inspect.signature(fn).parameters) == ['context']}
    failed = 0
    for name in names or [name for name in tests if name not in slow]:
        sentence = name.replace('_', ' ')
        begin = time.monotonic()
        try:
            tests[name](context)
            print(f'PASS: {sentence} ({time.monotonic() - begin:.1f} s)', flush=True)
        except Failed as e:
            print(f'FAIL: {sentence}: {e}', flush=True)
            failed = 1
    return failed
