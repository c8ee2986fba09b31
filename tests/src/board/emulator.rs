//! The emulator's command line.

use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use super::card::Disk;
use super::monitor::{QMP, QTEST};
use crate::netns::Host;

/// The hardware address of the network port.
const MAC: &str = "52:54:00:77:00:02";
/// Of the processor and its memory: like a Raspberry Pi 3 or Zero 2 W. The device tree is made for the same.
pub(super) const MACHINE: [(&str, &str); 3] =
    [("-cpu", "cortex-a53"), ("-smp", "2"), ("-m", "512")];
/// What the card's firmware gives the kernel, but for the name of the serial line.
const COMMAND_LINE: &str = include_str!("../../../image/boot/cmdline.txt");

/// What the board is made of.
pub(super) struct Parts<'a> {
    /// The folder with kernel and initramfs.
    pub(super) image: &'a Path,
    /// The folder with the board's own files.
    pub(super) folder: &'a Path,
    /// The card.
    pub(super) card: &'a Disk,
    /// The tap device that is its network port.
    pub(super) tap: &'a str,
    /// Added to the kernel's command line.
    pub(super) options: &'a str,
    /// Where the serial line is written.
    pub(super) serial: &'a Path,
}

impl Parts<'_> {
    /// Starts it in a host. Its processors wait until they are told to go.
    pub(super) fn start(&self, host: &Host) -> Child {
        let file = |name: &str| self.folder.join(name).display().to_string();
        let image = |name: &str| self.image.join(name).display().to_string();
        let socket = |name: &str| format!("unix:{},server=on,wait=off", file(name));
        let options = [
            ("-M", "virt".to_owned()),
            ("-kernel", image("Image")),
            ("-initrd", image("initrd.img")),
            ("-append", command_line(self.options)),
            ("-dtb", file("board.dtb")),
            ("-blockdev", self.card().to_string()),
            // The log knows writes and flushes.
            (
                "-device",
                "virtio-blk-pci,drive=card,discard=off,write-zeroes=off".to_owned(),
            ),
            (
                "-netdev",
                format!("tap,id=port,ifname={},script=no,downscript=no", self.tap),
            ),
            (
                "-device",
                format!("virtio-net-pci,netdev=port,mac={MAC},romfile="),
            ),
            ("-serial", format!("file:{}", self.serial.display())),
            ("-display", "none".to_owned()),
            ("-qmp", socket(QMP)),
            ("-qtest", socket(QTEST)),
            ("-qtest-log", "none".to_owned()),
            // Every change of a line, with its time, goes to the analyser.
            ("-trace", "pl061_set_output".to_owned()),
            ("-trace", "virtio_mmio_write_offset".to_owned()),
            ("-msg", "timestamp=on".to_owned()),
            ("-D", file("lines")),
        ];
        let mut command = host.command("qemu-system-aarch64");
        for (option, value) in MACHINE {
            command.args([option, value]);
        }
        for (option, value) in &options {
            command.args([option, value.as_str()]);
        }
        command
            .args(["-nodefaults", "-no-reboot", "-S"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("ip netns exec: {error}: apt-get install iproute2"))
    }
    /// The card's latest layer behind a log of what is written to it.
    fn card(&self) -> Value {
        // This machine keeps its power: what the emulator has handed over is written.
        let file = |path: &Path| json!({ "driver": "file", "filename": path, "cache": { "no-flush": true } });
        json!({
            "node-name": "card", "driver": "blklogwrites", "log-sector-size": 512, "log": file(&self.card.log),
            "file": { "driver": "qcow2", "file": file(&self.card.layer) },
        })
    }
}

fn command_line(options: &str) -> String {
    let words = COMMAND_LINE.split_whitespace().map(|word| match word {
        word if word.starts_with("console=") => "console=ttyAMA0",
        word => word,
    });
    words.chain([options]).collect::<Vec<_>>().join(" ")
}
