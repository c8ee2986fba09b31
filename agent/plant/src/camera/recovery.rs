//! Export, exchange, reset and activation: section by section what the firmware checks, in its order.

use super::text::Fields;
use super::{Camera, OpenExport};
use crate::password;
use crate::profile::Recovery;
use crate::session::Session;
use crate::vendor::{Form, VALID_MS, letters_and_digits};

const SUCCESS: &str = "success";
const FAILED: &str = "failed";

fn result(text: &str) -> Fields {
    vec![("Result", text.to_owned())]
}

// Every function gives the fields of an answer, or `None` where firmware of this kind stays silent.
impl Camera {
    /// The export command this firmware has.
    pub(super) fn export_types(&self) -> Option<&'static str> {
        match self.facts.recovery {
            Recovery::None => None,
            Recovery::Code { .. } => Some("getcode"),
            Recovery::EncryptString { .. } => Some("getencryptstring"),
        }
    }

    pub(super) fn export_string(&mut self, now_ms: u64) -> Option<Fields> {
        match self.facts.recovery {
            Recovery::None => None,
            Recovery::EncryptString { length } if self.may_export() => {
                let string = self.opaque(length);
                // What a person hands to the vendor: string and serial, nothing between them.
                let device_code = format!("{string}{}", self.identity.serial);
                self.open(now_ms, string, device_code, Form::Key, "EncryptString")
            }
            Recovery::EncryptString { .. } | Recovery::Code { .. } => {
                Some(result(self.no_export()))
            }
        }
    }

    pub(super) fn export_code(&mut self, now_ms: u64) -> Option<Fields> {
        match self.facts.recovery {
            Recovery::None => None,
            Recovery::Code { length } if self.may_export() => {
                let code = self.opaque(length);
                self.open(now_ms, code.clone(), code, Form::File, "Code")
            }
            Recovery::EncryptString { .. } | Recovery::Code { .. } => {
                Some(result(self.no_export()))
            }
        }
    }

    fn may_export(&self) -> bool {
        !self.facts.refuses && self.password.is_some()
    }

    fn no_export(&self) -> &'static str {
        if self.password.is_none() {
            "notActivated"
        } else {
            FAILED
        }
    }

    /// A new export replaces the last one and starts its own 48 hours.
    fn open(
        &mut self,
        now_ms: u64,
        string: String,
        device_code: String,
        form: Form,
        element: &'static str,
    ) -> Option<Fields> {
        self.counters.exports += 1;
        self.vendor.register(now_ms, &device_code, form);
        let mut fields = result(SUCCESS);
        fields.push((element, string.clone()));
        self.open = Some(OpenExport {
            string,
            device_code,
            expires_ms: now_ms + VALID_MS,
        });
        Some(fields)
    }

    /// Base64 alphabet without meaning.
    fn opaque(&mut self, length: usize) -> String {
        letters_and_digits(&mut self.rng, length.saturating_sub(1)) + "="
    }

    pub(super) fn reset_types(&self) -> Option<Fields> {
        if self.facts.recovery == Recovery::None {
            return None;
        }
        let mut fields = result(SUCCESS);
        for name in [
            "PasswordResetTypeEnabled",
            "SecurityQuestionEnabled",
            "GuidFileDataEnabled",
            "SecurityEmailEnabled",
            "HCVerificationCodeEnabled",
        ] {
            // No owner of this plant has set anything up beforehand; the vendor's way alone is on.
            fields.push((name, (name == "PasswordResetTypeEnabled").to_string()));
        }
        Some(fields)
    }

    /// Another client asks for a code of its own and uses it up, heard by nobody: no request is open afterwards.
    pub(crate) fn reset_by_other(&mut self, now_ms: u64, password: &str) {
        let exported = match self.facts.recovery {
            Recovery::None => None,
            Recovery::Code { .. } => self.export_code(now_ms),
            Recovery::EncryptString { .. } => self.export_string(now_ms),
        };
        if exported.is_some() && self.open.take().is_some() {
            self.set_password(password.to_owned());
        }
    }

    pub(super) fn exchange(&mut self, code: &str) -> Option<Fields> {
        if self.facts.recovery == Recovery::None {
            return None;
        }
        // One session in the whole device: anybody's next exchange ends the last, a failed one too.
        self.session = None;
        if self.facts.refuses {
            return Some(result(FAILED));
        }
        match Session::open(&mut self.rng, code, self.options.random_with_nul) {
            Ok((session, answer)) => {
                self.counters.exchanges += 1;
                self.session = Some(session);
                // This answer alone has no `Result` when all is well.
                Some(vec![("Code", answer)])
            }
            Err(_) => Some(result(FAILED)),
        }
    }

    pub(super) fn reset(
        &mut self,
        now_ms: u64,
        password: &str,
        sync_cameras: bool,
        code: &str,
        code_encrypted: bool,
    ) -> Option<Fields> {
        if self.facts.recovery == Recovery::None {
            return None;
        }
        // Good for one attempt, whatever comes of it.
        let session = self.session.take();
        let verdict = self.judge(
            now_ms,
            session,
            password,
            sync_cameras,
            code,
            code_encrypted,
        );
        Some(self.with_tries(now_ms, verdict))
    }

    /// The order of the checks is what a client may rely on: nothing before the key costs a try.
    fn judge(
        &mut self,
        now_ms: u64,
        session: Option<Session>,
        password: &str,
        sync_cameras: bool,
        code: &str,
        code_encrypted: bool,
    ) -> &'static str {
        if self.facts.refuses {
            return FAILED;
        }
        if self.password.is_none() {
            return "notActivated";
        }
        if self.is_locked(now_ms) {
            return "locked";
        }
        let Some(open) = &self.open else {
            return "emptyEncryptString";
        };
        if now_ms > open.expires_ms {
            return "exportFileOverDue";
        }
        let Some(session) = session else {
            return FAILED;
        };
        let Ok(password) = session.password(password) else {
            return FAILED;
        };
        // A client that asks a camera to pass the password on has read another device's capabilities.
        if sync_cameras && !self.facts.sync_cameras {
            return FAILED;
        }
        let plain = match (self.facts.code_encrypt, code_encrypted) {
            (true, true) => session.code(code).ok(),
            (false, false) => Some(code.to_owned()),
            // The device compares what it got in the one form it knows: a wrong key like any other.
            (true, false) | (false, true) => None,
        };
        if !plain.is_some_and(|plain| self.vendor.accepts(&open.device_code, &plain)) {
            self.tries_left = self.tries_left.saturating_sub(1);
            if self.tries_left == 0 {
                self.lock(now_ms);
                return "locked";
            }
            return "codeError";
        }
        if !password::is_strong(&password, "admin", self.facts.password_rules) {
            // The key stays good: the person only has to think of a better password.
            return "riskPassword";
        }
        self.set_password(password);
        self.cameras_synced = sync_cameras;
        self.open = None;
        self.tries_left = self.options.tries;
        SUCCESS
    }

    fn is_locked(&mut self, now_ms: u64) -> bool {
        match self.locked_until_ms {
            Some(until) if now_ms < until => true,
            Some(_) => {
                self.locked_until_ms = None;
                self.tries_left = self.options.tries;
                false
            }
            None => false,
        }
    }

    /// `RetryTimes` and `SurplusLockTime` come with every known `Result` but `failed`.
    fn with_tries(&self, now_ms: u64, verdict: &str) -> Fields {
        let mut fields = result(verdict);
        if verdict != FAILED {
            fields.push(("RetryTimes", self.tries_left.to_string()));
            fields.push((
                "SurplusLockTime",
                self.lock_minutes(now_ms).unwrap_or(0).to_string(),
            ));
        }
        fields
    }

    pub(super) fn activate(&mut self, password: &str) -> Option<Fields> {
        if self.facts.recovery == Recovery::None {
            return None;
        }
        let session = self.session.take();
        if self.password.is_some() {
            return Some(result("hasActivated"));
        }
        let Some(Ok(password)) = session.map(|session| session.password(password)) else {
            return Some(result(FAILED));
        };
        if !password::is_strong(&password, "admin", self.facts.password_rules) {
            return Some(result("riskPassword"));
        }
        self.set_password(password);
        Some(result(SUCCESS))
    }

    fn set_password(&mut self, password: String) {
        self.password = Some(password);
        self.counters.passwords_set += 1;
    }

    pub(super) fn light(&mut self, on: bool) -> Option<Fields> {
        if !self.facts.lamp {
            return Some(result(FAILED));
        }
        self.counters.lamps += 1;
        self.lamp = on;
        Some(result(SUCCESS))
    }
}
