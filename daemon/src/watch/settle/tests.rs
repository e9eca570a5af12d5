use super::*;
use proptest::prelude::*;

const STABLE: Duration = Duration::from_secs(5);

fn print(size: u64) -> Fingerprint {
    Fingerprint {
        dev: 1,
        ino: 7,
        size,
        mtime_ns: 0,
        ctime_ns: 0,
    }
}

fn after(start: Instant, seconds: u64) -> Instant {
    start + Duration::from_secs(seconds)
}

fn alone(path: &str) -> Part {
    Part {
        place: path.into(),
        needed: vec![path.into()],
    }
}

fn pair() -> Part {
    Part {
        place: "a.hdr".into(),
        needed: vec!["a.hdr".into(), "a.img".into()],
    }
}

/// Looks at a single file: notes it, and concludes.
fn look(
    settler: &mut Settler,
    print: Fingerprint,
    stable_for: Duration,
    now: Instant,
) -> Conclusion {
    let part = alone("a");
    if settler.settling().next().is_none() {
        settler.see(&part, &part.place, print, stable_for, now);
        let due = settler.settling().next().map(|(_, due)| due);
        return due.map_or(Conclusion::Known, Conclusion::Wait);
    }
    settler.conclude(&part.place, &[(part.place.clone(), Some(print))], now)
}

fn settled(file: &str, print: Fingerprint) -> Conclusion {
    Conclusion::Settled(Whole {
        files: vec![(file.into(), print)],
        missing: Vec::new(),
    })
}

#[test]
fn a_file_settles_when_two_looks_far_enough_apart_agree() {
    let (mut settler, start) = (Settler::default(), Instant::now());
    let mut look = |size, at| look(&mut settler, print(size), STABLE, after(start, at));
    assert_eq!(look(1, 0), Conclusion::Wait(after(start, 5)));
    assert_eq!(look(1, 3), Conclusion::Wait(after(start, 5)));
    assert_eq!(look(2, 5), Conclusion::Wait(after(start, 10)), "it grew");
    assert_eq!(look(2, 9), Conclusion::Wait(after(start, 10)));
    assert_eq!(look(2, 10), settled("a", print(2)));
    assert_eq!(look(2, 60), Conclusion::Known);
    assert_eq!(
        look(3, 61),
        Conclusion::Wait(after(start, 66)),
        "it was replaced"
    );
}

#[test]
fn one_look_is_never_enough() {
    let (mut settler, start) = (Settler::default(), Instant::now());
    let mut look = || look(&mut settler, print(1), Duration::ZERO, start);
    assert_eq!(look(), Conclusion::Wait(start));
    assert_eq!(look(), settled("a", print(1)));
}

#[test]
fn any_part_of_the_fingerprint_counts() {
    let same = print(1);
    for changed in [
        Fingerprint { ino: 8, ..same },
        Fingerprint {
            mtime_ns: 1,
            ..same
        },
        Fingerprint {
            ctime_ns: 1,
            ..same
        },
        Fingerprint { dev: 2, ..same },
    ] {
        let (mut settler, start) = (Settler::default(), Instant::now());
        look(&mut settler, same, STABLE, start);
        let second = look(&mut settler, changed, STABLE, after(start, 9));
        assert_eq!(second, Conclusion::Wait(after(start, 14)), "{changed:?}");
    }
}

#[test]
fn files_of_earlier_runs_are_not_read_again() {
    let known = |files| Settler::knowing([(PathBuf::from("a"), files)]);
    let now = Instant::now();
    let mut settler = known(vec![(PathBuf::from("a"), print(1))]);
    assert_eq!(look(&mut settler, print(1), STABLE, now), Conclusion::Known);
    let mounted_again = Fingerprint { dev: 9, ..print(1) };
    assert_eq!(
        look(&mut settler, mounted_again, STABLE, now),
        Conclusion::Known
    );
    settler.again(&alone("a"), STABLE, now);
    assert!(matches!(
        look(&mut settler, print(1), STABLE, now),
        Conclusion::Wait(_)
    ));
    assert_eq!(
        look(&mut settler, print(1), STABLE, after(now, 5)),
        settled("a", print(1))
    );

    let mut settler = known(Vec::new());
    assert!(matches!(
        look(&mut settler, print(1), STABLE, now),
        Conclusion::Wait(_)
    ));
}

