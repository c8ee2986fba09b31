// Steps 3 and 4 of a case: the vendor's answer and the new password. Neither is kept anywhere but in this page's
// memory, and both go to the box in the body of one request.
import { button, copyButton, h, t } from './dom.js';
import { act, call, S } from './box.js';
import { faults, RULES, strength } from './password.js';

/** What people, phones and mail programs put between the characters of a key; the box forgives the same. */
const SEPARATORS = /[\s\-\u2010-\u2015\u200b\ufeff]/g;
/** The usual length of a key. */
const USUAL = 8;
/** Passwords that were sent since this page was loaded, for the next of many cameras; gone with the page. */
const last = { password: '', tail: '' };

/** Step 3: the key, or the file. */
export function keyStep(cx) {
  const { secret } = cx;
  const next = button(t('next_password'), () => cx.advance('password'), 'go wide');
  const swap = button('', () => { secret.asFile = !cx.asFile; draw(); cx.draw(); }, 'plain');
  const typed = keyEntry(cx, next);
  const chosen = fileEntry(cx, next);
  function draw() {
    typed.el.hidden = cx.asFile;
    chosen.el.hidden = !cx.asFile;
    swap.textContent = t(cx.asFile ? 'key_as_text' : 'key_as_file');
    if (cx.asFile) next.disabled = !secret.file; else typed.read();
  }
  draw();
  return { title: () => t(cx.asFile ? 'step_file' : 'step_key'), body: h('div', null, typed.el, chosen.el, next, swap), refresh: draw,
    enter: () => { if (!cx.asFile) typed.input.focus({ preventScroll: true }); },
    answer: () => (cx.hasKey ? (cx.asFile ? t('ans_file') : t('ans_key', { n: secret.key.length })) : '') };
}

function keyEntry(cx, next) {
  const { secret } = cx;
  const input = h('input', { autocomplete: 'off', autocapitalize: 'none', autocorrect: 'off', spellcheck: 'false', maxlength: '64',
    'aria-label': t('key_label'), 'aria-describedby': 'key-hint', name: 'reset-key', inputmode: 'text' });
  const cells = Array.from({ length: USUAL }, () => h('i'));
  const over = h('div', { class: 'over', 'aria-hidden': 'true' });
  const odd = h('p', { class: 'wrong', role: 'alert' });
  const clear = button(t('key_clear'), () => { input.value = ''; read(); input.focus(); }, 'small');
  // Reading the clipboard exists only on https and localhost; a long tap in the boxes pastes everywhere.
  const paste = navigator.clipboard?.readText && button(t('key_paste'), async () => {
    // Whoever says no to the browser's question pastes by hand.
    input.value = await navigator.clipboard.readText().catch(() => input.value);
    read();
    input.focus();
  }, 'small');
  function read() {
    const bare = input.value.replace(SEPARATORS, '');
    if (bare !== input.value) input.value = bare;
    secret.key = bare;
    const bad = /[^A-Za-z0-9]/.test(bare);
    const n = bare.length;
    // What stays as it is must not be touched: the page is laid out in between, moves, and a tap misses its button.
    const long = n > USUAL ? bare : '';
    if (over.textContent !== long) over.textContent = long;
    const words = bad ? t('key_odd') : n > USUAL || (n >= 1 && n < USUAL && document.activeElement !== input) ? t('key_unusual', { n }) : '';
    if (odd.textContent !== words) odd.textContent = words;
    next.disabled = bad || n < 4 || n > 32;
    clear.disabled = !n;
    mark();
  }
  /** Shows each character in its box and where the next one goes. */
  function mark() {
    const from = Math.min(input.selectionStart ?? secret.key.length, USUAL - 1);
    const to = Math.max(input.selectionEnd ?? 0, from + 1);
    cells.forEach((cell, at) => {
      const sign = secret.key[at] || '';
      if (cell.textContent !== sign) cell.textContent = sign;
      cell.className = (/[0-9]/.test(sign) ? 'digit' : '') + (sign ? ' full' : '') + (at >= from && at < to ? ' at' : '');
    });
  }
  input.addEventListener('input', read);
  for (const what of ['blur', 'keyup', 'select']) input.addEventListener(what, () => (what === 'blur' ? read() : mark()));
  // A tap on a box takes that character, so that typing replaces it.
  input.addEventListener('click', (event) => {
    const { left, width } = input.getBoundingClientRect();
    const at = Math.floor((event.clientX - left) / width * USUAL);
    if (at < secret.key.length) input.setSelectionRange(at, at + 1); else input.setSelectionRange(secret.key.length, secret.key.length);
    mark();
  });
  input.addEventListener('focus', () => { input.setSelectionRange(input.value.length, input.value.length); mark(); });
  input.addEventListener('keydown', (event) => { if (event.key === 'Enter' && !next.disabled) cx.advance('password'); });
  const el = h('div', null, h('p', { class: 'quiet', id: 'key-hint' }, t('key_hint', { tail: cx.item.serial_tail })),
    h('div', { class: 'boxes' }, input, h('div', { class: 'row8', 'aria-hidden': 'true' }, cells)), over, odd, h('div', { class: 'pair' }, paste, clear));
  return { el, input, read };
}

