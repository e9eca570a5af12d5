//! How cases are looked at, whichever they are.

use super::Review;
use super::display::Display;
use super::layout::Layout;
use super::zooms::Zooms;

/// What stays as it is from case to case. What could hide something of the next case does not: hidden
/// masks, a window, a comparison.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Habits {
    layout: Layout,
    display: Display,
    zooms: Zooms,
}

impl Review {
    /// How this case is looked at, as far as it holds for others.
    pub fn habits(&self) -> Habits {
        let Display {
            form,
            opacity,
            prompts_in_look,
            prompts_in_edit,
            ..
        } = self.display;
        Habits {
            layout: self.layout,
            display: Display {
                form,
                opacity,
                prompts_in_look,
                prompts_in_edit,
                ..Display::default()
            },
            zooms: self.zooms.kept(),
        }
    }

    /// Looks at this case in the same way as at others.
    pub fn follow(&mut self, habits: Habits) {
        self.layout = habits.layout;
        self.display = habits.display;
        self.zooms = habits.zooms;
    }
}
