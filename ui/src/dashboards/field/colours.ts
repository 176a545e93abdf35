// Colours by Grafana's names, and colours that can be read on the surface they stand on.
import { luminance, mix, mixTwo, toHex, type Shade } from '../../plot/colours';
import { seriesColour } from '../../query/graph/palette';

export type { Shade };

/** From super-light to dark. */
const HUES: Readonly<Record<string, readonly [string, string, string, string, string]>> = {
  red: ['#ffa6b0', '#ff7383', '#f2495c', '#e02f44', '#c4162a'],
  orange: ['#ffcb7d', '#ffb357', '#ff9830', '#ff780a', '#fa6400'],
  yellow: ['#fff899', '#ffee52', '#fade2a', '#f2cc0c', '#e0b400'],
  green: ['#c8f2c2', '#96d98d', '#73bf69', '#56a64b', '#37872d'],
  blue: ['#c0d8ff', '#8ab8ff', '#5794f2', '#3274d9', '#1f60c4'],
  purple: ['#deb6f2', '#ca95e5', '#b877d9', '#a352cc', '#8f3bb8'],
};
const TONES = ['super-light-', 'light-', '', 'semi-dark-', 'dark-'];

const CSS_NAMES: Readonly<Record<string, string>> = {
  white: '#ffffff',
  black: '#000000',
  gray: '#8e8e8e',
  grey: '#8e8e8e',
  pink: '#ff85c0',
  cyan: '#36cfc9',
  teal: '#13a8a8',
  brown: '#8a5a3c',
  magenta: '#d63fae',
  lime: '#8fce00',
  navy: '#1f3a93',
  gold: '#e0b400',
};

/** A colour of a document as `#rrggbb`. */
export function resolveColour(name: string, shade: Shade): string {
  const text = name.trim().toLowerCase();
  const named = /^((?:super-light|light|semi-dark|dark)-)?(red|orange|yellow|green|blue|purple)$/.exec(text);
  if (named) {
    const tones = HUES[named[2] ?? ''];
    // Light surfaces want one tone darker, or yellow is not seen.
    const tone = TONES.indexOf(named[1] ?? '') + (shade === 'light' ? 1 : 0);
    return tones?.[Math.min(tone, 4)] ?? '#888888';
  }
  if (text === 'text') return shade === 'light' ? '#25211d' : '#eee8e0';
  if (text === 'transparent') return '#00000000';
  if (CSS_NAMES[text]) return CSS_NAMES[text];
  if (/^#[0-9a-f]{6}([0-9a-f]{2})?$/.test(text)) return text;
  if (/^#[0-9a-f]{3}$/.test(text)) return `#${[...text.slice(1)].map((digit) => digit + digit).join('')}`;
  const parts = /^rgba?\(\s*([\d.]+)[\s,]+([\d.]+)[\s,]+([\d.]+)(?:[\s,/]+([\d.]+%?))?\s*\)$/.exec(text);
  if (parts) return toHex([Number(parts[1]), Number(parts[2]), Number(parts[3])]);
  const hsl = /^hsla?\(\s*([\d.]+)[\s,]+([\d.]+)%[\s,]+([\d.]+)%/.exec(text);
  if (hsl) return fromHsl(Number(hsl[1]), Number(hsl[2]) / 100, Number(hsl[3]) / 100);
  return '#888888';
}

/** The colour of the n-th series. */
export function paletteColour(index: number, shade: Shade): string {
  return seriesColour(index, shade);
}

/** Stops of the continuous schemes, from low to high. */
const SCHEMES: Readonly<Record<string, readonly string[]>> = {
  'continuous-grylrd': ['green', 'yellow', 'red'],
  'continuous-rdylgr': ['red', 'yellow', 'green'],
  'continuous-blylrd': ['dark-blue', 'super-light-yellow', 'dark-red'],
  'continuous-ylrd': ['super-light-yellow', 'dark-red'],
  'continuous-blpu': ['dark-blue', 'dark-purple'],
  'continuous-ylbl': ['super-light-yellow', 'dark-blue'],
  'continuous-blues': ['#e8f1ff', 'dark-blue'],
  'continuous-reds': ['#fff0f0', 'dark-red'],
  'continuous-greens': ['#effbec', 'dark-green'],
  'continuous-purples': ['#f8effc', 'dark-purple'],
};

/** Whether a mode is one of the continuous schemes. */
export function isContinuous(mode: string): boolean {
  return mode.startsWith('continuous-');
}

/** The colour at a share of the way from low to high. */
export function schemeColour(mode: string, share: number, shade: Shade): string {
  const stops = (SCHEMES[mode.toLowerCase()] ?? ['green', 'yellow', 'red']).map((name) => resolveColour(name, shade));
  return mix(stops, share);
}

function fromHsl(hue: number, saturation: number, lightness: number): string {
  const spread = saturation * Math.min(lightness, 1 - lightness);
  const part = (n: number): number => {
    const k = (n + hue / 30) % 12;
    return (lightness - spread * Math.max(-1, Math.min(k - 3, 9 - k, 1))) * 255;
  };
  return toHex([part(0), part(8), part(4)]);
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

/** Contrast that text must have. */
const READABLE = 4.55;

/** Text on a coloured surface. */
export function textOn(surface: string): string {
  if (contrast('#ffffff', surface) > contrast('#000000', surface)) return '#ffffff';
  return contrast('#16130f', surface) >= READABLE ? '#16130f' : '#000000';
}

/** The colour, moved towards black or white until it can be read as text on the theme's surface. */
export function readable(colour: string, shade: Shade): string {
  const [surface, end] = shade === 'light' ? ['#faf8f5', '#000000'] : ['#262320', '#ffffff'];
  let shown = colour;
  for (let step = 1; step <= 10 && contrast(shown, surface) < READABLE; step++) shown = mixTwo(colour, end, step / 10);
  return shown;
}
