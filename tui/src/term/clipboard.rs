//! The clipboard of the terminal, which may be on another machine (OSC 52).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The sequence that puts a text onto the clipboard, where the terminal lets programs do that.
pub fn copy(text: &str) -> Vec<u8> {
    format!("\x1b]52;c;{}\x1b\\", STANDARD.encode(text)).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_letters_on_the_way() {
        assert_eq!(copy("box = 1\n"), b"\x1b]52;c;Ym94ID0gMQo=\x1b\\");
    }
}
