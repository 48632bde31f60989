"""The suite itself: what is wrong in a document is found, with its place."""

import pathlib
import time

import blocks
import places
import pytest
import reader
import servers

FENCE = "```"


def follow(tmp_path, *parts, rows=()):
    """Follows a document of blocks, each a pair of kind and text."""
    text = "".join(f"# A heading\n\n{FENCE}{kind}\n{text}\n{FENCE}\n\n" for kind, text in parts)
    reader.follow(blocks.parse("docs/some.md", text), list(rows), tmp_path)


def test_blocks_of_a_text():
    text = f"One\n\n- two\n\n  {FENCE}sh\n  a\n    b\n\n  {FENCE}\n\n{FENCE}json\n{{}}\n{FENCE}\n"
    first, second = blocks.parse("docs/some.md", text)
    assert first == blocks.Block("docs/some.md", 5, "sh", "a\n  b\n\n")
    assert (second.place, second.kind, second.text) == ("docs/some.md:11", "json", "{}\n")
    with pytest.raises(AssertionError, match="docs/some.md:1: the block does not end"):
        blocks.parse("docs/some.md", f"{FENCE}sh\ntrue\n")


def test_what_a_block_sets_stays(tmp_path):
    """Variables of the shell are the shell's; what is exported programs see too."""
    follow(
        tmp_path,
        ("sh", "OWN=\"it's \\\"quoted\\\"\n  twice\"\nexport GIVEN=' a b '\nmkdir below\ncd below"),
        ("sh", 'test "$OWN" = "it\'s \\"quoted\\"\n  twice"\ntest "$GIVEN" = " a b "\necho >file'),
        ("python", "import os\nassert os.environ['GIVEN'] == ' a b ', os.environ['GIVEN']\n"
                   "assert 'OWN' not in os.environ\nassert os.path.exists('file')\n"
                   "assert os.path.basename(os.getcwd()) == 'below'"),
        ("sh", "unset GIVEN OWN; cd .."),
        ("sh", 'test -z "${OWN-}${GIVEN-}"; test -d below'),
    )


def test_the_environment_is_a_users(tmp_path):
    follow(
        tmp_path,
        ("sh", 'chancery --version\ntest -n "$CHANCERY_DEMO_CERTIFICATE_ID"\n'
               'test -z "$(env | grep -E "^(CHANCERY_TEST|PYTEST)")"\ntest -z "$(ls)"'),
    )


@pytest.mark.parametrize(("kind", "text", "says"), [
    ("sh", "true\nfalse\ntrue", "1"),
    ("sh", 'echo "$NOT_SET"', "NOT_SET"),
    ("sh", "no-such-program", "not found"),
    ("sh", "exit 0", "ends the shell"),
    ("sh", "echo said; test -t 0", "said"),
    ("python", "raise ValueError('wrong')", "wrong"),
    ("go", 'package main\n\nimport "os"\n\nfunc main() { os.Exit(3) }', "3"),
    ("go", "package main\n\nfunc main() { unknown() }", "undefined: unknown"),
    ("java", "class Some { static void main() { unknown(); } }", "cannot find symbol"),
    ("java", "interface Some {}", "no class"),
    ("json", "{", "Expecting"),
    ("json", '{"a": {"b": 1, "b": 1}}', "twice: b"),
    ("toml", "a = 1\na = 2", "overwrite"),
    ("yaml", "a: [", "expected"),
    ("yaml", "a: 1\n---\nb: {c: 1, c: 1}", "twice: c"),
    ("nginx", "ssl_certificate_key server.key;", "names no ssl_certificate"),
    ("", "true", "nothing says what is done"),
    ("bash", "true", "nothing says what is done"),
    ("text", "true", "nothing says what is done"),
    ("console", "$ true", "no configuration of a server stands above"),
])
def test_a_fault_is_found_with_its_place(kind, text, says, tmp_path):
    with pytest.raises(AssertionError) as caught:
        follow(tmp_path, ("text", "GET /v3/not/run"), (kind, text))
    assert str(caught.value).startswith(f"docs/some.md:9: {kind}: "), caught.value
    assert says in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_configuration_without_a_checker_is_a_fault(tmp_path, monkeypatch):
    monkeypatch.setattr(servers, "CHECKERS", {})
    with pytest.raises(AssertionError, match="^docs/some.md:3: nginx: .* no checker"):
        follow(tmp_path, ("nginx", "server {}"))


