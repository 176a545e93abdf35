// Axes of pictures that are drawn as SVG.
import { useStore } from '../lib/store';
import { shade } from '../lib/theme';
import { chartColours } from '../query/graph/palette';

export interface Frame {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Room that a character takes, about, and that texts may take right of a frame. */
const CHARACTER_PX = 6.6;
const BEYOND_PX = 7;

/** Texts below, at places between left and right; the last is moved in where it would be cut off. */
export function BottomAxis({
  frame,
  ticks,
  grid = false,
}: {
  frame: Frame;
  ticks: readonly { x: number; text: string }[];
  grid?: boolean;
}) {
  const colours = chartColours(useStore(shade));
  return (
    <g aria-hidden="true">
      {ticks.map(({ x, text }) => (
        <g key={x}>
          {grid && <line x1={x} x2={x} y1={frame.top} y2={frame.bottom} stroke={colours.grid} />}
          <text class="axis-text" x={Math.min(x, frame.right + BEYOND_PX - (text.length * CHARACTER_PX) / 2)} y={frame.bottom + 15} text-anchor="middle">
            {text}
          </text>
        </g>
      ))}
    </g>
  );
}

/** Texts on the left, with lines across. */
export function LeftAxis({ frame, ticks }: { frame: Frame; ticks: readonly { y: number; text: string }[] }) {
  const colours = chartColours(useStore(shade));
  return (
    <g aria-hidden="true">
      {ticks.map(({ y, text }) => (
        <g key={y}>
          <line x1={frame.left} x2={frame.right} y1={y} y2={y} stroke={colours.grid} />
          <text class="axis-text" x={frame.left - 6} y={y + 4} text-anchor="end">
            {text}
          </text>
        </g>
      ))}
    </g>
  );
}
