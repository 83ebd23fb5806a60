"""Reads a transparency log as its C2SP specifications have it, in another language and without a line of the product's.

    python3 foreign_verifier.py log <address of the log> <vkey>...
    python3 foreign_verifier.py proof <proof file> <entry file> <vkey>...

Nothing but the standard library: Ed25519 after RFC 8032, ML-DSA-44 after FIPS 204, the tree after RFC 6962, notes, checkpoints,
cosignatures, tiles and proofs after c2sp.org. Every key has to have signed. Prints JSON; exits with 1 at the first fault.
"""

import base64
import gzip
import hashlib
import json
import re
import sys
import urllib.error
import urllib.request


class Fault(Exception):
    pass


def demand(holds, fault):
    if not holds:
        raise Fault(fault)


# --- Ed25519 (RFC 8032, 5.1.7) -------------------------------------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def recover(y, sign):
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P:
        return None
    return P - x if x & 1 != sign else x


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, p):
    q = (0, 1, 1, 0)
    while n:
        if n & 1:
            q = add(q, p)
        p, n = add(p, p), n >> 1
    return q


def point(data):
    y = int.from_bytes(data, "little")
    x = recover(y & (1 << 255) - 1, y >> 255)
    return None if x is None else (x, y & (1 << 255) - 1, 1, x * (y & (1 << 255) - 1) % P)


