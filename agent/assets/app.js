'use strict';
// The phone page: one state from the box, a few pages that show it. No framework, no build step.
const W = JSON.parse(document.getElementById('words').textContent);
const LANG = document.documentElement.lang;
const main = document.getElementById('main');
const t = (key, fill = {}) => (W[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => fill[name] ?? '');
const plural = (key, n) => (n === 1 && W[key + '_1'] ? t(key + '_1', { n }) : t(key, { n }));

// ---- elements -------------------------------------------------------------------------------
function h(tag, props, ...kids) {
  const el = document.createElement(tag);
  for (const [key, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) el.addEventListener(key.slice(2), value);
    else if (key in el && key !== 'list' && typeof value !== 'string') el[key] = value;
    else el.setAttribute(key, value === true ? '' : value);
  }
  el.append(...kids.flat(9).filter((kid) => kid !== null && kid !== undefined && kid !== false));
  return el;
}
function icon(name, classes = '') {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  svg.setAttribute('class', 'i ' + classes);
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(ns, 'use');
  use.setAttribute('href', '#i-' + name);
  svg.append(use);
  return svg;
}
const nav = (href, props, ...kids) => h('a', { href, 'data-nav': '', ...props }, ...kids);
const back = () => nav('/', { class: 'back' }, icon('back'), t('cameras'));
const tail = (text) => (text ? '…' + text : '');
const say = (text) => { document.getElementById('said').textContent = text; };

/** Shape and colour of a state: the shape says it, the colour repeats it. */
function shape(phase, problem) {
  switch (phase) {
    case 'exporting': case 'exchanging': case 'sending': return ['ring', 'c-go turn'];
    case 'done': return ['tick', 'c-go'];
    case 'unclear': case 'ready': return ['triangle', 'c-need'];
    case 'void': case 'failed': return ['octagon', 'c-bad'];
    case 'awaiting': return problem ? ['octagon', 'c-bad'] : ['ring', 'c-go'];
    default: return null;
  }
}
function notice(problem, kind) {
  const bad = kind ?? (problem.culprit === 'device-refused' ? 'bad' : '');
  return h('div', { class: 'notice ' + bad, role: 'alert' },
    icon(bad === 'bad' ? 'octagon' : bad === 'good' ? 'tick' : 'triangle', bad === 'bad' ? 'c-bad' : bad === 'good' ? 'c-go' : 'c-need'),
    h('div', null,
      h('b', null, problem.title, problem.code && !problem.detail.includes(problem.code) ? ` (${t('code_n', { n: problem.code })})` : ''),
      h('p', null, problem.detail),
      problem.hint && h('p', null, problem.hint)));
}
function copyButton(text, label) {
  const button = h('button', { type: 'button', class: 'small', 'aria-label': t('copy') + (label ? ': ' + label : '') }, icon('copy'), t('copy'));
  button.addEventListener('click', async () => {
    // The clipboard interface exists only on https and localhost; the old way works everywhere.
    try { await navigator.clipboard.writeText(text); } catch {
      const area = h('textarea', { class: 'hidden', 'aria-hidden': 'true' });
      area.value = text;
      button.after(area);
      area.select();
      document.execCommand('copy');
      area.value = '';
      area.remove();
    }
    button.lastChild.textContent = t('copied');
    say(t('copied'));
    setTimeout(() => { button.lastChild.textContent = t('copy'); }, 2500);
  });
  return button;
}
const facts = (rows) => h('dl', { class: 'facts' }, rows.filter((row) => row && row[1]).map(([key, value, copy]) =>
  h('div', null, h('dt', null, t(key)), h('dd', null, value), copy && copyButton(value, t(key)))));

// ---- talking to the box ---------------------------------------------------------------------
class Fail extends Error {
  constructor(problem) { super(problem.title); this.problem = problem; }
}
async function call(method, path, body) {
  let answer;
  try {
    answer = await fetch('/api/v1' + path, {
      method,
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin',
    });
  } catch { throw new Fail({ title: t('offline'), detail: '', hint: t('offline_next'), culprit: 'box-fault' }); }
  let data;
  try { data = await answer.json(); } catch { throw new Fail({ title: t('odd_answer'), detail: `HTTP ${answer.status}`, hint: t('reload'), culprit: 'box-fault' }); }
  if (answer.ok) return data;
  if (answer.status === 401 && path !== '/session') {
    if (await askPin()) return call(method, path, body);
  }
  throw new Fail(data);
}
/** Runs what a button does: names what is being done, and shows under the button what went wrong. */
async function act(button, doing, work) {
  const old = [...button.childNodes];
  const place = button.closest('.reach') ? main : button.parentElement;
  place.querySelector(':scope > .notice.own')?.remove();
  button.disabled = true;
  if (doing) button.replaceChildren(icon('ring', 'turn'), doing);
  try { return await work(); } catch (error) {
    if (!(error instanceof Fail)) throw error;
    const box = notice(error.problem);
    box.classList.add('own');
    if (place === main) main.append(box); else button.after(box);
    box.scrollIntoView({ block: 'nearest' });
    return undefined;
  } finally {
    button.disabled = false;
    button.replaceChildren(...old);
  }
}
let pinAsked = null;
/** Asks for the PIN; true when a session is open. */
function askPin() {
  pinAsked ??= new Promise((resolve) => {
    const input = h('input', { inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: '8', required: true, 'aria-label': t('pin_label') });
    const wrong = h('p', { class: 'wrong', role: 'alert' });
    const go = h('button', { class: 'go', type: 'submit' }, t('pin_ok'));
    const form = h('form', { method: 'dialog' }, h('h2', null, t('pin_title')), h('p', { class: 'quiet' }, t('pin_what')), input, wrong,
      h('div', { class: 'pair' }, h('button', { type: 'button', onclick: () => dialog.close() }, t('cancel')), go));
    const dialog = h('dialog', null, form);
    let open = false;
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      go.disabled = true;
      try {
        await call('POST', '/session', { pin: input.value.trim() });
        open = true;
        dialog.close();
      } catch (error) {
        wrong.textContent = `${error.problem.title}. ${error.problem.detail} ${error.problem.hint}`;
        input.value = '';
        input.focus();
      }
      go.disabled = false;
    });
    dialog.addEventListener('close', () => { dialog.remove(); pinAsked = null; resolve(open); if (open) { tellTime(); refresh(); } });
    document.body.append(dialog);
    dialog.showModal();
    input.focus();
  });
  return pinAsked;
}
/** A box without a clock learns the time from the first phone that may act. */
function tellTime() {
  if (S && !S.time && S.session.open) call('POST', '/time', { unix_ms: Date.now() }).catch(() => {});
}

