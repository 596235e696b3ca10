# SPDX-License-Identifier: GPL-2.0-or-later
"""A headless Chromium for tests, by its DevTools protocol over a pipe; needs nothing but Python.

    with Browser() as browser:
        page = browser.page()               # more calls: more tabs, as other people would have
        page.open(url)
        page.wait("document.querySelectorAll('.blocked').length > 0")
        page.key('Tab'); page.click('#pause')
        page.screenshot('page.png')
        assert not page.problems, page.problems
        assert not page.off_loopback(), page.requests

Every request, console error and exception of a page is kept. Nothing resolves but loopback.
"""
import base64
import fcntl
import itertools
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

# The pipe's ends must be 3 and 4 in Chromium; they are above 9 until then.
TRAMPOLINE = ('import os, sys\n'
              'os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4)\n'
              'os.execvp(sys.argv[3], sys.argv[3:])')
OPTIONS = ['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-pipe',
           '--no-first-run', '--disable-background-networking', '--disable-component-update',
           '--disable-sync', '--disable-extensions', '--disable-dev-shm-usage', '--mute-audio',
           '--no-proxy-server', '--hide-scrollbars', '--force-color-profile=srgb',
           '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost']
# Virtual key codes of keys that are no characters.
KEYS = {'Tab': 9, 'Enter': 13, 'Escape': 27, ' ': 32, 'PageUp': 33, 'PageDown': 34, 'End': 35,
        'Home': 36, 'ArrowLeft': 37, 'ArrowUp': 38, 'ArrowRight': 39, 'ArrowDown': 40,
        'Delete': 46}
ALT, CONTROL, META, SHIFT = 1, 2, 4, 8


class BrowserError(Exception):
    """Chromium refused, an expression threw, or a wait was in vain."""


def find_chromium():
    for name in ('chromium', 'chromium-browser', 'google-chrome'):
        path = shutil.which(name)
        if path:
            return path
    raise BrowserError('no chromium; see tests/deps-test.txt')


def high_pipe():
    return [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in os.pipe()]


class Browser:
    def __init__(self, width=1280, height=800):
        self.profile = tempfile.TemporaryDirectory(prefix='irqlab-browser-',
                                                   ignore_cleanup_errors=True)
        self.size = (width, height)
        self.numbers = itertools.count(1)
        self.answers, self.pages, self.rest = {}, {}, b''
        command_read, self.command_fd = high_pipe()
        self.answer_fd, answer_write = high_pipe()
        self.process = subprocess.Popen(
            [sys.executable, '-c', TRAMPOLINE, str(command_read), str(answer_write),
             find_chromium(), *OPTIONS, f'--user-data-dir={self.profile.name}',
             f'--window-size={width},{height}', 'about:blank'],
            pass_fds=(command_read, answer_write), start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, 'HOME': self.profile.name})
        os.close(command_read)
        os.close(answer_write)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self.call('Browser.close', seconds=5)
            self.process.wait(timeout=5)
        except (BrowserError, OSError, subprocess.TimeoutExpired):
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        os.close(self.command_fd)
        os.close(self.answer_fd)
        self.profile.cleanup()

    def call(self, method, session=None, seconds=60, **parameters):
        """One command of the protocol; its result."""
        number = next(self.numbers)
        message = {'id': number, 'method': method, 'params': parameters}
        if session:
            message['sessionId'] = session
        rest = json.dumps(message).encode() + b'\0'
        while rest:
            rest = rest[os.write(self.command_fd, rest):]
        end = time.monotonic() + seconds
        while number not in self.answers:
            if not self.listen(end - time.monotonic()):
                raise BrowserError(f'{method}: no answer in {seconds} s')
        answer = self.answers.pop(number)
        if 'error' in answer:
            raise BrowserError(f'{method}: {answer["error"]}')
        return answer['result']

    def listen(self, seconds):
        """Takes in what Chromium says; False: nothing in that time."""
        if not select.select([self.answer_fd], [], [], max(seconds, 0))[0]:
            return False
        data = os.read(self.answer_fd, 1 << 20)
        if not data:
            raise BrowserError('chromium has gone')
        *messages, self.rest = (self.rest + data).split(b'\0')
        for text in messages:
            message = json.loads(text)
            if 'id' in message:
                self.answers[message['id']] = message
            elif message.get('sessionId') in self.pages:
                self.pages[message['sessionId']].happened(message['method'], message['params'])
        return True

    def page(self):
        context = self.call('Target.createBrowserContext')['browserContextId']
        target = self.call('Target.createTarget', url='about:blank', browserContextId=context,
                           width=self.size[0], height=self.size[1])['targetId']
        session = self.call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        self.pages[session] = Page(self, session, target)
        for domain in ('Page', 'Runtime', 'Network', 'Log'):
            self.pages[session].call(f'{domain}.enable')
        return self.pages[session]


