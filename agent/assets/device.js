// A device: what it is, what can be done about its password, and the way to its case.
import { button, facts, gone, back, h, nav, remark, t, title } from './dom.js';
import { act, call, S } from './box.js';
import { go } from './places.js';

const NOTES = [['gone', 'note_gone'], ['may_refuse', 'note_may_refuse'], ['cloud_bound', 'note_cloud'], ['doubled_serial', 'note_doubled_serial'], ['doubled_mac', 'note_doubled_mac']];

/** The address of a device's own web page. */
export const webPage = (item) => `http://${item.ipv4}${item.http_port && item.http_port !== 80 ? ':' + item.http_port : ''}/`;
/** A link there, in a window of its own: it is not the box's. */
export const webLink = (item, text, classes) => h('a', { class: classes, href: webPage(item), target: '_blank', rel: 'noreferrer noopener' }, text);

export function devicePage(mac) {
  const body = h('div');
  let signature = '';
  let lamp = false;
  // Everything it says about itself; also the devices that the state leaves out when there are very many.
  let whole = null;
  call('GET', '/devices/' + mac).then((item) => { whole = item; signature = ''; update(); }).catch(() => {});
  function update() {
    const item = S.devices.find((device) => device.mac === mac) || whole;
    const sign = JSON.stringify(item && { ...item, silent_s: 0 });
    if (sign === signature) return;
    signature = sign;
    const focused = document.activeElement?.id;
    body.replaceChildren(...(item ? build(item) : gone()).flat(9).filter(Boolean));
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }
  function build(item) {
    const blink = button(t(lamp ? 'blink_stop' : 'blink'), () => act(blink, t('blinking'), async () => {
      await call('POST', `/devices/${mac}/lamp`, { on: !lamp });
      lamp = !lamp;
    }).then(() => { blink.textContent = t(lamp ? 'blink_stop' : 'blink'); }), 'small');
    blink.id = 'blink';
    const first = item.way === 'activate';
    const offers = first || item.way === 'typed-key' || item.way === 'key-file';
    const start = button(t(first ? 'first_set' : 'forgot'), () => act(start, first ? '' : t('asking'), async () => {
      const made = await call('POST', '/cases', { mac });
      go('/cases/' + made.id);
    }), 'go');
    start.id = 'start';
    const others = whole?.other || [];
    return [back(), title(item.model),
      NOTES.filter(([key]) => item[key]).map(([, word]) => remark('need', t(word))),
      facts([['address', item.ipv4 || t('no_address'), item.ipv4], ['serial', item.serial, true], ['firmware', item.firmware, true], ['mac', item.mac],
        ['brand', item.brand], ['boot_time', item.boot_time], ['heard_on', item.links.join(', ')]]),
      h('p', null, t('way_' + item.way)),
      item.owner_ways.length > 0 && h('p', { class: 'quiet' }, t('owner_ways') + ': ' + item.owner_ways.map((way) => t('owner_' + way)).join(', ') + '.'),
      offers && !item.case_open && h('p', { class: 'quiet' }, t(first ? 'first_note' : 'forgot_note')),
      h('div', { class: 'pair' }, item.lamp !== 'cannot' && blink, item.ipv4 && webLink(item, t('web_page'), 'button')),
      others.length > 0 && h('details', null, h('summary', null, t('more_facts')), h('table', null, others.map((field) =>
        h('tr', null, h('th', { scope: 'row' }, field.name), h('td', null, field.value))))),
      item.case_open ? h('div', { class: 'reach' }, nav('/cases/' + item.case, { class: 'button go', id: 'to-case' }, t('go_case')))
        : offers && h('div', { class: 'reach' }, start)];
  }
  return { title: t('model'), update, el: [body] };
}
