//! One sort for all lists: each that is written out by itself is four kilobytes of the page.

use std::cmp::Ordering;

/// Sorts places by what stands there.
pub(crate) fn sort(places: &mut [usize], compare: &dyn Fn(usize, usize) -> Ordering) {
    places.sort_by(|a, b| compare(*a, *b));
}

/// The same things in order; of equals the first stays first.
pub(crate) fn sorted<T>(things: Vec<T>, compare: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    let mut places: Vec<usize> = (0..things.len()).collect();
    sort(&mut places, &|a, b| compare(&things[a], &things[b]));
    let mut things: Vec<Option<T>> = things.into_iter().map(Some).collect();
    places.into_iter().filter_map(|place| things[place].take()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_keep_their_order() {
        let things = vec![(2, "a"), (1, "b"), (2, "c"), (1, "d")];
        let sorted = sorted(things, |a, b| a.0.cmp(&b.0));
        assert_eq!(sorted, [(1, "b"), (1, "d"), (2, "a"), (2, "c")]);
    }
}
