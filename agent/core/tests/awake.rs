//! The panel sleeps after a time without keys, counted from the start of the box: the monotonic
//! clock may have run for days before.

use std::time::Duration;

use resetbox_core::{Agent, Event, Mono, Now, Policy, Seed};

#[test]
fn a_box_that_starts_late_on_the_clock_is_awake() {
    let start = Now {
        mono: Mono(86_400_000),
        wall: None,
    };
    let mut agent = Agent::restore(Policy::default(), Seed([7; 32]), [], start);
    for seconds in 0..10 {
        let now = Now {
            mono: start.mono + Duration::from_secs(seconds),
            wall: None,
        };
        agent.handle(now, Event::Timeout);
        while agent.poll_effect().is_some() {}
        assert!(!agent.view(now).asleep, "after {seconds} s");
    }
}
