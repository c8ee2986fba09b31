//! The card's image on an emulated board: updates that are good, bad, dead and forged, by both ways, with a case open all the
//! while; and the power cut at every single write of it. What the scripts do before every change is the matter of
//! `image_slots.rs`.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use resetbox_tests::agent::BoxIn;
use resetbox_tests::board::card::partitions;
use resetbox_tests::board::loss::{Cut, Cuts, Loss};
use resetbox_tests::board::stage::Stage;
use resetbox_tests::board::{Board, Done, Key, Log, image};
use resetbox_tests::chance::Chance;
use resetbox_tests::updates::{Judge, Update, Updates};
use serde_json::{Value, json};

/// What the system says that does nothing.
const DEAD: &str = "this system is dead";
/// The systems that the board may start, by letter: the old one, the new one, the one whose box ends at once, the dead one.
const OLD: char = 'O';
const NEW: char = 'N';
const CRASHING: char = 'C';
const HANGING: char = 'H';
/// What a power cut leads to in the course of it all, from the first write to the last: the systems of the next starts, if none of
/// them comes to its health check. A new system has two, one of which is spent before it runs (the good one needs both: the power is
/// cut in its first); every row ends with one that passed.
const COURSE: [&str; 11] = [
    "OOOOOO", "NNOOOO", "NOOOOO", "OOOOOO", "NNNNNN", "CCNNNN", "CNNNNN", "NNNNNN", "HHNNNN",
    "HNNNNN", "NNNNNN",
];
/// At each place, cards of which parts of what was not kept are lost by lot.
const LOTS: usize = 2;
/// Cards on which the data partition and the store are looked at.
const STORES: usize = 40;

/// A case that is open all the while.
struct Case {
    id: String,
    code: Vec<u8>,
}

impl Case {
    /// The box has it, and shows its QR when it is asked to by keys.
    fn is_on(&self, stage: &Stage, board: &Board<'_>) {
        self.is_told(stage, board);
        stage.scan_again(board, &self.id, &self.code);
    }

    /// The box has it.
    fn is_told(&self, stage: &Stage, board: &Board<'_>) {
        let path = format!("/api/v1/cases/{}", self.id);
        let reader = stage.reader(board);
        let case = board.wait("the case", || Some(reader.get(&path)?.expect(200).json()));
        assert_eq!(
            (&case["phase"], &case["open"]),
            (&"awaiting".into(), &true.into()),
            "{case}"
        );
    }
}

/// The slot that runs and the version of its system.
fn system(stage: &Stage, board: &Board<'_>) -> (String, String) {
    let reader = stage.reader(board);
    let update = board.wait("the page", || {
        Some(reader.get("/api/v1/update")?.expect(200).json())
    });
    let word = |name: &str| update[name].as_str().expect("a word").to_owned();
    (word("slot"), word("version"))
}

fn is_system(stage: &Stage, board: &Board<'_>, slot: &str, version: &str) {
    assert_eq!(system(stage, board), (slot.to_owned(), version.to_owned()));
}

/// From the phone page: sent, checked, confirmed, written; then the board starts again.
fn send(board: &mut Board<'_>, phone: &BoxIn<'_>, update: &Update) {
    let client = phone.client();
    let answer = client
        .post_bytes("/api/v1/update", &update.file)
        .expect("answered");
    let waits = answer.expect(200).json();
    assert_eq!(
        (&waits["stage"], &waits["next"]),
        (&json!("received"), &json!(update.version))
    );
    let started = client.post(
        "/api/v1/update/start",
        &json!({ "version": update.version }),
    );
    started.expect("answered").expect(200);
    board.wait_restart();
}

