// Talking to the box: its API, its PIN, its state and the events that say "look again".
import { button, h, icon, main, notice, t } from './dom.js';

/** A request that was refused, with the problem as the box tells it. */
export class Fail extends Error {
  constructor(problem) { super(problem.title); this.problem = problem; }
  /** The last word of the problem's type: `wrong-state`. */
  get kind() { return String(this.problem.type || '').split(':').pop(); }
}

/** Asks the API; asks the person for the PIN first where the box wants one. */
export async function call(method, path, body) {
  let answer;
  try {
    answer = await fetch('/api/v1' + path, {
      method,
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
    });
  } catch { throw new Fail({ title: t('offline'), detail: '', hint: t('offline_next'), culprit: 'box-fault' }); }
  let data;
  try { data = await answer.json(); } catch {
    throw new Fail({ title: t('odd_answer'), detail: `HTTP ${answer.status}`, hint: t('reload_hint'), culprit: 'box-fault' });
  }
  if (answer.ok) return data;
  if (answer.status === 401 && path !== '/session' && await askPin()) return call(method, path, body);
  throw new Fail(data);
}

/** Runs what a button does: names what is being done, and shows beside the button what went wrong. */
export async function act(button_, doing, work) {
  const old = [...button_.childNodes];
  const place = button_.closest('.reach') ? main : button_.parentElement ?? main;
  place.querySelector(':scope > .own')?.remove();
  button_.disabled = true;
  if (doing) button_.replaceChildren(icon('ring', 'turn'), doing);
  try { return await work(); } catch (error) {
    if (!(error instanceof Fail)) throw error;
    const told = notice(error.problem);
    told.classList.add('own');
    told.setAttribute('role', 'alert');
    // The page may have been drawn anew meanwhile, without this button.
    if (place === main || !button_.isConnected) main.append(told); else button_.after(told);
    told.scrollIntoView({ block: 'nearest' });
    return undefined;
  } finally {
    button_.disabled = false;
    button_.replaceChildren(...old);
  }
}

let pinAsked = null;
/** Asks for the PIN; true when a session is open. */
export function askPin() {
  pinAsked ??= new Promise((resolve) => {
    const input = h('input', { inputmode: 'numeric', autocomplete: 'off', maxlength: '8', required: true, 'aria-label': t('pin_label'), 'aria-describedby': 'pin-what', name: 'pin' });
    const wrong = h('p', { class: 'wrong', role: 'alert' });
    const ok = h('button', { class: 'go', type: 'submit' }, t('pin_ok'));
    const form = h('form', { method: 'dialog' }, h('h2', { id: 'pin-title' }, t('pin_title')), h('p', { class: 'quiet', id: 'pin-what' }, t('pin_what')), input, wrong,
      h('div', { class: 'pair' }, button(t('cancel'), () => dialog.close()), ok));
    const dialog = h('dialog', { 'aria-labelledby': 'pin-title' }, form);
    let open = false;
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      ok.disabled = true;
      try {
        await call('POST', '/session', { pin: input.value.trim() });
        open = true;
        dialog.close();
      } catch (error) {
        if (!(error instanceof Fail)) throw error;
        wrong.textContent = `${error.problem.title}. ${error.problem.detail} ${error.problem.hint}`;
        input.focus();
      }
      input.value = '';
      ok.disabled = false;
    });
    dialog.addEventListener('close', () => {
      dialog.remove();
      pinAsked = null;
      resolve(open);
      if (open) { tellTime(); refresh(); }
    });
    document.body.append(dialog);
    dialog.showModal();
    input.focus();
  });
  return pinAsked;
}

/** A box without a clock learns the time from the first phone that may act. */
export function tellTime() {
  // Whether the box took it is the box's matter.
  if (S && !S.time && S.session.open) call('POST', '/time', { unix_ms: Date.now() }).catch(() => {});
}

// ---- the state ------------------------------------------------------------------------------

/** The box's state as it was told last; `null` before the first time. */
export let S = null;
let fetched = 0;
let running = null;
let again = false;
let shown = () => {};
/** Calls `what` whenever the state has been fetched again. */
export const whenTold = (what) => { shown = what; };

/** Fetches the state; whoever asks meanwhile gets the one after. */
export async function refresh() {
  if (running) { again = true; return running; }
  running = (async () => {
    do {
      again = false;
      try {
        S = await call('GET', '/state');
        fetched = performance.now();
        offline(false);
        shown();
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
  if (strip.hidden !== is) return;
  strip.hidden = !is;
  strip.textContent = is ? `${t('offline')} ${t('offline_next')}` : '';
}

/** Follows the box's events for as long as the page lives. */
export function follow() {
  const events = new EventSource('/api/v1/events');
  events.addEventListener('view', refresh);
  events.addEventListener('error', () => {
    // The browser comes back by itself, unless the box refused.
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, 5000);
    refresh();
  });
}

/** Seconds that a case has left now: the box said so when the state was fetched. */
export const secondsLeft = (item) => (item.left_s === null ? null : Math.max(0, item.left_s - (performance.now() - fetched) / 1000));
/** The same in words: `23:41 left`. */
export function leftText(item) {
  const seconds = secondsLeft(item);
  if (seconds === null) return '';
  const minutes = Math.ceil(seconds / 60);
  return t(item.left_at_most ? 'left_at_most' : 'left', { t: `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}` });
}
/** Less than 4 h are left of the 24 h that are promised. */
export const isSoon = (item) => item.may_be_void || (secondsLeft(item) ?? Infinity) < 28 * 3600;

/** Keeps every countdown on the page going. */
export function countDown() {
  for (const el of document.querySelectorAll('[data-left]')) {
    const item = S?.cases.find((known) => known.id === el.dataset.left);
    if (item) { el.textContent = leftText(item); el.classList.toggle('soon', isSoon(item)); }
  }
}