// ---- the state ------------------------------------------------------------------------------
let S = null;
let fetched = 0;
let running = null;
let again = false;
async function refresh() {
  if (running) { again = true; return running; }
  running = (async () => {
    do {
      again = false;
      try {
        S = await call('GET', '/state');
        fetched = performance.now();
        offline(false);
        show();
      } catch (error) {
        if (!(error instanceof Fail)) throw error;
        offline(true);
      }
    } while (again);
  })();
  try { await running; } finally { running = null; }
}
function offline(is) {
  const strip = document.getElementById('offline');
  strip.hidden = !is;
  strip.textContent = is ? t('offline') : '';
}
function follow() {
  const events = new EventSource('/api/v1/events');
  events.addEventListener('view', refresh);
  events.addEventListener('error', () => {
    // The browser comes back by itself, unless the box refused.
    if (events.readyState === 2) setTimeout(follow, 5000);
    refresh();
  });
}
/** Seconds left now: the box said so when the state was fetched. */
const secondsLeft = (item) => (item.left_s === null ? null : Math.max(0, item.left_s - (performance.now() - fetched) / 1000));
function clock(seconds) {
  const minutes = Math.ceil(seconds / 60);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
}
function leftText(item) {
  const seconds = secondsLeft(item);
  return seconds === null ? '' : t(item.left_at_most ? 'left_at_most' : 'left', { t: clock(seconds) });
}

