use super::*;

const ALL: [(&str, &str); 7] = [
    (READER, "2 67.0 00D 005"),
    (CUSTOM_FIELDS, "7 a"),
    (CUSTOM_OBJECTS, "2 b"),
    (OWN_SETS, "0PS1 t u;0PS2 t u"),
    (OWN_FIELDS, "9 t "),
    (SETS, "4 t t"),
    (RIGHTS, "5 t "),
];

fn marks() -> Marks {
    let mut marks = Marks::default();
    for (name, value) in ALL {
        marks.set(name, Some(value.to_owned()));
    }
    marks.set(AUDIT, Some("0Ym1 0Ym2".to_owned()));
    marks
}

fn asked(marks: Marks, audit: &[(&str, &str)]) -> Asked {
    let row = |(id, section): &(&str, &str)| ((*id).to_owned(), (*section).to_owned());
    Asked { marks, audit: Some(audit.iter().map(row).collect()) }
}

const KNOWN: [(&str, &str); 2] = [("0Ym1", "Custom Objects"), ("0Ym2", "")];

#[test]
fn nothing_has_changed_where_every_mark_holds() {
    assert_eq!(asked(marks(), &KNOWN).verdict_since(&marks()), Verdict::Unchanged);
}

#[test]
fn each_mark_counts_and_an_absent_one_never_holds() {
    for (name, _) in ALL {
        let expected = if RIGHTS_MARKS.contains(&name) { Verdict::Rights } else { Verdict::All };
        for value in [Some("other".to_owned()), None] {
            let mut other = marks();
            other.set(name, value);
            assert_eq!(asked(other.clone(), &KNOWN).verdict_since(&marks()), expected, "{name}");
            assert_eq!(asked(marks(), &KNOWN).verdict_since(&other), expected, "{name}");
        }
        let mut absent = marks();
        absent.set(name, None);
        assert_eq!(asked(absent.clone(), &KNOWN).verdict_since(&absent), expected, "{name}");
    }
}

#[test]
fn the_log_tells_of_what_other_marks_do_not_show() {
    let with = |section: &'static str| [("0Ym3", section), KNOWN[0], KNOWN[1]];
    assert_eq!(asked(marks(), &with("Customize Cases")).verdict_since(&marks()), Verdict::All);
    assert_eq!(asked(marks(), &with("")).verdict_since(&marks()), Verdict::All);
    assert_eq!(asked(marks(), &with(USERS_SECTION)).verdict_since(&marks()), Verdict::Rights);
    let flooded: Vec<(String, String)> =
        (0..AUDIT_ROWS).map(|at| (format!("0Yn{at}"), USERS_SECTION.to_owned())).collect();
    let flooded = Asked { marks: marks(), audit: Some(flooded) };
    assert_eq!(flooded.verdict_since(&marks()), Verdict::All, "older rows may hide behind these");
    let mut unlogged = marks();
    unlogged.set(AUDIT, None);
    assert_eq!(asked(marks(), &KNOWN).verdict_since(&unlogged), Verdict::All);
    assert_eq!(Asked { marks: marks(), audit: None }.verdict_since(&marks()), Verdict::All);
}

#[test]
fn own_permission_sets_are_known_by_their_whole_id() {
    assert!(marks().is_own("0PS2"));
    assert!(!marks().is_own("0PS"));
    assert!(!marks().is_own("t"));
    assert!(!Marks::default().is_own(""), "no mark, no set");
}
