// What is wrong with the page for somebody in the sun, in gloves, without a pointer, or without sight. Returns
// { wrong: [complaint, ...], pairs: how many pairs of colours were compared, least: the least contrast among them }.
const wrong = new Set();
const shown = (el) => el.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && !el.closest('.hidden, .sprite');
const name = (el) => `<${el.tagName.toLowerCase()}${el.id ? '#' + el.id : ''}${el.className?.trim ? '.' + el.className.trim().replace(/\s+/g, '.') : ''}> ${(el.textContent || '').trim().slice(0, 30)}`;
const dialog = document.querySelector('dialog[open]');
const inPlay = (el) => (dialog ? dialog.contains(el) : true);

// ---- colours ----------------------------------------------------------------------------------
const parse = (text) => {
  const parts = text.match(/[\d.]+/g)?.map(Number);
  if (!parts) return [0, 0, 0, 0];
  const [r, g, b, a = 1] = parts;
  return text.startsWith('color(') ? [r * 255, g * 255, b * 255, a] : [r, g, b, a];
};
const over = (top, below) => [0, 1, 2].map((n) => top[n] * top[3] + below[n] * (1 - top[3]));
const ground = (el) => {
  const layers = [];
  for (let at = el; at; at = at.parentElement) {
    const colour = parse(getComputedStyle(at).backgroundColor);
    if (colour[3]) layers.push(colour);
    if (colour[3] === 1) break;
  }
  return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
};
const light = (colour) => colour.map((n) => n / 255).map((n) => (n <= 0.03928 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4))
  .reduce((sum, n, at) => sum + n * [0.2126, 0.7152, 0.0722][at], 0);
const pairs = new Map();
const compare = (what, front, el, least) => {
  const below = ground(el);
  const [high, low] = [light(over(parse(front), below)), light(below)].sort((a, b) => b - a);
  const ratio = (high + 0.05) / (low + 0.05);
  const key = `${front} on ${below.map(Math.round)}`;
  pairs.set(key, Math.min(pairs.get(key) ?? 99, ratio));
  if (ratio < least) wrong.add(`${what} has a contrast of ${ratio.toFixed(2)}, not ${least}: ${key} in ${name(el)}`);
};
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const el = texts.currentNode.parentElement;
  if (!texts.currentNode.textContent.trim() || !shown(el) || ['SCRIPT', 'STYLE', 'TITLE'].includes(el.tagName)) continue;
  const style = getComputedStyle(el);
  const big = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
  compare('a text', style.color, el, big ? 3 : 4.5);
}
for (const el of document.querySelectorAll('svg.i')) {
  if (!shown(el)) continue;
  const style = getComputedStyle(el);
  const edge = el.querySelector('use').getAttribute('href') === '#i-triangle' && style.getPropertyValue('--need-edge').trim();
  const probe = document.createElement('i');
  probe.style.color = edge || style.color;
  el.parentElement.append(probe);
  compare('a picture', getComputedStyle(probe).color, el.parentElement, 3);
  probe.remove();
}
for (const el of document.querySelectorAll('input:not([type=checkbox], [type=radio]), .row8 i, .step .dot')) {
  if (!shown(el)) continue;
  const edge = getComputedStyle(el);
  if (parseFloat(edge.borderTopWidth)) compare('the edge of a field', edge.borderTopColor, el.parentElement, 3);
  if (el.placeholder) compare('a placeholder', getComputedStyle(el, '::placeholder').color, el, 4.5);
}

// ---- targets ----------------------------------------------------------------------------------
const controls = [...document.querySelectorAll('a[href], button, input, select, textarea, summary')].filter((el) => inPlay(el) && (shown(el) || (el.matches('.boxes input'))));
for (const el of controls) {
  const target = el.matches('[type=checkbox], [type=radio]') ? el.closest('label') : el;
  if (!target) { wrong.add('no label around ' + name(el)); continue; }
  const box = target.getBoundingClientRect();
  if (!box.width || getComputedStyle(target).display === 'inline') continue;
  if (box.height < 47.5 || box.width < 47.5) wrong.add(`a target of ${Math.round(box.width)} x ${Math.round(box.height)}: ${name(target)}`);
}

// ---- order and names ---------------------------------------------------------------------------
if (document.querySelectorAll('h1').length !== 1) wrong.add('not one h1');
let level = 0;
for (const el of document.querySelectorAll('h1, h2, h3')) {
  const own = Number(el.tagName[1]);
  if (own > level + 1) wrong.add('a heading skips a level: ' + name(el));
  level = own;
}
const ids = [...document.querySelectorAll('[id]')].map((el) => el.id);
for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) wrong.add('two elements called ' + id);
for (const el of document.querySelectorAll('[aria-describedby], [aria-labelledby], [aria-controls]'))
  for (const kind of ['aria-describedby', 'aria-labelledby', 'aria-controls'])
    for (const id of (el.getAttribute(kind) || '').split(' ').filter(Boolean)) if (!document.getElementById(id)) wrong.add(`${kind} leads nowhere: ${name(el)}`);
for (const el of document.querySelectorAll('img:not([alt])')) wrong.add('a picture without words: ' + name(el));
for (const el of document.querySelectorAll('[tabindex]')) if (el.tabIndex > 0) wrong.add('an order of its own: ' + name(el));
if (!['en', 'id'].includes(document.documentElement.lang)) wrong.add('no language');

// ---- room --------------------------------------------------------------------------------------
if (document.documentElement.scrollWidth > innerWidth) wrong.add(`the page is ${document.documentElement.scrollWidth} wide`);
for (const el of document.querySelectorAll('body *')) {
  if (!shown(el) || !inPlay(el)) continue;
  const box = el.getBoundingClientRect();
  if (box.width && (box.right > innerWidth + 1 || box.left < -1)) wrong.add('sticks out: ' + name(el));
  const style = getComputedStyle(el);
  if (style.overflowX === 'hidden' && el.scrollWidth > el.clientWidth + 1 && el.textContent.trim()) wrong.add('is cut: ' + name(el));
}
return { wrong: [...wrong], pairs: pairs.size, least: Math.min(99, ...pairs.values()) };
