// What is drawn around the lines of a plot: thresholds and marks.
import type uPlot from 'uplot';
import type { Mark } from '../data/marks';
import { fade, type Shade } from '../../plot/colours';
import { resolveColour } from '../field/colours';
import { customRecord } from '../field/config';
import { absoluteSteps } from '../field/thresholds';
import type { ScaleGroup } from './scales';

/** Lines and surfaces of thresholds, where a document asks for them. */
export function drawThresholds(u: uPlot, groups: readonly ScaleGroup[], shade: Shade): void {
  for (const { key, lines } of groups) {
    const field = lines[0]?.field;
    const mode = field ? customRecord(field, 'thresholdsStyle')['mode'] : 'off';
    const thresholds = field?.config.thresholds;
    if (!field || !thresholds || typeof mode !== 'string' || mode === 'off') continue;
    const { min = 0, max = 0 } = u.scales[key] ?? {};
    const steps = absoluteSteps(thresholds, field.config.min ?? min, field.config.max ?? max);
    const { ctx } = u;
    const { left, top, width, height } = u.bbox;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    steps.forEach(({ value, color }, i) => {
      const colour = resolveColour(color, shade);
      const y = u.valToPos(Math.max(value, min), key, true);
      if (mode.includes('area')) {
        const above = u.valToPos(Math.min(steps[i + 1]?.value ?? max, max), key, true);
        ctx.fillStyle = fade(colour, 0.11);
        if (above < y) ctx.fillRect(left, above, width, y - above);
      }
      if ((mode.includes('line') || mode.includes('dashed')) && value > min && value <= max) {
        ctx.strokeStyle = colour;
        ctx.lineWidth = devicePixelRatio * 1.5;
        ctx.setLineDash(mode.includes('dashed') ? [10 * devicePixelRatio, 8 * devicePixelRatio] : []);
        ctx.beginPath();
        ctx.moveTo(left, y);
        ctx.lineTo(left + width, y);
        ctx.stroke();
      }
    });
    ctx.restore();
  }
}

/** Moments as lines, spans as surfaces. */
export function drawMarks(u: uPlot, marks: readonly Mark[], shade: Shade): void {
  const { ctx } = u;
  const { left, top, width, height } = u.bbox;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  for (const { fromMs, toMs, color, quiet } of marks) {
    const colour = resolveColour(color || 'blue', shade);
    const [from, to] = [u.valToPos(fromMs / 1000, 'x', true), u.valToPos(toMs / 1000, 'x', true)];
    if (to - from >= 1) {
      ctx.fillStyle = fade(colour, 0.12);
      ctx.fillRect(from, top, to - from, height);
      if (quiet) continue;
    }
    ctx.strokeStyle = colour;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
    for (const at of to - from >= 1 ? [from, to] : [from]) {
      ctx.beginPath();
      ctx.moveTo(at, top);
      ctx.lineTo(at, top + height);
      ctx.stroke();
    }
    ctx.setLineDash([]);
    ctx.fillStyle = colour;
    ctx.beginPath();
    ctx.moveTo(from - 4 * devicePixelRatio, top + height);
    ctx.lineTo(from + 4 * devicePixelRatio, top + height);
    ctx.lineTo(from, top + height - 6 * devicePixelRatio);
    ctx.fill();
  }
  ctx.restore();
}
