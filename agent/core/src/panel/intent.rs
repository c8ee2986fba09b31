//! What a press means.

use sadp::Mac;

use crate::request::{CaseId, SubmissionId};
use crate::screen::SettingItem;
use crate::view::MustInsist;

/// What a press means. Compared between the beginning and the end of a long press: it names all that
/// the person saw and agreed to.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Intent {
    /// Move the cursor of the page.
    Move {
        forward: bool,
    },
    /// One page back.
    Back,
    /// Home at once.
    Home,
    /// The menu: settings and the way to the other pages.
    Menu,
    Device(Mac),
    ConfirmOpen(Mac),
    /// Ask the device for its code, after closing this case: an earlier code becomes void.
    Open {
        mac: Mac,
        close: Option<CaseId>,
    },
    Case(CaseId),
    /// Open the case of a device that has no password: it is asked nothing.
    FirstPassword(Mac),
    EnterKey(CaseId),
    /// Look at a proposal for the first password.
    EnterPassword(CaseId),
    /// The person has read what is shown about the case.
    Read(CaseId),
    /// The same, and wants to type the key again (or to go on with the phone).
    TryAgain(CaseId),
    /// Send the key that was typed here.
    SendTyped {
        case: CaseId,
        attempts: u32,
        insist: Option<MustInsist>,
        sync: bool,
    },
    /// Send the key that came another way.
    SendWaiting {
        case: CaseId,
        submission: SubmissionId,
        insist: Option<MustInsist>,
    },
    Sync,
    Worked(CaseId),
    DidNotWork(CaseId),
    Close(CaseId),
    Lamp(Mac),
    Join,
    JoinNext,
    Cases,
    Diagnosis,
    Rescan,
    /// Key entry: the character stands in this row.
    Choose(usize),
    /// Key entry: the last choice was wrong.
    Unchoose,
    /// Key entry: the key has more characters than usual.
    GoOn,
    Type(char),
    Delete,
    Done,
    /// Another proposal for the password.
    Another,
    /// The owner's password.
    Preset,
    /// Take the proposed password.
    UsePassword,
    Setting {
        item: SettingItem,
        forward: bool,
    },
    Dismiss,
}

impl Intent {
    /// It goes on while the key is held.
    pub(super) fn repeats(&self) -> bool {
        matches!(self, Self::Move { .. } | Self::Delete)
    }

    /// It cannot be undone, or leads to what cannot be undone at once.
    #[cfg(test)]
    pub(super) fn is_dangerous(&self) -> bool {
        matches!(
            self,
            Self::Open { .. }
                | Self::SendTyped { .. }
                | Self::SendWaiting { .. }
                | Self::Worked(_)
                | Self::Close(_)
        )
    }
}
