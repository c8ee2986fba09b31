//! A finished picture.

/// Width x height pixels in RGB565, row by row from the top left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    width: u16,
    height: u16,
    pixels: Vec<u16>,
}

impl Frame {
    /// A frame of these RGB565 pixels, row by row; `None` unless there are `width * height` of them.
    pub fn from_pixels(width: u16, height: u16, pixels: Vec<u16>) -> Option<Self> {
        (pixels.len() == usize::from(width) * usize::from(height)).then_some(Self {
            width,
            height,
            pixels,
        })
    }

    /// A frame of these pixels; there must be `width * height` of them.
    pub(crate) fn new(width: u16, height: u16, pixels: Vec<u16>) -> Self {
        debug_assert_eq!(pixels.len(), usize::from(width) * usize::from(height));
        Self {
            width,
            height,
            pixels,
        }
    }

    /// Pixels per row.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> u16 {
        self.height
    }

    /// All pixels in RGB565, row by row from the top left.
    pub fn pixels(&self) -> &[u16] {
        &self.pixels
    }

    /// The pixel at column `x` of row `y` in RGB565; `None` outside.
    pub fn pixel(&self, x: u16, y: u16) -> Option<u16> {
        if x >= self.width || y >= self.height {
            return None;
        }
        let index = usize::from(y) * usize::from(self.width) + usize::from(x);
        self.pixels.get(index).copied()
    }

    /// All pixels as red, green, blue bytes, as a panel shows them: the low bits repeat the high ones.
    pub fn to_rgb8(&self) -> Vec<u8> {
        self.pixels.iter().flat_map(|p| rgb8(*p)).collect()
    }
}

/// Red, green, blue of an RGB565 pixel.
pub fn rgb8(pixel: u16) -> [u8; 3] {
    let (r, g, b) = (pixel >> 11, (pixel >> 5) & 0x3f, pixel & 0x1f);
    [
        (r << 3 | r >> 2) as u8,
        (g << 2 | g >> 4) as u8,
        (b << 3 | b >> 2) as u8,
    ]
}

/// RGB565 of red, green, blue, rounded to the nearest.
pub fn rgb565([r, g, b]: [u8; 3]) -> u16 {
    let scale = |v: u8, top: u32| (u32::from(v) * top + 127) / 255;
    (scale(r, 31) << 11 | scale(g, 63) << 5 | scale(b, 31)) as u16
}
