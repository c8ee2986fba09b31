//! The plant's control channel: a JSON object a line in, one a line out.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::camera::AnswerMode;
use crate::plant::{CameraState, NoSuchCamera, Plant};
use crate::vendor::Issued;
use crate::web::Login;

/// One command, such as `{"do":"reboot","camera":3}`. Has no Debug, because it may hold a password.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Control {
    /// All cameras.
    List,
    /// One camera.
    State {
        /// Its number.
        camera: usize,
    },
    /// Restart it (also: give it power).
    Reboot {
        /// Its number.
        camera: usize,
    },
    /// Pull its plug.
    DropPower {
        /// Its number.
        camera: usize,
    },
    /// Lock it.
    Lock {
        /// Its number.
        camera: usize,
    },
    /// Let its open export pass 48 hours.
    Expire {
        /// Its number.
        camera: usize,
    },
    /// Give it the time.
    SyncClock {
        /// Its number.
        camera: usize,
    },
    /// Another client asks it for a device code.
    ExportByOther {
        /// Its number.
        camera: usize,
    },
    /// Where its answers go from now on.
    AnswerMode {
        /// Its number.
        camera: usize,
        /// `multicast`, `unicast`, `both` or `port37020`.
        mode: AnswerMode,
    },
    /// Commands it carries out but never answers, by their `Types`; none ends it.
    Swallow {
        /// Its number.
        camera: usize,
        /// Such as `["reset"]`.
        types: Vec<String>,
    },
    /// Commands it answers `failed` and does not carry out, by their `Types`; none ends it.
    Fail {
        /// Its number.
        camera: usize,
        /// Such as `["exchangecode"]`.
        types: Vec<String>,
    },
    /// How long it thinks.
    Delay {
        /// Its number.
        camera: usize,
        /// Milliseconds at least.
        shortest: u64,
        /// Milliseconds at most.
        longest: u64,
    },
    /// Another serial on its label.
    SetSerial {
        /// Its number.
        camera: usize,
        /// The whole text.
        serial: String,
    },
    /// The vendor: a key or file for a device code.
    Issue {
        /// The text, byte for byte.
        device_code: String,
    },
    /// Let time pass for exports, locks and vendor.
    Advance {
        /// How much.
        seconds: u64,
    },
    /// Log in at its web server.
    Login {
        /// Its number.
        camera: usize,
        /// To try.
        password: String,
    },
    /// End the plant.
    Quit,
}

/// What comes back. `ok` is always there; the rest as the command has it.
#[derive(Clone, Default, Serialize)]
pub struct Reply {
    /// Whether it was done.
    pub ok: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// `list`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cameras: Option<Vec<CameraState>>,
    /// `state` and whatever changed a camera.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera: Option<CameraState>,
    /// `issue`: `key` or `file`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<&'static str>,
    /// `issue`: the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// `login`: `accepted`, `refused` or `not-activated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<&'static str>,
    /// Whether the channel's other end asked for the end.
    #[serde(skip)]
    pub quit: bool,
}

impl Reply {
    fn done() -> Reply {
        Reply {
            ok: true,
            ..Reply::default()
        }
    }

    fn refused(error: impl ToString) -> Reply {
        Reply {
            error: Some(error.to_string()),
            ..Reply::default()
        }
    }

    /// The reply as one line, without its end.
    pub fn line(&self) -> String {
        // Plain data with text keys always serialises.
        serde_json::to_string(self).unwrap_or_else(|_| r#"{"ok":false}"#.to_owned())
    }
}

impl Plant {
    /// Does what one line of the control channel asks.
    pub async fn control(&self, line: &str) -> Reply {
        match serde_json::from_str(line) {
            Ok(command) => self.perform(command).await,
            Err(error) => Reply::refused(format!("no command: {error}")),
        }
    }

    async fn perform(&self, command: Control) -> Reply {
        match command {
            Control::List => Reply {
                cameras: Some(self.cameras()),
                ..Reply::done()
            },
            Control::State { camera } => self.after(camera, Ok(())),
            Control::Reboot { camera } => self.after(camera, self.reboot(camera)),
            Control::DropPower { camera } => self.after(camera, self.drop_power(camera)),
            Control::Lock { camera } => self.after(camera, self.lock(camera)),
            Control::Expire { camera } => self.after(camera, self.expire(camera)),
            Control::SyncClock { camera } => self.after(camera, self.sync_clock(camera)),
            Control::ExportByOther { camera } => self.after(camera, self.export_by_other(camera)),
            Control::AnswerMode { camera, mode } => self.after(
                camera,
                self.set_options(camera, |options| options.answer_mode = mode),
            ),
            Control::Swallow { camera, types } => self.after(
                camera,
                self.set_options(camera, |options| options.swallow = types),
            ),
            Control::Fail { camera, types } => self.after(
                camera,
                self.set_options(camera, |options| options.fail = types),
            ),
            Control::Delay {
                camera,
                shortest,
                longest,
            } => self.after(
                camera,
                self.set_options(camera, |options| options.delay_ms = (shortest, longest)),
            ),
            Control::SetSerial { camera, serial } => {
                self.after(camera, self.set_serial(camera, &serial))
            }
            Control::Issue { device_code } => match self.vendor_issue(&device_code) {
                Ok(issued) => Reply {
                    form: Some(if matches!(issued, Issued::Key(_)) {
                        "key"
                    } else {
                        "file"
                    }),
                    text: Some(issued.text().to_owned()),
                    ..Reply::done()
                },
                Err(refusal) => Reply::refused(refusal),
            },
            Control::Advance { seconds } => {
                self.advance(Duration::from_secs(seconds));
                Reply::done()
            }
            Control::Login { camera, password } => match self.login(camera, &password).await {
                Ok(login) => Reply {
                    login: Some(word(login)),
                    ..Reply::done()
                },
                Err(error) => Reply::refused(error),
            },
            Control::Quit => Reply {
                quit: true,
                ..Reply::done()
            },
        }
    }

    fn after(&self, camera: usize, done: Result<(), NoSuchCamera>) -> Reply {
        match done.and_then(|()| self.camera(camera)) {
            Ok(state) => Reply {
                camera: Some(state),
                ..Reply::done()
            },
            Err(error) => Reply::refused(error),
        }
    }
}

fn word(login: Login) -> &'static str {
    match login {
        Login::Accepted => "accepted",
        Login::Refused => "refused",
        Login::NotActivated => "not-activated",
    }
}

/// A camera as a line of text.
pub fn describe(state: &CameraState) -> String {
    let web = state
        .web
        .map(|web: SocketAddr| format!("  http://{web}/"))
        .unwrap_or_default();
    format!(
        "{:>4}  {:<9}  {}  {:<15}  {:<20}  {}{web}",
        state.camera, state.profile, state.mac, state.address, state.model, state.serial
    )
}
