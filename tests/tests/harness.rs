//! The harness itself: a test that stands on sand proves nothing.

use std::net::UdpSocket;
use std::time::Duration;

use resetbox_tests::netns::{Host, Switch};

#[test]
fn hosts_on_a_switch_hear_each_other_and_nobody_else() {
    let (switch, one, two, apart) = (
        Switch::new(),
        Host::new("one"),
        Host::new("two"),
        Host::new("apart"),
    );
    for (host, address) in [(&one, "10.1.1.1/24"), (&two, "10.1.1.2/24")] {
        switch.plug(host, "eth0");
        host.ip(&format!("addr add {address} dev eth0"));
    }
    let receive = two.enter(|| UdpSocket::bind("10.1.1.2:5000").expect("its own address"));
    receive
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("set");
    one.enter(|| {
        UdpSocket::bind("10.1.1.1:0")
            .expect("its own")
            .send_to(b"hello", "10.1.1.2:5000")
            .expect("sent")
    });
    let mut buffer = [0; 16];
    assert_eq!(receive.recv(&mut buffer).expect("heard"), 5);
    let alone =
        apart.enter(|| UdpSocket::bind("0.0.0.0:0").and_then(|s| s.send_to(b"x", "10.1.1.2:5000")));
    assert!(alone.is_err(), "a host without a cable has no route");
}
