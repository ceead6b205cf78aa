//! How large a manifest may be. Its tag only says that somebody with the key has written it: a few kilobytes can hold
//! millions of empty elements, and each takes far more memory than its bytes. What is allowed grows with the archive, so
//! that a manifest of any size that a writer makes is read.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::error::Place;
use crate::{Error, Footer};

/// Bytes of JSON, without those that the archive allows: 100,000 tables take about 65 MB.
const BYTES: u64 = 96 << 20;
/// Bytes of JSON for each byte of frames: large objects of a few bytes take some fifty in it.
const BYTES_PER_BYTE: u64 = 32;
/// Elements of lists and fields of objects. 100,000 tables have about three millions.
const ELEMENTS: u64 = 4_000_000;
/// What properties may weigh, in values of [`Value`]: an object with a field takes as much room as twelve.
const WEIGHT: u64 = 4_000_000;
const OBJECT: u64 = 12;
const WEIGHT_PER_BYTE: u64 = 2;

/// What the manifest of an archive may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    frames: u64,
}

impl Limits {
    /// Those of the archive with this footer.
    pub(crate) fn of(footer: &Footer) -> Self {
        Self { frames: footer.manifest_offset }
    }

    /// Refuses a manifest that is stored at a length which none has, before it is read.
    pub(crate) fn check_stored(self, stored_len: u64) -> Result<(), Error> {
        if stored_len <= self.bytes() {
            return Ok(());
        }
        Err(Error::damaged(
            Place::Footer,
            "it places a manifest that is longer than any of an archive of this size",
        ))
    }

    fn bytes(self) -> u64 {
        BYTES.saturating_add(self.frames.saturating_mul(BYTES_PER_BYTE))
    }

    /// Refuses a manifest that would be too long, before it is decompressed.
    pub(crate) fn check_length(self, plaintext_len: u32) -> Result<(), Error> {
        if u64::from(plaintext_len) <= self.bytes() {
            return Ok(());
        }
        Err(Error::damaged(Place::Manifest, "it is longer than any manifest of an archive of this size"))
    }

    /// Refuses a manifest of too many elements, before room is made for them.
    pub(crate) fn check_elements(self, json: &[u8]) -> Result<(), Error> {
        // Also those within strings: there are few of these.
        let found = memchr::memchr3_iter(b',', b'[', b'{', json).count() as u64;
        if found <= ELEMENTS.saturating_add(self.frames) {
            return Ok(());
        }
        Err(Error::damaged(Place::Manifest, "it has more elements than any archive of this size"))
    }

    /// Reads JSON with properties that weigh no more than they may.
    pub(crate) fn within<T>(self, read: impl FnOnce() -> T) -> T {
        let most = WEIGHT.saturating_add(self.frames.saturating_mul(WEIGHT_PER_BYTE));
        LEFT.with(|left| left.set(Some(most)));
        let result = read();
        LEFT.with(|left| left.set(None));
        result
    }
}

thread_local! {
    /// What the properties of the manifest that is being read may still weigh; `None` for one of our own.
    static LEFT: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Takes so much of what is left. Returns whether there was enough.
fn take(weight: u64) -> bool {
    LEFT.with(|left| match left.get() {
        None => true,
        Some(before) => {
            let after = before.checked_sub(weight);
            left.set(Some(after.unwrap_or_default()));
            after.is_some()
        }
    })
}

/// Properties, as long as they don't weigh too much.
///
/// # Errors
/// When they do.
pub(crate) fn properties<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    Weighed.deserialize(deserializer)
}

struct Weighed;

const TOO_MUCH: &str = "its properties are larger than those of any archive of this size";

impl<'de> DeserializeSeed<'de> for Weighed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if take(1) { deserializer.deserialize_any(self) } else { Err(D::Error::custom(TOO_MUCH)) }
    }
}

impl<'de> Visitor<'de> for Weighed {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = elements.next_element_seed(Weighed)? {
            // The first one makes room for four.
            if values.is_empty() && !take(4) {
                return Err(A::Error::custom(TOO_MUCH));
            }
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            if object.is_empty() && !take(OBJECT) {
                return Err(A::Error::custom(TOO_MUCH));
            }
            object.insert(name, fields.next_value_seed(Weighed)?);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn properties_are_read_as_any_json() {
        let text = r#"{"a":[null,true,-1,18446744073709551615,1.5,"x\n",[],{}],"b":{"c":[[["d"]]]}}"#;
        let read = |text: &str| properties(&mut serde_json::Deserializer::from_str(text)).unwrap();
        assert_eq!(read(text), serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(read("null"), Value::Null);
    }

    #[test]
    fn what_weighs_too_much_is_refused_before_it_is_all_read() {
        let small = Limits { frames: 0 };
        let read =
            |text: &str| small.within(|| properties(&mut serde_json::Deserializer::from_str(text)).is_ok());
        for element in ["{}", "[]", "0", "\"\"", "[[]]", "{\"\":0}"] {
            let list = |count: usize| format!("[{}]", vec![element; count].join(","));
            assert!(read(&list(100_000)), "{element}");
            assert!(!read(&list(WEIGHT as usize)), "{element}");
        }
        // The next one begins anew.
        assert!(read("[1, 2, 3]"));
    }
}
