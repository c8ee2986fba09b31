//! What is soldered to the board: the emulator's own device tree with a panel, four keys and three LEDs.
//!
//! The emulated board has one GPIO chip, a PL061 with eight lines. Seven carry what a panel's profile names: DC, the LEDs, the
//! keys. The eighth would be its power button, and carries a LED too. The three lines of the SPI bus need no interrupt, so they
//! are bits of a plain register, which the kernel drives as a GPIO chip of its own (`gpio-mmio`) and its driver `spi-gpio` as a
//! bus: the register of a virtio slot that is empty and takes every write without effect.

use std::path::Path;

use super::emulator::MACHINE;
use super::tool;

/// The profile of this panel, as a builder would write it: the chip, the glass and the memory of the 1.44 inch panel among
/// the built-in ones, whose pictures are small.
pub const PROFILE: &str = r#"
title = "The test's own panel"

[glass]
controller = "st7735s"
width = 128
height = 128
pitch_um = 200.0
rotation = 90
ram = [132, 132]
offset = [2, 1]
order = "bgr"

[spi]
device = "/dev/spidev0.0"
mhz = 50

[gpio]
chips = ["9030000.pl061"]

[lines]
dc = 0

[leds]
link = 1
case = 2
alarm = 3

[buttons]
up = 4
down = 5
ok = 6
back = 7
"#;

/// The line of the PL061 that is DC.
pub(super) const DC: usize = 0;
/// Bits of the bus's register.
pub(super) const SCLK: u64 = 1 << 0;
pub(super) const MOSI: u64 = 1 << 1;
pub(super) const CS: u64 = 1 << 2;

/// Appended to the emulator's own tree. The serial number is the board's: the box has one name over all power cuts.
const SOLDERED: &str = r#"
/ {
	serial-number = "10000000e1a2b3c4";
	/delete-node/ gpio-keys;
	/delete-node/ virtio_mmio@a000000;
	bus_lines: gpio@a000000 {
		compatible = "wd,mbl-gpio";
		reg = <0x0 0x0a000000 0x0 0x4>;
		reg-names = "dat";
		gpio-controller;
		#gpio-cells = <2>;
	};
	panel-bus {
		compatible = "spi-gpio";
		#address-cells = <1>;
		#size-cells = <0>;
		num-chipselects = <1>;
		sck-gpios = <&bus_lines 0 0>;
		mosi-gpios = <&bus_lines 1 0>;
		cs-gpios = <&bus_lines 2 1>;
		/* The name of a chip that the kernel's generic driver takes, as in image/boot/panel.dtso. */
		panel@0 { compatible = "rohm,dh2228fv"; reg = <0>; spi-max-frequency = <50000000>; };
	};
};
"#;

/// An LED of the panel.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lamp {
    /// The first.
    Link,
    /// The second.
    Case,
    /// The third.
    Alarm,
}

impl Lamp {
    /// The LED on a line.
    pub(super) fn on(line: usize) -> Option<Self> {
        match line {
            1 => Some(Self::Link),
            2 => Some(Self::Case),
            3 => Some(Self::Alarm),
            _ => None,
        }
    }
}

/// A key of the panel.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// Up.
    Up,
    /// Down.
    Down,
    /// Ok.
    Ok,
    /// Back.
    Back,
}

impl Key {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Up, Self::Down, Self::Ok, Self::Back];

    /// Its line.
    pub(super) fn line(self) -> usize {
        match self {
            Self::Up => 4,
            Self::Down => 5,
            Self::Ok => 6,
            Self::Back => 7,
        }
    }
}

/// Writes the board's device tree.
pub(super) fn device_tree(to: &Path) {
    let own = to.with_extension("own.dtb").display().to_string();
    let dump = format!("virt,dumpdtb={own}");
    let mut board = vec!["-M", &dump, "-nodefaults", "-display", "none"];
    board.extend(MACHINE.iter().flat_map(|(option, value)| [*option, *value]));
    tool("qemu-system-aarch64", "qemu-system-arm", &board);
    let tree = tool(
        "dtc",
        "device-tree-compiler",
        &["-q", "-I", "dtb", "-O", "dts", &own],
    );
    let source = to.with_extension("dts");
    std::fs::write(&source, tree + SOLDERED)
        .unwrap_or_else(|error| panic!("{}: {error}", source.display()));
    let (to, source) = (to.display().to_string(), source.display().to_string());
    tool(
        "dtc",
        "device-tree-compiler",
        &["-q", "-I", "dts", "-O", "dtb", "-o", &to, &source],
    );
}
