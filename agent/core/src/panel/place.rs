//! Where the person is.

use sadp::Mac;

use crate::problem::Problem;
use crate::request::CaseId;
use crate::screen::Action;

/// A place above home. The way back is the stack they stand in.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Place {
    /// A device's page; the choice under the cursor.
    Device { mac: Mac, choice: Option<Action> },
    /// Before a case is opened.
    ConfirmOpen { mac: Mac },
    /// A case was asked for; `before` is the device's case until then.
    Opening { mac: Mac, before: Option<CaseId> },
    /// The box said no to opening a case.
    Trouble { mac: Mac, problem: Problem },
    /// Whatever page the case's phase asks for; `trouble` is the box's no to the last request.
    Case {
        id: CaseId,
        trouble: Option<Problem>,
    },
    /// Typing the key.
    KeyEntry { id: CaseId },
    /// Looking at the proposed password.
    NewPassword { id: CaseId },
    /// The last look before sending what was typed here.
    ConfirmSend { id: CaseId },
    /// How the phone gets here: 0 Wi-Fi, 1 address.
    Join { step: u8 },
    /// All cases.
    Cases { cursor: Cursor<CaseId> },
    /// The diagnosis, from this finding on.
    Diagnosis { offset: usize },
    /// Settings, and the way to the other pages.
    Settings { cursor: usize },
}

impl Place {
    /// It waits for a case of this device.
    pub(super) fn is_opening(&self, device: Mac) -> bool {
        matches!(self, Self::Opening { mac, .. } if *mac == device)
    }

    /// The device it is about, when it is about one directly.
    pub(super) fn mac(&self) -> Option<Mac> {
        match self {
            Self::Device { mac, .. }
            | Self::ConfirmOpen { mac }
            | Self::Opening { mac, .. }
            | Self::Trouble { mac, .. } => Some(*mac),
            _ => None,
        }
    }

    /// The case it is about.
    pub(super) fn case(&self) -> Option<&CaseId> {
        match self {
            Self::Case { id, .. }
            | Self::KeyEntry { id }
            | Self::NewPassword { id }
            | Self::ConfirmSend { id } => Some(id),
            _ => None,
        }
    }

    /// It is one of the pages on which a key and password are prepared.
    pub(super) fn is_draft(&self) -> bool {
        matches!(
            self,
            Self::KeyEntry { .. } | Self::NewPassword { .. } | Self::ConfirmSend { .. }
        )
    }
}

/// A cursor that stays on its item when the list around it changes.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Cursor<K> {
    key: Option<K>,
    index: usize,
}

impl<K> Default for Cursor<K> {
    fn default() -> Self {
        Self {
            key: None,
            index: 0,
        }
    }
}

impl<K: Clone + PartialEq> Cursor<K> {
    /// A cursor on this item.
    pub(super) fn on(key: K) -> Self {
        Self {
            key: Some(key),
            index: 0,
        }
    }

    /// Where the cursor is among these items: on its own, else where that was.
    pub(super) fn place(&self, keys: impl ExactSizeIterator<Item = K>) -> usize {
        let last = keys.len().saturating_sub(1);
        let mut keys = keys;
        self.key
            .as_ref()
            .and_then(|own| keys.position(|key| key == *own))
            .unwrap_or(self.index.min(last))
    }

    /// Takes hold of the item it stands on.
    pub(super) fn stick(&mut self, keys: impl ExactSizeIterator<Item = K> + Clone) {
        self.index = self.place(keys.clone());
        let mut keys = keys;
        self.key = keys.nth(self.index);
    }

    /// Moves by one.
    pub(super) fn step(&mut self, step: Step, keys: impl ExactSizeIterator<Item = K> + Clone) {
        self.index = step.from(self.place(keys.clone()), keys.len());
        let mut keys = keys;
        self.key = keys.nth(self.index);
    }
}

/// One step of a cursor.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Step {
    pub(super) forward: bool,
    /// By key repeat: stops at the ends, where a press goes round.
    pub(super) repeated: bool,
}

impl Step {
    /// The index after the step in a list of `len`.
    pub(super) fn from(self, index: usize, len: usize) -> usize {
        let last = len.saturating_sub(1);
        match (self.forward, self.repeated) {
            (true, true) => (index + 1).min(last),
            (false, true) => index.saturating_sub(1),
            (true, false) if index >= last => 0,
            (true, false) => index + 1,
            (false, false) if index == 0 => last,
            (false, false) => (index - 1).min(last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_stays_on_its_item_and_else_where_it_was() {
        let mut cursor = Cursor::default();
        cursor.stick([10, 20, 30].into_iter());
        assert_eq!(cursor.place([10, 20, 30].into_iter()), 0);
        cursor.step(
            Step {
                forward: true,
                repeated: false,
            },
            [10, 20, 30].into_iter(),
        );
        assert_eq!(cursor.place([5, 7, 10, 20, 30].into_iter()), 3, "on 20");
        assert_eq!(cursor.place([10, 30, 40].into_iter()), 1, "20 is gone");
        assert_eq!(cursor.place([10].into_iter()), 0);
        assert_eq!(
            cursor.place(
                core::iter::empty::<i32>()
                    .take(0)
                    .collect::<Vec<_>>()
                    .into_iter()
            ),
            0
        );
    }

    #[test]
    fn a_press_goes_round_and_a_repeat_stops() {
        let step = |forward, repeated, from| Step { forward, repeated }.from(from, 3);
        assert_eq!(step(true, false, 2), 0);
        assert_eq!(step(true, true, 2), 2);
        assert_eq!(step(false, false, 0), 2);
        assert_eq!(step(false, true, 0), 0);
        assert_eq!(step(true, true, 0), 1);
        assert_eq!(step(false, true, 2), 1);
        assert_eq!(
            Step {
                forward: false,
                repeated: false
            }
            .from(0, 0),
            0
        );
        assert_eq!(
            Step {
                forward: true,
                repeated: false
            }
            .from(0, 0),
            0
        );
    }
}
