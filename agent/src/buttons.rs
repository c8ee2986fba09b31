//! The panel's keys: edges of GPIO lines, debounced by the kernel. What is long and what repeats is the core's matter.
//! Nothing wakes up while nobody presses.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::time::{Duration, Instant};

use gpiocdev::Request;
use gpiocdev::line::{EdgeKind, Value, Values};
use resetbox_core::event::Health;
use resetbox_core::screen::{Button, Edge};
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::bus::Input;
use crate::gpio;
use crate::profile::{Buttons, Gpio};
use crate::retry::{Backoff, Ended, Reporter};

/// Lets the runtime wait for a descriptor. Handed in: what it needs of the system is another shell's.
pub type Watch = fn(OwnedFd) -> io::Result<AsyncFd<OwnedFd>>;

/// Starts the task; it ends when the loop does.
pub fn spawn(
    buttons: Buttons,
    gpio: Gpio,
    watch: Watch,
    inputs: mpsc::Sender<Input>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        tokio::select! {
            _ = run(&buttons, &gpio, watch, &inputs) => {}
            () = inputs.closed() => {}
        }
    })
}

async fn run(
    buttons: &Buttons,
    gpio: &Gpio,
    watch: Watch,
    inputs: &mpsc::Sender<Input>,
) -> Result<Infallible, Ended> {
    let mut backoff = Backoff::new();
    let mut reporter = Reporter::new(inputs.clone(), "buttons", Health::Buttons);
    loop {
        let opened = Instant::now();
        let error = match Keys::open(buttons, gpio, watch) {
            Ok(mut keys) => {
                reporter.tell(Ok(())).await?;
                let error = loop {
                    match keys.next().await {
                        Ok((button, edge)) => press(inputs, button, edge).await?,
                        Err(error) => break error,
                    }
                };
                // A key that was held as its line went away would count as held for ever, and a long press is what
                // cannot be undone.
                for button in keys.held.release() {
                    press(inputs, button, Edge::Released).await?;
                }
                error
            }
            Err(error) => error,
        };
        reporter.tell(Err(error)).await?;
        sleep(backoff.wait(opened.elapsed())).await;
    }
}

async fn press(inputs: &mpsc::Sender<Input>, button: Button, edge: Edge) -> Result<(), Ended> {
    (inputs.send(Input::Button(button, edge)).await).map_err(|_| Ended)
}

/// Keys that are open.
pub struct Keys {
    request: Request,
    /// The same descriptor again: tells when there is something to read.
    ready: AsyncFd<OwnedFd>,
    held: Held,
    /// Edges that were read and not yet told.
    waiting: VecDeque<(Button, Edge)>,
    /// What the kernel reported since somebody asked, for whoever counts bounces.
    presses: BTreeMap<u32, Press>,
}

impl Keys {
    /// Opens the keys of a profile; needs a runtime.
    pub fn open(buttons: &Buttons, gpio: &Gpio, watch: Watch) -> Result<Self, String> {
        let debounce = Duration::from_millis(buttons.debounce_ms.into());
        Self::open_with(buttons, gpio, watch, debounce)
    }

    /// Opens them without debounce, for whoever wants to see the bounces.
    pub fn open_bare(buttons: &Buttons, gpio: &Gpio, watch: Watch) -> Result<Self, String> {
        Self::open_with(buttons, gpio, watch, Duration::ZERO)
    }

    fn open_with(
        buttons: &Buttons,
        gpio: &Gpio,
        watch: Watch,
        debounce: Duration,
    ) -> Result<Self, String> {
        let keys = buttons.keys();
        let lines: Vec<(u32, &str)> = keys
            .iter()
            .flat_map(|(_, name, lines)| lines.iter().map(|line| (*line, *name)))
            .collect();
        let request = gpio::find_chip(gpio)
            .and_then(|chip| chip.inputs(&lines, buttons.pull_up, debounce))
            .map_err(|error| error.to_string())?;
        let ready = (request.as_fd().try_clone_to_owned())
            .and_then(watch)
            .map_err(|error| format!("the keys' lines: {error}"))?;
        Ok(Self {
            request,
            ready,
            held: Held::new(buttons.lines()),
            waiting: VecDeque::new(),
            presses: BTreeMap::new(),
        })
    }

    /// The next press or release; an error when the lines are gone.
    pub async fn next(&mut self) -> Result<(Button, Edge), String> {
        loop {
            if let Some(edge) = self.waiting.pop_front() {
                return Ok(edge);
            }
            let mut ready = (self.ready.readable().await).map_err(|error| error.to_string())?;
            let request = &self.request;
            let gone = |error: gpiocdev::Error| {
                format!("the keys' lines: {error}: check the plug of the panel")
            };
            while request.has_edge_event().map_err(gone)? {
                let event = request.read_edge_event().map_err(gone)?;
                let press = self.presses.entry(event.offset);
                press.or_default().edge(event.timestamp_ns);
                let pressed = event.kind == EdgeKind::Rising;
                self.waiting.extend(self.held.line(event.offset, pressed));
            }
            ready.clear_ready();
            // The kernel keeps sixteen edges per line: whoever drums loses some. The lines themselves are the truth.
            let mut values = Values::default();
            for line in self.held.lines() {
                values.set(line, Value::Inactive);
            }
            request.values(&mut values).map_err(gone)?;
            for line in self.held.lines().collect::<Vec<_>>() {
                let pressed = values.get(line) == Some(Value::Active);
                self.waiting.extend(self.held.line(line, pressed));
            }
        }
    }