def test_nginx_serves_what_a_block_names(tmp_path):
    issue = "chancery cert export $CHANCERY_DEMO_CERTIFICATE_ID --for nginx --out /etc/nginx/tls"
    names = ["ssl_certificate /etc/nginx/tls/fullchain.pem;", "ssl_certificate_key /etc/nginx/tls/privkey.pem;"]
    lines = "\n".join(["listen 443 ssl;", "server_name www.example.com;", *names])
    whole = "server {\n" + lines + "\n}"
    redirect = "server {\n  listen 80 default_server;\n  listen [::]:80;\n  return 301 https://$host/;\n}\n"
    texts = ["\n".join(names), lines, whole, redirect + whole]
    follow(tmp_path, ("sh", issue), *(("nginx", text) for text in texts))
    for wrong in (lines.replace("listen", "lisen"), lines.replace("privkey", "other"),
                  lines.replace(" ssl", ""), lines.replace("full", "")):
        with pytest.raises(AssertionError, match=r"^docs/some.md:9: nginx: "):
            follow(tmp_path, ("sh", issue), ("nginx", wrong))


def test_rows_are_about_one_block_each(tmp_path):
    row = {"document": "docs/some.md", "text": "fal", "reason": "it fails"}
    follow(tmp_path, ("sh", "false"), ("sh", "true"), rows=[row])
    for text in ("absent", "e"):
        with pytest.raises(AssertionError, match="is about"):
            follow(tmp_path, ("sh", "false"), ("sh", "true"), rows=[row | {"text": text}])


def test_what_is_seen_on_a_terminal(tmp_path):
    """Commands run while the server of the configuration above does, and print what stands there."""
    issue = ("sh", "chancery ca create Seen\nchancery ca create Below --issuer Seen\n"
                   "chancery cert issue seen.example.com --ca Below --for nginx --out /etc/nginx/tls\n"
                   "chancery trust export --ca Below --format pem --out root.pem")
    block = ("nginx", "server {\nlisten 443 ssl;\nserver_name seen.example.com;\n"
                      "ssl_certificate /etc/nginx/tls/fullchain.pem;\n"
                      "ssl_certificate_key /etc/nginx/tls/privkey.pem;\n"
                      "location / { return 200 \"seen\\n\"; }\n}")
    curl = "$ curl --cacert root.pem \\\n  https://seen.example.com/"
    follow(tmp_path, issue, block, ("console", f"{curl}\nseen\n{curl}"))


@pytest.mark.parametrize(("printed", "says"), [
    ("else", "printed"),
    ("$ no-such-program", "no-such-program is told another port"),
])
def test_what_is_not_seen_on_a_terminal(printed, says, tmp_path):
    ca = f"Unseen-{says.split()[0]}"
    redis = ("sh", f"chancery ca create {ca}\nchancery ca create {ca}-low --issuer {ca}\n"
                   f"chancery cert issue localhost --ca {ca}-low --for redis --out /etc/redis/tls")
    block = ("redis", "port 0\ntls-port 6379\ntls-auth-clients no\n"
                      "tls-cert-file /etc/redis/tls/fullchain.pem\n"
                      "tls-key-file /etc/redis/tls/privkey.pem\n"
                      "tls-ca-cert-file /etc/redis/tls/chain.pem")
    command = "$ redis-cli -h localhost --tls --insecure PING\nPONG"
    with pytest.raises(AssertionError, match=says):
        follow(tmp_path, redis, block, ("console", f"{command}\n{printed}"))


def test_what_runs_on_is_ended(tmp_path):
    follow(tmp_path, ("sh", f"sleep 600 & echo $! >{tmp_path}/pid"))
    pid = (tmp_path / "pid").read_text().strip()
    state = pathlib.Path(f"/proc/{pid}/stat")
    # A signal is on its way for a moment.
    deadline = time.monotonic() + 30
    while state.exists() and state.read_text().split()[2] != "Z":
        assert time.monotonic() < deadline, "it runs on"
        time.sleep(0.02)


def test_a_key_that_others_may_read_is_a_fault(tmp_path):
    write = "echo '-----BEGIN PRIVATE KEY-----' >key.pem"
    follow(tmp_path, ("sh", f"umask 077; mkdir keys; cd keys; {write}"))
    with pytest.raises(AssertionError, match="docs/some.md:3: .*private keys in .'key.pem'"):
        follow(tmp_path, ("sh", f"umask 022; {write}"))


def test_paths_of_a_machine(tmp_path):
    there = places.replaced("cat /etc/nginx/tls/server.crt /etc/hosts", tmp_path)
    assert there == f"cat {tmp_path}/etc/nginx/tls/server.crt /etc/hosts"
    assert list((tmp_path / "etc/nginx").iterdir()) == []
