// Line plots of the last minutes, drawn as SVG.
import { element } from './dom.js';

const width = 600, height = 120, left = 44, bottom = 16;

// series: [{name, colour, points: [number]}], newest last, one point a second.
export function plot(title, series, format) {
  const length = 120;
  const top = Math.max(1e-9, ...series.flatMap((s) => s.points));
  const x = (i, n) => left + ((length - n + i) / (length - 1)) * (width - left - 4);
  const y = (value) => height - bottom - (value / top) * (height - bottom - 10);
  const last = series.map((s) => `${s.name} ${format(s.points.at(-1) ?? 0)}`).join(', ');
  const lines = series.map((s) => element('path', {
    d: s.points.map((v, i) => `${i ? 'L' : 'M'}${x(i, s.points.length).toFixed(1)} ${y(v).toFixed(1)}`).join(''),
    fill: 'none', stroke: `var(${s.colour})`, 'stroke-width': 2, 'vector-effect': 'non-scaling-stroke',
  }));
  return element('div', {},
    element('svg', { class: 'plot', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `${title}: ${last}`, preserveAspectRatio: 'none' },
      element('line', { class: 'axis', x1: left, x2: width, y1: height - bottom, y2: height - bottom }),
      element('text', { x: 0, y: 16 }, format(top)), element('text', { x: 0, y: height - bottom }, '0'),
      element('text', { x: left, y: height - 3 }, '2 minutes ago'), element('text', { x: width - 26, y: height - 3 }, 'now'),
      lines),
    element('div', { class: 'legend' }, series.map((s) =>
      element('span', {}, element('i', { class: s.colour.slice(2) }), `${s.name} ${format(s.points.at(-1) ?? 0)}`))));
}

export const perSecond = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)}/s`;
export const milliseconds = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
