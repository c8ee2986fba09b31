//! Boxes: where something may be drawn.

/// A box in pixels. Never negative in size.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Rect {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) w: i32,
    pub(crate) h: i32,
}

impl Rect {
    pub(crate) fn new(x: i32, y: i32, w: i32, h: i32) -> Self {
        Self {
            x,
            y,
            w: w.max(0),
            h: h.max(0),
        }
    }

    pub(crate) fn right(self) -> i32 {
        self.x + self.w
    }

    pub(crate) fn bottom(self) -> i32 {
        self.y + self.h
    }

    /// The same box, smaller by `dx` left and right and `dy` above and below.
    pub(crate) fn inset(self, dx: i32, dy: i32) -> Self {
        Self::new(self.x + dx, self.y + dy, self.w - 2 * dx, self.h - 2 * dy)
    }

    /// Cuts a strip off the top and returns it.
    pub(crate) fn cut_top(&mut self, h: i32) -> Self {
        let h = h.clamp(0, self.h);
        let cut = Self::new(self.x, self.y, self.w, h);
        self.y += h;
        self.h -= h;
        cut
    }

    /// Cuts a strip off the bottom and returns it.
    pub(crate) fn cut_bottom(&mut self, h: i32) -> Self {
        let h = h.clamp(0, self.h);
        self.h -= h;
        Self::new(self.x, self.y + self.h, self.w, h)
    }

    /// Cuts a strip off the left and returns it.
    pub(crate) fn cut_left(&mut self, w: i32) -> Self {
        let w = w.clamp(0, self.w);
        let cut = Self::new(self.x, self.y, w, self.h);
        self.x += w;
        self.w -= w;
        cut
    }

    /// Cuts a strip off the right and returns it.
    pub(crate) fn cut_right(&mut self, w: i32) -> Self {
        let w = w.clamp(0, self.w);
        self.w -= w;
        Self::new(self.x + self.w, self.y, w, self.h)
    }

    /// A box of this size in the middle of this one.
    pub(crate) fn centre(self, w: i32, h: i32) -> Self {
        Self::new(self.x + (self.w - w) / 2, self.y + (self.h - h) / 2, w, h)
    }

    pub(crate) fn contains(self, other: Self) -> bool {
        other.x >= self.x
            && other.y >= self.y
            && other.right() <= self.right()
            && other.bottom() <= self.bottom()
    }

    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.x < other.right()
            && other.x < self.right()
            && self.y < other.bottom()
            && other.y < self.bottom()
    }
}
