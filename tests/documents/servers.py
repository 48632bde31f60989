"""Blocks of configuration: the server that they are for starts with them.

A checker is given the block's text, in which paths of a real machine are those of the test, and a new
folder to run the server in. It raises when the server does not start, or does not serve what the block
names.
"""

import re
import ssl

import pem
import server
import tools

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
    {block}
}}
"""


def nginx(text, folder):
    """The lines of a `server`, with or without it around them: nginx serves the certificate they name."""
    certificate = re.search(r"^\s*ssl_certificate\s+(\S+);", text, re.MULTILINE)
    assert certificate, "the block names no ssl_certificate"
    port = server.free_port()
    if not re.search(r"^\s*server\s*\{", text, re.MULTILINE):
        text = f"server {{\n{text}\n}}"
    lines = [line for line in text.split("\n") if not re.match(r"\s*listen\s", line)]
    text = "\n".join(lines).replace("server {", f"server {{\nlisten 127.0.0.1:{port} ssl;", 1)
    (folder / "nginx.conf").write_text(NGINX.format(block=text))
    command = [tools.need("nginx"), "-p", f"{folder}/", "-c", folder / "nginx.conf", "-e", "stderr"]
    with server.running(command, folder, port):
        served = ssl.get_server_certificate(("127.0.0.1", port), timeout=server.STARTED)
    with open(certificate[1].strip("\"'")) as file:
        assert pem.certificate(served) == pem.certificates(file.read())[0], "another certificate"


CHECKERS = {"nginx": nginx}
"""By the word behind the fence."""

CONFIGURATION = ("apache", "haproxy", "nginx", "redis", "xml")
"""Words behind the fence that are for a checker: a block of one that has none fails."""
