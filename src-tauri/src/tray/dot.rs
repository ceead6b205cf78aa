//! The icon with a dot that tells the state of the data. Each state has its own shape too, for those who see no colour.

use tauri::image::Image;

use super::words::Tone;

/// Bytes of a pixel: red, green, blue, and how little one sees through.
const PIXEL: usize = 4;

/// The icon with a dot in its lower right corner: full when all is well, with a hole for a warning, a square when it is
/// bad.
pub(super) fn dotted(icon: &Image<'_>, tone: Tone) -> Image<'static> {
    let (width, height) = (icon.width(), icon.height());
    let mut rgba = icon.rgba().to_vec();
    let radius = f64::from(width.min(height)) * 0.22;
    let (x0, y0) = (f64::from(width) - radius - 1.0, f64::from(height) - radius - 1.0);
    // A gap around it parts it from the icon.
    let gap = (radius * 0.3).max(1.0);
    for (i, pixel) in rgba.chunks_exact_mut(PIXEL).enumerate() {
        let (x, y) = (i as u32 % width, i as u32 / width);
        let (dx, dy) = (f64::from(x) + 0.5 - x0, f64::from(y) + 0.5 - y0);
        let far = match tone {
            Tone::Ok | Tone::Warn => dx.hypot(dy),
            Tone::Bad => dx.abs().max(dy.abs()),
        };
        let hole = tone == Tone::Warn && far < radius * 0.4;
        if far <= radius && !hole {
            pixel.copy_from_slice(&colour(tone));
        } else if far <= radius + gap {
            pixel.copy_from_slice(&[0; PIXEL]);
        }
    }
    Image::new_owned(rgba, width, height)
}

fn colour(tone: Tone) -> [u8; PIXEL] {
    match tone {
        Tone::Ok => [0x2e, 0xa0, 0x43, 0xff],
        Tone::Warn => [0xe0, 0x8a, 0x00, 0xff],
        Tone::Bad => [0xd9, 0x2d, 0x20, 0xff],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_states_differ_in_shape_and_the_rest_of_the_icon_stays() {
        let icon = Image::new_owned([1, 2, 3, 255].repeat(32 * 32), 32, 32);
        let drawn = [Tone::Ok, Tone::Warn, Tone::Bad].map(|tone| dotted(&icon, tone));
        let filled = |image: &Image<'_>, tone| {
            image.rgba().chunks_exact(PIXEL).map(|pixel| *pixel == colour(tone)).collect::<Vec<_>>()
        };
        let shapes =
            [filled(&drawn[0], Tone::Ok), filled(&drawn[1], Tone::Warn), filled(&drawn[2], Tone::Bad)];
        assert!(shapes[0] != shapes[1] && shapes[1] != shapes[2] && shapes[0] != shapes[2]);
        for image in &drawn {
            assert_eq!((image.width(), image.height(), image.rgba().len()), (32, 32, 32 * 32 * PIXEL));
            assert_eq!(
                &image.rgba()[..16 * PIXEL],
                &icon.rgba()[..16 * PIXEL],
                "the upper left is untouched"
            );
        }
    }
}
