//! The panels' sizes.

/// The glass: how many pixels, and how far apart.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Geometry {
    /// Pixels per row, at least 128.
    pub width: u16,
    /// Rows, at least 128.
    pub height: u16,
    /// Distance from one pixel to the next in micrometres.
    pub pitch_um: f32,
}

/// The profiles that ship with the box and the glass of each.
const PROFILES: [(&str, Geometry); 6] = [
    ("pimoroni-display-hat-mini", Geometry::new(320, 240, 127.5)),
    ("waveshare-1in3-lcd-hat", Geometry::new(240, 240, 97.5)),
    ("waveshare-1in44-lcd-hat", Geometry::new(128, 128, 200.0)),
    ("waveshare-2in4-lcd", Geometry::new(320, 240, 153.0)),
    ("adafruit-pitft-2in8", Geometry::new(320, 240, 180.0)),
    ("adafruit-pitft-3in5", Geometry::new(480, 320, 153.0)),
];

impl Geometry {
    /// 1.44 inch: 128x128, 0.20 mm.
    pub const SMALL: Self = Self::new(128, 128, 200.0);
    /// 1.3 inch: 240x240, 0.0975 mm.
    pub const SQUARE: Self = Self::new(240, 240, 97.5);
    /// 2.0 inch: 320x240, 0.1275 mm.
    pub const WIDE: Self = Self::new(320, 240, 127.5);
    /// 3.5 inch: 480x320, 0.153 mm.
    pub const LARGE: Self = Self::new(480, 320, 153.0);
    /// The four sizes that every screen is checked on.
    pub const ALL: [Self; 4] = [Self::SMALL, Self::SQUARE, Self::WIDE, Self::LARGE];

    /// `width` and `height` in pixels (128 to 2048), `pitch_um` in micrometres.
    pub const fn new(width: u16, height: u16, pitch_um: f32) -> Self {
        Self {
            width,
            height,
            pitch_um,
        }
    }

    /// The glass of a profile by its name, as it is held with rotation 0; `None` for an unknown name.
    pub fn of_profile(name: &str) -> Option<Self> {
        PROFILES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, geometry)| *geometry)
    }

    /// All known profiles with their glass.
    pub fn profiles() -> impl Iterator<Item = (&'static str, Self)> {
        PROFILES.into_iter()
    }

    /// The same glass turned by 0, 90, 180 or 270 degrees; pages are drawn for the turned one.
    pub fn turned(self, degrees: u16) -> Self {
        if degrees % 180 == 90 {
            Self::new(self.height, self.width, self.pitch_um)
        } else {
            self
        }
    }
}
