# One script of protocol tests for any NBD server, run with nbdsh's module. Prints a line for each answer;
# the answers of two servers are then compared. usage: nbd_protocol.py URI
import sys
import nbd

uri = sys.argv[1]


def handle(strict=False, structured=True):
    h = nbd.NBD()
    h.set_request_structured_replies(structured)
    if structured:
        h.add_meta_context(nbd.CONTEXT_BASE_ALLOCATION)
    if not strict:
        h.set_strict_mode(0)
    h.connect_uri(uri)
    return h


def answer(name, act):
    try:
        result = act()
        print(name, "ok" if result is None else result)
    except nbd.Error as e:
        print(name, "error", e.errno)


def pattern(seed, length):
    return bytes((seed * 31 + i * 7 + i // 256) % 256 for i in range(length))


h = handle()
size = h.get_size()
print("size", size)
for flag in ("can_flush", "can_fua", "can_trim", "can_zero", "can_df", "is_read_only", "can_multi_conn"):
    print(flag, getattr(h, flag)())
print("meta", h.can_meta_context(nbd.CONTEXT_BASE_ALLOCATION))

# reads and writes of every alignment
for offset, length in ((0, 512), (0, 4096), (4096, 4096), (100, 1), (4095, 2), (5000, 10000), (0, 1 << 20), (1 << 20, 3 << 20)):
    data = pattern(offset, length)
    answer("write %d+%d" % (offset, length), lambda: h.pwrite(data, offset))
    answer("read %d+%d" % (offset, length), lambda: h.pread(length, offset) == data)
answer("flush", lambda: h.flush())
answer("fua", lambda: h.pwrite(pattern(9, 4096), 8192, nbd.CMD_FLAG_FUA))
answer("df", lambda: h.pread(65536, 0, nbd.CMD_FLAG_DF) == h.pread(65536, 0))

# zeroes
answer("zero", lambda: h.zero(1 << 20, 1 << 20))
answer("zero reads", lambda: h.pread(1 << 20, 1 << 20) == bytes(1 << 20))
answer("zero odd", lambda: h.zero(777, (2 << 20) + 33))
answer("zero odd reads", lambda: h.pread(900, (2 << 20)) == pattern(1 << 20, 3 << 20)[1 << 20:(1 << 20) + 33] + bytes(777) + pattern(1 << 20, 3 << 20)[(1 << 20) + 810:(1 << 20) + 900])
answer("zero no hole", lambda: h.zero(4096, 0, nbd.CMD_FLAG_NO_HOLE))
answer("trim", lambda: h.trim(1 << 20, 4 << 20))

# block status covers exactly what was asked
def extents(length, offset, flags=0):
    found = []
    h.block_status(length, offset, lambda m, o, e, err: found.extend(e) or 0, flags)
    return found

answer("status covers", lambda: sum(extents(1 << 20, 0)[::2]) >= 1 << 20)
answer("status one", lambda: len(extents(1 << 20, 0, nbd.CMD_FLAG_REQ_ONE)))

# what is outside, malformed or unknown
answer("read beyond", lambda: h.pread(4096, size))
answer("read over the end", lambda: h.pread(4096, size - 1))
answer("write beyond", lambda: h.pwrite(b"x" * 4096, size))
answer("write over the end", lambda: h.pwrite(b"x" * 4096, size - 1))
answer("zero over the end", lambda: h.zero(4096, size - 1))
answer("still alive", lambda: h.pread(512, 0) is not None)

# without structured replies
s = handle(structured=False)
answer("simple read", lambda: s.pread(100000, 0) == h.pread(100000, 0))
answer("simple read beyond", lambda: s.pread(4096, size))

# a flush on one connection covers writes on another
answer("write on one", lambda: s.pwrite(b"q" * 4096, 65536))
answer("flush on the other", lambda: h.flush())
answer("read on the other", lambda: h.pread(4096, 65536) == b"q" * 4096)

# many at once, answered in any order
cookies = [h.aio_pwrite(nbd.Buffer.from_bytearray(bytearray(pattern(k, 4096))), k * 4096) for k in range(64)]
while any(not h.aio_command_completed(c) for c in list(cookies) if c) and h.aio_in_flight() > 0:
    h.poll(-1)
answer("64 in flight", lambda: all(h.pread(4096, k * 4096) == pattern(k, 4096) for k in range(64)))

# many more than a server holds at once, of all kinds, on two connections
t = handle()
pending = []
for k in range(600):
    c = h if k % 2 else t
    at = (256 + k) * 4096
    kind = k % 5
    if kind < 2:
        cookie = c.aio_pwrite(nbd.Buffer.from_bytearray(bytearray(pattern(k, 4096))), at)
    elif kind == 2:
        cookie = c.aio_zero(4096, at)
    elif kind == 3:
        cookie = c.aio_pread(nbd.Buffer(4096), at)
    else:
        cookie = c.aio_flush()
    pending.append((c, cookie))
for c, cookie in pending:
    while not c.aio_command_completed(cookie):
        c.poll(-1)
answer("600 in flight", lambda: all(
    h.pread(4096, (256 + k) * 4096) == (pattern(k, 4096) if k % 5 < 2 else bytes(4096)) for k in range(600) if k % 5 < 3))
t.shutdown()

# the largest requests, and what is larger
big = pattern(3, 8 << 20)
answer("8 MiB write", lambda: h.pwrite(big, 0))
answer("8 MiB read", lambda: h.pread(8 << 20, 0) == big)
answer("zero all", lambda: h.zero(size, 0))
answer("all zero", lambda: h.pread(8 << 20, 0) == bytes(8 << 20))

# flags: those that fit and those that do not
answer("zero fua", lambda: h.zero(4096, 0, nbd.CMD_FLAG_FUA))
answer("trim fua", lambda: h.trim(4096, 0, nbd.CMD_FLAG_FUA))
answer("nothing to read", lambda: h.pread(0, 0))
answer("nothing to write", lambda: h.pwrite(b"", 0))
answer("trim over the end", lambda: h.trim(4096, size - 1))
answer("status over the end", lambda: extents(4096, size - 1))
answer("status at the end", lambda: extents(512, size - 512)[::2])
answer("still alive", lambda: h.pread(512, 0) is not None)

h.shutdown()
s.shutdown()

# the negotiation, step by step
def option(name, act):
    o = nbd.NBD()
    o.set_opt_mode(True)
    o.set_request_structured_replies(True)
    o.set_strict_mode(0)
    o.connect_uri(uri)
    answer(name, lambda: act(o))
    if o.aio_is_negotiating():
        o.opt_abort()

def info_then_go(o):
    o.opt_info()
    found = (o.get_size(), o.is_read_only(), o.can_fua())
    o.opt_go()
    return found == (o.get_size(), o.is_read_only(), o.can_fua()) and o.pread(512, 0) is not None

def contexts(o):
    found = []
    o.add_meta_context("base:")
    o.opt_list_meta_context(lambda name: found.append(name))
    return "base:allocation" in found

def unknown_context(o):
    o.add_meta_context("coterie:nonsense")
    o.opt_go()
    return o.can_meta_context("coterie:nonsense")

def many_times(o):
    for _ in range(20):
        o.opt_info()
    o.opt_go()
    return o.pread(512, 0) is not None

option("info, then go", info_then_go)
option("list of contexts", contexts)
option("unknown context", unknown_context)
option("info twenty times", many_times)
option("abort", lambda o: o.opt_abort())

# the old way to name an export
e = nbd.NBD()
e.set_handshake_flags(0)
answer("export name", lambda: e.connect_uri(uri))
answer("export name reads", lambda: e.pread(512, 0) is not None and e.get_size() == size)
e.shutdown()

# an export that is not there
bad = nbd.NBD()
answer("no such export", lambda: bad.connect_uri(uri.replace("nbd+unix:///", "nbd+unix:///none-")))
