//! The sixteen colours that each terminal paints in its own way.

use crate::contrast::Rgb;
use ratatui::style::Color;

/// The inks of pictures in the order of a palette: like them, and no two the same. The nearest
/// colours would be grey for one and cyan for two of them.
pub(super) const INKS: [Color; 7] = [
    Color::Yellow,
    Color::LightCyan,
    Color::LightGreen,
    Color::LightMagenta,
    Color::LightRed,
    Color::LightBlue,
    Color::LightYellow,
];

/// The colour of xterm's sixteen that is nearest.
pub(super) fn nearest(rgb: Rgb) -> Color {
    const XTERM: [(Color, Rgb); 14] = [
        (Color::Red, [205, 0, 0]),
        (Color::Green, [0, 205, 0]),
        (Color::Yellow, [205, 205, 0]),
        (Color::Blue, [0, 0, 238]),
        (Color::Magenta, [205, 0, 205]),
        (Color::Cyan, [0, 205, 205]),
        (Color::Gray, [229, 229, 229]),
        (Color::DarkGray, [127, 127, 127]),
        (Color::LightRed, [255, 0, 0]),
        (Color::LightGreen, [0, 255, 0]),
        (Color::LightYellow, [255, 255, 0]),
        (Color::LightBlue, [92, 92, 255]),
        (Color::LightMagenta, [255, 0, 255]),
        (Color::LightCyan, [0, 255, 255]),
    ];
    let distance = |other: &Rgb| -> i32 {
        let parts = other.iter().zip(rgb);
        parts
            .map(|(&a, b)| (i32::from(a) - i32::from(b)).pow(2))
            .sum()
    };
    let nearest = XTERM.iter().min_by_key(|(_, other)| distance(other));
    nearest.map_or(Color::Reset, |(colour, _)| *colour)
}
