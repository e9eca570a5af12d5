//! `medicosam agreement`

use super::table::{Align, table};
use super::{Error, FormatArgs, print};
use clap::Args;
use medicosam_shared::agreement::{Agreement, Figures, Pair};
use medicosam_shared::client::Client;
use medicosam_shared::text::printable;
use std::io::Write;

const ABOUT: &str = "\
DICE, MEDIAN and LEAST are over all objects of all pairs. SAME is the share of equal verdicts, and KAPPA
Cohen's kappa over approve, reject and flag: 1 is full agreement, 0 is chance, - is not defined (all
verdicts were one and the same).";

/// Which second readings are compared, and how the result is printed.
#[derive(Debug, Clone, Args)]
#[command(after_help = ABOUT)]
pub struct AgreementArgs {
    /// Only cases of this profile
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// How to print it.
    #[command(flatten)]
    pub format: FormatArgs,
}

pub(super) async fn run(
    client: &Client,
    args: &AgreementArgs,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let agreement = client.agreement(args.profile.as_deref()).await?;
    print(out, args.format.json, &agreement, text)
}

fn text(agreement: &Agreement) -> String {
    let mut text = String::new();
    if !agreement.pairs.is_empty() {
        text.push_str(&figures(agreement));
        text.push('\n');
        text.push_str(&pairs(&agreement.pairs));
    }
    if agreement.waiting > 0 {
        let readings = match agreement.waiting {
            1 => "1 second reading waits".to_owned(),
            several => format!("{several} second readings wait"),
        };
        text.push_str(&format!("\n{readings} for one of the two decisions\n"));
    }
    if let Some(note) = &agreement.note {
        text.push_str(&format!("{}\n", printable(note)));
    }
    text.trim_start().to_owned()
}

/// A line for each profile, and below it one for any two readers.
fn figures(agreement: &Agreement) -> String {
    let mut rows = Vec::new();
    for of_profile in &agreement.profiles {
        let profile = printable(&of_profile.profile);
        rows.push(row(&profile, "all", &of_profile.figures));
        let readers = agreement.readers.iter();
        for of_readers in readers.filter(|of| of.profile == of_profile.profile) {
            let [a, b] = of_readers.readers.each_ref().map(|name| printable(name));
            rows.push(row(&profile, &format!("{a}, {b}"), &of_readers.figures));
        }
    }
    table(
        [
            ("PROFILE", Align::Left),
            ("READERS", Align::Left),
            ("PAIRS", Align::Right),
            ("DICE", Align::Right),
            ("MEDIAN", Align::Right),
            ("LEAST", Align::Right),
            ("SAME", Align::Right),
            ("KAPPA", Align::Right),
        ],
        &rows,
    )
}

fn row(profile: &str, readers: &str, figures: &Figures) -> [String; 8] {
    let dice = figures.dice;
    [
        profile.to_owned(),
        readers.to_owned(),
        figures.pairs.to_string(),
        number(dice.map(|dice| dice.mean)),
        number(dice.map(|dice| dice.median)),
        number(dice.map(|dice| dice.min)),
        figures
            .same_verdict
            .map_or_else(|| "-".to_owned(), |same| format!("{:.0}%", same * 100.0)),
        number(figures.kappa),
    ]
}

/// The pairs, those that agree least first.
fn pairs(pairs: &[Pair]) -> String {
    let row = |pair: &Pair| {
        let readers = pair.readers.each_ref().map(|name| printable(name));
        let [first, second] =
            [0, 1].map(|n| format!("{} {}", readers[n], pair.verdicts[n].state()));
        let objects = pair.objects.iter();
        let objects = objects.map(|o| format!("{} {:.2}", printable(&o.name), o.dice));
        let objects: Vec<String> = objects.collect();
        [
            printable(&pair.first.0),
            printable(&pair.second.0),
            printable(&pair.name),
            first,
            second,
            number(pair.least_dice()),
            objects.join(", "),
        ]
    };
    let rows: Vec<_> = pairs.iter().map(row).collect();
    table(
        [
            ("FIRST", Align::Left),
            ("SECOND", Align::Left),
            ("NAME", Align::Left),
            ("FIRST READER", Align::Left),
            ("SECOND READER", Align::Left),
            ("LEAST", Align::Right),
            ("DICE", Align::Left),
        ],
        &rows,
    )
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::agreement::ObjectAgreement;
    use medicosam_shared::case::{CaseId, Verdict};
    use medicosam_shared::prompt::Label;

    fn pair(name: &str, verdicts: [Verdict; 2], dice: f64) -> Pair {
        Pair {
            first: CaseId(format!("{name}1")),
            second: CaseId(format!("{name}2")),
            name: format!("{name}.nii.gz"),
            profile: "lung".to_owned(),
            readers: ["ana".to_owned(), "ben\x1b".to_owned()],
            verdicts,
            objects: vec![ObjectAgreement {
                label: Label::new(1).unwrap(),
                name: "tumour".to_owned(),
                dice,
            }],
        }
    }

    #[test]
    fn agreement_is_two_tables_and_the_worst_pair_comes_first() {
        let agreement = Agreement::of(
            vec![
                pair("b", [Verdict::Approve, Verdict::Approve], 0.914),
                pair("a", [Verdict::Approve, Verdict::Reject], 0.4),
            ],
            2,
        );
        insta::assert_snapshot!("agreement", text(&agreement));
    }

    #[test]
    fn an_empty_answer_is_words() {
        let mut agreement = Agreement::of(Vec::new(), 1);
        agreement.note = Some("Nothing yet.".to_owned());
        let said = "1 second reading waits for one of the two decisions\nNothing yet.\n";
        assert_eq!(text(&agreement), said);
    }
}
