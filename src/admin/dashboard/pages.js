// The pages that list and show objects of the configuration in force.
import { get, list } from './api.js';
import { badge, element, facts, field, link, panel, table } from './dom.js';
import { history, newest, onSample, total } from './traffic.js';
import { milliseconds, perSecond, plot } from './plot.js';

const problems = (object) => [object.error ?? []].flat();

function trafficPanels(group, name) {
  const box = element('div', { class: 'grid' });
  const draw = () => {
    if (!newest()) return;
    const h = history(group, name);
    const all = total(group, name);
    box.replaceChildren(
      panel('Requests', plot('Requests a second', [
        { name: 'requests', colour: '--series1', points: h.requests },
        { name: 'server errors', colour: '--series2', points: h.errors }], perSecond),
      element('p', { class: 'quiet' }, `${all.requests} since the start, ${all.errors} of them server errors`)),
      panel('Latency', plot('Latency', [
        { name: 'mean', colour: '--series1', points: h.mean },
        { name: '99th percentile, at most', colour: '--series3', points: h.p99 }], milliseconds)));
  };
  draw();
  return [box, onSample(draw)];
}

export async function overview(main) {
  const [o, entryPoints, diagnostics, changes] = await Promise.all([
    get('overview'), list('entrypoints'), get('v1/diagnostics').then((d) => d.diagnostics),
    get('v1/changes').then((c) => c.changes)]);
  const [plots, stop] = trafficPanels('entryPoints');
  const count = (kind, name, s) => s && s.total > 0 ? [kind + ' ' + name, element('span', {},
    link(String(s.total), kind.toLowerCase(), name), ' ',
    s.errors ? badge(`${s.errors} with errors`, 'bad') : '', ' ', s.warnings ? badge(`${s.warnings} with warnings`, 'warn') : '')] : ['', ''];
  const sections = ['http', 'tcp', 'udp'].flatMap((kind) => Object.entries(o[kind] ?? {})
    .map(([name, s]) => count(kind.toUpperCase(), name, s)));
  const errors = diagnostics.filter((d) => d.severity === 'error').length;
  main.replaceChildren(element('h1', {}, 'Overview'), plots, element('div', { class: 'grid' },
    panel('Objects', facts(sections)),
    panel('Entry points', facts(entryPoints.map((e) => [e.name, element('code', {}, e.address)]))),
    panel('What needs attention', diagnostics.length === 0
      ? element('p', {}, badge('nothing', 'good'))
      : element('p', {}, link(`${errors} errors, ${diagnostics.length - errors} warnings`, 'diagnostics')),
    element('ul', { class: 'plain' }, diagnostics.slice(0, 4).map((d) =>
      element('li', {}, badge(d.severity), ' ', element('code', {}, d.object), ' ', d.message)))),
    panel('Last change', changes[0]
      ? facts([['When', new Date(changes[0].time).toLocaleTimeString()], ['From', changes[0].provider],
        ['Version', String(changes[0].version ?? '')], ['What', describe(changes[0])]])
      : element('p', { class: 'quiet' }, 'None since the start.')),
    panel('Features', facts([['Providers', (o.providers ?? []).join(', ')], ['Metrics', o.features?.metrics || 'off'],
      ['Tracing', o.features?.tracing || 'off'], ['Access log', o.features?.accessLog ? 'on' : 'off']]))));
  return stop;
}

const describe = (change) => [['added', change.added], ['changed', change.changed], ['removed', change.removed]]
  .filter(([, names]) => names?.length).map(([word, names]) =>
    `${word} ${names.slice(0, 6).join(', ')}${names.length > 6 ? ` and ${names.length - 6} more` : ''}`).join('; ') || 'nothing';

const columns = {
  routers: [
    { name: 'Rule', cell: (r) => r.rule && element('code', {}, r.rule) },
    { name: 'Priority', number: true, cell: (r) => r.priorityStr ?? String(r.priority ?? '') },
    { name: 'Entry points', cell: (r) => (r.using ?? r.entryPoints ?? []).join(', ') },
    { name: 'Service', cell: (r) => r.service },
  ],
  services: [
    { name: 'Type', cell: (s) => s.type },
    { name: 'Servers', cell: (s) => servers(s).map((one) => element('div', {}, badge(one.status), ' ', element('code', {}, one.url))) },
    { name: 'Used by', cell: (s) => (s.usedBy ?? []).join(', ') },
  ],
  middlewares: [
    { name: 'Type', cell: (m) => m.type },
    { name: 'Used by', cell: (m) => (m.usedBy ?? []).join(', ') },
  ],
};

function servers(service) {
  const known = service.serverStatus ?? {};
  return (service.loadBalancer?.servers ?? []).map((s) => {
    const url = s.url ?? s.address;
    return { url, status: known[url] ?? 'unknown' };
  });
}

