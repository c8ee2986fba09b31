//! Which parts of a picture changed, as few windows that cost little on the bus.

use resetbox_view::Frame;

/// A part of the picture.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) x: u16,
    pub(super) y: u16,
    pub(super) width: u16,
    pub(super) height: u16,
}

/// Changes are looked for in tiles of this size.
const TILE: (u16, u16) = (16, 8);
/// What one more window costs, in bytes of pixels: eleven bytes of commands, and above all six transfers, each with
/// its way into the kernel and back.
const WINDOW_COST: u32 = 512;

impl Window {
    /// The whole picture.
    pub(super) fn whole(frame: &Frame) -> Self {
        Self {
            x: 0,
            y: 0,
            width: frame.width(),
            height: frame.height(),
        }
    }

    /// Its pixels, row by row.
    pub(super) fn pixels<'a>(&self, frame: &'a Frame) -> impl Iterator<Item = u16> + use<'a> {
        let row = usize::from(frame.width());
        let (x, width) = (usize::from(self.x), usize::from(self.width));
        let rows = usize::from(self.y)..usize::from(self.y) + usize::from(self.height);
        rows.flat_map(move |y| frame.pixels()[y * row + x..][..width].iter().copied())
    }

    fn with(&self, other: &Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let right = (self.x + self.width).max(other.x + other.width);
        let bottom = (self.y + self.height).max(other.y + other.height);
        Self {
            x,
            y,
            width: right - x,
            height: bottom - y,
        }
    }

    fn cost(&self) -> u32 {
        2 * u32::from(self.width) * u32::from(self.height) + WINDOW_COST
    }
}

/// The windows to send so that a glass that shows `old` shows `new`.
pub(super) fn changed(old: &Frame, new: &Frame) -> Vec<Window> {
    if (old.width(), old.height()) != (new.width(), new.height()) {
        return vec![Window::whole(new)];
    }
    let mut windows = Vec::new();
    for top in (0..new.height()).step_by(TILE.1.into()) {
        let rows = top..(top + TILE.1).min(new.height());
        for left in (0..new.width()).step_by(TILE.0.into()) {
            let columns = left..(left + TILE.0).min(new.width());
            if let Some(window) = changed_in(old, new, columns, rows.clone()) {
                add(&mut windows, window);
            }
        }
    }
    windows
}

/// The smallest window around the changes inside of a tile.
fn changed_in(
    old: &Frame,
    new: &Frame,
    columns: std::ops::Range<u16>,
    rows: std::ops::Range<u16>,
) -> Option<Window> {
    let mut found: Option<Window> = None;
    for y in rows {
        let start = usize::from(y) * usize::from(new.width()) + usize::from(columns.start);
        let (a, b) = (
            &old.pixels()[start..][..columns.len()],
            &new.pixels()[start..][..columns.len()],
        );
        if a == b {
            continue;
        }
        for (x, (a, b)) in columns.clone().zip(a.iter().zip(b)) {
            if a != b {
                let pixel = Window {
                    x,
                    y,
                    width: 1,
                    height: 1,
                };
                found = Some(found.map_or(pixel, |window| window.with(&pixel)));
            }
        }
    }
    found
}

/// Adds a window, joined with those with which it is cheaper together.
fn add(windows: &mut Vec<Window>, mut window: Window) {
    while let Some(index) = windows
        .iter()
        .rposition(|other| other.with(&window).cost() <= other.cost() + window.cost())
    {
        window = windows.swap_remove(index).with(&window);
    }
    windows.push(window);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(width: u16, height: u16, lit: &[(u16, u16)]) -> Frame {
        let mut pixels = vec![0; usize::from(width) * usize::from(height)];
        for (x, y) in lit {
            pixels[usize::from(*y) * usize::from(width) + usize::from(*x)] = 1;
        }
        Frame::from_pixels(width, height, pixels).expect("so many")
    }

    #[test]
    fn nothing_changed_nothing_sent() {
        let same = frame(130, 129, &[(3, 3)]);
        assert_eq!(changed(&same, &same.clone()), []);
    }

    #[test]
    fn a_window_is_tight_and_neighbours_are_one() {
        let old = frame(130, 129, &[]);
        let new = frame(130, 129, &[(14, 6), (17, 9)]);
        let window = Window {
            x: 14,
            y: 6,
            width: 4,
            height: 4,
        };
        assert_eq!(
            changed(&old, &new),
            [window],
            "over the edges of four tiles"
        );
        let corner = frame(130, 129, &[(129, 128)]);
        let window = Window {
            x: 129,
            y: 128,
            width: 1,
            height: 1,
        };
        assert_eq!(
            changed(&old, &corner),
            [window],
            "in the last, smaller tile"
        );
    }

    #[test]
    fn what_lies_far_apart_stays_apart() {
        let old = frame(130, 129, &[]);
        let new = frame(130, 129, &[(0, 0), (129, 128)]);
        assert_eq!(changed(&old, &new).len(), 2);
    }

    #[test]
    fn another_size_is_another_picture() {
        let windows = changed(&frame(130, 129, &[]), &frame(129, 130, &[]));
        assert_eq!(windows.len(), 1);
        assert_eq!((windows[0].width, windows[0].height), (129, 130));
    }
}
