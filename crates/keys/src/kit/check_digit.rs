//! The check digit of a group.
//!
//! Over the field of 16 elements, GF(2)\[x\] / (x⁴ + x + 1), with `n` the number of the group from 0:
//! `check = n·x⁵ + d₁·x⁴ + d₂·x³ + d₃·x² + d₄·x`. The weights are different powers of a generator, and the check
//! digit itself has the weight 1. So any one wrong digit is noticed, any two that were swapped, next to each other
//! or not, and any group in the place of another one. (ISO 7064 MOD 17,16 lets one in 120 swaps of neighbours pass.)

/// The product of two elements.
fn times(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    while b != 0 {
        if b & 1 == 1 {
            product ^= a;
        }
        a = if a & 8 == 0 { a << 1 } else { (a << 1) ^ 0b1_0011 };
        b >>= 1;
    }
    product
}

/// The check digit of group `number`, from 1, with these four digits. Any other character counts as 0.
pub(super) fn of(number: u8, digits: &str) -> char {
    let value = |c: char| c.to_digit(16).unwrap_or_default() as u8;
    let numbers = std::iter::once((number - 1) & 15).chain(digits.chars().map(value));
    // Horner's scheme; the last multiplication leaves the weight 1 to the check digit.
    let sum = numbers.fold(0, |sum, digit| times(sum, 2) ^ digit);
    char::from_digit(u32::from(times(sum, 2)), 16).unwrap_or('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six digits: the number from 0, four digits, the check digit.
    fn fits(word: [u8; 6]) -> bool {
        let digits: String = word[1..5].iter().map(|d| format!("{d:x}")).collect();
        of(word[0] + 1, &digits).to_digit(16) == Some(u32::from(word[5]))
    }

    /// Every group there can be, with every single wrong digit, also in its number, and every swap of two.
    #[test]
    fn every_wrong_digit_and_every_swap_is_noticed() {
        // The sum is linear: a difference passes for one word exactly when it passes for all. So the differences are
        // tried, all of them, over some words.
        for base in [[0; 6], [5, 10, 1, 7, 7, 0], [15, 15, 15, 15, 15, 0]] {
            let digits: String = base[1..5].iter().map(|d| format!("{d:x}")).collect();
            let mut word: [u8; 6] = base;
            word[5] = of(word[0] + 1, &digits).to_digit(16).unwrap_or_default() as u8;
            assert!(fits(word), "{word:?}");
            for at in 0..6 {
                for wrong in (0..16).filter(|&digit| digit != word[at]) {
                    let mut other = word;
                    other[at] = wrong;
                    assert!(!fits(other), "{word:?} and {other:?}");
                }
            }
        }
        for number in 0..16 {
            for value in 0..=u16::MAX {
                let digits = format!("{value:04x}");
                let mut word = [number; 6];
                for (at, c) in digits.chars().chain([of(number + 1, &digits)]).enumerate() {
                    word[at + 1] = c.to_digit(16).unwrap_or_default() as u8;
                }
                for (a, b) in [(1, 2), (2, 3), (3, 4), (4, 5), (1, 3), (2, 4), (3, 5), (1, 4), (2, 5), (1, 5)]
                {
                    let mut other = word;
                    other.swap(a, b);
                    assert!(other == word || !fits(other), "{word:?} and {other:?}");
                }
            }
        }
    }
}
