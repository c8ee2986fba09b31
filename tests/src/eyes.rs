//! Looking at a page as those do who cannot see it well: contrast as computed from what is really drawn, the size
//! of targets, names for a screen reader from the browser's own accessibility tree, the way of the keyboard.

use serde_json::{Value, json};
use thirtyfour::Key;

use crate::browser::Browser;

/// Looks at contrast, targets, headings, room (`eyes.js`).
const LOOK: &str = include_str!("eyes.js");
/// Roles of things that a person acts on or that say something instead of text.
const NAMED: [&str; 12] = [
    "button",
    "link",
    "textbox",
    "searchbox",
    "checkbox",
    "radio",
    "combobox",
    "image",
    "img",
    "dialog",
    "DisclosureTriangle",
    "navigation",
];
/// Tells where the focus is, in the order of the document, and what is wrong with how it shows.
const FOCUS: &str = r"
const el = document.activeElement;
if (!el || el === document.body) return null;
const all = [...document.querySelectorAll('*')];
const style = getComputedStyle(el);
const cell = el.matches('.boxes input') && el.parentElement.querySelector('.at');
const ring = cell ? getComputedStyle(cell).boxShadow !== 'none' : style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
const box = el.getBoundingClientRect();
const [x, y] = [box.left + box.width / 2, box.top + Math.min(box.height, 40) / 2];
const top = document.elementFromPoint(x, y);
const seen = top && (el.contains(top) || top.contains(el));
return { at: all.indexOf(el), name: el.tagName + ' ' + (el.getAttribute('aria-label') || el.name || el.textContent).trim().slice(0, 40), ring, seen: Boolean(seen) };
";

/// The least contrast found so far, and how many pages were looked at.
#[derive(Default)]
pub struct Eyes {
    complaints: Vec<String>,
    pages: usize,
    least: Option<f64>,
}

impl Eyes {
    /// Looks at the page that is open; complaints are kept until [`Eyes::close`].
    ///
    /// # Panics
    /// When nothing could be looked at.
    pub async fn look(&mut self, browser: &Browser, page: &str) {
        let seen = browser.ask(LOOK).await;
        let complaints = seen["wrong"].as_array().expect("complaints");
        self.complaints.extend(
            complaints
                .iter()
                .map(|complaint| format!("{page}: {}", complaint.as_str().unwrap_or_default())),
        );
        assert!(
            seen["pairs"].as_u64() > Some(2),
            "{page}: no colours: {seen}"
        );
        let least = seen["least"].as_f64().expect("a contrast");
        self.least = Some(self.least.map_or(least, |known| known.min(least)));
        self.pages += 1;
        self.names(browser, page).await;
    }

    /// Everything that can be acted on has a name, by the browser's own accessibility tree.
    async fn names(&mut self, browser: &Browser, page: &str) {
        let tree = browser
            .devtools("Accessibility.getFullAXTree", json!({}))
            .await;
        let mut named = 0;
        for node in tree["nodes"].as_array().into_iter().flatten() {
            let role = node["role"]["value"].as_str().unwrap_or_default();
            if node["ignored"] == true || !NAMED.contains(&role) {
                continue;
            }
            named += 1;
            if node["name"]["value"].as_str().is_none_or(str::is_empty) {
                self.complaints
                    .push(format!("{page}: a {role} without a name: {node}"));
            }
        }
        assert!(named > 2, "{page}: nothing to act on: {tree}");
    }

    /// Walks over the page with the Tab key: each stop shows where it is, lies open to view, and comes after the one
    /// before it.
    ///
    /// # Panics
    /// When there is nothing to stop at.
    pub async fn walk(&mut self, browser: &Browser, page: &str) {
        let (mut last, mut stops) = (-1, 0);
        // The walk begins at the head of the page, wherever somebody tapped last.
        let start = "const top = document.querySelector('header'); top.tabIndex = -1; top.focus(); top.removeAttribute('tabindex')";
        browser.ask(start).await;
        for _ in 0..60 {
            browser.press(Key::Tab).await;
            let stop: Value = browser.ask(FOCUS).await;
            let at = stop["at"].as_i64().unwrap_or(-1);
            if at < 0 || at == last || (at < last && stops > 3) {
                break;
            }
            if at < last {
                self.complaints
                    .push(format!("{page}: the focus jumps back to {stop}"));
            }
            for (what, words) in [("ring", "no visible focus"), ("seen", "covered")] {
                if stop[what] == false {
                    self.complaints.push(format!("{page}: {words}: {stop}"));
                }
            }
            (last, stops) = (at, stops + 1);
        }
        assert!(stops > 2, "{page}: the keyboard reaches {stops} things");
    }

    /// Fails with everything that was wrong.
    ///
    /// # Panics
    /// When anything was.
    pub fn close(self) {
        assert!(
            self.complaints.is_empty(),
            "{} complaints:\n{}",
            self.complaints.len(),
            self.complaints.join("\n")
        );
        let least = self.least.unwrap_or_default();
        println!(
            "looked at {} pages; the least contrast is {least:.2}",
            self.pages
        );
    }
}
