// Words and elements: what every page is made of. No framework, no build step.

const words = JSON.parse(document.getElementById('words').textContent);

/** The page's language, `en` or `id`. */
export const LANG = document.documentElement.lang;
/** Where a page is shown. */
export const main = document.getElementById('main');

/** The word for a key, with its `{marks}` filled in. */
export const t = (key, fill = {}) => (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => fill[name] ?? '');
/** The same for a count: one thing may have a word of its own. */
export const plural = (key, n) => (n === 1 && words[key + '_1'] ? t(key + '_1', { n }) : t(key, { n }));
/** Whether there is a word for a key. */
export const has = (key) => key in words;
/** The end of a serial as every surface writes it. */
export const tail = (text) => (text ? '…' + text : '');

/** Tells a screen reader what a sighted person sees happen. */
export const say = (text) => { document.getElementById('said').textContent = text; };

/** An element: `onclick` and the like listen, what the element has as a property is set, the rest are attributes. */
export function h(tag, props, ...kids) {
  const el = document.createElement(tag);
  for (const [key, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) el.addEventListener(key.slice(2), value);
    else if (key in el && typeof value !== 'string') el[key] = value;
    else el.setAttribute(key, value === true ? '' : value);
  }
  el.append(...kids.flat(9).filter((kid) => kid !== null && kid !== undefined && kid !== false && kid !== ''));
  return el;
}

/** A picture of the sprite in the page's frame. */
export function icon(name, classes = '') {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  svg.setAttribute('class', 'i ' + classes);
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(ns, 'use');
  use.setAttribute('href', '#i-' + name);
  svg.append(use);
  return svg;
}

/** A link inside of this page's app. */
export const nav = (href, props, ...kids) => h('a', { href, 'data-nav': '', ...props }, ...kids);
export const back = () => nav('/', { class: 'back' }, icon('back'), t('cameras'));
export const title = (text) => h('h1', { tabindex: '-1' }, text);
/** A button that is ready to be wired: `(text, what it does, classes)`. */
export const button = (text, onclick, classes = '') => h('button', { type: 'button', class: classes, onclick }, text);
/** Where a case stands, in words: a first password has some of its own. */
export function phaseWord(item) {
  const own = `phase_${item.phase}_first`;
  return t(item.kind === 'first-password' && has(own) ? own : 'phase_' + item.phase);
}
/** What a page shows for an address that leads nowhere. */
export const gone = () => [back(), title(t('not_found')), h('p', null, t('not_found_hint'))];

/** Shape and colour of a case's state: the shape says it, the colour repeats it. */
export function shape(phase, problem) {
  switch (phase) {
    case 'exporting': case 'exchanging': case 'sending': return ['ring', 'c-go turn'];
    case 'done': return ['tick', 'c-go'];
    case 'unclear': case 'ready': return ['triangle', 'c-need'];
    case 'void': case 'failed': return ['octagon', 'c-bad'];
    case 'awaiting': return problem ? ['octagon', 'c-bad'] : ['ring', 'c-go'];
    default: return null;
  }
}

const SHAPES = { need: ['triangle', 'c-need'], bad: ['octagon', 'c-bad'], good: ['tick', 'c-go'] };
/** A framed remark. */
export const remark = (kind, ...kids) => h('div', { class: 'notice ' + kind }, icon(...SHAPES[kind]), h('div', null, kids));
/** A problem as the box tells it: who, what, next. */
export function notice(problem, kind = problem.culprit === 'device-refused' ? 'bad' : 'need') {
  const code = problem.code && !problem.detail.includes(problem.code) ? ` (${t('code_n', { n: problem.code })})` : '';
  return remark(kind, h('b', null, problem.title, code), problem.detail && h('p', null, problem.detail), problem.hint && h('p', null, problem.hint));
}

/** Copies a text with one tap. The clipboard interface exists only on https and localhost; the old way works everywhere. */
export function copyButton(text, label) {
  const word = h('span', null, t('copy'));
  const made = h('button', { type: 'button', class: 'small', 'aria-label': t('copy') + ': ' + label }, icon('copy'), word);
  made.addEventListener('click', async () => {
    try { await navigator.clipboard.writeText(text); } catch {
      const area = h('textarea', { class: 'hidden', 'aria-hidden': 'true' });
      area.value = text;
      made.after(area);
      area.select();
      document.execCommand('copy');
      area.value = '';
      area.remove();
      made.focus({ preventScroll: true });
    }
    word.textContent = t('copied');
    say(t('copied'));
    setTimeout(() => { word.textContent = t('copy'); }, 4000);
  });
  return made;
}

/** Rows of `[key of the label, value, may be copied]`; rows without a value are left out. */
export const facts = (rows) => h('dl', { class: 'facts' }, rows.filter((row) => row[1]).map(([key, value, copy]) =>
  h('div', { class: copy && 'copied' }, h('dt', null, t(key)), h('dd', null, value), copy && h('dd', { class: 'do' }, copyButton(value, t(key))))));

/** Replaces `list`'s children, keeping those whose key is there already: focus and what was read out stay. */
export function fill(list, items, keyOf, build) {
  const known = new Map([...list.children].map((el) => [el.dataset.key, el]));
  const wanted = items.map((item) => {
    const key = keyOf(item);
    const el = known.get(key) ?? build(item);
    el.dataset.key = key;
    return el;
  });
  if (wanted.length === list.children.length && wanted.every((el, at) => list.children[at] === el)) return;
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  list.replaceChildren(...wanted);
  // A card that changed is a new element: the focus goes to the one with the same address.
  const same = focused && (focused.isConnected ? focused : wanted.find((el) => el.href && el.href === focused.href));
  if (same) same.focus({ preventScroll: true });
}
