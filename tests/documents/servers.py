"""Blocks of configuration: the server that they are for starts with them.

A checker is given the block's text, in which paths of a real machine are those of the test, and a new
folder to run the server in. It raises when the server does not start, or does not serve what the block
names; `client`, which is given the port and the file, looks at it in its own way.
"""

import re
import socket
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


def nginx(text, folder, client=None):
    """The lines of a `server`, or one or several with their braces: nginx serves the certificate that the
    first one with `ssl` names. Each listens on a free port in place of its own."""
    certificate = re.search(r"""^\s*ssl_certificate\s+("[^"]+"|\S+);""", text, re.MULTILINE)
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
        (client or serves)(port, certificate[1].strip("\"'"))


def serves(port, file):
    """What listens there serves the certificate that a file begins with."""
    served = ssl.get_server_certificate(("127.0.0.1", port), timeout=server.STARTED)
    with open(file) as text:
        assert pem.certificate(served) == pem.certificates(text.read())[0], "another certificate"


APACHE = """
ServerRoot {folder}
ServerName localhost
PidFile {folder}/httpd.pid
ErrorLog {folder}/error.log
Mutex file:{folder} default
DocumentRoot {folder}
{modules}
Listen 127.0.0.1:{port}
{block}
"""
MODULES = ("mpm_event", "authz_core", "socache_shmcb", "ssl")


def apache(text, folder, client=None):
    """A `VirtualHost` of httpd."""
    certificate = re.search(r"""^\s*SSLCertificateFile\s+("[^"]+"|\S+)""", text, re.MULTILINE)
    assert certificate and "*:443" in text, "the block is no virtual host with SSLCertificateFile"
    port = server.free_port()
    place = tools.need_folder("/usr/lib/apache2/modules")
    modules = "\n".join(f"LoadModule {name}_module {place}/mod_{name}.so" for name in MODULES)
    block = text.replace("*:443", f"127.0.0.1:{port}")
    (folder / "httpd.conf").write_text(
        APACHE.format(folder=folder, port=port, modules=modules, block=block))
    command = [tools.need("apache2"), "-f", folder / "httpd.conf", "-DFOREGROUND"]
    with server.running(command, folder, port):
        (client or serves)(port, certificate[1].strip('"'))


HAPROXY = """
defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 10s
{block}
"""


def haproxy(text, folder, client=None):
    """A `frontend` of HAProxy, with what it sends requests to."""
    certificate = re.search(r"""bind :443 ssl crt ("[^"]+"|\S+)""", text)
    assert certificate, "the block has no line `bind :443 ssl crt FILE`"
    port = server.free_port()
    block = text.replace("bind :443", f"bind 127.0.0.1:{port}")
    (folder / "haproxy.cfg").write_text(HAPROXY.format(block=block))
    with server.running([tools.need("haproxy"), "-f", folder / "haproxy.cfg"], folder, port):
        (client or serves)(port, certificate[1].strip('"'))


TOMCAT = """<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1">
  <Service name="Catalina">
    {block}
    <Engine name="Catalina" defaultHost="localhost">
      <Host name="localhost" appBase="webapps"/>
    </Engine>
  </Service>
</Server>
"""


def tomcat(text, folder, client=None):
    """A `Connector` of Tomcat."""
    certificate = re.search(r'certificateFile="([^"]+)"', text)
    assert certificate and 'port="8443"' in text, "the block is no connector with a certificateFile"
    home = tools.need_folder("/usr/share/tomcat10")
    tools.need("java")
    port = server.free_port()
    for name in ("conf", "logs", "temp", "webapps", "work"):
        (folder / name).mkdir()
    block = text.replace('port="8443"', f'port="{port}" address="127.0.0.1"')
    (folder / "conf/server.xml").write_text(TOMCAT.format(block=block))
    environment = {"CATALINA_HOME": home, "CATALINA_BASE": str(folder)}
    with server.running([f"{home}/bin/catalina.sh", "run"], folder, port, environment):
        (client or serves)(port, certificate[1])


def redis(text, folder, client=None):
    """The lines of a redis.conf."""
    certificate = re.search(r"""^tls-cert-file\s+("[^"]+"|\S+)""", text, re.MULTILINE)
    assert certificate and "tls-port 6379" in text, "the block has no tls-port and tls-cert-file"
    port = server.free_port()
    block = text.replace("tls-port 6379", f"tls-port {port}\nbind 127.0.0.1")
    (folder / "redis.conf").write_text(f'{block}\nsave ""\ndir {folder}\n')
    with server.running([tools.need("redis-server"), folder / "redis.conf"], folder, port):
        (client or serves)(port, certificate[1].strip('"'))


def at_port(command, port):
    """A command that calls the server that a document is about, made to call a port of this machine."""
    match command.split()[0]:
        case "curl":
            return f"{command.rstrip()} --silent --show-error --connect-to ::127.0.0.1:{port}"
        case "redis-cli":
            return re.sub(r"-h \S+", f"-h 127.0.0.1 -p {port}", command, count=1)
        case other:
            raise ValueError(f"nothing says how {other} is told another port")


CHECKERS = {"apache": apache, "haproxy": haproxy, "nginx": nginx, "redis": redis, "xml": tomcat}
"""By the word behind the fence."""

CONFIGURATION = tuple(CHECKERS)
"""Words behind the fence that are for a checker."""
