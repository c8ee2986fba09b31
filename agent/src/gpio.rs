//! Lines of the GPIO character device, for whoever drives something with them. The chip is found by its label: its
//! number changes with the kernel and the board.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gpiocdev::line::{Bias, EdgeDetection, Value};
use gpiocdev::{Chip, Request};

use crate::profile::Gpio;

/// Who holds a line, as `gpioinfo` shows it.
const CONSUMER: &str = "resetbox";

/// Why a line cannot be used, with the remedy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GpioError {
    /// There is no GPIO chip at all.
    #[error(
        "there is no GPIO chip (/dev/gpiochip*): this is no board with GPIO, or its kernel lacks the driver"
    )]
    NoChips,
    /// None of the chips has the label.
    #[error(
        "no GPIO chip is labelled {wanted}; there are: {found}. Put the right label into [gpio] chips of the profile"
    )]
    NoSuchChip {
        /// What was looked for.
        wanted: String,
        /// What is there.
        found: String,
    },
    /// Chips are there, but this user may not open them.
    #[error("{0} may not be opened: add the user to the group that owns it (gpio), or run as root")]
    Forbidden(String),
    /// Somebody else has the line.
    #[error(
        "GPIO {line} ({role}) is held by `{holder}`: stop that program or overlay, or take another line in the profile"
    )]
    Busy {
        /// The line's number.
        line: u32,
        /// What it is here.
        role: String,
        /// Who has it.
        holder: String,
    },
    /// The chip has fewer lines.
    #[error("{chip} has {lines} lines: there is no GPIO {line} ({role}); correct the profile")]
    NoSuchLine {
        /// The chip.
        chip: String,
        /// How many lines it has.
        lines: u32,
        /// The line's number.
        line: u32,
        /// What it is here.
        role: String,
    },
    /// Anything else, in the system's words.
    #[error("GPIO of {what}: {error}: check the plug of the panel and the profile")]
    Other {
        /// The chip or the lines.
        what: String,
        /// The system's words.
        error: String,
    },
}

/// A chip that was found.
#[derive(Debug)]
pub(crate) struct FoundChip {
    path: PathBuf,
    lines: u32,
}

/// The first chip that has one of the labels, in their order.
pub(crate) fn find_chip(gpio: &Gpio) -> Result<FoundChip, GpioError> {
    let paths = gpiocdev::chip::chips().unwrap_or_default();
    let (mut found, mut forbidden) = (Vec::new(), None);
    for path in &paths {
        match Chip::from_path(path).and_then(|chip| chip.info()) {
            Ok(info) => found.push((path.clone(), info)),
            Err(error) if is_forbidden(path) => {
                forbidden = Some(path.display().to_string());
                tracing::debug!("{}: {error}", path.display());
            }
            Err(error) => tracing::debug!("{}: {error}", path.display()),
        }
    }
    for label in &gpio.chips {
        if let Some((path, info)) = found.iter().find(|(_, info)| info.label == *label) {
            return Ok(FoundChip {
                path: path.clone(),
                lines: info.num_lines,
            });
        }
    }
    if let Some(path) = forbidden.or_else(forbidden_chip) {
        return Err(GpioError::Forbidden(path));
    }
    if found.is_empty() {
        return Err(GpioError::NoChips);
    }
    let labels: Vec<_> = found.iter().map(|(_, info)| info.label.as_str()).collect();
    Err(GpioError::NoSuchChip {
        wanted: gpio.chips.join(" or "),
        found: labels.join(", "),
    })
}

impl FoundChip {
    /// Takes lines as outputs that are inactive at first. `roles` are for the words of an error.
    pub(crate) fn outputs(
        &self,
        lines: &[(u32, &str)],
        active_low: bool,
    ) -> Result<Request, GpioError> {
        let mut builder = self.builder(lines);
        builder.as_output(Value::Inactive);
        if active_low {
            builder.as_active_low();
        }
        builder
            .request()
            .map_err(|error| self.explain(lines, &error))
    }

    /// Takes lines as inputs that report both edges; active is low.
    pub(crate) fn inputs(
        &self,
        lines: &[(u32, &str)],
        pull_up: bool,
        debounce: Duration,
    ) -> Result<Request, GpioError> {
        let mut builder = self.builder(lines);
        builder
            .as_input()
            .as_active_low()
            .with_edge_detection(EdgeDetection::BothEdges)
            .with_debounce_period(debounce);
        if pull_up {
            builder.with_bias(Bias::PullUp);
        }
        builder
            .request()
            .map_err(|error| self.explain(lines, &error))
    }

    fn builder(&self, lines: &[(u32, &str)]) -> gpiocdev::request::Builder {
        let offsets: Vec<u32> = lines.iter().map(|(line, _)| *line).collect();
        let mut builder = Request::builder();
        builder
            .on_chip(&self.path)
            .with_consumer(CONSUMER)
            .with_lines(&offsets);
        builder
    }

    /// The kernel says only that a request failed: find out which line it was.
    fn explain(&self, lines: &[(u32, &str)], error: &gpiocdev::Error) -> GpioError {
        for (line, role) in lines {
            if *line >= self.lines {
                return GpioError::NoSuchLine {
                    chip: self.path.display().to_string(),
                    lines: self.lines,
                    line: *line,
                    role: (*role).to_owned(),
                };
            }
            let info = Chip::from_path(&self.path).and_then(|chip| chip.line_info(*line));
            if let Ok(info) = info
                && info.used
            {
                let holder = Some(info.consumer).filter(|name| !name.is_empty());
                return GpioError::Busy {
                    line: *line,
                    role: (*role).to_owned(),
                    holder: holder.unwrap_or_else(|| "the kernel".into()),
                };
            }
        }
        let names: Vec<String> = (lines.iter())
            .map(|(line, role)| format!("{line} ({role})"))
            .collect();
        GpioError::Other {
            what: names.join(", "),
            error: error.to_string(),
        }
    }
}

/// The library leaves out chips that it may not open.
fn forbidden_chip() -> Option<String> {
    let nodes = std::fs::read_dir("/dev").ok()?.filter_map(Result::ok);
    nodes
        .map(|node| node.path())
        .find(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("gpiochip") && is_forbidden(path)
        })
        .map(|path| path.display().to_string())
}

fn is_forbidden(path: &Path) -> bool {
    let opened = std::fs::File::options().read(true).write(true).open(path);
    opened.is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
}
