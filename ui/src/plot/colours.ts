// Colours that are reckoned: between two others, seen through, and along the ramps of heatmaps. All are `#rrggbb`.

export type Shade = 'light' | 'dark';

/** Heatmaps' schemes, by the words that documents have for them. */
const RAMPS: Readonly<Record<string, readonly string[]>> = {
  oranges: ['#fff1e0', '#fdae6b', '#d94801', '#7f2704'],
  blues: ['#eaf2fb', '#6baed6', '#08519c', '#08306b'],
  greens: ['#edf8e9', '#74c476', '#238b45', '#00441b'],
  reds: ['#fff0ec', '#fb6a4a', '#cb181d', '#67000d'],
  purples: ['#f4f1fa', '#9e9ac8', '#6a51a3', '#3f007d'],
  greys: ['#f5f5f5', '#969696', '#252525'],
  spectral: ['#3288bd', '#abdda4', '#ffffbf', '#fdae61', '#d53e4f'],
  viridis: ['#440154', '#31688e', '#35b779', '#fde725'],
  inferno: ['#000004', '#781c6d', '#ed6925', '#fcffa4'],
  magma: ['#000004', '#721f81', '#f1605d', '#fcfdbf'],
  plasma: ['#0d0887', '#9c179e', '#ed7953', '#f0f921'],
  turbo: ['#30123b', '#28bceb', '#a4fc3c', '#fb7e21', '#7a0403'],
};

/** The colour of a cell; ramps whose weak end is white begin at the surface on dark ground. */
export function rampColour(scheme: string, share: number, shade: Shade): string {
  const stops = RAMPS[scheme.toLowerCase()] ?? RAMPS['oranges'] ?? [];
  const light = luminance(stops[0] ?? '#ffffff') > 0.7;
  return mix(light && shade === 'dark' ? stops.toReversed() : stops, share);
}

/** The colour at a share of the way along stops. */
export function mix(stops: readonly string[], share: number): string {
  const place = Math.max(0, Math.min(1, Number.isFinite(share) ? share : 0)) * (stops.length - 1);
  const below = Math.min(Math.floor(place), stops.length - 2);
  return mixTwo(stops[below] ?? '#888888', stops[below + 1] ?? '#888888', place - below);
}

/** A colour between two. */
export function mixTwo(from: string, to: string, share: number): string {
  const [a, b] = [toRgb(from), toRgb(to)];
  return toHex([0, 1, 2].map((i) => (a[i] ?? 0) + ((b[i] ?? 0) - (a[i] ?? 0)) * share));
}

/** The same colour, partly seen through. */
export function fade(colour: string, opacity: number): string {
  const alpha = Math.round(Math.max(0, Math.min(1, opacity)) * 255);
  return colour.slice(0, 7) + alpha.toString(16).padStart(2, '0');
}

function toRgb(colour: string): [number, number, number] {
  const digits = Number.parseInt(colour.slice(1, 7), 16);
  return [(digits >> 16) & 255, (digits >> 8) & 255, digits & 255];
}

/** Red, green and blue, 0 to 255, as `#rrggbb`. */
export function toHex(parts: readonly number[]): string {
  return `#${parts
    .map((part) =>
      Math.round(Math.max(0, Math.min(255, part)))
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}

/** Relative luminance after WCAG 2. */
export function luminance(colour: string): number {
  const [r, g, b] = toRgb(colour).map((part) => {
    const share = part / 255;
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
}
