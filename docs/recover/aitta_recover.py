#!/usr/bin/env python3
"""Opens an Aitta archive without Aitta. Written from docs/format.md, version 1 of the format.

    aitta_recover.py FILE                  checks header, footer and manifest, and lists the content
    aitta_recover.py FILE --check          checks every byte; exit code 1 on any damage
    aitta_recover.py FILE --extract DIR    writes each section to a file, checked as it is written
                                           (--skip-damaged: goes on after a section that is not whole)

The vault key (64 hexadecimal digits, or the 16 groups of a recovery kit) is taken from BACKUP_ENCRYPTION_KEY, or asked for.
Needs Python 3.9 and: pip install cryptography zstandard
"""

import argparse
import getpass
import hashlib
import hmac
import json
import os
import pathlib
import re
import struct
import sys

import zstandard
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

HEADER, FOOTER, SECTOR, TAG = 4096, 64, 512, 32
FRAME_HEADER = struct.Struct("<4s5I16s")  # label, ciphertext, section, index, plaintext, rows, IV
MAX_PLAINTEXT = 2**31 - 1
MANIFEST_SECTION = 2**32 - 1


class Problem(Exception):
    """The archive, the key or the target is not as it should be. Says what is wrong and where."""


def require(condition, message):
    if not condition:
        raise Problem(message)


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def tag_is(tag, key, *parts):
    return hmac.compare_digest(mac(key, *parts), tag)


def hkdf(salt, label, key):
    """RFC 5869 with SHA-256; 32 bytes of output are one block."""
    return mac(mac(salt, key), label, b"\x01")


def cbc_decrypt(key, iv, data):
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    return decryptor.update(data) + decryptor.finalize()


