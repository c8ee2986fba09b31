//! The drawing kit of the pages.

pub(crate) mod canvas;
pub(crate) mod flow;
pub(crate) mod font;
pub(crate) mod icon;
pub(crate) mod rect;
pub(crate) mod theme;

pub(crate) use canvas::{Align, Canvas};
pub(crate) use font::{Type, Weight};
pub(crate) use icon::Icon;
pub(crate) use rect::Rect;
pub(crate) use theme::{Class, Step, Theme};
