"""Chromium without a window, driven over its DevTools pipe by what Python brings along."""
import base64
import json
import os
import subprocess
import tempfile


class Browser:
    def __init__(self):
        commands, self.commands = os.pipe()
        self.answers, answers = os.pipe()

        def descriptors():
            # Both might be 3 or 4 themselves.
            first, second = os.dup(commands), os.dup(answers)
            first, second = (fd if fd > 4 else os.dup(fd) for fd in (first, second))
            os.dup2(first, 3)
            os.dup2(second, 4)

        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.process = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
             "--disable-dev-shm-usage", f"--user-data-dir={self.profile.name}", "--remote-debugging-pipe"],
            preexec_fn=descriptors, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(answers)
        self.number, self.read, self.events = 0, b"", []
        target = self.call("Target.createTarget", session=None, url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", session=None, targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def close(self):
        try:
            self.call("Browser.close", session=None)
        finally:
            self.process.wait(timeout=20)
            self.profile.cleanup()

    def message(self):
        while b"\0" not in self.read:
            data = os.read(self.answers, 1 << 20)
            if not data:
                raise SystemExit("Chromium went away")
            self.read += data
        message, self.read = self.read.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session="", **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if session is not None:
            request["sessionId"] = self.session
        os.write(self.commands, json.dumps(request).encode() + b"\0")
        while True:
            message = self.message()
            if message.get("id") == self.number:
                if "error" in message:
                    raise SystemExit(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def open(self, url, width, height, scheme="light", motion="no-preference"):
        """Opens a page and waits until it is loaded. `events` is what came since."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": motion}])
        self.events.clear()
        self.call("Page.navigate", url=url)
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(self.message())

    def value(self, expression):
        """Of an expression in the page, promises awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise SystemExit(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def press(self, key, code=None, text=None):
        for kind in ("keyDown", "keyUp"):
            parameters = {"type": kind, "key": key, "code": code or key}
            if text and kind == "keyDown":
                parameters["text"] = text
            self.call("Input.dispatchKeyEvent", **parameters)

    def screenshot(self, path):
        answer = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(answer["data"]))

    def complaints(self):
        """What the page said in the console, threw, or asked the network for."""
        found = []
        for event in self.events:
            method, details = event["method"], event["params"]
            if method == "Runtime.consoleAPICalled":
                found.append(f"console.{details['type']}")
            elif method == "Runtime.exceptionThrown":
                found.append(details["exceptionDetails"].get("exception", {}).get("description", "exception"))
            elif method == "Log.entryAdded":
                found.append(details["entry"]["text"])
            elif method == "Network.requestWillBeSent" and details["type"] != "Document":
                found.append("asked for " + details["request"]["url"])
        return found
