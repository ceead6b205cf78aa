#!/usr/bin/env python3
"""Makes a SQLite database from what aitta_recover.py extracted. Written from docs/format.md.

    load_sqlite.py DIR NEW.db     creates NEW.db, all of it or nothing, and checks it

Needs Python 3.9 and nothing else.
"""

import json
import os
import re
import sqlite3
import sys
from pathlib import Path

ESCAPES = {b"t": b"\t", b"n": b"\n", b"r": b"\r", b"\\": b"\\"}
ENCODINGS = {"UTF-16le": "utf-16-le", "UTF-16be": "utf-16-be"}


def value(field, utf16):
    """What to bind, if anything, and the expression that gives the value."""
    kind, rest = field[:1], field[1:]
    if field == b"\\N":
        return [], "NULL"
    if kind == b"i":
        return [int(rest)], "?"
    if kind == b"r":
        return [float(rest)], "?"
    if kind == b"x":
        return [bytes.fromhex(rest.decode("ascii"))], "?"
    if kind == b"u":
        return [], as_stored(bytes.fromhex(rest.decode("ascii")))
    if kind != b"t":
        raise SystemExit(f"a value begins with {kind!r}: take the scripts of a later Aitta")
    text = re.sub(rb"\\(.)", lambda found: ESCAPES[found[1]], rest)
    if not utf16:
        return [text], "CAST(? AS TEXT)"  # as bytes: it may be no valid UTF-8
    text = text.decode("utf-8")
    # SQLite makes U+FFFD of these two when it converts what is bound.
    if "\ufffe" in text or "\uffff" in text:
        return [], as_stored(text.encode(utf16))
    return [text], "?"


def as_stored(text):
    # A literal: older versions of SQLite take bound bytes for UTF-8, whatever the database stores.
    return f"CAST(x'{text.hex()}' AS TEXT)"


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def load(db, folder, section, utf16):
    properties = section.get("properties", {})
    names = [column["name"] for column in section["columns"]]
    parts = {part["table"]: part for part in properties.get("parts", [])}
    with open(folder / section["file"], "rb") as rows:
        for row in rows:
            fields = row.rstrip(b"\n").split(b"\t")
            table, columns = section["name"], names
            if "module" in properties:
                # Rows of a virtual table are those of its shadow tables, each led by its name.
                (first,), _ = value(fields.pop(0), "utf-16-le")
                part = parts[first]
                table, columns = part["table"], [column["name"] for column in part["columns"]]
                columns = ([part["rowid"]] if "rowid" in part else []) + columns
            values = [value(field, utf16) for field in fields]
            listed = ", ".join(map(quoted, columns))
            places = ", ".join(place for _, place in values)
            bound = [one for some, _ in values for one in some]
            db.execute(f"INSERT INTO {quoted(table)} ({listed}) VALUES ({places})", bound)


def main(folder, path):
    folder = Path(folder)
    if Path(path).exists():
        raise SystemExit(f"{path} is there already: name a new file")
    schema = json.loads((folder / "schema.json").read_text(encoding="utf-8"))
    sections = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["sections"]
    pragmas, entries = schema["pragmas"], schema["entries"]
    utf16 = ENCODINGS.get(pragmas["encoding"])
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.execute(f"PRAGMA encoding = '{pragmas['encoding']}'")
        for name in ("page_size", "auto_vacuum"):
            db.execute(f"PRAGMA {name} = {int(pragmas[name])}")
        # What broke a CHECK or a foreign key before comes back as it was.
        db.execute("PRAGMA ignore_check_constraints = ON")
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("BEGIN")
        db.execute("PRAGMA writable_schema = ON")
        for entry in entries:
            if entry["type"] != "table" or entry["name"].startswith("sqlite_"):
                continue
            if entry["sql"].lstrip().upper().startswith("CREATE VIRTUAL"):
                # Executed, it would make its shadow tables anew, and these are there with their rows.
                row = (entry["name"], entry["name"], entry["sql"])
                db.execute("INSERT INTO sqlite_master VALUES ('table', ?, ?, 0, ?)", row)
            else:
                db.execute(entry["sql"])
        for section in sections:
            if section["kind"] == "table" and "file" in section:
                load(db, folder, section, utf16)
        for section in sections:
            # Tables of SQLite itself: loading has put other rows into some.
            if section["kind"] == "extra" and section["name"] == "sqlite_sequence" and "file" in section:
                db.execute("DELETE FROM sqlite_sequence")
                load(db, folder, section, utf16)
        db.execute("COMMIT")
        db.execute("PRAGMA writable_schema = RESET")
        for kind in ("index", "view", "trigger"):
            for entry in entries:
                if entry["type"] == kind and entry["sql"]:
                    db.execute(entry["sql"])
        for name in ("user_version", "application_id"):
            db.execute(f"PRAGMA {name} = {int(pragmas[name])}")
        problems = [row[0] for row in db.execute("PRAGMA integrity_check")]
        broken = db.execute("PRAGMA foreign_key_check").fetchall()
    except BaseException:
        db.close()
        Path(path).unlink(missing_ok=True)
        raise
    db.close()
    print(f"{path}: integrity_check says {', '.join(problems)}; {len(broken)} rows break a foreign key")
    return 0 if problems == ["ok"] else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    os.umask(0o077)  # what is loaded is no longer encrypted: for this user's eyes only
    sys.exit(main(sys.argv[1], sys.argv[2]))
