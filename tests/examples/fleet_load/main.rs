//! Plays many boxes against one real Mosquitto and measures: `cargo run -p resetbox-tests --example fleet_load -- 1000`.
//!
//! Each box does what the box's MQTT shell does, in the payloads of its contract (docs/mqtt.md): last will, availability,
//! info, state, eight devices, keep-alive; then one whole case; then the broker is killed and started again and all come
//! back with the box's own pauses. Between these `resetbox fleet` reads the list. Nothing here asserts on time; what is
//! printed goes into docs/fleet.md by hand, with the machine and the date.

mod boxes;
mod payloads;

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use boxes::{Counters, Stand, play};
use resetbox_tests::process::{Running, resetbox};

const PORT: u16 = 18_830;
/// How long nothing happens while the idle traffic is counted: three keep-alives.
const IDLE: Duration = Duration::from_secs(185);

fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .map(|text| text.parse().expect("a number"));
    let count: usize = numbers.next().unwrap_or(1000);
    let idle = numbers
        .next()
        .map_or(IDLE, |seconds: usize| Duration::from_secs(seconds as u64));
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(measure(count, idle, folder.path()));
}

async fn measure(count: usize, idle: Duration, folder: &Path) {
    let mut broker = start(folder).await;
    println!("boxes                     {count}");
    println!(
        "broker, empty             {} kB resident",
        broker.memory_kb("VmRSS")
    );

    let stand = Arc::new(Stand::default());
    let begun = Instant::now();
    for number in 0..count {
        tokio::spawn(play(number, stand.clone(), PORT));
    }
    stand.wait_up(count).await;
    let first = stand.counters.take();
    println!(
        "all up after              {:.1} s, with everything published",
        begun.elapsed().as_secs_f64()
    );
    say("first connection", &first, count);
    println!(
        "broker, all up            {} kB resident",
        broker.memory_kb("VmRSS")
    );

    let (cpu, since) = (cpu_ms(&broker), Instant::now());
    tokio::time::sleep(idle).await;
    let took = since.elapsed();
    let quiet = stand.counters.take();
    let hour = 3600.0 / took.as_secs_f64() / count as f64;
    println!(
        "idle, a box and hour      {:.1} packets and {:.0} bytes of MQTT each way together (over {:.0} s)",
        quiet.packets() as f64 * hour,
        quiet.bytes() as f64 * hour,
        took.as_secs_f64()
    );
    println!(
        "broker's CPU, idle        {:.2} % of a core",
        (cpu_ms(&broker) - cpu) as f64 / took.as_millis() as f64 * 100.0
    );

    let cpu = cpu_ms(&broker);
    stand.act_a_case();
    stand.wait_cases_done(count, 1).await;
    let case = stand.counters.take();
    say("one whole case", &case, count);
    println!("broker's CPU for them     {} ms", cpu_ms(&broker) - cpu);

    // An open case lies there while the list is read.
    stand.open_a_case();
    stand.wait_cases_done(count, 2).await;
    let _ = stand.counters.take();
    println!(
        "broker, a case open each  {} kB resident",
        broker.memory_kb("VmRSS")
    );
    for _ in 0..3 {
        list(count).await;
    }

    let end = broker.kill().1;
    assert!(!end.contains("Error"), "{end}");
    stand.forget_up();
    // Long enough for the pauses to grow as they would in an outage.
    tokio::time::sleep(Duration::from_secs(20)).await;
    let _ = stand.counters.take();
    broker = start(folder).await;
    let (begun, cpu) = (Instant::now(), cpu_ms(&broker));
    let mut peak = 0;
    let mut half = None;
    while stand.up() < count {
        let before = stand.up();
        tokio::time::sleep(Duration::from_secs(1)).await;
        peak = peak.max(stand.up() - before);
        if stand.up() * 2 >= count {
            half.get_or_insert(begun.elapsed());
        }
    }
    let back = stand.counters.take();
    println!(
        "after 20 s without broker half are back after {:.0} s, all after {:.0} s; at most {} a second",
        half.unwrap_or_default().as_secs_f64(),
        begun.elapsed().as_secs_f64(),
        peak
    );
    say("each return", &back, count);
    println!("broker's CPU for it       {} ms", cpu_ms(&broker) - cpu);
}

/// A fresh broker with Mosquitto's defaults.
async fn start(folder: &Path) -> Running {
    let config = folder.join("mosquitto.conf");
    let text = format!(
        "user root\npersistence false\nlog_dest stderr\nlog_type error\nlistener {PORT} 127.0.0.1\nallow_anonymous true\n"
    );
    std::fs::write(&config, text).expect("the folder is writable");
    let broker = Running::start(Command::new("mosquitto").arg("-c").arg(&config));
    let end = Instant::now() + Duration::from_secs(20);
    while tokio::net::TcpStream::connect(("127.0.0.1", PORT))
        .await
        .is_err()
    {
        assert!(Instant::now() < end, "the broker does not come up");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    broker
}

/// `resetbox fleet --json` against them: how long, how large, and is it whole?
async fn list(count: usize) {
    let begun = Instant::now();
    let mut child = Command::new(resetbox())
        .args(["fleet", "--json", "--seconds", "120", "--broker"])
        .arg(format!("mqtt://127.0.0.1:{PORT}"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let status = format!("/proc/{}/status", child.id());
    let mut peak: u64 = 0;
    let mut stdout = child.stdout.take().expect("piped");
    let reading = std::thread::spawn(move || {
        let mut text = Vec::new();
        stdout.read_to_end(&mut text).map(|_| text)
    });
    while child.try_wait().expect("our own child").is_none() {
        if let Ok(text) = std::fs::read_to_string(&status) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kb = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
            peak = peak.max(kb.unwrap_or(0));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let took = begun.elapsed();
    let text = reading.join().expect("no panic").expect("read");
    let list: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    let boxes = list["boxes"].as_array().expect("boxes");
    let cases: usize = boxes
        .iter()
        .filter_map(|one| one["cases"].as_array())
        .map(Vec::len)
        .sum();
    assert_eq!((boxes.len(), cases), (count, count), "the list is whole");
    assert_eq!(
        list["odd"],
        serde_json::json!([]),
        "the payloads are the contract's"
    );
    println!(
        "resetbox fleet --json     whole after {:.2} s (0.8 s of them quiet), at most {peak} kB resident, {} bytes",
        took.as_secs_f64(),
        text.len()
    );
}

fn say(what: &str, all: &Counters, count: usize) {
    println!(
        "{what:25} {:.1} packets out, {:.1} in; {:.0} bytes out, {:.0} in, for each box",
        all.packets_out() as f64 / count as f64,
        all.packets_in() as f64 / count as f64,
        all.bytes_out() as f64 / count as f64,
        all.bytes_in() as f64 / count as f64,
    );
}

/// CPU time of a process, user and system.
fn cpu_ms(process: &Running) -> u64 {
    let path = format!("/proc/{}/stat", process.pid());
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let after = text.rsplit_once(')').expect("a name in brackets").1;
    let fields: Vec<u64> = after
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0))
        .collect();
    // utime and stime, the 14th and 15th field, in hundredths of a second.
    (fields[11] + fields[12]) * 10
}
