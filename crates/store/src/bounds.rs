//! How much a store may say, and how slowly: nothing of it is authenticated yet, and whoever answers in its place must
//! not be able to fill the memory, or to go on for ever.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::{Duration, Instant};

use crate::{StoreError, StoreErrorKind};

/// The most objects of one folder. One backup in five minutes makes as many in almost three years.
pub(crate) const MOST_OBJECTS: u64 = 300_000;
/// The most bytes of their names together.
const MOST_NAME_BYTES: u64 = 64 << 20;
/// The longest name: what S3 and Azure take.
const LONGEST_NAME: usize = 1024;
/// Pages without a name, one after the other. A service may send some when it has looked at a part of a container.
const MOST_EMPTY_PAGES: u32 = 100;
/// The fewest names in a second that count as progress.
const NAMES_PER_S: u64 = 10;
/// So long a listing may be slower than that.
const LISTED_WITHIN: Duration = Duration::from_secs(60);

/// The most bytes of one answer: a page of a listing is smaller, and what is larger is read piece by piece.
pub(crate) const MOST_OF_AN_ANSWER: u64 = 32 << 20;
/// The most bytes that are asked for at once.
pub(crate) const PIECE: u64 = 16 << 20;
/// The fewest bytes of a body in a second that count as progress. Several are read side by side on a slow line.
pub(crate) const BYTES_PER_S: u64 = 1 << 10;

/// A listing that is being read.
#[derive(Debug)]
pub(crate) struct Listing {
    of: String,
    objects: u64,
    name_bytes: u64,
    empty: u32,
    /// Marks of pages, by their hash.
    marks: HashSet<u64>,
    pace: Pace,
}

impl Listing {
    /// The listing of this folder.
    pub(crate) fn new(of: &str) -> Self {
        Self {
            of: of.to_owned(),
            objects: 0,
            name_bytes: 0,
            empty: 0,
            marks: HashSet::new(),
            pace: Pace::new(NAMES_PER_S, LISTED_WITHIN),
        }
    }

    /// Takes a name into account, also one that is passed over.
    ///
    /// # Errors
    /// When it is too long, or one too many.
    pub(crate) fn name(&mut self, name: &str) -> Result<(), StoreError> {
        self.objects += 1;
        self.name_bytes += name.len() as u64;
        if name.len() > LONGEST_NAME {
            return Err(self.refused(format!("it lists a name of {} bytes", name.len())));
        }
        if self.objects > MOST_OBJECTS || self.name_bytes > MOST_NAME_BYTES {
            return Err(self.refused(format!("it lists more than {} objects", self.objects - 1)));
        }
        Ok(())
    }

    /// Takes a page with so many names into account; `next` marks the one after it.
    ///
    /// # Errors
    /// When the listing does not get on.
    pub(crate) fn page(&mut self, names: usize, next: Option<&str>) -> Result<(), StoreError> {
        self.pace.came(names as u64);
        self.empty = if names == 0 { self.empty + 1 } else { 0 };
        let Some(next) = next else { return Ok(()) };
        let mut hash = DefaultHasher::new();
        next.hash(&mut hash);
        if !self.marks.insert(hash.finish()) {
            return Err(self.refused("it gives the same page of its list again".to_owned()));
        }
        if self.empty > MOST_EMPTY_PAGES {
            return Err(self.refused("it gives one empty page of its list after another".to_owned()));
        }
        if self.pace.is_behind() {
            return Err(self.refused("its list does not come to an end".to_owned()));
        }
        Ok(())
    }

    fn refused(&self, text: String) -> StoreError {
        StoreError::new(StoreErrorKind::Other, &*self.of, text).with_hint(
            "look at the store with its own tools: if what answers there is the store, move out of this folder what is \
             not of Aitta; otherwise correct the address",
        )
    }
}

/// Progress, measured in what is of use: a byte now and then is none.
#[derive(Debug)]
pub(crate) struct Pace {
    begun: Instant,
    grace: Duration,
    per_s: u64,
    came: u64,
}

impl Pace {
    /// So many in a second at least, after this long.
    pub(crate) fn new(per_s: u64, grace: Duration) -> Self {
        Self { begun: Instant::now(), grace, per_s, came: 0 }
    }

    /// Something of use has come.
    pub(crate) fn came(&mut self, many: u64) {
        self.came += many;
    }

    /// When it is too slow if nothing more comes.
    pub(crate) fn deadline(&self) -> Instant {
        self.begun + self.grace + Duration::from_millis(self.came.saturating_mul(1000) / self.per_s)
    }

