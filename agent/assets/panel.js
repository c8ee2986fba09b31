'use strict';
// The panel mirror: the glass pixel for pixel, the indicators as they blink, the keys.
const glass = document.getElementById('glass');
const trouble = document.getElementById('trouble');
function complain(text) {
  trouble.hidden = !text;
  trouble.textContent = text || '';
}

// ---- the glass ------------------------------------------------------------------------------
let wanted = null;
let drawing = false;
const strip = document.getElementById('strip');
async function draw(news) {
  wanted = news;
  if (drawing) return;
  drawing = true;
  while (wanted) {
    const now = wanted;
    wanted = null;
    try {
      const answer = await fetch('/api/v1/panel/frame.png?n=' + now.number, { cache: 'no-store' });
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      const picture = await createImageBitmap(await answer.blob());
      show(picture, now);
      complain('');
    } catch (error) { complain(`The picture could not be fetched: ${error.message}. Is the box still running?`); }
  }
  drawing = false;
}
function show(picture, news) {
  glass.width = picture.width;
  glass.height = picture.height;
  glass.getContext('2d').drawImage(picture, 0, 0);
  // Whole numbers only: a QR of broken pixels would prove nothing.
  const room = Math.min(document.documentElement.clientWidth - 76, 680);
  const scale = Math.max(1, Math.floor(room / picture.width));
  glass.style.width = picture.width * scale + 12 + 'px';
  glass.classList.toggle('asleep', news.asleep);
  const mm = (pixels) => (pixels * news.pitch_um / 1000).toFixed(1);
  document.getElementById('pitch').textContent = `${picture.width} × ${picture.height} pixels of ${(news.pitch_um / 1000).toFixed(4)} mm: the real glass is ${mm(picture.width)} × ${mm(picture.height)} mm. Shown ${scale}×. Backlight ${news.brightness} %.`;
  const still = document.createElement('canvas');
  still.width = picture.width;
  still.height = picture.height;
  still.getContext('2d').drawImage(picture, 0, 0);
  strip.prepend(still);
  while (strip.children.length > 10) strip.lastChild.remove();
  picture.close();
}

// ---- the indicators -------------------------------------------------------------------------
let lights = null;
let since = 0;
const bulbs = ['rgb', 'l0', 'l1', 'l2'].map((id) => document.getElementById(id));
const at = (table, step) => table.findLast((change) => change[0] <= step) || table[0];
function blink() {
  if (lights) {
    const step = Math.floor((performance.now() - since) / lights.step_ms);
    const later = step >= 200;
    const [, r, g, b] = at(later ? lights.rgb_later : lights.rgb, step % 200);
    paint(bulbs[0], r || g || b ? `rgb(${r} ${g} ${b})` : '');
    const three = at(later ? lights.three_later : lights.three, step % 200);
    ['#0072b2', '#56b4e9', '#d55e00'].forEach((colour, n) => paint(bulbs[n + 1], three[n + 1] ? colour : ''));
  }
  requestAnimationFrame(blink);
}
function paint(bulb, colour) {
  if (bulb.dataset.colour === colour) return;
  bulb.dataset.colour = colour;
  bulb.style.background = colour;
  bulb.style.boxShadow = colour ? `0 0 12px 2px ${colour}` : '';
}

// ---- the keys -------------------------------------------------------------------------------
let sending = Promise.resolve();
/** One after the other: a release must not overtake its press. */
function key(button, edge) {
  sending = sending.then(async () => {
    try {
      const answer = await fetch('/api/v1/panel/keys', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ button, edge }) });
      if (!answer.ok) complain((await answer.json()).hint);
    } catch { complain('The key did not reach the box. Is it still running?'); }
  });
  document.querySelector(`[data-key=${button}]`)?.classList.toggle('down', edge === 'pressed');
}
const held = new Set();
function press(button) { if (!held.has(button)) { held.add(button); key(button, 'pressed'); } }
function release(button) { if (held.delete(button)) key(button, 'released'); }
for (const el of document.querySelectorAll('[data-key]')) {
  const button = el.dataset.key;
  el.addEventListener('pointerdown', (event) => { el.setPointerCapture(event.pointerId); press(button); });
  for (const end of ['pointerup', 'pointercancel', 'lostpointercapture']) el.addEventListener(end, () => release(button));
}
const TWINS = { ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'left', ArrowRight: 'right', Enter: 'ok', ' ': 'ok', Escape: 'back', Backspace: 'back' };
document.addEventListener('keydown', (event) => {
  const el = event.target.closest('[data-key]');
  const twin = el && (event.key === 'Enter' || event.key === ' ') ? el.dataset.key : TWINS[event.key];
  if (!twin || (!el && event.target.closest('button, a, input, select, textarea'))) return;
  event.preventDefault();
  if (!event.repeat) press(twin);
});
document.addEventListener('keyup', () => { for (const button of [...held]) release(button); });
window.addEventListener('blur', () => { for (const button of [...held]) release(button); });

function follow() {
  const events = new EventSource('/api/v1/panel');
  events.addEventListener('frame', (event) => draw(JSON.parse(event.data)));
  events.addEventListener('lights', (event) => {
    lights = JSON.parse(event.data);
    since = performance.now() - lights.elapsed_ms;
  });
  events.addEventListener('error', () => {
    complain('The box does not answer.');
    if (events.readyState === 2) setTimeout(follow, 3000);
  });
}
(async () => {
  const state = await (await fetch('/api/v1/state')).json();
  document.getElementById('name').textContent = state.box.name;
  if (!state.session.open) {
    complain('The box’s screen needs its PIN: open the phone page, log in there, then reload this page.');
    return;
  }
  follow();
  blink();
  // The demo brings its own script; a real box has none.
  const demo = await fetch('/demo/cameras');
  if (demo.ok) {
    const script = document.createElement('script');
    script.src = '/demo/demo.js';
    document.body.append(script);
  }
})();
