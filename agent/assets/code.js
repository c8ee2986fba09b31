// Steps 1 and 2 of a case: the device code as a QR, and what to do with it in the vendor's app.
import { button, facts, h, icon, LANG, t } from './dom.js';
import { askPin, S } from './box.js';

/** Step 1: the QR. */
export function codeStep(cx) {
  const body = h('div');
  let drawn = '';
  function refresh() {
    const { item } = cx;
    const state = `${item.has_code} ${S.session.open} ${item.phase}`;
    if (state === drawn) return;
    drawn = state;
    if (!item.has_code) { body.replaceChildren(h('p', null, icon('ring', 'c-go turn'), ' ', t('asking'))); return; }
    const next = button(t('next_app'), () => cx.advance('app'), 'go wide');
    const picture = S.session.open ? [qr(cx), button(t('qr_bigger'), () => bigger(cx), 'wide')] : [button(t('qr_show'), () => askPin(), 'wide')];
    const file = S.session.open && h('p', null, h('a', { href: `/api/v1/cases/${cx.id}/DeviceKey.xml`, download: 'DeviceKey.xml' }, t('qr_file')));
    body.replaceChildren(h('p', null, t('qr_what')), ...picture, h('p', { class: 'quiet' }, t(item.typed_key ? 'keep_power' : 'qr_guess')), ...(file ? [file] : []), next);
  }
  return { title: () => t('step_qr'), body, refresh, answer: () => {
    const time = cx.item.issued && new Date(cx.item.issued).toLocaleTimeString(LANG, { hour: '2-digit', minute: '2-digit', hour12: false });
    return time ? t('ans_code', { time }) : t('ans_code_no_time');
  } };
}

const qr = (cx) => h('img', { class: 'qr', src: `/api/v1/cases/${cx.id}/qr.svg`, alt: t('qr_alt', { tail: cx.item.serial_tail }) });

/** The picture on the whole screen, white to its edge, for a box whose own panel is too small to be scanned. */
function bigger(cx) {
  const dialog = h('dialog', { class: 'whole', 'aria-label': t('qr_alt', { tail: cx.item.serial_tail }) }, qr(cx),
    h('p', { class: 'num' }, `${cx.item.model} …${cx.item.serial_tail}`), h('p', null, t('qr_bright')), button(t('close'), () => dialog.close(), 'go wide'));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** Step 2: the case in the vendor's app, as a list to tick off. */
export function appStep(cx) {
  const { item, known } = cx;
  const tick = (key, ...more) => h('li', null, h('label', { class: 'pick' }, h('input', { type: 'checkbox', checked: Boolean(known.ticks[key]), name: key, onchange: (event) => {
    known.ticks[key] = event.target.checked;
    cx.remember();
  } }), h('span', null, t(key))), more);
  const crumbs = h('ol', { class: 'crumbs' }, t('app_path').split(' › ').map((part) => h('li', null, part)));
  const body = h('div', null, h('p', { class: 'quiet' }, t('app_intro')),
    h('ul', { class: 'todo' },
      tick('app_photo'),
      tick('app_path_note', crumbs, h('p', { class: 'never' }, t('app_never')),
        h('details', null, h('summary', null, t('app_no_menu')), h('p', null, t('app_no_menu_what')))),
      tick('app_fill', facts([['model', item.model, true], ['serial', item.serial, true], ['firmware', item.firmware, true]])),
      tick('app_scan'), tick('app_terms')),
    h('p', { class: 'quiet' }, t('app_wait')), h('p', { class: 'quiet' }, t('keep_power')),
    button(t(item.typed_key ? 'next_key' : 'next_file'), () => cx.advance('key'), 'go wide'));
  return { title: () => t('step_app'), body, answer: () => t('ans_app') };
}
