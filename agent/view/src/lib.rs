//! What people see of a resetbox: pictures for the panel, words in two languages, patterns of the
//! indicators, and QR codes. Pure: the same view gives the same picture. No I/O, no clock.
//!
//! ```
//! use resetbox_core::policy::{Language, Policy};
//! use resetbox_view::{Geometry, render, samples};
//!
//! for (name, view) in samples(Language::En) {
//!     let frame = render(&view, &Geometry::SQUARE);
//!     assert_eq!((frame.width(), frame.height()), (240, 240), "{name}");
//! }
//! ```
#![forbid(unsafe_code)]

mod draw;
mod frame;
mod geometry;
pub mod indicator;
mod pages;
pub mod palette;
mod qr;
mod samples;
pub mod texts;

pub use frame::{Frame, rgb8, rgb565};
pub use geometry::Geometry;
pub use qr::{Level, QrFit, QrMatrix, Verdict, fit, qr_matrix, qr_svg};
pub use samples::{samples, screens};

use resetbox_core::view::View;

/// Draws the view's screen for a panel of this size.
pub fn render(view: &View, geometry: &Geometry) -> Frame {
    pages::draw(view, geometry).finish()
}

/// A picture with what was noticed while it was drawn.
#[derive(Clone, PartialEq, Debug)]
pub struct Inspection {
    /// The picture, as [`render`] gives it.
    pub frame: Frame,
    /// Text that left its box or overlaps another, pixels off the glass: in words, one per fault.
    /// Empty for every page that is right.
    pub faults: Vec<String>,
    /// Sentences that even the smallest type could not hold, before they were shortened.
    pub shortened: Vec<String>,
    /// Every text that was drawn, with its colour and the colour under it.
    pub texts: Vec<(String, palette::Rgb, palette::Rgb)>,
}

/// Like [`render`], for tests: also says what does not fit.
pub fn inspect(view: &View, geometry: &Geometry) -> Inspection {
    let canvas = pages::draw(view, geometry);
    let mut faults = canvas.faults.clone();
    for (i, a) in canvas.written.iter().enumerate() {
        for b in &canvas.written[i + 1..] {
            if a.ink.overlaps(b.ink) {
                faults.push(format!("`{}` and `{}` overlap", a.text, b.text));
            }
        }
    }
    Inspection {
        frame: canvas.finish(),
        faults,
        shortened: canvas.shortened.clone(),
        texts: canvas
            .written
            .iter()
            .map(|w| (w.text.clone(), w.colour, w.ground))
            .collect(),
    }
}
