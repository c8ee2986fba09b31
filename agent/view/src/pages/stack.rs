//! Pages that say one thing: a shape, a headline, the device, a sentence. The largest type that
//! holds all of it is taken; when even the smaller ones do not, the short words are.

use resetbox_core::screen::Target;

use super::Pen;
use super::chrome::narrower;
use crate::draw::flow::{self, balanced, fitting, shorten, whole_words};
use crate::draw::{Align, Icon, Rect, Step, Type, Weight, icon};
use crate::palette::{CARD, INK, PAPER, QUIET, Rgb, SKY};
use crate::texts;

/// One part of a page.
#[derive(Clone)]
pub(super) enum Block<'a> {
    /// The headline.
    Title(String),
    /// A sentence.
    Text(String, Rgb),
    /// A fact that must be seen: tries left, a password.
    Strong(String, Rgb),
    /// Which device.
    Target(&'a Target),
}

/// A page of blocks.
pub(super) struct Stack<'a> {
    pub(super) icon: Option<Icon>,
    /// All that is to be said.
    pub(super) full: Vec<Block<'a>>,
    /// The same in few words.
    pub(super) brief: Vec<Block<'a>>,
}

/// Where the parts of a page go.
struct Plan {
    step: Step,
    /// The column of the blocks.
    column: Rect,
    shape: Option<Rect>,
    align: Align,
    height: i32,
}

pub(super) fn draw(pen: &mut Pen<'_>, area: Rect, stack: &Stack<'_>) {
    let margin = if pen.theme.small() {
        1
    } else {
        pen.theme.pad * 4 / 5
    };
    let area = area.inset(pen.theme.pad, margin);
    let steps = pen.theme.steps();
    // Rather fewer words than small type: the full text is tried in the upper sizes only.
    let large = steps.len().div_ceil(2);
    let tries = steps[..large]
        .iter()
        .map(|s| (&stack.full, s))
        .chain(steps.iter().map(|s| (&stack.brief, s)));
    for (blocks, step) in tries {
        let plan = plan(pen, area, stack.icon, blocks, *step);
        // Headlines are never broken inside a word.
        let whole = blocks.iter().all(|block| match block {
            Block::Title(text) => whole_words(step.title, text, title_width(pen, &plan)),
            _ => true,
        });
        if plan.height <= area.h && whole {
            return paint(pen, stack.icon, blocks, &plan, area);
        }
    }
    if let Some(step) = steps.last() {
        shortened(pen, area, stack, *step);
    }
}

/// What devices and the system say has no known length: when nothing fits, the longest sentence
/// loses its end, line by line.
fn shortened(pen: &mut Pen<'_>, area: Rect, stack: &Stack<'_>, step: Step) {
    let mut blocks = stack.brief.clone();
    loop {
        let plan = plan(pen, area, stack.icon, &blocks, step);
        let lines = |block: &Block<'_>| match block {
            Block::Text(text, _) => balanced(step.text, text, plan.column.w),
            Block::Strong(text, _) => balanced(strong(step), text, plan.column.w),
            Block::Title(text) => balanced(step.title, text, title_width(pen, &plan)),
            Block::Target(_) => Vec::new(),
        };
        let longest = blocks
            .iter()
            .enumerate()
            .map(|(i, block)| (lines(block), i))
            .max_by_key(|(lines, i)| (lines.len(), *i));
        match longest {
            Some((lines, i)) if plan.height > area.h && lines.len() > 1 => {
                let kept = lines[..lines.len() - 1].join(" ");
                let kept = kept.trim_end_matches(['.', ' ']);
                let short = format!(
                    "{}...",
                    kept.rsplit_once(' ').map_or(kept, |(head, _)| head)
                );
                if let Block::Text(text, _) | Block::Strong(text, _) | Block::Title(text) =
                    &mut blocks[i]
                {
                    pen.canvas.shortened.push(core::mem::replace(text, short));
                }
            }
            _ if plan.height > area.h && blocks.len() > 1 => {
                let Some(i) = blocks
                    .iter()
                    .rposition(|block| matches!(block, Block::Text(..) | Block::Strong(..)))
                else {
                    return paint(pen, stack.icon, &blocks, &plan, area);
                };
                if let Block::Text(text, _) | Block::Strong(text, _) = blocks.remove(i) {
                    pen.canvas.shortened.push(text);
                }
            }
            _ => return paint(pen, stack.icon, &blocks, &plan, area),
        }
    }
}

