//! Rows as lines of text, and back.
//!
//! A line is the fields, separated by TAB, ended by LF. A field is `\N` for NULL, or a letter for the
//! storage class and then the value: `i` and a decimal integer; `r` and the shortest decimal that
//! reads back as the same 64-bit float, or `inf`, `-inf`; `t` and the bytes of a text, with `\\`,
//! `\t`, `\n`, `\r` escaped; `x` and the bytes of a blob in lower-case hexadecimal; `u` and the bytes,
//! in hexadecimal, of a text that is no valid UTF-16 in a database that stores UTF-16. Texts of such
//! databases are otherwise written in UTF-8; in UTF-8 databases they are written byte by byte, valid
//! or not.

use std::io::Write;

use aitta_base::{Error, Result};
use aitta_model::ErrorCode;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};

/// Characters that SQLite replaces when it converts UTF-8 to UTF-16.
const CHANGED: [char; 2] = ['\u{fffe}', '\u{ffff}'];

/// How a database stores text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    /// From the answer of `PRAGMA encoding`.
    pub(super) fn from_pragma(text: &str) -> Self {
        match text {
            "UTF-16le" => Self::Utf16Le,
            "UTF-16be" => Self::Utf16Be,
            _ => Self::Utf8,
        }
    }
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    /// Text that is not valid in the encoding of its database, as its bytes.
    RawText(Vec<u8>),
    Blob(Vec<u8>),
}

impl Value {
    /// The value in the form in which a database of this encoding takes it unchanged. SQLite converts a
    /// text that is bound as UTF-8 for a UTF-16 database, and makes U+FFFD of U+FFFE and U+FFFF: valid
    /// characters, but `READ_UTF8` in its utf.c replaces them. As bytes they get in as they are.
    pub(super) fn for_database(self, encoding: Encoding) -> Self {
        let bytes = |text: &str, unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect();
        match (self, encoding) {
            (Self::Text(text), Encoding::Utf16Le) if text.contains(CHANGED) => {
                Self::RawText(bytes(&text, u16::to_le_bytes))
            }
            (Self::Text(text), Encoding::Utf16Be) if text.contains(CHANGED) => {
                Self::RawText(bytes(&text, u16::to_be_bytes))
            }
            (value, _) => value,
        }
    }

    /// Whether it must be bound as a blob and turned into text by the statement.
    pub(super) fn needs_cast(&self) -> bool {
        matches!(self, Self::RawText(_))
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Real(value) => ValueRef::Real(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::RawText(value) | Self::Blob(value) => ValueRef::Blob(value),
        }))
    }
}

/// Appends the line of one row. In a UTF-16 database the row has its values twice: as they are, and
/// then the texts once more as blobs of their bytes, because the library converts texts to UTF-8.
pub(super) fn encode(
    row: &rusqlite::Row<'_>,
    fields: usize,
    encoding: Encoding,
    tag: Option<&str>,
    out: &mut Vec<u8>,
) -> rusqlite::Result<()> {
    if let Some(tag) = tag {
        out.push(b't');
        escape(tag.as_bytes(), out);
    }
    for field in 0..fields {
        if field > 0 || tag.is_some() {
            out.push(b'\t');
        }
        match row.get_ref(field)? {
            ValueRef::Null => out.extend_from_slice(b"\\N"),
            ValueRef::Integer(number) => {
                let _ = write!(out, "i{number}");
            }
            ValueRef::Real(number) => {
                let _ = write!(out, "r{number:?}");
            }
            ValueRef::Text(bytes) if encoding == Encoding::Utf8 => {
                out.push(b't');
                escape(bytes, out);
            }
            ValueRef::Text(_) => match row.get_ref(fields + field)? {
                ValueRef::Blob(bytes) => encode_utf16(bytes, encoding, out),
                other => {
                    let name = "the bytes of a text".to_owned();
                    return Err(rusqlite::Error::InvalidColumnType(fields + field, name, other.data_type()));
                }
            },
            ValueRef::Blob(bytes) => {
                out.push(b'x');
                encode_hex(bytes, out);
            }
        }
    }
    out.push(b'\n');
    Ok(())
}

fn encode_utf16(bytes: &[u8], encoding: Encoding, out: &mut Vec<u8>) {
    let (units, rest) = bytes.as_chunks::<2>();
    let unit = |pair: &[u8; 2]| match encoding {
        Encoding::Utf16Be => u16::from_be_bytes(*pair),
        _ => u16::from_le_bytes(*pair),
    };
    let text: Result<String, _> = char::decode_utf16(units.iter().map(unit)).collect();
    match text {
        Ok(text) if rest.is_empty() => {
            out.push(b't');
            escape(text.as_bytes(), out);
        }
        _ => {
            out.push(b'u');
            encode_hex(bytes, out);
        }
    }
}

fn encode_hex(bytes: &[u8], out: &mut Vec<u8>) {
    let mut digits = [0; 4096];
    out.reserve(2 * bytes.len());
    for part in bytes.chunks(digits.len() / 2) {
        // The room is at least what it needs, so this cannot fail.
        let written = faster_hex::hex_encode(part, &mut digits);
        debug_assert!(written.is_ok());
        out.extend_from_slice(&digits[..2 * part.len()]);
    }
}

/// `None` for an odd number of digits, and for what is none.
fn decode_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = vec![0; digits.len() / 2];
    faster_hex::hex_decode(digits, &mut bytes).ok()?;
    Some(bytes)
}

