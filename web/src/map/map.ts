// The only file that speaks to MapLibre: it turns the page's wishes into a map and the map's events into plain data.
import 'maplibre-gl/dist/maplibre-gl.css';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import {
  GeoJSONSource,
  Map as MapLibre,
  Marker,
  VectorTileSource,
  setWorkerUrl,
  type AddLayerObject,
  type FilterSpecification,
  type MapGeoJSONFeature,
  type PaddingOptions,
  type PointLike,
  type StyleSpecification,
} from 'maplibre-gl';
import type { Change } from '../api/changes';
import type { Style } from '../api/style';
import type { Box, Geometry } from '../api/types';
import type { Camera, Target } from '../url';
import { boxOf, within } from './geometry';
import { pickable } from './layers';
import { accent, drawHatch, drawMark, parseHatch, parseMark } from './marks';
import { ordered, type Hit } from './pick';
import { markLayer, markOf, selectionAreas, selectionLayers, selectionSource } from './selection';
import { dated, isBase, registerIn, registerOf, registersOf } from './style';
import { reach, Refresher, touches } from './touched';

setWorkerUrl(workerUrl);

/** What is left of the map between the panels. */
export type Padding = Required<PaddingOptions>;

export interface Position extends Camera {
  bearing: number;
  /** What the visitor sees between the panels. */
  box: Box;
  /** The ground of all tiles that the map may be using. */
  reach: Box;
}

export interface MapOptions {
  container: HTMLElement;
  style: Style;
  start: Camera | Box | null;
  padding: Padding;
  /** What the panels leave free, whether a card is open or not. */
  frame: Padding;
  title: string;
  /** The day as of whose end the city is drawn; null: as it is. */
  day: string | null;
  /** The last change that the page has heard of: tiles must not be older. */
  heard(): string | null;
  onMove(position: Position): void;
  onRest(position: Position): void;
  onPick(targets: Target[], byKeyboard: boolean): void;
  onIdle(): void;
  onTileError(): void;
}

export interface Chosen {
  register: string;
  geometry: Geometry;
  properties: Record<string, string | number | boolean | null>;
}

export interface CityMap {
  show(registers: Set<string>): void;
  /** Draws only the records of a register that have this value. */
  narrow(register: string, to: { field: string; value: string | number } | null): void;
  select(chosen: Chosen | null): void;
  /** Marks a place where no record need be. */
  pin(point: [number, number] | null): void;
  /** Draws the city as it was at the end of a day; null: as it is. */
  travel(day: string | null): void;
  /** Panels came or went: nothing moves on the screen, only what counts as the middle. */
  pad(padding: Padding, frame: Padding): void;
  go(to: Camera | Box, how?: { maxZoom?: number; jump?: boolean }): void;
  /** Moves the map only if the feature would otherwise lie under a panel or off the screen. */
  reveal(geometry: Geometry): void;
  /** Has the tiles loaded again that a change touches; null: every tile. */
  refresh(changes: Change[] | null): void;
  /** Whether nothing at all is drawn where the map is. */
  readonly bare: boolean;
  zoom(by: number): void;
  north(): void;
  pickCentre(): void;
  name(title: string): void;
  retry(): void;
  remove(): void;
}

const tap = window.matchMedia('(pointer: coarse)').matches ? 18 : 9;
/** The zoom from which most registers have something to show. */
const firstLook = 11.2;
const lastZoom = 20;
/** Levels that a tap on a cluster goes down. */
const closer = 2;
const calm = window.matchMedia('(prefers-reduced-motion: reduce)');

function isBox(place: Camera | Box): place is Box {
  return Array.isArray(place);
}

/** A label is as large as what it names. */
function typeOf(feature: MapGeoJSONFeature, register: string): Hit['type'] {
  if (feature.sourceLayer !== register) return 'polygon';
  const type = feature.geometry.type;
  if (type === 'Point' || type === 'MultiPoint') return 'point';
  return type === 'LineString' || type === 'MultiLineString' ? 'line' : 'polygon';
}

