//! What a person sets on the box itself.

use super::World;
use crate::policy::Language;
use crate::record::SettingsRecord;
use crate::screen::{SettingItem, SettingValue};
use crate::view::CasePhase;

/// The items in the order in which they are needed: the other pages first.
pub(super) const ITEMS: [SettingItem; 7] = [
    SettingItem::PhonePage,
    SettingItem::Cases,
    SettingItem::Diagnosis,
    SettingItem::Brightness,
    SettingItem::Language,
    SettingItem::Rotation,
    SettingItem::Sleep,
];

/// Seconds until the screen sleeps when nobody chose.
pub(super) const DEFAULT_SLEEP_S: u32 = 300;
/// Percent of brightness when nobody chose.
pub(crate) const DEFAULT_BRIGHTNESS: u8 = 100;

const BRIGHTNESS: [u8; 5] = [100, 75, 50, 25, 10];
const ROTATION: [u16; 4] = [0, 90, 180, 270];
const SLEEP: [u32; 5] = [60, 300, 900, 3600, 0];
const LANGUAGE: [Language; 2] = [Language::En, Language::Id];

/// The items with their values.
pub(super) fn items(world: &World<'_>) -> Vec<(SettingItem, SettingValue)> {
    let settings = world.settings;
    let listed = world
        .cases
        .iter()
        .filter(|case| case.phase != CasePhase::Cancelled)
        .count();
    ITEMS
        .into_iter()
        .map(|item| {
            let value = match item {
                SettingItem::PhonePage | SettingItem::Diagnosis => SettingValue::Page,
                SettingItem::Cases => SettingValue::Count(listed),
                SettingItem::Brightness => {
                    SettingValue::Percent(settings.brightness.unwrap_or(DEFAULT_BRIGHTNESS))
                }
                SettingItem::Language => SettingValue::Language(world.language),
                SettingItem::Rotation => SettingValue::Degrees(settings.rotation.unwrap_or(0)),
                SettingItem::Sleep => SettingValue::Seconds(sleep_s(settings)),
            };
            (item, value)
        })
        .collect()
}

/// The settings with the next or the previous value of one item; `None` when it has no values.
pub(super) fn changed(
    world: &World<'_>,
    item: SettingItem,
    forward: bool,
) -> Option<SettingsRecord> {
    let mut settings = world.settings.clone();
    match item {
        SettingItem::Brightness => {
            let now = settings.brightness.unwrap_or(DEFAULT_BRIGHTNESS);
            settings.brightness = Some(next(&BRIGHTNESS, now, forward));
        }
        SettingItem::Rotation => {
            let now = settings.rotation.unwrap_or(0);
            settings.rotation = Some(next(&ROTATION, now, forward));
        }
        SettingItem::Language => {
            settings.language = Some(next(&LANGUAGE, world.language, forward));
        }
        SettingItem::Sleep => {
            settings.sleep_s = Some(next(&SLEEP, sleep_s(&settings), forward));
        }
        SettingItem::PhonePage | SettingItem::Diagnosis | SettingItem::Cases => return None,
    }
    Some(settings)
}

/// Seconds until the screen sleeps; 0 is never.
pub(super) fn sleep_s(settings: &SettingsRecord) -> u32 {
    settings.sleep_s.unwrap_or(DEFAULT_SLEEP_S)
}

/// The next value of a round; the first one after a value that is not in it.
fn next<T: Copy + PartialEq>(round: &[T], now: T, forward: bool) -> T {
    let step = if forward { 1 } else { round.len() - 1 };
    round
        .iter()
        .position(|value| *value == now)
        .map_or(round[0], |index| round[(index + step) % round.len()])
}
