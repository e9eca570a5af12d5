//! The screen in ASCII, for terminals and readers that know nothing else.

use ratatui::buffer::Buffer;
use unicode_width::UnicodeWidthStr;

/// Replaces every character that is not ASCII by one that looks or means nearly the same.
pub fn replace(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().is_ascii() {
            let plain = plain(cell.symbol());
            // The cell behind a wide character is blank.
            cell.set_char(plain);
        }
    }
}

fn plain(symbol: &str) -> char {
    match symbol {
        "─" | "━" | "═" | "–" | "−" | "—" => '-',
        "│" | "┃" | "║" | "‖" => '|',
        "┌" | "┐" | "└" | "┘" | "├" | "┤" | "┬" | "┴" | "┼" | "╭" | "╮" | "╰" | "╯" => {
            '+'
        }
        "·" | "•" | "…" => '.',
        "◔" | "◑" | "◕" | "●" | "○" => 'o',
        "✓" => 'v',
        "✗" | "×" => 'x',
        "⚑" => 'f',
        "⏎" => '<',
        "␣" => '_',
        "↑" | "⇧" | "▲" => '^',
        "↓" | "▼" => 'v',
        "←" | "◀" => '<',
        "→" | "▶" => '>',
        "▁" | "▂" => '.',
        "▃" | "▄" => ':',
        "▅" | "▆" => '+',
        "▇" | "█" | "■" => '#',
        other if other.width() == 0 => ' ',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn nothing_but_ascii_is_left_and_everything_stays_in_its_column() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        buffer.set_string(0, 0, "│肝 ✓ ö… x·", Style::new());
        replace(&mut buffer);
        let row: String = buffer.content.iter().map(|cell| cell.symbol()).collect();
        assert_eq!(row, "|?  v ?. x. ");
    }
}
