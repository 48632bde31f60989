"""Apache httpd starts with the APACHE archive."""

import os

import desk
import server
import tools

MODULES = "/usr/lib/apache2/modules"

CONFIGURATION = """
ServerRoot {folder}
ServerName localhost
PidFile httpd.pid
ErrorLog /dev/stderr
Listen 127.0.0.1:{port}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule status_module {modules}/mod_status.so
LoadModule ssl_module {modules}/mod_ssl.so
{user}
SSLSessionCache none
{dialog}
SSLEngine on
SSLCertificateFile {folder}/server.crt
SSLCertificateKeyFile {folder}/server.key
SSLCertificateChainFile {folder}/chain.crt
<Location "/">
    SetHandler server-status
</Location>
"""


def test_apache(ccm, host, password, write):
    apache = tools.need("apache2")
    modules = tools.need_folder(MODULES)
    folder = write(desk.export_files(ccm, host.certificate_id, "APACHE", password))
    port = server.free_port()
    dialog = ""
    if password:
        script = folder / "pass-phrase"
        script.write_text(f"#!/bin/sh\necho '{password}'\n")
        script.chmod(0o700)
        dialog = f"SSLPassPhraseDialog exec:{script}"
    # Started by root, it wants somebody else for its workers.
    user = "User nobody\nGroup nogroup" if os.geteuid() == 0 else ""
    (folder / "httpd.conf").write_text(CONFIGURATION.format(
        folder=folder, port=port, modules=modules, user=user, dialog=dialog))
    command = [apache, "-D", "FOREGROUND", "-f", folder / "httpd.conf"]
    with server.running(command, folder, port):
        host.check(port)