#[test]
fn a_deletion_settles_too_and_a_file_that_comes_back_was_never_gone() {
    for files in [vec![(PathBuf::from("a"), print(1))], Vec::new()] {
        let (place, start) = (Path::new("a"), Instant::now());
        let mut settler = Settler::knowing([(place.to_owned(), files)]);
        settler.miss(&alone("a"), place, STABLE, start);
        let missing = [(place.to_owned(), None)];
        let wait = Conclusion::Wait(after(start, 5));
        assert_eq!(settler.conclude(place, &missing, after(start, 4)), wait);
        assert_eq!(
            settler.conclude(place, &missing, after(start, 5)),
            Conclusion::Gone
        );
        assert_eq!(
            settler.conclude(place, &missing, after(start, 9)),
            Conclusion::Known
        );
    }
    let (part, start) = (alone("a"), Instant::now());
    let mut settler =
        Settler::knowing([(part.place.clone(), vec![(part.place.clone(), print(1))])]);
    settler.miss(&part, &part.place, STABLE, start);
    settler.see(&part, &part.place, print(1), STABLE, after(start, 3));
    assert_eq!(settler.settling().count(), 0);
    settler.miss(&alone("b"), Path::new("b"), STABLE, start);
    assert_eq!(settler.settling().count(), 0, "it was never known");
}

#[test]
fn what_is_away_waits_and_is_still_known() {
    let (part, start) = (alone("a"), Instant::now());
    let mut settler =
        Settler::knowing([(part.place.clone(), vec![(part.place.clone(), print(1))])]);
    settler.miss(&part, &part.place, STABLE, start);
    settler.suspend(|_| true);
    let conclusion = settler.conclude(&part.place, &[(part.place.clone(), None)], after(start, 99));
    assert_eq!(conclusion, Conclusion::Known);
    settler.see(&part, &part.place, print(1), STABLE, after(start, 100));
    assert_eq!(settler.settling().count(), 0);
}

#[test]
fn a_pair_waits_for_its_other_half_and_a_half_alone_is_told_at_last() {
    let (mut settler, start, part) = (Settler::default(), Instant::now(), pair());
    let (hdr, img) = (part.needed[0].clone(), part.needed[1].clone());
    let looks = |img_size: Option<u64>| {
        let image = (img.clone(), img_size.map(print));
        [(hdr.clone(), Some(print(1))), image]
    };
    settler.see(&part, &hdr, print(1), STABLE, start);
    let alone = settler.conclude(&part.place, &looks(None), after(start, 59));
    assert_eq!(alone, Conclusion::Wait(after(start, 60)));
    let Conclusion::Settled(half) = settler.conclude(&part.place, &looks(None), after(start, 60))
    else {
        panic!("not told");
    };
    assert_eq!(half.missing, std::slice::from_ref(&img));

    settler.see(&part, &img, print(2), STABLE, after(start, 70));
    let Conclusion::Settled(whole) =
        settler.conclude(&part.place, &looks(Some(2)), after(start, 75))
    else {
        panic!("not told");
    };
    assert!(whole.missing.is_empty());
    let files: Vec<_> = whole.files.into_iter().map(|(path, _)| path).collect();
    assert_eq!(files, [hdr, img]);
}

/// Something that happens to a pair, and how long after the last.
#[derive(Debug, Clone)]
enum Step {
    Write(usize),
    Delete(usize),
    Seen(usize),
    Look,
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let step = prop_oneof![
        3 => (0usize..2).prop_map(Step::Write),
        1 => (0usize..2).prop_map(Step::Delete),
        3 => (0usize..2).prop_map(Step::Seen),
        6 => Just(Step::Look),
    ];
    prop::collection::vec((0u64..40, step), 0..80)
}

