// Which page is shown: the part of the address after #. A page is a function that fills <main> and
// may return what to call when it is left.
import { get } from './api.js';
import { element } from './dom.js';
import { certificates, changes, diagnostics, object, objects, overview, providers } from './pages.js';
import { explain, live } from './live.js';
import { sampleOnce } from './traffic.js';

const menu = [['Overview', ''], ['Routers', 'http/routers'], ['Services', 'http/services'], ['Middlewares', 'http/middlewares'],
  ['TCP', 'tcp/routers'], ['UDP', 'udp/routers'], ['Certificates', 'certificates'], ['Providers', 'providers'],
  ['Diagnostics', 'diagnostics'], ['Changes', 'changes'], ['Live', 'live'], ['Explain', 'explain']];
const simple = { '': overview, certificates, providers, diagnostics, changes, live };

const main = document.getElementById('main');
let leave = () => {};
let shown = 0;

async function show() {
  const [path, search] = location.hash.replace(/^#\/?/, '').split('?');
  const [first, what, name] = path.split('/').map(decodeURIComponent);
  const query = new URLSearchParams(search);
  const mine = ++shown;
  leave();
  leave = () => {};
  const scratch = element('div');
  let after;
  try {
    if (first === 'explain') after = await explain(scratch, query);
    else if (simple[first]) after = await simple[first](scratch, query);
    else if (name) after = await object(scratch, first, what, name);
    else after = await objects(scratch, first, what, query);
  } catch (error) {
    scratch.replaceChildren(element('h1', {}, 'This page could not be shown'), element('p', { role: 'alert' }, error.message));
  }
  if (mine !== shown) { after?.(); return; }
  leave = after ?? (() => {});
  main.replaceChildren(...scratch.childNodes);
  const current = menu.find(([, target]) => target === [first, what].filter(Boolean).join('/')) ?? ['Details'];
  document.title = `${current[0]} · Fairlead`;
  drawMenu(current[1]);
}

function drawMenu(current) {
  document.getElementById('nav').replaceChildren(element('ul', {}, menu.map(([text, target]) =>
    element('li', {}, element('a', { href: '#/' + target, 'aria-current': target === current && 'page' }, text)))));
}

async function beat() {
  const connection = document.getElementById('connection');
  try {
    await sampleOnce();
    connection.textContent = '';
  } catch {
    connection.textContent = 'no connection to Fairlead';
  }
  setTimeout(beat, 1000);
}

window.addEventListener('hashchange', () => { show().then(() => main.focus()); });
drawMenu();
get('version').then((v) => {
  document.getElementById('version').textContent = `version ${v.Version}`;
  if (v.dashboardName) document.getElementById('name').textContent = v.dashboardName;
}).catch(() => {});
show();
beat();