def ed25519(public, message, signature):
    a, r = point(public), point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    left, right = times(s, BASE), add(r, times(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# --- ML-DSA-44 (FIPS 204, algorithms 3 and 8, empty context) --------------------------------------------------------------

Q, K, L, TAU, OMEGA, GAMMA1, GAMMA2, BETA = 8380417, 4, 4, 39, 80, 2**17, 95232, 78
ZETAS = [pow(1753, int(f"{k:08b}"[::-1], 2), Q) for k in range(256)]


def ntt(poly):
    a, k, size = list(poly), 0, 128
    while size:
        for start in range(0, 256, 2 * size):
            k += 1
            for j in range(start, start + size):
                t = ZETAS[k] * a[j + size] % Q
                a[j], a[j + size] = (a[j] + t) % Q, (a[j] - t) % Q
        size //= 2
    return a


def inverse_ntt(poly):
    a, k, size = list(poly), 256, 1
    while size < 256:
        for start in range(0, 256, 2 * size):
            k -= 1
            for j in range(start, start + size):
                t = a[j]
                a[j], a[j + size] = (t + a[j + size]) % Q, -ZETAS[k] * (t - a[j + size]) % Q
        size *= 2
    return [value * 8347681 % Q for value in a]


def multiply(a, b):
    return [x * y % Q for x, y in zip(a, b)]


def unpack(data, bits):
    whole = int.from_bytes(data, "little")
    return [whole >> bits * i & (1 << bits) - 1 for i in range(256)]


def uniform(rho, row, column):
    stream, out = hashlib.shake_128(rho + bytes([column, row])).digest(1680), []
    for i in range(0, len(stream), 3):
        value = int.from_bytes(stream[i : i + 3], "little") & 0x7FFFFF
        if value < Q and len(out) < 256:
            out.append(value)
    demand(len(out) == 256, "too few values below q")
    return out


def challenge(seed):
    stream, c, at = hashlib.shake_256(seed).digest(1024), [0] * 256, 8
    signs = int.from_bytes(stream[:8], "little")
    for i in range(256 - TAU, 256):
        while stream[at] > i:
            at += 1
        c[i], c[stream[at]] = c[stream[at]], (1 - 2 * (signs & 1)) % Q
        at, signs = at + 1, signs >> 1
    return c


def hints(data):
    out, at = [[0] * 256 for _ in range(K)], 0
    for row in range(K):
        end = data[OMEGA + row]
        if end < at or end > OMEGA:
            return None
        for i in range(at, end):
            if i > at and data[i] <= data[i - 1]:
                return None
            out[row][data[i]] = 1
        at = end
    return None if any(data[at:OMEGA]) else out


def high(value, hint):
    low = value % (2 * GAMMA2)
    low = low - 2 * GAMMA2 if low > GAMMA2 else low
    top, low = (0, low - 1) if value - low == Q - 1 else ((value - low) // (2 * GAMMA2), low)
    return top if not hint else (top + (1 if low > 0 else -1)) % 44


def ml_dsa_44(public, message, signature):
    if len(public) != 1312 or len(signature) != 2420:
        return False
    rho, seed = public[:32], signature[:32]
    t1 = [unpack(public[32 + 320 * i :][:320], 10) for i in range(K)]
    z = [[GAMMA1 - v for v in unpack(signature[32 + 576 * i :][:576], 18)] for i in range(L)]
    h = hints(signature[32 + 576 * L :])
    if h is None or any(abs(v) >= GAMMA1 - BETA for row in z for v in row):
        return False
    mu = hashlib.shake_256(hashlib.shake_256(public).digest(64) + b"\0\0" + message).digest(64)
    c, spread, packed = ntt(challenge(seed)), [ntt(row) for row in z], b""
    for row in range(K):
        total = [0] * 256
        for column in range(L):
            total = [x + y for x, y in zip(total, multiply(uniform(rho, row, column), spread[column]))]
        shifted = multiply(c, ntt([v << 13 for v in t1[row]]))
        w = inverse_ntt([(x - y) % Q for x, y in zip(total, shifted)])
        tops = [high(v, h[row][i]) for i, v in enumerate(w)]
        packed += sum(v << 6 * i for i, v in enumerate(tops)).to_bytes(192, "little")
    return hashlib.shake_256(mu + packed).digest(32) == seed


# --- signed-note, tlog-checkpoint, tlog-cosignature -----------------------------------------------------------------------


def unbase64(text):
    data = base64.b64decode(text, validate=True)
    demand(base64.b64encode(data).decode() == text, f"`{text[:20]}` is not canonical base64")
    return data


def verifier(vkey):
    name, key_id, rest = vkey.split("+", 2)
    typed = unbase64(rest)
    expected = hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]
    demand(expected.hex() == key_id, f"the id of the key of {name} is not its hash")
    demand(len(typed) == {1: 33, 4: 33, 6: 1313}.get(typed[0]), f"a key of type {typed[0]}")
    return name, expected, typed[0], typed[1:]


def opaque(text):
    data = text.encode()
    demand(0 < len(data) < 256, "a name of more than 255 bytes")
    return bytes([len(data)]) + data


def parse_note(data):
    text = data.decode("utf-8")
    demand(not re.search(r"[\x00-\x09\x0b-\x1f]", text), "control characters in a note")
    body, _, tail = text.rpartition("\n\n")
    demand(tail.endswith("\n"), "a note that does not end with a line feed")
    lines = []
    for line in tail[:-1].split("\n"):
        match = re.fullmatch("\u2014 ([^ +]+) ([^ ]+)", line)
        demand(match, "a malformed signature line")
        blob = unbase64(match[2])
        demand(len(blob) > 4, "a signature line without a signature")
        lines.append((match[1], blob[:4], blob[4:]))
    return body + "\n", lines


def parse_checkpoint(data):
    text, lines = parse_note(data)
    rows = text[:-1].split("\n")
    demand(len(rows) >= 3 and all(rows), "fewer than three lines, or an empty one")
    demand(re.fullmatch(r"0|[1-9][0-9]*", rows[1]), "a malformed size")
    root = unbase64(rows[2])
    demand(len(root) == 32, "a root of another length")
    return rows[0], int(rows[1]), root, text, lines


def signed_by(data, vkeys):
    """The checkpoint, once a line of each key has been verified, and no line of any of them is wrong."""
    origin, size, root, text, lines = parse_checkpoint(data)
    times, own = [], set()
    for name, key_id, kind, public in map(verifier, vkeys):
        mine = [blob for of, known, blob in lines if (of, known) == (name, key_id)]
        demand(mine, f"no line of the key {key_id.hex()} of {name}")
        for blob in mine:
            stamp = None if kind == 1 else int.from_bytes(blob[:8], "big")
            signature = blob if kind == 1 else blob[8:]
            demand(stamp is None or 0 < stamp < 2**63, "a time that cannot be")
            if kind == 1:
                holds = len(blob) == 64 and ed25519(public, text.encode(), signature)
            elif kind == 4:
                message = f"cosignature/v1\ntime {stamp}\n{text}".encode()
                holds = len(blob) == 72 and ed25519(public, message, signature)
            else:
                message = b"subtree/v1\n\0" + opaque(name) + stamp.to_bytes(8, "big") + opaque(origin)
                holds = ml_dsa_44(public, message + bytes(8) + size.to_bytes(8, "big") + root, signature)
            demand(holds, f"the line of the key {key_id.hex()} of {name} does not hold")
            times += [] if stamp is None else [stamp]
        own |= {kind} if name == origin else set()
    demand(1 in own, "no Ed25519 line of the log, which a public log must have")
    return origin, size, root, times


# --- RFC 6962 and tlog-tiles ----------------------------------------------------------------------------------------------


def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def tree(hashes):
    """MTH over hashes of complete subtrees of one size; the last may be smaller."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return node_hash(tree(hashes[:split]), tree(hashes[split:]))


def tile_path(level, index, width):
    groups = []
    while True:
        groups.insert(0, f"{index % 1000:03d}")
        index //= 1000
        if not index:
            break
    name = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
    return f"tile/{level}/{name}" + ("" if width == 256 else f".p/{width}")


class Log:
    def __init__(self, prefix):
        self.prefix, self.read, self.zipped = prefix.rstrip("/"), 0, 0

    def get(self, path, kind, coding="identity"):
        request = urllib.request.Request(f"{self.prefix}/{path}", headers={"Accept-Encoding": coding})
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                data, headers = response.read(), response.headers
        except urllib.error.HTTPError as error:
            raise Fault(f"{path}: status {error.code}") from None
        demand(headers["Content-Type"] == kind, f"{path} is of type {headers['Content-Type']}")
        caching = headers["Cache-Control"] or ""
        if path == "checkpoint":
            demand(re.search(r"no-store|no-cache|max-age=[0-5]\b", caching), "the checkpoint may be kept")
        else:
            demand("immutable" in caching, f"{path} may not be kept")
        used = headers["Content-Encoding"] or "identity"
        # tlog-tiles: entry bundles may be gzip "with no negotiation", anything else only on demand.
        free = ("identity", "gzip") if "/entries/" in path else ("identity",)
        demand(used in (*free, coding), f"{path} is encoded as {used}, which nobody asked for")
        self.read, self.zipped = self.read + 1, self.zipped + (used == "gzip")
        return gzip.decompress(data) if used == "gzip" else data

    def tile(self, level, index, width, coding="identity"):
        return self.get(tile_path(level, index, width), "application/octet-stream", coding)

    def missing(self, path):
        try:
            self.get(path, "application/octet-stream")
        except Fault as fault:
            return "status 404" in str(fault)
        return False


def entries_of(data, width, path):
    entries, at = [], 0
    for _ in range(width):
        demand(at + 2 <= len(data), f"{path} ends too early")
        length = int.from_bytes(data[at : at + 2], "big")
        demand(at + 2 + length <= len(data), f"{path} ends within an entry")
        entries.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    demand(at == len(data), f"{path} has bytes after its last entry")
    return entries


def check_log(prefix, vkeys):
    log = Log(prefix)
    origin, size, root, times = signed_by(log.get("checkpoint", "text/plain; charset=utf-8"), vkeys)
    demand(size or root == hashlib.sha256().digest(), "an empty tree with another root")
    hashes = []
    for index in range(-(-size // 256)):
        width = min(256, size - 256 * index)
        path = tile_path("entries", index, width)
        bundle = log.tile("entries", index, width, "gzip")
        demand(log.tile("entries", index, width) == bundle, f"{path} differs by its encoding")
        hashes += map(leaf_hash, entries_of(bundle, width, path))
    level, below = 0, hashes
    while below:
        for index in range(-(-len(below) // 256)):
            part = below[256 * index : 256 * index + 256]
            path = tile_path(level, index, len(part))
            demand(log.tile(level, index, len(part)) == b"".join(part), f"{path} is not over the entries")
        full = len(below) // 256
        below, level = [tree(below[256 * i : 256 * i + 256]) for i in range(full)], level + 1
    demand(not hashes or tree(hashes) == root, "the checkpoint signs another root")
    beyond = [tile_path(level, 0, 256), "tile/0/0", "tile/00/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/64/000"]
    for path in beyond:
        demand(log.missing(path), f"{path} is served")
    return {"origin": origin, "size": size, "signed_at": max(times), "files": log.read, "gzip": log.zipped}


# --- tlog-proof -----------------------------------------------------------------------------------------------------------


def climb(index, size, path, leaf):
    """RFC 9162, 2.1.3.2."""
    node, last, value = index, size - 1, leaf
    for beside in path:
        demand(last, "a path that is too long")
        if node & 1 or node == last:
            value = node_hash(beside, value)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            value = node_hash(value, beside)
        node, last = node >> 1, last >> 1
    demand(not last, "a path that is too short")
    return value


def check_proof(proof, entry, vkeys):
    head, _, note = proof.partition(b"\n\n")
    rows = head.decode().split("\n")
    demand(rows.pop(0) == "c2sp.org/tlog-proof@v1", "no tlog-proof")
    if rows and rows[0].startswith("extra "):
        unbase64(rows.pop(0)[6:])
    match = re.fullmatch(r"index (0|[1-9][0-9]*)", rows.pop(0) if rows else "")
    demand(match, "no index")
    origin, size, root, times = signed_by(note, vkeys)
    index = int(match[1])
    demand(index < size, "an index past the tree")
    path = [unbase64(row) for row in rows]
    demand(all(len(value) == 32 for value in path), "a malformed path")
    demand(climb(index, size, path, leaf_hash(entry)) == root, "the entry is not in the tree")
    return {"origin": origin, "index": index, "size": size, "signed_at": max(times)}


def main(what, *of):
    if what == "log":
        return check_log(of[0], of[1:])
    with open(of[0], "rb") as proof, open(of[1], "rb") as entry:
        return check_proof(proof.read(), entry.read(), of[2:])


if __name__ == "__main__":
    try:
        print(json.dumps({"ok": True, **main(*sys.argv[1:])}))
    except (Fault, ValueError) as fault:
        print(json.dumps({"ok": False, "fault": str(fault)}))
        sys.exit(1)
