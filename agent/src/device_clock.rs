//! Wall time from the devices around: while nobody better told it, the web servers of a few devices on the
//! box's own links are asked for the `Date` of their answer. No login, nothing that leaves the link, a
//! request or three a minute, and nothing more once the time is known from anywhere. When a `Date` is
//! taken is the matter of [`survey`].

mod survey;

use std::io;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use futures_util::future::join_all;
use resetbox_core::event::WallSource;
use resetbox_core::{View, Wall};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::bus::Input;
use crate::near;
use survey::{Survey, Target, targets};

/// After the first device was found, others may still answer the same probe.
const SETTLE: Duration = Duration::from_secs(5);
/// Between the first rounds.
const REST: Duration = Duration::from_secs(60);
/// So many rounds come a minute apart; then the rest doubles each time.
const EAGER: u32 = 5;
/// Between rounds that lead nowhere.
const LONGEST_REST: Duration = Duration::from_secs(600);
/// A device that has not told its time by then is left alone.
const PATIENCE: Duration = Duration::from_secs(2);
/// Most of an answer that is read.
const MAX_HEAD: usize = 8 * 1024;
/// Most headers of an answer.
const MAX_HEADERS: usize = 64;

/// Asks until the time is known, or the box ends.
pub async fn watch(mut view: watch::Receiver<Arc<View>>, inputs: mpsc::Sender<Input>) {
    let mut survey = Survey::default();
    let mut rounds = 0;
    let mut earliest = Instant::now();
    loop {
        // Costs nothing: the loop wakes this one only together with whoever else looks at a new view.
        let somebody = |view: &Arc<View>| targets(view).next().is_some();
        if !somebody(&view.borrow()) {
            // Other devices come with another cable: begin anew.
            (survey, rounds) = (Survey::default(), 0);
        }
        match view.wait_for(|view| known(view) || somebody(view)).await {
            Ok(view) if !known(&view) => {}
            _ => return,
        }
        if rounds == 0 {
            sleep_until(earliest.max(Instant::now() + SETTLE)).await;
        }
        let now = view.borrow().clone();
        if known(&now) {
            return;
        }
        let asked = survey.choose(&now);
        let answers = join_all(asked.iter().map(ask)).await;
        for (target, answer) in asked.iter().zip(answers) {
            let address = target.address;
            match answer {
                Ok(wall) => tracing::debug!(%address, "a device says that it is {wall}"),
                Err(ref error) => tracing::debug!(%address, "no time from a device: {error}"),
            }
            survey.hear(target, answer.ok(), Instant::now());
        }
        if let Some(wall) = survey.verdict(Instant::now()) {
            tracing::info!("the devices say that it is {wall}");
            if inputs
                .send(Input::Wall(wall, WallSource::Device))
                .await
                .is_err()
            {
                return;
            }
        }
        rounds += 1;
        earliest = Instant::now() + REST;
        tokio::select! {
            () = sleep(rest(rounds)) => {}
            changed = view.wait_for(|view| known(view) || !somebody(view)) => match changed {
                Ok(view) if !known(&view) => {}
                _ => return,
            }
        }
    }
}

fn known(view: &View) -> bool {
    view.wall.is_some()
}

/// How long to leave the devices alone after so many rounds.
fn rest(rounds: u32) -> Duration {
    let doublings = rounds.saturating_sub(EAGER).min(16);
    (REST * (1 << doublings)).min(LONGEST_REST)
}

/// What a device's web server says that the time is.
async fn ask(target: &Target) -> io::Result<Wall> {
    timeout(PATIENCE, converse(target))
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

async fn converse(target: &Target) -> io::Result<Wall> {
    let mut stream = near::connect(&target.link, target.address).await?;
    // GET, because not every device knows HEAD; what follows the head is not read.
    let request = format!(
        "GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        target.address
    );
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::with_capacity(1024);
    loop {
        let room = MAX_HEAD - head.len();
        let read = (&mut stream).take(room as u64).read_buf(&mut head).await?;
        if let Some(date) = date(&head)? {
            return date.ok_or_else(|| io::Error::other("it tells no date"));
        }
        if read == 0 {
            return Err(io::Error::other("its answer has no end or is too long"));
        }
    }
}

/// The `Date` of a head: `None` while the head is not whole, `Some(None)` when it has no readable one.
fn date(head: &[u8]) -> io::Result<Option<Option<Wall>>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    if response.parse(head).map_err(io::Error::other)?.is_partial() {
        return Ok(None);
    }
    let date = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("date"))
        .and_then(|header| std::str::from_utf8(header.value).ok())
        .and_then(|text| httpdate::parse_http_date(text.trim()).ok())
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .and_then(|since| i64::try_from(since.as_millis()).ok());
    Ok(Some(date.map(Wall)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_from_any_whole_head() {
        let told = Some(Some(Wall(1_795_379_449_000)));
        for head in [
            "HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 20:30:49 GMT\r\nServer: webserver\r\n\r\n<html>",
            "HTTP/1.0 401 Unauthorized\r\ndate:Sunday, 22-Nov-26 20:30:49 GMT \r\n\r\n",
            "HTTP/1.1 302 Moved\nDATE: Sun Nov 22 20:30:49 2026\n\n",
        ] {
            assert_eq!(date(head.as_bytes()).expect(head), told, "{head}");
        }
        for head in [
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nDate: yesterday\r\n\r\n",
            "HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 1926 20:30:49 GMT\r\n\r\n",
        ] {
            assert_eq!(date(head.as_bytes()).expect(head), Some(None), "{head}");
        }
        let partial = "HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 20:30:49 GMT\r\n";
        assert_eq!(date(partial.as_bytes()).expect("so far"), None);
        assert!(date(b"SSH-2.0-dropbear\r\n\r\n").is_err());
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(65));
        assert!(date(many.as_bytes()).is_err());
    }

    #[test]
    fn rounds_come_a_minute_apart_and_then_seldom() {
        let minutes: Vec<u64> = (1..12).map(|round| rest(round).as_secs() / 60).collect();
        assert_eq!(minutes, [1, 1, 1, 1, 1, 2, 4, 8, 10, 10, 10]);
        assert_eq!(rest(u32::MAX), LONGEST_REST);
    }
}
