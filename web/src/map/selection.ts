// How the chosen feature is lifted from the map: one strong outline that no register uses, with a white casing.
import type { Json, Style, StyleLayer } from '../api/style';
import { accent } from './marks';
import { layersOf } from './style';

export const selectionSource = 'selection';

const round = { 'line-cap': 'round', 'line-join': 'round' };

/** Lines and areas. */
export const selectionAreas: StyleLayer[] = [
  {
    id: 'selection-fill',
    type: 'fill',
    source: selectionSource,
    filter: ['==', ['geometry-type'], 'Polygon'],
    paint: { 'fill-color': accent, 'fill-opacity': 0.14 },
  },
  {
    id: 'selection-casing',
    type: 'line',
    source: selectionSource,
    layout: round,
    paint: { 'line-color': '#ffffff', 'line-width': 7 },
  },
  {
    id: 'selection-line',
    type: 'line',
    source: selectionSource,
    layout: round,
    paint: { 'line-color': accent, 'line-width': 3.5 },
  },
];

/** Points that the style draws without a mark get a ring round them. */
export const selectionLayers: StyleLayer[] = [
  ...selectionAreas,
  {
    id: 'selection-ring',
    type: 'circle',
    source: selectionSource,
    filter: ['==', ['geometry-type'], 'Point'],
    paint: {
      'circle-radius': 19,
      'circle-opacity': 0,
      'circle-stroke-color': '#ffffff',
      'circle-stroke-width': 6,
    },
  },
  {
    id: 'selection-ring-line',
    type: 'circle',
    source: selectionSource,
    filter: ['==', ['geometry-type'], 'Point'],
    paint: { 'circle-radius': 20, 'circle-opacity': 0, 'circle-stroke-color': accent, 'circle-stroke-width': 3.5 },
  },
];

export const markLayer = 'selection-mark';

/** Far out markers are tiny; the chosen one is not. Zoom must stay the outermost expression, so its steps are raised. */
function atLeast(size: Json): Json {
  const smallest = 0.95;
  if (!Array.isArray(size) || size[0] !== 'interpolate') return ['max', size, smallest];
  return size.map((part, at) => (at >= 4 && at % 2 === 0 ? ['max', part, smallest] : part));
}

/** The register's own marker once more, in its place and size, in the clothes of the chosen one. */
export function markOf(style: Style, register: string): StyleLayer | null {
  const own = layersOf(style, register).find(({ layout }) => layout?.['icon-image'] !== undefined);
  const image = own?.layout?.['icon-image'];
  if (!own?.layout || image === undefined) return null;
  const marker = Object.entries(own.layout).filter(([name]) => name.startsWith('icon-'));
  const size = atLeast(own.layout['icon-size'] ?? 1);
  const layout = { ...Object.fromEntries(marker), 'icon-size': size, 'icon-image': ['concat', image, '-chosen'] };
  return { id: markLayer, type: 'symbol', source: selectionSource, layout };
}
