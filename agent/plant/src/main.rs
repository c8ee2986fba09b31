//! `resetbox-plant`: simulated cameras on an interface of this machine.
fn main() {}
