//! QR codes: exactly the bytes given, as large as the glass allows, and the truth about their size.

use qrcode::bits::Bits;
use qrcode::types::{Color, EcLevel, Version};

use crate::geometry::Geometry;

/// Error correction. Low is always tried first.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// 7 %.
    Low,
    /// 15 %.
    Medium,
    /// 25 %.
    Quartile,
    /// 30 %.
    High,
}

impl Level {
    const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::Quartile, Self::High];

    fn ec(self) -> EcLevel {
        match self {
            Self::Low => EcLevel::L,
            Self::Medium => EcLevel::M,
            Self::Quartile => EcLevel::Q,
            Self::High => EcLevel::H,
        }
    }
}

/// Whether a phone will read the code from the glass.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// At least 0.40 mm per module.
    Good,
    /// At least 0.30 mm: hold the phone steady at 12 to 15 cm.
    Steady,
    /// Finer: the phone page's picture must do.
    TooSmall,
}

/// How a code lies on a glass.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct QrFit {
    /// Modules per side, without the quiet zone; 0 when no QR holds so many bytes.
    pub modules: u16,
    /// Pixels per module, whole; 0 when not even one fits.
    pub pixels_per_module: u16,
    /// Width of the white border in modules: 4, or 2 where that buys a pixel per module or, on a
    /// code that is too fine anyway, the line that says so.
    pub quiet_zone_modules: u16,
    /// Error correction.
    pub level: Level,
    /// Millimetres per module on this glass.
    pub mm_per_module: f32,
    /// What that means.
    pub verdict: Verdict,
}

impl QrFit {
    /// Side of the code with its quiet zone in pixels.
    pub fn side(&self) -> u16 {
        (self.modules + 2 * self.quiet_zone_modules) * self.pixels_per_module
    }
}

/// Rows that the line under a code that is too fine needs.
pub(crate) const NOTE_ROWS: u16 = 14;

/// How a code of `bytes` bytes lies on `geometry`: the lowest version that holds them, the most
/// whole pixels per module, and the strongest correction that costs neither.
pub fn fit(bytes: usize, geometry: &Geometry) -> QrFit {
    let side = geometry.width.min(geometry.height);
    let Some((version, level)) = version(bytes) else {
        return QrFit {
            modules: 0,
            pixels_per_module: 0,
            quiet_zone_modules: 4,
            level: Level::Low,
            mm_per_module: 0.0,
            verdict: Verdict::TooSmall,
        };
    };
    let modules = modules(version);
    let (four, two) = (side / (modules + 8), side / (modules + 4));
    let pixels = four.max(two);
    let mm = f32::from(pixels) * geometry.pitch_um / 1000.0;
    let verdict = match mm {
        // Half a micrometre of slack: a pitch is not known better.
        0.3995.. => Verdict::Good,
        0.2995.. => Verdict::Steady,
        _ => Verdict::TooSmall,
    };
    let room = geometry.width.max(geometry.height) - (modules + 8) * pixels.min(four);
    let note = verdict == Verdict::TooSmall && room < NOTE_ROWS;
    QrFit {
        modules,
        pixels_per_module: pixels,
        quiet_zone_modules: if two > four || note { 2 } else { 4 },
        level,
        mm_per_module: mm,
        verdict,
    }
}

/// The lowest version that holds `bytes` in byte mode, and the strongest correction in it.
fn version(bytes: usize) -> Option<(i16, Level)> {
    let holds = |version: i16, level: Level| {
        let header = if version < 10 { 12 } else { 20 };
        Bits::new(Version::Normal(version))
            .max_len(level.ec())
            .is_ok_and(|bits| header + 8 * bytes <= bits)
    };
    let version = (1..=40).find(|v| holds(*v, Level::Low))?;
    let level = Level::ALL
        .into_iter()
        .rev()
        .find(|l| holds(version, *l))
        .unwrap_or(Level::Low);
    Some((version, level))
}

fn modules(version: i16) -> u16 {
    17 + 4 * version.unsigned_abs()
}

/// The modules of a code, without a quiet zone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QrMatrix {
    modules: u16,
    dark: Vec<bool>,
}

impl QrMatrix {
    /// Modules per side.
    pub fn modules(&self) -> u16 {
        self.modules
    }

    /// Whether the module at column `x` of row `y` is black; `false` outside.
    pub fn dark(&self, x: u16, y: u16) -> bool {
        x < self.modules
            && y < self.modules
            && self.dark[usize::from(y) * usize::from(self.modules) + usize::from(x)]
    }
}

/// The code of exactly these bytes, in one byte-mode segment: a scanner reads back what was given.
/// `None` for more than 2953 bytes, which no QR holds.
pub fn qr_matrix(text: &str) -> Option<QrMatrix> {
    let (version, level) = version(text.len())?;
    let mut bits = Bits::new(Version::Normal(version));
    bits.push_byte_data(text.as_bytes()).ok()?;
    bits.push_terminator(level.ec()).ok()?;
    let code = qrcode::QrCode::with_bits(bits, level.ec()).ok()?;
    let dark = code.to_colors().into_iter().map(|c| c == Color::Dark);
    Some(QrMatrix {
        modules: modules(version),
        dark: dark.collect(),
    })
}

/// The code as a picture that scales: black on white with a quiet zone of four modules. `None` as
/// for [`qr_matrix`].
pub fn qr_svg(text: &str) -> Option<String> {
    let matrix = qr_matrix(text)?;
    let side = matrix.modules + 8;
    let mut path = String::new();
    for y in 0..matrix.modules {
        let mut x = 0;
        while x < matrix.modules {
            let run = (x..matrix.modules)
                .take_while(|x| matrix.dark(*x, y))
                .count();
            if run > 0 {
                path.push_str(&format!("M{} {}h{run}v1h-{run}z", x + 4, y + 4));
            }
            x += run as u16 + 1;
        }
    }
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
         shape-rendering=\"crispEdges\"><rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/>\
         <path d=\"{path}\"/></svg>"
    ))
}