    /// What each line did since this was last asked.
    pub fn take_presses(&mut self) -> BTreeMap<u32, Press> {
        std::mem::take(&mut self.presses)
    }

    /// Whether a line is down.
    pub fn is_down(&self, line: u32) -> bool {
        self.held.lines.get(&line).is_some_and(|(_, down)| *down)
    }

    /// The name of a line's key, as profiles have it.
    pub fn name(&self, line: u32) -> &'static str {
        match self.held.lines.get(&line) {
            Some((Button::Up, _)) => "up",
            Some((Button::Down, _)) => "down",
            Some((Button::Ok, _)) => "ok",
            Some((Button::Back, _)) => "back",
            Some((Button::Left, _)) => "left",
            Some((Button::Right, _)) => "right",
            None => "?",
        }
    }
}

/// The edges of a contact until it came to rest.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Press {
    edges: u32,
    first_ns: u64,
    last_ns: u64,
}

impl Press {
    fn edge(&mut self, at_ns: u64) {
        if self.edges == 0 {
            self.first_ns = at_ns;
        }
        self.edges += 1;
        self.last_ns = at_ns;
    }
}

impl std::fmt::Display for Press {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.edges <= 2 {
            return f.write_str("no bounces");
        }
        let ms = self.last_ns.saturating_sub(self.first_ns) as f64 / 1e6;
        write!(f, "{} edges within {ms:.1} ms", self.edges)
    }
}

/// Which lines are down, and therefore which keys are.
struct Held {
    lines: BTreeMap<u32, (Button, bool)>,
}

impl Held {
    fn new(lines: BTreeMap<u32, Button>) -> Self {
        Self {
            lines: lines
                .into_iter()
                .map(|(line, button)| (line, (button, false)))
                .collect(),
        }
    }

    fn lines(&self) -> impl Iterator<Item = u32> + '_ {
        self.lines.keys().copied()
    }

    fn is_down(&self, button: Button) -> bool {
        self.lines.values().any(|line| *line == (button, true))
    }

    /// A line is pressed or not; what that means for its key. A key of two lines is down while one of them is.
    fn line(&mut self, line: u32, pressed: bool) -> Option<(Button, Edge)> {
        let (button, before) = *self.lines.get(&line)?;
        if before == pressed {
            return None;
        }
        let was_down = self.is_down(button);
        self.lines.insert(line, (button, pressed));
        match (was_down, self.is_down(button)) {
            (false, true) => Some((button, Edge::Pressed)),
            (true, false) => Some((button, Edge::Released)),
            _ => None,
        }
    }

    /// All lines come up: which keys do.
    fn release(&mut self) -> Vec<Button> {
        let lines: Vec<u32> = self.lines().collect();
        lines
            .into_iter()
            .filter_map(|line| self.line(line, false))
            .map(|(button, _)| button)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Button::{Back, Ok, Up};
    use Edge::{Pressed, Released};

    fn held() -> Held {
        Held::new(BTreeMap::from([(6, Up), (13, Ok), (21, Ok), (16, Back)]))
    }

    #[test]
    fn each_line_is_its_key() {
        let mut held = held();
        assert_eq!(held.line(6, true), Some((Up, Pressed)));
        assert_eq!(held.line(16, true), Some((Back, Pressed)));
        assert_eq!(held.line(6, false), Some((Up, Released)));
        assert_eq!(held.line(99, true), None, "a line that nobody asked for");
    }

    #[test]
    fn what_is_told_twice_is_one_press() {
        let mut held = held();
        assert_eq!(held.line(6, false), None, "it was never down");
        assert_eq!(held.line(6, true), Some((Up, Pressed)));
        assert_eq!(held.line(6, true), None);
    }

    #[test]
    fn a_key_of_two_lines_is_down_while_one_of_them_is() {
        let mut held = held();
        assert_eq!(held.line(13, true), Some((Ok, Pressed)));
        assert_eq!(held.line(21, true), None);
        assert_eq!(held.line(13, false), None);
        assert_eq!(held.line(21, false), Some((Ok, Released)));
    }

    #[test]
    fn lines_that_go_away_let_go_of_their_keys() {
        let mut held = held();
        for line in [13, 21, 16] {
            held.line(line, true);
        }
        assert_eq!(held.release(), [Back, Ok], "each once");
        assert_eq!(held.release(), []);
    }

    #[test]
    fn bounces_are_told_with_their_time() {
        let mut press = Press::default();
        press.edge(1_000_000);
        press.edge(90_000_000);
        assert_eq!(press.to_string(), "no bounces", "pressed and released");
        press.edge(92_500_000);
        assert_eq!(press.to_string(), "3 edges within 91.5 ms");
    }

    #[tokio::test]
    async fn keys_without_a_chip_are_told_with_the_remedy_and_tried_again() {
        let (inputs, mut queue) = mpsc::channel(8);
        let profile = crate::profile::Profile::load("pimoroni-display-hat-mini").expect("built in");
        let gpio = Gpio {
            chips: vec!["no-such-chip".into()],
        };
        let task = spawn(
            profile.buttons.expect("four"),
            gpio,
            |_| Err(io::ErrorKind::Unsupported.into()),
            inputs,
        );
        match queue.recv().await {
            Some(Input::Health(Health::Buttons(Err(text)))) => {
                assert!(text.contains("GPIO chip"), "{text}");
            }
            other => panic!("{other:?}"),
        }
        // It ends with the loop, though nothing was ever opened.
        drop(queue);
        task.await.expect("no panic");
    }
}
