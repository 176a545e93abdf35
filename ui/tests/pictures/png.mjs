// PNG to pixels and back: 8 bits a channel, not interlaced, which is what browsers and we write.
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const CHANNELS = { 0: 1, 2: 3, 3: 1, 6: 4 };

/** `{ width, height, pixels }` with one 24-bit number a pixel. */
export function decode(file) {
  if (!file.subarray(0, 8).equals(SIGNATURE)) throw new Error('not a PNG');
  let [width, height, kind, palette] = [0, 0, 0, Buffer.alloc(0)];
  const parts = [];
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    const name = file.toString('latin1', at + 4, at + 8);
    const body = file.subarray(at + 8, at + 8 + length);
    if (name === 'IHDR') {
      [width, height, kind] = [body.readUInt32BE(0), body.readUInt32BE(4), body[9]];
      if (body[8] !== 8 || body[12] !== 0 || !(kind in CHANNELS)) throw new Error('a kind of PNG that is not written here');
    } else if (name === 'PLTE') palette = body;
    else if (name === 'IDAT') parts.push(body);
    at += length + 12;
  }
  const channels = CHANNELS[kind];
  const bytes = unfilter(inflateSync(Buffer.concat(parts)), width * channels, height, channels);
  const pixels = new Uint32Array(width * height);
  for (let i = 0; i < pixels.length; i++) {
    const from = kind === 3 ? bytes[i] * 3 : i * channels;
    const source = kind === 3 ? palette : bytes;
    pixels[i] = kind === 0 ? bytes[i] * 0x010101 : (source[from] << 16) | (source[from + 1] << 8) | source[from + 2];
  }
  return { width, height, pixels };
}

function unfilter(data, stride, height, channels) {
  const out = Buffer.alloc(stride * height);
  for (let row = 0; row < height; row++) {
    const filter = data[row * (stride + 1)];
    for (let i = 0; i < stride; i++) {
      const at = row * stride + i;
      const left = i >= channels ? out[at - channels] : 0;
      const up = row > 0 ? out[at - stride] : 0;
      let guess = 0;
      if (filter === 1) guess = left;
      else if (filter === 2) guess = up;
      else if (filter === 3) guess = (left + up) >> 1;
      else if (filter === 4) guess = paeth(left, up, row > 0 && i >= channels ? out[at - stride - channels] : 0);
      out[at] = data[at + row + 1] + guess;
    }
  }
  return out;
}

function paeth(left, up, corner) {
  const byLeft = Math.abs(up - corner);
  const byUp = Math.abs(left - corner);
  const byCorner = Math.abs(left + up - 2 * corner);
  if (byLeft <= byUp && byLeft <= byCorner) return left;
  return byUp <= byCorner ? up : corner;
}

/** As few bytes as come without a search: a palette where 256 colours suffice, else rows told from the ones above. */
export function encode({ width, height, pixels }) {
  const numbers = new Map();
  for (const pixel of pixels) if (!numbers.has(pixel)) numbers.set(pixel, numbers.size);
  const kind = numbers.size <= 256 ? 3 : 2;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  header[9] = kind;
  const rows = kind === 3 ? indexed(width, height, pixels, numbers) : coloured(width, height, pixels);
  const palette = Buffer.from([...numbers.keys()].flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    ...(kind === 3 ? [chunk('PLTE', palette)] : []),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function indexed(width, height, pixels, numbers) {
  const rows = Buffer.alloc((width + 1) * height);
  for (let i = 0; i < pixels.length; i++) rows[i + Math.floor(i / width) + 1] = numbers.get(pixels[i]);
  return rows;
}

/** Filter 2, what differs from the row above: most of a page is the same as that. */
function coloured(width, height, pixels) {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0, at = 0; y < height; y++) {
    rows[at++] = 2;
    for (let x = 0; x < width; x++) {
      const here = pixels[y * width + x];
      const above = y > 0 ? pixels[(y - 1) * width + x] : 0;
      for (const shift of [16, 8, 0]) rows[at++] = ((here >> shift) & 255) - ((above >> shift) & 255);
    }
  }
  return rows;
}

function chunk(name, body) {
  const out = Buffer.alloc(body.length + 12);
  out.writeUInt32BE(body.length, 0);
  out.write(name, 4, 'latin1');
  body.copy(out, 8);
  out.writeUInt32BE(crc32(out.subarray(4, body.length + 8)), body.length + 8);
  return out;
}
