// A panel's picture as a file. Canvases and shapes are drawn as they are, text where it stands: an SVG that is drawn
// as an image knows no typeface of the page.
import { canvasFont } from '../lib/typeface';

const PADDING = 12;
const TITLE_PX = 30;

/** Saves what an element shows as a PNG of twice its size. */
export async function savePicture(root: HTMLElement | null, title: string): Promise<void> {
  if (!root) return;
  const bounds = root.getBoundingClientRect();
  const canvas = document.createElement('canvas');
  const ratio = 2;
  canvas.width = (bounds.width + 2 * PADDING) * ratio;
  canvas.height = (bounds.height + TITLE_PX + PADDING) * ratio;
  const context = canvas.getContext('2d');
  if (!context) return;
  const style = getComputedStyle(document.documentElement);
  context.scale(ratio, ratio);
  context.fillStyle = style.getPropertyValue('--surface');
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = style.getPropertyValue('--text');
  context.font = canvasFont(14, 600);
  context.fillText(title, PADDING, 21);
  context.translate(PADDING - bounds.left, TITLE_PX - bounds.top);
  await drawElement(context, root, bounds);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
  if (!blob) return;
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = `${title.replace(/[^\p{L}\p{N}]+/gu, '-').toLowerCase()}.png`;
  link.click();
  URL.revokeObjectURL(url);
}

async function drawElement(context: CanvasRenderingContext2D, element: Element, clip: DOMRect): Promise<void> {
  const box = element.getBoundingClientRect();
  if (box.bottom < clip.top || box.top > clip.bottom) return;
  const style = getComputedStyle(element);
  if (
    style.visibility === 'hidden' ||
    style.display === 'none' ||
    (style.position === 'absolute' && style.clipPath !== 'none')
  )
    return;
  if (element instanceof HTMLCanvasElement) {
    context.drawImage(element, box.left, box.top, box.width, box.height);
    return;
  }
  if (element instanceof SVGSVGElement) {
    await drawSvg(context, element, box);
    return;
  }
  if (style.backgroundColor !== 'rgba(0, 0, 0, 0)') {
    context.fillStyle = style.backgroundColor;
    context.fillRect(box.left, box.top, box.width, box.height);
  }
  for (const child of element.childNodes) {
    if (child instanceof Element) await drawElement(context, child, clip);
    else if (child instanceof Text && child.data.trim() !== '') drawText(context, child, style);
  }
}

function drawText(context: CanvasRenderingContext2D, node: Text, style: CSSStyleDeclaration): void {
  const range = document.createRange();
  range.selectNodeContents(node);
  const box = range.getBoundingClientRect();
  context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  context.fillStyle = style.color;
  context.textBaseline = 'middle';
  context.fillText(node.data.trim(), box.left, box.top + box.height / 2);
  context.textBaseline = 'alphabetic';
}

/** What styles give an SVG is written into it, since a picture knows no style sheet. */
async function drawSvg(context: CanvasRenderingContext2D, svg: SVGSVGElement, box: DOMRect): Promise<void> {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('color', getComputedStyle(svg).color);
  const originals = svg.querySelectorAll('*');
  copy.querySelectorAll('*').forEach((element, i) => {
    const original = originals[i];
    if (!original) return;
    const { fill, stroke } = getComputedStyle(original);
    element.setAttribute('fill', fill);
    element.setAttribute('stroke', stroke);
  });
  for (const text of copy.querySelectorAll('text')) text.remove();
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await image.decode().catch(() => undefined);
  if (image.complete && image.naturalWidth > 0) context.drawImage(image, box.left, box.top, box.width, box.height);
  for (const text of svg.querySelectorAll('text')) drawSvgText(context, text);
}

const ALIGNMENTS: Record<string, CanvasTextAlign> = { start: 'left', middle: 'center', end: 'right' };

function drawSvgText(context: CanvasRenderingContext2D, text: SVGTextElement): void {
  const place = text.getScreenCTM();
  if (!place) return;
  const style = getComputedStyle(text);
  context.save();
  context.transform(place.a, place.b, place.c, place.d, place.e, place.f);
  context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  context.fillStyle = style.fill;
  context.textAlign = ALIGNMENTS[style.textAnchor] ?? 'left';
  const [x, y] = [text.x.baseVal, text.y.baseVal].map((list) => (list.numberOfItems > 0 ? list.getItem(0).value : 0));
  context.fillText(text.textContent.trim(), x ?? 0, y ?? 0);
  context.restore();
}
