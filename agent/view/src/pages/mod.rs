//! The pages, each drawn for the glass it is given.

mod chrome;
mod device;
mod diagnosis;
mod entry;
mod join;
mod list;
mod message;
mod qr;
mod stack;

use resetbox_core::policy::Language;
use resetbox_core::screen::{Page, Screen};
use resetbox_core::view::View;

use crate::draw::{Canvas, Rect, Theme};
use crate::geometry::Geometry;
use crate::palette::{INK, PAPER};

/// What every page draws with.
pub(crate) struct Pen<'a> {
    pub(crate) canvas: &'a mut Canvas,
    pub(crate) theme: Theme,
    pub(crate) language: Language,
    /// The ring's turn in eighths: two steps a second.
    pub(crate) turn: u8,
}

/// Draws the view's screen.
pub(crate) fn draw(view: &View, geometry: &Geometry) -> Canvas {
    let screen = &view.screen;
    let ground = match screen.page {
        Page::Qr { .. } => PAPER,
        _ => INK,
    };
    let mut canvas = Canvas::new(geometry, ground);
    let mut pen = Pen {
        canvas: &mut canvas,
        theme: Theme::of(geometry),
        language: view.language,
        turn: (view.at.0 / 500 % 8) as u8,
    };
    if let Page::Qr { .. } = &screen.page {
        qr::page(&mut pen, screen, geometry);
    } else {
        let area = chrome::draw(&mut pen, screen);
        page(&mut pen, screen, area);
    }
    canvas
}

fn page(pen: &mut Pen<'_>, screen: &Screen, area: Rect) {
    match &screen.page {
        Page::List { rows, cursor } => list::devices(pen, area, rows, *cursor),
        Page::Cases { rows, cursor } => list::cases(pen, area, rows, *cursor),
        Page::Settings { items, cursor } => list::settings(pen, area, items, *cursor),
        Page::Device { .. } => device::page(pen, area, &screen.page),
        Page::KeyEntry { .. } => entry::key(pen, area, &screen.page),
        Page::NewPassword { target, password } => {
            entry::password(pen, area, target, password.as_ref().map(|it| it.expose()));
        }
        Page::Join { .. } => join::page(pen, area, &screen.page),
        Page::Diagnosis {
            links,
            findings,
            offset,
        } => diagnosis::page(pen, area, links, findings, *offset),
        // The QR page has no bar and is drawn apart.
        Page::Qr { .. } => {}
        page => message::page(pen, area, page),
    }
}