// ---- pages ----------------------------------------------------------------------------------
function row(href, item, state, dim) {
  return nav(href, { class: 'card row' + (dim ? ' dim' : '') },
    h('span', { class: 'main' }, h('b', null, item.model),
      h('span', { class: 'facts-line' }, h('span', { class: 'ip' }, item.ipv4 || t('no_address')), h('span', null, tail(item.serial_tail)), item.brand && h('span', null, item.brand))),
    h('span', { class: 'state' }, state));
}
function caseRow(item) {
  const mark = shape(item.phase, item.problem);
  return row('/cases/' + item.id, item, [mark && icon(...mark), h('span', null, t('phase_' + item.phase)),
    item.phase === 'awaiting' && h('span', { class: 'num', 'data-left': item.id }, leftText(item))], !item.open);
}
function deviceRow(item) {
  const mark = item.gone ? 'mark_gone' : !item.activated ? 'mark_inactive' : item.way === 'none' || item.way === 'ask-vendor' ? 'mark_noway' : null;
  return row('/devices/' + item.mac, item, [mark ? h('span', null, t(mark)) : icon('go', 'c-quiet')], Boolean(mark));
}
function alertText(alert) {
  return t('alert_' + alert.kind, { tail: alert.serial_tail, text: alert.text });
}
/** Replaces `list`'s children, keeping those whose content did not change. */
function fill(list, items, keyOf, build) {
  const known = new Map([...list.children].map((el) => [el.dataset.key, el]));
  const wanted = items.map((item) => {
    const key = keyOf(item);
    const el = known.get(key) ?? build(item);
    el.dataset.key = key;
    return el;
  });
  if (wanted.length !== list.children.length || wanted.some((el, at) => list.children[at] !== el)) {
    const focused = document.activeElement;
    list.replaceChildren(...wanted);
    if (list.contains(focused)) focused.focus({ preventScroll: true });
  }
}
function homePage() {
  const alerts = h('div');
  const [openHead, open] = [h('h2', null, t('open_cases')), h('div')];
  const [head, list] = [h('h2', null, t('cameras')), h('div')];
  const [endedHead, ended] = [h('h2', null, t('ended_cases')), h('div')];
  const empty = h('div', { class: 'empty' }, h('b', null, t('no_devices')), h('p', null, t('no_devices_hint')));
  const filter = h('input', { type: 'search', placeholder: t('filter'), 'aria-label': t('filter'), oninput: () => search() });
  const more = h('p', { class: 'quiet' });
  const scan = h('button', { class: 'go', type: 'button', onclick: () => act(scan, t('scanning'), async () => {
    await call('POST', '/scan');
    await new Promise((done) => setTimeout(done, 1500));
    await refresh();
  }) }, t('scan'));
  let found = null;
  let asked = 0;
  async function search() {
    const words = filter.value.trim();
    const mine = ++asked;
    const answer = words ? await call('GET', '/devices?limit=100&q=' + encodeURIComponent(words)).catch(() => null) : null;
    if (mine === asked) { found = answer; update(); }
  }
  const signed = (item) => JSON.stringify({ ...item, silent_s: 0, left_s: 0 });
  function update() {
    const opened = S.cases.filter((item) => item.open);
    fill(alerts, S.alerts, (alert) => JSON.stringify(alert), (alert) => {
      const inner = [icon('triangle', 'c-need'), h('b', null, alertText(alert))];
      return alert.case ? nav('/cases/' + alert.case, { class: 'notice' }, inner) : h('div', { class: 'notice' }, inner);
    });
    fill(open, opened, signed, caseRow);
    openHead.hidden = !opened.length;
    const closed = S.cases.filter((item) => !item.open).slice(0, 20);
    fill(ended, closed, signed, caseRow);
    endedHead.hidden = !closed.length;
    const items = (found ? found.items : S.devices).filter((item) => !item.case_open);
    fill(list, items, signed, deviceRow);
    head.textContent = S.devices_total ? plural('n_devices', S.devices_total) : t('cameras');
    empty.hidden = S.devices_total > 0;
    filter.hidden = S.devices_total < 8;
    const total = found ? found.total : S.devices_total;
    const shown = found ? found.items.length : S.devices.length;
    more.textContent = found && !total ? t('no_match') : total > shown ? t('more_devices', { n: shown, all: total }) : '';
  }
  return { title: t('cameras'), update, el: [
    h('h1', { class: 'hidden' }, t('cameras')), alerts, openHead, open, head, filter, empty, list, more, endedHead, ended,
    h('nav', { class: 'links' }, nav('/diagnosis', null, t('missing')), nav('/log', null, t('log')), h('a', { href: '/api/v1/devices.csv' }, t('csv')), h('a', { href: '/panel' }, t('mirror'))),
    h('div', { class: 'reach' }, scan)] };
}
const gonePage = () => [back(), h('h1', null, t('not_found')), h('p', null, t('not_found_hint'))];

