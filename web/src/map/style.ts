// What the page needs to know about a style document, read from it once: nothing here depends on MapLibre.
import type { Style, StyleLayer } from '../api/style';

export function layersOf(style: Style, register: string): StyleLayer[] {
  return style.layers.filter((layer) => layer['source-layer'] === register);
}

/** The first zoom at which anything of a register is drawn. */
export function firstZoom(style: Style, register: string): number {
  return Math.min(...layersOf(style, register).map((layer) => layer.minzoom ?? 0), 24);
}

/** Registers drawn from a source of their own lie on top of the base map; the rest are the base map. */
export function isBase(style: Style, register: string): boolean {
  return layersOf(style, register).some((layer) => layer.source !== register);
}
