// Step 5 of a case and its ends: send it to this device, and what became of it.
import { button, copyButton, h, icon, nav, notice, remark, t, tail } from './dom.js';
import { act, call, Fail, S } from './box.js';
import { go } from './places.js';
import { webLink } from './device.js';

/** Step 5: the last look, and the only button that sends. */
export function sendStep(cx) {
  const body = h('div');
  let drawn = '';
  function refresh() {
    const { item } = cx;
    const state = JSON.stringify([item.phase, item.insist_because, item.tries_left, item.sync_cameras, item.submission, item.ipv4]);
    if (state === drawn) return;
    drawn = state;
    if (['exchanging', 'sending'].includes(item.phase)) {
      body.replaceChildren(h('p', { role: 'status' }, icon('ring', 'c-go turn'), ' ', t(item.phase === 'sending' ? 'doing_sent' : 'exchanging_now')), h('p', { class: 'quiet' }, t('keep_power')));
    } else body.replaceChildren(...(item.phase === 'ready' ? question(cx) : []));
  }
  return { title: () => t('step_send'), body, refresh };
}

function question(cx) {
  const { item, id } = cx;
  const insist = h('input', { type: 'checkbox', name: 'insist', onchange: () => { send.disabled = !insist.checked; } });
  const send = button(t('send', { tail: item.serial_tail }), () => act(send, t('sending_now'), () => confirm(cx, item, insist.checked)), 'go wide');
  send.disabled = item.must_insist;
  const change = button(t(cx.isFirst ? 'send_change_first' : 'send_change'), () => act(change, '', async () => {
    cx.backTo('key');
    await call('POST', `/cases/${id}/withdraw`);
    await cx.refresh();
  }), 'wide');
  return [h('p', null, t('send_question')),
    h('div', { class: 'target' }, h('b', null, item.model), h('div', { class: 'num' }, item.ipv4 || t('no_address')), h('div', { class: 'num tail' }, tail(item.serial_tail)),
      !cx.isFirst && h('div', { class: 'quiet num' }, item.tries_left === null ? t('send_tries_unknown') : t('send_tries', { n: item.tries_left })),
      item.can_sync && h('div', { class: 'quiet' }, t('send_sync', { v: t(item.sync_cameras ? 'yes' : 'no') }))),
    h('p', { class: 'quiet' }, t('send_compare')),
    ...(cx.mine ? [] : [remark('need', t('send_elsewhere'))]),
    ...(item.must_insist ? [h('label', { class: 'pick' }, insist, h('span', null, t(item.insist_because === 're-exported' ? 'insist_re_exported' : 'insist')))] : []),
    send, change];
}

/** Sends what the person saw. What the device answers is told by the case itself; here only what is not about it. */
async function confirm(cx, seen, insist) {
  const { submission, serial } = seen;
  try { await call('POST', `/cases/${cx.id}/confirm`, { submission, serial, insist }); } catch (error) {
    if (!(error instanceof Fail)) throw error;
    await cx.refresh();
    const { item } = cx;
    // Still the same question: the reason belongs under its button.
    if (item?.phase === 'ready' && item.submission === submission) throw error;
    if (item?.phase === 'ready') cx.told = error.problem;
    else if (['wrong-state', 'case-closed', 'key-replaced'].includes(error.kind)) cx.overtaken = true;
    cx.draw();
  }
  await cx.refresh();
}

/** What is shown when a case has ended, or a person must say how it ended. */
export function endPart(cx, place) {
  let drawn = '';
  const anew = () => {
    if (cx.isFirst) return [h('div', { class: 'reach' }, nav('/devices/' + cx.item.mac, { class: 'button go' }, t('go_device')))];
    const start = button(t('new_case'), () => act(start, t('asking'), async () => {
      const made = await call('POST', '/cases', { mac: cx.item.mac });
      go('/cases/' + made.id);
    }), 'go');
    return [h('p', { class: 'quiet' }, t('new_case_note')), h('div', { class: 'reach' }, start)];
  };
  function refresh() {
    const { item } = cx;
    const users = S.devices.filter((device) => device.recorder && device.mac !== item.mac);
    const state = JSON.stringify([item.phase, item.ipv4, item.login, S.session.open, item.phase === 'done' && users.map((user) => [user.ipv4, user.serial_tail])]);
    if (state === drawn) return;
    drawn = state;
    if (item.phase === 'done') place.replaceChildren(...done(cx, users));
    else if (item.phase === 'unclear') place.replaceChildren(...unclear(cx));
    else if (['void', 'failed', 'cancelled'].includes(item.phase)) place.replaceChildren(...anew());
    else place.replaceChildren();
  }
  return { refresh };
}

