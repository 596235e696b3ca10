#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may ask irqlab serve, and what. Usage: serve.py IRQLAB IMAGES PAGE [TEST...]

IMAGES: the folder of built images/view; PAGE: emu/page. Each test is a function below, named by its
sentence."""
import json
import os
import re
import stat
import subprocess
import sys

from served import Served, expect, run_tests

API = ('/api/machine', '/api/stream', '/api/why', '/api/console')
JSON_TYPE = 'application/json'


# -- Who may ask -----------------------------------------------------------------------------------

def only_who_knows_the_token_is_answered(context):
    with Served(context.irqlab, *context.masked()) as served:
        wrong = ('', '0' * 32, served.token[:-1], served.token + '0', served.token.upper() + 'X',
                 served.token[:-1] + ('1' if served.token[-1] == '0' else '0'), '%00' * 32)
        for path in ('/', '/nothing', '/api/nothing', '/../etc/passwd', *API):
            for token in wrong:
                status, headers, body = served.request(served.path(path, token))
                expect(status == 403, f'{path} by token {token!r}: {status}')
                expect(b'standard error' in body and served.token.encode() not in body,
                       f'{path}: does not say where the right address is: {body}')
                expect((headers['Content-Type'] == JSON_TYPE) == path.startswith('/api/'),
                       f'{path}: {headers["Content-Type"]}')
        for token in wrong[1:]:
            for headers in ({}, {'X-Irqlab-Token': token}):
                status, *_ = served.request('/api/command', 'POST', headers, '{"command":"quit"}')
                expect(status == 403, f'a command by token {token!r}: {status}')
        status, *_ = served.request(served.path('/'), headers={'X-Irqlab-Token': wrong[1]})
        expect(status == 403, 'a wrong token in the header counts before one in the address')
        for path in ('/', '/api/machine', '/api/console'):
            expect(served.request(served.path(path))[0] == 200, f'{path} by the right token')
            status, *_ = served.request(path, headers={'X-Irqlab-Token': served.token})
            expect(status == 200, f'{path} by the right token in the header')
        expect(served.process.poll() is None, 'a command without the token ended irqlab')


def tokens_are_secret_and_new_each_time(context):
    tokens = set()
    for _ in range(2):
        with Served(context.irqlab, *context.masked()) as served:
            expect(re.fullmatch('[0-9a-f]{32}', served.token), f'not 128 bits: {served.token}')
            expect(served.url == f'http://127.0.0.1:{served.port}/?token={served.token}',
                   served.url)
            expect(f'irqlab serve: {served.url}\n' in served.log(), served.log())
            mode = stat.S_IMODE(os.stat(served.url_file).st_mode)
            expect(mode == 0o600, f'others may read the address: mode {mode:o}')
            tokens.add(served.token)
            served.end()
            expect(not os.path.exists(served.url_file), 'the address is still there afterwards')
    expect(len(tokens) == 2, 'the same token twice')


def other_users_of_this_host_are_kept_out(context):
    with Served(context.irqlab, *context.masked()) as served:
        for name in ('cmdline', 'environ'):
            with open(f'/proc/{served.process.pid}/{name}', 'rb') as file:
                expect(served.token.encode() not in file.read(), f'the token is in its {name}')
        if os.geteuid():
            return  # who is not root cannot be somebody else; the file's mode is another test
        os.chmod(served.folder.name, 0o755)
        look = ('import sys, urllib.request, urllib.error\n'
                'try: print("read:", open(sys.argv[1]).read())\n'
                'except PermissionError: print("kept out")\n'
                'try: print(urllib.request.urlopen(sys.argv[2]).read())\n'
                'except urllib.error.HTTPError as e: print(e.code)\n')
        run = subprocess.run(
            ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '/usr/bin/env',
             'python3', '-I', '-c', look, served.url_file, served.url.split('?')[0]],
            capture_output=True, text=True, timeout=60, check=False)
        expect(run.stdout == 'kept out\n403\n', run)


def other_names_and_other_sites_are_refused(context):
    with Served(context.irqlab, *context.masked()) as served:
        page, port = served.path('/'), served.port
        for host in ('evil.example', f'evil.example:{port}', '127.0.0.1.evil.example', 'localhost.',
                     '128.0.0.1', '127.0.0.1:x', '127.0.0.1:', '127.1', '', 'x' * 200,
                     '[::1]', f'0.0.0.0:{port}', '127.0.0.1:80@evil.example'):
            for path in (page, '/page.js', served.path('/api/machine')):
                expect(served.request(path, headers={'Host': host})[0] == 403, f'Host {host!r}')
        for host in ('localhost', f'localhost:{port}', '127.0.0.1:8000', '127.9.9.9'):
            expect(served.request(page, headers={'Host': host})[0] == 200, f'Host {host}')
        answer = served.raw(f'GET {page} HTTP/1.0\r\n\r\n'.encode())
        expect(answer.startswith(b'HTTP/1.1 403'), f'no Host at all: {answer[:60]}')
        ours = f'http://127.0.0.1:{port}'
        for origin in ('null', 'https://evil.example', 'http://127.0.0.1', ours + '0', ours + '/',
                       f'https://127.0.0.1:{port}', f'http://localhost:{port}'):
            status, _ = served.post('{"command":"pause"}', {'Origin': origin})
            expect(status == 403, f'a command of {origin}: {status}')
            status, *_ = served.request(served.path('/api/machine'), headers={'Origin': origin})
            expect(status == 403, f'{origin} reads: {status}')
        expect(served.post('{"command":"pause"}', {'Origin': ours})[0] == 200, 'its own page')


def every_answer_forbids_what_the_page_does_not_need(context):
    with Served(context.irqlab, *context.masked()) as served:
        for path in (served.path('/'), '/page.css', '/page.js', served.path('/api/machine'), '/'):
            _, headers, _ = served.request(path)
            policy = headers['Content-Security-Policy']
            for rule in ("default-src 'none'", "script-src 'self'", "style-src 'self'",
                         "img-src 'self' data:", "connect-src 'self'", "base-uri 'none'",
                         "frame-ancestors 'none'"):
                expect(rule in policy.split('; '), f'{path}: {rule} is not in {policy}')
            for name, value in (('X-Content-Type-Options', 'nosniff'),
                                ('Cache-Control', 'no-store'), ('Referrer-Policy', 'no-referrer')):
                expect(headers[name] == value, f'{path}: {name}: {headers[name]}')
            expect(headers['Access-Control-Allow-Origin'] is None, f'{path}: others may read')


def the_page_is_as_in_the_tree(context):
    with Served(context.irqlab, *context.masked()) as served:
        names = [n for n in os.listdir(context.page) if n.endswith(('.html', '.css', '.js'))]
        expect({'index.html', 'page.css', 'page.js'} <= set(names), names)
        for name in names:
            with open(os.path.join(context.page, name), 'rb') as file:
                text = file.read()
            path = served.path('/') if name == 'index.html' else '/' + name
            status, headers, body = served.request(path)
            expect(status == 200 and body == text, f'{name}: {status}, {len(body)} bytes')
            kind = {'html': 'text/html', 'css': 'text/css', 'js': 'text/javascript'}
            expect(headers['Content-Type'] == kind[name.rsplit('.', 1)[1]] + '; charset=utf-8',
                   f'{name}: {headers["Content-Type"]}')
            status, headers, body = served.request(path, 'HEAD')
            expect(status == 200 and not body and int(headers['Content-Length']) == len(text),
                   f'HEAD {name}: {status}')


# -- What is not understood ------------------------------------------------------------------------

def nothing_but_the_table_is_there(context):
    with Served(context.irqlab, *context.masked()) as served:
        for path in ('/etc/passwd', '/../etc/passwd', '/..%2f..%2fetc%2fpasswd', '//page.js',
                     '/page.js/', '/./page.js', '/emu/page/page.js', '/PAGE.JS',
                     '/page.css.map', '/api', '/api/', '/api/machine/', '/favicon.ico',
                     '/%2e%2e/page.js', '/' + 'a' * 3000):
            status, _, body = served.request(served.path(path))
            expect(status == 404, f'{path[:40]}: {status} {body[:80]}')
        for path, methods in (('/', ('POST', 'PUT', 'DELETE', 'OPTIONS')), ('/page.js', ('POST',)),
                              ('/api/machine', ('POST', 'PATCH')), ('/api/command', ('GET',)),
                              ('/api/stream', ('POST',))):
            for method in methods:
                status, headers, _ = served.request(served.path(path), method)
                expect(status == 405 and 'GET' in headers['Allow'], f'{method} {path}: {status}')


def commands_that_are_wrong_are_explained(context):
    with Served(context.irqlab, *context.masked()) as served:
        for body, why in (
                (b'', 'JSON'), (b'{', 'JSON'), (b'[]', 'JSON'), (b'"step"', 'JSON'),
                (b'null', 'JSON'), (b'\xff\xfe', 'JSON'), (b'{"command":"run"} x', 'JSON'),
                (b'[' * 4000, 'JSON'), (b'{"command":"run","command":"quit"}', 'JSON'),
                (b'{}', 'command'), (b'{"command":1}', 'command'),
                (b'{"command":"nope"}', 'step-event'), (b'{"command":"RUN"}', 'step-event'),
                (b'{"command":""}', 'step-event'), (b'{"command":"step\\u0000"}', 'JSON'),
                (b'{"command":"' + b'a' * 100 + b'"}', 'long'),
                (b'{"command":"step","argument":-1}', 'argument'),
                (b'{"command":"step","argument":1.5}', 'argument'),
                (b'{"command":"step","argument":"1"}', 'argument'),
                (b'{"command":"step","argument":99999999999999999999}', 'JSON'),
                (b'{"command":"go"}', 'argument'), (b'{"command":"go-ns"}', 'argument'),
                (b'{"command":"run","speed":9}', 'nothing else')):
            status, answer = served.post(body)
            expect(status == 400 and why in answer['error'], f'{body[:60]}: {status} {answer}')
        for query in ({}, {'intid': 27}, {'vcpu': 0}, {'intid': '', 'vcpu': 0},
                      {'intid': '27x', 'vcpu': 0}, {'intid': '-1', 'vcpu': 0},
                      {'intid': '0x', 'vcpu': 0}, {'intid': 1 << 32, 'vcpu': 0},
                      {'intid': '9' * 400, 'vcpu': 0}, {'intid': 27, 'vcpu': 1},
                      {'intid': 27, 'vcpu': 1 << 31}, {'intid': 27, 'vcpu': 0, 'virtual': 2},
                      {'intid': 27, 'vcpu': 0, 'virtual': 'yes'}):
            status, _, body = served.request(served.path('/api/why', **query))
            expect(status == 400 and json.loads(body)['error'], f'why {query}: {status} {body}')
        gates = served.json('/api/why', intid='0x1b', vcpu=0)
        expect(gates['intid'] == 27 and len(gates['gates']) > 10, gates)
        served.do('pause')


def what_is_too_long_or_no_http_is_refused(context):
    with Served(context.irqlab, *context.masked()) as served:
        head = f'POST {served.path("/api/command")} HTTP/1.1\r\nHost: 127.0.0.1\r\n'.encode()
        close = b'Connection: close\r\n'
        good = b'{"command":"pause"}'
        status, answer = served.post(good + b' ' * (4096 - len(good)))
        expect((status, answer) == (200, {'ok': True}), f'4096 bytes: {status} {answer}')
        for length in (4097, 1 << 40, (1 << 64) - 1):
            answer = served.raw(head + close + b'Content-Length: %d\r\n\r\n' % length)
            expect(b' 413 ' in answer.split(b'\r\n')[0], f'{length} bytes: {answer[:80]}')
        chunks = (b'1000\r\n' + b' ' * 4096 + b'\r\n') * 3 + b'0\r\n\r\n'
        answer = served.raw(head + close + b'Transfer-Encoding: chunked\r\n\r\n' + chunks)
        expect(b' 413 ' in answer.split(b'\r\n')[0], f'chunks: {answer[:80]}')
        for data in (b'\r\n\r\n\r\n', b'\0' * 5000, b'GET / HTTP/9.9\r\n\r\n', b'GET\r\n\r\n',
                     b'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n' + b'X: ' + b'y' * 100000 + b'\r\n\r\n',
                     head + close + b'Content-Length: -1\r\n\r\n',
                     head + close + b'Content-Length: x\r\n\r\n',
                     b'GET /' + b'a' * 100000 + b' HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
                     b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + bytes(200)):
            try:
                answer = served.raw(data + b'\r\n', seconds=1)
            except (ConnectionError, TimeoutError):  # it waits for more
                answer = b''
            expect(b' 200 ' not in answer, f'{data[:40]}: {answer[:80]}')
        expect(served.json('/api/machine')['vcpus'] == 1, 'it goes on')


def a_port_in_use_is_said(context):
    with Served(context.irqlab, *context.masked()) as served:
        run = subprocess.run([context.irqlab, 'serve', '--port', str(served.port),
                              *context.masked()], capture_output=True, text=True, timeout=30,
                             check=False)
        expect(run.returncode == 120 and 'in use' in run.stderr
               and f'--port {served.port}' in run.stderr, run)
    run = subprocess.run([context.irqlab, 'serve', '--url-file', '/nonexistent/url',
                          *context.masked()], capture_output=True, text=True, timeout=30,
                         check=False)
    expect(run.returncode == 120 and '--url-file /nonexistent/url' in run.stderr, run)
    with Served(context.irqlab, '--listen', '127.0.0.77', *context.masked()) as served:
        expect(served.host == '127.0.0.77' and served.json('/api/machine'), served.url)


if __name__ == '__main__':
    sys.exit(run_tests(globals()))
