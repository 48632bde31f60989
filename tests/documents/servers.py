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
    """The lines of a `server`, or one or several with their braces: nginx serves the certificate that the
    first one with `ssl` names. Each listens on a free port in place of its own."""
    certificate = re.search(r"^\s*ssl_certificate\s+(\S+);", text, re.MULTILINE)
    assert certificate, "the block names no ssl_certificate"
    if not re.search(r"^\s*server\s*\{", text, re.MULTILINE):
        text = f"server {{\n{text}\n}}"
    if not re.search(r"^\s*listen\s", text, re.MULTILINE):
        text = text.replace("{", "{\nlisten 443 ssl;", 1)
    ports = []

    def moved(line):
        """A line `listen`; one for IPv6 goes."""
        address, options = line.groups()
        if address.startswith("["):
            return ""
        ports.append((server.free_port(), "ssl" in options.split()))
        return f"listen 127.0.0.1:{ports[-1][0]}{options};"

    text = re.sub(r"^\s*listen\s+([^\s;]+)([^;]*);", moved, text, flags=re.MULTILINE)
    port = next((port for port, has_ssl in ports if has_ssl), None)
    assert port, "no server listens with ssl"
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
