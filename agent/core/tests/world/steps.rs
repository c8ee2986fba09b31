//! What a device, the store and the shell that logs in answer.

use resetbox_core::Purpose;
use resetbox_core::event::LoginAnswer;
use resetbox_core::problem::LoginFault;
use resetbox_core::view::{CasePhase, LoginView};

use super::World;
use crate::bench::Bench;

impl World {
    /// What the case waits for happens, in one of several ways.
    pub(super) fn step(&mut self, index: usize, how: u8) {
        let Some(id) = self.case(index) else { return };
        let mut device = self.devices[index].clone();
        let sent_to = |bench: &Bench, purpose| {
            let mac = format!("<MAC>{}</MAC>", device.mac);
            bench.sent.iter().any(|sent| {
                sent.purpose == purpose && String::from_utf8_lossy(&sent.bytes).contains(&mac)
            })
        };
        let result = |text: &str| format!("<Result>{text}</Result>");
        let before = self.bench.sent.len();
        match self.bench.case(&id).phase {
            CasePhase::Exporting if sent_to(&self.bench, Purpose::Export) => {
                let element = if index == 2 { "Code" } else { "EncryptString" };
                let text = match how % 8 {
                    0 => result("failed"),
                    1 => result("success"),
                    _ => format!(
                        "{}<{element}>ZXhwb3J0{how:02x}</{element}>",
                        result("success")
                    ),
                };
                self.bench
                    .answers_command(2, &device, Purpose::Export, &text);
            }
            CasePhase::Exchanging if sent_to(&self.bench, Purpose::Exchange) && how >= 64 => {
                match how % 8 {
                    0 => {
                        self.bench
                            .answers_command(2, &device, Purpose::Exchange, &result("failed"))
                    }
                    1 => self.bench.answers_exchange(2, &mut device, [0; 16]),
                    _ => self.bench.answers_exchange(2, &mut device, [how; 16]),
                }
                self.devices[index] = device;
            }
            CasePhase::Exchanging => self.bench.answers(2, &device),
            CasePhase::Sending | CasePhase::Unclear if sent_to(&self.bench, Purpose::Activate) => {
                let text = match how % 6 {
                    0 => "failed",
                    1 => "hasActivated",
                    2 => "",
                    3 => "riskPassword",
                    _ => "success",
                };
                if text == "success" {
                    let yes = ("Activated".into(), "true".into());
                    self.devices[index].more.extend([yes]);
                }
                self.bench
                    .answers_command(2, &device, Purpose::Activate, &result(text));
            }
            CasePhase::Sending | CasePhase::Unclear if sent_to(&self.bench, Purpose::Reset) => {
                let text = match how % 8 {
                    0 => result("locked") + "<SurplusLockTime>5</SurplusLockTime>",
                    1 => result("emptyEncryptString"),
                    2 => result(""),
                    3 => result("riskPassword"),
                    4 | 5 => result("codeError") + "<RetryTimes>3</RetryTimes>",
                    _ => result("success"),
                };
                self.bench
                    .answers_command(2, &device, Purpose::Reset, &text);
            }
            _ => {}
        }
        if self.bench.sent.len() > before {
            self.heard.push(self.devices[index].hello());
            self.heard.truncate(4);
        }
    }

    /// The shell says how the login went that it was given.
    pub(super) fn login_ends(&mut self, how: u8) {
        let Some(login) = self.login.take() else {
            return;
        };
        let answer = match how % 5 {
            0 => LoginAnswer::Worked,
            1 => LoginAnswer::Refused { tries_left: None },
            2 => LoginAnswer::Locked { minutes: Some(30) },
            3 => LoginAnswer::Odd { text: "odd".into() },
            _ => {
                // Nothing was sent, so that another may follow; unless the box had given up waiting.
                let waits = LoginView::Checking;
                if self.bench.case(&login.0).login == Some(waits) {
                    self.tried.remove(&login);
                }
                let why = LoginFault::Unreachable;
                LoginAnswer::NotSent { why }
            }
        };
        self.bench.login_ends(answer);
    }

    pub(super) fn store(&mut self, how: u8) {
        match how {
            0 => self.bench.store = false,
            1 | 2 => self.bench.store = true,
            _ => {
                for number in self.bench.unanswered() {
                    self.bench.store_says(number, how == 3);
                    if how != 3 {
                        self.refused = true;
                        self.bench
                            .written
                            .retain(|(written, ..)| *written != number);
                    }
                }
            }
        }
    }
}
