//! Words of closed lists, as they are stored and sent.

use std::cmp::Ordering;
use std::fmt;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

/// A type whose values are the words of a closed list.
pub trait ClosedList: Copy + Eq + 'static {
    /// All of them, in the order in which they are offered.
    const ALL: &'static [Self];

    /// The word as it is printed and stored.
    fn word(self) -> &'static str;

    /// The value that this word stands for, if it is on the list.
    fn of_word(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.word() == text)
    }
}

/// A word of a closed list, or the text of another one: a catalog, a sidecar or an entry of the trail may have been
/// written by a later version, or by another program. Written as the word alone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Word<T> {
    /// It is on the list.
    Known(T),
    /// It is not; kept as it was read.
    Other(String),
}

impl<T: ClosedList> Word<T> {
    /// The value, if it is on the list.
    #[must_use]
    pub fn known(&self) -> Option<T> {
        match self {
            Self::Known(value) => Some(*value),
            Self::Other(_) => None,
        }
    }

    /// Whether it is this value.
    #[must_use]
    pub fn is(&self, value: T) -> bool {
        self.known() == Some(value)
    }

    /// As it is printed and stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(value) => value.word(),
            Self::Other(text) => text,
        }
    }

    /// Reads a word. A text that is not on the list is no error.
    #[must_use]
    pub fn read(text: impl Into<String> + AsRef<str>) -> Self {
        T::of_word(text.as_ref()).map_or_else(|| Self::Other(text.into()), Self::Known)
    }
}

impl<T: ClosedList> From<T> for Word<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T: ClosedList> PartialEq<T> for Word<T> {
    fn eq(&self, value: &T) -> bool {
        self.is(*value)
    }
}

/// By their letters, as lists of them are sorted.
impl<T: ClosedList> Ord for Word<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl<T: ClosedList> PartialOrd for Word<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: ClosedList> fmt::Display for Word<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<T: ClosedList> fmt::Debug for Word<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl<T: ClosedList> Serialize for Word<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, T: ClosedList> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::read)
    }
}

/// The words of an enum, written once: its list, and `as_str`.
macro_rules! closed_list {
    ($name:ident { $($variant:ident => $word:literal),+ $(,)? }) => {
        impl $name {
            /// As it is printed and stored.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl $crate::ClosedList for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn word(self) -> &'static str {
                self.as_str()
            }
        }
    };
}

/// `Display` of such enums: the word.
macro_rules! shown_as_word {
    ($($name:ident),+) => {$(
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    )+};
}

pub(crate) use closed_list;
pub(crate) use shown_as_word;

#[cfg(test)]
mod tests;