fn escape(bytes: &[u8], out: &mut Vec<u8>) {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|b| matches!(b, b'\\' | b'\t' | b'\n' | b'\r')) {
        out.extend_from_slice(&rest[..at]);
        out.push(b'\\');
        out.push(match rest[at] {
            b'\t' => b't',
            b'\n' => b'n',
            b'\r' => b'r',
            other => other,
        });
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

fn unescape(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        out.push(match rest.get(at + 1)? {
            b'\\' => b'\\',
            b't' => b'\t',
            b'n' => b'\n',
            b'r' => b'\r',
            _ => return None,
        });
        rest = &rest[at + 2..];
    }
    out.extend_from_slice(rest);
    Some(out)
}

/// Reads the fields of a line, given without its line feed.
///
/// # Errors
/// `archive_damaged` when it is no such line.
pub(super) fn decode(line: &[u8]) -> Result<Vec<Value>> {
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\t', line).chain([line.len()]);
    let fields = ends.map(|end| &line[std::mem::replace(&mut start, end + 1)..end]);
    let values: Option<Vec<Value>> = fields.map(decode_field).collect();
    values.ok_or_else(|| {
        Error::new(
            ErrorCode::ArchiveDamaged,
            "a row of the archive is not in the form that SQLite rows have",
            "restore from another archive, and report this: the archive was authentic",
        )
    })
}

fn decode_field(field: &[u8]) -> Option<Value> {
    let (class, rest) = field.split_first()?;
    Some(match class {
        b'\\' if rest == b"N" => Value::Null,
        b'i' => Value::Integer(std::str::from_utf8(rest).ok()?.parse().ok()?),
        b'r' => Value::Real(std::str::from_utf8(rest).ok()?.parse().ok()?),
        b't' => match String::from_utf8(unescape(rest)?) {
            Ok(text) => Value::Text(text),
            Err(e) => Value::RawText(e.into_bytes()),
        },
        b'u' => Value::RawText(decode_hex(rest)?),
        b'x' => Value::Blob(decode_hex(rest)?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_are_read_as_documented() {
        let line = b"\\N\ti-5\tr-0.0\trinf\tta\\tb\\\\\\n\tx00ff\tu00d8\tt\tx\tt\xff";
        let values = decode(line).expect("valid");
        assert_eq!(values[..2], [Value::Null, Value::Integer(-5)]);
        assert!(matches!(values[2], Value::Real(zero) if zero == 0.0 && zero.is_sign_negative()));
        assert_eq!(
            values[3..],
            [
                Value::Real(f64::INFINITY),
                Value::Text("a\tb\\\n".into()),
                Value::Blob(vec![0, 255]),
                Value::RawText(vec![0, 0xd8]),
                Value::Text(String::new()),
                Value::Blob(vec![]),
                Value::RawText(vec![0xff]),
            ]
        );
    }

    #[test]
    fn what_is_no_field_is_refused() {
        for line in [&b""[..], b"i", b"i1x", b"q", b"xabc", b"x0xab", b"xab cd", b"ta\\", b"ta\\x", b"\\M"] {
            let error = decode(line).expect_err("no row");
            assert_eq!(error.code(), ErrorCode::ArchiveDamaged);
        }
    }

    #[test]
    fn a_lone_surrogate_is_kept_as_bytes() {
        let mut out = Vec::new();
        encode_utf16(&[0x41, 0, 0, 0xd8], Encoding::Utf16Le, &mut out);
        assert_eq!(out, b"u410000d8");
        out.clear();
        encode_utf16(&[0, 0x41], Encoding::Utf16Be, &mut out);
        assert_eq!(out, b"tA");
    }

    #[test]
    fn characters_that_the_library_replaces_go_in_as_bytes() {
        let value = |text: &str| Value::Text(text.into());
        assert_eq!(
            value("a\u{ffff}").for_database(Encoding::Utf16Le),
            Value::RawText(vec![0x61, 0, 0xff, 0xff])
        );
        assert_eq!(
            value("a\u{fffe}").for_database(Encoding::Utf16Be),
            Value::RawText(vec![0, 0x61, 0xff, 0xfe])
        );
        for (text, encoding) in [("a\u{ffff}", Encoding::Utf8), ("a\u{fffd}\u{feff}", Encoding::Utf16Le)] {
            assert_eq!(value(text).for_database(encoding), value(text));
        }
    }

    #[test]
    fn bytes_of_every_length_are_the_digits_that_they_should_be() {
        for len in [0, 1, 31, 32, 33, 2047, 2048, 2049, 10_000] {
            let bytes: Vec<u8> = (0..len).map(|i: usize| (i * 7 + i / 256) as u8).collect();
            let mut out = b"before".to_vec();
            encode_hex(&bytes, &mut out);
            assert_eq!(&out[6..], hex::encode(&bytes).as_bytes(), "{len} bytes");
            assert_eq!(decode_hex(&out[6..]), Some(bytes.clone()), "{len} bytes");
            assert_eq!(decode_hex(&out[6..].to_ascii_uppercase()), Some(bytes), "{len} bytes");
        }
    }

    proptest! {
        #[test]
        fn escaping_is_undone(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut out = Vec::new();
            escape(&bytes, &mut out);
            prop_assert!(!out.iter().any(|b| matches!(b, b'\t' | b'\n' | b'\r')));
            prop_assert_eq!(unescape(&out), Some(bytes));
        }

        #[test]
        fn reals_read_back_as_the_same_bits(bits in any::<u64>()) {
            let real = f64::from_bits(bits);
            prop_assume!(!real.is_nan());
            let back: f64 = format!("{real:?}").parse().expect("a number");
            prop_assert_eq!(back.to_bits(), bits);
        }
    }
}
