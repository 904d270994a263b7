#!/usr/bin/env python3
# Client of a device's control socket where there is no perl; see ctl.pl.
import atexit, os, select, signal, socket, struct, sys, termios

path, deadline, debug, mode, words = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "1", sys.argv[4], sys.argv[5:]
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
try:
    s.connect(path)
except OSError:
    sys.exit(125)


def put(kind, data=b""):
    s.sendall(kind + struct.pack(">I", len(data)) + data)


def out(fd, data):
    while data:
        data = data[os.write(fd, data):]


shown = None


def show():
    global shown
    if shown:
        termios.tcsetattr(0, termios.TCSADRAIN, shown)
        shown = None


def hide():
    global shown
    if os.isatty(0):
        shown = termios.tcgetattr(0)
        dark = termios.tcgetattr(0)
        dark[3] &= ~termios.ECHO
        termios.tcsetattr(0, termios.TCSADRAIN, dark)


atexit.register(show)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
    signal.signal(number, lambda *_: sys.exit(130))
want = mode == "console"
if want:
    put(b"C", " ".join(words).encode())
else:
    for word in words:
        put(b"A", os.fsencode(word))
    put(b"W", os.fsencode(os.getcwd()))
    if deadline:
        put(b"T", str(deadline).encode())
    if debug:
        put(b"D")
    put(b"R")
buffer = b""
while True:
    ready, _, _ = select.select([s] + ([0] if want else []), [], [])
    if s in ready:
        data = s.recv(65536)
        if not data:
            if mode == "run":
                os.write(2, b"error COT-0113: the device ended the connection\ntry: coterie device list\n")
            sys.exit(1)
        buffer += data
        while len(buffer) >= 5:
            length = struct.unpack(">I", buffer[1:5])[0]
            if len(buffer) < 5 + length:
                break
            kind, payload, buffer = buffer[:1], buffer[5:5 + length], buffer[5 + length:]
            if kind == b"1":
                out(1, payload)
            elif kind == b"2":
                out(2, payload)
            elif kind == b"r":
                want = True
                if payload == b"h":
                    hide()
            elif kind == b"x":
                sys.exit(struct.unpack(">I", payload)[0])
    if want and 0 in ready:
        data = os.read(0, 32768)
        show()
        put(b"i", data) if data else put(b"e")
        want = bool(data) and mode == "console"