function devicePage(mac) {
  const body = h('div');
  let signature = '';
  let lamp = false;
  function update() {
    const item = S.devices.find((device) => device.mac === mac) || extra;
    const sign = JSON.stringify(item && { ...item, silent_s: 0 });
    if (sign === signature) return;
    signature = sign;
    body.replaceChildren(...(item ? build(item) : gonePage()).flat(9).filter(Boolean));
  }
  let extra = null;
  call('GET', '/devices/' + mac).then((item) => { extra = item; signature = ''; update(); }).catch(() => {});
  function build(item) {
    const notes = [['gone', 'note_gone'], ['may_refuse', 'note_may_refuse'], ['cloud_bound', 'note_cloud'], ['doubled_serial', 'note_doubled_serial'], ['doubled_mac', 'note_doubled_mac']]
      .filter(([key]) => item[key]).map(([, word]) => h('div', { class: 'notice' }, icon('triangle', 'c-need'), h('div', null, t(word))));
    const blink = h('button', { type: 'button', class: 'small', onclick: () => act(blink, '', async () => {
      await call('POST', `/devices/${mac}/lamp`, { on: !lamp });
      lamp = !lamp;
      setTimeout(() => { blink.textContent = t(lamp ? 'blink_stop' : 'blink'); });
    }) }, t('blink'));
    const offers = item.way === 'typed-key' || item.way === 'key-file';
    const start = h('button', { type: 'button', class: 'go', onclick: () => act(start, t('asking'), async () => {
      const made = await call('POST', '/cases', { mac });
      go('/cases/' + made.id);
    }) }, t('forgot'));
    const others = (extra && extra.other) || [];
    return [back(), h('h1', { tabindex: '-1' }, item.model), notes,
      facts([['address', item.ipv4 || t('no_address'), true], ['serial', item.serial, true], ['firmware', item.firmware, true], ['mac', item.mac], ['brand', item.brand], ['boot_time', item.boot_time], ['heard_on', item.links.join(', ')]]),
      h('p', null, t('way_' + item.way)),
      item.owner_ways.length > 0 && h('p', { class: 'quiet' }, t('owner_ways') + ': ' + item.owner_ways.map((way) => t('owner_' + way)).join(', ') + '.'),
      offers && !item.case_open && h('p', { class: 'quiet' }, t('forgot_note')),
      h('div', { class: 'pair' }, blink, item.ipv4 && h('a', { class: 'button', href: `http://${item.ipv4}:${item.http_port || 80}/`, target: '_blank', rel: 'noreferrer noopener' }, t('web_page'))),
      others.length > 0 && h('details', null, h('summary', null, t('more_facts')), h('table', null, others.map((field) => h('tr', null, h('td', null, field.name), h('td', null, field.value))))),
      item.case_open ? h('div', { class: 'reach' }, nav('/cases/' + item.case, { class: 'button go' }, t('go_case'))) : offers && h('div', { class: 'reach' }, start)];
  }
  return { title: t('model'), update, el: [body] };
}
function diagnosisPage() {
  const body = h('div');
  async function load() {
    const all = await call('GET', '/diagnosis').catch(() => null);
    if (!all) return;
    const good = { title: t('diag_good'), detail: t('diag_good_hint'), hint: '' };
    body.replaceChildren(
      ...(all.findings.length ? all.findings.map((finding) => notice(finding, '')) : [notice(good, 'good')]),
      h('p', { class: 'quiet num' }, t('diag_probes', { p: all.probes, a: all.answers })),
      h('h2', null, t('diag_links')),
      ...all.links.map((link) => h('div', { class: 'card' }, h('b', null, link.name), ' ', link.carrier ? t('diag_cable') : t('diag_no_cable'), link.speed_mbit ? `, ${link.speed_mbit} Mbit/s` : '',
        h('div', { class: 'num' }, link.addresses.join('  ') || t('no_address')),
        h('div', { class: 'quiet num' }, t('diag_link_counts', { p: link.probes, a: link.answers, d: link.devices }), link.answers_raw_only ? '; ' + t('diag_link_raw', { n: link.answers_raw_only }) : '', link.dropped ? '; ' + t('diag_link_dropped', { n: link.dropped }) : ''))),
      ...(all.unreadable.length ? [h('h2', null, t('diag_unreadable')), h('table', null, all.unreadable.map((row) => h('tr', null, h('td', null, row.reason), h('td', { class: 'num' }, String(row.count)))))] : []),
      ...(all.other_clients.length ? [h('h2', null, t('diag_others')), h('p', { class: 'num' }, all.other_clients.join(', ')), h('p', { class: 'quiet' }, t('diag_others_hint'))] : []));
  }
  load();
  return { title: t('diag_title'), update: load, el: [back(), h('h1', { tabindex: '-1' }, t('diag_title')), body] };
}
function logPage() {
  const body = h('div');
  async function load() {
    try {
      const lines = await call('GET', '/audit');
      body.replaceChildren(h('p', null, h('a', { href: '/api/v1/audit.csv' }, t('log_csv'))), lines.length ? h('table', null, lines.map((line) =>
        h('tr', null, h('td', { class: 'num quiet' }, line.time ? new Date(line.time).toLocaleString(LANG) : '#' + line.number), h('td', null, h('b', null, line.what), line.channel ? ` (${line.channel})` : '', h('div', { class: 'num' }, line.serial || ''), h('div', null, line.detail))))) : h('p', null, t('log_empty')));
    } catch (error) { if (error instanceof Fail) body.replaceChildren(notice(error.problem)); else throw error; }
  }
  load();
  return { title: t('log_title'), update() {}, el: [back(), h('h1', { tabindex: '-1' }, t('log_title')), body] };
}

