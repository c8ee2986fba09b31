//! The colours. Panel, phone page and indicators share them; they stay apart for colour-blind eyes.

/// Red, green, blue.
pub type Rgb = [u8; 3];

/// Ground of all pages but the QR.
pub const INK: Rgb = [0x0b, 0x12, 0x20];
/// Text, and the ground of the QR page.
pub const PAPER: Rgb = [0xff, 0xff, 0xff];
/// Labels.
pub const QUIET: Rgb = [0x8a, 0x94, 0xa6];
/// Rules and frames of boxes.
pub const LINE: Rgb = [0x2a, 0x34, 0x46];
/// Go, working, done.
pub const BLUE: Rgb = [0x00, 0x72, 0xb2];
/// Accent on dark.
pub const SKY: Rgb = [0x56, 0xb4, 0xe9];
/// A person is needed.
pub const ORANGE: Rgb = [0xe6, 0x9f, 0x00];
/// Refused, fault.
pub const VERMILLION: Rgb = [0xd5, 0x5e, 0x00];
/// A raised surface on ink: cards and bars.
pub const CARD: Rgb = [0x16, 0x20, 0x31];
/// Labels on paper: quiet is too light there.
pub const SLATE: Rgb = [0x4a, 0x55, 0x68];
/// Warnings on paper: orange and vermillion are too light there.
pub const RUST: Rgb = [0xa8, 0x45, 0x00];

/// Contrast of two colours by WCAG 2: 1 (none) to 21.
pub fn contrast(a: Rgb, b: Rgb) -> f64 {
    let luminance = |c: Rgb| {
        let [r, g, b] = c.map(|v| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 {
                v / 12.92
            } else {
                ((v + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}
