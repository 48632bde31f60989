"""Paths of a real machine that documents name, and where they are in a test."""

# Each is a folder below `machine/` beside the document's own; its parent is there already, as on a machine
# that has the server installed.
FOLDERS = (
    "/etc/apache2/tls",
    "/etc/haproxy/tls",
    "/etc/mongodb/tls",
    "/etc/nginx/tls",
    "/etc/redis/tls",
    "/etc/tomcat10/tls",
    "/var/lib/chancery",
)


def replaced(text, machine):
    """The text of a block with the paths of a test."""
    for folder in FOLDERS:
        if folder in text:
            there = machine / folder.removeprefix("/")
            there.parent.mkdir(parents=True, exist_ok=True)
            text = text.replace(folder, str(there))
    return text
