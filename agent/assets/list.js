// Home: what needs a person, open cases, the devices on the wire, ended cases.
import { button, fill, h, icon, nav, phaseWord, plural, remark, shape, t, tail } from './dom.js';
import { act, askPin, call, isSoon, leftText, refresh, S } from './box.js';

/** A card that leads somewhere: model, address, end of the serial, state. */
function row(href, item, state, classes) {
  return nav(href, { class: 'card row ' + classes },
    h('span', { class: 'main' }, h('b', null, item.model),
      h('span', { class: 'facts-line' }, h('span', { class: 'ip' }, item.ipv4 || t('no_address')), ' ', h('span', null, tail(item.serial_tail)), item.brand && ` ${item.brand}`)),
    ' ', h('span', { class: 'state' }, state));
}

/** The card of a case. */
function caseRow(item) {
  const mark = shape(item.phase, item.problem);
  const left = item.phase === 'awaiting' && item.left_s !== null;
  return row('/cases/' + item.id, item, [mark && icon(...mark), h('span', null, phaseWord(item)),
    left && h('span', { class: 'num' + (isSoon(item) ? ' soon' : ''), 'data-left': item.id }, leftText(item))], item.open ? 'case' : 'case dim');
}

function deviceRow(item) {
  const mark = item.gone ? 'mark_gone' : !item.activated ? 'mark_inactive' : item.way === 'none' || item.way === 'ask-vendor' ? 'mark_noway' : null;
  return row('/devices/' + item.mac, item, mark ? h('span', null, t(mark)) : icon('go', 'c-quiet'), mark ? 'dim' : '');
}

function alertRow(alert) {
  const text = h('b', null, t('alert_' + alert.kind, { tail: alert.serial_tail, text: alert.text }));
  return alert.case ? nav('/cases/' + alert.case, { class: 'notice need' }, icon('triangle', 'c-need'), text) : remark('need', text);
}

/** What a row shows, as a text: what only counts up does not make it another one. */
const signed = (item) => JSON.stringify({ ...item, silent_s: 0, left_s: 0 });

export function homePage() {
  const alerts = h('div', { role: 'status' });
  const [openHead, open] = [h('h2', null, t('open_cases')), h('div')];
  const [head, list] = [h('h2', { 'aria-live': 'polite' }, t('cameras')), h('div')];
  const [endedHead, ended] = [h('h2', null, t('ended_cases')), h('div')];
  const empty = h('div', { class: 'empty' }, h('b', null, t('no_devices')), h('p', null, t('no_devices_hint')));
  const filter = h('input', { type: 'search', placeholder: t('filter'), 'aria-label': t('filter'), oninput: search, autocomplete: 'off', name: 'filter' });
  const more = h('p', { class: 'quiet', role: 'status' });
  const scan = button(t('scan'), () => act(scan, t('scanning'), async () => {
    await call('POST', '/scan');
    await new Promise((done) => setTimeout(done, 1500));
    await refresh();
  }), 'go');
  const door = button('', () => (S.session.open ? call('DELETE', '/session').catch(() => {}).then(refresh) : askPin()), 'plain');
  let found = null;
  let asked = 0;
  async function search() {
    const words = filter.value.trim();
    const mine = ++asked;
    // Without an answer everything stays on show.
    const answer = words ? await call('GET', '/devices?limit=100&q=' + encodeURIComponent(words)).catch(() => null) : null;
    if (mine === asked) { found = answer; update(); }
  }
  function update() {
    const opened = S.cases.filter((item) => item.open);
    fill(alerts, S.alerts, (alert) => JSON.stringify(alert), alertRow);
    fill(open, opened, signed, caseRow);
    openHead.hidden = !opened.length;
    const closed = S.cases.filter((item) => !item.open).slice(0, 20);
    fill(ended, closed, signed, caseRow);
    endedHead.hidden = !closed.length;
    const items = (found ? found.items : S.devices).filter((item) => found || !item.case_open);
    fill(list, items, signed, deviceRow);
    const count = S.devices_total ? plural('n_devices', S.devices_total) : t('cameras');
    if (head.textContent !== count) head.textContent = count;
    empty.hidden = S.devices_total > 0;
    filter.hidden = S.devices_total < 8;
    const total = found ? found.total : S.devices_total;
    const shown = found ? found.items.length : S.devices.length;
    more.textContent = found && !total ? t('no_match') : total > shown ? t('more_devices', { n: shown, all: total }) : '';
    door.hidden = !S.session.required;
    door.textContent = t(S.session.open ? 'leave' : 'enter');
  }
  return { title: t('cameras'), update, el: [
    h('h1', { class: 'hidden', tabindex: '-1' }, t('cameras')), alerts, openHead, open, head, filter, empty, list, more, endedHead, ended,
    h('nav', { class: 'links', 'aria-label': t('more') }, nav('/diagnosis', null, t('missing')), nav('/log', null, t('log')),
      h('a', { href: '/api/v1/devices.csv', download: 'devices.csv' }, t('csv')), S.box.updates && nav('/update', null, t('up_title')), h('a', { href: '/panel' }, t('mirror')), door),
    h('div', { class: 'reach' }, scan)] };
}
