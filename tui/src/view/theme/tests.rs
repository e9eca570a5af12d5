use super::*;
use crate::contrast::{LINE, MUCH, Rgb, TEXT, ratio};
use behind::rgb_of;

/// Backgrounds that people have: black, the defaults of editors and desktops, greys in between.
const BACKGROUNDS: [Rgb; 14] = [
    [0, 0, 0],
    [0x00, 0x2b, 0x36],
    [0x1e, 0x1e, 0x1e],
    [0x28, 0x2c, 0x34],
    [0x2e, 0x34, 0x40],
    [0x30, 0x0a, 0x24],
    [0x30, 0x34, 0x46],
    [0x60, 0x60, 0x60],
    [0x80, 0x80, 0x80],
    [0xee, 0xe8, 0xd5],
    [0xfd, 0xf6, 0xe3],
    [0xff, 0xff, 0xdd],
    [0xfa, 0xfa, 0xfa],
    [255, 255, 255],
];

/// Colours 1, 4 and 9 to 14 as terminals paint them: xterm, VGA and the Linux console, GNOME's
/// Tango, the Windows console, Terminal of macOS.
const SIXTEENS: [[Rgb; 8]; 5] = [
    [
        [205, 0, 0],
        [0, 0, 238],
        [255, 0, 0],
        [0, 255, 0],
        [255, 255, 0],
        [92, 92, 255],
        [255, 0, 255],
        [0, 255, 255],
    ],
    [
        [170, 0, 0],
        [0, 0, 170],
        [255, 85, 85],
        [85, 255, 85],
        [255, 255, 85],
        [85, 85, 255],
        [255, 85, 255],
        [85, 255, 255],
    ],
    [
        [204, 0, 0],
        [52, 101, 164],
        [239, 41, 41],
        [138, 226, 52],
        [252, 233, 79],
        [114, 159, 207],
        [173, 127, 168],
        [52, 226, 226],
    ],
    [
        [197, 15, 31],
        [0, 55, 218],
        [231, 72, 86],
        [22, 198, 12],
        [249, 241, 165],
        [59, 120, 255],
        [180, 0, 158],
        [97, 214, 214],
    ],
    [
        [194, 54, 33],
        [73, 46, 225],
        [252, 57, 31],
        [49, 231, 34],
        [234, 236, 35],
        [88, 51, 255],
        [249, 53, 248],
        [20, 240, 240],
    ],
];

fn painted(colour: Color, palette: &[Rgb; 8]) -> Rgb {
    let place = match colour {
        Color::Red => 0,
        Color::Blue => 1,
        Color::LightRed => 2,
        Color::LightGreen => 3,
        Color::LightYellow => 4,
        Color::LightBlue => 5,
        Color::LightMagenta => 6,
        Color::LightCyan => 7,
        other => panic!("{other:?} is not known on every terminal"),
    };
    palette[place]
}

/// The colours of words in a theme.
fn words(theme: Theme) -> impl Iterator<Item = (Role, Color)> {
    let roles = Role::ALL.into_iter();
    roles.filter_map(move |role| Some((role, theme.shown[role as usize]?)))
}

#[test]
fn every_word_can_be_read_on_every_background() {
    for background in BACKGROUNDS {
        for colours in [Colours::Fixed, Colours::All] {
            let theme = Theme::new(colours).on(Background::Known(background));
            for (role, colour) in words(theme) {
                let ratio = ratio(rgb_of(colour).unwrap(), background);
                assert!(ratio >= TEXT, "{role:?} on {background:x?}: {ratio:.2}");
            }
            assert_eq!(words(theme).count(), Role::ALL.len() - 1);
        }
    }
}

#[test]
fn a_theme_that_somebody_chose_can_be_read_on_all_backgrounds_of_its_kind() {
    for (choice, backgrounds) in [
        (ThemeChoice::Dark, &BACKGROUNDS[..7]),
        (ThemeChoice::Light, &BACKGROUNDS[9..]),
    ] {
        for colours in [Colours::Fixed, Colours::All] {
            // What the terminal says does not count then.
            let said = Background::Known([128; 3]);
            let theme = Theme::new(colours).chosen(choice).on(said);
            for (role, colour) in words(theme) {
                for &background in backgrounds {
                    let ratio = ratio(rgb_of(colour).unwrap(), background);
                    assert!(ratio >= TEXT, "{role:?} on {background:x?}: {ratio:.2}");
                }
            }
        }
    }
}

#[test]
fn more_contrast_is_had_wherever_there_is_more() {
    for background in BACKGROUNDS {
        let most = ratio(background, [0; 3]).max(ratio(background, [255; 3]));
        for colours in [Colours::Fixed, Colours::All] {
            let theme = Theme::new(colours).chosen(ThemeChoice::Contrast);
            for (role, colour) in words(theme.on(Background::Known(background))) {
                let ratio = ratio(rgb_of(colour).unwrap(), background);
                assert!(
                    ratio >= MUCH.min(most),
                    "{role:?} on {background:x?}: {ratio:.2}"
                );
            }
        }
    }
}

