'use strict';
// The demo's drawer: a phone that plays the vendor's app, and strings to pull at the cameras.
(() => {
  const drawer = document.getElementById('drawer');
  const guide = document.getElementById('guide');
  const el = (tag, props = {}, ...kids) => {
    const made = Object.assign(document.createElement(tag), props);
    made.append(...kids.flat().filter(Boolean));
    return made;
  };
  async function ask(method, path) {
    const answer = await fetch('/demo/' + path, { method });
    const data = await answer.json();
    if (!answer.ok) throw new Error(data.problem || data.detail || `HTTP ${answer.status}`);
    return data;
  }
  let state = null;
  let cameras = [];
  const issued = { key: '', form: '' };
  const app = { page: 'menu', scanned: null, seen: false };

  // ---- what to do next ------------------------------------------------------------------------
  const STEPS = [
    ['Pick a camera', 'On the box: ok opens the camera, ok again is “Forgot password”, then hold ok.'],
    ['Scan its QR', 'On the played phone here: Others, then scan the box’s screen.'],
    ['Get the key', 'Label photo, terms, Confirm: the vendor approves and shows a key.'],
    ['Enter key and password', 'Open the phone page and its case: enter the key, take the password.'],
    ['Send', 'Compare and send. “Reset Password Succeeded”.'],
  ];
  function step() {
    const open = state.cases.filter((item) => item.open);
    if (state.cases.some((item) => item.phase === 'done') && !open.length) return 5;
    if (open.some((item) => ['ready', 'exchanging', 'sending'].includes(item.phase))) return 4;
    if (!open.length) return 0;
    return issued.key ? 3 : app.scanned ? 2 : 1;
  }
  function drawGuide() {
    const now = step();
    guide.hidden = false;
    guide.replaceChildren(...STEPS.map(([title, what], n) => el('li', { className: n === now ? 'now' : n < now ? 'past' : '' }, el('b', {}, `${n + 1}. ${title}`), what)));
    const link = document.getElementById('phone');
    const item = state.cases.find((found) => found.open);
    link.href = item ? '/cases/' + item.id : '/';
  }

  // ---- the phone ------------------------------------------------------------------------------
  const screen = el('div', { className: 'screen', id: 'app' });
  const phone = el('div', { className: 'phone' }, el('div', { className: 'title' }, 'Hik-Partner Pro', el('small', {}, 'played by this demo')), screen);
  function to(page) { app.page = page; drawApp(); }
  const button = (text, onclick, className = '') => el('button', { type: 'button', textContent: text, onclick, className });
  const bad = (text) => el('div', { className: 'bad', role: 'alert' }, text);
  const p = (text, className = '') => el('p', { className, textContent: text });
  const PAGES = {
    menu: () => [p('Toolkit › Online Support Case › New Case › Device Password Reset', 'crumb'), p('How is the device reached?'),
      button('Others: scan the QR code', () => to('scan'), 'go'),
      button('Device on LAN (SADP)', () => to('lan')),
      p('The box’s checklist says: never the second one. Try it, with a case open, to see why.', 'quiet')],
    lan: () => [p('Device on LAN (SADP)', 'crumb'), bad('This branch asks the camera for a new code. The code that the box shows becomes void.'),
      button('Do it anyway', async () => { await pull('export'); to('menu'); }), button('Back', () => to('menu'))],
    scan: () => {
      const note = el('div');
      const view = el('canvas');
      const source = document.getElementById('glass');
      view.width = source.width; view.height = source.height;
      view.getContext('2d').drawImage(source, 0, 0);
      return [p('Others › scan the device’s QR code', 'crumb'), el('div', { className: 'view' }, view),
        button('Scan the box’s screen', async () => {
          try { app.scanned = await ask('POST', 'scan'); issued.key = ''; to('photo'); drawGuide(); } catch (error) { note.replaceChildren(bad(error.message)); }
        }, 'go'), note, button('Back', () => to('menu'))];
    },
    photo: () => {
      const camera = chosen();
      return [el('div', { className: 'good' }, `Read: ${app.scanned.bytes} bytes, ending in ${app.scanned.ends}`), p('Photo of the device’s label'),
        el('div', { className: 'label' }, el('b', {}, camera ? camera.model : 'IP camera'), el('br'), 'S/N …' + app.scanned.ends, el('br'), 'DC 12 V / PoE  CE  ♻'),
        button('Take the photo', () => to('terms'), 'go')];
    },
    terms: () => {
      const agree = el('input', { type: 'checkbox', id: 'agree', onchange: () => { confirm.disabled = !agree.checked; } });
      const confirm = button('Confirm', async () => {
        to('wait');
        await new Promise((done) => setTimeout(done, 1200));
        try { const answer = await ask('POST', 'issue'); issued.key = answer.text; issued.form = answer.form; to('key'); } catch (error) { app.declined = error.message; to('declined'); }
        drawGuide();
      }, 'go');
      confirm.disabled = true;
      return [p('Terms of service', 'crumb'), p('I own this device or act for its owner.'), el('label', {}, agree, 'I agree to the terms'), confirm];
    },
    wait: () => [p('Submitted. The vendor looks at it: minutes to days in life, a second here.')],
    declined: () => [bad(app.declined), button('Start again', () => { app.scanned = null; to('menu'); })],
    key: () => {
      const mistyped = issued.key.startsWith('Z') ? 'Y' + issued.key.slice(1) : 'Z' + issued.key.slice(1);
      const shown = el('div', { className: 'key' + (issued.form === 'file' ? ' long' : ''), id: 'issued', textContent: issued.key });
      const copy = button('Copy', async () => { try { await navigator.clipboard.writeText(shown.textContent); copy.textContent = 'Copied'; } catch { getSelection().selectAllChildren(shown); } });
      const save = issued.form === 'file' && el('a', { className: 'file', href: 'data:application/octet-stream,' + encodeURIComponent(issued.key + '\r\n'), download: 'answer.xml', textContent: 'Save the file' });
      return [el('div', { className: 'good' }, `Approved for …${app.scanned.ends}`), p(issued.form === 'file' ? 'Your file:' : 'Your reset key:'), shown, copy, save,
        p('Enter it on the phone page or with the box’s keys.', 'quiet'),
        issued.form === 'key' && button('Mistype it: show a wrong key', () => { shown.textContent = mistyped; shown.style.borderColor = '#d55e00'; }),
        button('Next case', () => { app.scanned = null; issued.key = ''; to('menu'); drawGuide(); })];
    },
  };
  function drawApp() { screen.replaceChildren(...PAGES[app.page]().filter(Boolean)); screen.dataset.page = app.page; }

  // ---- what can go wrong ----------------------------------------------------------------------
  const select = el('select', { ariaLabel: 'Which camera' });
  const said = p('');
  said.setAttribute('role', 'status');
  const chosen = () => {
    const mac = app.scanned && state && state.cases.find((item) => item.open && app.scanned.ends === item.serial_tail)?.mac;
    return cameras.find((camera) => camera.mac === (mac || select.value));
  };
  const WHAT = { reboot: 'restarts', lock: 'is locked as after many wrong keys', expire: 'lets its code pass 48 hours', export: 'was asked for a new code by another client' };
  async function pull(what) {
    const camera = cameras.find((item) => item.mac === select.value);
    if (!camera) return;
    try {
      await ask('POST', `cameras/${camera.mac}/${what}`);
      said.textContent = `${camera.model} …${camera.serial_tail} ${WHAT[what]}.`;
    } catch (error) { said.textContent = error.message; }
  }
  const wrongs = el('div', { className: 'wrongs' }, el('h2', {}, 'Let something go wrong with'), select,
    el('div', { className: 'grid' }, button('Camera restarts', () => pull('reboot')), button('Camera is locked', () => pull('lock')), button('48 hours pass', () => pull('expire')), button('Another client asks', () => pull('export'))), said);
  async function look() {
    state = await (await fetch('/api/v1/state')).json();
    cameras = await ask('GET', 'cameras');
    const open = state.cases.find((item) => item.open);
    const keep = select.dataset.touched ? select.value : open?.mac || select.value;
    select.replaceChildren(...cameras.map((camera) => el('option', { value: camera.mac, textContent: `${camera.model} …${camera.serial_tail}` })));
    if (keep) select.value = keep;
    drawGuide();
  }
  select.addEventListener('change', () => { select.dataset.touched = '1'; });
  drawer.append(phone, wrongs);
  drawer.hidden = false;
  drawApp();
  look();
  new EventSource('/api/v1/events').addEventListener('view', look);
})();
