"""Tomcat starts with the TOMCAT archive; and, for want of an IIS, with the PFX of the IIS one."""

import desk
import pytest
import server
import tools

HOME = "/usr/share/tomcat10"

CONFIGURATION = """<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1">
  <Service name="Catalina">
    <Connector port="{port}" address="127.0.0.1" SSLEnabled="true" scheme="https" secure="true"
               protocol="org.apache.coyote.http11.Http11NioProtocol">
      <SSLHostConfig>
        <Certificate certificateKeystoreFile="{folder}/{store}" certificateKeystoreType="{kind}"
                     certificateKeystorePassword="{password}"/>
      </SSLHostConfig>
    </Connector>
    <Engine name="Catalina" defaultHost="localhost">
      <Host name="localhost" appBase="webapps"/>
    </Engine>
  </Service>
</Server>
"""


@pytest.mark.parametrize(
    ("type", "store", "kind"),
    [("TOMCAT", "server.jks", "JKS"), ("IIS", "server.pfx", "PKCS12")],
)
def test_tomcat(ccm, host, password, write, type, store, kind):
    home = tools.need_folder(HOME)
    tools.need("java")
    files = desk.export_files(ccm, host.certificate_id, type, password)
    folder = write(files)
    port = server.free_port()
    for name in ("conf", "logs", "temp", "webapps", "work"):
        (folder / name).mkdir()
    secret = password or files["keystorePass.txt"].decode()
    (folder / "conf/server.xml").write_text(CONFIGURATION.format(
        folder=folder, port=port, store=store, kind=kind, password=secret))
    environment = {"CATALINA_HOME": home, "CATALINA_BASE": str(folder)}
    with server.running([f"{home}/bin/catalina.sh", "run"], folder, port, environment):
        host.check(port)