fn plan(pen: &Pen<'_>, area: Rect, shape: Option<Icon>, blocks: &[Block<'_>], step: Step) -> Plan {
    let theme = pen.theme;
    let mut column = area;
    let mut plan = Plan {
        step,
        column,
        shape: None,
        align: Align::Left,
        height: 0,
    };
    if shape.is_some() {
        if theme.column() {
            let side = step.icon * 5 / 4;
            let left = column.cut_left(side);
            column.cut_left(theme.pad * 3 / 2);
            plan.shape = Some(left);
        } else if !step.beside {
            plan.align = Align::Centre;
            plan.shape = Some(Rect::new(area.x, area.y, area.w, step.icon));
            plan.height = step.icon + step.gap;
        } else {
            plan.shape = Some(Rect::new(area.x, area.y, step.icon, step.icon));
        }
    }
    plan.column = column;
    plan.height += blocks
        .iter()
        .enumerate()
        .map(|(i, block)| height(pen, &plan, block) + if i > 0 { step.gap } else { 0 })
        .sum::<i32>();
    plan
}

/// The title stands beside its shape when that shape has no column of its own.
fn title_width(pen: &Pen<'_>, plan: &Plan) -> i32 {
    match plan.shape {
        Some(_) if beside(pen, plan) => plan.column.w - plan.step.icon - pen.theme.pad,
        _ => plan.column.w,
    }
}

fn beside(pen: &Pen<'_>, plan: &Plan) -> bool {
    plan.shape.is_some() && plan.step.beside && !pen.theme.column()
}

fn height(pen: &Pen<'_>, plan: &Plan, block: &Block<'_>) -> i32 {
    let step = plan.step;
    match block {
        Block::Title(text) => {
            let lines = balanced(step.title, text, title_width(pen, plan)).len();
            let text = flow::height(step.title, lines);
            if beside(pen, plan) {
                text.max(step.icon)
            } else {
                text
            }
        }
        Block::Text(text, _) => {
            flow::height(step.text, balanced(step.text, text, plan.column.w).len())
        }
        Block::Strong(text, _) => {
            let face = strong(step);
            flow::height(face, balanced(face, text, plan.column.w).len())
        }
        Block::Target(target) => target_height(pen, plan.column.w, step, target),
    }
}

fn strong(step: Step) -> Type {
    Type {
        weight: Weight::Bold,
        ..step.text
    }
}

