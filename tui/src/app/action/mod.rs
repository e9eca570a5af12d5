//! What a reviewer can ask for, in groups. Each group is done by one function with an arm for each
//! of its actions, so that none can be forgotten.

mod app;
mod cases;
pub mod context;
mod cursor;
mod decide;
mod def;
mod draw;
mod look;
mod slice;
mod window;

pub use app::App;
pub use cases::Cases;
pub use cursor::Cursor;
pub use decide::Decide;
pub use def::{Def, Keys};
pub use draw::Draw;
pub use look::Look;
pub use slice::Slice;
pub use window::Window;

/// An action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// About decisions.
    Decide(Decide),
    /// About the list of cases.
    Cases(Cases),
    /// About prompts and the draft.
    Draw(Draw),
    /// About the current slice.
    Slice(Slice),
    /// About how a case is looked at.
    Look(Look),
    /// About the window.
    Window(Window),
    /// About the cursor.
    Cursor(Cursor),
    /// About the program.
    App(App),
}

impl Action {
    /// All actions, in the order of the help.
    pub fn all() -> impl Iterator<Item = Action> {
        let decide = Decide::ALL.iter().copied().map(Action::Decide);
        let cases = Cases::ALL.iter().copied().map(Action::Cases);
        let draw = Draw::ALL.iter().copied().map(Action::Draw);
        let slice = Slice::ALL.iter().copied().map(Action::Slice);
        let look = Look::ALL.iter().copied().map(Action::Look);
        let window = Window::ALL.iter().copied().map(Action::Window);
        let cursor = Cursor::ALL.iter().copied().map(Action::Cursor);
        let app = App::ALL.iter().copied().map(Action::App);
        let of_cases = decide.chain(cases).chain(draw);
        let of_slices = slice.chain(look).chain(window).chain(cursor);
        of_cases.chain(of_slices).chain(app)
    }

    /// Name, title, keys and hint.
    pub fn def(self) -> &'static Def {
        match self {
            Action::Decide(action) => action.def(),
            Action::Cases(action) => action.def(),
            Action::Draw(action) => action.def(),
            Action::Slice(action) => action.def(),
            Action::Look(action) => action.def(),
            Action::Window(action) => action.def(),
            Action::Cursor(action) => action.def(),
            Action::App(action) => action.def(),
        }
    }

    /// The name in settings and commands: `next_slice`.
    pub fn name(self) -> &'static str {
        self.def().name
    }

    /// Whether it decides at once, without a question or a reason to be typed. A key that is held down
    /// must not do that.
    pub fn decides(self) -> bool {
        matches!(
            self,
            Action::Decide(Decide::Approve | Decide::TakeBack | Decide::Retry | Decide::Dismiss)
                | Action::Draw(Draw::Approve)
        )
    }

    /// What it does, in a few words.
    pub fn title(self) -> &'static str {
        self.def().title
    }

    /// The action of this name.
    pub fn named(name: &str) -> Option<Action> {
        Action::all().find(|action| action.name() == name)
    }
}

#[cfg(test)]
mod tests;
