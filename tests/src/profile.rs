//! What a panel's profile says of its glass, by the names under which the controllers' model knows it (`board::glass`). The
//! program's own types are not used: these tests know nothing of it.

/// The glass and how its controller holds the picture.
#[derive(Clone, Debug)]
pub(crate) struct Glass {
    pub(crate) controller: Controller,
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) rotation: u16,
    pub(crate) mirrored: bool,
    pub(crate) ram: Option<(u16, u16)>,
    pub(crate) offset: (u16, u16),
    pub(crate) inverted: bool,
    pub(crate) order: Order,
}

/// The chips that the model tells apart.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "the board has one of them")]
pub(crate) enum Controller {
    St7735s,
    Ili9341,
}

impl Controller {
    /// Columns and rows of its memory.
    pub(crate) fn ram(self) -> (u16, u16) {
        match self {
            Self::St7735s => (132, 162),
            Self::Ili9341 => (240, 320),
        }
    }
}

/// Order of the colours.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Bgr,
}