#[test]
fn updates_come_go_back_and_outlive_every_power_cut() {
    let began = Instant::now();
    let after = |what: &str| println!("{what}: {:.0} s", began.elapsed().as_secs_f32());
    let updates = Updates::new();
    let (good, crashing, hanging) = (updates.good(), updates.crashing(), updates.hanging(DEAD));
    let stage = Stage::new();
    let plant = stage.cameras(2);
    let mut board = stage.board();
    let case = refused(&stage, &mut board, &updates, &hanging);
    after("refused");

    // A good one on the FAT partition. The power goes while it is being written, ...
    board.put(&format!("resetbox-{}.update", good.version), &good.file);
    let mut story = vec![Chapter::new(&mut board)];
    let [fat, _, b, _] = partitions(&story[0].card);
    let half = (good.root.len() / 512 / 2) as u64;
    board.power_on();
    board.wait_done("half of the new system", |done| {
        let written = done.iter().filter_map(|done| match done {
            Done::Write(sectors) if b.contains(&sectors.start) => Some(sectors.end - sectors.start),
            _ => None,
        });
        written.sum::<u64>() >= half
    });
    story.cut(&mut board);
    after("cut while it was written");
    // ... as soon as it is to be started, ...
    board.power_on();
    case.is_told(&stage, &board);
    board.said(&format!("coming resetbox-{}.update", good.version));
    board.wait_done("the mark", |done| {
        let mark = |done: &Done| matches!(done, Done::Write(sectors) if sectors.start >= 8 && sectors.end <= fat.start);
        // The first may have been begun before the mark was written; a second one follows.
        let after = done.iter().skip_while(|done| !mark(done));
        after.filter(|done| **done == Done::Flush).nth(1).is_some()
    });
    story.cut(&mut board);
    after("cut right after the mark");
    // ... and in its first start: that is no verdict.
    board.power_on();
    is_system(&stage, &board, "b", &good.version);
    story.cut(&mut board);
    after("cut in its first start");
    board.power_on();
    is_system(&stage, &board, "b", &good.version);
    case.is_on(&stage, &board);
    board.said("slot b passed its health check");
    // The file is still there.
    board.said("is in /dev/vda3 already: nothing to do");
    after("passed");

    // From the phone page one whose box ends as soon as it is started.
    board.hold(Key::Back);
    let phone = stage.join(&board);
    send(&mut board, &phone, &crashing);
    story.goes_on(&board);
    after("the crashing one written");
    board.power_on();
    // It says nothing; the health check says it, and starts the board again.
    board.wait_restart();
    story.goes_on(&board);
    after("did not pass");
    board.power_on();
    let why = stage.alert(&board, "update-fell-back");
    assert!(why.contains("system a"), "{why}");
    is_system(&stage, &board, "b", &good.version);
    case.is_told(&stage, &board);

    // And one that does nothing at all: somebody pulls the plug.
    let phone = stage.join(&board);
    send(&mut board, &phone, &hanging);
    story.goes_on(&board);
    for _ in 0..2 {
        board.power_on();
        board.said(DEAD);
        board.pull_the_plug();
        // The record was kept before the system began, and nothing else was written.
        story.goes_on(&board);
    }
    board.power_on();
    let why = stage.alert(&board, "update-fell-back");
    assert!(why.contains("system a"), "{why}");
    is_system(&stage, &board, "b", &good.version);
    case.is_on(&stage, &board);
    board.pull_the_plug();
    story.goes_on(&board);
    after("back again");
    let asked = plant.cameras();
    let asked: Vec<u64> = asked.iter().map(|camera| camera.counters.exports).collect();
    assert_eq!(asked.iter().sum::<u64>(), 1, "asked once: {asked:?}");

    let old = std::fs::read(image().join("root.erofs")).expect("the image's root");
    let systems = vec![
        (OLD, old),
        (NEW, good.root),
        (CRASHING, crashing.root),
        (HANGING, hanging.root),
    ];
    cut_everywhere(Judge::new(&story[0].card, systems), &story);
    after("cut everywhere");
}

/// One that is signed by somebody else, on the FAT partition, and one that is damaged, from the phone page: the box says so,
/// and nothing but its data is written. A case is opened.
fn refused(stage: &Stage, board: &mut Board<'_>, updates: &Updates, update: &Update) -> Case {
    const FILE: &str = "resetbox-9.9.9.update";
    board.put(FILE, updates.forged(update));
    let [.., data] = partitions(&board.card_file());
    board.power_on();
    let why = stage.alert(board, "update-refused");
    assert!(
        why.contains(&format!("{FILE}: the signature does not fit")),
        "{why}"
    );
    let phone = stage.join(board);
    phone.wait_devices(2, Duration::from_secs(60));
    let mac = phone.state()["devices"][0]["mac"].clone();
    let id = phone.open_case(mac.as_str().expect("an address"));
    let code = phone.device_code(&id);

    let mut damaged = update.file.clone();
    *damaged.last_mut().expect("not empty") ^= 1;
    let client = phone.client();
    let answer = client
        .post_bytes("/api/v1/update", &damaged)
        .expect("answered");
    let problem = answer.expect(422).json();
    let words = problem["detail"].as_str().unwrap_or_default();
    assert!(words.contains("damaged or cut short"), "{problem}");
    let started = client.post(
        "/api/v1/update/start",
        &json!({ "version": update.version }),
    );
    started.expect("answered").expect(409);
    let (slot, _) = system(stage, board);
    assert_eq!(slot, "a");
    board.pull_the_plug();
    for done in board.done() {
        let Done::Write(sectors) = done else { continue };
        // The partition table, when the data partition grew, and the rest of its 4 KiB.
        let table = sectors.end <= 8;
        assert!(
            table || sectors.start >= data.start,
            "sectors {sectors:?} were written"
        );
    }
    // Taken away, as the box had asked.
    board.remove(FILE);
    Case { id, code }
}

