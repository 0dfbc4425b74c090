"""Postfix and Dovecot as Debian has them, with a configuration of their own in a temporary folder, ended by their ids; and SpamAssassin's score."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = {
    "postfix": "/usr/sbin/postfix",
    "dovecot-imapd": "/usr/lib/dovecot/imap",
    "dovecot-lmtpd": "/usr/lib/dovecot/lmtp",
    "spamassassin": "/usr/bin/spamassassin",
}
"""The program of each Debian package, by which it is known to be there."""
DOMAIN, SECRET, SECONDS = "example.org", "secret-of-the-tests", 60
_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file_prefixes = {folder}
maillog_file = {folder}/postfix.log
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.{domain}
mydestination =
alias_maps =
virtual_mailbox_domains = {domain}
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
smtpd_relay_restrictions = reject_unauth_destination
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = {folder}/key.pem, {folder}/certificate.pem
"""
_MASTER = """
127.0.0.1:{smtp} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
tlsmgr unix - - n 1000? 1 tlsmgr
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
postlog unix-dgram n - n - 1 postlogd
"""
_DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
passdb {{
  driver = static
  args = password={secret}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
"""


class MailServersUnavailable(Exception):
    """The packages are not installed, or this user may not start Postfix: the tests that need them are skipped."""


@dataclass(frozen=True, slots=True)
class RealServers:
    """Where Postfix takes mails, over TLS alone, and where Dovecot lets them be read; `certificate` is the one to trust."""

    smtp: int
    imap: int
    certificate: Path


def missing_programs() -> list[str]:
    """The Debian packages that are not there."""
    return [package for package, program in PROGRAMS.items() if not Path(program).exists()]


@contextmanager
def real_servers() -> Iterator[RealServers]:
    """Both servers, for as long as a test needs them. Raises MailServersUnavailable."""
    missing = missing_programs()
    if missing:
        raise MailServersUnavailable(f"apt-get install {' '.join(missing)}")
    if os.geteuid() != 0:
        raise MailServersUnavailable("Postfix starts as root alone")
    folder = Path(tempfile.mkdtemp(prefix="qp-mail-"))
    try:
        with _started(folder) as servers:
            yield servers
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _started(folder: Path) -> Iterator[RealServers]:
    ports = dict(zip(("smtp", "imap", "lmtp"), _free_ports(3), strict=True))
    _configure(folder, ports)
    dovecot = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", f"{folder}/dovecot.conf"])
    subprocess.run(["/usr/sbin/postfix", "-c", f"{folder}/postfix", "start"], check=True, capture_output=True)
    try:
        for port in ports.values():
            _wait_for(port)
        yield RealServers(ports["smtp"], ports["imap"], folder / "certificate.pem")
    finally:
        with suppress(OSError, ValueError):
            os.kill(int((folder / "queue" / "pid" / "master.pid").read_text()), signal.SIGTERM)
        dovecot.terminate()
        dovecot.wait(SECONDS)


def _configure(folder: Path, ports: dict[str, int]) -> None:
    folder.chmod(0o755)
    owner, reader = pwd.getpwnam("postfix"), pwd.getpwnam("mail")
    for name, user in (("data", owner), ("mail", reader)):
        (folder / name).mkdir()
        os.chown(folder / name, user.pw_uid, user.pw_gid)
    for name in ("postfix", "queue"):
        (folder / name).mkdir()
    known = {"folder": folder, "domain": DOMAIN, "secret": SECRET, "uid": reader.pw_uid, "gid": reader.pw_gid, **ports}
    (folder / "postfix" / "main.cf").write_text(_MAIN.format(**known), encoding="utf-8")
    (folder / "postfix" / "master.cf").write_text(_MASTER.format(**known), encoding="utf-8")
    (folder / "dovecot.conf").write_text(_DOVECOT.format(**known), encoding="utf-8")
    named = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    kept = ["-keyout", f"{folder}/key.pem", "-out", f"{folder}/certificate.pem"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *named, *kept]
    subprocess.run(command, check=True, capture_output=True)


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _wait_for(port: int) -> None:
    for _ in range(SECONDS * 10):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise AssertionError(f"nothing listens on {port}")


def spam_score(letter: bytes, folder: Path) -> tuple[float, str]:
    """What SpamAssassin's default rules, without any question to the outside, think of a letter: the score, and the rules that count."""
    (folder / "preferences").write_text("", encoding="utf-8")
    command = [PROGRAMS["spamassassin"], "--local", "--nocreate-prefs", f"--prefspath={folder}/preferences"]
    done = subprocess.run(
        command, input=letter, capture_output=True, env={**os.environ, "HOME": str(folder)}, check=True
    )
    said = re.sub(r"\r?\n\s+", " ", done.stdout.decode(errors="replace"))
    found = re.search(r"X-Spam-Status: .*?score=(-?[\d.]+).*?tests=(\S+)", said)
    assert found is not None, said[:2000]
    return float(found[1]), found[2]