// ---- where we are ---------------------------------------------------------------------------
const ROUTES = [
  [/^\/$/, homePage],
  [/^\/devices\/([^/]+)$/, devicePage],
  [/^\/cases\/([^/]+)$/, (id) => casePage(id)],
  [/^\/diagnosis$/, diagnosisPage],
  [/^\/log$/, logPage],
];
let page = null;
const scrolls = new Map();
let place = 0;
function open(moved) {
  page?.leave?.();
  const path = location.pathname;
  const [match, build] = ROUTES.map(([pattern, make]) => [pattern.exec(path), make]).find(([found]) => found) || [null, () => ({ title: t('not_found'), update() {}, el: gonePage() })];
  page = build(match && decodeURIComponent(match[1] ?? ''));
  main.replaceChildren(...page.el);
  show();
  document.title = `${page.title} · ${S.box.name}`;
  window.scrollTo(0, scrolls.get(place) ?? 0);
  if (moved) (main.querySelector('h1[tabindex]') || main).focus({ preventScroll: true });
}
function show() {
  document.getElementById('doing').textContent = t('ind_' + S.indicator);
  page?.update();
}
function go(path) {
  scrolls.set(place, window.scrollY);
  history.pushState({ place: ++place }, '', path);
  scrolls.delete(place);
  open(true);
}
window.addEventListener('popstate', (event) => {
  scrolls.set(place, window.scrollY);
  place = event.state?.place ?? 0;
  open(true);
});
document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-nav]');
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  if (link.pathname !== location.pathname) go(link.pathname);
});
for (const link of document.querySelectorAll('a[data-lang]')) {
  if (link.dataset.lang === LANG) link.setAttribute('aria-current', 'true');
  link.addEventListener('click', (event) => {
    event.preventDefault();
    document.cookie = `resetbox_lang=${link.dataset.lang}; path=/; max-age=31536000; SameSite=Strict`;
    location.replace(location.pathname);
  });
}
setInterval(() => {
  for (const el of document.querySelectorAll('[data-left]')) {
    const item = S?.cases.find((known) => known.id === el.dataset.left);
    if (item) { el.textContent = leftText(item); el.classList.toggle('soon', secondsLeft(item) < 44 * 3600 && item.may_be_void || secondsLeft(item) < 4 * 3600); }
  }
}, 10000);
(async () => {
  history.scrollRestoration = 'manual';
  place = history.state?.place ?? 0;
  const token = /^#t=([\w-]+)$/.exec(location.hash);
  if (token) {
    history.replaceState(history.state, '', location.pathname);
    await call('POST', '/session', { token: token[1] }).catch(() => {});
  }
  await refresh();
  if (!S) { setTimeout(() => location.reload(), 5000); return; }
  open(false);
  tellTime();
  follow();
})();
