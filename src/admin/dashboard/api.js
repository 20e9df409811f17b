// Reads the API next to the dashboard, wherever both are mounted.
const base = new URL('../api/', document.baseURI);

export async function get(path, query = {}) {
  const url = new URL(path, base);
  for (const [key, value] of Object.entries(query)) {
    for (const one of [value].flat()) if (one !== '' && one !== undefined) url.searchParams.append(key, one);
  }
  const answer = await fetch(url, { headers: { Accept: 'application/json' } });
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({}));
    throw new Error(said.message ?? `${url.pathname} answered ${answer.status}`);
  }
  return answer.json();
}

// Every page of a list.
export async function list(path, query = {}) {
  const all = [];
  for (let page = 1; ;) {
    const url = new URL(path, base);
    for (const [key, value] of Object.entries({ ...query, page, per_page: 500 })) {
      if (value !== '') url.searchParams.set(key, value);
    }
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${url.pathname} answered ${answer.status}`);
    all.push(...await answer.json());
    const next = Number(answer.headers.get('X-Next-Page') ?? 1);
    if (next <= page || all.length >= 5000) return all;
    page = next;
  }
}

// Calls `each` with every request that passes the filters, until the signal says stop.
export async function tail(query, each, signal) {
  const url = new URL('v1/tail', base);
  for (const [key, value] of Object.entries(query)) if (value !== '') url.searchParams.set(key, value);
  const answer = await fetch(url, { signal });
  if (!answer.ok) throw new Error(`${url.pathname} answered ${answer.status}`);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop();
    for (const line of lines) if (line.startsWith('data: ')) each(JSON.parse(line.slice(6)));
  }
}