fn paint(pen: &mut Pen<'_>, shape: Option<Icon>, blocks: &[Block<'_>], plan: &Plan, area: Rect) {
    let step = plan.step;
    if plan.height > area.h {
        pen.canvas.faults.push(format!(
            "a page needs {} rows and has {}",
            plan.height, area.h
        ));
    }
    // A little above the middle looks like the middle.
    let top = area.y + (area.h - plan.height).max(0) * 2 / 5;
    let mut left = plan.column;
    left.cut_top(top - left.y);
    let mut beside_shape = None;
    if let (Some(shape), Some(at)) = (shape, plan.shape) {
        if pen.theme.column() {
            let side = at.w;
            icon::state(pen.canvas, at.centre(side, side), shape, INK);
        } else if !step.beside {
            let row = left.cut_top(step.icon);
            icon::state(pen.canvas, row.centre(step.icon, step.icon), shape, INK);
            left.cut_top(step.gap);
        } else {
            beside_shape = Some(shape);
        }
    }
    for (i, block) in blocks.iter().enumerate() {
        if i > 0 {
            left.cut_top(step.gap);
        }
        let mut row = left.cut_top(height(pen, plan, block));
        match block {
            Block::Title(text) => {
                if let Some(shape) = beside_shape.take() {
                    let cell = row.cut_left(step.icon).centre(step.icon, step.icon);
                    icon::state(pen.canvas, cell, shape, INK);
                    row.cut_left(pen.theme.pad);
                }
                let lines = balanced(step.title, text, row.w);
                let text = row.centre(row.w, flow::height(step.title, lines.len()));
                flow::lines(pen.canvas, text, plan.align, step.title, PAPER, &lines);
            }
            Block::Text(text, colour) => {
                let lines = balanced(step.text, text, row.w);
                flow::lines(pen.canvas, row, plan.align, step.text, *colour, &lines);
            }
            Block::Strong(text, colour) => {
                let face = strong(step);
                let lines = balanced(face, text, row.w);
                flow::lines(pen.canvas, row, plan.align, face, *colour, &lines);
            }
            Block::Target(target) => target_card(pen, row, step, target),
        }
    }
}

fn target_faces(step: Step) -> (Type, Type) {
    let model = if step.text.bitmap {
        Type::bitmap(Weight::Bold, 10)
    } else {
        Type::smooth(Weight::Bold, step.text.cap + 1)
    };
    (model, step.text)
}

fn card_pad(pen: &Pen<'_>) -> i32 {
    if pen.theme.small() {
        3
    } else {
        pen.theme.pad * 3 / 5
    }
}

/// Left and right of a card's text.
fn card_margin(pen: &Pen<'_>) -> i32 {
    if pen.theme.small() {
        3
    } else {
        card_pad(pen) + 2
    }
}

fn target_height(pen: &Pen<'_>, width: i32, step: Step, target: &Target) -> i32 {
    let (model, fact) = target_faces(step);
    let pad = card_pad(pen);
    let rows = if one_row(pen, fact, width - 2 * card_margin(pen), target) {
        1
    } else {
        2
    };
    model.line_height() + rows * fact.line_height() + 2 * pad - 2
}

fn one_row(pen: &Pen<'_>, fact: Type, width: i32, target: &Target) -> bool {
    fact.width(&address(target))
        + if pen.theme.small() { 2 } else { fact.cap }
        + fact.width(&tail(pen, target))
        <= width
}

/// A small glass drops the dots first.
fn tail(pen: &Pen<'_>, target: &Target) -> String {
    if pen.theme.small() {
        target.serial_tail.clone()
    } else {
        texts::tail(&target.serial_tail)
    }
}

fn address(target: &Target) -> String {
    target.ipv4.map(|ip| ip.to_string()).unwrap_or_default()
}

/// The device on a card: model, address, tail of the serial.
pub(super) fn target_card(pen: &mut Pen<'_>, area: Rect, step: Step, target: &Target) {
    let (model, fact) = target_faces(step);
    let pad = card_pad(pen);
    pen.canvas.round_rect(area, pen.theme.radius, CARD);
    let mut rows = area.inset(card_margin(pen), pad - 1);
    let row = rows.cut_top(model.line_height());
    let face = fitting(&narrower(model), &target.model, row.w);
    let name = shorten(face, &target.model, row.w, 6);
    pen.canvas.text(row, Align::Left, face, PAPER, &name);
    let (ip, tail) = (address(target), tail(pen, target));
    let row = rows.cut_top(fact.line_height());
    if ip.is_empty() {
        pen.canvas.text(row, Align::Left, fact, SKY, &tail);
        return;
    }
    pen.canvas.text(row, Align::Left, fact, QUIET, &ip);
    let row = if one_row(pen, fact, row.w, target) {
        row
    } else {
        rows.cut_top(fact.line_height())
    };
    let align = if row.y == area.y {
        Align::Left
    } else {
        Align::Right
    };
    pen.canvas.text(row, align, fact, SKY, &tail);
}
