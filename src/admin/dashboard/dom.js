// Small helpers to build elements. Text is always set as text: nothing that comes from the API is
// ever read as markup.
const svgNames = new Set(['svg', 'path', 'line', 'text', 'g', 'title']);

export function element(name, attributes = {}, ...children) {
  const node = svgNames.has(name)
    ? document.createElementNS('http://www.w3.org/2000/svg', name)
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== ''));
  return node;
}

export const link = (text, ...parts) =>
  element('a', { href: '#/' + parts.map(encodeURIComponent).join('/') }, text);

const kinds = {
  enabled: 'good', UP: 'good', up: 'good', connected: 'good', yes: 'good',
  warning: 'warn', connecting: 'warn', draining: 'warn',
  disabled: 'bad', error: 'bad', DOWN: 'bad', down: 'bad', lost: 'bad', no: 'bad',
};
export const badge = (text, kind) => element('span', { class: 'badge ' + (kind ?? kinds[text] ?? 'plain') }, text);

export function statusBadge(code) {
  return badge(String(code), code >= 500 ? 'bad' : code >= 400 ? 'warn' : 'good');
}

// columns: [{name, cell: row => node or text, number}]
export function table(caption, columns, rows) {
  if (rows.length === 0) return element('p', { class: 'quiet' }, 'None.');
  const head = columns.map((c) => element('th', { scope: 'col', class: c.number && 'number' }, c.name));
  const body = rows.map((row) =>
    element('tr', {}, columns.map((c) => element('td', { class: c.number && 'number' }, c.cell(row) ?? ''))));
  return element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    element('table', {}, element('caption', {}, caption), element('thead', {}, element('tr', {}, head)),
      element('tbody', {}, body)));
}

export const panel = (title, ...children) =>
  element('section', { class: 'panel' }, title && element('h2', {}, title), children);

export function facts(pairs) {
  return element('dl', {}, pairs.filter(([, value]) => value !== undefined && value !== null && value !== '')
    .flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]));
}

export function field(text, name, value = '', options) {
  const input = options
    ? element('select', { name }, options.map((o) =>
      element('option', { value: o, selected: o === value }, o || 'any')))
    : element('input', { name, value, autocomplete: 'off', spellcheck: 'false' });
  return element('label', {}, text, input);
}
