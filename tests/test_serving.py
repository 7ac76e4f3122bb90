"""Real servers: that they start, say so, and end, whatever happens to them."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from queue import SimpleQueue
from urllib.parse import urlencode, urlsplit

import pytest

from quizapp.shipped import shipped
from quizapp.store import sqlite
from quizapp.web import serving
from tests.rows import rows
from tests.servers import Server, are_gone

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="serving is built for POSIX signals")

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'answers.db'}"


@pytest.fixture
def server(database: str) -> Iterator[Server]:
    with Server(database) as server:
        yield server


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that leave it running."""
    database = f"sqlite:///{tmp_path_factory.mktemp('shared') / 'answers.db'}"
    with Server(database, banks=[shipped("questions")], watch=True) as server:
        yield server


def ask(url: str, method: str = "GET", body: str = "", cookie: str = "") -> tuple[int, str, str]:
    """The status, the cookie and the page."""
    address = urlsplit(url)
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    with closing(http.client.HTTPConnection(address.netloc, timeout=10)) as connection:
        connection.request(method, address.path or "/", body, headers)
        response = connection.getresponse()
        page = response.read().decode()
        return response.status, response.getheader("Set-Cookie", "").partition(";")[0], page


def refused(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """`quizapp serve` that should not get as far as serving."""
    ours = ("HOST", "PORT", "DATABASE_URL")
    environment = {key: value for key, value in os.environ.items() if key not in ours} | env
    command = [sys.executable, "-m", "quizapp.cli", "serve", *words]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode != 0
    assert "is ready" not in ended.stdout
    return ended


def says_one_sentence(ended: subprocess.CompletedProcess[str], part: str) -> None:
    assert part in ended.stderr
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert ended.stdout == ""


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def wait_until_free(port: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_free(port):
        assert time.monotonic() < deadline, f"port {port} is still taken"
        time.sleep(0.02)


@contextmanager
def writer(database: str) -> Iterator[None]:
    """Somebody else who is writing: answers have to wait for them."""
    with closing(
        sqlite.driver.connect(database.removeprefix("sqlite:///"), isolation_level=None)
    ) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def answers_kept(database: str) -> int:
    return int(rows(database, "SELECT count(*) FROM step")[0][0])


class Answering(threading.Thread):
    """A learner who answers the question of the day by not being sure; `status` is what came of it."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        _, self.cookie, page = ask(url)
        form = page[page.index("<form") : page.index("</form>")]
        self.body = urlencode([*HIDDEN.findall(form), ("unsure", "1")])
        self.status = 0

    def run(self) -> None:
        self.status = ask(self.url, "POST", self.body, self.cookie)[0]


# -- starting


def test_it_says_that_it_is_ready_when_the_first_page_can_be_had(undisturbed: Server) -> None:
    assert ask(undisturbed.url)[0] == 200
    assert undisturbed.output == f"quizapp is ready at {undisturbed.url} (press Ctrl-C to stop)\n"


def test_a_server_ended_by_sigterm_starts_again_on_its_database_and_port(server: Server) -> None:
    answering = Answering(server.url)
    answering.run()
    assert server.stop() == 0
    url = server.url
    server.start()
    assert server.url == url
    tree = server.tree()
    server.kill()
    assert are_gone(tree)
    assert is_free(server.port)
    assert answers_kept(server.database) == 1


@pytest.mark.bulk
@pytest.mark.parametrize(("host", "shown"), [("localhost", "localhost"), ("0.0.0.0", "127.0.0.1")])  # noqa: S104
def test_the_address_shown_is_one_that_can_be_opened(database: str, host: str, shown: str) -> None:
    with Server(database, env={"HOST": host}) as server:
        assert server.url.startswith(f"http://{shown}:")
        assert ask(server.url)[0] == 200


def test_warnings_as_errors_and_a_shadowing_folder_do_no_harm(database: str, tmp_path: Path) -> None:
    (tmp_path / "asyncio.py").write_text("raise SystemExit('the wrong asyncio')\n")
    command = [sys.executable, "-P", "-m", "quizapp.cli", "serve", "--port", "0"]
    with subprocess.Popen(
        [*command, "--database-url", database],
        cwd=tmp_path,
        env=os.environ | {"PYTHONWARNINGS": "error"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "is ready" in process.stdout.readline()
        process.terminate()
        assert process.wait(10) == 0


# -- ending


@pytest.mark.parametrize(
    "attempt", [pytest.param(each, marks=[pytest.mark.bulk] if each else []) for each in range(3)]
)
def test_ctrl_c_ends_it_within_three_seconds(server: Server, attempt: int) -> None:
    with closing(socket.create_connection(("127.0.0.1", server.port))):  # a browser keeps some open
        tree = server.tree()
        code, seconds = server.interrupt()
    assert code == 0, server.output
    assert seconds < 3
    assert len(tree) >= 3
    assert are_gone(tree)
    assert is_free(server.port)
    assert server.output.endswith("quizapp has stopped\n")


@pytest.mark.bulk
@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_lets_an_answer_in_flight_finish(server: Server, presses: int) -> None:
    answering = Answering(server.url)
    with writer(server.database):
        answering.start()
        time.sleep(0.3)
        for _ in range(presses):
            os.killpg(server.process.pid, signal.SIGINT)
            time.sleep(0.1)
        time.sleep(0.3)
        assert answering.is_alive()
    answering.join(5)
    assert answering.status in (200, 303)
    assert answers_kept(server.database) == 1
    assert server.wait() == 0


def test_ctrl_c_does_not_wait_for_an_answer_that_never_ends(server: Server) -> None:
    with closing(socket.create_connection(("127.0.0.1", server.port))) as stalled:
        stalled.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nans")
        time.sleep(0.3)
        code, seconds = server.interrupt()
    assert code == 0
    assert seconds < 3.3  # three, and the time to look at a clock on a busy machine


def test_ctrl_c_ends_it_before_it_is_ready(database: str) -> None:
    server = Server(database)
    server.launch()
    time.sleep(0.8)  # past the start of the command, before the end of the upgrade
    code, seconds = server.interrupt()
    assert code in (0, 1, -signal.SIGINT)  # 1: not even the command line was read, and click says "Aborted!"
    assert seconds < 3


def test_a_signal_that_does_not_wake_the_command_is_seen_all_the_same() -> None:
    """As when it comes just before a wait begins. Here another thread takes it, which wakes nobody either."""
    events: SimpleQueue[str] = SimpleQueue()
    with serving._stop_signals(events):
        taker = threading.Thread(target=lambda: signal.pthread_kill(threading.get_ident(), signal.SIGTERM))
        threading.Timer(0.1, taker.start).start()
        assert serving._next(events, 10) == "drain"


@pytest.mark.bulk
def test_killing_the_command_ends_the_server_too(server: Server) -> None:
    tree = server.tree()
    assert server.kill_command() == -signal.SIGKILL
    wait_until_free(server.port, 3)
    assert server.wait() == -signal.SIGKILL
    assert are_gone(tree)


@pytest.mark.bulk
@pytest.mark.parametrize("place", [1, 2])
def test_the_command_says_so_when_the_server_dies(server: Server, place: int) -> None:
    tree = server.tree()
    os.kill(tree[place], signal.SIGKILL)
    assert server.wait() == 1
    assert "quizapp: the server has ended by itself" in server.output
    assert are_gone(tree)
    assert is_free(server.port)


# -- behind a proxy, and with several workers


def status(server: Server, path: str) -> int:
    return ask(f"{server.url}{path}")[0]


def until(happened: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.bulk
def test_before_it_stops_it_serves_on_while_it_says_that_it_is_not_ready(database: str) -> None:
    with Server(database, options=["--drain", "60"]) as server:
        assert status(server, "/readyz") == 200
        server.process.terminate()
        until(lambda: status(server, "/readyz") == 503)
        answering = Answering(server.url)
        answering.run()
        assert answering.status in (200, 303)
        server.process.terminate()  # who sends it twice does not want to wait
        assert server.wait(5) == 0
    assert answers_kept(database) == 1


def test_the_log_is_json_with_a_line_per_request_unless_somebody_watches(database: str) -> None:
    with Server(database, env={"LOG_FORMAT": ""}) as server:
        status(server, "/keys")
        server.stop()
        written = [json.loads(line) for line in server.output.splitlines() if line.startswith("{")]
    assert [(line["route"], line["status"]) for line in written] == [("/", 200), ("/keys", 200)]


@pytest.mark.bulk
def test_one_of_several_workers_may_die_and_is_replaced(database: str) -> None:
    options = ["--workers", "2", "--metrics"]
    with Server(database, options=options) as server:
        until(lambda: len(workers_of(server)) == 2)
        before = workers_of(server)
        for _ in range(8):
            Answering(server.url).run()
        os.kill(before[0], signal.SIGKILL)
        until(lambda: len(set(workers_of(server)) - {before[0]}) == 2)
        until(lambda: all(status(server, "/readyz") == 200 for _ in range(8)))
        _, _, figures = ask(f"{server.url}/metrics")
        assert 'quizapp_steps_kept_total{kind="submit"} 8.0' in figures
        answering = Answering(server.url)
        answering.run()
        assert server.stop() == 0
    assert answers_kept(database) == 9


def workers_of(server: Server) -> list[int]:
    """The processes that take requests: those that have the port open."""
    found = Path("/proc/net/tcp").read_text().splitlines()[1:]
    port = f":{server.port:04X}"
    nodes = {f"socket:[{row.split()[9]}]" for row in found if row.split()[1].endswith(port)}
    return [pid for pid in server.tree() if _sockets(pid) & nodes]


def _sockets(pid: int) -> set[str]:
    try:
        return {str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()}
    except OSError:  # it has just ended
        return set()


# -- refusing


def test_a_port_in_use_is_told(database: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        says_one_sentence(refused("--port", port, "--database-url", database), f"port {port} on 127.0.0.1")


def test_a_second_server_does_not_share_the_port_of_the_first(undisturbed: Server, database: str) -> None:
    port = undisturbed.port
    ended = refused(PORT=str(port), DATABASE_URL=database)
    says_one_sentence(ended, f"port {port} on 127.0.0.1 is already in use")
    assert ask(undisturbed.url)[0] == 200


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--port", "eighty"], "'eighty' is not a port"),
        (["--port", "70000"], "'70000' is not a port"),
        (["--port", "-1"], "'-1' is not a port"),
        (["--host", "no.such.host.invalid"], "the host 'no.such.host.invalid' is not known"),
        (["--host", "192.0.2.1"], "'192.0.2.1' is not an address of this machine"),
    ],
)
def test_an_address_that_can_not_be_had_is_told(database: str, words: list[str], part: str) -> None:
    says_one_sentence(refused(*words, "--database-url", database), part)


@pytest.mark.bulk
def test_a_database_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()  # nothing can be made below a file, by root neither
    database = f"sqlite:///{tmp_path / 'file' / 'answers.db'}"
    says_one_sentence(refused("--port", "0", "--database-url", database), str(tmp_path / "file"))


@pytest.mark.bulk
def test_a_database_of_a_newer_version_is_told(database: str) -> None:
    with closing(sqlite.driver.connect(database.removeprefix("sqlite:///"))) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
        connection.commit()
    says_one_sentence(refused("--port", "0", "--database-url", database), "newer quizapp")


@pytest.mark.bulk
def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear database, " * 100)
    database = f"sqlite:///{tmp_path / 'letter.txt'}"
    says_one_sentence(refused("--port", "0", "--database-url", database), "letter.txt")
    assert (tmp_path / "letter.txt").read_text().startswith("Dear database")


@pytest.mark.bulk
def test_a_broken_bank_ends_it_with_all_faults(database: str, tmp_path: Path) -> None:
    (tmp_path / "bank.yaml").write_text('format: "1"\ntitle: Broken\ntopics: [tasks]\n')
    (tmp_path / "tasks.yaml").write_text("title: Tasks\nquestions:\n- id: a\n- id: B\n  type: output\n")
    ended = refused("--port", "0", "--database-url", database, "--bank", str(tmp_path))
    assert ended.returncode == 1
    assert f"{tmp_path / 'tasks.yaml'}:3:" in ended.stderr
    assert f"{tmp_path / 'tasks.yaml'}:4:7: " in ended.stderr
    assert "Traceback" not in ended.stderr
