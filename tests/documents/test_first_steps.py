"""The path of a new user: from an empty folder to servers that clients verify, with commands of which each
is printed by the one before.
"""

import os
import pathlib
import re
import ssl
import subprocess
import time
from contextlib import contextmanager

import pytest
import reader
import servers
import shell
import tools

# What stands around the lines that a command prints for a server.
AROUND = {
    "nginx": ("nginx", "{}"),
    "httpd": ("apache", "<VirtualHost *:443>\nServerName localhost\nSSLEngine on\n{}\n</VirtualHost>"),
    "haproxy": ("haproxy", "frontend www\n{}\nhttp-request return status 200"),
    "tomcat": ("xml", '<Connector port="8443" SSLEnabled="true"><SSLHostConfig>{}</SSLHostConfig></Connector>'),
    "redis": ("redis", "port 0\ntls-port 6379\n{}"),
}
CLIENT = """
import java.net.URI;
import javax.net.ssl.HttpsURLConnection;

public class Client {
    public static void main(String[] arguments) throws Exception {
        var connection = (HttpsURLConnection) URI.create(arguments[0]).toURL().openConnection();
        System.out.println(connection.getResponseCode());
    }
}
"""


@contextmanager
def served(folder):
    """`chancery serve` on an empty folder, with what it prints."""
    environment = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    process = subprocess.Popen(
        [os.environ["CHANCERY_TEST_BINARY"], "serve", "--data", str(folder / "data"), "--listen", "127.0.0.1:0"],
        cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=(folder / "printed").open("wb"),
        stderr=(folder / "log").open("wb"))
    try:
        deadline = time.monotonic() + 60
        while len(commands((folder / "printed").read_text())) < 3:
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, (folder / "printed").read_text()
            time.sleep(0.1)
        yield (folder / "printed").read_text()
    finally:
        process.terminate()
        process.wait(30)


def commands(printed):
    """The lines of a text that are for a shell."""
    return [line.strip() for line in printed.splitlines() if line.startswith("  ")]


def following(printed):
    """The command that a command says comes next."""
    found = re.search(r"^Next:\n  (chancery .*)$", printed, re.MULTILINE)
    assert found, printed
    return found[1]


@pytest.fixture(scope="module")
def user(tmp_path_factory):
    """A user in their shell, who has made a CA that issues by the commands that they were shown."""
    folder = tmp_path_factory.mktemp("first steps")
    home = folder / "home"
    home.mkdir()
    with served(folder) as printed:
        lines = commands(printed)
        first = next(at for at, line in enumerate(lines) if line.startswith("chancery "))
        work = folder / "work"
        work.mkdir()
        environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        session = shell.Session(work, environment)
        session.shell("\n".join(lines[:first]) + "\nexport PATH\n")
        issue = following(shown(session, following(shown(session, lines[first]))))
        # The names that it prints are those that the first screen has shown.
        assert issue in lines
        yield session, issue
        session.end()


def shown(session, line):
    """What a command prints."""
    return session.run(["sh", "-euc", line])


def configured(printed):
    """The lines of the configuration: between the files and what comes next."""
    return printed.split("\n\n")[1]


def verified(folder):
    """A client that trusts the root gets in by the name it has asked for, and no other."""
    def client(port, _):
        for host, roots, is_let_in in [
            ("localhost", folder / "root.pem", True),
            ("elsewhere.example", folder / "root.pem", False),
            ("localhost", None, False),
        ]:
            context = ssl.create_default_context(cafile=roots and str(roots))
            with servers.socket.create_connection(("127.0.0.1", port), timeout=30) as plain:
                if is_let_in:
                    context.wrap_socket(plain, server_hostname=host).close()
                    continue
                with pytest.raises(ssl.SSLCertVerificationError):
                    context.wrap_socket(plain, server_hostname=host)
    return client


@pytest.mark.parametrize("kind", AROUND)
def test_a_server_that_clients_verify(user, tmp_path, kind):
    session, issue = user
    line = issue.replace("www.example.com", "localhost").replace("nginx", kind)
    folder = session.folder / kind
    folder.mkdir()
    printed = shown(session, f"cd {kind}; {line}")
    shown(session, f"cd {kind}; {following(printed)}")
    checker, around = AROUND[kind]
    text = around.format(configured(printed))
    servers.CHECKERS[checker](text, tmp_path, verified(folder))
    assert not reader.open_keys(folder)


@pytest.mark.parametrize("form", ["jks", "p12"])
def test_a_java_client(user, tmp_path, form):
    session, issue = user
    java = tools.need("java")
    folder = session.folder / f"java-{form}"
    folder.mkdir()
    printed = shown(session, f"cd {folder.name}; {issue.replace('www.example.com', 'localhost')}")
    trust = following(printed).replace("--format pem --out root.pem", f"--format {form} --out trust.{form}")
    shown(session, f"cd {folder.name}; {trust}")
    program = folder / "Client.java"
    program.write_text(CLIENT)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}

    def client(port, _):
        store = [f"-Djavax.net.ssl.trustStore={folder}/trust.{form}", "-Djavax.net.ssl.trustStorePassword=changeit"]
        for options, is_let_in in [(store, True), ([], False)]:
            ran = subprocess.run(
                [java, *options, str(program), f"https://localhost:{port}/"], env=environment, cwd=tmp_path,
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
            assert (ran.returncode == 0) == is_let_in, ran.stderr
            assert is_let_in or "PKIX path building failed" in ran.stderr, ran.stderr

    servers.CHECKERS["nginx"](configured(printed), tmp_path, client)


def test_the_server_says_nothing_more(user):
    """What was printed is all that there is: no secret is in it."""
    session, _ = user
    data = pathlib.Path(session.environment["SSL_CERT_FILE"]).parent
    printed = (data.parent / "printed").read_text()
    for name in ("CLOUD_SDK_SK", "CHANCERY_PASSWORD"):
        assert session.environment[name] not in printed
