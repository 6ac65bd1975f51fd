// Legends are read from the style, so what a panel explains is what the map paints.
import type { Json, Style, StyleLayer } from '../api/style';
import type { Collection, Field, Standing, Text } from '../api/types';
import { colours, standings, type Shape, type StandingKey } from './marks';
import { isBase, layersOf } from './style';

export type Swatch =
  | { kind: 'mark'; shape: Shape; standing: StandingKey }
  | { kind: 'shape'; shape: Shape; colour: string }
  | { kind: 'spot'; colour: string; ring: string; opacity: number }
  | { kind: 'fill'; colour: string }
  | { kind: 'line'; colour: string; dashed: boolean; opacity?: number };

export interface Entry {
  swatch: Swatch;
  /** A label of its own, or the standing that the label must be made from. */
  label: Text | { standing: Standing } | 'other';
}

/** The standings that records of a register can have, the ones that time brings about included. */
export function possibleStandings({ misto: { status } }: Collection): Standing[] {
  if (!status) return [];
  const means = new Set(Object.values(status.means));
  if (status.until && means.has('valid')) means.add('expired');
  if (status.until && means.has('active')) means.add('late');
  return standings.filter((standing) => means.has(standing));
}

function isList(json: Json | undefined): json is Json[] {
  return Array.isArray(json);
}

/** The field that an expression reads, if it reads exactly one. */
function fieldOf(json: Json | undefined): string | null {
  if (!isList(json)) return null;
  if (json[0] === 'get' && typeof json[1] === 'string') return json[1];
  const found = new Set(json.map(fieldOf).filter((name) => name !== null));
  return found.size === 1 ? ([...found][0] ?? null) : null;
}

function shapeOf(layer: StyleLayer): Shape | null {
  const image = layer.layout?.['icon-image'];
  const prefix = isList(image) && image[0] === 'concat' && typeof image[1] === 'string' ? image[1] : '';
  const shape = /^(kiosk|board|pin|dot|shelter)-$/.exec(prefix)?.[1];
  return shape === undefined ? null : (shape as Shape);
}

function labelOf(value: string, layer: StyleLayer, field: Field | undefined): Text {
  const known = field?.values?.find((one) => one.value === value);
  return layer.metadata?.['misto:legend']?.[value] ?? known ?? { uk: value, en: value };
}

/** `["match", input, value, colour, …, other]` as entries, one for each colour. */
function matched(layer: StyleLayer, fields: Field[]): Entry[] {
  const line = layer.type === 'line';
  const colour = layer.paint?.[line ? 'line-color' : 'fill-color'];
  const dashed = layer.paint?.['line-dasharray'] !== undefined;
  if (!isList(colour) || colour[0] !== 'match') return [];
  const name = fieldOf(colour[1]);
  if (name === null || name === 'standing') return [];
  const field = fields.find((one) => one.name === name);
  const entries: Entry[] = [];
  for (let at = 2; at + 1 < colour.length; at += 2) {
    const [value, paint] = [colour[at], colour[at + 1]];
    const first = isList(value) ? value[0] : value;
    if (typeof first !== 'string' || typeof paint !== 'string') continue;
    const swatch: Swatch = line ? { kind: 'line', colour: paint, dashed } : { kind: 'fill', colour: paint };
    entries.push({ swatch, label: labelOf(first, layer, field) });
  }
  return entries;
}

/** What an expression is for one standing: the branch of a `match` on it, or the value itself. */
function standingValue(json: Json | undefined, standing: Standing): Json | undefined {
  if (!isList(json) || json[0] !== 'match' || fieldOf(json[1]) !== 'standing') return json;
  const at = json.findIndex((part, place) => place >= 2 && place % 2 === 0 && part === standing);
  return at > 0 && at < json.length - 1 ? json[at + 1] : json.at(-1);
}

/** Plain dots keep the register's colour; their ring and their strength say how a record stands. */
function spots(layer: StyleLayer, collection: Collection): Entry[] {
  const colour = layer.paint?.['circle-color'];
  if (typeof colour !== 'string') return [];
  return possibleStandings(collection).map((standing) => ({
    swatch: {
      kind: 'spot',
      colour,
      ring: String(standingValue(layer.paint?.['circle-stroke-color'], standing) ?? '#ffffff'),
      opacity: Number(standingValue(layer.paint?.['circle-opacity'], standing) ?? 1),
    },
    label: { standing },
  }));
}

