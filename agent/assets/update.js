// Updates of the box's system, where it runs from a card with the image.
import { back, button, fill, gone, h, notice, remark, say, t, title } from './dom.js';
import { act, askPin, call, Fail, S } from './box.js';

export function updatePage() {
  if (!S.box.updates) return { title: t('not_found'), update() {}, el: gone() };
  const body = h('div');
  const bar = h('progress', { max: '1', value: '0', 'aria-label': t('up_sending'), hidden: true });
  const percent = h('p', { class: 'num', role: 'status' });
  const wrong = h('div', { role: 'alert' });
  const file = h('input', { type: 'file', accept: '.update', 'aria-label': t('up_choose'), name: 'update', onchange: chosen });
  let all = null;
  let sending = null;
  let loading = false;

  async function update() {
    if (loading || sending) return;
    loading = true;
    // Without an answer the last one stays; the strip on top says that the box is silent.
    all = await call('GET', '/update').catch(() => all);
    loading = false;
    if (all) draw();
  }

  function draw() {
    bar.hidden = !sending;
    if (!sending) percent.textContent = '';
    const parts = [['version', [all.version, all.slot], () => h('p', { class: 'num' }, t('up_runs', { v: all.version ?? '?', s: all.slot }))]];
    if (all.stage === 'starting') parts.push(['starting', all.next, () => remark('good', h('b', null, t('up_starting', { v: all.next })), h('p', null, t('up_starting_hint')))]);
    else if (all.stage === 'received') parts.push(['received', [all.next, all.busy], received]);
    else if (all.stage === 'receiving' && !sending) parts.push(['receiving', 0, () => remark('need', t('up_other'))]);
    else parts.push(['choose', !!sending, () => h('div', null, h('p', null, t('up_hint')), file)]);
    fill(body, parts, ([name, what]) => name + JSON.stringify(what), ([, , build]) => build());
    file.disabled = !!sending;
  }

  function received() {
    const go = button(t('up_start', { v: all.next }), () => act(go, t('up_starting', { v: all.next }), async () => {
      all = await call('POST', '/update/start', { version: all.next });
      draw();
    }), 'go');
    const drop = button(t('up_drop'), () => act(drop, '', async () => { all = await call('DELETE', '/update'); draw(); }), 'plain');
    return h('div', null, remark('good', h('b', null, t('up_checked', { v: all.next })), h('p', null, t('up_checked_hint'))),
      all.busy && remark('need', t('up_busy')), go, drop);
  }

  async function chosen() {
    const chosenFile = file.files[0];
    if (!chosenFile) return;
    wrong.replaceChildren();
    try {
      // Who may not act should not wait for a whole file first.
      if (!S.session.open && !await askPin()) return;
      if (chosenFile.size > all.largest) throw new Fail({ title: t('up_large'), detail: '', hint: t('up_large_hint'), culprit: 'operator' });
      all = await send(chosenFile);
      say(t('up_checked', { v: all.next }));
    } catch (error) {
      if (!(error instanceof Fail)) throw error;
      wrong.replaceChildren(notice(error.problem, 'bad'));
    } finally {
      sending = null;
      file.value = '';
    }
    await update();
  }

  /** fetch tells nothing of how much of a body has gone. */
  function send(bytes) {
    return new Promise((resolve, reject) => {
      sending = new XMLHttpRequest();
      const lost = () => reject(new Fail({ title: t('offline'), detail: '', hint: t('up_again'), culprit: 'box-fault' }));
      sending.open('POST', '/api/v1/update');
      sending.setRequestHeader('Content-Type', 'application/octet-stream');
      sending.upload.addEventListener('progress', (event) => {
        bar.max = event.total;
        bar.value = event.loaded;
        const done = Math.floor((100 * event.loaded) / event.total);
        percent.textContent = done < 100 ? t('up_percent', { n: done }) : t('up_checking');
      });
      sending.addEventListener('load', () => {
        let answer;
        try { answer = JSON.parse(sending.responseText); } catch { lost(); return; }
        if (sending.status === 200) resolve(answer); else reject(new Fail(answer));
      });
      for (const name of ['error', 'abort', 'timeout']) sending.addEventListener(name, lost);
      sending.send(bytes);
      draw();
    });
  }

  return { title: t('up_title'), update, leave: () => sending?.abort(), el: [back(), title(t('up_title')), body, bar, percent, wrong] };
}
