//! Sizes and colours.

use plotters::style::RGBColor;

/// Size of a picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// Colours by what they mean. Text against `surface` has a contrast of at least 4.5 : 1 (WCAG 2.2, 1.4.3),
/// shapes of at least 3 : 1 (1.4.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// What the picture lies on.
    pub surface: RGBColor,
    /// Words.
    pub text: RGBColor,
    /// Words of second rank.
    pub muted: RGBColor,
    /// Lines of the grid.
    pub grid: RGBColor,
    /// What is as it should be.
    pub good: RGBColor,
    /// What is not.
    pub bad: RGBColor,
    /// Targets, and what wants a look.
    pub attention: RGBColor,
}

impl Theme {
    /// Dark on light.
    pub const LIGHT: Self = Self {
        surface: RGBColor(0xff, 0xff, 0xff),
        text: RGBColor(0x1d, 0x1f, 0x1e),
        muted: RGBColor(0x5b, 0x60, 0x5d),
        grid: RGBColor(0xeb, 0xe8, 0xe1),
        good: RGBColor(0x1b, 0x6b, 0x57),
        bad: RGBColor(0xc9, 0x50, 0x2f),
        attention: RGBColor(0x8a, 0x5a, 0x00),
    };

    /// Light on dark.
    pub const DARK: Self = Self {
        surface: RGBColor(0x1c, 0x1f, 0x1e),
        text: RGBColor(0xec, 0xee, 0xec),
        muted: RGBColor(0xae, 0xb5, 0xb1),
        grid: RGBColor(0x28, 0x2d, 0x2b),
        good: RGBColor(0x58, 0xc2, 0xa2),
        bad: RGBColor(0xf0, 0x81, 0x5f),
        attention: RGBColor(0xe0, 0xb4, 0x5a),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2.2).
    fn luminance(RGBColor(r, g, b): RGBColor) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    fn contrast(a: RGBColor, b: RGBColor) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn words_and_shapes_stand_out() {
        for theme in [Theme::LIGHT, Theme::DARK] {
            for colour in [theme.text, theme.muted, theme.attention] {
                assert!(contrast(colour, theme.surface) >= 4.5, "{colour:?}");
            }
            for colour in [theme.good, theme.bad] {
                assert!(contrast(colour, theme.surface) >= 3.0, "{colour:?}");
            }
        }
    }
}
