// The diagnosis and the log.
import { back, button, fill, h, has, LANG, notice, t, title } from './dom.js';
import { askPin, call, Fail, S } from './box.js';

export function diagnosisPage() {
  const body = h('div');
  let loading = false;
  async function update() {
    if (loading) return;
    loading = true;
    // Without an answer the last one stays; the strip on top says that the box is silent.
    const all = await call('GET', '/diagnosis').catch(() => null);
    loading = false;
    if (all) draw(all);
  }
  function draw(all) {
    const good = { title: t('diag_good'), detail: t('diag_good_hint'), hint: '' };
    const parts = [
      ...(all.findings.length ? all.findings.map((finding) => ['finding', finding, () => notice(finding, 'need')]) : [['good', 0, () => notice(good, 'good')]]),
      ['probes', [all.probes, all.answers], () => h('p', { class: 'quiet num' }, t('diag_probes', { p: all.probes, a: all.answers }))],
      ['links', 0, () => h('h2', null, t('diag_links'))],
      ...all.links.map((link) => ['link', link, () => linkCard(link)]),
      ...(all.unreadable.length ? [['unreadable', all.unreadable, () => h('section', null, h('h2', null, t('diag_unreadable')),
        h('table', null, all.unreadable.map((row) => h('tr', null, h('th', { scope: 'row' }, row.reason), h('td', { class: 'num' }, String(row.count))))))]] : []),
      ...(all.other_clients.length ? [['others', all.other_clients, () => h('section', null, h('h2', null, t('diag_others')),
        h('p', { class: 'num' }, all.other_clients.join(', ')), h('p', { class: 'quiet' }, t('diag_others_hint')))]] : []),
      ...(S.https ? [['https', S.https, () => h('section', null, h('h2', null, t('diag_https')),
        ...S.https.addresses.map((url) => h('p', { class: 'num' }, h('a', { href: url }, url))),
        h('p', { class: 'num' }, 'SHA-256 ' + S.https.sha256.replaceAll(':', ' ')), h('p', { class: 'quiet' }, t('diag_https_hint')))]] : []),
    ];
    fill(body, parts, ([name, what]) => name + JSON.stringify(what), ([, , build]) => build());
  }
  return { title: t('diag_title'), update, el: [back(), title(t('diag_title')), body] };
}

function linkCard(link) {
  const counts = [t('diag_link_counts', { p: link.probes, a: link.answers, d: link.devices }),
    link.answers_raw_only && t('diag_link_raw', { n: link.answers_raw_only }), link.dropped && t('diag_link_dropped', { n: link.dropped })];
  return h('div', { class: 'card' }, h('b', null, link.name), ' ', link.carrier ? t('diag_cable') : t('diag_no_cable'),
    link.speed_mbit ? `, ${link.speed_mbit} Mbit/s` : '',
    h('div', { class: 'num' }, link.addresses.join('  ') || t('no_address')),
    h('div', { class: 'quiet num' }, counts.filter(Boolean).join('; ')));
}

/** What was done, in the reader's words where there are some. */
const deed = (what) => (has('did_' + what) ? t('did_' + what) : what);

export function logPage() {
  const body = h('div');
  const files = h('p', { hidden: true }, h('a', { href: '/api/v1/audit.csv', download: 'audit.csv' }, t('log_csv')));
  let revision = null;
  async function update() {
    if (revision === S.revision) return;
    revision = S.revision;
    if (!S.session.open) {
      files.hidden = true;
      fill(body, [0], () => 'pin', () => h('div', null, h('p', null, t('log_pin')), button(t('enter'), () => askPin(), 'go')));
      return;
    }
    try {
      const lines = await call('GET', '/audit');
      files.hidden = false;
      if (!lines.length) { fill(body, [0], () => 'empty', () => h('p', null, t('log_empty'))); return; }
      fill(body, lines, (line) => 'line' + line.number, lineCard);
    } catch (error) {
      if (!(error instanceof Fail)) throw error;
      fill(body, [error.problem], JSON.stringify, (problem) => notice(problem));
    }
  }
  return { title: t('log_title'), update, el: [back(), title(t('log_title')), files, body] };
}

function lineCard(line) {
  const when = line.time ? new Date(line.time).toLocaleString(LANG === 'id' ? 'id' : 'en-GB', { dateStyle: 'medium', timeStyle: 'short' }) : '#' + line.number;
  return h('div', { class: 'line' }, h('div', { class: 'quiet num' }, when, line.channel ? ` · ${t('by_' + line.channel)}` : ''),
    h('b', null, deed(line.what)), line.serial && h('div', { class: 'num' }, line.serial), line.detail && h('div', { class: 'quiet', lang: 'en' }, line.detail));
}
