// Colours of series. Each stands 3:1 or more against its theme's surface and apart from its
// neighbours in lightness too, so that they differ without colour vision; names stay beside them.

const LIGHT = [
  '#c2500a', '#1f6fb2', '#2f7d4f', '#9b3f9c', '#a17300', '#0f7f8c', '#b3283d', '#5a56c4', '#6d7a14',
  '#8a5a3c', '#c2417f', '#4d6478',
];

const DARK = [
  '#ffa94d', '#6cb6ff', '#6fd08c', '#e08be0', '#f2d160', '#4fd0dc', '#ff7b86', '#a8a4ff', '#c0d24a',
  '#d0a184', '#ff9ac5', '#a9bccb',
];

/** The colour of the n-th series. */
export function seriesColour(index: number, shade: 'light' | 'dark'): string {
  const colours = shade === 'dark' ? DARK : LIGHT;
  return colours[index % colours.length] ?? '#888888';
}

/** What a canvas needs besides: text, grid and the surface behind. */
export function chartColours(shade: 'light' | 'dark'): { text: string; grid: string; surface: string } {
  return shade === 'dark'
    ? { text: '#b9b1a8', grid: '#35312d', surface: '#1f1d1b' }
    : { text: '#5f5850', grid: '#e9e4dd', surface: '#ffffff' };
}
