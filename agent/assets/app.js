// The phone page: one state from the box, a few pages that show it.
import { call, countDown, follow, refresh, S, tellTime, whenTold } from './box.js';
import { h, t } from './dom.js';
import { show, start } from './places.js';
import { homePage } from './list.js';
import { devicePage } from './device.js';
import { diagnosisPage, logPage } from './books.js';
import { casePage } from './case.js';

/** Updates are rare: their page comes when it is asked for. */
function updatePage() {
  const place = h('div');
  let page = null;
  let left = false;
  import('./update.js').then(({ updatePage: build }) => {
    if (left) return;
    page = build();
    place.replaceChildren(...page.el);
    page.update();
  });
  return { title: t('up_title'), update: () => page?.update(), leave: () => { left = true; page?.leave?.(); }, el: [place] };
}

/** The one-time link's token is used and taken out of the address before anything else can see it. */
async function enter() {
  const token = /^#t=([\w-]+)$/.exec(location.hash);
  if (!token) return;
  history.replaceState(history.state, '', location.pathname);
  // One that was used already opens nothing: then the PIN is asked for.
  await call('POST', '/session', { token: token[1] }).catch(() => {});
}

await enter();
await refresh();
if (S) {
  start([
    [/^\/$/, homePage],
    [/^\/devices\/([^/]+)$/, devicePage],
    [/^\/cases\/([^/]+)$/, casePage],
    [/^\/diagnosis$/, diagnosisPage],
    [/^\/log$/, logPage],
    [/^\/update$/, updatePage],
  ]);
  whenTold(show);
  tellTime();
  follow();
  setInterval(countDown, 10000);
} else setTimeout(() => location.reload(), 5000);
