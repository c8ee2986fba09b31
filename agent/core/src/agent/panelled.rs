//! The panel is a channel: it looks at what every surface shows, and asks for what every channel may.

use super::Agent;
use crate::outbox::Asker;
use crate::panel::{Ask, Panel};
use crate::request::Channel;
use crate::screen::{Button, Edge};
use crate::time::Now;

/// An ask may be answered at once, and the answer may lead to another ask; no page asks more often in a row.
const ROUNDS: usize = 8;

impl Agent {
    /// Lets the panel look, after a key if there was one, and does what it asks for.
    pub(super) fn panel_looks(&mut self, now: Now, pressed: Option<(Button, Edge)>) {
        self.panel_due = None;
        let mut pressed = pressed;
        for _ in 0..ROUNDS {
            let asks = self.panel_asks(now, pressed.take());
            for ask in asks {
                match ask {
                    Ask::Request(request) => {
                        self.request(now, Asker::panel(), Channel::Panel, request);
                    }
                    Ask::Quietly(request) => {
                        self.request(now, Asker::nobody(), Channel::Panel, request);
                    }
                    Ask::Settings(settings) => {
                        self.out.persist_settings(settings.clone());
                        self.settings = settings;
                        self.out.redraw();
                    }
                }
            }
            let replies = self.out.take_panel_replies();
            if replies.is_empty() {
                break;
            }
            for reply in &replies {
                self.panel.replied(now, reply);
            }
        }
        // What was asked for may be due at once: probes, a case's turn.
        self.pass_time(now);
    }

    fn panel_asks(&mut self, now: Now, pressed: Option<(Button, Edge)>) -> Vec<Ask> {
        let parts = self.gather(now);
        // Taken out for the moment: it looks at the rest of the agent.
        let mut panel = core::mem::replace(&mut self.panel, Panel::new());
        let mut random = self.out.random.clone();
        let world = self.world(&parts);
        let before = panel.clone();
        let asks = match pressed {
            Some((button, edge)) => panel.edge(now, button, edge, &world, &mut random),
            None => panel.tick(now, &world, &mut random),
        };
        let indicator = self.indicate(now, &parts);
        let changed = panel != before || indicator != self.indicator;
        self.panel = panel;
        self.out.random = random;
        self.indicator = indicator;
        if changed {
            self.out.redraw();
        }
        asks
    }
}
