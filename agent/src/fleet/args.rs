//! The command line of `resetbox fleet`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::mqtt::contract::{BASE, Topics};
use crate::mqtt::dial::{BrokerUrl, Dial, Version};

/// A sign of life at least so often: a desk that stays open must outlive the NAT tables on its way.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// Longest packet that is taken: the list of a plant's devices is not asked for.
const LONGEST_PACKET: usize = 64 * 1024;

/// What `resetbox fleet` accepts.
#[derive(Args, Debug)]
pub struct FleetArgs {
    #[command(subcommand)]
    pub(super) act: Option<Act>,
    #[command(flatten)]
    pub(super) broker: BrokerArgs,
    /// One JSON document of all boxes, once they were read; with --follow an object per change and line.
    #[arg(long)]
    pub(super) json: bool,
    /// Go on after the first reading: a line for each change.
    #[arg(long)]
    pub(super) follow: bool,
}

/// How the broker is reached.
#[derive(Args, Debug)]
pub(super) struct BrokerArgs {
    /// The broker: mqtts://HOST[:PORT], or mqtt://HOST[:PORT] without TLS.
    #[arg(long, value_name = "URL", global = true)]
    pub(super) broker: Option<BrokerUrl>,
    /// PEM file with the authority that signed the broker's certificate; needed for mqtts.
    #[arg(long, value_name = "FILE", global = true)]
    ca_file: Option<PathBuf>,
    /// PEM file with this client's own certificate, if the broker wants one.
    #[arg(long, value_name = "FILE", global = true, requires = "client_key")]
    client_cert: Option<PathBuf>,
    /// PEM file with the key of that certificate.
    #[arg(long, value_name = "FILE", global = true, requires = "client_cert")]
    client_key: Option<PathBuf>,
    /// User at the broker.
    #[arg(long, value_name = "NAME", global = true)]
    user: Option<String>,
    /// File whose first line is that user's password.
    #[arg(long, value_name = "FILE", global = true, requires = "user")]
    password_file: Option<PathBuf>,
    /// Version of MQTT: 3.1.1 or 5.
    #[arg(long, value_name = "VERSION", global = true, default_value = "3.1.1")]
    mqtt: Version,
    /// Where the boxes are on the broker.
    #[arg(long, value_name = "TOPIC", global = true, default_value = BASE, value_parser = base)]
    pub(super) base: String,
    /// Longest wait: for the first list, or for the answer to a command.
    #[arg(long, value_name = "N", global = true, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(super) seconds: Option<u64>,
}

/// What a desk can have a box do.
#[derive(Subcommand, Debug)]
pub(super) enum Act {
    /// Hand the vendor's key and a new password to a box, for one case, once.
    SubmitKey(SubmitArgs),
    /// Have a box look for devices.
    Scan(BoxArg),
    /// Have a box ask a device for its device code, once: this opens a case.
    OpenCase {
        #[command(flatten)]
        target: BoxArg,
        /// The device's hardware address, as the box lists it.
        #[arg(value_name = "MAC")]
        mac: sadp::Mac,
    },
    /// Close a case. Its device code and key are of no use from then on.
    CancelCase {
        #[command(flatten)]
        target: CaseArg,
    },
    /// Have a box blink, to find it on a shelf.
    Identify(BoxArg),
}

/// Which box.
#[derive(Args, Debug)]
pub(super) struct BoxArg {
    /// The box's id, as `resetbox fleet` lists it: rb-1a2b3c.
    #[arg(value_name = "BOX", value_parser = id)]
    pub(super) box_id: String,
}

/// Which case of which box.
#[derive(Args, Debug)]
pub(super) struct CaseArg {
    #[command(flatten)]
    pub(super) target: BoxArg,
    /// The case, as `resetbox fleet` lists it.
    #[arg(value_name = "CASE", value_parser = id)]
    pub(super) case: String,
}

/// What `resetbox fleet submit-key` accepts. The key and the password are asked for, or read from standard input:
/// a command line is seen by everybody on the machine and kept by the shell.
#[derive(Args, Debug)]
pub(super) struct SubmitArgs {
    #[command(flatten)]
    pub(super) target: CaseArg,
    /// Have a recorder set the new password on its cameras too.
    #[arg(long)]
    pub(super) sync_cameras: bool,
    /// Propose the new password instead of asking for it; it is shown once, before it is sent.
    #[arg(long)]
    pub(super) generate: bool,
    /// Send although the case had too many wrong keys.
    #[arg(long)]
    pub(super) insist: bool,
    /// For scripts: read the key and the password from standard input, a line each. Needs --confirm.
    #[arg(long, requires = "confirm")]
    pub(super) stdin: bool,
    /// The last six characters of the device's serial: the confirmation, given beforehand.
    #[arg(long, value_name = "LAST6", requires = "stdin")]
    pub(super) confirm: Option<String>,
}

impl BrokerArgs {
    /// How to reach the broker; the error says what is missing.
    pub(super) fn dial(&self) -> Result<Dial, String> {
        let url = (self.broker.clone())
            .ok_or("which broker? Name it: --broker mqtts://HOST[:PORT] --ca-file FILE")?;
        if url.tls && self.ca_file.is_none() {
            return Err(format!(
                "{url} needs --ca-file: the PEM file with the authority that signed the broker's certificate"
            ));
        }
        let mut name = [0; 8];
        getrandom::fill(&mut name).map_err(|error| format!("no randomness: {error}"))?;
        Ok(Dial {
            url,
            version: self.mqtt,
            // Drawn anew: two desks with one name would throw each other out.
            client_id: format!("resetbox-fleet-{}", hex(&name)),
            user: self.user.clone(),
            password_file: self.password_file.clone(),
            ca_file: self.ca_file.clone(),
            client_cert: self.client_cert.clone().zip(self.client_key.clone()),
            keep_alive: KEEP_ALIVE,
            will: None,
            max_packet: LONGEST_PACKET,
        })
    }

    /// The topics below the base.
    pub(super) fn topics(&self) -> Topics {
        Topics::new(&self.base)
    }
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base(text: &str) -> Result<String, String> {
    let base = text.trim_end_matches('/');
    if base.is_empty() || base.contains(['+', '#']) || base.chars().any(char::is_control) {
        return Err("a topic without + and #, for example resetbox/v1".into());
    }
    Ok(base.to_owned())
}

fn id(text: &str) -> Result<String, String> {
    if super::roll::is_id(text) {
        Ok(text.to_owned())
    } else {
        Err("letters, digits, dots, dashes and underscores, as the list shows it".into())
    }
}
