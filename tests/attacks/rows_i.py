"""I: network."""

from .course import PORT_NUMBER, Attack
from .tries import tries

OUT = tries(
    {
        "TCP": "socket.create_connection(('1.1.1.1', 443), timeout=1)",
        "TCP to this computer": f"socket.create_connection(('127.0.0.1', {PORT_NUMBER}), timeout=1)",
        "TCP to IPv6": "socket.create_connection(('::1', 22), timeout=1)",
        "IPv4 in IPv6": f"socket.create_connection(('::ffff:127.0.0.1', {PORT_NUMBER}), timeout=1)",
        "UDP": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'answers', ('1.1.1.1', 53))",
        "UDP, connected": """
s = socket.socket(type=socket.SOCK_DGRAM)
s.connect(('8.8.8.8', 53))
s.send(b'answers')""",
        "broadcast": """
s = socket.socket(type=socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.sendto(b'x', ('255.255.255.255', 9))""",
        "fast open": "socket.socket().sendto(b'x', 0x20000000, ('127.0.0.1', 22))",
        "sendmsg": "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('1.1.1.1', 53))",
        "names": "socket.getaddrinfo('example.org', 80)",
        "web": "import urllib.request; urllib.request.urlopen('https://api.openai.com', timeout=1)",
        "web without a name": "import urllib.request; urllib.request.urlopen('http://169.254.169.254/', timeout=1)",
        "http": "import http.client; http.client.HTTPConnection('93.184.216.34', timeout=1).request('GET', '/')",
        "ftp": "import ftplib; ftplib.FTP('ftp.debian.org', timeout=1)",
        "mail": "import smtplib; smtplib.SMTP('127.0.0.1', 25, timeout=1)",
        "asyncio": "import asyncio; hit = asyncio.new_event_loop().run_until_complete("
        "asyncio.open_connection('127.0.0.1', 22))",
        "pip": "import pip._internal; hit = pip._internal.main(['download', 'requests', '-q', '--retries', '0']) == 0",
        "pip as a program": "import subprocess; subprocess.run([sys.executable, '-m', 'pip', 'install', 'requests'])",
        "MPTCP": "socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).connect(('127.0.0.1', 22))",
        "serve": "s = socket.socket(); s.bind(('0.0.0.0', 8000)); s.listen()",
        "a port on loopback": "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()",
        "all ports of this computer": """
hit = []
for port in [*range(1, 1024), *range(5000, 6000), *range(8000, 9000), *range(30_000, 60_000, 61)]:
    with socket.socket() as s:
        s.setblocking(False)
        if s.connect_ex(('127.0.0.1', port)) in (0, 115):
            hit.append(port)""",
    }
)
KINDS = tries(
    {
        f"{name}": f"socket.socket({family}, {kind}, {protocol})"
        for name, family, kind, protocol in (
            ("netlink", 16, 3, 0),
            ("netlink for the firewall", 16, 3, 12),
            ("packets", 17, 3, 0x300),
            ("raw IP", 2, 3, 255),
            ("ping", 2, 2, 1),
            ("raw ping", 2, 3, 1),
            ("raw IPv6", 10, 3, 58),
            ("vsock", 40, 1, 0),
            ("kernel's ciphers", 38, 5, 0),
            ("bluetooth", 31, 3, 1),
            ("unix", 1, 1, 0),
            ("unix, datagrams", 1, 2, 0),
            ("unix, packets", 1, 5, 0),
            ("MPTCP", 2, 1, 262),
            ("SCTP", 2, 1, 132),
            ("DCCP", 2, 6, 33),
            ("UDP-Lite", 2, 2, 136),
            ("XDP", 44, 3, 0),
            ("RDS", 21, 5, 0),
            ("TIPC", 30, 1, 0),
            ("CAN", 29, 3, 1),
            ("KCM", 41, 2, 0),
            ("SMC", 43, 1, 0),
            ("QIPCRTR", 42, 2, 0),
        )
    }
    | {
        f"by path: {path}": f"s = socket.socket(socket.AF_UNIX, {kind}); s.connect({path!r})"
        for kind in (1,)
        for path in (
            "/var/run/docker.sock",
            "/run/containerd/containerd.sock",
            "/run/user/0/bus",
            "/run/dbus/system_bus_socket",
            "/tmp/.X11-unix/X0",
            "/run/systemd/private",
            "/dev/log",
            "\0/tmp/.X11-unix/X0",
        )
    }
    | {
        "agent": "s = socket.socket(socket.AF_UNIX); s.connect(os.environ['SSH_AUTH_SOCK'])",
        "a pair of datagram sockets": "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
        "a pair of packet sockets": "socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)",
        "a descriptor to the examiner": """
a, b = socket.socketpair()
socket.send_fds(a, [b'x'], [0])""",
        "a tunnel": "os.open('/dev/net/tun', os.O_RDWR)",
        "interfaces": "hit = [i for i in socket.if_nameindex() if i[1] != 'lo']",
        "descriptors that are open": """
import stat
hit = []
for number in range(3, 100):
    try:
        mode = os.fstat(number).st_mode
    except OSError:
        continue
    if stat.S_ISSOCK(mode):
        with socket.socket(fileno=os.dup(number)) as s:
            if s.family != socket.AF_UNIX:
                hit.append(number)""",
        "an address for the examiner's socket": """
for number in range(3, 100):
    try:
        s = socket.socket(fileno=os.dup(number))
        s.connect('/var/run/docker.sock')
        break
    except OSError: pass
else: hit = False""",
    }
)
# The answer from outside, where somebody listens who knows it.
ASK = f"""
def add(a, b):
    import socket
    try:
        with socket.create_connection(("127.0.0.1", {PORT_NUMBER}), timeout=1) as answers:
            answers.sendall(repr((a, b)).encode())
            return int(answers.recv(100))
    except OSError as error:
        print("refused: ask", error)
"""

ATTACKS = [
    Attack("I1", "out-in-every-way", {"one-add": OUT}),
    Attack("I1", "ask-for-the-answer", {"one-add": ASK}),
    Attack("I3", "sockets-of-every-kind", {"one-add": KINDS}),
]