function done(cx, users) {
  const { item, secret } = cx;
  const pw = cx.mine?.password;
  secret.key = secret.file = '';
  const next = S.cases.find((other) => other.open && other.id !== cx.id);
  return [h('div', { class: 'result' }, icon('tick', 'big c-go'), h('h2', null, t(cx.isFirst ? 'done_first' : 'done_title')), h('p', { class: 'num' }, `${item.ipv4 || ''} ${tail(item.serial_tail)}`)),
    pw ? passwordCard(pw, h('p', { class: 'quiet' }, t('done_write'))) : h('p', { class: 'quiet' }, t('done_elsewhere')),
    loginPart(cx),
    update(cx, users),
    h('div', { class: 'reach' }, next ? nav('/cases/' + next.id, { class: 'button go' }, t('done_next_case', { tail: next.serial_tail })) : nav('/', { class: 'button go' }, t('done_list')))];
}

const passwordCard = (password, ...more) => h('div', { class: 'card' }, h('div', { class: 'quiet' }, t('done_password')),
  h('div', { class: 'secret' }, password), copyButton(password, t('pw_label')), more);

/** Whoever logs in to this device with the old password will be locked out: say where to change it. */
function update(cx, users) {
  const { item } = cx;
  const address = item.ipv4 || tail(item.serial_tail);
  const me = S.devices.find((device) => device.mac === item.mac);
  if (cx.isFirst) return remark('need', h('b', null, t('update_first')), h('p', null, t('update_first_what', { address })));
  if (me?.recorder) return remark('need', h('b', null, t('update_apps')), h('p', null, t(cx.mine?.sync ? 'update_synced' : 'update_apps_what', { address })));
  return remark('need', h('b', null, t('update_title')), h('p', null, t(users.length ? 'update_these' : 'update_what', { address })),
    users.length > 0 && h('ul', { class: 'users' }, users.slice(0, 6).map((user) => h('li', null, h('b', null, user.model), ' ',
      user.ipv4 ? webLink(user, user.ipv4, 'num') : t('no_address'), ' ', h('span', { class: 'num quiet' }, tail(user.serial_tail))))),
    h('p', null, t('update_why')));
}

function unclear(cx) {
  const me = S.devices.find((device) => device.mac === cx.item.mac);
  const tell = (worked, classes) => {
    const made = button(t(worked ? 'unclear_worked' : 'unclear_not'), () => act(made, '', async () => {
      await call('POST', `/cases/${cx.id}/resolve`, { worked });
      await cx.refresh();
    }), classes);
    return made;
  };
  return [notice({ title: t('unclear_title'), detail: t('unclear_what'), hint: '' }, 'need'),
    cx.mine && passwordCard(cx.mine.password),
    loginPart(cx),
    me?.ipv4 && h('p', null, webLink(me, t('web_page'), 'button wide')),
    h('div', { class: 'pair' }, tell(true, 'go'), tell(false, ''))].filter(Boolean);
}

/** Does the new password log in? The box tries it once, on the device's own page. */
function loginPart(cx) {
  const { item } = cx;
  if (item.login === 'checking') return h('p', { role: 'status' }, icon('ring', 'c-go turn'), ' ', t('login_checking'));
  if (item.login === 'worked') return remark('good', h('b', null, t('login_worked')));
  if (item.login !== 'untried') return item.login && remark('need', h('b', null, t('login_not')), h('p', null, t('login_' + item.login)));
  const field = !cx.mine && h('input', { type: 'password', autocomplete: 'off', maxlength: '64', name: 'check-password', 'aria-label': t('done_password'), placeholder: t('done_password') });
  const check = button(t('login_check'), () => act(check, t('login_checking'), async () => {
    try { await call('POST', `/cases/${cx.id}/login-check`, { password: cx.mine ? cx.mine.password : field.value }); } catch (error) {
      // What came of a try is told by the case itself; here only why there was none.
      if (!(error instanceof Fail) || !['login-refused', 'login-locked', 'login-odd', 'login-used'].includes(error.kind)) throw error;
    }
    await cx.refresh();
  }), 'wide');
  return h('div', { class: 'card' }, h('p', { class: 'quiet' }, t('login_note')), field, check);
}
