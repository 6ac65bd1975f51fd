// The signs of the map, drawn once and used twice: as marker images on the map and as legend marks in the panels.
// What a register is shows in the outer shape, how a record stands shows in colour and glyph, so colour is never alone.
import type { Standing } from '../api/types';

export type StandingKey = Standing | 'none';
export type Shape = 'kiosk' | 'board' | 'pin' | 'dot' | 'shelter';

/** Colours of the standings; styles/light.json paints circles with the same ones (held by marks.test.ts). */
export const colours: Record<StandingKey, string> = {
  planned: '#6d4bc3',
  valid: '#1a7f4b',
  active: '#1666c5',
  late: '#c2410c',
  suspended: '#8a6100',
  done: '#0f766e',
  expired: '#c81e3a',
  annulled: '#57606f',
  none: '#6b7280',
};

/** In the order in which a legend lists them: what asks for attention comes first. */
export const standings: Standing[] = ['late', 'expired', 'active', 'valid', 'planned', 'suspended', 'done', 'annulled'];

/** Strokes in a box of 12 × 12. */
export const glyphs: Record<StandingKey, string> = {
  planned: 'M6 2.4V6l2.4 1.6M10.6 6a4.6 4.6 0 1 1-9.2 0a4.6 4.6 0 1 1 9.2 0',
  valid: 'M2.2 6.4L4.9 9L9.8 3.4',
  active: 'M4 2.4L9.4 6L4 9.6z',
  late: 'M6 1.8V6.7M6 9.8v.01',
  suspended: 'M4 2.6v6.8M8 2.6v6.8',
  done: 'M1 6.6L3.3 8.8L7.3 4M5.9 8.3l.6.5L11 4',
  expired: 'M3 1.5h6M3 10.5h6M3.8 1.5v1.5L6 6L3.8 9v1.5M8.2 1.5v1.5L6 6l2.2 3v1.5',
  annulled: 'M3 3l6 6M9 3l-6 6',
  none: 'M6 6h.01',
};

interface Outline {
  width: number;
  height: number;
  /** The coloured body; strokes round it are white. */
  body: string;
  /** Where the glyph's box of 12 × 12 begins. */
  glyph: [number, number];
}

export const outlines: Record<Shape, Outline> = {
  kiosk: {
    width: 24,
    height: 24,
    body: 'M5 3.5h14l2 5.5a2.2 2.2 0 0 1-1.5 2.2V19a1.5 1.5 0 0 1-1.5 1.5h-12A1.5 1.5 0 0 1 4.5 19v-7.8A2.2 2.2 0 0 1 3 9z',
    glyph: [6, 6.6],
  },
  board: {
    width: 24,
    height: 28,
    body: 'M4.5 2.5h15a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-6V26h-3v-7.5h-6a2 2 0 0 1-2-2v-12a2 2 0 0 1 2-2z',
    glyph: [6, 4.5],
  },
  pin: {
    width: 24,
    height: 30,
    body: 'M12 2.2a9.3 9.3 0 0 1 9.3 9.3c0 6.2-6.8 10.6-9.3 16.3C9.5 22.1 2.7 17.7 2.7 11.5A9.3 9.3 0 0 1 12 2.2z',
    glyph: [6, 5.6],
  },
  shelter: {
    width: 24,
    height: 26,
    body: 'M12 2.3c2.9 1.9 5.8 2.8 9 2.9v6.6c0 5.6-3.6 9.7-9 11.9c-5.4-2.2-9-6.3-9-11.9V5.2c3.2-.1 6.1-1 9-2.9z',
    glyph: [6, 6.2],
  },
  dot: {
    width: 24,
    height: 24,
    body: 'M12 2.5a9.5 9.5 0 1 1 0 19a9.5 9.5 0 1 1 0-19z',
    glyph: [6, 6],
  },
};

/** Reads the name of a hatched filling, such as "hatch-c1272d": the colour of its strokes. */
export function parseHatch(name: string): string | null {
  const colour = /^hatch-([0-9a-f]{6})$/.exec(name)?.[1];
  return colour === undefined ? null : `#${colour}`;
}

/** Slanted strokes that go on from tile to tile; null if the page has no canvas to draw on. */
export function drawHatch(colour: string, screen: number): { image: ImageData; ratio: number } | null {
  const side = 9;
  const canvas = document.createElement('canvas');
  canvas.width = side * screen;
  canvas.height = side * screen;
  const pen = canvas.getContext('2d');
  if (!pen) return null;
  pen.scale(screen, screen);
  pen.strokeStyle = colour;
  pen.lineWidth = 1.1;
  // the same stroke three times, so that corners have the ends of their neighbours'
  for (const shift of [-side, 0, side]) pen.stroke(new Path2D(`M${shift - 1} ${side + 1}L${shift + side + 1} -1`));
  return { image: pen.getImageData(0, 0, canvas.width, canvas.height), ratio: screen };
}

export interface Mark {
  shape: Shape;
  standing: StandingKey;
  /** The feature whose card is open wears a second outline. */
  chosen: boolean;
}

/** The colour of what is chosen; no register uses it. */
export const accent = '#1d4ed8';

/** Reads an image name of the style, such as "kiosk-valid", or "kiosk-valid-chosen". */
export function parseMark(name: string): Mark | null {
  const [shape = '', standing = '', state, ...rest] = name.split('-');
  if (rest.length > 0 || !(shape in outlines) || !(standing in colours)) return null;
  if (state !== undefined && state !== 'chosen') return null;
  return { shape: shape as Shape, standing: standing as StandingKey, chosen: state === 'chosen' };
}

/** Draws a mark for the map; null if the page has no canvas to draw on. */
export function drawMark(
  { shape, standing, chosen }: Mark,
  screen: number,
): { image: ImageData; ratio: number } | null {
  const outline = outlines[shape];
  // A dot grows with the sum that it stands for, so it is drawn finer than the screen needs.
  const ratio = shape === 'dot' ? screen * 3 : screen;
  const margin = 6;
  const canvas = document.createElement('canvas');
  canvas.width = (outline.width + 2 * margin) * ratio;
  canvas.height = (outline.height + 2 * margin) * ratio;
  const pen = canvas.getContext('2d');
  if (!pen) return null;
  pen.scale(ratio, ratio);
  pen.translate(margin, margin);
  pen.lineJoin = 'round';
  pen.lineCap = 'round';
  const body = new Path2D(outline.body);
  pen.save();
  pen.shadowColor = 'rgba(20, 28, 45, 0.35)';
  pen.shadowBlur = 2.5 * ratio;
  pen.shadowOffsetY = 0.8 * ratio;
  pen.strokeStyle = chosen ? accent : '#ffffff';
  pen.lineWidth = chosen ? 9 : 3;
  pen.stroke(body);
  pen.restore();
  if (chosen) {
    pen.strokeStyle = '#ffffff';
    pen.lineWidth = 4;
    pen.stroke(body);
  }
  pen.fillStyle = colours[standing];
  pen.fill(body);
  pen.translate(...outline.glyph);
  pen.strokeStyle = '#ffffff';
  pen.lineWidth = 1.9;
  pen.stroke(new Path2D(glyphs[standing]));
  return { image: pen.getImageData(0, 0, canvas.width, canvas.height), ratio };
}