/** Plain lines and outlines: in the colour of alarm where a term has passed, weak where a record no longer counts. */
function strokes(layer: StyleLayer, collection: Collection): Entry[] {
  return possibleStandings(collection).map((standing) => ({
    swatch: {
      kind: 'line',
      colour: String(standingValue(layer.paint?.['line-color'], standing) ?? collection.misto.color),
      dashed: false,
      opacity: Number(standingValue(layer.paint?.['line-opacity'], standing) ?? 1),
    },
    label: { standing },
  }));
}

/** Marks chosen by the value of a field: `["concat", "shelter-", ["match", input, value, standing, …, other]]`. */
function markedBy(layer: StyleLayer, fields: Field[]): Entry[] {
  const shape = shapeOf(layer);
  const image = layer.layout?.['icon-image'];
  const match = isList(image) ? image[2] : undefined;
  const name = isList(match) && match[0] === 'match' ? fieldOf(match[1]) : null;
  if (shape === null || !isList(match) || name === null || name === 'standing') return [];
  const field = fields.find((one) => one.name === name);
  const entries: Entry[] = [];
  for (let at = 2; at + 1 < match.length; at += 2) {
    const [value, key] = [match[at], match[at + 1]];
    if (typeof value !== 'string' || typeof key !== 'string' || !(key in colours)) continue;
    const swatch: Swatch = { kind: 'mark', shape, standing: key as StandingKey };
    entries.push({ swatch, label: labelOf(value, layer, field) });
  }
  return entries;
}

/** A line drawn only for one standing: `["==", ["get", "standing"], "expired"]`. */
function marked(layer: StyleLayer): Entry[] {
  const filter = layer.filter;
  if (layer.type !== 'line' || !isList(filter) || filter[0] !== '==' || fieldOf(filter[1]) !== 'standing') return [];
  const standing = standings.find((one) => one === filter[2]);
  const colour = layer.paint?.['line-color'];
  if (!standing || typeof colour !== 'string') return [];
  const dashed = layer.paint?.['line-dasharray'] !== undefined;
  return [{ swatch: { kind: 'line', colour, dashed }, label: { standing } }];
}

export function legend(style: Style, collection: Collection): Entry[] {
  const { fields, geometry } = collection.misto;
  const layers = layersOf(style, collection.id);
  const byStanding = (shape: Shape): Entry[] =>
    possibleStandings(collection).map((standing) => ({
      swatch: { kind: 'mark', shape, standing },
      label: { standing },
    }));
  const byField = layers.flatMap((layer) => markedBy(layer, fields));
  if (byField.length > 0) return byField;
  const shape = layers.map(shapeOf).find((one) => one !== null);
  if (shape) return byStanding(shape);
  const plain = layers.filter(({ metadata }) => metadata?.['misto:generated']);
  const dots = plain.find(({ type }) => type === 'circle');
  if (dots) return spots(dots, collection);
  const outline = plain.find(({ type }) => type === 'line');
  if (outline) return strokes(outline, collection);
  if (geometry === 'point') return [];
  // the lines of the base map explain themselves
  const lines = geometry === 'line' && !isBase(style, collection.id);
  const painted = layers.filter(({ type }) => type === (lines ? 'line' : 'fill'));
  return [...painted.flatMap((layer) => matched(layer, fields)), ...layers.flatMap(marked)];
}

/** The one sign that stands for a whole register in a list: its outer shape, whatever the standing. */
export function signOf(style: Style, collection: Collection): Swatch {
  const { color: colour, geometry } = collection.misto;
  const shape = layersOf(style, collection.id)
    .map(shapeOf)
    .find((one) => one !== null);
  if (shape) return { kind: 'shape', shape, colour };
  if (geometry === 'point') return { kind: 'shape', shape: 'dot', colour };
  return geometry === 'line' ? { kind: 'line', colour, dashed: false } : { kind: 'fill', colour };
}