/// A pair on a disk, and what was reported of it.
struct World {
    settler: Settler,
    files: [Option<u64>; 2],
    /// The files as they were seen last.
    seen: [Option<u64>; 2],
    writes: u64,
    /// When each was written, and when a change was seen: what came and went unseen is nothing.
    changed: [u64; 3],
    told: Option<[Option<u64>; 2]>,
    now: u64,
}

impl World {
    fn file(&self, n: usize) -> (PathBuf, Option<Fingerprint>) {
        (pair().needed[n].clone(), self.files[n].map(print))
    }

    fn step(&mut self, start: Instant, step: &Step) -> Result<(), TestCaseError> {
        let now = after(start, self.now);
        match *step {
            Step::Write(n) => {
                self.writes += 1;
                self.files[n] = Some(self.writes);
                self.changed[n] = self.now;
            }
            Step::Delete(n) => {
                self.files[n] = None;
                self.changed[n] = 0;
            }
            Step::Seen(n) => {
                self.note(n);
                let (path, state) = self.file(n);
                match state {
                    Some(print) => self.settler.see(&pair(), &path, print, STABLE, now),
                    None => self.settler.miss(&pair(), &path, STABLE, now),
                }
            }
            Step::Look => {
                // Nobody looks at what has nothing to settle.
                if self.settler.settling().next().is_some() {
                    self.note(0);
                    self.note(1);
                }
                let looks = [self.file(0), self.file(1)];
                let conclusion = self.settler.conclude(&pair().place, &looks, now);
                self.check(&conclusion)?;
            }
        }
        Ok(())
    }

    fn note(&mut self, n: usize) {
        if self.seen[n] != self.files[n] {
            self.seen[n] = self.files[n];
            self.changed[2] = self.now;
        }
    }

    fn check(&mut self, conclusion: &Conclusion) -> Result<(), TestCaseError> {
        let quiet = self.now - self.changed.into_iter().max().unwrap_or(0);
        match conclusion {
            Conclusion::Known | Conclusion::Wait(_) => return Ok(()),
            Conclusion::Gone => {
                prop_assert_eq!(self.files, [None, None]);
                prop_assert!(self.told.is_some() && quiet >= 5);
                self.told = None;
                return Ok(());
            }
            Conclusion::Settled(whole) => {
                let mut found = [None, None];
                for (path, print) in &whole.files {
                    let n = usize::from(path.ends_with("a.img"));
                    found[n] = Some(print.size);
                }
                prop_assert_eq!(found, self.files, "told as it is");
                let is_whole = found.iter().all(Option::is_some);
                prop_assert_eq!(whole.missing.is_empty(), is_whole);
                prop_assert!(
                    quiet >= if is_whole { 5 } else { 60 },
                    "quiet for {}",
                    quiet
                );
            }
        }
        prop_assert_ne!(self.told, Some(self.files), "told twice");
        self.told = Some(self.files);
        Ok(())
    }
}

proptest! {
    /// In whatever order and at whatever times the halves are written, deleted and seen.
    #[test]
    fn what_settles_is_as_it_is_on_the_disk_and_told_once(steps in steps()) {
        let start = Instant::now();
        let mut world = World {
            settler: Settler::default(),
            files: [None, None],
            seen: [None, None],
            writes: 0,
            changed: [0; 3],
            told: None,
            now: 0,
        };
        for (wait, step) in &steps {
            world.now += wait;
            world.step(start, step)?;
        }
        // In the end everything has been reported, if somebody looks.
        for n in [0, 1] {
            world.step(start, &Step::Seen(n))?;
        }
        for _ in 0..3 {
            world.now += 60;
            world.step(start, &Step::Look)?;
        }
        let is_there = world.files.iter().any(Option::is_some);
        prop_assert_eq!(world.told, is_there.then_some(world.files));
        prop_assert_eq!(world.settler.settling().count(), 0);
    }
}
