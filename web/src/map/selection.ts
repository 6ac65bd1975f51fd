// How the chosen feature is lifted from the map: one strong outline that no register uses, with a white casing.
import type { StyleLayer } from '../api/style';

export const selectionSource = 'selection';

const colour = '#1d4ed8';
const round = { 'line-cap': 'round', 'line-join': 'round' };

export const selectionLayers: StyleLayer[] = [
  {
    id: 'selection-fill',
    type: 'fill',
    source: selectionSource,
    filter: ['==', ['geometry-type'], 'Polygon'],
    paint: { 'fill-color': colour, 'fill-opacity': 0.14 },
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
    paint: { 'line-color': colour, 'line-width': 3.5 },
  },
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
    paint: { 'circle-radius': 20, 'circle-opacity': 0, 'circle-stroke-color': colour, 'circle-stroke-width': 3.5 },
  },
];
