//! What the indicators do, as functions of time. The pattern carries the meaning, the colour
//! repeats it. Nothing flashes faster than 2 Hz or between 5 and 30 Hz.

use core::time::Duration;

use resetbox_core::view::IndicatorState;

use crate::palette::{BLUE, ORANGE, Rgb, VERMILLION};

const WHITE: Rgb = [0xff, 0xff, 0xff];
const OFF: Rgb = [0, 0, 0];

/// One light in time.
#[derive(Copy, Clone)]
enum Pattern {
    On,
    /// 2 s: up and down.
    Breathe,
    /// 500 ms on, 500 ms off.
    Slow,
    /// 250 ms on, 250 ms off.
    Fast,
    /// So many flashes of 250 ms, 250 ms apart, then dark until the 2 s or more are over.
    Flashes(u64),
    /// Three times 600 ms, then steady.
    ThreeLong,
}

/// One red-green-blue indicator: its colour `elapsed` after the state began.
pub fn rgb(state: IndicatorState, elapsed: Duration) -> [u8; 3] {
    let (colour, pattern) = match state {
        IndicatorState::Starting => (WHITE, Pattern::Breathe),
        IndicatorState::NoCable => (ORANGE, Pattern::Flashes(1)),
        IndicatorState::Searching => (BLUE, Pattern::Slow),
        IndicatorState::Listed => (BLUE, Pattern::On),
        IndicatorState::Waiting => (BLUE, Pattern::Flashes(2)),
        IndicatorState::Sending => (WHITE, Pattern::Fast),
        IndicatorState::Succeeded => (BLUE, Pattern::ThreeLong),
        IndicatorState::Attention => (ORANGE, Pattern::Flashes(2)),
        IndicatorState::Refused => (VERMILLION, Pattern::Flashes(3)),
        IndicatorState::Fault => (VERMILLION, Pattern::On),
        IndicatorState::Identify => (WHITE, Pattern::Fast),
    };
    let strength = strength(pattern, millis(elapsed));
    if strength == 0 {
        return OFF;
    }
    colour.map(|v| (u32::from(v) * strength / 255) as u8)
}

/// Three plain indicators: link, case and alarm, `elapsed` after the state began.
pub fn three(state: IndicatorState, elapsed: Duration) -> [bool; 3] {
    let at = millis(elapsed);
    let lit = |pattern| strength(pattern, at) > 0;
    match state {
        IndicatorState::Starting => [lit(Pattern::Slow), false, false],
        IndicatorState::NoCable => [lit(Pattern::Flashes(1)), false, false],
        IndicatorState::Searching => [false, lit(Pattern::Slow), false],
        IndicatorState::Listed => [true, false, false],
        IndicatorState::Waiting => [false, lit(Pattern::Flashes(2)), false],
        IndicatorState::Sending => [false, lit(Pattern::Fast), false],
        IndicatorState::Succeeded => [true, true, at < 3000],
        IndicatorState::Attention => [false, false, lit(Pattern::Flashes(2))],
        IndicatorState::Refused => [false, false, lit(Pattern::Flashes(3))],
        IndicatorState::Fault => [false, false, true],
        IndicatorState::Identify => [lit(Pattern::Fast); 3],
    }
}

fn millis(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

/// 0 (dark) to 255 at `at` milliseconds.
fn strength(pattern: Pattern, at: u64) -> u32 {
    let when = |lit: bool| if lit { 255 } else { 0 };
    match pattern {
        Pattern::On => 255,
        Pattern::Breathe => {
            let phase = at % 2000;
            let up = if phase < 1000 { phase } else { 2000 - phase };
            // Eyes see the square root: a square looks even.
            (up * up * 255 / 1_000_000) as u32
        }
        Pattern::Slow => when(at % 1000 < 500),
        Pattern::Fast => when(at % 500 < 250),
        Pattern::Flashes(count) => {
            let phase = at % (count * 500 + 1000).max(2000);
            when(phase < count * 500 && phase % 500 < 250)
        }
        Pattern::ThreeLong => when(at >= 3600 || at % 1200 < 600),
    }
}
