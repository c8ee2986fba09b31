'use strict';
// The page of a case: a path of five steps, the current one open, the others folded with their answer.

/** What this page remembers between reloads: how far the person got, never a key or a password. */
const memory = {
  read(id) { try { return JSON.parse(sessionStorage.getItem('case-' + id)) || {}; } catch { return {}; } },
  write(id, value) { try { sessionStorage.setItem('case-' + id, JSON.stringify(value)); } catch { /* private mode: begin at the first step */ } },
};
const RULES = {
  rule_length: (p) => p.length >= 8 && p.length <= 16,
  rule_kinds: (p) => [/[A-Z]/, /[a-z]/, /[0-9]/, /[^A-Za-z0-9]/].filter((kind) => kind.test(p)).length >= 2,
  rule_plain: (p) => p.length > 0 && /^[\x21-\x7e]*$/.test(p),
  rule_mangled: (p) => p.length > 0 && !/[&<>"'\\]/.test(p),
  rule_common: (p) => p.length > 0 && !/admin|nimda|123/i.test(p),
  rule_runs: (p) => p.length > 0 && !runs(p),
};
/** Four in a row, up or down, or four times the same. */
function runs(p) {
  for (let at = 0; at + 4 <= p.length; at++) {
    const step = p.charCodeAt(at + 1) - p.charCodeAt(at);
    if (Math.abs(step) <= 1 && [1, 2].every((n) => p.charCodeAt(at + n + 1) - p.charCodeAt(at + n) === step)) return true;
  }
  return false;
}
function strength(p) {
  const kinds = [/[A-Z]/, /[a-z]/, /[0-9]/, /[^A-Za-z0-9]/].filter((kind) => kind.test(p)).length;
  if (!Object.values(RULES).every((rule) => rule(p))) return 'weak';
  return kinds >= 3 && p.length >= 10 ? 'strong' : 'fair';
}

function casePage(id) {
  const known = memory.read(id);
  // Held by this page only, forgotten when it is left.
  const secret = { key: '', file: '', asFile: null, proposed: '', own: '', password: '', mine: null };
  /** What waits, is being sent or was is what this page handed over. */
  const isMine = () => secret.mine !== null && secret.mine.submission === item.submission;
  const head = h('div');
  const live = h('div', { class: 'live', role: 'status' });
  const notes = h('div');
  const path = h('ol', { class: 'path' });
  const result = h('div');
  const foot = h('div', { class: 'links' });
  let opened = null;
  let steps = null;
  let lastPhase = null;
  let item = null;
  let signature = '';

  function update() {
    item = S.cases.find((found) => found.id === id) || null;
    const sign = JSON.stringify(item && { ...item, left_s: 0 });
    if (sign === signature) return;
    signature = sign;
    if (!item) { head.replaceChildren(...gonePage()); for (const el of [live, notes, path, result, foot]) el.hidden = true; return; }
    for (const el of [live, notes, path, result, foot]) el.hidden = false;
    if (!steps) build();
    if (item.phase !== lastPhase) phaseChanged();
    drawHead();
    drawNotes();
    for (const step of steps) step.refresh?.();
    drawPath();
    drawResult();
  }
  function drawHead() {
    head.replaceChildren(back(), h('h1', { tabindex: '-1' }, item.model),
      h('div', { class: 'facts-line' }, h('span', { class: 'ip' }, item.ipv4 || t('no_address')), h('span', null, tail(item.serial_tail))));
    const mark = shape(item.phase, item.problem);
    live.hidden = item.phase === 'done';
    live.replaceChildren(mark ? icon(...mark) : '', h('span', null, t('phase_' + item.phase)));
    if (item.open && item.left_s !== null) live.append(h('span', { class: 'num' + (secondsLeft(item) < 28 * 3600 ? ' soon' : ''), 'data-left': id }, leftText(item)));
  }
  function drawNotes() {
    const list = [];
    if (item.problem && item.phase !== 'unclear') list.push(notice(item.problem));
    if (item.doubt) list.push(notice(item.doubt, ''));
    const line = (word) => h('div', { class: 'notice' }, icon('triangle', 'c-need'), h('div', null, word));
    if (item.open && item.lock_minutes) list.push(line(t('locked_for', { n: item.lock_minutes })));
    if (item.open && !item.device_present) list.push(line(t('device_silent')));
    if (item.open && item.may_be_void) list.push(line(t('may_be_void')));
    notes.replaceChildren(...list);
  }
  /** The step that the case itself asks for. */
  function due() {
    if (['ready', 'exchanging', 'sending', 'unclear', 'done'].includes(item.phase)) return 4;
    if (item.phase === 'exporting') return 0;
    return Math.min(known.step ?? 0, hasKey() ? 3 : 2);
  }
  const hasKey = () => Boolean(asFile() ? secret.file : secret.key.length >= 4);
  const asFile = () => secret.asFile ?? !item.typed_key;
  function phaseChanged() {
    const was = lastPhase;
    lastPhase = item.phase;
    if (was && item.phase === 'awaiting' && item.problem) {
      // Refused: the key is looked at again, not typed again.
      known.step = item.problem.type.endsWith('risk-password') ? 3 : 2;
    }
    if (was) say(t('phase_' + item.phase));
    opened = due();
    if (was && (item.problem || ['done', 'void', 'unclear'].includes(item.phase))) window.scrollTo(0, 0);
  }
  function advance(step) {
    known.step = step;
    memory.write(id, { step, ticks: known.ticks });
    opened = step;
    drawPath();
    steps[step].el.querySelector('.head').focus({ preventScroll: true });
    steps[step].el.scrollIntoView({ block: 'start', behavior: 'auto' });
    window.scrollBy(0, -80);
    steps[step].enter?.();
  }
  function build() {
    steps = [qrStep(), appStep(), keyStep(), passwordStep(), sendStep()];
    steps.forEach((step, at) => {
      step.dot = h('span', { class: 'dot', 'aria-hidden': 'true' }, String(at + 1));
      step.answerEl = h('span', { class: 'answer' });
      step.titleEl = h('span', null, step.title());
      step.head = h('button', { type: 'button', class: 'head', onclick: () => { opened = opened === at ? due() : at; drawPath(); if (opened === at) step.enter?.(); } }, step.titleEl, step.answerEl);
      step.bodyEl = h('div', { class: 'body' }, step.body);
      step.el = h('li', { class: 'step' }, step.dot, step.head, step.bodyEl);
    });
    path.replaceChildren(...steps.map((step) => step.el));
    const close = h('button', { type: 'button', class: 'plain', onclick: () => closeDialog() }, t('close_case'));
    foot.replaceChildren(close);
  }
  function drawPath() {
    const current = due();
    path.hidden = !item.open && item.phase !== 'done';
    if (item.phase === 'done') path.hidden = true;
    steps.forEach((step, at) => {
      const isOpen = opened === at;
      step.el.className = 'step' + (at === current ? ' now' : at < current ? ' past' : '');
      step.dot.replaceChildren(at < current ? icon('tick') : String(at + 1));
      step.titleEl.textContent = step.title();
      step.head.setAttribute('aria-expanded', String(isOpen));
      step.head.disabled = at > current && at > (known.step ?? 0) && !(at === 3 && hasKey());
      step.answerEl.textContent = !isOpen && at < current ? step.answer?.() || '' : '';
      step.bodyEl.hidden = !isOpen;
    });
    foot.hidden = !item.open || ['exchanging', 'sending'].includes(item.phase);
  }
  function closeDialog() {
    const dialog = h('dialog', null, h('h2', null, t('close_case')), h('p', null, t('close_sure', { tail: item.serial_tail })),
      h('div', { class: 'pair' }, h('button', { type: 'button', onclick: () => dialog.close() }, t('keep')), h('button', { type: 'button', class: 'need', onclick: (event) => act(event.currentTarget, '', async () => {
        await call('DELETE', '/cases/' + id);
        dialog.close();
        go('/');
      }) }, t('close_do'))));
    dialog.addEventListener('close', () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  // 1: the QR
  function qrStep() {
    const body = h('div');
    let drawn = '';
    function refresh() {
      const state = `${item.has_code} ${S.session.open} ${item.phase}`;
      if (state === drawn) return;
      drawn = state;
      if (!item.has_code) { body.replaceChildren(h('p', null, icon('ring', 'c-go turn'), ' ', t('asking'))); return; }
      const picture = S.session.open ? h('img', { class: 'qr', src: `/api/v1/cases/${id}/qr.svg`, alt: t('qr_alt', { tail: item.serial_tail }) })
        : h('button', { type: 'button', class: 'wide', onclick: () => askPin() }, t('qr_show'));
      const next = h('button', { type: 'button', class: 'go wide', onclick: () => advance(1) }, t('next_app'));
      body.replaceChildren(h('p', null, t('qr_what')), picture, ...(item.typed_key ? [] : [h('p', { class: 'quiet' }, t('qr_guess'))]),
        h('p', { class: 'quiet' }, t('keep_power')), next,
        ...(S.session.open ? [h('div', { class: 'links' }, h('a', { href: `/api/v1/cases/${id}/DeviceKey.xml`, download: 'DeviceKey.xml' }, t('qr_file')))] : []));
    }
    return { title: () => t('step_qr'), body, refresh, answer: () => {
      const time = item.issued && new Date(item.issued).toLocaleTimeString(LANG, { hour: '2-digit', minute: '2-digit', hour12: false });
      return time ? t('ans_code', { time }) : t('ans_code_no_time');
    } };
  }
  // 2: the case in the vendor's app
  function appStep() {
    known.ticks ??= {};
    const tick = (key, ...more) => h('li', null, h('label', { class: 'pick' }, h('input', { type: 'checkbox', checked: Boolean(known.ticks[key]), onchange: (event) => {
      known.ticks[key] = event.target.checked;
      memory.write(id, { step: known.step, ticks: known.ticks });
    } }), h('span', null, t(key))), more);
    const crumbs = h('div', { class: 'crumbs' }, t('app_path').split(' › ').map((part) => h('span', null, part)));
    const body = h('div', null, h('p', { class: 'quiet' }, t('app_intro')),
      h('ul', { class: 'todo' },
        tick('app_photo'),
        tick('app_path_note', crumbs, h('p', { class: 'never' }, t('app_never'))),
        tick('app_fill', facts([['model', item.model, true], ['serial', item.serial, true], ['firmware', item.firmware, true]])),
        tick('app_scan'), tick('app_terms')),
      h('p', { class: 'quiet' }, t('app_wait')), h('p', { class: 'quiet' }, t('keep_power')),
      h('button', { type: 'button', class: 'go wide', onclick: () => advance(2) }, t(item.typed_key ? 'next_key' : 'next_file')));
    return { title: () => t('step_app'), body, answer: () => t('ans_app') };
  }
  // 3: the key, or the file
  function keyStep() {
    const input = h('input', { autocomplete: 'off', autocapitalize: 'none', autocorrect: 'off', spellcheck: 'false', maxlength: '64', 'aria-label': t('key_label'), 'aria-describedby': 'key-hint', name: 'reset-key' });
    const cells = Array.from({ length: 8 }, () => h('i'));
    const over = h('div', { class: 'over num' });
    const odd = h('p', { class: 'wrong', role: 'alert' });
    const next = h('button', { type: 'button', class: 'go wide', onclick: () => advance(3) }, t('next_password'));
    const clear = h('button', { type: 'button', class: 'small', onclick: () => { input.value = ''; read(); input.focus(); } }, t('key_clear'));
    const file = h('input', { type: 'file', 'aria-label': t('file_label') });
    const fileSaid = h('p', { role: 'status' });
    const swap = h('button', { type: 'button', class: 'plain', onclick: () => { secret.asFile = !asFile(); draw(); drawPath(); } });
    function read() {
      secret.key = input.value.replace(/[\s\-\u2010-\u2015]/g, '');
      cells.forEach((cell, at) => {
        cell.textContent = secret.key[at] || '';
        cell.className = (secret.key[at] ? 'full' : '') + (at === Math.min(secret.key.length, 7) ? ' at' : '');
      });
      over.textContent = secret.key.length > 8 ? secret.key : '';
      const bad = /[^A-Za-z0-9]/.test(secret.key);
      odd.textContent = bad ? t('key_odd') : secret.key.length > 8 || (secret.key.length >= 4 && secret.key.length < 8 && document.activeElement !== input) ? t('key_unusual', { n: secret.key.length }) : '';
      next.disabled = bad || secret.key.length < 4;
    }
    input.addEventListener('input', read);
    input.addEventListener('blur', read);
    input.addEventListener('focus', () => { const end = input.value.length; input.setSelectionRange(end, end); });
    input.addEventListener('keydown', (event) => { if (event.key === 'Enter' && !next.disabled) advance(3); });
    file.addEventListener('change', async () => {
      const chosen = file.files[0];
      secret.file = '';
      if (chosen && chosen.size > 4096) fileSaid.textContent = t('file_big');
      else if (chosen) { secret.file = await chosen.text(); fileSaid.textContent = t('file_read', { n: secret.file.length }); }
      next.disabled = !secret.file;
    });
    const typed = h('div', null, h('p', { class: 'quiet', id: 'key-hint' }, t('key_hint')), h('div', { class: 'boxes' }, input, h('div', { class: 'row8', 'aria-hidden': 'true' }, cells), over), odd, clear);
    const chosen = h('div', null, h('p', { class: 'quiet' }, t('file_hint')), file, fileSaid);
    function draw() {
      typed.hidden = asFile();
      chosen.hidden = !asFile();
      swap.textContent = t(asFile() ? 'key_as_text' : 'key_as_file');
      if (asFile()) next.disabled = !secret.file; else read();
    }
    const body = h('div', null, typed, chosen, next, swap);
    draw();
    return { title: () => t(asFile() ? 'step_file' : 'step_key'), body, enter: () => { if (!asFile()) input.focus({ preventScroll: true }); },
      answer: () => (hasKey() ? (asFile() ? t('ans_file') : t('ans_key', { n: secret.key.length })) : '') };
  }
  // 4: the new password
  function passwordStep() {
    let own = false;
    const shown = h('div', { class: 'secret', id: 'proposed' });
    const copy = h('span');
    const another = h('button', { type: 'button', class: 'small', onclick: () => propose(another) }, t('pw_another'));
    const [use, mine] = [h('input', { type: 'radio', name: 'which', checked: true }), h('input', { type: 'radio', name: 'which' })];
    const input = h('input', { type: 'password', autocomplete: 'new-password', maxlength: '64', 'aria-label': t('pw_label'), name: 'new-device-password' });
    const reveal = h('button', { type: 'button', class: 'small', onclick: () => { const hide = input.type === 'text'; input.type = hide ? 'password' : 'text'; reveal.textContent = t(hide ? 'pw_show' : 'pw_hide'); } }, t('pw_show'));
    const rules = Object.keys(RULES).map((key) => h('li', { 'data-rule': key }, t(key)));
    const meter = h('b');
    const sync = h('input', { type: 'checkbox' });
    const first = h('div', { class: 'choice on' }, h('label', { class: 'pick' }, use, h('b', null, t('pw_use'))), shown, h('div', { class: 'pair' }, copy, another));
    const secondBody = h('div', { hidden: true }, input, h('p', { class: 'pair' }, meter, reveal), h('ul', { class: 'rules' }, rules));
    const second = h('div', { class: 'choice' }, h('label', { class: 'pick' }, mine, h('b', null, t('pw_own'))), secondBody);
    const next = h('button', { type: 'button', class: 'go wide', onclick: () => act(next, t('checking'), submit) }, t('next_check'));
    async function propose(button) {
      const work = async () => {
        const made = await call('POST', '/password');
        secret.proposed = made.password;
        shown.textContent = made.password;
        copy.replaceChildren(copyButton(made.password, t('pw_label')));
      };
      if (button) await act(button, '', work); else await act(next, '', work);
      read();
    }
    function read() {
      own = mine.checked;
      first.classList.toggle('on', !own);
      second.classList.toggle('on', own);
      secondBody.hidden = !own;
      secret.own = input.value;
      for (const li of rules) li.className = RULES[li.dataset.rule](secret.own) ? 'ok' : '';
      meter.textContent = secret.own ? t('strength_' + strength(secret.own)) : '';
      secret.password = own ? secret.own : secret.proposed;
      next.disabled = own ? !Object.values(RULES).every((rule) => rule(secret.own)) : !secret.proposed;
    }
    for (const el of [use, mine]) el.addEventListener('change', () => { read(); if (mine.checked) input.focus(); });
    input.addEventListener('input', read);
    async function submit() {
      const body = { new_password: secret.password, sync_cameras: item.can_sync && sync.checked };
      const handed = asFile() ? await call('POST', `/cases/${id}/file`, { ...body, file: secret.file })
        : await call('POST', `/cases/${id}/key`, { ...body, key: secret.key });
      secret.mine = { submission: handed.submission, password: body.new_password };
      await refresh();
    }
    const body = h('div', null, first, second, item.can_sync && h('label', { class: 'pick' }, sync, h('span', null, t('sync'))), h('p', { class: 'quiet' }, t('pw_note')), next);
    read();
    return { title: () => t('step_password'), body, enter: () => { if (!secret.proposed) propose(null); }, answer: () => t('ans_password'),
      refresh: () => { if (opened === 3 && !secret.proposed && item.phase === 'awaiting') propose(null); } };
  }
  // 5: send
  function sendStep() {
    const body = h('div');
    let drawn = '';
    function refresh() {
      const state = `${item.phase} ${item.submission} ${item.insist_because} ${item.tries_left} ${item.sync_cameras}`;
      if (state === drawn) return;
      drawn = state;
      if (['exchanging', 'sending'].includes(item.phase)) {
        body.replaceChildren(h('p', null, icon('ring', 'c-go turn'), ' ', t(item.phase === 'sending' ? 'doing_sent' : 'exchanging_now')), h('p', { class: 'quiet' }, t('keep_power')));
        return;
      }
      if (item.phase !== 'ready') { body.replaceChildren(); return; }
      // What this drawing is about; if another key comes meanwhile, the box refuses to send it.
      const { submission } = item;
      const insist = h('input', { type: 'checkbox', onchange: () => { send.disabled = !insist.checked; } });
      const send = h('button', { type: 'button', class: 'go wide', disabled: item.must_insist, onclick: () => act(send, t('sending_now'), async () => {
        await call('POST', `/cases/${id}/confirm`, { submission, serial: item.serial, insist: insist.checked }).catch(async (error) => {
          // The case itself says what the device answered; only what is not about it is shown here.
          await refreshState();
          if (!item || item.phase === 'ready') throw error;
        });
        await refreshState();
      }) }, t('send', { tail: item.serial_tail }));
      const change = h('button', { type: 'button', class: 'wide', onclick: () => act(change, '', async () => { await call('POST', `/cases/${id}/withdraw`); known.step = 2; await refreshState(); }) }, t('send_change'));
      body.replaceChildren(h('p', null, t('send_question')),
        h('div', { class: 'target' }, h('b', null, item.model), h('div', { class: 'num' }, item.ipv4 || t('no_address')), h('div', { class: 'num' }, h('span', { class: 'tail' }, tail(item.serial_tail))),
          h('div', { class: 'quiet num' }, item.tries_left === null ? t('send_tries_unknown') : t('send_tries', { n: item.tries_left })),
          ...(item.can_sync ? [h('div', { class: 'quiet' }, t('send_sync', { v: t(item.sync_cameras ? 'yes' : 'no') }))] : [])),
        h('p', { class: 'quiet' }, t('send_compare')),
        ...(isMine() ? [] : [h('p', { class: 'quiet' }, t('send_elsewhere'))]),
        ...(item.must_insist ? [h('label', { class: 'pick' }, insist, h('span', null, t(item.insist_because === 're-exported' ? 'insist_re_exported' : 'insist')))] : []),
        send, change);
    }
    const refreshState = () => refresh_();
    return { title: () => t('step_send'), body, refresh };
  }
  const refresh_ = () => refresh();

  // the end
  let resultDrawn = '';
  function drawResult() {
    const state = item.phase;
    if (state === resultDrawn) return;
    resultDrawn = state;
    const anew = () => {
      const button = h('button', { type: 'button', class: 'go', onclick: () => act(button, t('asking'), async () => {
        const made = await call('POST', '/cases', { mac: item.mac });
        go('/cases/' + made.id);
      }) }, t('new_case'));
      return [h('p', { class: 'quiet' }, t('new_case_note')), h('div', { class: 'reach' }, button)];
    };
    if (state === 'done') {
      const pw = isMine() ? secret.mine.password : '';
      result.replaceChildren(h('div', { class: 'result' }, icon('tick', 'big c-go'), h('h2', null, t('done_title')), h('p', { class: 'num' }, `${item.ipv4 || ''} ${tail(item.serial_tail)}`)),
        ...(pw ? [h('div', { class: 'card' }, h('div', { class: 'quiet' }, t('done_password')), h('div', { class: 'secret' }, pw), copyButton(pw, t('pw_label')))] : []),
        h('div', { class: 'notice' }, icon('triangle', 'c-need'), h('div', null, t('done_next'))),
        h('div', { class: 'reach' }, nav('/', { class: 'button go' }, t('done_list'))));
      secret.key = secret.file = '';
    } else if (state === 'unclear') {
      const tell = (worked, classes) => { const button = h('button', { type: 'button', class: classes, onclick: () => act(button, '', async () => { await call('POST', `/cases/${id}/resolve`, { worked }); await refresh(); }) }, t(worked ? 'unclear_worked' : 'unclear_not')); return button; };
      result.replaceChildren(notice({ title: t('unclear_title'), detail: t('unclear_what'), hint: '' }, ''), h('div', { class: 'pair' }, tell(true, 'go'), tell(false, '')));
    } else if (['void', 'failed', 'cancelled'].includes(state)) result.replaceChildren(...anew());
    else result.replaceChildren();
  }
  return { title: t('step_send'), update, el: [head, live, notes, result, path, foot], leave() { for (const key of Object.keys(secret)) secret[key] = ''; } };
}
