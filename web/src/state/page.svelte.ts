// The state of the page that a link carries, and the one place that keeps it and the address bar the same.
import { flushSync } from 'svelte';
import type { Box } from '../api/types';
import type { CityMap, Position } from '../map/map';
import { shownByTheme, switched, withSwitches } from '../map/layers';
import { readView, writeView, type Camera, type Switches, type Target, type Theme, type View } from '../url';
import { catalogue } from './catalogue.svelte';
import { moment } from './moment.svelte';
import { search } from './search.svelte';
import { selection } from './selection.svelte';
import { session } from './session.svelte';

const noSwitches: Switches = { on: [], off: [] };

class Page {
  theme = $state<Theme>('registers');
  switches = $state.raw<Switches>(noSwitches);
  year = $state<number | null>(null);
  /** Where the map is this very moment, and where it last came to rest: the link names the latter. */
  camera = $state.raw<Camera | null>(null);
  settled = $state.raw<Camera | null>(null);
  bearing = $state(0);
  /** The part of the city between the panels, once the map has come to rest. */
  box = $state.raw<Box | null>(null);
  /** The ground of all tiles that the map may be using now. */
  reach = $state.raw<Box | null>(null);
  map = $state.raw<CityMap | null>(null);
  tilesFailed = $state(false);
  /** The map has drawn all that it has, and that is nothing. */
  bare = $state(false);
  /** The link names an object but no place: the map goes to the object. */
  arriving = false;
  /** The object that the map is on its way to, before its record has come. */
  headedFor: Target | null = null;
  /** The register whose line in the list is to be shown. */
  pointedAt = $state<string | null>(null);

  /** What the theme shows by itself. */
  readonly byTheme = $derived(
    catalogue.style ? shownByTheme(this.theme, catalogue.style, catalogue.collections) : new Set<string>(),
  );
  readonly shown = $derived(withSwitches(this.byTheme, this.switches));

  get switchedByHand(): boolean {
    return this.switches.on.length + this.switches.off.length > 0;
  }

  turn(register: string, on: boolean): void {
    this.switches = switched(this.byTheme, this.switches, register, on);
  }

  /** A chosen feature is never invisible: a link may lead to a register that the theme leaves out. */
  showChosen(): void {
    const layer = selection.target?.layer;
    if (layer !== undefined && catalogue.find(layer) && !this.shown.has(layer)) this.turn(layer, true);
  }

  resetSwitches(): void {
    this.switches = noSwitches;
  }

  choose(theme: Theme): void {
    this.theme = theme;
    this.switches = noSwitches;
  }

  moved(position: Position): void {
    const { zoom, lat, lon, bearing } = position;
    this.camera = { zoom, lat, lon };
    this.bearing = bearing;
    if (this.reach?.join() !== position.reach.join()) this.reach = position.reach;
  }

  rested(position: Position): void {
    this.moved(position);
    this.settled = this.camera;
    search.near = this.camera;
    if (this.box?.join() !== position.box.join()) this.box = position.box;
  }

  /** Takes over what a link says; called at the start and by back and forward. */
  read(): void {
    const view = readView(location.search);
    this.theme = view.theme ?? 'registers';
    this.switches = view.layers ?? noSwitches;
    this.year = view.year;
    session.chosen = view.lang;
    catalogue.tiles = view.tiles;
    moment.choose(view.at);
    selection.follow(view.object);
    this.arriving = view.object !== null && view.map === null;
    search.near ??= view.map;
    search.follow(view.q, view.object === null);
    const here = this.camera;
    if (view.map && (view.map.zoom !== here?.zoom || view.map.lat !== here.lat || view.map.lon !== here.lon)) {
      this.camera = view.map;
      this.settled = view.map;
      if (!this.map) return;
      // The middle that the link means is the one beside the panels that it opens.
      flushSync();
      this.map.go(view.map, { jump: true });
    }
  }

  get #view(): View {
    return {
      map: this.settled,
      theme: this.theme === 'registers' ? null : this.theme,
      lang: session.chosen,
      layers: this.switchedByHand ? this.switches : null,
      object: selection.target,
      year: this.year,
      tiles: catalogue.tiles,
      at: moment.day,
      q: search.settled,
    };
  }

  /** Writes the address bar: moving the map or typing on changes the entry, all else makes a new one to come back to. */
  write(): void {
    const query = writeView(this.#view);
    if (query === location.search) return;
    const rest = (text: string): string => {
      const view = readView(text);
      return writeView({ ...view, map: null, q: view.q && '…' });
    };
    const url = query === '' ? location.pathname : query;
    if (rest(query) === rest(location.search)) history.replaceState(null, '', url);
    else history.pushState(null, '', url);
  }
}

export const page = new Page();