#[test]
fn the_sixteen_are_used_where_all_terminals_paint_them_readably() {
    for (choice, said, behind) in [
        (ThemeChoice::Auto, Background::Known([0; 3]), [0; 3]),
        (ThemeChoice::Auto, Background::Known([255; 3]), [255; 3]),
        (ThemeChoice::Dark, Background::Silent, [0; 3]),
        (ThemeChoice::Light, Background::Silent, [255; 3]),
        (
            ThemeChoice::Auto,
            Background::Known([0xee, 0xee, 0xec]),
            [0xee, 0xee, 0xec],
        ),
    ] {
        let theme = Theme::new(Colours::Sixteen).chosen(choice).on(said);
        assert!(words(theme).count() > 5);
        for (role, colour) in words(theme) {
            for palette in &SIXTEENS {
                let ratio = ratio(painted(colour, palette), behind);
                assert!(
                    ratio >= TEXT,
                    "{role:?} {colour:?} on {behind:?}: {ratio:.2}"
                );
            }
        }
    }
    let sixteen = Theme::new(Colours::Sixteen);
    for background in [
        Background::Unknown,
        Background::Silent,
        Background::Known([0xee, 0xe8, 0xd5]),
        Background::Known([0x00, 0x2b, 0x36]),
    ] {
        let readable = words(sixteen.on(background)).count();
        let light = background == Background::Known([0xee, 0xe8, 0xd5]);
        assert!(readable == 0 || light && readable > 0, "{background:?}");
    }
}

#[test]
fn signs_in_the_colours_of_the_picture_stand_out_from_what_is_behind_them() {
    let labels = || (1..=6).filter_map(Label::new).map(Ink::Mask);
    for colours in [Colours::Fixed, Colours::All] {
        let theme = Theme::new(colours);
        for ink in labels().chain([Ink::Tool]) {
            let style = theme.ink(ink);
            let [ink, casing] = [style.fg, style.bg].map(|c| rgb_of(c.unwrap()).unwrap());
            assert!(ratio(ink, casing) >= LINE);
        }
    }
}

#[test]
fn nothing_is_coloured_before_the_background_is_known_and_dark_is_taken_from_a_silent_terminal() {
    for colours in [Colours::Sixteen, Colours::Fixed, Colours::All] {
        assert_eq!(words(Theme::new(colours)).count(), 0);
    }
    let silent = Theme::new(Colours::All).on(Background::Silent);
    assert_eq!(silent, silent.on(Background::Silent));
    let dark = Theme::new(Colours::All).chosen(ThemeChoice::Dark);
    assert_eq!(silent.shown, dark.shown);
}

#[test]
fn colours_that_somebody_set_are_the_nearest_that_there_are() {
    let sixteen = Theme::new(Colours::Sixteen);
    let shown = |colour| sixteen.with(Role::Bad, colour).bad().fg;
    assert_eq!(shown(Color::Rgb(250, 10, 5)), Some(Color::LightRed));
    assert_eq!(shown(Color::Indexed(46)), Some(Color::LightGreen));
    assert_eq!(shown(Color::Indexed(3)), Some(Color::Indexed(3)));
    assert_eq!(shown(Color::Cyan), Some(Color::Cyan));
    let fixed = Theme::new(Colours::Fixed).with(Role::Bad, Color::Rgb(255, 0, 0));
    assert_eq!(fixed.bad().fg, Some(Color::Indexed(196)));
}

#[test]
fn objects_can_be_told_apart_by_colour_where_there_are_colours_and_by_number_where_not() {
    let labels = || (1..=6).filter_map(Label::new);
    for colours in [Colours::All, Colours::Fixed, Colours::Sixteen] {
        let theme = Theme::new(colours);
        let mut inks: Vec<_> = labels().map(|label| theme.object(label).fg).collect();
        inks.push(theme.ink(Ink::Tool).fg);
        inks.sort_by_key(|colour| format!("{colour:?}"));
        inks.dedup();
        assert_eq!(inks.len(), 7, "{inks:?}");
        assert!(inks.iter().all(Option::is_some));
    }
    let none = Theme::new(Colours::None);
    for label in labels() {
        let line = crate::view::objects::name(label, "nodule", none);
        assert_eq!(line.to_string(), format!("■ {label} nodule"));
        assert!(line.spans.iter().all(|span| span.style.fg.is_none()));
    }
}

#[test]
fn without_colours_there_are_none() {
    for background in [Background::Silent, Background::Known([255; 3])] {
        let none = Theme::new(Colours::None)
            .with(Role::Good, Color::Blue)
            .on(background);
        assert_eq!(words(none).count(), 0);
        assert_eq!(none.ink(Ink::Tool), Style::new());
    }
    let places = Role::ALL.iter().enumerate();
    assert!(places.into_iter().all(|(n, role)| *role as usize == n));
}
