"""The chat page in headless Chromium: chat_page.py URL PROFILE_FOLDER SCREENSHOT"""

import base64
import json
import pathlib
import shutil
import subprocess
import sys
import time
import urllib.request

import websocket

URL, PROFILE, SCREENSHOT = sys.argv[1:4]
PROGRAM = next(p for p in ("chromium", "chromium-browser", "google-chrome") if shutil.which(p))


class Page:
    """One tab over the browser's debugging protocol."""

    def __init__(self, port):
        tabs = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json"))
        tab = next(tab for tab in tabs if tab["type"] == "page")
        self.socket = websocket.create_connection(
            tab["webSocketDebuggerUrl"], suppress_origin=True, timeout=60
        )
        self.next = 0

    def call(self, method, **parameters):
        self.next += 1
        self.socket.send(json.dumps({"id": self.next, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == self.next:
                assert "error" not in answer, answer
                return answer["result"]

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, expression, what):
        deadline = time.monotonic() + 60
        while not self.value(expression):
            assert time.monotonic() < deadline, what
            time.sleep(0.1)

    def say(self, text):
        self.value(f"document.getElementById('said').value = {json.dumps(text)}")
        self.value("document.getElementById('form').requestSubmit()")


def port():
    path = pathlib.Path(PROFILE) / "DevToolsActivePort"
    deadline = time.monotonic() + 60
    while not path.exists() or not path.read_text().strip():
        assert time.monotonic() < deadline, "the browser did not start"
        time.sleep(0.1)
    return int(path.read_text().split()[0])


# A random model ends an answer at any token. Here only the context's end ends it, or whoever asked.
ENDLESS = """(() => {
  const send = window.fetch;
  window.fetch = (path, init = {}) => send(path, init.body
    ? { ...init, body: JSON.stringify({ ...JSON.parse(init.body), ignore_eos: true }) }
    : init);
})()"""


def talk(page):
    page.call("Emulation.setDeviceMetricsOverride", width=900, height=700, deviceScaleFactor=1, mobile=False)
    page.wait("document.getElementById('model')?.textContent === 'tiny'", "the model's name")
    page.value(ENDLESS)
    # It is stopped, and that is no error.
    page.say("Hello!")
    answers = "document.querySelectorAll('.assistant')"
    page.wait(f"{answers}[0]?.textContent.length > 40", "the first answer")
    assert page.value("document.getElementById('send').textContent") == "Stop"
    page.value("document.getElementById('form').requestSubmit()")
    page.wait("document.getElementById('send').textContent === 'Send'", "the end of the first answer")
    page.say("And again?")
    page.wait(f"{answers}[1]?.textContent.length > 40", "the second answer")
    page.wait("/[1-9][0-9.]* tokens\\/s/.test(document.getElementById('figures').textContent)", "figures")
    image = page.call("Page.captureScreenshot", format="png")["data"]
    pathlib.Path(SCREENSHOT).write_bytes(base64.b64decode(image))
    page.value("document.getElementById('form').requestSubmit()")
    assert page.value("document.querySelectorAll('.user').length") == 2
    assert page.value("document.querySelectorAll('.error').length") == 0
    # What is refused is shown.
    page.wait("document.getElementById('send').textContent === 'Send'", "the end of the second answer")
    page.say("x" * 5000)
    page.wait("document.querySelector('.error')?.textContent.includes('context')", "an error")


browser = subprocess.Popen(
    [PROGRAM, "--headless=new", "--no-sandbox", "--remote-debugging-port=0",
     f"--user-data-dir={PROFILE}", URL],
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
)
try:
    talk(Page(port()))
finally:
    browser.terminate()
    browser.wait()
print(f"the page works; screenshot: {SCREENSHOT}")