    /// Whether it is too slow.
    pub(crate) fn is_behind(&self) -> bool {
        Instant::now() >= self.deadline()
    }
}

/// An answer has more bytes than any that is of use.
#[derive(Debug)]
pub(crate) struct TooLong;

impl std::fmt::Display for TooLong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the answer is longer than {} MiB", MOST_OF_AN_ANSWER >> 20)
    }
}

impl std::error::Error for TooLong {}

/// The beginning of what somebody else says: an error is a line, and not a page.
pub(crate) fn brief(text: &str) -> String {
    const MOST: usize = 500;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        /// Whatever answers: pages of any size, and marks that come again or never do.
        #[test]
        fn any_listing_ends_below_its_bounds(
            sizes in proptest::collection::vec(prop_oneof![Just(0usize), 200usize..2000], 1..20),
            marks in prop_oneof![Just(u64::MAX), 1u64..2000],
            length in 0usize..=LONGEST_NAME + 1,
        ) {
            let mut listing = Listing::new("backups/");
            let name = "x".repeat(length);
            let (mut taken, mut pages) = (0u64, 0u64);
            for (number, size) in (0u64..).zip(sizes.iter().cycle()) {
                let named = (0..*size).take_while(|_| listing.name(&name).is_ok()).count();
                taken += named as u64;
                pages += 1;
                if named < *size || listing.page(*size, Some(&(number % marks).to_string())).is_err() {
                    break;
                }
            }
            prop_assert!(taken <= MOST_OBJECTS && taken * length as u64 <= MOST_NAME_BYTES);
            prop_assert!(pages <= marks.saturating_add(1));
            prop_assert!(taken == 0 || length <= LONGEST_NAME);
        }
    }

    #[test]
    fn a_listing_of_the_usual_kind_is_taken() {
        let mut listing = Listing::new("backups/");
        for page in 0..100 {
            for n in 0..1000 {
                assert!(listing.name(&format!("backups/backup-{page:013}-{n:08x}.backup")).is_ok());
            }
            assert!(listing.page(1000, Some(&page.to_string())).is_ok());
            assert!(listing.page(0, Some(&format!("{page}, looked at"))).is_ok(), "a page may be empty");
        }
        assert!(listing.page(1, None).is_ok());
    }

    #[test]
    fn a_mark_that_comes_again_ends_a_listing() {
        let mut listing = Listing::new("backups/");
        assert!(listing.page(1, Some("a")).is_ok());
        assert!(listing.page(1, Some("b")).is_ok());
        assert!(listing.page(1, Some("a")).is_err(), "a circle");
        let mut listing = Listing::new("backups/");
        assert!(listing.page(0, Some("same")).is_ok());
        assert!(listing.page(0, Some("same")).is_err());
    }

    #[test]
    fn empty_pages_end_a_listing() {
        let mut listing = Listing::new("backups/");
        let taken = (0..1000).take_while(|n| listing.page(0, Some(&n.to_string())).is_ok()).count();
        assert_eq!(taken, MOST_EMPTY_PAGES as usize);
    }

    #[test]
    fn names_are_bounded_by_length_number_and_bytes() {
        let mut listing = Listing::new("backups/");
        assert!(listing.name(&"x".repeat(LONGEST_NAME)).is_ok());
        assert!(listing.name(&"x".repeat(LONGEST_NAME + 1)).is_err());
        let mut listing = Listing::new("backups/");
        let taken = (0..=MOST_OBJECTS).take_while(|_| listing.name("x").is_ok()).count();
        assert_eq!(taken as u64, MOST_OBJECTS);
        let mut listing = Listing::new("backups/");
        let long = "x".repeat(LONGEST_NAME);
        let taken = (0..=MOST_OBJECTS).take_while(|_| listing.name(&long).is_ok()).count();
        assert_eq!(taken as u64, MOST_NAME_BYTES / LONGEST_NAME as u64);
    }

    #[test]
    fn a_byte_now_and_then_is_no_progress() {
        let grace = Duration::from_secs(60);
        let mut pace = Pace::new(BYTES_PER_S, grace);
        let first = pace.deadline();
        pace.came(10);
        assert!(pace.deadline() - first < Duration::from_millis(10));
        pace.came(2 << 20);
        assert!(pace.deadline() - first > Duration::from_secs(2000), "a slow line is waited for");
        assert!(!pace.is_behind());
        assert!(Pace::new(BYTES_PER_S, Duration::ZERO).is_behind());
    }
}
