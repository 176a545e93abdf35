// The typeface of the pages on a canvas, which knows no CSS variable and does not draw again by itself.

const FAMILY = 'Inter';

/** A canvas' `font`: the page's own families. */
export function canvasFont(px: number, weight = 400): string {
  return `${weight} ${px}px ${getComputedStyle(document.documentElement).getPropertyValue('--sans')}`;
}

/** Calls `redraw` once if the typeface was not there yet and has come; what is returned forgets it. */
export function whenTypefaceComes(redraw: () => void): () => void {
  const font = `12px ${FAMILY}`;
  let wanted = !document.fonts.check(font);
  if (wanted) {
    // Where it cannot be had, the fallback stays.
    document.fonts.load(font).then(
      () => wanted && redraw(),
      () => undefined,
    );
  }
  return () => {
    wanted = false;
  };
}
