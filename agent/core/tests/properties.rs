//! What must hold whatever happens, in whatever order: random events against a box with four devices.

mod bench;
mod world;

use proptest::prelude::*;
use world::{Act, World, acts, acts_of};

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens(acts in prop::collection::vec(acts(), 1..90)) {
        let mut world = World::new();
        for act in &acts {
            world.act(act);
        }
        world.end();
    }

    /// With one device random acts get farther: to an activation, to a login, and over a power cut from there.
    #[test]
    fn whatever_happens_to_one_device(
        acts in prop_oneof![
            2 => prop::collection::vec(acts_of(3..4), 30..120),
            1 => prop::collection::vec(acts_of(0..1), 30..120),
        ]
    ) {
        let mut world = World::new();
        for act in &acts {
            world.act(act);
        }
        // A login that was begun is not tried again after a power cut, wherever all this led to.
        world.act(&Act::Store(1));
        world.act(&Act::Store(3));
        for device in [0, 3] {
            let hears = Act::Inquiry(device, 2);
            let checks = Act::CheckLogin(device);
            for act in [&hears, &checks, &Act::PowerCut(1, false), &hears, &checks] {
                world.act(act);
            }
        }
        world.end();
    }

    #[test]
    fn one_input_has_one_outcome(acts in prop::collection::vec(acts(), 1..30)) {
        let (mut one, mut two) = (World::new(), World::new());
        for act in &acts {
            one.act(act);
            two.act(act);
            prop_assert!(one.bench.agent == two.bench.agent);
        }
        let copy = one.bench.agent.clone();
        prop_assert!(copy == one.bench.agent);
    }
}