class Archive:
    """An archive whose header, footer, manifest and layout have been checked."""

    def __init__(self, file, vault_key):
        self.file = file
        self.length = file.seek(0, os.SEEK_END)
        self.read_header()
        self.unlock(vault_key)
        self.read_footer()
        self.read_manifest()
        try:
            self.check_layout()
        except (KeyError, TypeError, ValueError) as error:
            raise Problem(f"damaged: the manifest is not as specified: {error!r}") from error

    def read(self, offset, length):
        self.file.seek(offset)
        data = self.file.read(length)
        require(len(data) == length, f"truncated: the file ends within byte {offset} to {offset + length}")
        return data

    def read_header(self):
        start = self.read(0, min(self.length, 8))
        magic = b"AITTA\r\n\x1a"
        if start != magic[: len(start)]:
            text_mode = start.startswith(b"AITTA")
            require(not text_mode, "damaged: the header was changed by a transfer in text mode")
            raise Problem("this is not an Aitta archive")
        require(self.length >= HEADER, f"truncated: {self.length} bytes, and the header alone has {HEADER}")
        self.header = self.read(0, HEADER)
        version, suite, self.uid, self.created = struct.unpack_from("<HH16sQ", self.header, 8)
        require(version <= 1, f"the archive has format version {version}; this program reads version 1")
        require(version == 1, "damaged: format version 0 in the header")
        require(suite == 1, f"the archive uses cipher suite {suite}; this program knows suite 1")
        zeros = self.header[36:480] + self.header[2560:]
        require(not any(zeros), "damaged: reserved bytes of the header are not zero")
        self.id = f"backup-{self.created}-{self.uid[:4].hex()}"

    def slot(self, number):
        return self.header[SECTOR * (1 + number) : SECTOR * (2 + number)]

    def unlock(self, vault_key):
        key_id = hkdf(b"", b"aitta/1 key id", vault_key)[:8]
        wrap_encryption = hkdf(self.uid, b"aitta/1 wrap encryption", vault_key)
        wrap_mac = hkdf(self.uid, b"aitta/1 wrap authentication", vault_key)
        data_key = None
        for number in range(4):
            slot = self.slot(number)
            # Over what the first 16 bytes have to be, not over what they are.
            opening = b"\x01" + bytes(7) + key_id
            if tag_is(slot[72:104], wrap_mac, self.uid, bytes([number]), opening, slot[16:64]):
                data_key = cbc_decrypt(wrap_encryption, slot[16:32], slot[32:64])
                break
        if data_key is None:
            filled = [n for n in range(4) if self.slot(n)[0] == 1]
            ids = {n: self.slot(n)[8:16] for n in filled}  # may be damaged, and only serves the message
            for number, found in ids.items():
                require(found != key_id, f"damaged: the key is right, but key slot {number} is damaged")
            names = " or ".join(i.hex() for i in ids.values()) or "that its header no longer names"
            raise Problem(f"wrong key: this is key {key_id.hex()}, and the archive needs key {names}")
        self.frame_encryption = hkdf(self.uid, b"aitta/1 frame encryption", data_key)
        self.frame_mac = hkdf(self.uid, b"aitta/1 frame authentication", data_key)
        header_mac = hkdf(self.uid, b"aitta/1 header authentication", data_key)
        self.footer_mac = hkdf(self.uid, b"aitta/1 footer authentication", data_key)
        fixed = self.header[:SECTOR]
        require(tag_is(fixed[480:], header_mac, b"fixed", fixed[:480]), "damaged: the tag of the header is wrong")
        self.damaged_slots = []
        for number in range(4):
            slot = self.slot(number)
            zeros = slot[1:8] + slot[64:72] + slot[104:480]
            filled = slot[0] == 1 and not any(zeros)
            good = filled and tag_is(slot[480:], header_mac, b"slot", bytes([number]), slot[:480])
            if any(slot) and not good:
                self.damaged_slots.append(number)

    def read_footer(self):
        require(self.length >= HEADER + FOOTER, "truncated: the file ends before its footer")
        footer = self.read(self.length - FOOTER, FOOTER)
        magic = footer[:4] == b"AEND"
        require(magic, "truncated: the file does not end with a footer; bytes were cut off or added")
        right = tag_is(footer[32:], self.footer_mac, self.uid, footer[:32])
        require(right, "damaged: the tag of the footer is wrong")
        version, zeros = struct.unpack_from("<HH", footer, 4)
        self.manifest_at, self.manifest_len, self.frame_count = struct.unpack_from("<QQQ", footer, 8)
        require((version, zeros) == (1, 0), "damaged: the footer is not of version 1")
        fits = self.manifest_at >= HEADER and self.manifest_at + self.manifest_len + FOOTER == self.length
        require(fits, "damaged: the footer does not fit the length of the file")

    def read_manifest(self):
        place = "the manifest"
        text, rows = self.open_frame(self.manifest_at, self.manifest_len, b"AMAN", MANIFEST_SECTION, 0, place)
        require(rows == 0, "damaged: the manifest says that it holds rows")
        try:
            self.manifest = json.loads(text.decode("utf-8"))
            names = (self.manifest["id"], self.manifest["created_ms"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Problem(f"damaged: the manifest is not as specified: {error!r}") from error
        require(names == (self.id, self.created), f"damaged: the manifest is not that of {self.id}")

    def check_layout(self):
        frames = []
        for number, section in enumerate(self.manifest["sections"]):
            listed = [tuple(f) for f in section["frames"]]
            for offset, stored, plaintext, rows in listed:
                possible = offset >= HEADER and stored > 72 and (stored - 72) % 16 == 0 and plaintext >= 0 <= rows
                require(possible, f"damaged: section {number} lists an impossible frame")
            sums = (sum(f[3] for f in listed), sum(f[2] for f in listed))
            stated = (section["rows"], section["bytes"])
            require(sums == stated, f"damaged: the frames of section {number} do not add up")
            require(section["kind"] in ("schema", "table", "extra"), f"section {number} is of an unknown kind")
            one = section["kind"] != "schema" or (len(listed), section["rows"]) == (1, 1)
            require(one, f"damaged: section {number} is a schema, and not one blob")
            frames += listed
        require(len(frames) == self.frame_count, "damaged: manifest and footer disagree about the number of frames")
        position = HEADER
        for offset, stored, _, _ in sorted(frames):
            require(offset == position, f"damaged: a frame should start at byte {position}")
            position += stored
        require(position == self.manifest_at, "damaged: the frames do not end where the manifest starts")

    def open_frame(self, offset, length, label, section, index, place):
        """Plaintext and number of rows of the frame of this label, section and index."""
        require(length >= 72 + 16 and offset + length <= self.length, f"damaged: {place} has an impossible length")
        data = self.read(offset, length)
        found = FRAME_HEADER.unpack_from(data)
        require(found[0] == label and found[1] == length - 72, f"damaged: the header of {place} does not fit")
        require(tag_is(data[-TAG:], self.frame_mac, self.uid, data[:-TAG]), f"damaged: the tag of {place} is wrong")
        other = f"frame {found[3]} of section {found[2]}"
        require(found[2:4] == (section, index), f"damaged: {other} lies where {place} should be")
        plaintext_len, rows, iv = found[4:]
        require(plaintext_len <= MAX_PLAINTEXT and found[1] % 16 == 0, f"damaged: {place} has impossible lengths")
        padded = cbc_decrypt(self.frame_encryption, iv, data[40:-TAG])
        pad = padded[-1]
        require(1 <= pad <= 16 and padded.endswith(bytes([pad]) * pad), f"damaged: the padding of {place} is wrong")
        try:
            compressed = padded[:-pad]
            size = zstandard.get_frame_parameters(compressed).content_size
            require(size == plaintext_len, f"damaged: {place} has another length than it says")
            decompressor = zstandard.ZstdDecompressor(max_window_size=2**31)
            plaintext = decompressor.decompress(compressed, allow_extra_data=False)
        except zstandard.ZstdError as error:
            raise Problem(f"damaged: {place} does not decompress: {error}") from error
        require(len(plaintext) == plaintext_len, f"damaged: {place} has another length than it says")
        return plaintext, rows

    def frames_of(self, number):
        """The plaintexts of a section, in order. Ends with an error if the whole is not what it should be."""
        section = self.manifest["sections"][number]
        digest = total = 0
        for index, (offset, stored, plaintext_len, listed_rows) in enumerate(section["frames"]):
            place = f"frame {index} of section {number}"
            plaintext, rows = self.open_frame(offset, stored, b"AFRM", number, index, place)
            listed = (len(plaintext), rows) == (plaintext_len, listed_rows)
            require(listed, f"damaged: {place} is not the one that the manifest lists")
            if section["kind"] == "schema":
                lines = [plaintext]
            else:
                *lines, rest = plaintext.split(b"\n")
                require(rest == b"", f"damaged: {place} ends within a row")
            require(len(lines) == rows, f"damaged: {place} does not hold as many rows as it says")
            for line in lines:
                digest += int.from_bytes(hashlib.sha256(line).digest(), "big")
            total += rows
            yield plaintext
        right = (total, f"{digest % 2**256:064x}") == (section["rows"], section["digest"])
        require(right, f"damaged: the rows of section {number} are not those that the manifest promises")

    def checksum(self):
        self.file.seek(HEADER)
        digest = hashlib.sha256()
        while block := self.file.read(1 << 20):
            digest.update(block)
        return digest.hexdigest()


def file_name(section, number, engine, taken):
    """Safe on every file system, whatever the table is called; never the same twice."""
    def safe(name):
        return "".join(c if c.isalnum() or c in "_- " else f"%{ord(c):02x}" for c in name)[:100]

    prefix = [section["kind"]] if section["kind"] not in ("table", section["name"]) else []
    parts = prefix + [safe(p) for p in (section.get("schema"), section["name"]) if p is not None]
    ending = {"postgresql": "dump", "sqlite": "json"}.get(engine, "bin") if section["kind"] == "schema" else "tsv"
    name = ".".join(parts)
    if name.lower() in taken:
        name += f".{number}"
    taken.add(name.lower())
    return f"{name}.{ending}"


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def extract(archive, folder, skip_damaged):
    """Writes all sections. True if all were whole; without `skip_damaged`, raises at the first that is not."""
    folder.mkdir(parents=True, exist_ok=True)
    require(not any(folder.iterdir()), f"{folder} is not empty")
    engine, taken, load, whole = archive.manifest["source"]["engine"], set(), [], True
    for number, section in enumerate(archive.manifest["sections"]):
        name = file_name(section, number, engine, taken)
        unfinished = folder / f"{name}.unfinished"
        try:
            with open(unfinished, "xb") as out:
                for plaintext in archive.frames_of(number):
                    out.write(plaintext)
        except Problem as problem:
            if not skip_damaged:
                raise
            unfinished.unlink()
            whole = False
            print(f"left out: {name}: {problem}", file=sys.stderr)
            continue
        unfinished.rename(folder / name)  # only what passed every check has its name
        section["file"] = name
        print(f"{section['rows']:>12} rows  {name}")
        if section["kind"] == "table" and section["rows"]:
            load.append(copy_command(section, name))
    manifest = json.dumps(archive.manifest, ensure_ascii=False, indent=2)
    (folder / "manifest.json").write_text(manifest + "\n", encoding="utf-8")
    if engine == "postgresql":
        start = "\\set ON_ERROR_STOP on\nSET client_encoding = 'UTF8';\n"
        # Under which locale values of the type money were written; other archives have that of their server.
        if (archive.manifest.get("properties") or {}).get("lc_monetary") == "C":
            start += "SET lc_monetary = 'C';\n"
        start += "BEGIN;\n"
        (folder / "load.sql").write_text(start + "".join(load) + "COMMIT;\n", encoding="utf-8")
    return whole


def copy_command(section, file):
    table = ".".join(quoted(p) for p in (section.get("schema"), section["name"]) if p is not None)
    columns = ", ".join(quoted(c["name"]) for c in section.get("columns", []))
    columns = f" ({columns})" if columns else ""
    command = f"\\copy {table}{columns} FROM '{file}'\n"
    # psql reads a \\copy to the end of the line.
    return command if command.count("\n") == 1 else f"-- a name has a line feed, copy it by hand: {file}\n"


def slots_message(archive):
    numbers = ", ".join(str(n) for n in archive.damaged_slots)
    return f"damaged: key slot {numbers} of the header; the archive opens all the same"


def check(archive, path):
    require(not archive.damaged_slots, slots_message(archive))
    for number, _ in enumerate(archive.manifest["sections"]):
        for _ in archive.frames_of(number):
            pass
    checksum = archive.checksum()
    sidecar = path.parent.parent / "metadata" / f"{archive.id}.json"
    if sidecar.is_file():
        try:
            promised = json.loads(sidecar.read_text(encoding="utf-8"))["checksum"]
        except (ValueError, KeyError, TypeError) as error:
            raise Problem(f"the archive is whole, but {sidecar} is not legible: {error!r}") from error
        require(promised == checksum, f"the archive is whole, but {sidecar} has the checksum of another one")
    print(f"checksum {checksum}\nwhole: every tag, digest and row count is right")


def show(archive):
    manifest = archive.manifest
    source = manifest["source"]
    print(f"{archive.id}: {source['engine']} {source['version']}, database {source['database']}, {manifest['kind']}")
    print("the whole database" if manifest["complete"] else "chosen tables only")
    for section in manifest["sections"]:
        name = ".".join(p for p in (section.get("schema"), section["name"]) if p is not None)
        print(f"{section['rows']:>12} rows {section['bytes']:>14} bytes  {section['kind']:<6}  {name}")


def vault_key():
    text = os.environ.get("BACKUP_ENCRYPTION_KEY")
    if not text:
        require(sys.stdin.isatty(), "no key: BACKUP_ENCRYPTION_KEY is not set, and there is no terminal to ask at")
        text = getpass.getpass("Vault key (64 hexadecimal digits, or the 16 groups of the recovery kit): ")
    text = "".join(text.split())
    if re.fullmatch(r"([0-9A-Fa-f]{4}-[0-9A-Fa-f]){16}", text):
        # The 16 groups of a recovery kit, each with its check digit.
        text = "".join(text[at:at + 4] for at in range(0, len(text), 6))
    try:
        key = bytes.fromhex(text)
    except ValueError as error:
        raise Problem("the key is not hexadecimal: it has digits 0 to 9 and letters a to f only") from error
    require(len(key) == 32, f"the key has {len(text)} digits, and 64 are needed")
    return key


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--check", action="store_true", help="check every byte")
    parser.add_argument("--extract", type=pathlib.Path, metavar="DIR", help="write each section to a file in DIR")
    parser.add_argument("--skip-damaged", action="store_true", help="extract what is whole, and leave out the rest")
    arguments = parser.parse_args()
    os.umask(0o077)  # what is extracted is no longer encrypted: for this user's eyes only
    try:
        with open(arguments.file, "rb") as file:
            archive = Archive(file, vault_key())
            if not arguments.extract:
                show(archive)
            if archive.damaged_slots and not arguments.check:
                print(f"warning: {slots_message(archive)}", file=sys.stderr)
            if arguments.check:
                check(archive, arguments.file.absolute())
            if arguments.extract:
                if not extract(archive, arguments.extract, arguments.skip_damaged):
                    return 1
    except (Problem, OSError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
