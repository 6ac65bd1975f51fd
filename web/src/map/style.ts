// What the page needs to know about a style document, read from it once: nothing here depends on MapLibre.
import type { Style, StyleLayer } from '../api/style';

/** The register that a layer of the tiles shows; label points of polygons lie in a layer of their own. */
export function registerOf(layer: StyleLayer): string | undefined {
  return registerIn(layer['source-layer']);
}

export function registerIn(sourceLayer: string | undefined): string | undefined {
  return sourceLayer?.replace(/_labels$/, '');
}

export function layersOf(style: Style, register: string): StyleLayer[] {
  return style.layers.filter((layer) => registerOf(layer) === register);
}

/** The registers that are drawn from a source's tiles. */
export function registersOf(style: Style, source: string): Set<string> {
  const drawn = style.layers.filter((layer) => layer.source === source).map(registerOf);
  return new Set(drawn.filter((register) => register !== undefined));
}

/** Whether the style shows a register before anybody has chosen it. */
export function isShown(style: Style, register: string): boolean {
  return layersOf(style, register).some(({ layout }) => layout?.['visibility'] !== 'none');
}

/** The first zoom at which anything of a register is drawn. */
export function firstZoom(style: Style, register: string): number {
  return Math.min(...layersOf(style, register).map((layer) => layer.minzoom ?? 0), 24);
}

/** Registers drawn from a source of their own lie on top of the base map; the rest are the base map. */
export function isBase(style: Style, register: string): boolean {
  return layersOf(style, register).some((layer) => layer.source !== register);
}

/** The style with its tiles as they were at the end of a day. */
export function dated(style: Style, day: string | null): Style {
  if (day === null) return style;
  const sources = Object.entries(style.sources).map(([id, source]) => {
    const url = source.type === 'vector' && source.url !== undefined ? datedUrl(source.url, day) : source.url;
    return [id, url === undefined ? source : { ...source, url }];
  });
  return { ...style, sources: Object.fromEntries(sources) as Style['sources'] };
}

function datedUrl(url: string, day: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}datetime=${day}`;
}
