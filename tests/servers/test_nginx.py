"""nginx starts with the NGINX archive."""

import desk
import server


def test_nginx(ccm, host, password, write):
    folder = write(desk.export_files(ccm, host.certificate_id, "NGINX", password))
    if password:
        (folder / "password").write_text(password)
    serving, port = server.nginx(folder, "ssl_password_file password;" if password else "")
    with serving:
        host.check(port)
