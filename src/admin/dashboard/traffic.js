// Rates from the counters of /api/v1/traffic: one sample a second, two minutes kept.
import { get } from './api.js';

const kept = 120;
const samples = [];
const listeners = new Set();

const empty = { requests: 0, errors: 0, seconds: 0, buckets: [] };

// The upper bound of the bucket in which the quantile lies, in milliseconds.
function quantile(bounds, now, before, q) {
  const counts = now.buckets.map((count, i) => count - (before.buckets[i] ?? 0));
  const all = now.requests - before.requests;
  if (all <= 0) return 0;
  const index = counts.findIndex((count) => count >= q * all);
  return 1000 * (index < 0 ? bounds.at(-1) ?? 0 : bounds[index]);
}

// group: entryPoints, routers or services; name: undefined for all of them together.
export function history(group, name) {
  const points = { requests: [], errors: [], mean: [], p99: [] };
  for (let i = 1; i < samples.length; i++) {
    const [before, now] = [samples[i - 1], samples[i]].map((s) => sum(s, group, name));
    const seconds = Math.max(0.2, (samples[i].time - samples[i - 1].time) / 1000);
    const requests = Math.max(0, now.requests - before.requests);
    points.requests.push(requests / seconds);
    points.errors.push(Math.max(0, now.errors - before.errors) / seconds);
    points.mean.push(requests ? (1000 * (now.seconds - before.seconds)) / requests : 0);
    points.p99.push(quantile(samples[i].bounds, now, before, 0.99));
  }
  return points;
}

function sum(sample, group, name) {
  if (name !== undefined) return sample[group]?.[name] ?? empty;
  const total = { requests: 0, errors: 0, seconds: 0, buckets: [] };
  for (const one of Object.values(sample[group] ?? {})) {
    total.requests += one.requests;
    total.errors += one.errors;
    total.seconds += one.seconds;
    one.buckets.forEach((count, i) => { total.buckets[i] = (total.buckets[i] ?? 0) + count; });
  }
  return total;
}

export const newest = () => samples.at(-1);
export const total = (group, name) => (samples.length ? sum(samples.at(-1), group, name) : empty);

export function onSample(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export async function sampleOnce() {
  const sample = await get('v1/traffic');
  samples.push(sample);
  if (samples.length > kept + 1) samples.shift();
  for (const listener of listeners) listener();
}