export function openMap(options: MapOptions): CityMap {
  const { container, style, start } = options;
  const map = new MapLibre({
    container,
    style: dated(style, options.day) as StyleSpecification,
    attributionControl: false,
    fadeDuration: calm.matches ? 0 : 150,
    maxPitch: 0,
    dragRotate: true,
    pitchWithRotate: false,
    maxZoom: lastZoom,
    minZoom: 5,
    clickTolerance: 5,
    locale: { 'Map.Title': options.title },
    // A tile that left the screen is not told of changes, so it is not kept; and MapLibre's own cuts of a source's last
    // tiles outlive a change, so it makes none.
    maxTileCacheSize: 0,
    zoomLevelsToOverscale: lastZoom,
    // Another server behind the same address may not have heard of the change yet: it is told to wait for it.
    transformRequest: (url, type) => {
      const heard = options.heard();
      const ours = heard !== null && String(type) === 'Tile' && new URL(url, location.href).origin === location.origin;
      return ours ? { url, headers: { 'Misto-After': heard } } : { url };
    },
    ...(start !== null && !isBox(start) ? { center: [start.lon, start.lat], zoom: start.zoom } : {}),
  });
  let { padding, frame, day } = options;
  let shown: Set<string> | null = null;
  let chosen: Chosen | null = null;
  let needle: Marker | null = null;
  const refresher = new Refresher(
    (source) => map.style.tileManagers[source],
    (source, tiles) => map.refreshTiles(source, tiles),
  );
  const narrowed = new Map<string, { field: string; value: string | number } | null>();
  let ready = false;
  map.setPadding(padding);
  if (start !== null && isBox(start)) {
    map.fitBounds(start, { padding: 24, animate: false });
    // A narrow screen begins in the middle of the city rather than above a city with nothing to be seen in it.
    if (map.getZoom() < firstLook) map.setZoom(firstLook);
  }
  map.touchZoomRotate.enableRotation();
  map.setMissingStyleImageResolver((name) => {
    if (map.hasImage(name)) return;
    const screen = Math.min(Math.ceil(window.devicePixelRatio), 3);
    const [mark, hatch] = [parseMark(name), parseHatch(name)];
    const drawn = mark ? drawMark(mark, screen) : hatch === null ? null : drawHatch(hatch, screen);
    if (drawn) map.addImage(name, drawn.image, { pixelRatio: drawn.ratio });
  });

  function position(): Position {
    const { lng, lat } = map.getCenter();
    const { clientWidth, clientHeight } = map.getContainer();
    const corners = [
      map.unproject([frame.left, frame.top]),
      map.unproject([clientWidth - frame.right, frame.top]),
      map.unproject([frame.left, clientHeight - frame.bottom]),
      map.unproject([clientWidth - frame.right, clientHeight - frame.bottom]),
    ];
    const box: Box = [
      Math.min(...corners.map((one) => one.lng)),
      Math.min(...corners.map((one) => one.lat)),
      Math.max(...corners.map((one) => one.lng)),
      Math.max(...corners.map((one) => one.lat)),
    ];
    const zoom = map.getZoom();
    const tileZoom = Math.min(Math.floor(zoom), ...vectorSources().map(({ maxzoom }) => maxzoom));
    const [[west, south], [east, north]] = map.getBounds().toArray();
    const all: Box = [west, south, east, north];
    return { zoom, lat, lon: lng, bearing: map.getBearing(), box, reach: reach(all, tileZoom) };
  }

  function vectorSources(): VectorTileSource[] {
    const sources = Object.keys(style.sources).map((id) => map.getSource(id));
    return sources.filter((source) => source instanceof VectorTileSource);
  }

  function refresh(source: VectorTileSource, changes: Change[] | null): void {
    const registers = registersOf(style, source.id);
    const here = changes?.filter(({ layer }) => registers.has(layer)) ?? null;
    // Without ids and boxes it is the whole register.
    const all = here === null || here.some(({ ids, boxes }) => ids === null && boxes.length === 0);
    const boxes = here?.flatMap((change) => change.boxes) ?? [];
    if (!all && boxes.length === 0) return;
    refresher.touch(source.id, (tile) => all || boxes.some((box) => touches(box, tile)));
    // Tiles are asked for only within the bounds that the source once gave; a record outside them ends that.
    const { bounds } = source as { bounds?: Box };
    if (!bounds || boxes.every((box) => within(box, bounds))) return;
    Object.assign(source, { bounds: undefined, tileBounds: undefined });
    // It changes nothing, but the map looks again which tiles it needs.
    map.setRenderWorldCopies(map.getRenderWorldCopies());
  }

  function applyDay(): void {
    if (!ready) return;
    const { sources } = dated(style, day);
    for (const source of vectorSources()) {
      const url = sources[source.id]?.url;
      if (url === undefined || source.url === url) continue;
      // What had a place then may lie outside of what has one now.
      Object.assign(source, { bounds: undefined, tileBounds: undefined });
      source.setUrl(url);
    }
  }

  function applyShown(): void {
    if (!shown || !ready) return;
    for (const layer of style.layers) {
      const register = registerOf(layer);
      if (register === undefined || !map.getLayer(layer.id)) continue;
      const visibility = shown.has(register) ? 'visible' : 'none';
      if (map.getLayoutProperty(layer.id, 'visibility') !== visibility) {
        map.setLayoutProperty(layer.id, 'visibility', visibility);
      }
    }
  }

  function applyNarrowed(): void {
    if (!ready) return;
    for (const layer of style.layers) {
      const to = narrowed.get(registerOf(layer) ?? '');
      if (to === undefined || !map.getLayer(layer.id)) continue;
      const own = layer.filter ?? true;
      const filter = to === null ? layer.filter : ['all', own, ['==', ['get', to.field], to.value]];
      map.setFilter(layer.id, (filter ?? null) as FilterSpecification | null);
    }
  }

  function applySelection(): void {
    const source = map.getSource(selectionSource);
    if (!(source instanceof GeoJSONSource)) return;
    source.setData({
      type: 'FeatureCollection',
      features: chosen ? [{ type: 'Feature', geometry: chosen.geometry, properties: chosen.properties }] : [],
    });
    for (const { id } of selectionLayers) if (map.getLayer(id)) map.removeLayer(id);
    if (map.getLayer(markLayer)) map.removeLayer(markLayer);
    if (!chosen) return;
    const mark = markOf(style, chosen.register);
    for (const layer of mark ? [...selectionAreas, mark] : selectionLayers) map.addLayer(layer as AddLayerObject);
  }

  /** The layers that a finger can hit. */
  function pickableLayers(): string[] {
    return style.layers
      .filter((layer) => pickable(registerOf(layer)))
      .map((layer) => layer.id)
      .filter((id) => map.getLayer(id));
  }

  /** Where the cluster under a finger is: one has no card, but more and more of its members show as the map comes closer. */
  function cluster(x: number, y: number): [number, number] | null {
    const hits = map.queryRenderedFeatures([x, y], { layers: pickableLayers() });
    const geometry = hits.find(({ properties }) => properties['cluster'] === true)?.geometry;
    if (geometry?.type !== 'Point') return null;
    const [lon = 0, lat = 0] = geometry.coordinates;
    return [lon, lat];
  }

  function choose(x: number, y: number, byKeyboard: boolean): void {
    const center = cluster(x, y);
    if (center) map.easeTo({ center, zoom: map.getZoom() + closer, animate: !calm.matches });
    else options.onPick(pick(x, y), byKeyboard);
  }

  function pick(x: number, y: number): Target[] {
    const layers = pickableLayers();
    const around: [PointLike, PointLike] = [
      [x - tap, y - tap],
      [x + tap, y + tap],
    ];
    const exact = new Set(map.queryRenderedFeatures([x, y], { layers }).map(key));
    const hits: Hit[] = [];
    for (const feature of map.queryRenderedFeatures(around, { layers })) {
      const layer = registerIn(feature.sourceLayer);
      // Clusters and merged areas have no id; MapLibre reads a missing one of a MapLibre Tile as 0 or NaN.
      if (typeof feature.id !== 'number' || !feature.id || layer === undefined) continue;
      const type = typeOf(feature, layer);
      if (type === 'polygon' && !exact.has(key(feature))) continue;
      const hit = { layer, id: feature.id, type, base: isBase(style, layer) };
      hits.push({ ...hit, distance: type === 'point' ? distance(feature, x, y) : 0 });
    }
    return ordered(hits);
  }

  function key(feature: MapGeoJSONFeature): string {
    return `${registerIn(feature.sourceLayer)}/${feature.id}`;
  }

  function distance(feature: MapGeoJSONFeature, x: number, y: number): number {
    if (feature.geometry.type !== 'Point') return 0;
    const [lon = 0, lat = 0] = feature.geometry.coordinates;
    const at = map.project([lon, lat]);
    return Math.hypot(at.x - x, at.y - y);
  }

  function centre(): [number, number] {
    const { clientWidth, clientHeight } = map.getContainer();
    return [(padding.left + clientWidth - padding.right) / 2, (padding.top + clientHeight - padding.bottom) / 2];
  }

  map.on('style.load', () => {
    ready = true;
    applyDay();
    map.addSource(selectionSource, { type: 'geojson', data: { type: 'FeatureCollection', features: [] } });
    applyShown();
    applyNarrowed();
    applySelection();
  });
  map.on('move', () => options.onMove(position()));
  map.on('moveend', () => options.onRest(position()));
  map.on('resize', () => options.onRest(position()));
  map.on('idle', () => options.onIdle());
  map.on('load', () => options.onRest(position()));
  map.on('click', ({ point }) => choose(point.x, point.y, false));
  let pointing = 0;
  map.on('mousemove', ({ point }) => {
    cancelAnimationFrame(pointing);
    pointing = requestAnimationFrame(() => {
      const { x, y } = point;
      const something = !map.isMoving() && (pick(x, y).length > 0 || cluster(x, y) !== null);
      map.getCanvas().style.cursor = something ? 'pointer' : '';
    });
  });
  map.on('error', ({ error }) => {
    // A tile that was not needed any more is no error.
    if (!('name' in error) || error.name !== 'AbortError') options.onTileError();
  });

  return {
    show(registers) {
      shown = registers;
      applyShown();
    },
    narrow(register, to) {
      narrowed.set(register, to);
      applyNarrowed();
    },
    select(next) {
      chosen = next;
      applySelection();
    },
    pin(point) {
      needle?.remove();
      needle = point && new Marker({ color: accent }).setLngLat(point).addTo(map);
      // what it marks is said in words in the panel
      needle?.getElement().setAttribute('aria-hidden', 'true');
    },
    travel(to) {
      day = to;
      applyDay();
    },
    pad(next, nextFrame) {
      if (JSON.stringify([next, nextFrame]) === JSON.stringify([padding, frame])) return;
      padding = next;
      frame = nextFrame;
      map.jumpTo({ center: map.unproject(centre()), padding });
    },
    go(to, { maxZoom = 17, jump = false } = {}) {
      const animate = !jump && !calm.matches;
      if (isBox(to)) map.fitBounds(to, { padding: 48, maxZoom, animate });
      else map.easeTo({ center: [to.lon, to.lat], zoom: to.zoom, bearing: 0, animate });
    },
    reveal(geometry) {
      const [west, south, east, north] = boxOf(geometry);
      const { clientWidth, clientHeight } = map.getContainer();
      const a = map.project([west, north]);
      const b = map.project([east, south]);
      const margin = 32;
      const fits = (from: number, to: number, low: number, high: number): boolean =>
        to - from > high - low ? from < high && to > low : from >= low && to <= high;
      const seen =
        fits(a.x, b.x, padding.left + margin, clientWidth - padding.right - margin) &&
        fits(a.y, b.y, padding.top + margin, clientHeight - padding.bottom - margin);
      if (!seen) map.easeTo({ center: [(west + east) / 2, (south + north) / 2], animate: !calm.matches });
    },
    refresh(changes) {
      for (const source of vectorSources()) refresh(source, changes);
    },
    get bare() {
      return map.queryRenderedFeatures().length === 0;
    },
    zoom(by) {
      map.easeTo({ zoom: map.getZoom() + by, animate: !calm.matches, duration: 250 });
    },
    north() {
      map.easeTo({ bearing: 0, animate: !calm.matches });
    },
    pickCentre() {
      choose(...centre(), true);
    },
    name(title) {
      map.getCanvas().setAttribute('aria-label', title);
    },
    retry() {
      // A source whose description did not come has no tiles to ask for again, so everything is asked for anew.
      ready = false;
      map.setStyle(dated(style, day) as StyleSpecification, { diff: false });
    },
    remove() {
      cancelAnimationFrame(pointing);
      refresher.stop();
      map.remove();
    },
  };
}
