// Where we are: the addresses inside of the page, the way back, and the language.
import { gone, main, t } from './dom.js';
import { S } from './box.js';

let routes = [];
let page = null;
const scrolls = new Map();
let place = 0;

/** Takes the page over from the server's reading form. `routes`: pairs of a pattern and what builds the page. */
export function start(table) {
  routes = table;
  history.scrollRestoration = 'manual';
  place = history.state?.place ?? 0;
  open(false);
}

/** Goes to an address of this page. */
export function go(path) {
  scrolls.set(place, window.scrollY);
  history.pushState({ place: ++place }, '', path);
  scrolls.delete(place);
  open(true);
}

/** Shows the state on the page that is open. */
export function show() {
  const doing = document.getElementById('doing');
  const words = t('ind_' + S.indicator);
  if (doing.textContent !== words) doing.textContent = words;
  page?.update();
}

function open(moved) {
  page?.leave?.();
  const path = location.pathname;
  const [found, build] = routes.map(([pattern, make]) => [pattern.exec(path), make]).find(([match]) => match)
    || [null, () => ({ title: t('not_found'), update() {}, el: gone() })];
  page = build(found && decodeURIComponent(found[1] ?? ''));
  main.replaceChildren(...page.el);
  show();
  document.title = `${page.title} · ${S.box.name}`;
  window.scrollTo(0, scrolls.get(place) ?? 0);
  if (moved) (main.querySelector('h1[tabindex]') || main).focus({ preventScroll: true });
}

window.addEventListener('popstate', (event) => {
  for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close();
  if (!page) return;
  scrolls.set(place, window.scrollY);
  place = event.state?.place ?? 0;
  open(true);
});
document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-nav]');
  if (!page || !link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  if (link.pathname !== location.pathname) go(link.pathname);
});
for (const link of document.querySelectorAll('a[data-lang]')) {
  link.addEventListener('click', (event) => {
    event.preventDefault();
    document.cookie = `resetbox_lang=${link.lang}; path=/; max-age=31536000; SameSite=Strict`;
    location.replace(location.pathname);
  });
}
