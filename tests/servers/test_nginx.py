"""nginx starts with the NGINX archive."""

import desk
import server
import tools

CONFIGURATION = """
daemon off;
pid nginx.pid;
error_log stderr;
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
        {password_file}
        location / {{ return 200 "chancery"; }}
    }}
}}
"""


def test_nginx(ccm, host, password, write):
    nginx = tools.need("nginx")
    folder = write(desk.export_files(ccm, host.certificate_id, "NGINX", password))
    port = server.free_port()
    if password:
        (folder / "password").write_text(password)
    (folder / "nginx.conf").write_text(CONFIGURATION.format(
        port=port, password_file="ssl_password_file password;" if password else ""))
    command = [nginx, "-p", f"{folder}/", "-c", folder / "nginx.conf", "-e", "stderr"]
    with server.running(command, folder, port):
        host.check(port)
