// The pages that ask about requests: the live tail and the explanation of one request.
import { get, tail } from './api.js';
import { badge, element, facts, field, link, panel, statusBadge, table } from './dom.js';
import { milliseconds } from './plot.js';

const shown = 200;

export async function live(main) {
  const rows = element('tbody', {});
  const state = element('span', { role: 'status', class: 'quiet' }, 'waiting for requests');
  let control = new AbortController();
  let count = 0;
  const heads = ['Time', 'Client', 'Method', 'Host and path', 'Status', 'Duration', 'Router', 'Server', 'Reason'];
  const line = (r) => element('tr', {}, [
    new Date(r.time).toLocaleTimeString(), r.client, r.method, element('code', {}, `${r.host}${r.path}`),
    statusBadge(r.status), milliseconds(r.durationMs), r.router ? link(r.router, 'http', 'routers', r.router) : '–',
    r.server || '–', r.reason || ''].map((cell) => element('td', {}, cell)));
  const start = () => {
    control.abort();
    control = new AbortController();
    tail(Object.fromEntries(new FormData(form)), (r) => {
      rows.prepend(line(r));
      while (rows.childElementCount > shown) rows.lastElementChild.remove();
      state.textContent = `${++count} requests`;
    }, control.signal).catch((error) => {
      if (error.name !== 'AbortError') state.textContent = `ended: ${error.message}`;
    });
  };
  const form = element('form', { class: 'line', onsubmit: (event) => { event.preventDefault(); start(); } },
    field('Router', 'router'), field('Service', 'service'), field('Host', 'host'), field('Path begins with', 'path'),
    field('Method', 'method'), field('Status, such as 404 or 5xx', 'status'), element('button', {}, 'Follow'),
    element('button', { type: 'button', class: 'second', onclick: () => { control.abort(); state.textContent = 'paused'; } }, 'Pause'));
  main.replaceChildren(element('h1', {}, 'Live requests'), form, element('p', {}, state),
    element('section', { class: 'panel tail scroll', tabindex: 0, 'aria-label': 'Requests, newest first' },
      element('table', {}, element('thead', {}, element('tr', {}, heads.map((h) => element('th', { scope: 'col' }, h)))), rows)));
  start();
  return () => control.abort();
}

function verdict(candidate) {
  return element('ul', { class: 'plain' }, (candidate.matchers ?? []).map((m) =>
    element('li', {}, badge(m.matched ? 'yes' : 'no'), ' ', element('code', {}, m.matcher))));
}

function answer(e) {
  const step = (kind, content) => element('li', {}, element('span', { class: 'step' }, element('span', { class: 'kind' }, kind), content));
  return [
    panel('Outcome', element('p', {}, e.winner
      ? [badge('matched', 'good'), ' ', link(e.winner.router, 'http', 'routers', e.winner.router), ' ', e.winner.why]
      : [badge(e.outcome, 'bad'), ' ', e.why ?? '']),
    element('ol', { class: 'chain' }, step('entry point', e.entryPoint ?? '–'), e.winner ? step('router', e.winner.router) : '',
      (e.middlewares ?? []).map((m) => step(m.origin ? `middleware of ${m.origin}` : 'middleware', `${m.name} (${m.type})`)),
      e.service ? step('service', e.service.name) : ''),
    e.service ? table('Servers', [
      { name: 'Address', cell: (s) => element('code', {}, s.url) },
      { name: 'State', cell: (s) => badge(s.status) },
      { name: 'Weight', number: true, cell: (s) => String(s.weight ?? 1) }], e.service.servers ?? []) : ''),
    panel('Candidates', table('Routers that were looked at, in order', [
      { name: 'Router', cell: (c) => link(c.router, 'http', 'routers', c.router) },
      { name: 'Priority', number: true, cell: (c) => String(c.priority) },
      { name: 'Rule', cell: (c) => element('code', {}, c.rule) },
      { name: 'Matches', cell: (c) => badge(c.matched ? 'yes' : 'no') },
      { name: 'Matchers', cell: verdict },
      { name: 'Why', cell: (c) => c.why }], e.candidates ?? [])),
    panel('As routed', facts(Object.entries(e.request ?? {}).map(([name, value]) => [name, element('code', {}, String(value))]))),
  ];
}

export async function explain(main, query) {
  const out = element('div', { 'aria-live': 'polite' });
  const ask = async () => {
    const data = new FormData(form);
    const input = { method: data.get('method'), url: data.get('url'), clientIP: data.get('clientIP'), entryPoint: data.get('entryPoint'),
      header: data.get('headers').split('\n').map((h) => h.trim()).filter(Boolean) };
    try {
      out.replaceChildren(...answer(await get('v1/explain', input)));
    } catch (error) {
      out.replaceChildren(panel('', element('p', {}, badge('error'), ' ', error.message)));
    }
  };
  const url = field('URL', 'url', query.get('url') ?? 'http://');
  url.className = 'wide';
  const form = element('form', { class: 'line', onsubmit: (event) => { event.preventDefault(); ask(); } },
    field('Method', 'method', 'GET', ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']), url,
    field('Client address', 'clientIP'), field('Entry point', 'entryPoint'),
    element('label', {}, 'Headers, one a line', element('textarea', { name: 'headers', rows: 2, cols: 30, spellcheck: 'false' })),
    element('button', {}, 'Explain'));
  main.replaceChildren(element('h1', {}, 'Why does a request go there?'), form, out);
  if (query.get('url')) await ask();
}
