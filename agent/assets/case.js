// The page of a case: a path of five steps, for a first password of two; the current one is open, the others are
// folded with their answer.
import { back, button, fill, gone, h, icon, nav, notice, phaseWord, plural, remark, say, shape, t, tail, title } from './dom.js';
import { act, call, isSoon, leftText, refresh, S } from './box.js';
import { go } from './places.js';
import { appStep, codeStep } from './code.js';
import { keyStep, passwordStep } from './secret.js';
import { endPart, sendStep } from './send.js';

/** What this page remembers between reloads: how far the person got, never a key or a password. */
const memory = {
  read(id) { try { return JSON.parse(sessionStorage.getItem('case-' + id)) || {}; } catch { return {}; } },
  write(id, value) { try { sessionStorage.setItem('case-' + id, JSON.stringify(value)); } catch { /* private mode: begin at the first step */ } },
};
/** The phases in which nothing can be changed any more. */
const BUSY = ['exchanging', 'sending'];
/** The steps of a reset, and of a first password. */
const STEPS = { code: codeStep, app: appStep, key: keyStep, password: passwordStep, send: sendStep };
const [RESET, FIRST] = [Object.keys(STEPS), ['password', 'send']];

export function casePage(id) {
  const known = memory.read(id);
  known.ticks ??= {};
  let [item, signature, lastPhase, opened, steps] = [null, '', null, 0, null];
  /** What the steps share. The secrets are held by this page only and forgotten when it is left. */
  const cx = {
    id,
    known,
    secret: { key: '', file: '', asFile: null, password: '', mine: null },
    /** The case as the box told it last. */
    get item() { return item; },
    /** The vendor's answer is a file. */
    get asFile() { return this.secret.asFile ?? !item.typed_key; },
    /** The device has no password yet: there is nothing but one to choose. */
    get isFirst() { return item.kind === 'first-password'; },
    /** The name of the step that is open. */
    get step() { return names()[opened]; },
    get hasKey() { return Boolean(this.asFile ? this.secret.file : this.secret.key.length >= 4); },
    /** What waits, is being sent or was is what this page handed over: `{ submission, password, sync }`. */
    get mine() { return this.secret.mine?.submission === item.submission ? this.secret.mine : null; },
    /** Another page sent before this one could. */
    overtaken: false,
    /** Why something was not sent although the case goes on. */
    told: null,
    remember() { memory.write(id, known); },
    advance,
    draw,
    refresh,
    /** Goes back to an earlier step, keeping what was entered. */
    backTo(step) { known.step = step; this.remember(); },
  };
  const head = h('div');
  const live = h('div', { class: 'live', role: 'status' });
  const notes = h('div', { role: 'status' });
  const result = h('div');
  const path = h('ol', { class: 'path' });
  const close = button(t('close_case'), () => closeDialog(cx), 'plain');
  const foot = h('div', { class: 'links' }, close);
  const others = h('div');
  const parts = [live, notes, result, path, foot, others];
  const end = endPart(cx, result);

  function update() {
    item = S.cases.find((found) => found.id === id) || null;
    drawOthers();
    const sign = JSON.stringify([item && { ...item, left_s: 0 }, S.session.open, cx.overtaken, cx.told, recorders()]);
    if (sign === signature) return;
    signature = sign;
    for (const el of parts) el.hidden = !item;
    if (!item) { head.replaceChildren(...gone()); return; }
    if (!steps) build();
    if (item.phase !== lastPhase) phaseChanged();
    drawHead();
    drawNotes();
    for (const step of steps) step.refresh?.();
    drawPath();
    end.refresh();
    lastPhase = item.phase;
  }
  /** Draws again although the box told nothing new. */
  function draw() { signature = ''; update(); }
  const recorders = () => item && S.devices.filter((device) => device.recorder && device.mac !== item.mac).map((device) => device.mac);

  function drawHead() {
    const facts = `${item.ipv4} ${item.serial_tail} ${item.model}`;
    if (head.dataset.facts !== facts) {
      head.dataset.facts = facts;
      head.replaceChildren(back(), title(item.model),
        h('div', { class: 'facts-line' }, h('span', { class: 'ip' }, item.ipv4 || t('no_address')), ' ', h('span', null, tail(item.serial_tail))));
    }
    const mark = shape(item.phase, item.problem);
    live.hidden = item.phase === 'done';
    live.replaceChildren(...[mark && icon(...mark), h('span', null, phaseWord(item)),
      // Not part of what is read out: it changes all the time.
      item.open && item.left_s !== null && h('span', { class: 'num' + (isSoon(item) ? ' soon' : ''), 'data-left': id, 'aria-live': 'off' }, leftText(item))].filter(Boolean));
  }
  function drawNotes() {
    const list = [];
    if (cx.overtaken) list.push(['overtaken', () => remark('need', h('b', null, t('overtaken')), h('p', null, t('overtaken_what')))]);
    if (cx.told) list.push([JSON.stringify(cx.told), () => notice(cx.told)]);
    const { problem, doubt } = item;
    if (problem && item.phase !== 'unclear') list.push([JSON.stringify([item.attempts, problem]), () => notice(problem)]);
    if (doubt) list.push([JSON.stringify(doubt), () => notice(doubt, 'need')]);
    if (item.open) {
      const line = (word) => list.push([word, () => remark('need', word)]);
      if (item.lock_minutes) line(plural('locked_for', item.lock_minutes));
      if (!item.device_present) line(t('device_silent'));
      if (item.may_be_void) line(t('may_be_void'));
    }
    fill(notes, list, ([key]) => key, ([, make]) => make());
  }
  /** Other open cases: who works on many cameras goes straight from one to the next. */
  function drawOthers() {
    const list = item ? S.cases.filter((other) => other.open && other.id !== id) : [];
    fill(others, list.length ? ['head', ...list.slice(0, 8)] : [], (other) => (other === 'head' ? other : other.id + other.phase + other.serial_tail),
      (other) => (other === 'head' ? h('h2', null, t('other_cases')) : nav('/cases/' + other.id, { class: 'card row case slim' },
        h('span', { class: 'main' }, h('b', null, other.model), h('span', { class: 'facts-line' }, h('span', { class: 'ip' }, other.ipv4 || t('no_address')), ' ', h('span', null, tail(other.serial_tail)))),
        ' ', h('span', { class: 'state' }, h('span', null, phaseWord(other))))));
  }

  /** The step that the case itself asks for. */
  function due() {
    if (item.phase === 'ready' || BUSY.includes(item.phase)) return at('send');
    if (item.phase === 'exporting') return 0;
    return Math.min(reached(), at(cx.isFirst || cx.hasKey ? 'password' : 'key'));
  }
  const names = () => (cx.isFirst ? FIRST : RESET);
  const at = (name) => names().indexOf(name);
  /** The step to which the person got. */
  const reached = () => Math.max(0, at(known.step));
  function phaseChanged() {
    if (lastPhase && item.phase === 'awaiting' && item.problem) {
      // Refused: what was entered is looked at again, not typed again.
      known.step = item.problem.type.endsWith('risk-password') ? 'password' : 'key';
    }
    if (item.phase === 'ready') [cx.overtaken, cx.told] = [false, null];
    if (lastPhase) say(phaseWord(item));
    opened = due();
    if (lastPhase && (item.problem || !item.open || item.phase === 'unclear')) window.scrollTo(0, 0);
  }
  function advance(step) {
    known.step = step;
    cx.remember();
    opened = at(step);
    drawPath();
    steps[opened].head.focus({ preventScroll: true });
    steps[opened].el.scrollIntoView({ block: 'start' });
    steps[opened].enter?.();
  }
  function build() {
    steps = names().map((name) => STEPS[name](cx));
    steps.forEach((step, number) => {
      step.dot = h('span', { class: 'dot', 'aria-hidden': 'true' });
      step.answerEl = h('span', { class: 'answer' });
      step.titleEl = h('span');
      step.bodyEl = h('div', { class: 'body', id: 'step-' + number }, step.body);
      step.head = h('button', { type: 'button', class: 'head', 'aria-controls': 'step-' + number, onclick: () => {
        opened = opened === number ? due() : number;
        drawPath();
        if (opened === number) step.enter?.();
      } }, step.titleEl, ' ', step.answerEl);
      step.el = h('li', null, step.dot, h('h2', null, step.head), step.bodyEl);
    });
    path.replaceChildren(...steps.map((step) => step.el));
  }
  function drawPath() {
    const current = due();
    path.hidden = !item.open || item.phase === 'unclear';
    steps.forEach((step, number) => {
      const isOpen = opened === number;
      step.el.className = 'step' + (number === current ? ' now' : number < current ? ' past' : '');
      step.dot.replaceChildren(number < current ? icon('tick') : String(number + 1));
      step.titleEl.textContent = step.title();
      step.head.setAttribute('aria-expanded', String(isOpen));
      if (number === current) step.head.setAttribute('aria-current', 'step'); else step.head.removeAttribute('aria-current');
      step.head.disabled = number > current && number > reached() && !(number === at('password') && cx.hasKey);
      step.answerEl.textContent = !isOpen && number < current ? step.answer?.() || '' : '';
      step.bodyEl.hidden = !isOpen;
    });
    foot.hidden = !item.open || BUSY.includes(item.phase);
  }
  return { title: t('case'), update, el: [head, ...parts], leave() { for (const key of Object.keys(cx.secret)) cx.secret[key] = ''; } };
}

function closeDialog(cx) {
  const sure = button(t('close_do'), (event) => act(event.currentTarget, '', async () => {
    await call('DELETE', '/cases/' + cx.id);
    dialog.close();
    go('/');
    refresh();
  }), 'need');
  const dialog = h('dialog', { 'aria-labelledby': 'close-title' }, h('h2', { id: 'close-title' }, t('close_case')),
    h('p', null, t('close_sure', { tail: cx.item.serial_tail })), h('div', { class: 'pair' }, button(t('keep'), () => dialog.close()), sure));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
