//! How devices are written down. Every text of a device passes [`sadp::printable`] first, whatever
//! the core did before: a terminal obeys escapes.

use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use resetbox_core::view::DeviceView;
use sadp::{Way, printable};
use serde::Serialize;

/// The form of the output.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// A sorted table at the end, for a person.
    Table,
    /// A line per device as it is found, fields separated by tabs.
    Plain,
    /// A JSON object per device and line.
    Json,
    /// Comma-separated values with a header.
    Csv,
}

/// Writes to standard output, and progress to standard error.
pub(super) struct Output {
    form: Form,
    progress: bool,
    header_due: bool,
}

/// The fields, in this order, in every form.
#[derive(Serialize)]
struct Row {
    mac: String,
    ipv4: Option<Ipv4Addr>,
    model: String,
    serial: String,
    firmware: String,
    activated: bool,
    recovery: &'static str,
    brand: Option<String>,
    http_port: Option<u16>,
    boot_time: Option<String>,
    interfaces: String,
}

const NAMES: [&str; 11] = [
    "mac",
    "ipv4",
    "model",
    "serial",
    "firmware",
    "activated",
    "recovery",
    "brand",
    "http_port",
    "boot_time",
    "interfaces",
];

impl Output {
    pub(super) fn new(form: Form, progress: bool) -> Self {
        Self {
            form,
            progress,
            header_due: form == Form::Csv,
        }
    }

    pub(super) fn shows_progress(&self) -> bool {
        self.progress
    }

    /// Writes a device that was not there before. Standard output is flushed with each line, so
    /// that the next program of a pipe sees it at once.
    pub(super) fn device(&mut self, device: &DeviceView) -> io::Result<()> {
        let row = Row::of(device);
        let mut line = match self.form {
            Form::Table => return Ok(()),
            Form::Plain => row.texts().join("\t"),
            Form::Json => serde_json::to_string(&row).map_err(io::Error::other)?,
            Form::Csv => csv(&row.texts()),
        };
        if std::mem::take(&mut self.header_due) {
            line = format!("{}\n{line}", NAMES.join(","));
        }
        self.wipe_progress();
        let mut out = io::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()
    }

    /// One line that is written over and over.
    pub(super) fn progress(&self, found: usize, left: Duration) {
        let devices = if found == 1 { "device" } else { "devices" };
        // Progress is a courtesy: a terminal that went away is no error of the scan.
        let _ = write!(
            io::stderr(),
            "\r\x1b[K{found} {devices}, {} s left",
            left.as_secs() + 1
        );
    }

    fn wipe_progress(&self) {
        if self.progress {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }

    /// The table, sorted by address: what a person looks for.
    pub(super) fn summary(&mut self, devices: &[Arc<DeviceView>]) -> io::Result<()> {
        self.wipe_progress();
        if std::mem::take(&mut self.header_due) {
            // No device: the header alone is still a right file.
            writeln!(io::stdout(), "{}", NAMES.join(","))?;
        }
        if self.form != Form::Table || devices.is_empty() {
            return Ok(());
        }
        let mut devices: Vec<&Arc<DeviceView>> = devices.iter().collect();
        devices.sort_by_key(|device| (device.ipv4, device.mac));
        let rows: Vec<[String; 6]> = devices
            .iter()
            .map(|device| Row::of(device).columns())
            .collect();
        let head = ["ADDRESS", "MODEL", "SERIAL", "FIRMWARE", "RECOVERY", "MAC"].map(str::to_owned);
        let width = |column: usize| {
            let cells = rows
                .iter()
                .chain([&head])
                .map(|row| row[column].chars().count());
            cells.max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        let mut out = io::stdout().lock();
        for row in [&head].into_iter().chain(&rows) {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            writeln!(out, "{}", cells.join("  ").trim_end())?;
        }
        let count = devices.len();
        writeln!(
            out,
            "{count} {}",
            if count == 1 { "device" } else { "devices" }
        )
    }
}

impl Row {
    fn of(device: &DeviceView) -> Self {
        Self {
            mac: device.mac.to_string(),
            ipv4: device.ipv4,
            model: clean(&device.model),
            serial: clean(&device.serial),
            firmware: clean(&device.firmware),
            activated: device.activated,
            recovery: recovery(device.way),
            brand: device.brand.as_deref().map(clean),
            http_port: device.http_port,
            boot_time: device.boot_time.as_deref().map(clean),
            interfaces: clean(&device.links.join(" ")),
        }
    }

    fn texts(&self) -> [String; 11] {
        let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
        [
            self.mac.clone(),
            self.ipv4.map(|ipv4| ipv4.to_string()).unwrap_or_default(),
            self.model.clone(),
            self.serial.clone(),
            self.firmware.clone(),
            self.activated.to_string(),
            self.recovery.to_owned(),
            or_empty(&self.brand),
            self.http_port
                .map(|port| port.to_string())
                .unwrap_or_default(),
            or_empty(&self.boot_time),
            self.interfaces.clone(),
        ]
    }

    fn columns(&self) -> [String; 6] {
        let recovery = if self.activated {
            self.recovery
        } else {
            "not activated"
        };
        [
            self.ipv4
                .map_or_else(|| "-".to_owned(), |ipv4| ipv4.to_string()),
            self.model.clone(),
            self.serial.clone(),
            self.firmware.clone(),
            recovery.to_owned(),
            self.mac.clone(),
        ]
    }
}

/// Printable; so without line ends and tabs, which separate.
fn clean(text: &str) -> String {
    printable(text).into_owned()
}

fn recovery(way: Way) -> &'static str {
    match way {
        Way::Activate => "activate",
        Way::TypedKey => "typed-key",
        Way::KeyFile => "key-file",
        Way::AskVendor => "ask-vendor",
        Way::None => "none",
    }
}

/// RFC 4180, every field quoted. A field that a spreadsheet would take for a formula gets an
/// apostrophe in front: devices choose their own names.
fn csv(fields: &[String]) -> String {
    let quoted: Vec<String> = fields
        .iter()
        .map(|field| {
            let guard = if field.starts_with(['=', '+', '-', '@', '\t', '\r']) {
                "'"
            } else {
                ""
            };
            format!("\"{guard}{}\"", field.replace('"', "\"\""))
        })
        .collect();
    quoted.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_quotes_and_disarms_formulas() {
        let fields = ["a,b", "say \"hi\"", "=1+1", "-2", "@x", "DS-2CD"].map(str::to_owned);
        assert_eq!(
            csv(&fields),
            r#""a,b","say ""hi""","'=1+1","'-2","'@x","DS-2CD""#
        );
    }

    #[test]
    fn escapes_and_line_ends_of_a_device_never_reach_the_output() {
        let cleaned = clean("cam\x1b[2J\r\n\tera\u{202e}\u{9b}31m");
        assert!(cleaned.chars().all(|c| !c.is_control()), "{cleaned:?}");
        assert!(!cleaned.contains('\u{202e}'), "{cleaned:?}");
    }
}