/// What was on the card when it came into the board, and what was written to it in one power-on or several: between those the
/// card kept everything.
struct Chapter {
    card: PathBuf,
    logs: Vec<Log>,
}

impl Chapter {
    fn new(board: &mut Board<'_>) -> Self {
        Self {
            card: board.card_file(),
            logs: Vec::new(),
        }
    }
}

/// From power-on to power-on.
trait Story {
    /// The power goes now, and what was not kept is lost.
    fn cut(&mut self, board: &mut Board<'_>);
    /// The power has gone after everything was kept.
    fn goes_on(&mut self, board: &Board<'_>);
}

impl Story for Vec<Chapter> {
    fn cut(&mut self, board: &mut Board<'_>) {
        board.pull_the_plug();
        self.goes_on(board);
        self.push(Chapter::new(board));
    }

    fn goes_on(&mut self, board: &Board<'_>) {
        self.last_mut()
            .expect("it has begun")
            .logs
            .push(board.writes());
    }
}

/// Each card that a power cut at any place of these logs would leave: it starts whole systems, in the order of the course, and
/// has the case.
fn cut_everywhere(judge: Judge, story: &[Chapter]) {
    let chapters = story
        .iter()
        .map(|chapter| Cuts::new(&chapter.card, &chapter.logs));
    let chapters: Vec<Cuts<'_>> = chapters.collect();
    let places: usize = chapters.iter().map(Cuts::len).sum();
    let mut course = Course::new(judge, places);
    let mut chance = Chance::new();
    for cuts in &chapters {
        cuts.each(&mut chance, LOTS, |cut| course.meets(cut));
        course.place += cuts.len();
    }
    let Course {
        states,
        stores,
        met,
        ..
    } = course;
    println!(
        "{states} cards after {places} places for a power cut, {stores} stores read; rows of the course: {met:?}"
    );
    assert_eq!(course.row, COURSE.len() - 1, "{met:?}");
    assert!(met.iter().all(|count| *count > 0), "{met:?}");
    assert!(course.export.is_some_and(|export| export != Value::Null));
}

/// Where the course is, and what was looked at.
struct Course {
    judge: Judge,
    /// Places for a cut in all, and in the chapters before.
    places: usize,
    place: usize,
    states: usize,
    row: usize,
    /// How often each row was met.
    met: [usize; COURSE.len()],
    /// Stores that were read, what the last one lay on, and the device code of the case as the first one had it.
    stores: usize,
    read: Option<u64>,
    export: Option<Value>,
}

impl Course {
    fn new(judge: Judge, places: usize) -> Self {
        Self {
            judge,
            places,
            place: 0,
            states: 0,
            row: 0,
            met: [0; COURSE.len()],
            stores: 0,
            read: None,
            export: None,
        }
    }

    fn meets(&mut self, cut: &Cut<'_>) {
        let starts = self.judge.starts(cut);
        self.states += 1;
        // What was lost puts the card back by one row at most; what was kept never does.
        if cut.loss == Loss::Nothing && starts != COURSE[self.row] {
            self.row += 1;
        }
        let rows = self.row.saturating_sub(1)..=self.row;
        let found = rows
            .rev()
            .find(|row| COURSE.get(*row) == Some(&starts.as_str()));
        let place = format!(
            "power cut {} of {}, {:?} lost",
            self.place + cut.at,
            self.places,
            cut.loss
        );
        let found =
            found.unwrap_or_else(|| panic!("{place}, in row {} of the course: {starts}", self.row));
        self.met[found] += 1;

        let due = (self.place + cut.at) * STORES / self.places >= self.stores;
        let mark = cut.mark(self.judge.data());
        // Whole sectors, that is: a file system is made for no less.
        let sectors = [Loss::Everything, Loss::ByLot].contains(&cut.loss);
        if due && sectors && self.read != Some(mark) {
            self.read = Some(mark);
            self.stores += 1;
            let cases = self.judge.cases(cut);
            assert_eq!(cases.len(), 1, "{place}");
            let first = self
                .export
                .get_or_insert_with(|| cases[0]["export"].clone());
            assert_eq!(*first, cases[0]["export"], "{place}");
        }
    }
}