function fileEntry(cx, next) {
  const { secret } = cx;
  const file = h('input', { type: 'file', 'aria-label': t('file_label'), 'aria-describedby': 'file-hint', name: 'answer-file' });
  const said = h('p', { role: 'status' });
  // The same file may be chosen again after it was mended.
  file.addEventListener('click', () => { file.value = ''; });
  file.addEventListener('change', async () => {
    const chosen = file.files[0];
    secret.file = '';
    said.textContent = '';
    if (chosen && chosen.size > 4096) said.textContent = t('file_big');
    else if (chosen && !chosen.size) said.textContent = t('file_empty');
    else if (chosen) {
      secret.file = await chosen.text();
      said.textContent = t('file_read', { n: secret.file.length });
    }
    next.disabled = !secret.file;
  });
  return { el: h('div', null, h('p', { class: 'quiet', id: 'file-hint' }, t('file_hint')), file, said) };
}

/** Step 4: the new password; of a device that has none, the first step. */
export function passwordStep(cx) {
  const { secret } = cx;
  const chosen = passwordChoice('new-device-password', read);
  const sync = h('input', { type: 'checkbox', name: 'sync' });
  const next = button(t('next_check'), () => act(next, t('checking'), submit), 'go wide');
  function read() {
    secret.password = chosen.password;
    next.disabled = !chosen.fine;
  }
  async function submit() {
    const body = { new_password: secret.password, sync_cameras: cx.item.can_sync && sync.checked };
    const handed = cx.isFirst ? await call('POST', `/cases/${cx.id}/password`, { new_password: body.new_password })
      : cx.asFile ? await call('POST', `/cases/${cx.id}/file`, { ...body, file: secret.file })
        : await call('POST', `/cases/${cx.id}/key`, { ...body, key: secret.key });
    secret.mine = { submission: handed.submission, password: body.new_password, sync: body.sync_cameras };
    Object.assign(last, { password: body.new_password, tail: cx.item.serial_tail });
    await cx.refresh();
  }
  const body = h('div', null, chosen.el, cx.item.can_sync && h('label', { class: 'pick' }, sync, h('span', null, t('sync'))),
    h('p', { class: 'quiet' }, t('pw_note')), next);
  read();
  // The proposal is fetched when it is needed, and only where a person may act.
  const enter = () => { if (S.session.open && cx.item.phase === 'awaiting') chosen.propose(); };
  return { title: () => t(cx.isFirst ? 'step_first' : 'step_password'), body, enter, refresh: () => { if (cx.step === 'password') enter(); }, answer: () => t('ans_password') };
}

/** Choosing a password: one that the box proposes, the one used last, or one's own. `changed` is called on every change. */
export function passwordChoice(name, changed) {
  const made = { password: '', fine: false };
  const radio = (checked) => h('input', { type: 'radio', name: name + '-which', checked });
  const [use, same, mine] = [radio(!last.password), radio(Boolean(last.password)), radio(false)];
  const shown = h('div', { class: 'secret', id: 'proposed' });
  const copy = h('div');
  const another = button(t('pw_another'), () => propose(true), 'small');
  const input = h('input', { type: 'password', autocomplete: 'new-password', maxlength: '64', 'aria-label': t('pw_label'), 'aria-describedby': 'pw-rules', name });
  const reveal = button(t('pw_show'), () => {
    const hide = input.type === 'text';
    input.type = hide ? 'password' : 'text';
    reveal.textContent = t(hide ? 'pw_show' : 'pw_hide');
  }, 'small');
  const rules = Object.keys(RULES).map((key) => h('li', { 'data-rule': key }, h('span', { class: 'hidden' }), t(key)));
  const meter = h('b', { class: 'meter', role: 'status' });
  const choice = (pick, word, ...more) => h('div', { class: 'choice' }, h('label', { class: 'pick' }, pick, h('b', null, word)), more);
  const first = choice(use, t('pw_use'), shown, h('div', { class: 'pair' }, copy, another));
  const again = last.password && choice(same, t('pw_same', { tail: last.tail }));
  const ownBody = h('div', { hidden: true }, input, h('div', { class: 'beside' }, meter, reveal), h('ul', { class: 'rules', id: 'pw-rules' }, rules));
  const own = choice(mine, t('pw_own'), ownBody);
  const el = h('fieldset', null, h('legend', { class: 'hidden' }, t('pw_label')), first, again, own);
  let proposed = '';
  let asking = false;
  async function propose(anew) {
    if (asking || (proposed && !anew)) return;
    asking = true;
    await act(another, '', async () => {
      proposed = (await call('POST', '/password')).password;
      shown.textContent = proposed;
      copy.replaceChildren(copyButton(proposed, t('pw_label')));
    });
    asking = false;
    read();
  }
  function read() {
    const broken = faults(input.value);
    for (const li of rules) {
      const ok = Boolean(input.value) && !RULES[li.dataset.rule].some((fault) => broken.includes(fault));
      li.className = ok ? 'ok' : '';
      li.firstChild.textContent = t(ok ? 'rule_ok' : 'rule_open') + ' ';
    }
    const grade = input.value ? t('strength_' + strength(input.value)) : '';
    if (meter.textContent !== grade) meter.textContent = grade;
    meter.dataset.grade = strength(input.value);
    ownBody.hidden = !mine.checked;
    for (const [pick, box] of [[use, first], [same, again], [mine, own]]) if (box) box.classList.toggle('on', pick.checked);
    made.password = mine.checked ? input.value : again && same.checked ? last.password : proposed;
    made.fine = Boolean(made.password) && !(mine.checked && broken.length);
    changed();
  }
  for (const pick of [use, same, mine]) pick.addEventListener('change', () => { read(); if (mine.checked) input.focus(); });
  input.addEventListener('input', read);
  Object.assign(made, { el, propose: () => propose(false) });
  queueMicrotask(read);
  return made;
}
