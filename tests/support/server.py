"""Servers that a test starts, waits for and stops, and a client that verifies them."""

import http.client
import os
import socket
import ssl
import subprocess
import time
from contextlib import contextmanager

import pem
import tools

STARTED = 60
STOPPED = 20
NGINX = """
daemon off;
pid nginx.pid;
error_log stderr info;
events {{}}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name localhost;
        ssl_certificate server.crt;
        ssl_certificate_key server.key;
        {more}
        location / {{ return 200 "chancery"; }}
    }}
}}
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def plain_environment(folder):
    """What a service manager would give a server: nothing of the client's trust or keys."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}


@contextmanager
def running(command, folder, port, environment=None, stdin=subprocess.DEVNULL):
    """Runs a server in the foreground, from the moment it listens to the end of the block."""
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in command], cwd=folder, stdin=stdin, stdout=output,
            stderr=subprocess.STDOUT, env=plain_environment(folder) | (environment or {}),
        )
    try:
        wait_until_it_listens(process, port, log)
        yield process
    finally:
        stop(process)


def nginx(folder, more=""):
    """nginx with `server.crt` and `server.key` of a folder, for a `with` block, and its port."""
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(port=port, more=more))
    command = [tools.need("nginx"), "-p", f"{folder}/", "-c", folder / "nginx.conf", "-e", "stderr"]
    return running(command, folder, port), port


def wait_until_it_listens(process, port, log):
    deadline = time.monotonic() + STARTED
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert process.poll() is None, f"{process.args} has ended:\n{log.read_text()}"
            assert time.monotonic() < deadline, f"{process.args}:\n{log.read_text()}"
            time.sleep(0.05)


def stop(process):
    process.terminate()
    try:
        process.wait(STOPPED)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOPPED)
    if process.stdin:
        process.stdin.close()


def trusting(*roots):
    """A client's context that knows these authorities alone. Names and chains are verified."""
    return ssl.create_default_context(cadata=pem.to_pem(roots).decode())


def https_get(port, context, host="localhost"):
    """Status of `GET /`, and the server's certificate as it came over the connection."""
    client = http.client.HTTPSConnection(host, port, context=context, timeout=STARTED)
    try:
        client.request("GET", "/")
        certificate = client.sock.getpeercert(binary_form=True)
        return client.getresponse().status, pem.x509.load_der_x509_certificate(certificate)
    finally:
        client.close()
