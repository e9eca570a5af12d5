//! What a terminal sends for a mouse, in the form SGR (mode 1006): by cells or by pixels, whichever
//! it was asked for. Columns and rows are counted from 0.

/// A button, or a way to turn the wheel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Button {
    Left = 0,
    Right = 2,
    WheelUp = 64,
    WheelDown = 65,
}

fn report(code: u8, (column, row): (u32, u32), last: char) -> String {
    format!("\x1b[<{code};{};{}{last}", column + 1, row + 1)
}

/// The button is pressed, or the wheel turned by a notch.
#[must_use]
pub fn press(button: Button, at: (u32, u32)) -> String {
    report(button as u8, at, 'M')
}

/// The button is pressed at the first of these places, moved to the others, and released there.
///
/// # Panics
/// Where there are no places.
#[must_use]
pub fn drag(button: Button, way: &[(u32, u32)]) -> String {
    let [first, .., last] = way else {
        panic!("a way has two ends")
    };
    let moves = way[1..]
        .iter()
        .map(|at| report(button as u8 + 32, *at, 'M'));
    let mut reports = press(button, *first);
    reports.extend(moves);
    reports + &report(button as u8, *last, 'm')
}
