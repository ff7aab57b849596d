"""JupyterLab with formgrader in a course's folder, and a Chromium that tells what a page does."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

TOKEN = "formgrader-of-the-tests"
# nbgrader calls `alembic` by name.
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
_OPTIONS = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --remote-debugging-port=0"


@contextmanager
def jupyter_lab(course: Path, own: Path) -> Iterator[str]:
    """Run a server in a course's folder; give its address.

    Args:
        course: the course.
        own: an empty folder for the server's files.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Neither the settings nor the running servers of whoever runs the tests are of concern here.
    places = {f"JUPYTER_{name}_DIR": str(own / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    log = own / "server.log"
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    settings = [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"]
    with (
        log.open("wb") as file,
        subprocess.Popen(
            command + settings, cwd=course, env=ENVIRONMENT | places, stdout=file, stderr=subprocess.STDOUT
        ) as process,
    ):
        address = f"http://127.0.0.1:{port}"
        try:
            _wait_until_up(address, process, log)
            yield address
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def ask(address: str, path: str, method: str = "GET", body: Any = None) -> str:
    """Return what the server answers."""
    request = urllib.request.Request(
        f"{address}/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"token {TOKEN}"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        text: str = answer.read().decode()
    return text


def login(address: str, path: str) -> str:
    """Return where a browser logs in and goes on: the cookie of the login page holds for the whole server."""
    return f"{address}/login?{urllib.parse.urlencode({'token': TOKEN, 'next': path})}"


def _wait_until_up(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if json.loads(ask(address, "formgrader/api/status")) == {"status": True}:
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    pytest.fail(f"jupyter lab did not come up:\n{log.read_text()}")


class Browser:
    """A page of Chromium: what it asks for, and what is in it."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.requests: list[str] = []  # of the latest page
        self.dialogs: list[str] = []
        self._loaded = False
        self._number = 0
        for domain in ("Page", "Network", "Runtime"):
            self._call(f"{domain}.enable")

    def open(self, url: str, patience: float = 30) -> None:
        """Go to a page, wait until it is loaded, and let it do what it wants for half a second."""
        self.requests, self.dialogs, self._loaded = [], [], False
        self._call("Page.navigate", url=url)
        deadline = time.monotonic() + patience
        while not self._loaded and time.monotonic() < deadline:
            self._listen(0.2)
        quiet = time.monotonic() + 0.5
        while time.monotonic() < quiet:
            self._listen(0.1)

    def show(self, width: int, dark: bool = False, medium: str = "screen") -> None:
        """Show the pages in a window of some width, to somebody who prefers light or dark, or on paper."""
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", media=medium, features=[scheme])

    def value(self, script: str) -> Any:
        """Return the value of an expression in the page."""
        answer = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        number = self._number
        self.connection.settimeout(30)
        self.connection.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            self.connection.settimeout(30)
            message = json.loads(self.connection.recv())
            if message.get("id") == number:
                assert "result" in message, message
                return dict(message["result"])
            self._note(message)

    def _listen(self, seconds: float) -> None:
        from websocket import WebSocketTimeoutException

        self.connection.settimeout(seconds)
        with suppress(WebSocketTimeoutException):
            self._note(json.loads(self.connection.recv()))

    def _note(self, message: dict[str, Any]) -> None:
        kind, params = message.get("method"), message.get("params", {})
        if kind == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif kind == "Page.loadEventFired":
            self._loaded = True
        elif kind == "Page.javascriptDialogOpening":
            self.dialogs.append(params["message"])


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """Run Chromium with a profile of its own; give its page."""
    websocket = pytest.importorskip("websocket")
    program = shutil.which("chromium") or pytest.skip("Chromium is not installed")
    with subprocess.Popen(
        [program, *_OPTIONS.split(), f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            port = _port(profile, process)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=20) as answer:
                pages = [one for one in json.loads(answer.read()) if one["type"] == "page"]
            connection = websocket.create_connection(pages[0]["webSocketDebuggerUrl"], suppress_origin=True, timeout=30)
            try:
                yield Browser(connection)
            finally:
                connection.close()
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def _port(profile: Path, process: "subprocess.Popen[bytes]") -> int:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            return int((profile / "DevToolsActivePort").read_text().splitlines()[0])
        except (OSError, IndexError, ValueError):
            time.sleep(0.1)
    raise AssertionError("Chromium did not come up")
