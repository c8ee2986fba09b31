//! Sizes of type and spacing, by the size of the glass.

use super::font::{Type, Weight};
use crate::geometry::Geometry;

/// Three kinds of glass: what can be read on each differs more than what fits.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    /// Below 200 pixels.
    Small,
    /// Around 240.
    Medium,
    /// From 300.
    Large,
}

/// One step of sizes; pages try the largest that holds all they say.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Step {
    pub(crate) title: Type,
    pub(crate) text: Type,
    /// Side of the state shape.
    pub(crate) icon: i32,
    /// The shape stands beside the title instead of above it.
    pub(crate) beside: bool,
    /// Between blocks.
    pub(crate) gap: i32,
}

#[derive(Copy, Clone, Debug)]
pub(crate) struct Theme {
    pub(crate) class: Class,
    /// Wider than high: the shape gets a column of its own.
    pub(crate) wide: bool,
    pub(crate) bar: i32,
    pub(crate) legend: i32,
    pub(crate) pad: i32,
    pub(crate) radius: f32,
    pub(crate) answer: Type,
    pub(crate) fact: Type,
    pub(crate) fact_bold: Type,
    pub(crate) label: Type,
    pub(crate) label_bold: Type,
}

const fn r(cap: i32) -> Type {
    Type::smooth(Weight::Regular, cap)
}

const fn b(cap: i32) -> Type {
    Type::smooth(Weight::Bold, cap)
}

const SMALL_LABEL: Type = Type::bitmap(Weight::Regular, 8);
const SMALL_BOLD: Type = Type::bitmap(Weight::Bold, 8);

const SMALL_STEPS: [Step; 4] = [
    step(Type::bitmap(Weight::Bold, 14), SMALL_LABEL, 28, true, 5),
    step(Type::bitmap(Weight::Bold, 12), SMALL_LABEL, 24, true, 4),
    step(Type::bitmap(Weight::Bold, 10), SMALL_LABEL, 18, true, 3),
    step(Type::bitmap(Weight::Bold, 8), SMALL_LABEL, 15, true, 1),
];
const MEDIUM_STEPS: [Step; 7] = [
    step(b(20), r(13), 56, false, 12),
    step(b(18), r(12), 48, false, 10),
    step(b(18), r(12), 40, true, 10),
    step(b(16), r(12), 36, true, 8),
    step(b(15), r(11), 32, true, 7),
    step(b(14), r(10), 28, true, 6),
    step(b(12), r(9), 24, true, 4),
];
const LARGE_STEPS: [Step; 6] = [
    step(b(28), r(17), 88, false, 16),
    step(b(25), r(16), 72, false, 14),
    step(b(23), r(15), 56, true, 12),
    step(b(20), r(14), 48, true, 10),
    step(b(18), r(13), 40, true, 8),
    step(b(16), r(11), 32, true, 6),
];

const fn step(title: Type, text: Type, icon: i32, beside: bool, gap: i32) -> Step {
    Step {
        title,
        text,
        icon,
        beside,
        gap,
    }
}

impl Theme {
    pub(crate) fn of(geometry: &Geometry) -> Self {
        let wide = u32::from(geometry.width) * 4 >= u32::from(geometry.height) * 5;
        match geometry.width.min(geometry.height) {
            ..200 => Self {
                class: Class::Small,
                wide,
                bar: 13,
                legend: 13,
                pad: 4,
                radius: 3.0,
                answer: Type::bitmap(Weight::Bold, 12),
                fact: Type::bitmap(Weight::Regular, 10),
                fact_bold: Type::bitmap(Weight::Bold, 10),
                label: SMALL_LABEL,
                label_bold: SMALL_BOLD,
            },
            200..300 => Self {
                class: Class::Medium,
                wide,
                bar: 24,
                legend: 28,
                pad: 10,
                radius: 6.0,
                answer: b(16),
                fact: r(12),
                fact_bold: b(12),
                label: r(9),
                label_bold: b(9),
            },
            _ => Self {
                class: Class::Large,
                wide,
                bar: 32,
                legend: 38,
                pad: 14,
                radius: 8.0,
                answer: b(22),
                fact: r(15),
                fact_bold: b(15),
                label: r(11),
                label_bold: b(11),
            },
        }
    }

    pub(crate) fn steps(&self) -> &'static [Step] {
        match self.class {
            Class::Small => &SMALL_STEPS,
            Class::Medium => &MEDIUM_STEPS,
            Class::Large => &LARGE_STEPS,
        }
    }

    /// The shape of a page stands in a column of its own.
    pub(crate) fn column(&self) -> bool {
        self.wide && !self.small()
    }

    pub(crate) fn small(&self) -> bool {
        self.class == Class::Small
    }
}