export async function objects(main, kind, what, query) {
  const input = { search: query.get('search') ?? '', status: query.get('status') ?? '' };
  const rows = await list(`${kind}/${what}`, input);
  const title = `${kind === 'http' ? 'HTTP' : kind.toUpperCase()} ${what}`;
  const form = element('form', { class: 'line', role: 'search', onsubmit: (event) => {
    event.preventDefault();
    const data = new FormData(form);
    location.hash = `#/${kind}/${what}?` + new URLSearchParams([...data].filter(([, v]) => v));
  } }, field('Search', 'search', input.search), field('Status', 'status', input.status, ['', 'enabled', 'warning', 'disabled']),
  element('button', {}, 'Show'));
  main.replaceChildren(element('h1', {}, title), form, panel('', table(`${rows.length} ${what}`, [
    { name: 'Name', cell: (r) => link(r.name, kind, what, r.name) },
    { name: 'Status', cell: (r) => badge(r.status) },
    ...columns[what],
    { name: 'Provider', cell: (r) => r.provider },
  ], rows)));
}

function step(kind, content) {
  return element('li', {}, element('span', { class: 'step' }, element('span', { class: 'kind' }, kind), content));
}

const qualified = (name, provider) => (name.includes('@') || !provider ? name : `${name}@${provider}`);

function chainOf(kind, router) {
  return element('ol', { class: 'chain' },
    step('entry points', (router.using ?? router.entryPoints ?? []).join(', ')),
    step('router', router.name),
    (router.middlewares ?? []).map((m) => step('middleware', link(m, kind, 'middlewares', qualified(m, router.provider)))),
    step('service', router.service ? link(router.service, kind, 'services', qualified(router.service, router.provider)) : '–'));
}

export async function object(main, kind, what, name) {
  const one = await get(`${kind}/${what}/${encodeURIComponent(name)}`);
  const [plots, stop] = kind === 'http' && what !== 'middlewares' ? trafficPanels(what, name) : ['', () => {}];
  const errors = problems(one);
  main.replaceChildren(element('h1', {}, one.name, ' ', badge(one.status)),
    errors.length ? panel('Problems', element('ul', {}, errors.map((e) => element('li', {}, e)))) : '',
    what === 'routers' ? panel('The way of a request', chainOf(kind, one), one.rule ? element('p', {}, element('code', {}, one.rule)) : '') : '',
    what === 'services' ? panel('Servers', table('Servers', [
      { name: 'Address', cell: (s) => element('code', {}, s.url) },
      { name: 'State', cell: (s) => badge(s.status) }], servers(one))) : '',
    one.usedBy?.length ? panel('Used by', element('ul', { class: 'plain' }, one.usedBy.map((r) =>
      element('li', {}, link(r, kind, 'routers', r))))) : '',
    plots, panel('Configuration', element('pre', { class: 'code scroll', tabindex: 0 }, JSON.stringify(one, null, 2))));
  return stop;
}

export async function certificates(main) {
  const rows = await list('certificates');
  const days = (c) => Math.floor((new Date(c.notAfter) - Date.now()) / 86400000);
  main.replaceChildren(element('h1', {}, 'Certificates'), panel('', table(`${rows.length} certificates`, [
    { name: 'Names', cell: (c) => (c.sans ?? []).join(', ') || c.commonName },
    { name: 'Issuer', cell: (c) => c.issuerCN || c.issuerOrg },
    { name: 'Valid until', cell: (c) => new Date(c.notAfter).toLocaleString() },
    { name: 'Days', number: true, cell: (c) => badge(String(days(c)), days(c) < 7 ? 'bad' : days(c) < 21 ? 'warn' : 'good') },
    { name: 'Key', cell: (c) => `${c.keyType ?? ''} ${c.keySize ?? ''}` },
    { name: 'Serial number', cell: (c) => element('code', {}, c.serialNumber) }], rows)));
}

export async function providers(main) {
  const rows = (await get('v1/providers')).providers;
  main.replaceChildren(element('h1', {}, 'Providers'), panel('', table(`${rows.length} providers`, [
    { name: 'Name', cell: (p) => p.name },
    { name: 'Connection', cell: (p) => badge(p.connection || 'connected') },
    { name: 'Has reported', cell: (p) => badge(p.hasReported ? 'yes' : 'no') },
    { name: 'Last loss', cell: (p) => p.why }], rows)));
}

export async function diagnostics(main) {
  const rows = (await get('v1/diagnostics')).diagnostics;
  main.replaceChildren(element('h1', {}, 'Diagnostics'),
    element('p', { class: 'quiet' }, 'What Fairlead could not use as written, object by object. Everything else is served.'),
    panel('', table(`${rows.length} messages`, [
      { name: 'Severity', cell: (d) => badge(d.severity) },
      { name: 'Object', cell: (d) => element('code', {}, d.object) },
      { name: 'Field', cell: (d) => d.field && element('code', {}, d.field) },
      { name: 'Message', cell: (d) => d.message },
      { name: 'Nearest known name', cell: (d) => d.nearest && element('code', {}, d.nearest) }], rows)));
}

export async function changes(main) {
  const rows = (await get('v1/changes')).changes;
  main.replaceChildren(element('h1', {}, 'Changes'), panel('', table(`The last ${rows.length} changes`, [
    { name: 'Time', cell: (c) => new Date(c.time).toLocaleString() },
    { name: 'Version', number: true, cell: (c) => String(c.version ?? '') },
    { name: 'Provider', cell: (c) => c.provider },
    { name: 'Event', cell: (c) => c.event },
    { name: 'Difference', cell: describe },
    { name: 'In force after', number: true, cell: (c) => c.effectMs === undefined ? '' : milliseconds(c.effectMs) }], rows)));
}