class Page:
    def __init__(self, browser, session, target):
        self.browser, self.session, self.target = browser, session, target
        self.problems = []  # console errors and warnings, exceptions, and what the browser logs
        self.requests = []  # URLs, in order
        self.failures = []  # (URL, what went wrong, or a status of 400 and above)
        self.urls = {}
        self.loads = 0

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def close(self):
        self.browser.call('Target.closeTarget', targetId=self.target)

    def happened(self, method, p):
        if method == 'Page.loadEventFired':
            self.loads += 1
        elif method == 'Runtime.exceptionThrown':
            details = p['exceptionDetails']
            self.problems.append(details.get('exception', {}).get('description', details['text']))
        elif method == 'Runtime.consoleAPICalled' and p['type'] in ('error', 'warning', 'assert'):
            self.problems.append(' '.join(str(a.get('value', a.get('description')))
                                          for a in p['args']))
        elif method == 'Log.entryAdded' and p['entry']['level'] in ('error', 'warning'):
            self.problems.append(f'{p["entry"]["text"]} {p["entry"].get("url", "")}'.strip())
        elif method == 'Network.requestWillBeSent':
            self.urls[p['requestId']] = p['request']['url']
            self.requests.append(p['request']['url'])
        elif method == 'Network.loadingFailed' and not p.get('canceled'):
            self.failures.append((self.urls.get(p['requestId']), p['errorText']))
        elif method == 'Network.responseReceived' and p['response']['status'] >= 400:
            self.failures.append((p['response']['url'], p['response']['status']))

    def open(self, url, seconds=30):
        """Returns when the page has loaded; what its scripts do then is to be waited for."""
        before = self.loads
        answer = self.call('Page.navigate', url=url)
        if answer.get('errorText'):
            raise BrowserError(f'{url}: {answer["errorText"]}')
        self.wait_until(lambda: self.loads > before, seconds, f'{url} does not load')

    def wait_until(self, condition, seconds, what):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise BrowserError(f'{what} within {seconds} s; problems: {self.problems}')
            self.browser.listen(0.05)

    def evaluate(self, expression):
        """The value of a JavaScript expression (awaited), as JSON would have it."""
        answer = self.call('Runtime.evaluate', expression=expression, returnByValue=True,
                           awaitPromise=True, userGesture=True)
        if 'exceptionDetails' in answer:
            details = answer['exceptionDetails']
            raise BrowserError(f'{expression}: '
                               + details.get('exception', {}).get('description', details['text']))
        return answer['result'].get('value')

    def wait(self, expression, seconds=20):
        """Until the expression is true; its value."""
        value = [None]

        def holds():
            value[0] = self.evaluate(expression)
            return value[0]
        self.wait_until(holds, seconds, f'not so: {expression}')
        return value[0]

    def wait_request(self, part, seconds=20):
        self.wait_until(lambda: any(part in url for url in self.requests), seconds,
                        f'no request of {part}')

    def off_loopback(self):
        """Requests that left the machine, or would have."""
        inside = ('127.0.0.1', 'localhost')
        return [url for url in self.requests
                if not url.startswith(('data:', 'blob:', 'about:', 'file:'))
                and urllib.parse.urlsplit(url).hostname not in inside]

    def text(self, selector='body'):
        return self.evaluate(f'document.querySelector({json.dumps(selector)}).innerText')

    def click(self, selector):
        """With the mouse, in the middle of what a person sees of it."""
        x, y = self.evaluate('(() => { const e = document.querySelector(' + json.dumps(selector)
                             + '); e.scrollIntoView({block: "center"});'
                             'const r = e.getBoundingClientRect();'
                             'return [r.left + r.width / 2, r.top + r.height / 2]; })()')
        for kind in ('mousePressed', 'mouseReleased'):
            self.call('Input.dispatchMouseEvent', type=kind, x=x, y=y, button='left', clickCount=1)

    def key(self, key, modifiers=0):
        """One stroke: a character, or a name of KEYS."""
        code = KEYS.get(key, ord(key.upper()) if len(key) == 1 else 0)
        text = {'Enter': '\r'}.get(key, key if len(key) == 1 else '')
        common = {'key': key, 'windowsVirtualKeyCode': code, 'modifiers': modifiers}
        self.call('Input.dispatchKeyEvent', type='keyDown' if text else 'rawKeyDown', text=text,
                  **common)
        self.call('Input.dispatchKeyEvent', type='keyUp', **common)

    def viewport(self, width, height, scale=1, mobile=False):
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height,
                  deviceScaleFactor=scale, mobile=mobile)
        self.call('Emulation.setTouchEmulationEnabled', enabled=mobile)

    def media(self, **features):
        """media(prefers_color_scheme='dark', prefers_reduced_motion='reduce')"""
        self.call('Emulation.setEmulatedMedia', features=[
            {'name': name.replace('_', '-'), 'value': value} for name, value in features.items()])

    def accessible(self):
        """What a screen reader is told: [(role, name)], in order, without what is ignored."""
        nodes = self.call('Accessibility.getFullAXTree')['nodes']
        return [(n['role']['value'], n.get('name', {}).get('value', ''))
                for n in nodes if not n.get('ignored') and 'role' in n]

    def screenshot(self, path, whole=False):
        """whole: all of the page, not what fits into the window."""
        picture = self.call('Page.captureScreenshot', format='png', captureBeyondViewport=whole)
        with open(path, 'wb') as file:
            file.write(base64.b64decode(picture['data']))
